"""The slow path of the arguments: what the extension's own checks decline is converted here, or refused in a sentence.

Called by the extension (`csrc/arguments.h`), and by functions that are written in Python. Converted is the layout:
other strides, alignments and byte orders become a contiguous native copy, subclasses and array-likes plain arrays.
Never the dtype: mixed dtypes are an error, so that nothing is computed in a precision that nobody asked for. Sequences,
which have no dtype, take that of the others. What an object's own ``__array__`` or ``__float__`` raises comes through.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ._checks import number
from .reference import Array

_FLOATS = ("float32", "float64")
_INT64 = np.iinfo(np.int64)
_SHAPES = {
    **{"X": "(N, D)", "W": "(C, D)", "S": "(N, C)"},
    **{"b": "(C,)", "class_weight": "(C,)", "pos_weight": "(C,)", "sample_weight": "(N,)"},
}
"""Of arguments that text or a mapping is often given for."""


def as_array(value: Any, name: str) -> Array:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, expected a plain one: fill it first with {name}.filled()")
    if hasattr(value, "toarray") and not hasattr(value, "__array__"):
        raise TypeError(
            f"{name} is sparse ({type(value).__name__}), expected a dense array: convert it with {name}.toarray()"
        )
    try:
        return np.asarray(value)
    except (TypeError, ValueError, OverflowError) as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
            raise  # by an object's own code, not by NumPy
        kind = TypeError if isinstance(error, TypeError) else ValueError  # a subclass may take other arguments
        raise kind(f"{name} is not an array of numbers: {error}") from None


def floats(value: Any, name: str, dtype: str | None = None, like: str | None = None) -> Array:
    """Floats of `dtype`, the dtype of the argument `like`; of float32 or float64 if there is none."""
    array = as_array(value, name)
    if array.ndim == 0 and array.dtype.kind not in "fiubc":  # of a mapping, text, None, …
        expected = " ".join(["an array", *([_SHAPES[name]] if name in _SHAPES else []), "of"])
        of = f"{dtype}, the dtype of {like}" if dtype else "float32 or float64"
        raise TypeError(f"{name} is a {type(value).__name__}, expected {expected} {of}")
    if isinstance(value, (list, tuple, int, float)) and (dtype is not None or array.dtype.kind == "O"):
        try:
            with np.errstate(over="raise"):
                array = _numbers(array, name).astype(dtype or np.float64)
        except FloatingPointError:
            raise ValueError(f"{name} holds a number too large for {dtype}") from None
    _check_float(array, name, dtype, like)
    return _native(array)


def row_numbers(value: Any, name: str) -> Array:
    """Numbers of rows along one axis, int64."""
    array = _integers(value, as_array(value, name), name, "integers")
    if array.dtype.kind == "b":
        raise TypeError(f"{name} is boolean, expected numbers of rows: numpy.flatnonzero(mask) gives those of a mask")
    if array.dtype.kind == "u" and array.size and array.max() > _INT64.max:
        raise ValueError(f"{name} holds {array.max()}, which does not fit int64")
    return _native(array.astype(np.int64))


def labels_or_targets(
    value: Any, labels: bool, targets: bool, one_score: bool, dtype: str, like: str, shape: tuple[int, int]
) -> Array:
    """y: integer labels along one axis; or targets, floats of `dtype`, the dtype of the argument `like`.

    Where both may come, floats along one axis are targets if there is `one_score` a row, else labels that are no
    integers. `shape`: that of targets.
    """
    array = as_array(value, "y")
    kind, has_no_dtype = array.dtype.kind, array.ndim == 0 or isinstance(value, (list, tuple))
    if not labels or (targets and kind not in "iub" and (array.ndim > 1 or (one_score and kind == "f"))):
        return floats(value if has_no_dtype else array, "y", dtype, like)
    return _native(_integers(value, array, "y", "integer labels", f" or float targets of shape {shape}" * targets))


def rates(value: Any, first_step: int, rows: int, batch_size: int) -> Array:
    """Learning rates, one or one a batch, as float64 along one axis; a function of the step is asked for each batch."""
    if callable(value):
        batches = -(-rows // batch_size) if batch_size > 0 else 0
        steps = range(first_step, first_step + batches)
        return np.array([number(value(step), "lr(step)", "a number") for step in steps], np.float64)
    array = as_array(value, "lr")
    if array.ndim == 0 or isinstance(value, bytearray):
        return np.array([number(value, "lr", "a number, or one for each batch")])
    if array.ndim > 1:
        raise ValueError(f"lr has shape {array.shape}, expected a number, or one for each batch")
    return _native(_numbers(array, "lr").astype(np.float64))


def check_in_place(value: Any, name: str, dtype: str | None = None, like: str | None = None) -> None:
    """Raises if an array cannot be written where it lies."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} is a {type(value).__name__}, expected a NumPy array")
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, expected a plain one, such as {name}.data")
    _check_float(value, name, dtype, like)
    if not value.dtype.isnative:
        raise ValueError(f"{name} is not in native byte order")
    if not value.flags.writeable:
        raise ValueError(f"{name} is read-only")
    if not value.flags.aligned:
        raise ValueError(f"{name} is not aligned")
    if not value.flags.c_contiguous:
        raise ValueError(f"{name} is not C-contiguous")


