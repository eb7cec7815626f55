"""Asks the oracle in higher precision, and holds fast results to it within the bounds of `tests/support/bounds.py`.

The reference computes in the dtype that it is given; given longdouble, its own error is negligible.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastlc import reference

from . import bounds
from .bounds import assert_within

Array = NDArray[Any]


def wide(a: Any) -> Any:
    """In higher precision; labels stay what they are."""
    if a is None or np.asarray(a).dtype.kind != "f":
        return a
    return np.asarray(a, np.longdouble)


@dataclass
class Expected:
    """What a loss should return and how far off each part may be."""

    loss: Any
    dS: Array | None
    dW: Array | None
    db: Array | None
    dX: Array | None
    errors: bounds.Errors
    dtype: Any
    counts: bool = True
    """Whether any row does; else there is no mean, and no step."""

    def check_loss(self, loss: Any) -> None:
        if isinstance(self.loss, np.ndarray):
            check_array(loss, self.loss, self.errors.loss, self.dtype, "loss")
        else:
            assert type(loss) is float
            assert_within(loss, self.loss, self.errors.loss, "loss")

    def check(self, result: Any) -> None:
        """A whole result: ``(loss, dS)`` on scores, ``(loss, dW, db)`` or ``(loss, dW, db, dX)`` of the linear map."""
        assert type(result) is tuple
        self.check_loss(result[0])
        names = ["dS"] if self.dS is not None else ["dW", "db", "dX"]
        assert len(result) - 1 in (len(names), 2)
        for name, got in zip(names, result[1:], strict=False):
            want = getattr(self, name)
            if want is None:
                assert got is None, f"{name} is not None"
            else:
                check_array(got, want, getattr(self.errors, name), self.dtype, name)


def check_array(got: Any, want: Array, bound: Any, dtype: Any, what: str) -> None:
    assert type(got) is np.ndarray
    assert got.dtype == dtype
    assert got.flags.c_contiguous
    assert got.flags.writeable
    assert_within(got, want, bound, what)


def _wide_values(options: dict[str, Any]) -> dict[str, Any]:
    return {key: wide(value) for key, value in options.items()}


def _counting(name: str, y: Array, options: dict[str, Any]) -> Any:
    """How the rows count, weights and divisor."""
    return getattr(reference, f"linear_{name}").rows(y, **_wide_values(options))


def _rows(name: str, S: Array, y: Array, reduction: str, options: dict[str, Any]) -> bounds.Rows:
    counting = _counting(name, y, options)
    loss, dS = getattr(reference, name)(S, wide(y), reduction="none", **_wide_values(options))
    return bounds.Rows(loss, dS, counting.weight, counting.divisor() if reduction == "mean" else 1.0)


def _cleared(name: str, a: Array, y: Array, options: dict[str, Any]) -> Array:
    """Rows of weight 0 count for nothing, so 0 may stand for whatever they hold."""
    return np.where((_counting(name, y, options).weight == 0)[:, None], np.longdouble(0), wide(a))


def on_scores(
    name: str,
    S: Array,
    y: Array,
    weights: dict[str, Any],
    reduction: str = "mean",
    S_err: Any = 0.0,
    dtype: Any = None,
    **options: Any,
) -> Expected:
    """`S_err`: how far the scores given to the kernel may be from the exact `S`, which may then be of another dtype."""
    dtype, options = dtype or S.dtype, {**weights, **options}
    S = _cleared(name, S, y, options)
    rows = _rows(name, S, y, reduction, options)
    loss, dS = getattr(reference, name)(S, wide(y), reduction=reduction, **_wide_values(options))
    errors = bounds.on_scores(name, S, np.broadcast_to(S_err, S.shape), y, rows, reduction, dtype, options)
    return Expected(loss, dS, None, None, None, errors, dtype, rows.divisor != 0)


def linear(
    name: str,
    X: Array,
    y: Array,
    W: Array,
    b: Array | None,
    weights: dict[str, Any],
    reduction: str = "mean",
    l1: float = 0.0,
    l2: float = 0.0,
    **options: Any,
) -> Expected:
    dtype, options = X.dtype, {**weights, **options}
    X, W, b = _cleared(name, X, y, options), wide(W), wide(b)
    S = reference.scores(X, W, b)
    rows = _rows(name, S, y, reduction, options)
    how = {"reduction": reduction, "l1": l1, "l2": l2, **_wide_values(options)}
    loss, dW, db, dX = getattr(reference, f"linear_{name}")(X, wide(y), W, b, dX=True, **how)
    errors = bounds.linear(name, X, y, W, b, S, rows, reduction, dtype, options, l1, l2)
    return Expected(loss, None, dW, db, dX, errors, dtype, rows.divisor != 0)
