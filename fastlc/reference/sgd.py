"""Stochastic gradient descent, a step at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import losses
from ._types import Array


def sgd_step(
    W: Array,
    dW: Array,
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
    """One step of stochastic gradient descent, in place.

    With ``g = dW + weight_decay · W`` and, if momentum is not 0, ``v ← momentum · v + (1 − dampening) · g``
    (`velocity`), the step is ``W ← W − lr · d`` where d is g without momentum, v with it, and ``g + momentum · v`` with
    Nesterov's variant: the conventions of ``torch.optim.SGD``. If l1 or l2 is not 0, the proximal step of
    ``l1 · ‖W‖₁ + l2/2 · ‖W‖²`` (the elastic net) follows, ``W ← sign(W) max(|W| − r · l1, 0) / (1 + r · l2)``: l1 sets
    small weights to exactly 0, l2 shrinks all of them and is stable for any learning rate. Without momentum r is lr;
    with it ``lr (1 − dampening) / (1 − momentum)``, as far as a gradient moves W in the end, so that the optimum is
    that of the loss plus the penalty.

    Parameters
    ----------
    W : float32 or float64 of any shape, C-contiguous
        Updated in place.
    dW : shape and dtype of W
        Gradient of the loss.
    lr : float
        Learning rate, finite and ≥ 0.
    momentum, dampening, weight_decay, l1, l2 : float
        Finite and ≥ 0.
    nesterov : bool
        Needs momentum, and no dampening.
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
        velocity += real(1 - dampening) * g
        g = g + real(momentum) * velocity if nesterov else velocity
    W -= real(lr) * g
    if l1 or l2:
        reach = lr * (1 - dampening) / (1 - momentum) if momentum else lr
        W[...] = np.sign(W) * np.maximum(np.abs(W) - real(reach) * real(l1), 0) / (1 + real(reach) * real(l2))


def sgd_epoch(
    X: Array,
    y: Array,
    W: Array,
    b: Array | None = None,
    *,
    loss: str,
    lr: float | Sequence[float] | Array | Callable[[int], float],
    batch_size: int,
    order: Array | None = None,
    state: Any = None,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    ignore_index: int | None = None,
    pos_weight: Array | None = None,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    **options: Any,
) -> float:
    """One pass of mini-batch stochastic gradient descent over the rows of X, in place, in one call.

    For each batch of `batch_size` rows (the last may be smaller) it computes the gradient of the batch's mean loss and
    takes an `sgd_step` on W and on b; `weight_decay`, `l1` and `l2` apply to W alone. With ``batch_size >= N`` it is a
    step of full-batch gradient descent. A batch in which nothing counts (of weight 0, or to be ignored) leaves W, b and
    velocities as they are and stays out of the mean.

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
    lr : float, one a batch, or a function of the step number
        Learning rate, finite and ≥ 0. A function, such as those of `fastlc.optim`, is called once for each batch,
        before the first; it gets the number of the step as an int, from 0, or from ``state.step`` on.
    batch_size : int
        Rows a step, ≥ 1.
    order : (M,) integers in [0, N), optional
        Which rows, in which order: ``rng.permutation(N)`` for shuffled batches. Default ``0, 1, …, N − 1``. Rows are
        read where they are; nothing is copied.
    state : SGDState, optional
        Keeps the velocities, the step count and the averages of the weights from one call to the next. Without it every
        call starts from velocities of 0, so that momentum works within a pass alone.
    sample_weight : (N,), dtype of X, optional
        Negative weights subtract their rows from a batch's loss and gradient, and themselves from what its mean divides
        by; the loss may then have no minimum.
    class_weight, pos_weight : (C,), dtype of X, optional
    ignore_index : int, optional
        As for the loss, if it has them.
    momentum, dampening, nesterov, weight_decay, l1, l2
        As for `sgd_step`; the very first step is not dampened, as in ``torch.optim.SGD``.
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
    chosen = {"class_weight": class_weight, "ignore_index": ignore_index, "pos_weight": pos_weight}
    options |= {name: value for name, value in chosen.items() if value is not None}  # not every loss has them all
    rows = np.arange(len(X)) if order is None else order
    starts = range(0, len(rows), batch_size)
    step = 0 if state is None else state.step
    rates = [lr(step + i) for i in range(len(starts))] if callable(lr) else np.broadcast_to(lr, (len(starts),))
    velocity_W = np.zeros_like(W) if state is None else state.velocity_W
    velocity_b = None if b is None else np.zeros_like(b) if state is None else state.velocity_b
    total = divisor = np.longdouble(0)
    for start, rate in zip(starts, rates, strict=True):
        batch = rows[start : start + batch_size]
        how = options if sample_weight is None else {**options, "sample_weight": sample_weight[batch]}
        counting = fused.rows(y[batch], **how)
        if counting.any():  # else W and b stay as they are
            mean, dW, db = fused(X[batch], y[batch], W, b, **how)
            total, divisor = total + mean * counting.divisor(), divisor + counting.divisor()
            direction: dict[str, Any] = {
                "momentum": momentum,
                "dampening": dampening if step else 0.0,
                "nesterov": nesterov,
            }
            sgd_step(W, dW, rate, **direction, weight_decay=weight_decay, l1=l1, l2=l2, velocity=velocity_W)
            if b is not None:
                sgd_step(b, db, rate, **direction, velocity=velocity_b)
        step += 1
        if state is not None:
            _average(state, W, b)
            state.step = step
    return float(total / divisor) if divisor else 0.0


def _average(state: Any, W: Array, b: Array | None) -> None:
    """The means of all weights from step `average_from` on (Polyak–Ruppert), brought forward by one step."""
    if state.average_from is None or state.step < state.average_from:
        return
    count = state.step - state.average_from + 1
    state.average_W += (W - state.average_W) / count
    if b is not None:
        state.average_b += (b - state.average_b) / count
