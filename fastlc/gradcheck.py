"""Gradients checked against finite differences: what a function says is its derivative must be the slope one measures.

`gradcheck` does so for every loss of the library and for any function of yours, in float64, where a central difference
is good to about ten digits, so that a wrong formula cannot hide in rounding.

Wrong means: further off than rounding and truncation explain. How far rounding blurs the values is measured first. An
element that then disagrees is looked at in shorter and shorter steps. They show whether the first was too long for the
function, and whether there is a kink: the slopes to the left and to the right stay apart however short the step, and
any value between them is right. One that rounding hides is looked at in longer steps; if these cannot tell either, the
verdict is that, and not "right".
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._arrays import as_array
from ._checks import generator, integer, number
from .reference import Array

_EPSILON = float(np.finfo(np.float64).eps)
_STEP = math.cbrt(_EPSILON)
_SHRINK = 4  # from one step to the next smaller one
_STEPS = 20
_NEGLIGIBLE = 1e-3  # of the largest gradient of an array
_POSITIVE = "a finite number > 0"


def numerical_gradient(f: Callable[[Array], float], w: ArrayLike, eps: float | None = None) -> NDArray[np.float64]:
    """Gradient of f at w by central differences, ``df/dw_i ≈ (f(w + h e_i) − f(w − h e_i)) / 2h``.

    The step is ``h = eps · max(1, |w_i|)``. Truncation costs an error ∝ h², rounding one ∝ 1/h; with the cube root of
    the machine epsilon, 6e-6, they are about equal (Press et al., Numerical Recipes, 3rd ed., §5.7).

    Parameters
    ----------
    f : function
        Takes a float64 array of the shape of w and returns a number. It must not change the array or keep it.
    w : array of any shape
        Where to take the gradient; converted to float64.
    eps : float, optional
        Relative step, > 0; default the cube root of the machine epsilon.

    Returns
    -------
    float64 array of the shape of w.

    Raises
    ------
    TypeError, ValueError
        If eps is not finite and > 0, or w or a value of f is no number.

    Examples
    --------
    >>> from fastlc.gradcheck import numerical_gradient
    >>> numerical_gradient(lambda w: (w**3).sum(), [1.0, 2.0]).round(6)
    array([ 3., 12.])
    """
    eps = _STEP if eps is None else number(eps, "eps", _POSITIVE)
    w = _numbers(w, "w")
    gradient = np.empty_like(w)
    for i in np.ndindex(w.shape):
        here = float(w[i])
        h = eps * max(1.0, abs(here))
        w[i] = right = here + h
        above = _value(f(w), f)
        w[i] = left = here - h
        below = _value(f(w), f)
        w[i] = here
        if right == left:
            raise ValueError(f"eps = {eps:g} is too small: w = {here:g} is the same a step further")
        gradient[i] = (above - below) / (right - left)  # the step as it was rounded
    return gradient


@dataclass(frozen=True)
class Element:
    """One element of a parameter as it was checked."""

    index: tuple[int, ...]
    """Where it is in the parameter."""
    analytic: float
    """What the function says."""
    numeric: float
    """The measured slope; at a kink the value between the two slopes that is nearest to the analytic one."""
    error: float
    """Relative, see `gradcheck`; nan if the element is hidden, or a gradient or slope is nan."""
    kink: tuple[float, float] | None = None
    """The slopes to the left and to the right, if the function has a kink here."""
    doubt: float = math.nan
    """How far rounding and truncation may have moved the numeric slope."""
    hidden: bool = False
    """Whether that is too far to tell a right gradient from a wrong one."""


@dataclass(frozen=True)
class ParameterCheck:
    """What was found in one parameter."""

    shape: tuple[int, ...]
    """Of the parameter."""
    checked: int
    """How many of its elements were looked at."""
    worst: Element | None
    """The one of the largest error, or a hidden one if none is wrong; None if there are no elements."""
    wrong: tuple[Element, ...]
    """All elements of an error above rtol."""
    hidden: tuple[Element, ...]
    """All elements of which rounding hides whether they are right."""
    kinks: tuple[Element, ...]
    """All elements at a kink, right or wrong."""

    @property
    def error(self) -> float:
        """The largest error of its elements; nan if a gradient or a slope is, or rounding hides one."""
        return self.worst.error if self.worst else 0.0


@dataclass(frozen=True, repr=False)
class GradcheckResult:
    """What `gradcheck` found. True if all gradients are right; printed, it is a report.

    ``assert result, result`` stops a program at a wrong gradient, or at one that cannot be told, and shows the report.
    """

    function: str
    """Its name."""
    parameters: dict[str, ParameterCheck]
    """By name: 'W', 'b', …."""
    rtol: float
    """Errors above it are wrong."""
    noise: float
    """How far rounding of the function's values may move a slope: smaller differences cannot be seen."""

    @property
    def verdict(self) -> str:
        """'right', 'wrong', or 'cannot tell' if no element is seen to be wrong, but rounding hides some."""
        if any(parameter.wrong for parameter in self.parameters.values()):
            return "wrong"
        return "cannot tell" if self.hidden else "right"

    @property
    def ok(self) -> bool:
        """Whether the verdict is 'right'."""
        return self.verdict == "right"

    def __bool__(self) -> bool:
        return self.ok

    @property
    def errors(self) -> dict[str, float]:
        """The largest error of each parameter."""
        return {name: parameter.error for name, parameter in self.parameters.items()}

    @property
    def max_error(self) -> float:
        """The largest error of all; nan if a gradient or a slope is, or rounding hides one."""
        return float(np.max(list(self.errors.values())))

    @property
    def kinks(self) -> int:
        """How many elements are at a kink."""
        return sum(len(parameter.kinks) for parameter in self.parameters.values())

    @property
    def hidden(self) -> int:
        """Of how many elements rounding hides whether they are right."""
        return sum(len(parameter.hidden) for parameter in self.parameters.values())

    def __repr__(self) -> str:
        checked = sum(parameter.checked for parameter in self.parameters.values())
        lines = [
            f"Gradient of {self.function}: {_shown(self.verdict)}, {_plural(checked, 'element')} checked",
            "",
            *self._table(),
            "",
            f"error: |analytic - numeric| relative to the larger of the two; above {self.rtol:g} it is wrong, unless",
            f"rounding of the values explains the difference: up to about {self.noise:.0e}",
        ]
        if self.kinks:
            lines.append("kink: the slopes to the left and to the right differ; any value between them is right")
        if self.hidden:
            hides = f"rounding hides {_plural(self.hidden, 'element')}: the values are too large for slopes so small"
            lines.append(f"CANNOT TELL: {hides}")
        return "\n".join(lines)

    def _table(self) -> list[str]:
        rows = [["parameter", "shape", "checked", "kinks", "wrong", "largest error", "at", "analytic", "numeric", ""]]
        for name, parameter in self.parameters.items():
            size = math.prod(parameter.shape)
            checked = str(size) if parameter.checked == size else f"{parameter.checked} of {size}"
            counts = [checked, str(len(parameter.kinks)), str(len(parameter.wrong))]
            found = ["-", "-", "-", "-"]
            verdict = "WRONG" if parameter.wrong else "CANNOT TELL" if parameter.hidden else "ok"
            if (worst := parameter.worst) is not None:
                numeric = f"{worst.numeric:.9g}"
                if worst.hidden:
                    numeric = f"{worst.numeric:.3g} +- {worst.doubt:.1g}"
                if worst.kink is not None:
                    numeric = f"{min(worst.kink):.6g} to {max(worst.kink):.6g}"
                found = [f"{worst.error:.1e}", str(list(worst.index)), f"{worst.analytic:.9g}", numeric]
            rows.append([name, str(parameter.shape), *counts, *found, verdict])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _shown(verdict: str) -> str:
    return verdict if verdict == "right" else verdict.upper()


