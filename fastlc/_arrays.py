"""The slow path of the arguments: what the extension's own checks decline is converted here, or refused in a sentence.

Called by the extension alone (`csrc/arguments.h`). Converted is the layout: other strides, alignments and byte orders
become a contiguous native copy, subclasses and array-likes plain arrays. Never the dtype: mixed dtypes are an error, so
that nothing is computed in a precision that nobody asked for. Sequences, which have no dtype, take that of the others.
"""

from __future__ import annotations

import numbers
from typing import Any, NoReturn

import numpy as np

from .reference import Array

_FLOATS = ("float32", "float64")


def as_array(value: Any, name: str, dtype: str | None = None) -> Array:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, expected a plain one: fill it first with {name}.filled()")
    if hasattr(value, "toarray") and not hasattr(value, "__array__"):
        raise TypeError(
            f"{name} is sparse ({type(value).__name__}), expected a dense array: convert it with {name}.toarray()"
        )
    if isinstance(value, (list, tuple, int, float)) and dtype is not None:
        try:
            return np.asarray(value, dtype=dtype)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name} is not an array of numbers: {error}") from None
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} is not an array of numbers: {error}") from None


def _check_float(array: Array, name: str, dtype: str | None, like: str | None) -> None:
    came = array.dtype.newbyteorder("=").name
    if dtype is None:
        if came not in _FLOATS:
            raise TypeError(
                f"{name} has dtype {came}, expected float32 or float64: convert it with {name}.astype(numpy.float32)"
            )
    elif came != dtype:
        raise TypeError(f"{name} has dtype {came}, {like} has {dtype}: convert one of them")


def _native(array: Array) -> Array:
    """Aligned, in native byte order, C-contiguous; a copy if it must be."""
    return np.require(array, array.dtype.newbyteorder("="), ["C", "A"]).reshape(array.shape)


def floats(value: Any, name: str, dtype: str | None = None, like: str | None = None) -> Array:
    """Floats of `dtype`, the dtype of the argument `like`; of float32 or float64 if there is none."""
    array = as_array(value, name, dtype)
    _check_float(array, name, dtype, like)
    return _native(array)


def integers(value: Any, name: str, expected: str, wide: bool) -> Array:
    """Integers or booleans along one axis; int64 if `wide`."""
    array = as_array(value, name)
    if array.size == 0 and isinstance(value, (list, tuple)):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iub":
        raise TypeError(f"{name} has dtype {array.dtype.name}, expected {expected}")
    if wide:
        if array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max:
            raise ValueError(f"{name} holds {array.max()}, which does not fit int64")
        array = array.astype(np.int64)
    return _native(array)


def holds_floats(value: Any) -> bool:
    """Whether y is an array of targets rather than of labels."""
    return as_array(value, "y").dtype.kind not in "iub"


def rates(value: Any, first_step: int, rows: int, batch_size: int) -> Array:
    """Learning rates, one or one a batch, as float64 along one axis; a function of the step is asked for each batch."""
    if callable(value):
        batches = -(-rows // batch_size) if batch_size > 0 else 0
        value = [value(step) for step in range(first_step, first_step + batches)]
        if not all(isinstance(rate, numbers.Real) for rate in value):
            wrong = next(rate for rate in value if not isinstance(rate, numbers.Real))
            raise TypeError(f"lr(step) is a {type(wrong).__name__}, expected a number")
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"lr is a {type(value).__name__}, expected a number, or one for each batch") from None
    if array.ndim > 1:
        raise ValueError(f"lr has shape {array.shape}, expected a number, or one for each batch")
    return _native(array.reshape(-1))


def refuse_in_place(value: Any, name: str, dtype: str | None = None, like: str | None = None) -> NoReturn:
    """Says why an array cannot be written where it lies."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} is a {type(value).__name__}, expected a NumPy array")
    _check_float(value, name, dtype, like)
    if not value.dtype.isnative:
        raise ValueError(f"{name} is not in native byte order")
    if not value.flags.writeable:
        raise ValueError(f"{name} is read-only")
    if not value.flags.aligned:
        raise ValueError(f"{name} is not aligned")
    raise ValueError(f"{name} is not C-contiguous")


def refuse_overlap(written: Array, name: str, other: Array, other_name: str) -> None:
    """Raises if the arrays share an element; their extents are known to overlap."""
    try:
        overlaps = np.shares_memory(written, other, max_work=100_000)  # type: ignore[arg-type]  # the stub knows 0 and -1 alone
    except np.exceptions.TooHardError:  # strides made to be hard: say no rather than compute for hours
        overlaps = True
    if overlaps:
        raise ValueError(f"{name} overlaps {other_name}")
