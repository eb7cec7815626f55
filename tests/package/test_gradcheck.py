"""The gradient check: right on gradients known to be right, at kinks too, and not to be fooled by wrong ones."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fastlc
from fastlc.gradcheck import gradcheck, numerical_gradient

Array = NDArray[Any]

RNG = np.random.default_rng(0)
N, D, C = 9, 5, 4
X, W, b = RNG.normal(size=(N, D)), RNG.normal(size=(C, D)), RNG.normal(size=C)
Y = {"labels": RNG.integers(C, size=N), "values": RNG.uniform(size=(N, C))}
WEIGHTS = {
    "sample_weight": np.linspace(0, 2, N),
    "class_weight": np.array([0.5, 2.0, 0.0, 1.0]),
    "pos_weight": np.array([0.3, 1.0, 3.0, 0.0]),
}

# Every loss with every kind of targets that it takes; `targets` of a row is one kind or a tuple of them.
CASES = [
    pytest.param(spec, kind, id=f"{spec.name}-{kind}")
    for spec in fastlc.LOSSES.values()
    for kind in Y
    if kind in spec.targets
]


def weights_of(spec: Any) -> dict[str, Array]:
    """The weights that a loss takes; the reference of a fused loss collects some of them in its options."""
    return {name: value for name, value in WEIGHTS.items() if name in inspect.signature(spec.linear).parameters}


def analytic_and_numeric(parameter: Any) -> list[tuple[tuple[int, ...], float, float]]:
    return [(element.index, element.analytic, element.numeric) for element in parameter.wrong]


# The numerical gradient


def test_numerical_gradient_of_known_functions() -> None:
    w = np.array([[1.0, -2.0, 30.0], [0.0, 0.5, -1e-3]])
    before = w.copy()
    np.testing.assert_allclose(numerical_gradient(lambda w: (w**3).sum(), w), 3 * w**2, rtol=1e-7, atol=1e-6)
    np.testing.assert_allclose(numerical_gradient(lambda w: np.sin(w).sum(), w), np.cos(w), atol=1e-7)
    np.testing.assert_array_equal(w, before)


def test_numerical_gradient_shapes_and_steps() -> None:
    assert numerical_gradient(lambda w: float(w**2), 3.0).item() == pytest.approx(6)
    assert numerical_gradient(lambda w: 0.0, np.zeros((0, 3))).shape == (0, 3)
    assert numerical_gradient(lambda w: w.sum(), np.ones(2, np.float32)).dtype == np.float64
    np.testing.assert_allclose(numerical_gradient(lambda w: np.abs(w).sum(), [0.5], eps=1.0), [0.5])
    with pytest.raises(ValueError, match=r"^eps = 0, expected a finite number > 0$"):
        numerical_gradient(np.sum, [1.0], eps=0)


# The losses of the library


@pytest.mark.parametrize("function", ["linear", "linear_reference"])
@pytest.mark.parametrize(("spec", "kind"), CASES)
def test_linear_losses_are_right(spec: Any, kind: str, function: str) -> None:
    loss, y = getattr(spec, function), Y[kind]
    result = gradcheck(loss, X, y, W, b, l1=0.01, l2=0.1, dX=True, **weights_of(spec))
    assert list(result.errors) == ["W", "b", "X"]
    assert result, result
    assert result.max_error < 1e-6
    assert result.kinks == 0
    assert list(gradcheck(loss, X, y, W).errors) == ["W"]
    without = gradcheck(loss, X, y, W=W, b=b, reduction="none")
    assert list(without.errors) == ["W", "b"]
    assert without, without


@pytest.mark.parametrize("function", ["on_scores", "reference"])
@pytest.mark.parametrize(("spec", "kind"), CASES)
def test_losses_on_scores_are_right(spec: Any, kind: str, function: str) -> None:
    for reduction in ("mean", "sum", "none"):
        result = gradcheck(getattr(spec, function), 3 * X[:, :C], Y[kind], reduction=reduction, **weights_of(spec))
        assert list(result.errors) == ["S"]
        assert result.parameters["S"].checked == N * C
        assert result, result


@pytest.mark.parametrize(("spec", "kind"), CASES)
def test_losses_are_right_at_their_kinks(spec: Any, kind: str) -> None:
    """Where all scores are equal, or whole numbers: ties, margins just met, rows of W that l1 would keep at 0."""
    y = Y[kind] if kind == "labels" else np.round(Y[kind])
    for result in (
        gradcheck(spec.on_scores, RNG.integers(-2, 3, size=(N, C)), y),
        gradcheck(spec.on_scores, np.zeros((N, C)), y),
        gradcheck(spec.linear, np.round(X), y, np.zeros((C, D)), np.zeros(C), l1=0.1, dX=True),
    ):
        assert result, result
    assert result.kinks >= C * D  # those of l1


@pytest.mark.parametrize(("spec", "kind"), [case for case in CASES if case.values[1] == "labels"])
def test_ignored_rows(spec: Any, kind: str) -> None:
    if "ignore_index" in inspect.signature(spec.linear).parameters:
        result = gradcheck(spec.linear, X, Y[kind], W, b, ignore_index=int(Y[kind][0]), dX=True)
        assert result, result
    else:
        with pytest.raises(TypeError, match="unexpected keyword argument 'ignore_index'"):
            gradcheck(spec.linear, X, Y[kind], W, b, ignore_index=0)


def test_options_reach_the_loss() -> None:
    for f, options in (
        (fastlc.linear_hinge, {"margin": 2.0, "p": 2}),
        (partial(fastlc.linear_hinge, p=2), {"margin": 2.0}),
    ):
        seen = gradcheck(f, X, Y["labels"], W, b, **options)
        assert seen, seen
        analytic = fastlc.linear_hinge(X, Y["labels"], W, b, margin=2.0, p=2)[1]
        worst = seen.parameters["W"].worst
        assert worst is not None
        assert analytic[worst.index] == worst.analytic


@pytest.mark.parametrize("scale", [1e-8, 1e4, 1e8])
@pytest.mark.parametrize(("spec", "kind"), CASES)
def test_losses_of_small_and_large_scores(spec: Any, kind: str, scale: float) -> None:
    """At 1e8 rounding of the scores is far larger than rounding of the loss, and must be seen to be.

    At 1e4 the sigmoids are saturated: the squared error of all of them has no gradient over 1e-40 but for 0, of which
    differences of values near 1 see nothing.
    """
    result = gradcheck(spec.linear, scale * X, Y[kind], W, b, dX=True)
    saturated = spec.name == "sigmoid_squared_error" and scale == 1e4
    assert result.verdict == ("cannot tell" if saturated else "right"), result


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_becomes_float64_and_stays_as_it_was(dtype: Any) -> None:
    arrays = [a.astype(dtype) for a in (X, W, b, WEIGHTS["sample_weight"], Y["values"])]
    arrays.append(Y["labels"].astype(np.uint8))
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    x, w, bias, weight, values, labels = arrays
    result = gradcheck(fastlc.linear_hinge, x, labels, w, bias, sample_weight=weight, dX=True)
    assert result, result
    assert result.noise < 1e-7
    assert gradcheck(fastlc.linear_squared_error, x, values, w)
    assert gradcheck(fastlc.hinge, x, labels)
    assert gradcheck(lambda w: ((w**2).sum(), 2 * w), w)
    assert gradcheck(fastlc.linear_cross_entropy, x.tolist(), labels.tolist(), w.tolist())
    for a, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, copy)


# Functions of one's own


def quadratic(a: Array, c: Array) -> Any:
    return (a**2).sum() + (a[0] * c).sum(), 2 * a + np.eye(len(a))[0] * c.sum(), np.full(c.shape, a[0])


def test_functions_of_several_arrays() -> None:
    result = gradcheck(quadratic, [1.0, 2.0], np.ones((2, 3)))
    assert result, result
    assert {name: parameter.shape for name, parameter in result.parameters.items()} == {"a": (2,), "c": (2, 3)}
    nested = gradcheck(lambda a, c: (quadratic(a, c)[0], quadratic(a, c)[1:]), [1, 2], np.ones((2, 3)))
    assert nested.errors == result.errors
    assert gradcheck(lambda w: (w**2, (2 * w,)), 3.0).parameters["w"].shape == ()
    assert list(gradcheck(lambda *w: (w[0] * w[1], w[1], w[0]), 3.0, 2.0).errors) == ["argument 1", "argument 2"]
    assert gradcheck(lambda w, power=2: ((w**power).sum(), power * w ** (power - 1)), [1.0, -2.0], power=3)


def test_grad_false_asks_for_the_value_alone() -> None:
    asked = []

    def f(w: Array, grad: bool = True) -> Any:
        asked.append(grad)
        return ((w**2).sum(), 2 * w) if grad else (w**2).sum()

    assert gradcheck(f, [1.0, 2.0])
    assert asked.count(True) == 1


def test_what_a_smooth_element_costs() -> None:
    for size in (1, 1000):
        calls = []

        def f(w: Array, calls: list[int] = calls) -> Any:
            calls.append(1)
            return np.exp(w).sum(), np.exp(w)

        assert gradcheck(f, RNG.normal(size=size))
        assert len(calls) == 2 * size + 74


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gradcheck(np.sum, [1.0]), TypeError, "sum returns no gradient: expected (value, gradient, …), got"),
        (lambda: gradcheck(lambda w: (w.sum(),), [1.0]), TypeError, "returns no gradient"),
        (lambda: gradcheck(lambda w: (w.sum(), 1.0)), TypeError, "nothing to check: give the arrays"),
        (lambda: gradcheck(lambda w: (w[0], 1.0), [1, 2]), ValueError, "gradient of w has shape (), expected (2,)"),
        (lambda: gradcheck(lambda a, c: (a * c, c), 1.0, 2.0), ValueError, "1 gradient, expected those of a, c"),
        (lambda: gradcheck(lambda S, y: (S.sum(), S, S), X, 0), ValueError, "2 gradients, expected those of S"),
        (lambda: gradcheck(lambda X, y, W, b: (1.0, W), X, 0, W, b), ValueError, "1 gradient, expected those of W, b"),
        (lambda: gradcheck(fastlc.linear_hinge, X, Y["labels"]), TypeError, "missing a required argument: 'W'"),
        (lambda: gradcheck(fastlc.linear_hinge, X, Y["labels"], W, q=1), TypeError, "unexpected keyword argument 'q'"),
        (lambda: gradcheck(fastlc.linear_hinge, X, Y["labels"], W[:, 1:]), ValueError, "W has 4 columns, X has 5"),
        (lambda: gradcheck(lambda w: (w.sort(), w), [2.0, 1.0]), ValueError, "<lambda> changes its argument w"),
        (lambda: gradcheck(quadratic, 1.0, eps=0), ValueError, "eps = 0, expected a finite number > 0"),
        (lambda: gradcheck(quadratic, 1.0, rtol=-1.0), ValueError, "rtol = -1, expected a finite number > 0"),
        (lambda: gradcheck(quadratic, 1.0, max_elements=0), ValueError, "max_elements = 0, expected an integer >= 1"),
        (lambda: gradcheck(quadratic, 1.0, max_elements=2.5), TypeError, "max_elements is a float, expected an int"),
        (lambda: gradcheck(quadratic, 1.0, seed=-1), ValueError, "seed = -1: "),
        (lambda: gradcheck(quadratic, 1.0, eps="1e-6"), TypeError, "eps is a str, expected a finite number > 0"),
        (lambda: gradcheck(quadratic, 1.0, rtol="1e-6"), TypeError, "rtol is a str, expected a finite number > 0"),
        (lambda: gradcheck(quadratic, 1.0, rtol=1j), TypeError, "rtol is a complex, expected a finite number > 0"),
        (lambda: gradcheck(quadratic, 1.0, max_elements="5"), TypeError, "max_elements is a str, expected an int"),
        (lambda: gradcheck(quadratic, ["1", "2"], [1.0]), TypeError, "a has dtype <U1, expected numbers"),
        (lambda: gradcheck(lambda *w: (1.0, 1.0), 1j), TypeError, "argument 1 has dtype complex128, expected numbers"),
        (lambda: gradcheck(fastlc.linear_hinge, X, Y["labels"], W.astype(str)), TypeError, "W has dtype <U"),
        (lambda: gradcheck(fastlc.hinge, np.ma.array(X), Y["labels"]), TypeError, "S is a masked array, expected a"),
        (lambda: gradcheck(lambda w: (1.0, "2"), 1.0), TypeError, "the gradient of w has dtype <U1, expected numbers"),
        (lambda: gradcheck(lambda w: (1.0, 2j), 1.0), TypeError, "the gradient of w has dtype complex128, expected n"),
        (lambda: gradcheck(lambda w: ("1.0", w), 1.0), TypeError, "<lambda> returns a value of type str, expected a n"),
        (lambda: gradcheck(lambda w: (None, w), 1.0), TypeError, "<lambda> returns a value of type NoneType, expecte"),
        (lambda: gradcheck(lambda w: (1j, w), 1.0), TypeError, "<lambda> returns a value of type complex, expected"),
        (lambda: numerical_gradient(np.sum, ["1"]), TypeError, "w has dtype <U1, expected numbers"),
        (lambda: numerical_gradient(np.sum, [1.0], eps="1"), TypeError, "eps is a str, expected a finite number > 0"),
        (lambda: numerical_gradient(np.sum, [2.0], eps=1e-40), ValueError, "eps = 1e-40 is too small: w = 2"),
        (lambda: numerical_gradient(lambda w: "1", [1.0]), TypeError, "<lambda> returns a value of type str, expecte"),
    ],
)  # fmt: skip
def test_refusals(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


# Wrong gradients


def one_off(g: Array) -> None:
    """One of the smaller elements, in the fourth digit."""
    sizes = np.abs(g)
    g.flat[np.argmin(np.where(sizes > 0.01 * sizes.max(), sizes, np.inf))] *= 1 + 1e-4


def a_sign(g: Array) -> None:
    g.flat[np.argmax(np.abs(g))] *= -1


def a_factor(g: Array) -> None:
    g *= 0.5


def slightly_scaled(g: Array) -> None:
    g *= 1 + 3e-6


def a_zero(g: Array) -> None:
    g.flat[np.argmax(g)] = 0


def two_swapped(g: Array) -> None:
    g.flat[[np.argmax(g), np.argmin(g)]] = g.min(), g.max()


def not_a_number(g: Array) -> None:
    g.flat[2] = np.nan


def infinite(g: Array) -> None:
    g.flat[2] = np.inf


@pytest.mark.parametrize("where", ["W", "b", "X", "S"])
@pytest.mark.parametrize(
    "fault", [one_off, a_sign, a_factor, slightly_scaled, a_zero, two_swapped, not_a_number, infinite]
)
@pytest.mark.parametrize(("spec", "kind"), CASES)
def test_faults_in_losses_are_found(spec: Any, kind: str, fault: Callable[[Array], None], where: str) -> None:
    differences: list[Array] = []

    def planted(gradient: Array) -> Array:
        copy = gradient.copy()
        fault(copy)
        differences.append(np.abs(copy - gradient))
        return copy

    def on_scores(S: Array, y: Array, *, grad: bool = True) -> Any:
        result = spec.on_scores(S, y, grad=grad)
        return (result[0], planted(result[1])) if grad else result

    def linear(X: Array, y: Array, W: Array, b: Array, *, dX: bool = False, grad: bool = True) -> Any:
        if not grad:
            return spec.linear(X, y, W, b, grad=False)
        loss, *gradients = spec.linear(X, y, W, b, dX=dX)
        gradients["WbX".index(where)] = planted(gradients["WbX".index(where)])
        return loss, *gradients

    call = partial(gradcheck, on_scores, X[:, :C], Y[kind])
    if where != "S":
        call = partial(gradcheck, linear, X, Y[kind], W, b, dX=True)
    result = call()
    (difference,) = differences
    changed, clear = (
        {tuple(index) for index in np.argwhere(~(difference <= s)).tolist()} for s in (0, 3 * result.noise)
    )
    assert clear
    assert not result.ok
    assert not result
    assert not result.max_error <= 1e-6
    assert "WRONG" in str(result)
    for name, parameter in result.parameters.items():
        wrong = {element.index for element in parameter.wrong}
        assert clear <= wrong <= changed if name == where else not wrong
        assert not parameter.kinks


@pytest.mark.parametrize("tiny", [1e-3, 1e-5, 1e-7])
@pytest.mark.parametrize("wrong", ["zero", "twice", "negative"])
def test_a_tiny_element_is_not_hidden_by_large_ones(tiny: float, wrong: str) -> None:
    scale = np.array([1.0, 1.0, tiny, 1.0])

    def f(w: Array) -> Any:
        g = scale * np.cos(w)
        g[2] *= {"zero": 0, "twice": 2, "negative": -1}[wrong]
        return (scale * np.sin(w)).sum(), g

    result = gradcheck(f, [0.3, 0.5, 0.7, 0.9])
    assert [element.index for element in result.parameters["w"].wrong] == [(2,)]
    assert result.max_error > 0.49


def test_wrong_elements_are_shown_as_they_are() -> None:
    result = gradcheck(lambda w: ((w**2).sum(), w * [[2, 2], [1, 2]]), [[1.0, 2.0], [3.0, 4.0]])
    parameter = result.parameters["w"]
    assert [element.index for element in parameter.wrong] == [(1, 0)]
    worst = parameter.worst
    assert worst is not None
    assert worst == parameter.wrong[0]
    assert worst.analytic == 3
    assert worst.numeric == pytest.approx(6, rel=1e-8)
    assert worst.error == parameter.error == result.errors["w"] == result.max_error == pytest.approx(0.5, rel=1e-8)


def test_rtol() -> None:
    def f(w: Array) -> Any:
        return np.exp(w).sum(), np.exp(w) * (1 + 1e-4)

    assert not gradcheck(f, [1.0, 2.0])
    assert gradcheck(f, [1.0, 2.0], rtol=2e-4)


# Kinks


def absolute(w: Array) -> Any:
    return np.abs(w).sum(), np.sign(w)


def relu(w: Array) -> Any:
    return np.maximum(w, 0).sum(), (w > 0).astype(float)


def largest(w: Array) -> Any:
    g = np.zeros_like(w)
    g[np.argmax(w)] = 1
    return w.max(), g


def curved(w: Array) -> Any:
    """A small kink in a steep curve."""
    return (np.exp(5 * w) + 0.01 * np.abs(w)).sum(), 5 * np.exp(5 * w) + 0.01 * np.sign(w)


def hinge_at_margin(w: Array) -> Any:
    """s_1 − s_0 + 1 is w_1 − w_0 + 1, so that the margin is just met at w = (1, 0)."""
    loss, dW, _ = fastlc.linear_hinge([[1.0]], [0], w[:, None])
    return loss, dW[:, 0]


@pytest.mark.parametrize(
    ("f", "w", "kinks"),
    [
        (absolute, [1.0, 0.0, -2.0, 0.0], {1, 3}),
        (lambda w: (-absolute(w)[0], -absolute(w)[1]), [1.0, 0.0], {1}),
        (relu, [0.0, 1.0, -1.0], {0}),
        (largest, [1.0, 3.0, 2.0, 3.0], {1, 3}),
        (curved, [0.3, 0.0, -0.3], {1}),
        (hinge_at_margin, [1.0, 0.0], {0, 1}),
        (lambda w: (1e8 * absolute(w)[0], 1e8 * absolute(w)[1]), [0.0, 3.0], {0}),
        (lambda w: (1e-8 * absolute(w)[0], 1e-8 * absolute(w)[1]), [0.0, 3.0], {0}),
    ],
    ids=["abs", "minus abs", "relu", "max", "curved", "hinge", "huge", "small"],
)
def test_kinks_at_the_point(f: Callable[[Array], Any], w: list[float], kinks: set[int]) -> None:
    """Any value between the slopes is right there, the slopes themselves are, and no other."""
    result = gradcheck(f, w)
    assert result, result
    assert result.kinks == len(kinks)
    assert "kink: the slopes to the left and to the right differ" in str(result)
    for element in result.parameters["w"].kinks:
        (i,) = element.index
        kinks.remove(i)
        assert element.kink is not None
        low, high = min(element.kink), max(element.kink)
        slack = 1e-6 * max(abs(low), abs(high))
        assert low - slack <= element.analytic <= high + slack
        for subgradient in (low, high, 0.3 * low + 0.7 * high):
            assert gradcheck(partial(replaced, f, i, subgradient), w), subgradient
        for other in (low - 1e-3 * (high - low), high + 1e-3 * (high - low), low - (high - low), np.nan):
            wrong = gradcheck(partial(replaced, f, i, other), w)
            assert [e.index for e in wrong.parameters["w"].wrong] == [(i,)], other
            if np.isfinite(other):
                assert wrong.parameters["w"].wrong[0].kink == pytest.approx(element.kink, rel=1e-6)
                assert wrong.parameters["w"].wrong[0].numeric == pytest.approx(low if other < low else high, rel=1e-6)
    assert not kinks


def replaced(f: Callable[[Array], Any], i: int, element: float, w: Array) -> Any:
    value, gradient = f(w)
    gradient = gradient.copy()
    gradient[i] = element
    return value, gradient


def test_kink_of_l1() -> None:
    zeros = W.copy()
    zeros[1, 2] = zeros[3, 0] = 0
    result = gradcheck(fastlc.linear_cross_entropy, X, Y["labels"], zeros, b, l1=0.05)
    assert result, result
    assert [element.index for element in result.parameters["W"].kinks] == [(1, 2), (3, 0)]
    for element in result.parameters["W"].kinks:
        assert element.kink is not None
        assert element.kink[1] - element.kink[0] == pytest.approx(0.1, rel=1e-6)
    assert not result.parameters["b"].kinks


@pytest.mark.parametrize("distance", [6e-5, 6e-6, 6e-7, -6e-7, 1e-8, -1e-9, 3e-12])
@pytest.mark.parametrize("here", [0.0, 0.7, -12.0])
def test_a_kink_beside_the_point_is_none(here: float, distance: float) -> None:
    def f(w: Array) -> Any:
        r = w - (here - distance)
        return (np.abs(r) + np.sin(w)).sum(), np.sign(r) + np.cos(w)

    result = gradcheck(f, [here])
    assert result, result
    assert result.kinks == 0
    across = numerical_gradient(lambda w: f(w)[0], [here], eps=1e-4)[0]  # what the first step will say
    for element in (np.cos(here), -np.sign(distance) + np.cos(here), across):  # the middle, and the other side
        wrong = gradcheck(partial(replaced, f, 0, element), [here], eps=1e-4)
        assert not wrong, wrong
        assert wrong.kinks == 0


def test_a_sharp_bend_is_no_kink() -> None:
    """softplus(1e6 w) looks like a relu from a step away, and its slope at 0 is the middle."""

    def f(w: Array) -> Any:
        return np.logaddexp(0, 1e6 * w).sum(), 1e6 * np.exp(-np.logaddexp(0, -1e6 * w))

    result = gradcheck(f, [0.0, 1e-6, -1e-7])
    assert result, result
    assert result.kinks == 0
    for slope in (0.0, 1e6, 0.4e6):
        assert not gradcheck(partial(replaced, f, 0, slope), [0.0, 1e-6, -1e-7])


def test_jumps_are_no_kinks() -> None:
    result = gradcheck(lambda w: ((w >= 0).sum(), 0 * w), [1.0, 0.0, 1e-7])
    assert [element.index for element in result.parameters["w"].wrong] == [(1,)]
    assert result.kinks == 0


def test_random_functions_with_kinks_near_and_far() -> None:
    """A thousand elements of sines and kinks of all sizes, at the point and at all distances from it."""
    rng = np.random.default_rng(0)
    alarms, missed = [], []
    for _ in range(200):
        w = rng.normal(size=5) * 10 ** rng.uniform(-4, 2)
        size, frequency, bend = 10 ** rng.uniform(-3, 3, 5), 10 ** rng.uniform(-1, 2, 5), 10 ** rng.uniform(-4, 2, 5)
        at = w - np.where(rng.random(5) < 0.3, 0, 10 ** rng.uniform(-13, -3, 5) * rng.choice([-1, 1], 5))
        side = np.where(w == at, rng.choice([-1, 0, 0.3, 1], 5), np.sign(w - at))

        def f(w: Array, factor: Any = 1.0, size=size, frequency=frequency, bend=bend, at=at, side=side) -> Any:
            value = (size * np.sin(frequency * w) + bend * np.abs(w - at)).sum()
            return value, factor * (size * frequency * np.cos(frequency * w) + bend * side)

        right = gradcheck(f, w)
        alarms += analytic_and_numeric(right.parameters["w"])
        wrong = gradcheck(f, w, factor=-1.0)
        found = {element.index[0] for element in wrong.parameters["w"].wrong}
        gradient = f(w)[1]
        # At a kink, or so close to one that rounding hides it, minus the gradient may lie between the slopes.
        sure = np.abs(gradient) > np.where(np.abs(w - at) > 1e-5 * np.abs(w), 0, bend) + 1e3 * right.noise
        sure |= (np.abs(gradient) > 2.1 * bend) & (np.abs(gradient) > 1e3 * right.noise)
        missed += sorted(set(np.flatnonzero(sure).tolist()) - found)
    assert not alarms
    assert not missed


# Scales and noise


@pytest.mark.parametrize("scale", [1e-300, 1e-8, 1e8, 1e200])
def test_values_of_any_scale(scale: float) -> None:
    def f(w: Array) -> Any:
        return scale * np.exp(w).sum(), scale * np.exp(w)

    w = np.linspace(-2, 2, 7)
    result = gradcheck(f, w)
    assert result, result
    wrong = gradcheck(partial(replaced, f, 3, 1.00001 * scale), w)
    assert [element.index for element in wrong.parameters["w"].wrong] == [(3,)]


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1e3, 1e8])
def test_parameters_of_any_scale(scale: float) -> None:
    """The first step is much too long for sin(w / 1e-8), and the others must make up for it."""

    def f(w: Array) -> Any:
        return np.sin(w / scale).sum(), np.cos(w / scale) / scale

    w = scale * np.linspace(-2, 2, 6)
    result = gradcheck(f, w)
    assert result, result
    wrong = gradcheck(partial(replaced, f, 3, 1.0001 * np.cos(0.4) / scale), w)
    assert [element.index for element in wrong.parameters["w"].wrong] == [(3,)]


@pytest.mark.parametrize("noise", [1e-12, 1e-9, 1e-6])
def test_noisy_functions(noise: float) -> None:
    """Right gradients pass, and a wrong one is found as soon as it stands out from what noise does to a slope."""
    rng = np.random.default_rng(1)

    def f(w: Array) -> Any:
        return (w**2).sum() + noise * rng.normal(), 2 * w

    w = np.linspace(-2, 2, 101)
    result = gradcheck(f, w)
    assert result, result
    assert result.kinks == 0
    assert result.noise > noise
    wrong = gradcheck(partial(replaced, f, 100, 4 + max(1e-5, 3 * result.noise)), w)
    assert [element.index for element in wrong.parameters["w"].wrong] == [(100,)]


@pytest.mark.parametrize("constant", [0, 100])
def test_functions_that_compute_in_float32(constant: float) -> None:
    """With the constant, steps as for float64 would change no value at all."""

    def f(w: Array) -> Any:
        single = w.astype(np.float32)
        return np.float32(constant) + np.sin(single).sum(), np.cos(single)

    w = np.linspace(-2, 2, 21)
    result = gradcheck(f, w)
    assert result, result
    assert 1e-6 < result.noise < 0.1
    wrong = gradcheck(partial(replaced, f, 10, 1.2), w)
    assert [element.index for element in wrong.parameters["w"].wrong] == [(10,)]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_not_right(value: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = gradcheck(lambda w: (value, w), [1.0, 2.0])
    assert not result.ok
    assert np.isnan(result.max_error)
    assert result.parameters["w"].wrong[1].index == (1,)


def test_zero_gradients_agree() -> None:
    result = gradcheck(fastlc.linear_cross_entropy, X, Y["labels"] * 0, W[:1], b[:1])
    assert result, result
    assert result.max_error == 0
    assert gradcheck(lambda w: (7.0, 0 * w), [1.0, 0.0]).max_error == 0
    assert gradcheck(lambda w: (7.0, 0 * w + 1e-2), [1.0, 0.0]).max_error == 1


def test_arrays_without_elements() -> None:
    result = gradcheck(fastlc.linear_hinge, np.zeros((3, 0)), [0, 1, 2], np.zeros((3, 0)), dX=True)
    assert result
    assert result.errors == {"W": 0, "X": 0}
    assert result.parameters["W"].worst is None
    assert "(3, 0)  0" in str(result)


def test_the_end_of_a_domain() -> None:
    """Beside it shorter steps are taken; at it there is no slope."""

    def f(w: Array) -> Any:
        inside = w > 0
        return np.where(inside, np.log(w, where=inside, out=np.zeros_like(w)), -np.inf).sum(), 1 / w

    result = gradcheck(f, [1e-6, 1.0, 1e-9])
    assert result, result
    assert not gradcheck(lambda w: (f(w)[0], 1.001 / w), [1e-6])
    at_end = gradcheck(lambda w: (np.where(w > 1, np.inf, w).sum(), np.ones(2)), [1.0, 0.5])
    assert [element.index for element in at_end.parameters["w"].wrong] == [(0,)]


def test_a_gradient_in_memory_that_is_used_again() -> None:
    memory = np.zeros(3)

    def f(w: Array, grad: bool = True) -> Any:
        memory[:] = np.cos(w) if grad else 0
        return np.sin(w).sum(), memory

    assert gradcheck(f, [0.1, 1.0, -1.0])


# What rounding hides


def lifted(f: Callable[..., Any], constant: float, factor: float = 1.0) -> Callable[..., Any]:
    """f and a constant, which takes the digits of its values; all gradients times a factor."""

    def g(*arrays: Array) -> Any:
        value, *gradients = f(*arrays)
        return constant + value, *(factor * gradient for gradient in gradients)

    return g


def loss(W: Array, b: Array) -> Any:
    return fastlc.linear_cross_entropy(X, Y["labels"], W, b)


@pytest.mark.parametrize("constant", [1e6, 1e9, 1e10, 1e12])
def test_longer_steps_see_what_a_constant_hides_from_short_ones(constant: float) -> None:
    assert gradcheck(lifted(loss, constant), W, b).verdict == "right"
    for factor in (0, 0.5, 2, -1):
        result = gradcheck(lifted(loss, constant, factor), W, b)
        assert result.verdict == "wrong"
        assert "WRONG" in str(result)


@pytest.mark.parametrize("factor", [1, 2, -1, 1e-6])
@pytest.mark.parametrize("constant", [1e16, 1e20, 1e100])
def test_what_no_step_can_tell_is_never_right(constant: float, factor: float) -> None:
    result = gradcheck(lifted(loss, constant, factor), W, b)
    assert result.verdict == "cannot tell"
    assert not result
    assert not result.ok
    assert not result.max_error <= 1e-6  # nor does an assertion about the error pass
    assert result.hidden == W.size + b.size
    lines = str(result).splitlines()
    assert lines[0] == "Gradient of g: CANNOT TELL, 24 elements checked"
    assert [line.endswith("  CANNOT TELL") for line in lines[3:5]] == [True, True]
    assert lines[-1].startswith("CANNOT TELL: rounding hides 24 elements")
    for parameter in result.parameters.values():
        assert not parameter.wrong
        assert np.isnan(parameter.error)
        for element in parameter.hidden:
            assert element.hidden
            assert np.isnan(element.error)
            assert abs(element.analytic - element.numeric) <= element.doubt
            assert element.doubt > max(abs(element.analytic), abs(element.numeric)) / 2


def test_wrong_is_said_before_cannot_tell() -> None:
    """One element stands out from what hides the other."""
    result = gradcheck(lambda w: (1e12 + w[0] + 1e-6 * w[1], np.array([5.0, 1e-6])), [1.0, 2.0])
    assert result.verdict == "wrong"
    assert [element.index for element in result.parameters["w"].wrong] == [(0,)]
    assert result.parameters["w"].worst == result.parameters["w"].wrong[0]
    two = gradcheck(lambda v, w: (1e12 + v + 1e-6 * w, 5.0, 1e-6), 1.0, 2.0)
    assert two.verdict == "wrong"
    assert [len(parameter.hidden) for parameter in two.parameters.values()] == [0, 1]
    alone = gradcheck(lambda v, w: (1e12 + v + 1e-6 * w, 1.0, 1e-6), 1.0, 2.0)
    assert alone.verdict == "cannot tell"
    assert alone.errors["v"] < 1e-6
    assert np.isnan(alone.errors["w"])


@pytest.mark.parametrize("constant", [0, 100])
@pytest.mark.parametrize("factor", [0, 0.5, 1.2, 2, -1])
def test_float32_tells_what_it_can(constant: float, factor: float) -> None:
    def f(w: Array, factor: float) -> Any:
        single = w.astype(np.float32)
        return np.float32(constant) + np.sin(single).sum(), factor * np.cos(single)

    w = np.linspace(-2, 2, 21)
    assert gradcheck(f, w, factor=1.0).verdict == "right"
    assert gradcheck(f, w, factor=factor).verdict == "wrong"


@pytest.mark.parametrize("factor", [1, 2, -1])
def test_float32_has_no_digits_beside_a_large_constant(factor: float) -> None:
    def f(w: Array) -> Any:
        single = w.astype(np.float32)
        return np.float32(1e9) + np.sin(single).sum(), factor * np.cos(single)

    assert gradcheck(f, np.linspace(-2, 2, 21)).verdict == "cannot tell"


@pytest.mark.parametrize("tiny", [1e-9, 1e-11, 1e-12])
@pytest.mark.parametrize("wrong", [2, -1, 0.1])
def test_a_tiny_element_is_measured_in_longer_steps(tiny: float, wrong: float) -> None:
    scale = np.array([1.0, 1.0, tiny, 1.0])

    def f(w: Array, factor: float = 1) -> Any:
        return (scale * np.sin(w)).sum(), scale * np.cos(w) * [1, 1, factor, 1]

    w = [0.3, 0.5, 0.7, 0.9]
    assert gradcheck(f, w).verdict == "right"
    assert [element.index for element in gradcheck(f, w, factor=wrong).parameters["w"].wrong] == [(2,)]


@pytest.mark.parametrize("size", [1e-300, 1e-100, 1e-20, 1e-9])
@pytest.mark.parametrize("constant", [0, 1, 1e10])
def test_tiny_coordinates(size: float, constant: float) -> None:
    def f(w: Array, factor: float = 1) -> Any:
        return constant + np.sin(w).sum(), factor * np.cos(w)

    w = size * np.linspace(-1, 1, 5)
    assert gradcheck(f, w).verdict == "right"
    for factor in (0, 0.5, 2):
        assert gradcheck(f, w, factor=factor).verdict == "wrong"


@pytest.mark.parametrize("constant", [0.0, 7.0, 1 / 3, 1e10, 1e12, 1e300])
def test_a_gradient_of_0_is_right_where_the_value_does_not_change(constant: float) -> None:
    assert gradcheck(lambda w: (constant, 0 * w), [1.0, 0.0, -3.0]).verdict == "right"
    used = gradcheck(lambda w: (constant + 0 * w[0] + 1e10 * np.sin(w[1]), [0, 1e10 * np.cos(w[1])]), [1.0, 0.5])
    assert used.verdict == ("cannot tell" if constant == 1e300 else "right")
    assert not used.parameters["w"].wrong
    assert all(element.index == (1,) for element in used.parameters["w"].hidden)
    assert not gradcheck(lambda w: (constant, 0 * w + 1), [1.0, 0.0, -3.0])


@pytest.mark.parametrize("constant", [0, 0.5, 1e6, 1e12])
def test_a_gradient_of_0_is_right_at_a_minimum(constant: float) -> None:
    """Rounding may be all that the slope shows, but around it the function is seen to rise."""
    assert (
        gradcheck(lambda w: (constant + ((w - 1 / 3) ** 2).sum(), 2 * (w - 1 / 3)), [1 / 3, 1 / 3]).verdict == "right"
    )


def test_a_gradient_of_0_is_wrong_where_longer_steps_show_a_slope() -> None:
    result = gradcheck(lambda w: (1e12 + w.sum(), 0 * w), [1.0, 0.0, -3.0])
    assert len(result.parameters["w"].wrong) == 3


def test_a_parameter_without_effect_but_for_rounding() -> None:
    """Softmax does not see what is added to all scores of a row; its gradient is rounding, as is the slope."""

    def f(W: Array, shift: Array) -> Any:
        value, dS = fastlc.cross_entropy(X @ W.T + shift[:, None], Y["labels"])
        return value, dS.T @ X, dS.sum(axis=1)

    result = gradcheck(f, W, RNG.normal(size=N))
    assert result.verdict == "right", result


@pytest.mark.parametrize("subgradient", [1.0, 0.3, -1.0])
def test_kinks_beside_a_large_constant(subgradient: float) -> None:
    f = lifted(absolute, 1e12)
    result = gradcheck(partial(replaced, f, 0, subgradient), [0.0, 2.0])
    assert result.verdict == "right", result
    assert result.kinks == 1
    assert not gradcheck(partial(replaced, f, 0, 2 * np.sign(subgradient)), [0.0, 2.0])


def test_longer_steps_that_leave_the_domain_end_there() -> None:
    """What f makes of them, nan, inf or an error, is none of the caller's."""

    def by_math(w: Array) -> Any:
        return 1e10 + sum(math.log(x) for x in w), 1 / w

    def by_numpy(w: Array) -> Any:
        return 1e10 + np.log(w).sum() + np.exp(400 * w).sum(), 1 / w + 400 * np.exp(400 * w)

    for f, w in ((by_math, [0.02, 0.3]), (by_numpy, [0.02, 0.03])):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert gradcheck(f, w).verdict == "right"
            assert gradcheck(lambda w, f=f: (f(w)[0], 3 * f(w)[1]), w).verdict == "wrong"


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError])
def test_errors_of_f_come_through(error: type[BaseException]) -> None:
    calls = []

    def f(w: Array) -> Any:
        calls.append(1)
        if len(calls) == 90:  # within the longer steps
            raise error("mine")
        return 1e12 + w.sum(), np.ones_like(w)

    with pytest.raises(error, match=r"^mine$"):
        gradcheck(f, np.ones(9))


