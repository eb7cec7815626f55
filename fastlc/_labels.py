"""y of a training: labels or targets, how many classes they make, and which rows count for anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _arrays
from ._arrays import at, first
from ._registry import Loss
from .reference import Array

_CLASSES, _CLASSES_A_ROW = 1_000_000, 1000
"""More classes than both, that many in all and that many a row, are no labels but dates, identifiers or prices."""


def take(value: ArrayLike, X: Array, row: Loss, C: int | None, v: Array | None, ignore_index: int | None) -> Array:
    """y as an array of labels or of targets, one for each row of X; for C classes, as far as that is known.

    A target that is nan in a row that counts is taken for a missing one.
    """
    labels, targets = "labels" in row.targets, "values" in row.targets
    one_score, shape = row.one_vs_rest and C in (None, 1), (len(X), "C" if C is None else C)
    y = _arrays.labels_or_targets(value, labels, targets, one_score, X.dtype.name, "X", shape)
    if y.shape[:1] != (len(X),):
        raise ValueError(f"y has shape {y.shape}, expected {(len(X), *y.shape[1:])}")
    if y.size == 0 and y.dtype.kind != "f":  # rows without labels: X has some
        raise ValueError(f"y has shape {y.shape}, expected {(len(X),)}")
    if y.dtype.kind == "f":
        missing = np.isnan(y)
        if v is not None:
            missing[v == 0] = False
        if missing.any():
            raise ValueError(f"{at('y', first(missing))} is missing (nan), expected float targets: leave such rows out")
    elif y.dtype.kind == "i" and (y.min(), y.max()) == (-1, 1) and ignore_index != -1 and y.all():
        raise ValueError(f"{_said(y, -1)} is outside [0, 2): (y > 0).astype(int) makes labels of -1 and 1")
    return y


def count_classes(y: Array, ignore_index: int | None) -> tuple[int, str]:
    """How many classes there are, and where that is from, for sentences."""
    if y.dtype.kind == "f":
        return y.shape[1] if y.ndim == 2 else 1, f"y has shape {y.shape}"
    labels = y if ignore_index is None else y[y != ignore_index]
    if labels.size == 0:
        raise ValueError(_none_counts(len(y), {f"the label ignore_index = {ignore_index}": len(y)}))
    largest = int(labels.max())
    if largest < 0:
        raise ValueError(f"{_said(y, largest)} is negative, expected labels in [0, C)")
    if largest >= max(_CLASSES, _CLASSES_A_ROW * len(y)):
        raise ValueError(
            f"{_said(y, largest)} makes {largest + 1} classes of {len(y)} rows: classes, y = numpy.unique(y, "
            f"return_inverse=True) closes the gaps; if there are so many, expected n_classes={largest + 1}"
        )
    return largest + 1, f"y has labels up to {largest}"


def refuse_one_class(y: Array, row: Loss, source: str) -> None:
    """Where classes exclude each other, nothing can be learned of a single one; `source` says where it is from."""
    if "labels" not in row.targets or row.one_vs_rest:
        return
    integers = "; if y holds labels, numpy.ravel(y).astype(int) makes integers of them" if y.dtype.kind == "f" else ""
    raise ValueError(
        f"{source}: of a single class {row.name} is constant, and there is nothing to learn; expected labels of at "
        f"least two classes, or loss='logistic' with n_classes=1 for labels 0 and 1{integers}"
    )


def counting(
    row: Loss,
    y: Array,
    v: Array | None,
    C: int,
    class_weight: ArrayLike | None,
    pos_weight: ArrayLike | None,
    ignore_index: int | None,
) -> NDArray[np.bool_]:
    """Which rows count for anything, (N,); ValueError if none does. The arguments are known to fit.

    The loss of the others is 0 whatever their scores: a mean over them alone measures nothing, and 0 would be the best.
    """
    without: dict[str, Any] = {}  # why rows do not count: which, (N,) bool
    if v is not None:
        without["sample_weight 0"] = v == 0
    labels, weighted = y.dtype.kind != "f", class_weight is not None or pos_weight is not None
    k = np.ones(C, bool) if class_weight is None else np.asarray(class_weight) != 0
    p = np.ones(C, bool) if pos_weight is None else np.asarray(pos_weight) != 0
    of_weight_0 = "class_weight 0" if pos_weight is None else "class_weight or pos_weight 0"
    ignored = y == ignore_index if labels and ignore_index is not None else np.zeros(len(y), bool)
    without[f"the label ignore_index = {ignore_index}"] = ignored
    if labels and weighted:
        counts = k
        if row.one_vs_rest and C == 1:
            counts = np.concatenate([k, k & p])
        elif row.one_vs_rest:  # in the column of the label, or in one of the others
            counts = np.asarray((k & p) | (np.count_nonzero(k) > k))
        without[f"a label of {of_weight_0}"] = ~ignored & ~counts[np.where(ignored, 0, y).astype(np.intp)]
    elif weighted and row.one_vs_rest:
        without[of_weight_0] = ~(k & (p | (y.reshape(-1, C) != 1))).any(axis=1)
    elif not labels and "labels" in row.targets and not row.one_vs_rest:
        without["targets of 0, or of class_weight 0"] = ~(y[:, k] if weighted else y).any(axis=1)
    which: NDArray[np.bool_] = np.ones(len(y), bool)
    for rows in without.values():
        which &= ~rows
    if not which.any():
        raise ValueError(_none_counts(len(y), {why: int(np.count_nonzero(rows)) for why, rows in without.items()}))
    return which


def _none_counts(rows: int, without: dict[str, int]) -> str:
    why = ", ".join(f"{count} with {reason}" for reason, count in without.items() if count)
    return f"none of the {rows} rows counts: {why}"


def _said(y: Array, label: int) -> str:
    """The first of a label, behind its place."""
    return f"{at('y', first(y == label))} = {label}"
