"""The losses in NumPy, as fast as it goes: in place on a block of scores, in scratch space allocated beforehand.

Each turns the scores of a block into ``scale · dS`` and returns the sum of the rows' losses. `numpy_peer.py` puts the
linear map around them. float32 stays float32, the maximum is subtracted before exp, and the scores of the right classes
are reached by flat indices, which is several times faster than ``S[rows, y]`` or `np.take_along_axis`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fastlc.losses import LOSSES

from ..cases import Array


class Scores:
    """A block of scores, as rows (n, C) or columns (C, n), with the scratch space that the losses need.

    Along columns NumPy's reductions over few classes are vector operations; along rows they are ten times slower.
    """

    def __init__(self, S: Array, columns: bool) -> None:
        self.S, self.flat, self.columns = S, S.reshape(-1), columns
        n, C = S.shape[::-1] if columns else S.shape
        self.n, self.axis = n, 0 if columns else 1
        self.offset = np.arange(n) * (1 if columns else C)
        self.index = np.empty(n, np.int64)
        self.a, self.z, self.right = np.empty((3, n), S.dtype)
        self.a_spread = self.a if columns else self.a[:, None]
        self.z_spread = self.z if columns else self.z[:, None]
        self.mask = np.empty(S.shape, bool)
        self.slope: Array | None = None

    def right_class(self, y: Array) -> Array:
        """Where in `flat` the score of each row's own class is."""
        if self.columns:
            np.multiply(y, self.n, out=self.index)
            return np.add(self.index, self.offset, out=self.index)
        return np.add(y, self.offset, out=self.index)

    def as_scores(self, y: Array) -> Array:
        """Float targets (n, C) in the layout of the scores."""
        return y.T if self.columns else y


def cross_entropy(block: Scores, y: Array, scale: float) -> float:
    S, flat, a, z = block.S, block.flat, block.a, block.z
    index = block.right_class(y)
    np.maximum.reduce(S, axis=block.axis, out=a)
    np.subtract(S, block.a_spread, out=S)
    flat.take(index, out=block.right, mode="clip")  # any mode but 'raise' spares a copy
    np.exp(S, out=S)
    np.add.reduce(S, axis=block.axis, out=z)
    np.log(z, out=a)
    np.subtract(a, block.right, out=a)
    np.divide(scale, z, out=z)
    np.multiply(S, block.z_spread, out=S)
    flat[index] -= scale
    return float(np.add.reduce(a))


def hinge(block: Scores, y: Array, scale: float) -> float:
    S, flat, a, z = block.S, block.flat, block.a, block.z
    index = block.right_class(y)
    flat.take(index, out=a, mode="clip")
    np.subtract(a, 1, out=a)
    np.subtract(S, block.a_spread, out=S)
    np.maximum(S, 0, out=S)
    flat[index] = 0
    total = float(np.add.reduce(flat))
    np.greater(S, 0, out=block.mask)
    np.multiply(block.mask, S.dtype.type(scale), out=S)
    np.add.reduce(S, axis=block.axis, out=z)
    flat[index] = np.negative(z, out=z)
    return total


def squared_error(block: Scores, y: Array, scale: float) -> float:
    S = block.S
    np.subtract(S, block.as_scores(y), out=S)
    total = float(np.vdot(S, S))
    np.multiply(S, 2 * scale, out=S)
    return total


def sigmoid_squared_error(block: Scores, y: Array, scale: float) -> float:
    S = block.S
    if block.slope is None:
        block.slope = np.empty_like(S)
    slope = block.slope
    np.multiply(S, 0.5, out=S)
    np.tanh(S, out=S)  # with t = tanh(s / 2): σ = (1 + t) / 2, σ' = (1 − t²) / 4; fast, and never overflows
    np.multiply(S, S, out=slope)
    np.subtract(1, slope, out=slope)
    np.multiply(S, 0.5, out=S)
    np.add(S, 0.5, out=S)
    np.subtract(S, block.as_scores(y), out=S)
    total = float(np.vdot(S, S))
    np.multiply(S, slope, out=S)
    np.multiply(S, scale / 2, out=S)
    return total


def by_reference(loss: str) -> ScoreLoss:
    """A loss without a careful version: the reference's, block by block."""

    def on_block(block: Scores, y: Array, scale: float) -> float:
        total, dS = LOSSES[loss].reference(np.ascontiguousarray(block.as_scores(block.S)), y, reduction="sum")
        np.multiply(block.as_scores(dS), scale, out=block.S)
        return float(total)

    return on_block


ScoreLoss = Callable[[Scores, Array, float], float]
CAREFUL: dict[str, ScoreLoss] = {
    "cross_entropy": cross_entropy,
    "hinge": hinge,
    "squared_error": squared_error,
    "sigmoid_squared_error": sigmoid_squared_error,
}


def score_loss(name: str) -> ScoreLoss:
    return CAREFUL.get(name) or by_reference(name)
