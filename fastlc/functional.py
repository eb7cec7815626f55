"""The fast functions that are no loss: scores and what is read off them, and stochastic gradient descent.

Each hands its arguments to the extension, which checks them and does the work; its documentation is that of the
reference function of the same name. The losses are made in `fastlc.losses`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core, reference
from ._registry import loss_named
from .reference import Array

if TYPE_CHECKING:
    from .optim import SGDState

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _documented(function: _Function) -> _Function:
    function.__doc__ = getattr(reference, function.__name__).__doc__
    return function


@_documented
def scores(X: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, out: Array | None = None) -> Array:
    return _core.scores(X, W, b, out)


@_documented
def predict(X: ArrayLike, W: ArrayLike, b: ArrayLike | None = None) -> NDArray[np.int64]:
    return _core.predict(X, W, b)


@_documented
def predict_proba(X: ArrayLike, W: ArrayLike, b: ArrayLike | None = None) -> Array:
    return _core.predict_proba(X, W, b)


@_documented
def softmax(S: ArrayLike) -> Array:
    return _core.softmax(S)


@_documented
def log_softmax(S: ArrayLike) -> Array:
    return _core.log_softmax(S)


@_documented
def sigmoid(S: ArrayLike) -> Array:
    return _core.sigmoid(S)


@_documented
def sgd_step(
    W: Array,
    dW: ArrayLike,
    lr: float,
    *,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    velocity: Array | None = None,
) -> None:
    _core.sgd_step(W, dW, lr, momentum, dampening, nesterov, weight_decay, l1, l2, velocity)


@_documented
def sgd_epoch(
    X: ArrayLike,
    y: ArrayLike,
    W: Array,
    b: Array | None = None,
    *,
    loss: str,
    lr: float | Sequence[float] | Array | Callable[[int], float],
    batch_size: int,
    order: ArrayLike | None = None,
    state: SGDState | None = None,
    sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None,
    ignore_index: int | None = None,
    pos_weight: ArrayLike | None = None,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    **options: float,
) -> float:
    row = loss_named(loss)
    return _core.sgd_epoch(
        row.kernel, X, y, W, b, lr, batch_size, order, state, sample_weight, class_weight, pos_weight, ignore_index,
        momentum, dampening, nesterov, weight_decay, l1, l2,
        row.checked("sgd_epoch", class_weight, pos_weight, ignore_index, options),
    )  # fmt: skip
