"""What all losses share: how rows count, the reduction of rows to one number, the chain rule to W, b and X."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ._types import Array
from .scores import scores


class Rows(NamedTuple):
    """How rows count; both arrays are (N,) longdouble, which holds products of weights that no float64 does."""

    weight: Array
    """What a row's loss and gradient are multiplied by; 0 if it counts for nothing."""
    divides: Array
    """What a row adds to the divisor of a mean."""

    def divisor(self) -> np.longdouble:
        """What the mean divides by."""
        return np.longdouble(self.divides.sum(dtype=np.longdouble))

    def any(self) -> bool:
        """Whether any row counts, so that there is a mean."""
        return bool(self.divisor() != 0)


def onehot(y: Array, classes: int) -> Array:
    """Where the class is the label, (N, C); a label outside [0, C), which must be ignored, is nowhere."""
    return np.asarray(np.arange(classes) == y[:, None])


def rows_by_sample(y: Array, *, sample_weight: Array | None = None, ignore_index: int | None = None, **_: Any) -> Rows:
    """Rows weigh ``v_i``, those whose label is to be ignored 0. Whatever else a loss takes does not matter.

    Of a row with a negative weight loss and gradient are subtracted, and the weight from the divisor of a mean.
    """
    v = np.ones(len(y), np.longdouble) if sample_weight is None else np.asarray(sample_weight, np.longdouble)
    if ignore_index is not None:
        v = np.where(y == ignore_index, 0, v)
    return Rows(v, v)


def rows_by_class(y: Array, *, class_weight: Array | None = None, **how: Any) -> Rows:
    """Rows weigh ``v_i k_{y_i}``; the mean divides by ``Σ v_i``."""
    v, _ = rows_by_sample(y, **how)
    if class_weight is None:
        return Rows(v, v)
    k = np.asarray(class_weight, np.longdouble)
    return Rows(np.where(v == 0, 0, v * np.where(onehot(y, len(k)), k, 0).sum(axis=1)), v)


def in_range(*weights: Array) -> tuple[list[Array], np.longdouble]:
    """Weights divided by a power of two that makes the largest about 1, for products in range, and that power."""
    largest = max((np.abs(w).max(initial=0) for w in weights), default=0)
    unit = np.ldexp(np.longdouble(1), np.frexp(largest)[1]) if 0 < largest < np.inf else np.longdouble(1)
    return [w / unit for w in weights], unit


def reduce(loss: Array, dS: Array, rows: Rows, reduction: str, grad: bool, unit: Any = 1) -> Any:
    """Weights the rows and reduces them; rows of weight 0 contribute exactly 0, whatever they hold.

    ``loss (N,)``, ``dS (N, C)``: unweighted, and divided by `unit`.
    """
    if reduction == "mean" and not rows.any():
        return (0.0, np.zeros_like(dS)) if grad else 0.0
    live, zero = rows.weight != 0, dS.dtype.type(0)
    share = rows.weight / rows.divisor() * unit if reduction == "mean" else rows.weight * unit
    factor = share.astype(dS.dtype)
    dS = np.where(live[:, None], dS * factor[:, None], zero)
    if reduction == "none":
        loss = np.where(live, loss * factor, zero)
        return (loss, dS) if grad else loss
    total = float(np.where(live, loss * share, 0).sum(dtype=np.longdouble))
    return (total, dS) if grad else total


def linear_version(loss_on_scores: Callable[..., Any], rows: Callable[..., Rows]) -> Callable[..., Any]:
    """The loss of ``S = X Wᵀ + b`` as a function of X, W and b, with its gradients by the chain rule.

    `rows` says how rows count, from y and the loss's keywords; it becomes an attribute of the function, for who must
    weigh the means of several calls.
    """

    @np.errstate(all="ignore")  # nan and inf go where IEEE sends them
    def linear(
        X: Array,
        y: Array,
        W: Array,
        b: Array | None = None,
        *,
        sample_weight: Array | None = None,
        class_weight: Array | None = None,
        ignore_index: int | None = None,
        reduction: str = "mean",
        l1: float = 0.0,
        l2: float = 0.0,
        dX: bool = False,
        grad: bool = True,
        **options: Any,
    ) -> Any:
        weights = {"sample_weight": sample_weight, "class_weight": class_weight, "ignore_index": ignore_index}
        options |= {name: value for name, value in weights.items() if value is not None}  # not every loss has them all
        live = rows(y, **options).weight != 0
        X = np.where(live[:, None], X, 0).astype(X.dtype)  # a row that counts for nothing may hold nan
        loss, dS = loss_on_scores(scores(X, W, b), y, reduction=reduction, **options)
        wide = W.astype(np.longdouble)
        if l1:
            loss += float(l1 * np.abs(wide).sum())
        if l2:
            loss += float(l2 / 2 * (wide * wide).sum())
        if not grad:
            return loss
        dW = dS.T @ X
        if l1:
            dW += W.dtype.type(l1) * np.sign(W)
        if l2:
            dW += W.dtype.type(l2) * W
        db = None if b is None else dS.sum(axis=0)
        return (loss, dW, db, dS @ W) if dX else (loss, dW, db)

    fused: Any = linear
    fused.__name__ = fused.__qualname__ = f"linear_{loss_on_scores.__name__}"
    fused.__module__ = loss_on_scores.__module__  # where pickle finds it
    fused.__doc__ = f"`{loss_on_scores.__name__}` of ``X Wᵀ + b``, with its gradients by the chain rule."
    fused.rows = rows
    return linear
