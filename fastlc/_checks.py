"""Single numbers and seeds that Python code is given: taken as what they stand for, or refused in a sentence.

The kernels check their own. A sentence names the argument, what was expected and what came.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

_HOLDS = {
    "a finite number >= 0": lambda x: 0 <= x < math.inf,
    "a finite number > 0": lambda x: 0 < x < math.inf,
    "a number in [0, 1]": lambda x: 0 <= x <= 1,
    "a number in [0, 1)": lambda x: 0 <= x < 1,
}


def number(value: Any, name: str, expected: str = "a finite number >= 0") -> float:
    """A number of which the words of `expected` hold."""
    try:
        if isinstance(value, (str, bytes, bytearray)):  # float() would read it
            raise TypeError
        taken = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is a {type(value).__name__}, expected {expected}") from None
    if not _HOLDS[expected](taken):
        raise ValueError(f"{name} = {taken:g}, expected {expected}")
    return taken


def integer(value: Any, name: str, least: int) -> int:
    """An integer that is at least `least`."""
    expected = f"an integer >= {least}"
    try:
        if isinstance(value, (bool, np.bool_)):  # operator.index() would read it
            raise TypeError
        taken = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a {type(value).__name__}, expected {expected}") from None
    if taken < least:
        raise ValueError(f"{name} = {taken}, expected {expected}")
    return taken


def flag(value: Any, name: str) -> bool:
    """True or False, of Python or of NumPy."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is a {type(value).__name__}, expected True or False")
    return bool(value)


def generator(seed: int | np.random.Generator | None) -> np.random.Generator:
    """What `numpy.random.default_rng` makes of the argument named seed."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise type(error)(f"seed = {seed!r}: {error}") from None