def gradcheck(
    f: Callable[..., Any],
    /,
    *arrays: ArrayLike,
    eps: float | None = None,
    rtol: float = 1e-6,
    max_elements: int | None = None,
    seed: int | np.random.Generator | None = 0,
    **options: Any,
) -> GradcheckResult:
    """Compares the gradients that f returns with slopes of its values, element by element.

    f is one of two things:

    - any function of arrays, ``f(a, b, …, **options) -> value, da, db, …`` (or ``value, (da, db, …)``): each of the
      arrays is a parameter, and its gradient is checked;
    - a loss, known by the names of its first parameters: ``loss(S, y, **options) -> value, dS``, of which S is
      checked, or ``loss(X, y, W, b, **options) -> value, dW, db``, of which W, b if there is one, and with
      ``dX=True`` X are. All losses of `fastlc` and `fastlc.reference` have this form.

    Where its value alone is needed, f is called with ``grad=False`` if it has such a parameter. A value that is an
    array stands for its sum, as with ``reduction='none'``.

    An element is wrong if its gradient differs from the measured slope by more than E, what rounding and truncation
    may have done to the slope, and by more than `rtol` relative to the larger of the two. Its error is ``|analytic −
    numeric| / max(|analytic|, |numeric|, floor)``, where the floor is ``E / rtol`` for differences up to E, so that
    elements near 0 do not divide rounding by rounding, and 0 for larger ones: wrong is what has an error above rtol.
    That of an array is the largest of its elements. Right gradients give about 1e-8.

    Rounding of the values is measured along a random line, by 72 evaluations; then an element takes 2. One whose
    slopes disagree with the gradient, or with each other to the left and to the right, is measured again in steps
    4, 16, … times shorter, until rounding hides all. If left and right stay apart for as long as can be seen, there is
    a kink, as of the hinge where a margin is just met, or of ``|w|`` at 0: there a subgradient is right, any value
    between the two slopes. A kink close by is none, since shorter steps do not reach it. Where f jumps there is no
    slope, and the element counts as wrong. (A kink is looked for if left and right differ by over a thousandth. Steps
    that lead out of the domain, where the value is inf or nan, are passed over.)

    An element that is smaller than 2 E is measured in steps 4, 16, … times longer, up to ``max(1, |w_i|)``, for as long
    as they agree with the shorter ones. (If f raises an ArithmeticError or a ValueError there, they lead out of its
    domain.) If E is more than half of it even then, differences cannot tell whether it is right: such as where a
    constant of 10¹⁶ in the value leaves no digits for what changes. The verdict is then 'cannot tell', its error nan,
    and the result not true. But it is right if nothing of weight can hide in E, a thousandth of the largest gradient of
    its array, or of the steepest slope met around it, or `rtol` of the largest gradient of all; or if it is 0 and so is
    the slope, as of a value that does not depend on it.

    Parameters
    ----------
    f : function
        It must not change the arrays or keep them, and should compute in float64.
    *arrays : array_like
        Of any shape. Parameters, and the X of a loss, are converted to float64; y is if it is of floats.
    eps : float, optional
        Relative step: ``h = eps · max(1, |w_i|)``. Default the cube root of the relative rounding of the values, at
        least 6e-6 (see `numerical_gradient`) and at most 0.01.
    rtol : float
        Errors above it are wrong.
    max_elements : int, optional
        Of a larger array check so many elements, chosen at random; the report says so.
    seed : int, Generator or None
        Of that choice.
    **options
        Passed on to f: ``l2``, ``margin``, ``sample_weight``, …; floating arrays as float64.

    Returns
    -------
    GradcheckResult
        True if all elements are right: not if one is wrong, nor if it cannot be told (`GradcheckResult.verdict`);
        ``print`` it. ``max_error``, ``errors['W']``, ``parameters['W'].wrong``, ….

    Raises
    ------
    TypeError, ValueError
        As f; if f does not return a value and, for every parameter, a gradient of its shape, all of them numbers; if f
        changes a parameter; if eps, rtol, max_elements or seed does not fit.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> from fastlc.gradcheck import gradcheck
    >>> rng = np.random.default_rng(0)
    >>> X, y, W, b = rng.normal(size=(9, 4)), rng.integers(3, size=9), rng.normal(size=(3, 4)), np.zeros(3)
    >>> bool(gradcheck(fastlc.linear_cross_entropy, X, y, W, b, l2=0.1, dX=True))
    True

    A function of one's own, with a factor forgotten in one place; and at a kink:

    >>> result = gradcheck(lambda w: ((w**2).sum(), w * [2, 2, 1]), [1.0, 2.0, 3.0])
    >>> [(element.index, element.analytic, round(element.numeric, 6)) for element in result.parameters["w"].wrong]
    [((2,), 3.0, 6.0)]
    >>> result = gradcheck(lambda w: (np.abs(w).sum(), np.sign(w)), [1.0, 0.0])
    >>> result.ok, result.kinks
    (True, 1)

    Where a large constant leaves no digits for what changes:

    >>> gradcheck(lambda w: (1e12 + w.sum(), np.ones(3)), [1.0, 2.0, 3.0]).verdict
    'right'
    >>> gradcheck(lambda w: (1e16 + w.sum(), np.ones(3)), [1.0, 2.0, 3.0]).verdict
    'cannot tell'
    """
    eps = None if eps is None else number(eps, "eps", _POSITIVE)
    rtol = number(rtol, "rtol", _POSITIVE)
    max_elements = None if max_elements is None else integer(max_elements, "max_elements", 1)
    rng = generator(seed)
    parameters, gradients, value = _prepare(f, arrays, options)
    arrays_checked = list(parameters.values())
    blur, size = _blur(value, arrays_checked, eps or _STEP, rng)
    if eps is None:
        eps = math.cbrt(min(max(blur / size, _EPSILON), 1e-6)) if size > 0 else _STEP
    chosen: dict[str, Any] = {name: range(array.size) for name, array in parameters.items()}
    for name, array in parameters.items():
        if max_elements is not None and array.size > max_elements:
            chosen[name] = np.sort(rng.choice(array.size, max_elements, replace=False))
    largest = {name: float(np.abs(g).max(where=np.isfinite(g), initial=0.0)) for name, g in gradients.items()}
    here = value()

    def check(noise: float) -> dict[str, ParameterCheck]:
        found = {}
        for name, array in parameters.items():
            negligible = max(_NEGLIGIBLE * largest[name], rtol * max(largest.values()))
            elements = []
            for flat in chosen[name]:
                index = tuple(map(int, np.unravel_index(flat, array.shape)))
                slopes, w = partial(_slopes, value, here, noise, array, index), float(array[index])
                elements.append(_check(index, float(gradients[name][index]), slopes, w, eps, rtol, negligible))
            found[name] = _parameter_check(array.shape, elements, rtol)
        return found

    noise = _noise(blur, size)
    found = check(noise)
    if any(parameter.hidden for parameter in found.values()):
        # By the noise, if not by a kink that every line so far has crossed.
        finer = _noise(*_blur(value, arrays_checked, eps, rng, (0.3, 0.1, 0.03, 0.01, 1e-4, 1e-5)))
        if finer < noise / 2:
            noise = finer
            found = check(noise)
    return GradcheckResult(_name(f), found, rtol, noise / eps)


