"""What stochastic gradient descent remembers from one call to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .reference import Array


@dataclass(init=False, eq=False)
class SGDState:
    """Velocities and step count of `fastlc.sgd_epoch`, carried from call to call.

    Parameters
    ----------
    W : (C, D) float32 or float64
    b : (C,), dtype of W, optional
        The weights that will be trained; only their shape and dtype are used.

    Attributes
    ----------
    velocity_W : (C, D), dtype of W
    velocity_b : (C,), dtype of b; None without b
        Exponential sums of past gradients, updated in place; they start at 0.
    step : int
        Mini-batches seen so far.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> W, b = np.zeros((2, 3)), np.zeros(2)
    >>> state = fastlc.SGDState(W, b)
    >>> X, y = np.ones((10, 3)), np.zeros(10, dtype=int)
    >>> mean = fastlc.sgd_epoch(
    ...     X, y, W, b, loss="hinge", lr=0.1, batch_size=4, momentum=0.9, state=state)
    >>> state.step
    3
    """

    velocity_W: Array
    velocity_b: Array | None
    step: int

    def __init__(self, W: Array, b: Array | None = None) -> None:
        self.velocity_W = np.zeros(W.shape, W.dtype)
        self.velocity_b = None if b is None else np.zeros(b.shape, b.dtype)
        self.step = 0
