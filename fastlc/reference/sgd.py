"""Stochastic gradient descent, a step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import losses
from ._types import Array
from .common import row_weight


def sgd_step(
    W: Array,
    dW: Array,
    lr: float,
    *,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    velocity: Array | None = None,
) -> None:
    """One step of stochastic gradient descent, in place.

    With ``g = dW + weight_decay · W`` and, if momentum is not 0, ``v ← momentum · v + g`` (`velocity`), the step is
    ``W ← W − lr · d`` where d is g without momentum, v with it, and ``g + momentum · v`` with Nesterov's variant: the
    conventions of ``torch.optim.SGD``. If l1 is not 0, a proximal step follows, which sets small weights to exactly 0:
    ``W ← sign(W) max(|W| − lr · l1, 0)``.

    Parameters
    ----------
    W : float32 or float64 of any shape, C-contiguous
        Updated in place.
    dW : shape and dtype of W
        Gradient of the loss.
    lr : float
        Learning rate, finite and ≥ 0.
    momentum, weight_decay, l1 : float
        Finite and ≥ 0.
    nesterov : bool
        Needs momentum.
    velocity : shape and dtype of W, C-contiguous, optional
        Updated in place; needed if momentum is not 0. Start with zeros.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; W and velocity are then unchanged.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> W = np.array([[1.0, -2.0]])
    >>> fastlc.sgd_step(W, np.array([[2.0, 2.0]]), lr=0.5)
    >>> W
    array([[ 0., -3.]])
    """
    real = W.dtype.type
    g = dW + real(weight_decay) * W if weight_decay else dW
    if momentum:
        assert velocity is not None
        velocity *= real(momentum)
        velocity += g
        g = g + real(momentum) * velocity if nesterov else velocity
    W -= real(lr) * g
    if l1:
        W[...] = np.sign(W) * np.maximum(np.abs(W) - real(lr * l1), 0)


def sgd_epoch(
    X: Array,
    y: Array,
    W: Array,
    b: Array | None = None,
    *,
    loss: str,
    lr: float | Sequence[float] | Array,
    batch_size: int,
    order: Array | None = None,
    state: Any = None,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    **options: Any,
) -> float:
    """One pass of mini-batch stochastic gradient descent over the rows of X, in place, in one call.

    For each batch of `batch_size` rows (the last may be smaller) it computes the gradient of the batch's mean loss and
    takes an `sgd_step` on W and on b; `weight_decay` and `l1` apply to W alone. With ``batch_size >= N`` it is a step
    of full-batch gradient descent.

    Parameters
    ----------
    X : (N, D) float32 or float64
    y : (N,) integer labels in [0, C), or (N, C) or (N,) float targets, as the loss asks
    W : (C, D), dtype of X, C-contiguous
        Updated in place.
    b : (C,), dtype of X, contiguous, optional
        Updated in place.
    loss : str
        Name of a loss: 'cross_entropy', 'hinge', ….
    lr : float, or one a batch
        Learning rate, finite and ≥ 0.
    batch_size : int
        Rows a step, ≥ 1.
    order : (M,) integers in [0, N), optional
        Which rows, in which order: ``rng.permutation(N)`` for shuffled batches. Default ``0, 1, …, N − 1``. Rows are
        read where they are; nothing is copied.
    state : SGDState, optional
        Keeps the velocities and the step count from one call to the next. Without it every call starts from velocities
        of 0, so that momentum works within a pass alone.
    sample_weight : (N,), dtype of X, optional
    class_weight : (C,), dtype of X, optional
    momentum, nesterov, weight_decay, l1
        As for `sgd_step`.
    **options
        The loss's own, such as ``margin=1.0, p=2`` for 'hinge'.

    Returns
    -------
    float
        Mean loss of the rows, each at the weights of the moment when its batch was visited, without penalties.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; nothing is then changed.
    KeyboardInterrupt
        On Ctrl-C, between two batches; W, b and state are then those after the last whole batch.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> rng = np.random.default_rng(0)
    >>> X, W, b = rng.normal(size=(1000, 2)), np.zeros((2, 2)), np.zeros(2)
    >>> y = (X[:, 0] > X[:, 1]).astype(int)
    >>> for epoch in range(5):
    ...     mean = fastlc.sgd_epoch(
    ...         X, y, W, b, loss="cross_entropy", lr=0.5, batch_size=32, order=rng.permutation(1000))
    >>> bool((fastlc.predict(X, W, b) == y).mean() > 0.98)
    True
    """
    fused = getattr(losses, f"linear_{loss}")
    rows = np.arange(len(X)) if order is None else order
    starts = range(0, len(rows), batch_size)
    rates = np.broadcast_to(np.asarray(lr, dtype=np.float64), (len(starts),))
    velocity_W = state.velocity_W if state is not None else np.zeros_like(W)
    velocity_b = state.velocity_b if state is not None else None if b is None else np.zeros_like(b)
    total, divisor = 0.0, 0.0
    for start, rate in zip(starts, rates, strict=True):
        batch = rows[start : start + batch_size]
        v = None if sample_weight is None else sample_weight[batch]
        mean, dW, db = fused(X[batch], y[batch], W, b, sample_weight=v, class_weight=class_weight, **options)
        by_class = class_weight if loss == "cross_entropy" else None
        weight = float(row_weight(y[batch], v, by_class).sum())
        total, divisor = total + mean * weight, divisor + weight
        sgd_step(
            W, dW, rate, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay, l1=l1, velocity=velocity_W
        )
        if b is not None:
            sgd_step(b, db, rate, momentum=momentum, nesterov=nesterov, velocity=velocity_b)
        if state is not None:
            state.step += 1
    return total / divisor if divisor else 0.0