def _parameter_check(shape: tuple[int, ...], elements: list[Element], rtol: float) -> ParameterCheck:
    wrong = tuple(element for element in elements if not (element.error <= rtol or element.hidden))
    hidden = tuple(element for element in elements if element.hidden)
    return ParameterCheck(
        shape=shape,
        checked=len(elements),
        worst=max(wrong or hidden or elements, key=lambda e: (math.isnan(e.error), e.error), default=None),
        wrong=wrong,
        hidden=hidden,
        kinks=tuple(element for element in elements if element.kink is not None),
    )


# ---------------------------------------------------------------------------------------------------------------------
# What is called, and with which arrays
# ---------------------------------------------------------------------------------------------------------------------


def _prepare(
    f: Callable[..., Any], arrays: tuple[ArrayLike, ...], options: dict[str, Any]
) -> tuple[dict[str, Array], dict[str, Array], Callable[[], float]]:
    """Copies of the parameters, their gradients, and the value as a function of what the copies hold."""
    signature = _signature(f)
    names = [p.name for p in signature.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    options = {name: _as_float64(option) for name, option in options.items()}
    expected: list[str]  # the parameters whose gradients f returns, in their order
    arguments: dict[str, Any]
    args: tuple[Any, ...]
    if names[:2] == ["S", "y"] or names[:3] == ["X", "y", "W"]:
        bound = inspect.signature(f).bind(*arrays, **options)
        arguments = bound.arguments
        for name in {"S", "X", "W", "b"} & arguments.keys():
            arguments[name] = None if arguments[name] is None else _numbers(arguments[name], name)
        arguments["y"] = _as_float64(as_array(arguments["y"], "y"))
        args, options = bound.args, bound.kwargs
        expected = [name for name in ("S", "W", "b", "X") if name in names]
    else:
        if not arrays:
            raise TypeError("nothing to check: give the arrays after the function")
        expected = [names[k] if k < len(names) else f"argument {k + 1}" for k in range(len(arrays))]
        args = tuple(_numbers(array, name) for array, name in zip(arrays, expected, strict=True))
        arguments = dict(zip(expected, args, strict=True))
    copies = {name: np.copy(arguments[name]) for name in expected if arguments.get(name) is not None}

    result = f(*args, **options)
    for name, copy in copies.items():
        if not np.array_equal(arguments[name], copy, equal_nan=True):
            raise ValueError(f"{_name(f)} changes its argument {name}")
    if not isinstance(result, tuple) or len(result) < 2:
        raise TypeError(f"{_name(f)} returns no gradient: expected (value, gradient, …), got {type(result).__name__}")
    gradients = result[1] if len(result) == 2 and isinstance(result[1], tuple) else result[1:]
    if names[:3] == ["X", "y", "W"] and len(gradients) == len(expected) - 1:
        expected.remove("X")  # dX was not asked for
    if len(gradients) != len(expected):
        raise ValueError(
            f"{_name(f)} returns {_plural(len(gradients), 'gradient')}, expected those of {', '.join(expected)}"
        )
    given: dict[str, Array] = {}
    for name, gradient in zip(expected, gradients, strict=True):
        if name in copies:  # db is None without b
            given[name] = _numbers(gradient, f"the gradient of {name}")  # a copy: f may use its memory again
            if given[name].shape != (shape := copies[name].shape):
                raise ValueError(f"the gradient of {name} has shape {given[name].shape}, expected {shape}")

    if "grad" in signature and "grad" not in names[: len(args)]:
        options = options | {"grad": False}

    def value() -> float:
        result = f(*args, **options)
        return _value(result[0] if isinstance(result, tuple) else result, f)

    return {name: arguments[name] for name in given}, given, value


def _signature(f: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(f).parameters
    except (TypeError, ValueError):  # some functions written in C have none
        return {}


def _numbers(value: Any, name: str) -> Array:
    """A copy in float64; of what NumPy would make a number of, but is none, a refusal."""
    array = as_array(value, name)
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} has dtype {array.dtype}, expected numbers")
    return np.array(array, dtype=np.float64)


def _value(found: Any, f: Callable[..., Any]) -> float:
    """The sum of a value of f."""
    total = found if isinstance(found, (str, bytes)) else np.sum(found)
    if isinstance(total, (str, bytes, complex, np.complexfloating)) or not hasattr(total, "__float__"):
        raise TypeError(f"{_name(f)} returns a value of type {type(found).__name__}, expected a number")
    return float(total)


def _as_float64(option: Any) -> Any:
    """Of an array of floats a copy in float64, everything else as it is."""
    return option.astype(np.float64) if isinstance(option, np.ndarray) and option.dtype.kind == "f" else option


def _name(f: Any) -> str:
    return str(getattr(f, "__name__", None) or _name(getattr(f, "func", type(f))))


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# ---------------------------------------------------------------------------------------------------------------------
# Slopes, and what they say about an element
# ---------------------------------------------------------------------------------------------------------------------


def _noise(blur: float, size: float) -> float:
    """How far rounding may move a value: `blur` was estimated from few, and is to hold for the worst of many."""
    return max(10 * blur, 4 * _EPSILON * size)


def _blur(
    value: Callable[[], float],
    parameters: list[Array],
    eps: float,
    rng: np.random.Generator,
    lengths: tuple[float, ...] = (1.0, 1e-3, 1e-6),
) -> tuple[float, float]:
    """The standard deviation of rounding in the values around here, and the largest value met.

    Rounding is what a polynomial of degree 4 leaves of the values at random points on a random line (compare Moré and
    Wild, Estimating computational noise, 2011; at equal distances the rounding of simple functions is too regular). Of
    the two directions the larger result counts, since on one side of a kink there may be none; of the lengths of
    the line the least, since a kink, or a line too long for the polynomial, can only add.
    """
    start = [parameter.copy() for parameter in parameters]
    directions = [rng.uniform(-1, 1, w.shape) * eps * np.maximum(1, np.abs(w)) for w in start]
    points = rng.uniform(0.1, 1, 12)
    smooth = np.linalg.qr(np.vander(points, 5))[0]

    def values(length: float) -> Array:
        found = []
        for t in length * points:
            for parameter, w, direction in zip(parameters, start, directions, strict=True):
                parameter[...] = w + t * direction
            found.append(value())
        return np.array(found)

    lines = [(values(length), values(-length)) for length in lengths]
    size = float(np.abs(lines).max(where=np.isfinite(lines), initial=0.0))

    def rest(line: Array) -> float:
        if len(set(line)) <= len(line) / 2 or not np.isfinite(line).all():  # constant, or the points too close to tell
            return 0.0
        line = line / size
        return (
            float(np.linalg.norm(line - smooth @ (smooth.T @ line))) / math.sqrt(len(points) - smooth.shape[1]) * size
        )

    blurs = [max(rest(line) for line in pair) for pair in lines]
    blur = min((blur for blur in blurs if blur > 0), default=0.0)
    if np.all(np.equal(lines, lines[0][0][0])):  # too short to show whether f computes in float32
        try:
            with np.errstate(all="ignore"):
                lines.append((values(0.1 / eps), values(-0.1 / eps)))
        except (ArithmeticError, ValueError):
            pass
    with np.errstate(over="ignore"):
        single = np.array_equal(np.array(lines, np.float32), lines)
    if single:  # computed in float32, it seems, whose steps may be too long to be seen above
        blur = max(blur, 2.0**-24 * size)
    for parameter, w in zip(parameters, start, strict=True):
        parameter[...] = w
    return blur, size


class _Slopes(NamedTuple):
    """What f does within a step of an element."""

    left: float
    right: float
    central: float
    noise: float
    """How far rounding may have moved the central slope; the others twice as far."""
    h: float
    """The step."""

    @property
    def gap(self) -> float:
        return abs(self.right - self.left)

    @property
    def steepest(self) -> float:
        return max(abs(self.left), abs(self.right))


def _slopes(
    value: Callable[[], float], middle: float, noise: float, array: Array, index: tuple[int, ...], h: float
) -> _Slopes:
    here = float(array[index])
    after, before = here + h, here - h
    try:
        array[index] = after
        above = value()
        array[index] = before
        below = value()
    finally:
        array[index] = here
    central = (above - below) / (after - before)  # the step as it was rounded
    return _Slopes((middle - below) / (here - before), (above - middle) / (after - here), central, noise / h, h)


def _longer(slopes: Callable[[float], _Slopes], first: _Slopes, longest: float) -> list[_Slopes]:
    """Longer steps than the first, the longest at the head.

    They end where a central slope disagrees, by more than rounding, with one of a shorter step: beyond that f bends
    more than rounding hides (Lepski's rule).
    """
    found: list[_Slopes] = []
    low, high, h = first.central - first.noise, first.central + first.noise, first.h * _SHRINK
    while h <= longest:
        try:
            with np.errstate(all="ignore"):
                step = slopes(h)
        except (ArithmeticError, ValueError):
            break
        low, high = max(low, step.central - step.noise), min(high, step.central + step.noise)
        if low > high or not math.isfinite(step.gap):
            break
        found.insert(0, step)
        h *= _SHRINK
    return found


def _check(
    index: tuple[int, ...],
    analytic: float,
    slopes: Callable[[float], _Slopes],
    here: float,
    eps: float,
    rtol: float,
    negligible: float,
) -> Element:
    """Judges an element by its slopes, unless rounding hides it: then they agree for no other reason."""
    steps: list[_Slopes] = []

    def measure(h: float) -> _Slopes:
        steps.append(slopes(h))
        return steps[-1]

    element = _compare(index, analytic, measure, here, eps, rtol, negligible)
    size = max(abs(analytic), abs(element.numeric))
    around = max((step.steepest for step in steps if 4 * step.noise < step.steepest < math.inf), default=0.0)
    enough = max(size / 2, negligible, _NEGLIGIBLE * around)
    if not element.error <= rtol or element.kink is not None or element.doubt <= enough or size == 0:
        return element
    return replace(element, error=math.nan, hidden=True)


def _compare(
    index: tuple[int, ...],
    analytic: float,
    slopes: Callable[[float], _Slopes],
    here: float,
    eps: float,
    rtol: float,
    negligible: float,
) -> Element:
    """Compares an element with its slopes: those of one step, or, in doubt, of shorter and shorter ones.

    That step is a longer one if the first is too short to see the element, but not to see that a 0 is `negligible`.
    """
    lengths = (eps * max(1.0, abs(here)) / _SHRINK**k for k in range(_STEPS))
    lengths = (h for h in lengths if h > 4 * np.spacing(abs(here)))
    measured: Iterator[_Slopes] = (step for step in map(slopes, lengths) if math.isfinite(step.gap))  # when asked for
    first = next(measured, None)
    if first is None or not math.isfinite(analytic):
        return Element(index, analytic, first.central if first else math.nan, math.nan)
    if first.noise > max(abs(analytic), abs(first.central)) / 2 and (analytic != 0 or first.noise > negligible):
        measured = chain(_longer(slopes, first, max(1.0, abs(here))), [first], measured)
        first = next(measured)
    error = _error(analytic, first.central, first.noise, rtol)
    agrees = error <= rtol
    if agrees and first.gap <= 1e-3 * first.steepest + 4 * first.noise:
        return Element(index, analytic, first.central, error, doubt=first.noise)

    # `jump` is what the slopes to the left and to the right differ by in the limit of short steps: nothing but noise
    # where f is smooth. `stays` is the first of the steps through which it has stayed so far, `clear` the first one
    # that is too short to reach the kink.
    steps = [first]
    stays, clear, best, jump = None, 0, math.inf, 0.0
    for step in measured:
        before = steps[-1]
        steps.append(step)
        agrees = agrees and _error(analytic, step.central, step.noise, rtol) <= rtol
        best = min(best, before.noise + 2 * abs(before.central - step.central))
        expected, jump = jump, _jump(before, step)
        if expected > 8 * before.noise:
            if jump >= expected / 2:
                stays = len(steps) - 3 if stays is None else stays
            elif stays is not None:
                stays, clear, best = None, len(steps) - 1, math.inf
        visible = jump > 8 * step.noise  # in the next step too, if it stays
        if not visible and ((agrees and stays is None) or step.noise >= best):
            break

    if stays is not None:
        left, right, doubt = _sides(steps[stays:])
        if doubt < abs(right - left) / 2:  # else the slopes have no limit: f jumps
            numeric = min(max(analytic, min(left, right)), max(left, right))
            return Element(index, analytic, numeric, _error(analytic, numeric, doubt, rtol), (left, right), doubt)
    elif agrees:
        return Element(index, analytic, first.central, error, doubt=first.noise)
    numeric, doubt = _centre(steps[clear:])
    return Element(index, analytic, numeric, _error(analytic, numeric, doubt, rtol), doubt=doubt)


def _limits(slopes: _Slopes, shorter: _Slopes) -> tuple[float, float]:
    """The slopes to the left and to the right extrapolated to no step at all, since they move in proportion to it."""
    left = shorter.left + (shorter.left - slopes.left) / (_SHRINK - 1)
    return left, shorter.right + (shorter.right - slopes.right) / (_SHRINK - 1)


def _jump(slopes: _Slopes, shorter: _Slopes) -> float:
    left, right = _limits(slopes, shorter)
    return abs(right - left)


def _sides(steps: list[_Slopes]) -> tuple[float, float, float]:
    """The slopes to the left and to the right, and how far rounding and truncation may have moved them."""
    limits = [_limits(a, b) for a, b in pairwise(steps)]
    doubts = [
        4 * step.noise + max(abs(a[0] - b[0]), abs(a[1] - b[1]))
        for step, (a, b) in zip(steps, pairwise(limits), strict=False)
    ]
    k = int(np.argmin(doubts))
    return *limits[k], doubts[k]


def _centre(steps: list[_Slopes]) -> tuple[float, float]:
    """The best of the central slopes, and how far rounding and truncation may have moved it; the noise if none is."""
    moves = [abs(a.central - b.central) for a, b in pairwise(steps)]
    last = steps[-1]
    if not moves or (moves[-1] > 100 * last.noise and moves[-1] > min(moves)):  # they have no limit: f jumps
        return last.central, last.noise
    doubts = [step.noise + 2 * move for step, move in zip(steps, moves, strict=False)]
    k = int(np.argmin(doubts))
    return steps[k].central, doubts[k]


def _error(analytic: float, numeric: float, doubt: float, rtol: float) -> float:
    difference = abs(analytic - numeric)
    floor = doubt / rtol if difference <= doubt else 0.0
    return difference / max(abs(analytic), abs(numeric), floor) if difference != 0 else 0.0