def test_a_kink_that_all_lines_have_crossed_is_not_taken_for_noise() -> None:
    def f(w: Array) -> Any:
        r = w - 6e-7
        return (np.abs(r) + np.sin(w)).sum(), np.sign(r) + np.cos(w)

    result = gradcheck(f, [0.0])
    assert result.verdict == "right", result
    assert result.noise < 1e-9


# Samples


def test_a_sample_of_the_elements() -> None:
    def f(w: Array, wrong: Any = ()) -> Any:
        g = np.cos(w)
        g[list(wrong)] *= 2
        return np.sin(w).sum(), g

    w = np.linspace(0, 1, 1000).reshape(20, 50)
    result = gradcheck(f, w, max_elements=100)
    assert result.parameters["w"].checked == 100
    assert "100 of 1000" in str(result)
    assert "right, 100 elements checked" in str(result)
    found = [
        len(gradcheck(f, w, max_elements=100, seed=seed, wrong=range(10)).parameters["w"].wrong) for seed in (0, 1)
    ]
    assert all(20 < count < 80 for count in found)  # of 100, half of which are wrong
    again = gradcheck(f, w, max_elements=100, wrong=range(10)).parameters["w"]
    assert len(again.wrong) == found[0]
    assert {element.index[0] for element in again.wrong} == set(range(10))
    assert gradcheck(f, w, max_elements=1000).parameters["w"].checked == 1000