def refuse_overlap(written: Array, name: str, other: Array, other_name: str) -> None:
    """Raises if the arrays share an element; their extents are known to overlap."""
    try:
        overlaps = np.shares_memory(written, other, max_work=100_000)  # type: ignore[arg-type]  # the stub knows 0 and -1 alone
    except np.exceptions.TooHardError:  # strides made to be hard: say no rather than compute for hours
        overlaps = True
    if overlaps:
        raise ValueError(f"{name} overlaps {other_name}")


def what(array: Array) -> str:
    """What an array holds, behind its name in a sentence."""
    text = array.dtype.kind in "UST" or (array.dtype.kind == "O" and any(isinstance(x, str) for x in array.flat))
    return "holds text" if text else f"has dtype {array.dtype.name}"


def _native(array: Array) -> Array:
    """Aligned, in native byte order, C-contiguous; a copy if it must be."""
    return np.require(array, array.dtype.newbyteorder("="), ["C", "A"]).reshape(array.shape)


def _numbers(array: Array, name: str) -> Array:
    """An array of numbers; of objects, which may be numbers that NumPy does not know, as float64."""
    if array.dtype.kind == "O":
        taken = [number(element, f"an element of {name}", "a number") for element in array.flat]
        return np.array(taken, np.float64).reshape(array.shape)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} {what(array)}, expected numbers")
    return array


def _check_float(array: Array, name: str, dtype: str | None, like: str | None) -> None:
    if array.dtype.name in ((dtype,) if dtype else _FLOATS):
        return
    came, expected = what(array), f"{dtype}, the dtype of {like}" if dtype else "float32 or float64"
    if "text" in came:
        raise TypeError(f"{name} {came}, expected {expected}")
    if dtype is None:
        raise TypeError(f"{name} {came}, expected {expected}: convert it with {name}.astype(numpy.float32)")
    raise TypeError(f"{name} {came}, {like} has {dtype}: convert one of them")


def _integers(value: Any, array: Array, name: str, expected: str, otherwise: str = "") -> Array:
    """An array of integers or bools; `value` is what it was made of, `otherwise` what else is expected."""
    if array.size == 0 and isinstance(value, (list, tuple)):
        return array.astype(np.int64)
    if array.dtype.kind not in "iub":
        _refuse_integers(value, array, name, expected, otherwise)
    return array


def _refuse_integers(value: Any, array: Array, name: str, expected: str, otherwise: str) -> NoReturn:
    """Says what an array holds that is no integer, and how to get integers."""
    kind, are_labels = array.dtype.kind, name == "y"
    if array.ndim == 0 and kind not in "fc":
        raise TypeError(f"{name} is a {type(value).__name__}, expected an array of {expected}{otherwise}")
    missing = next((i for i, element in enumerate(array.flat) if _is_missing(element)), None) if kind in "fO" else None
    if missing is not None and array.ndim == 1:
        raise TypeError(f"{name}[{missing}] is missing ({array[missing]}), expected {expected}{otherwise}")
    if kind == "O" and any(isinstance(x, int) and not _INT64.min <= x <= _INT64.max for x in array.flat):
        raise ValueError(f"{name} holds an integer that does not fit int64")
    came, how = what(array), ""
    if are_labels and "text" in came:
        expected += " in [0, C)"
        how = ": numpy.unique(y, return_inverse=True)[1] numbers them"
    elif are_labels and array.ndim == 1 and kind in "fO":
        how = ": convert whole numbers with y.astype(int)"
    elif are_labels and array.ndim != 1:
        came += f" and shape {array.shape}"
    raise TypeError(f"{name} {came}, expected {expected}{otherwise}{how}")


def _is_missing(element: Any) -> bool:
    """Whether an element is None, nan or a missing value of pandas."""
    is_nan = isinstance(element, (float, np.floating)) and element != element
    return element is None or is_nan or type(element).__name__ in ("NAType", "NaTType")
