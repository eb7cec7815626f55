"""The slow path of the arguments: what the extension's own checks decline is converted here, or refused in a sentence.

Called by the extension (`csrc/python/arguments.h`), and by functions that are written in Python. Converted is the
layout: other strides, alignments and byte orders become a contiguous native copy, subclasses and array-likes plain
arrays. Never the dtype: mixed dtypes are an error, so that nothing is computed in a precision that nobody asked for.
Sequences, which have no dtype, take that of the others. What an object's own ``__array__`` or ``__float__`` raises
comes through.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from ._checks import axes_of, is_of_an_object, number
from .reference import Array

_FLOATS = ("float32", "float64")
_INT64 = np.iinfo(np.int64)
_SHAPES = {
    **{"X": "(N, D)", "W": "(C, D)", "S": "(N, C)"},
    **{"b": "(C,)", "class_weight": "(C,)", "pos_weight": "(C,)", "sample_weight": "(N,)"},
}
"""Of arguments that text or a mapping is often given for."""
_WAYS: dict[tuple[str, type], str] = {
    ("class_weight", str): ": balanced are len(y) / (C * numpy.bincount(y)), as pos_weight if the loss is one-vs-rest",
    ("class_weight", dict): ": [class_weight[c] for c in range(C)]",
}
"""From what scikit-learn takes to an array."""


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
        if is_of_an_object(error):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError  # a subclass may take other arguments
        raise kind(f"{name} is not an array of numbers: {error}") from None


def floats(value: Any, name: str, dtype: str | None = None, like: str | None = None) -> Array:
    """Floats of `dtype`, the dtype of the argument `like`; of float32 or float64 if there is none."""
    array = as_array(value, name)
    if array.ndim == 0 and array.dtype.kind not in "fiubc":  # of a mapping, text, None, …
        expected = " ".join(["an array", *([_SHAPES[name]] if name in _SHAPES else []), "of"])
        way = _WAYS.get((name, type(value)), "")
        raise TypeError(f"{name} is a {type(value).__name__}, expected {expected} {_floats_of(dtype, like)}{way}")
    if isinstance(value, (list, tuple, int, float)) and (dtype is not None or array.dtype.kind == "O"):
        try:
            with np.errstate(over="raise"):
                array = _numbers(array, name).astype(dtype or np.float64)
        except FloatingPointError:
            raise ValueError(f"{name} holds a number too large for {dtype}") from None
    check_float(value, array, name, dtype, like)
    return _native(array)


def floats_like(value: Any, name: str, X: Array) -> Array:
    """Floats of the dtype of X."""
    return floats(value, name, X.dtype.name, "X")


def features(X: Any) -> Array:
    """X (N, D) of a training, where it lies if the kernels can read it there, else one copy for all epochs."""
    if not (
        type(X) is np.ndarray
        and X.dtype in (np.float32, np.float64)
        and X.ndim == 2
        and X.strides[1] == X.itemsize
        and X.flags.aligned
    ):
        X = floats(X, "X")
    if X.ndim != 2:
        raise ValueError(f"X has shape {X.shape}, expected (N, D)")
    if len(X) == 0:
        raise ValueError("X has no rows, expected some to train on")
    return cast(Array, X)


def row_numbers(value: Any, name: str) -> Array:
    """Numbers of rows along one axis, int64."""
    array = as_array(value, name)
    if array.dtype.kind == "b":
        raise TypeError(f"{name} is boolean, expected numbers of rows: numpy.flatnonzero(mask) gives those of a mask")
    array = _integers(value, array, name, "integers")
    if array.dtype.kind == "u" and array.size and (largest := _once(array).max()) > _INT64.max:
        raise ValueError(f"{name} holds {largest}, which does not fit int64")
    return _native(array.astype(np.int64))


def labels_or_targets(
    value: Any, labels: bool, targets: bool, one_score: bool, dtype: str, like: str, shape: tuple[int, int | str]
) -> Array:
    """y: integer labels along one axis; or targets, floats of `dtype`, the dtype of the argument `like`.

    Where both may come, floats along one axis are targets if there is `one_score` a row, else labels that are no
    integers. `shape`: that of targets, for sentences.
    """
    array = as_array(value, "y")
    kind, is_scalar = array.dtype.kind, array.ndim == 0 and not isinstance(value, np.ndarray)
    may_be_targets = kind not in "iub" and (array.ndim > 1 or (one_score and kind == "f")) and not _holds_text(array)
    if not is_scalar and (not labels or (targets and may_be_targets)):
        return floats(value if isinstance(value, (list, tuple)) else array, "y", dtype, like)
    of_labels = "integer labels" if array.ndim < 2 else f"integer labels of shape ({shape[0]},)"
    expected = " or ".join([of_labels] * labels + [f"float targets of shape ({shape[0]}, {shape[1]})"] * targets)
    return _native(_integers(value, array, "y", expected))


def rates(value: Any, first_step: int, rows: int, batch_size: int) -> Array:
    """Learning rates, one or one a batch, as float64 along one axis; a function of the step is asked for each batch."""
    if callable(value):
        batch_size = operator.index(batch_size)  # else NumPy's integers, which wrap
        batches = -(-rows // batch_size) if batch_size > 0 else 0
        steps = range(first_step, first_step + batches)
        return np.array([number(value(step), "lr(step)", "a number") for step in steps], np.float64)
    array = as_array(value, "lr")
    if array.ndim == 0 or isinstance(value, bytearray):
        return np.array([number(value, "lr", "a number, or one for each batch")])
    if array.ndim > 1:
        raise ValueError(f"lr has shape {array.shape}, expected a number, or one for each batch")
    return _native(_numbers(array, "lr").astype(np.float64))


def check_float(value: Any, array: Array, name: str, dtype: str | None, like: str | None) -> None:
    """Raises if an array has another dtype; `value` is what it was made of."""
    if array.dtype.name in ((dtype,) if dtype else _FLOATS):
        return
    if array.dtype.name in _FLOATS:
        raise TypeError(f"{name} has dtype {array.dtype.name}, {like} has {dtype}: convert one of them")
    expected = _floats_of(dtype, like)
    if _holds_text(array):
        texts, such, way = _where(_is_text, array), "", ""
        if array.ndim == 2 and texts.any():
            such = f" ({at(name, first(texts))} = '{array[first(texts)]}')"
            way = ": leave columns of text out, or make numbers of them" if name == "X" else ""
        raise TypeError(f"{name} holds text{such}, expected {expected}{way}")
    no_number = _where(_has_no_float, array) if array.dtype.kind == "O" else np.zeros(1, bool)
    if no_number.any() and array.ndim:
        index = first(no_number)
        came = f"missing ({array[index]})" if _is_missing(array[index]) else f"a {type(array[index]).__name__}"
        raise TypeError(f"{at(name, index)} is {came}, expected a number")
    way = _converted(value, name, f"numpy.{dtype or 'float32'}")
    raise TypeError(f"{name} has dtype {array.dtype.name}, expected {expected}: convert it with {way}")


def check_in_place(value: Any, name: str, dtype: str | None = None, like: str | None = None) -> None:
    """Raises if an array cannot be written where it lies."""
    if not issubclass(type(value), np.ndarray):
        raise TypeError(f"{name} is a {type(value).__name__}, expected a NumPy array")
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, expected a plain one, such as {name}.data")
    array = np.asarray(value)  # what a subclass is, not what it says
    check_float(value, array, name, dtype, like)
    if not array.dtype.isnative:
        raise ValueError(f"{name} is not in native byte order")
    if not array.flags.writeable:
        raise ValueError(f"{name} is read-only")
    if not array.flags.aligned:
        raise ValueError(f"{name} is not aligned")
    if not array.flags.c_contiguous:
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
    return "holds text" if _holds_text(array) else f"has dtype {array.dtype.name}"


def first(where: NDArray[np.bool_]) -> tuple[int, ...]:
    """Index of the first that is true."""
    return tuple(int(i) for i in np.unravel_index(where.argmax(), where.shape))


def at(name: str, index: Iterable[int]) -> str:
    """An element as it is written: y[3], X[0, 2]."""
    return f"{name}[{', '.join(map(str, index))}]"


def _native(array: Array) -> Array:
    """Aligned, in native byte order, C-contiguous; a copy if it must be."""
    return np.require(array, array.dtype.newbyteorder("="), ["C", "A"]).reshape(array.shape)


def _once(array: Array) -> Array:
    """Its elements, of those along a broadcast axis the first alone: no more than there are in memory."""
    return array[(*(slice(1 if stride == 0 else None) for stride in array.strides), ...)]


def _numbers(array: Array, name: str) -> Array:
    """An array of numbers; of objects, which may be numbers that NumPy does not know, as float64."""
    if array.dtype.kind == "O":
        once = _once(array)
        taken = [number(element, at(name, index), "a number") for index, element in np.ndenumerate(once)]
        return np.broadcast_to(np.array(taken, np.float64).reshape(once.shape), array.shape)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} {what(array)}, expected numbers")
    return array


def _floats_of(dtype: str | None, like: str | None) -> str:
    return f"{dtype}, the dtype of {like}" if dtype else "float32 or float64"


def _integers(value: Any, array: Array, name: str, expected: str) -> Array:
    """An array of integers or bools; `value` is what it was made of."""
    if array.ndim == 0 and not isinstance(value, np.ndarray):
        raise TypeError(f"{name} is a {type(value).__name__}, expected an array of {expected}")
    if array.size == 0 and isinstance(value, (list, tuple)):
        return array.astype(np.int64)
    if array.dtype.kind not in "iub":
        _refuse_integers(value, array, name, expected)
    return array


def _refuse_integers(value: Any, array: Array, name: str, expected: str) -> NoReturn:
    """Says what an array holds that is no integer, and how to get integers."""
    kind, are_labels = array.dtype.kind, name == "y"
    once = _once(array)
    missing = np.isnan(once) if kind == "f" else _where(_is_missing, array) if kind == "O" else np.zeros(1, bool)
    if missing.any():
        came = f"{at(name, first(missing))} is missing ({array[first(missing)]})"
        way = ": leave such rows out, or give them an integer of their own as ignore_index" if are_labels else ""
        raise TypeError(f"{came}, expected {expected}{way}")
    if kind == "O" and any(isinstance(x, int) and not _INT64.min <= x <= _INT64.max for x in once.flat):
        raise ValueError(f"{name} holds an integer that does not fit int64")
    came, way = f"{name} {what(array)}", _way_to_labels(value, array) if are_labels else ""
    if array.ndim != 1 and not _holds_text(array):
        came += f" and shape {array.shape}"
    raise TypeError(f"{came}, expected {expected}{way}")


def _way_to_labels(value: Any, array: Array) -> str:
    """How labels are made of an array of text or floats."""
    kind, is_column = array.dtype.kind, array.ndim == 2 and array.shape[1] == 1
    if _holds_text(array):
        return f": classes, y = numpy.unique({'numpy.ravel(y)' if is_column else 'y'}, return_inverse=True)"
    if kind in "fO" and (array.ndim == 1 or is_column):
        way = "numpy.ravel(y).astype(int)" if is_column else _converted(value, "y", "int")
        with np.errstate(invalid="ignore"):
            broken = np.asarray(_once(array) % 1 != 0) if kind == "f" else np.zeros(1, bool)
        none = f", but {at('y', first(broken))} = {array[first(broken)]} is none" if broken.any() else ""
        regression = "; a regression has losses such as 'squared_error'" if none else ""
        return f": convert whole numbers with {way}{none}{regression}"
    return ": numpy.argmax(y, axis=1) makes them of one-hot rows" if kind == "f" and array.ndim == 2 else ""


def _converted(value: Any, name: str, dtype: str) -> str:
    """The expression that converts an argument; sequences have no method for it."""
    return f"{name}.astype({dtype})" if hasattr(value, "astype") else f"numpy.array({name}, {dtype})"


def _where(holds: Callable[[Any], bool], array: Array) -> NDArray[np.bool_]:
    """For which elements something holds, as `_once` has them."""
    with np.errstate(all="ignore"):  # NumPy would warn of what an element's own code computes
        return np.asarray(np.frompyfunc(holds, 1, 1)(_once(array).astype(object)), bool)


def _holds_text(array: Array) -> bool:
    kind = array.dtype.kind
    return kind in "UST" or (kind == "O" and bool(_where(_is_text, array).any()))


def _is_text(element: Any) -> bool:
    return isinstance(element, (str, bytes))


def _has_no_float(element: Any) -> bool:
    """Whether an element keeps its array from being converted to floats."""
    return bool(axes_of(element)) or not (hasattr(type(element), "__float__") or hasattr(type(element), "__index__"))


def _is_missing(element: Any) -> bool:
    """Whether an element is None, nan or a missing value of pandas."""
    is_nan = isinstance(element, (float, np.floating)) and element != element
    return element is None or is_nan or type(element).__name__ in ("NAType", "NaTType")
