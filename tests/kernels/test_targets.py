"""Float targets: those of 0 contribute exactly 0, those outside of [0, 1] are refused where they are probabilities.

And a single class of those that exclude each other, of which there is nothing to learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import LOSSES, reference

from ..support import bounds
from ..support.cases import (
    SPECS,
    Array,
    Problem,
    as_bytes,
    class_weight,
    number_of_labels,
    own_copy,
    problem,
    spec_id,
    variants,
)

shapes = pytest.mark.parametrize("shape", [(9, 5, 1), (12, 5, 3), (20, 4, 140)], ids=str)
"""One class, few of them, and many with rows enough for their own path."""


# ---------------------------------------------------------------------------------------------------------------------
# One-hot targets, where scores are infinite
# ---------------------------------------------------------------------------------------------------------------------

both = pytest.mark.parametrize("lib", [reference, fastlc], ids=["reference", "fastlc"])


def onehot(y: Array, classes: int, dtype: Any) -> Array:
    return np.asarray((y[:, None] == 1) if classes == 1 else np.arange(classes) == y[:, None], dtype)


def assert_close(got: Any, want: Any, dtype: Any) -> None:
    """Equal but for the roundings of a few dozen terms, inf where inf is."""
    for a, b in zip(got, want, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert not np.isnan(b).any()
        finite = np.abs(b[np.isfinite(b)]).max(initial=1)
        np.testing.assert_allclose(a, b, rtol=0, atol=bounds.gamma(100, dtype) * finite)


def infinite_elsewhere(p: Problem, y: Array, exclusive: bool) -> Array:
    """Scores that are certain to be right, here and there: −∞ where the target is 0 and, of one-vs-rest, ∞ where 1."""
    S = own_copy(p.S)
    t = onehot(y, S.shape[1], bool)
    chosen = np.random.default_rng(0).random(S.shape) < 0.5
    S[chosen & ~t] = -np.inf
    if not exclusive:
        S[chosen & t] = np.inf
    assert np.isinf(S).any()
    return S


@both
@pytest.mark.parametrize("name", ["cross_entropy", "logistic"])
@shapes
def test_one_hot_targets_are_labels(name, shape, lib, dtype, isa) -> None:
    """A target of 0 contributes exactly 0, whatever its log is; with class weights too."""
    spec = LOSSES[name]
    exclusive = not spec.one_vs_rest
    if exclusive and shape[2] == 1:
        return
    p = problem(shape, dtype, next(r for r in SPECS if spec_id(r) == name))
    S, t = infinite_elsewhere(p, p.y, exclusive), onehot(p.y, shape[2], dtype)
    weights = class_weight(spec, p)
    for chosen in ({}, *({kind: w} for kind, w in weights.items()), weights):
        for reduction in ("none", "sum", "mean"):
            how = {"reduction": reduction, "sample_weight": p.sample_weight, **chosen}
            want = getattr(lib, name)(S, p.y, **how)
            if reduction == "mean" and exclusive and chosen:  # the mean over labels divides by class weights
                k, v = p.class_weight.astype(np.float64), p.sample_weight.astype(np.float64)
                want = [part * ((v * k[p.y]).sum() / v.sum()) for part in want]
            assert_close(getattr(lib, name)(S, t, **how), want, dtype)
            assert np.isfinite(want[0]).all()


@both
@pytest.mark.parametrize("name", ["cross_entropy", "logistic"])
@pytest.mark.parametrize("shape", [(12, 5, 3), (20, 4, 140)], ids=str)
def test_one_hot_targets_of_the_linear_map_are_labels(name, shape, lib, dtype, isa) -> None:
    """Biases of ∓∞ switch classes off, and on; features and weights are finite."""
    spec = LOSSES[name]
    p = problem(shape, dtype, next(r for r in SPECS if spec_id(r) == name))
    b, y = own_copy(p.b), own_copy(p.y)
    b[2:] = -np.inf
    y %= 2
    t = onehot(y, shape[2], dtype)
    for chosen in ({}, class_weight(spec, p)):
        how = {"reduction": "sum", "sample_weight": p.sample_weight, **chosen}
        want, got = (getattr(lib, f"linear_{name}")(p.X, targets, p.W, b, dX=True, **how) for targets in (y, t))
        assert all(np.isfinite(part).all() for part in want)
        assert_close(got, want, dtype)
        if lib is reference:
            continue
        W_and_b = []
        for targets in (y, t):
            W, trained_b = own_copy(p.W), own_copy(b)
            of_epoch = {"loss": name, "lr": 0.01, "batch_size": 5, "sample_weight": p.sample_weight}
            fastlc.sgd_epoch(p.X, targets, W, trained_b, **of_epoch)
            assert (trained_b[2:] == -np.inf).all()
            W_and_b.append((W, trained_b[:2]))
        assert_close(W_and_b[1], W_and_b[0], dtype)


@both
@shapes
def test_zeros_of_soft_targets(shape, lib, dtype, isa) -> None:
    """Targets that are no labels: the same as without the columns of 0, whose gradients are exactly 0."""
    if shape[2] == 1:
        return
    p = problem(shape, dtype, next(spec for spec in SPECS if spec_id(spec) == "cross_entropy-values"))
    half = np.arange(shape[2]) % 2 == 0
    S, t = own_copy(p.S), own_copy(p.y)
    S[:, ~half], t[:, ~half] = -np.inf, 0
    for k in (None, p.class_weight):
        loss, dS = lib.cross_entropy(S, t, class_weight=k, reduction="none")
        assert not dS[:, ~half].any()
        want = lib.cross_entropy(S[:, half], t[:, half], class_weight=None if k is None else k[half], reduction="none")
        assert_close((loss, dS[:, half]), want, dtype)


def test_fifty_digits_have_the_same_zeros(dtype) -> None:
    """The third computation of a loss, by formulas of its own."""
    mpmath = pytest.importorskip("mpmath")
    from ..support import accuracy

    mpmath.mp.dps = accuracy.DIGITS
    for name, signs in (("cross_entropy", [-1]), ("logistic", [-1, 1])):
        for i, (y, sign) in enumerate((y, sign) for y in range(3) for sign in signs):
            S = problem((9, 0, 3), dtype).S[i : i + 1].copy()
            at = y if sign > 0 else (y + 1) % 3
            S[0, at] = sign * np.inf
            t = np.eye(3, dtype=dtype)[[y]]
            options = {"label_smoothing": mpmath.mpf(0)} if name == "cross_entropy" else {}
            exact = accuracy._exact_row(name, "values", [mpmath.mpf(v) for v in S[0].tolist()], t[0].tolist(), options)
            of_label = accuracy._exact_row(name, "labels", [mpmath.mpf(v) for v in S[0].tolist()], y, options)
            for got in (getattr(fastlc, name)(S, t), getattr(reference, name)(S, t), (of_label[0], [of_label[1]])):
                np.testing.assert_allclose(float(got[0]), float(exact[0]), rtol=bounds.gamma(60, dtype))
                derivatives = np.array(exact[1], np.float64)
                np.testing.assert_allclose(np.array(got[1][0], np.float64), derivatives, atol=bounds.gamma(60, dtype))
                assert derivatives[at] == 0


# ---------------------------------------------------------------------------------------------------------------------
# Probabilities
# ---------------------------------------------------------------------------------------------------------------------


@shapes
def test_logistic_refuses_targets_that_are_no_probabilities(shape, dtype, isa) -> None:
    """In rows that count; nan is a matter of arithmetic and comes out as nan."""
    spec = next(spec for spec in SPECS if spec_id(spec) == "logistic-values")
    p = problem(shape, dtype, spec)
    place = (len(p.X) - 1, shape[2] - 1)
    v = np.ones(len(p.X), dtype)
    calls = {
        "on scores": lambda y, **how: fastlc.logistic(p.S, y, **how),
        "linear": lambda y, **how: fastlc.linear_logistic(p.X, y, p.W, p.b, **how),
    }

    def epoch(y: Array, **how: Any) -> Any:
        trained = own_copy(p.W), own_copy(p.b)
        try:
            mean = fastlc.sgd_epoch(p.X, y, *trained, loss="logistic", lr=0.1, batch_size=4, **how)
        except ValueError:
            assert as_bytes(trained) == as_bytes((own_copy(p.W), own_copy(p.b)))
            raise
        return (mean, *trained)

    for call in (*calls.values(), epoch):
        for value in (-0.25, 1.5, -np.inf, np.inf, np.nextafter(dtype(1), dtype(2)), np.nextafter(dtype(0), dtype(-1))):
            y = own_copy(p.y)
            y[place] = value
            where = rf"\[{place[0]}\]" if shape[2] == 1 else rf"\[{place[0]}, {place[1]}\]"
            with pytest.raises(ValueError, match=rf"^y{where} = .*\[0, 1\]"):
                call(y)
            v[place[0]] = 0
            want = call(np.where(y == y[place], dtype(0), y), sample_weight=v)
            assert as_bytes(call(y, sample_weight=v)) == as_bytes(want)
            v[place[0]] = 1
        for value in (0.0, -0.0, 1.0):
            y = own_copy(p.y)
            y[place] = value
            assert np.isfinite(call(y)[0])
        y[place] = np.nan
        result = call(y)
        assert np.isnan(result[0])
        assert np.isnan(result[1]).any()
    y = own_copy(p.y)
    y[place] = 1.5
    for other in ("cross_entropy", "squared_error", "sigmoid_squared_error", "huber"):
        assert np.isfinite(LOSSES[other].on_scores(p.S, y)[0])


# ---------------------------------------------------------------------------------------------------------------------
# One class
# ---------------------------------------------------------------------------------------------------------------------


def test_an_epoch_of_one_exclusive_class_is_refused(exclusive_spec, dtype, isa) -> None:
    """Whatever W would become, there is nothing to learn; the loss is what it is, exactly 0 but for targets' sums."""
    p = problem((9, 4, 1), dtype, exclusive_spec)
    for options in variants(exclusive_spec):
        W, b = own_copy(p.W), own_copy(p.b)
        state = fastlc.SGDState(W, b, average_from=0)
        before = as_bytes((W, b, *(a for a in vars(state).values() if isinstance(a, np.ndarray))))
        how = {"loss": exclusive_spec.name, "lr": 0.1, "batch_size": 2, "momentum": 0.5, "l2": 0.1, **options}
        with pytest.raises(ValueError, match=rf"\b{exclusive_spec.name}\b"):
            fastlc.sgd_epoch(p.X, p.y, W, b, state=state, **how)
        assert as_bytes((W, b, *(a for a in vars(state).values() if isinstance(a, np.ndarray)))) == before
        assert state.step == 0
        assert exclusive_spec.on_scores(p.S, p.y, grad=False, **options) == 0
        assert exclusive_spec.linear(p.X, p.y, p.W, p.b, grad=False, **options) == 0


def test_an_epoch_of_one_class_against_the_rest_is_not(spec, dtype, isa) -> None:
    p = problem((9, 4, 1), dtype, spec)
    if "class_weight" in spec.keywords and not spec.one_vs_rest:
        return
    assert number_of_labels(spec, 1) == (2 if spec.one_vs_rest else 1)
    W = own_copy(p.W)
    assert np.isfinite(fastlc.sgd_epoch(p.X, p.y, W, loss=spec.name, lr=0.1, batch_size=2))
    assert (p.W != W).any()
