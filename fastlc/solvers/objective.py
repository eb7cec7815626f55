"""The function that solvers minimise, and that validation measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from .. import _labels
from .._registry import loss_named
from ..reference import Array


@dataclass(frozen=True, eq=False)
class Objective:
    """The mean loss of rows as a function of the weights, without penalties, which are the solver's.

    X (N, D), y (N,) or (N, C) and sample_weight (N,), the name of the loss, and its keyword arguments: class_weight,
    pos_weight and ignore_index as far as they are given, and the loss's own. The arrays are used in place.
    """

    X: Array
    y: Array
    loss: str
    options: Mapping[str, Any] = field(default_factory=dict)
    sample_weight: Array | None = None

    def __call__(self, W: Array, b: Array | None = None) -> float:
        row, v = loss_named(self.loss), self.sample_weight
        value: float = row.linear(self.X, self.y, W, b, sample_weight=v, grad=False, **self.options)
        return value

    def counting(self, C: int) -> NDArray[Any]:
        """Which rows count for anything, (N,) bool; ValueError if none does. See `_labels.counting`."""
        weights = (self.options.get(name) for name in ("class_weight", "pos_weight", "ignore_index"))
        return _labels.counting(loss_named(self.loss), self.y, self.sample_weight, C, *weights)

    def of_rows(self, rows: Array) -> Objective:
        """The mean loss of these rows alone, which are copied."""
        v = self.sample_weight
        return replace(self, X=self.X[rows], y=self.y[rows], sample_weight=None if v is None else v[rows])