# The report


def test_report_of_a_right_gradient() -> None:
    text = str(gradcheck(lambda w, c: ((2 * w).sum() + c, 2 * np.ones(2), 1.0), [0.0, 0.0], 0.0))
    assert text.splitlines()[:4] == [
        "Gradient of <lambda>: right, 3 elements checked",
        "",
        "parameter  shape  checked  kinks  wrong  largest error  at   analytic  numeric",
        "w          (2,)   2        0      0      0.0e+00        [0]  2         2        ok",
    ]
    assert text.splitlines()[4] == "c          ()     1        0      0      0.0e+00        []   1         1        ok"
    assert "kink:" not in text


def test_report_of_a_wrong_gradient() -> None:
    def half_right(w: Array) -> Any:
        return 2 * np.abs(w).sum(), np.array([2.0, 1.5, -1.0, 3.0])

    result = gradcheck(half_right, [1.0, 0.0, -2.0, 0.0])
    lines = str(result).splitlines()
    assert repr(result) == str(result)
    assert lines[0] == "Gradient of half_right: WRONG, 4 elements checked"
    assert lines[3] == "w          (4,)   4        2      2      5.0e-01        [2]  -1        -2       WRONG"
    assert lines[-1] == "kink: the slopes to the left and to the right differ; any value between them is right"
    only = gradcheck(lambda w: (2 * np.abs(w).sum(), np.array([3.0])), [0.0])
    assert str(only).splitlines()[3].endswith("3.3e-01        [0]  3         -2 to 2  WRONG")
