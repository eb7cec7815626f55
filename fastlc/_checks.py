"""Single numbers, flags and seeds that functions are given: taken as they are meant, or refused in a sentence.

The one place that says which Python object is a number, an integer or a flag; the extension, which takes exact floats,
integers and bools itself, asks here about all others (`csrc/python/arguments.h`). A sentence names the argument, what
was expected and what came. What an object's own ``__float__``, ``__index__`` or ``__bool__`` raises comes through as it
is; TypeError alone becomes a sentence.
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

_HOLDS: dict[str, Callable[[float], bool]] = {
    "a number": lambda x: True,
    "a number, or one for each batch": lambda x: True,
    "a finite number >= 0": lambda x: 0 <= x < math.inf,
    "a finite number > 0": lambda x: 0 < x < math.inf,
    "a number in [0, 1]": lambda x: 0 <= x <= 1,
    "a number in [0, 1)": lambda x: 0 <= x < 1,
}
_LEAST_INT64 = -(2**63)


def number(value: Any, name: str, expected: str = "a finite number >= 0") -> float:
    """A number of which the words of `expected` hold; text, complex numbers, bools and arrays with axes are none."""
    real = None
    try:
        if not _is_scalar(value, "iuf"):
            raise TypeError
        # Text has no __float__: float() parses that, and bytes and buffers too, while an index is an integer.
        real = value if hasattr(type(value), "__float__") else operator.index(value)
        taken = float(real)
    except TypeError:
        raise TypeError(f"{name} is {_described(value)}, expected {expected}") from None
    except OverflowError:
        if not isinstance(real, numbers.Rational):
            raise  # the object's own
        raise ValueError(f"{name} is too large for a float, expected {expected}") from None
    except ValueError as error:  # such as of a Decimal that is a signaling nan
        if is_of_an_object(error):
            raise
        raise ValueError(f"{name} is {_described(value)}, expected {expected}: {error}") from None
    if not _HOLDS[expected](taken):
        raise ValueError(f"{name} = {taken:g}, expected {expected}")
    return taken


def integer(value: Any, name: str, least: int | None = None) -> int:
    """An integer that is at least `least`; bools are none."""
    expected = "an integer" if least is None else f"an integer >= {least}"
    try:
        if not _is_scalar(value, "iu"):
            raise TypeError
        taken = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {_described(value)}, expected {expected}") from None
    if least is not None and taken < least:
        raise ValueError(f"{name} = {max(taken, _LEAST_INT64)}, expected {expected}")
    return taken


def flag(value: Any, name: str) -> bool:
    """True or False, or 1 or 0; other numbers, text, None, containers and arrays with axes are none."""
    if _is_of_numpy(value):
        taken = _is_scalar(value, "biu") and value in (0, 1)
    elif value is None or value is NotImplemented or isinstance(value, numbers.Number):
        taken = isinstance(value, numbers.Integral) and value in (0, 1)
    else:  # without __bool__ all are true, and of containers those that are not empty
        is_container = hasattr(type(value), "__len__") and axes_of(value) != 0
        taken = hasattr(type(value), "__bool__") and not is_container
    try:
        if not taken:
            raise TypeError
        return bool(value)
    except TypeError:
        raise TypeError(f"{name} is {_described(value)}, expected True or False") from None


def generator(seed: int | np.random.Generator | None) -> np.random.Generator:
    """What `numpy.random.default_rng` makes of the argument named seed; of sequences nothing: some it recurses into."""
    random = np.random  # named here alone: NumPy imports it when it is asked for, as long as all of fastlc
    if seed is None or issubclass(
        type(seed), (random.Generator, random.BitGenerator, random.SeedSequence, random.RandomState)
    ):
        return np.random.default_rng(seed)
    try:
        if not _is_scalar(seed, "iu"):
            raise TypeError
        taken = operator.index(seed)  # type: ignore[arg-type]  # a Generator is gone already
    except TypeError:
        raise TypeError(f"seed is {_described(seed)}, expected an integer, a Generator or None") from None
    if taken < 0:
        raise ValueError(f"seed = {max(taken, _LEAST_INT64)}: expected non-negative integer")
    return np.random.default_rng(taken)


def is_of_an_object(error: Exception) -> bool:
    """Whether what the caller of this function has caught was raised by Python code, of an object that was asked."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is not None


def _is_of_numpy(value: Any) -> bool:
    """Whether it is an array or a scalar, not whether it says so: a mock has the class of another object."""
    return issubclass(type(value), (np.ndarray, np.generic))


def _is_scalar(value: Any, kinds: str) -> bool:
    """Whether a value can be one number: no bool, no array with axes; of NumPy's dtypes those of the `kinds` alone."""
    if _is_of_numpy(value):
        array = np.asarray(value)
        return array.ndim == 0 and array.dtype.kind in kinds and not isinstance(value, np.ma.MaskedArray)
    return not isinstance(value, bool) and not axes_of(value)


def axes_of(value: Any) -> int | None:
    """How many a value says that it has; None of what says nothing, or nothing of sense, as a mock."""
    axes = getattr(value, "ndim", None)
    return axes if type(axes) is int else None


def _described(value: Any) -> str:
    if issubclass(type(value), np.ndarray):
        array = np.asarray(value)
        return f"an array of shape {array.shape} and dtype {array.dtype}"
    return f"a {type(value).__name__}"
