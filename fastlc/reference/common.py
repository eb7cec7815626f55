"""What all losses share: what a row counts for, the reduction of rows to one number, the chain rule to W, b and X."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._types import Array
from .scores import scores


def row_weight(y: Array, sample_weight: Array | None, class_weight: Array | None = None) -> Array:
    """What a row counts for, ``v_i k_{y_i}``: (N,)."""
    weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
    return weight if class_weight is None else weight * np.asarray(class_weight)[y]


def reduce(loss: Array, dS: Array, weight: Array, divides: Array, reduction: str, grad: bool) -> Any:
    """Weights the rows and reduces them; rows of weight 0 contribute exactly 0, whatever they hold.

    ``loss (N,)``, ``dS (N, C)``: unweighted. ``weight (N,)``: of each row. ``divides (N,)``: sums to the divisor.
    """
    live = weight != 0
    loss = np.where(live, loss * weight.astype(loss.dtype), 0)
    dS = np.where(live[:, None], dS * weight.astype(dS.dtype)[:, None], 0).astype(dS.dtype)
    if reduction == "none":
        return (loss, dS) if grad else loss
    divisor = 1.0
    if reduction == "mean":
        divisor = float(divides.sum(dtype=np.longdouble))
        if divisor == 0:
            return (0.0, np.zeros_like(dS)) if grad else 0.0
    total = float(loss.sum(dtype=np.longdouble) / divisor)
    return (total, dS / dS.dtype.type(divisor)) if grad else total


def linear_version(loss_on_scores: Callable[..., Any]) -> Callable[..., Any]:
    """The loss of ``S = X Wᵀ + b`` as a function of X, W and b, with its gradients by the chain rule."""

    def linear(
        X: Array,
        y: Array,
        W: Array,
        b: Array | None = None,
        *,
        sample_weight: Array | None = None,
        class_weight: Array | None = None,
        reduction: str = "mean",
        l1: float = 0.0,
        l2: float = 0.0,
        dX: bool = False,
        grad: bool = True,
        **options: Any,
    ) -> Any:
        if class_weight is not None:
            options["class_weight"] = class_weight
        weight = row_weight(y, sample_weight, class_weight)
        X = np.where((weight != 0)[:, None], X, 0).astype(X.dtype)  # a row of weight 0 may hold nan
        loss, dS = loss_on_scores(scores(X, W, b), y, sample_weight=sample_weight, reduction=reduction, **options)
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

    linear.__name__ = f"linear_{loss_on_scores.__name__}"
    linear.__doc__ = f"`{loss_on_scores.__name__}` of ``X Wᵀ + b``, with its gradients by the chain rule."
    return linear
