"""Tolerances: how far a correct computation in a given dtype may be from the exact result.

They are derived, not tried: Higham, Accuracy and Stability of Numerical Algorithms, standard model
``fl(a op b) = (a op b)(1 + d), |d| <= u``, where n roundings in a row cost at most ``gamma(n) = n u / (1 - n u)``
whatever the order of a sum, with or without fused multiply-add. An error made early travels through the later formulas
by their derivatives. So each bound is an array, built on the magnitudes at hand, and a result that lacks a single term
falls outside it (`tests/test_bounds.py`).

Names: a trailing ``_err`` is a bound on an absolute error. Bounds need no precision: they are computed in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastlc import reference

Array = NDArray[Any]

# Roundings charged for one evaluation of exp or log: they may be 2 ulp off, and an ulp is up to 2 u.
EXP = LOG = 4


def unit(dtype: Any) -> float:
    """Unit roundoff u."""
    return float(np.finfo(dtype).eps) / 2


def gamma(n: int, dtype: Any) -> float:
    return n * unit(dtype) / (1 - n * unit(dtype))


def tiny(dtype: Any) -> float:
    """The smallest normal number: a result below it may come out as 0, so an operation may lose that much."""
    return float(np.finfo(dtype).tiny)


def _f64(a: Any) -> Array:
    return np.asarray(a, dtype=np.float64)


def dot(A: Array, B: Array, dtype: Any, extra: int = 0) -> Array:
    """Error of ``A @ B`` with exact factors: n products, each rounded once and then added at most n - 1 times.

    `extra` counts further roundings of each term. One more is for the oracle, whose own error is far below u.
    """
    n = A.shape[-1]
    return gamma(n + extra + 1, dtype) * (np.abs(_f64(A)) @ np.abs(_f64(B))) + n * tiny(dtype)


def scores(X: Array, W: Array, b: Array | None, dtype: Any) -> Array:
    """``X Wᵀ + b``: the bias is one more term of the sum."""
    error = dot(X, W.T, dtype, extra=1)
    return error if b is None else error + gamma(X.shape[1] + 2, dtype) * np.abs(_f64(b))


# ---------------------------------------------------------------------------------------------------------------------
# What is read off the scores. S: exact scores; S_err: what those that the kernel sees may be off by (0 if they are S).
# ---------------------------------------------------------------------------------------------------------------------


def _scaled_by_exp(log_value: Array, exponent_err: Array) -> Array:
    """Error of ``exp(log_value)`` if the exponent is off by `exponent_err`: ``p (e^x - 1)``, for any size of either."""
    log_growth = np.where(exponent_err > 50, exponent_err, np.log(np.expm1(np.minimum(exponent_err, 50))))
    return np.exp(np.minimum(log_value + log_growth, 0))  # both callers' values lie in [0, 1], hence so do errors


def log_softmax(S: Array, S_err: Array, dtype: Any) -> Array:
    """``t_c - log Σ exp(t_j)`` with ``t = s - max s``.

    - The function's derivatives are ``1 - p_c`` and ``-p_j``: score errors count as their own plus the row's largest.
    - t is rounded once (u |t|), which also shifts each exponential by that share; those are weighted by p.
    - exp, C - 1 additions and log's argument: relative errors of the sum, hence absolute ones of its logarithm.
    - log itself: LOG u |log Σ|. The last subtractions: in t once more and in the result.
    """
    if S.size == 0:
        return np.zeros(S.shape)
    u, n = unit(dtype), S.shape[-1]
    t = _f64(S - S.max(axis=-1, keepdims=True))
    e = np.exp(t)
    total = e.sum(axis=-1, keepdims=True)
    shift = (e * np.abs(t)).sum(axis=-1, keepdims=True) / total
    result = t - np.log(total)
    rounding = u * (2 * np.abs(t) + shift + LOG * np.log(total) + 2 * np.abs(result))
    return S_err + S_err.max(axis=-1, keepdims=True) + rounding + gamma(n + EXP, dtype)


def softmax(S: Array, S_err: Array, dtype: Any) -> Array:
    """``exp(log_softmax)``: the exponent's error is a relative one here; then exp, a reciprocal and a product."""
    if S.size == 0:
        return np.zeros(S.shape)
    t = _f64(S - S.max(axis=-1, keepdims=True))
    log_p = t - np.log(np.exp(t).sum(axis=-1, keepdims=True))
    exponent_err = log_softmax(S, S_err, dtype) + gamma(EXP + 2, dtype)
    return _scaled_by_exp(log_p, exponent_err) + 2 * tiny(dtype)


def _log_sigmoid(S: Array) -> Array:
    S = _f64(S)
    return np.minimum(S, 0) - np.log1p(np.exp(-np.abs(S)))


def sigmoid(S: Array, S_err: Array, dtype: Any) -> Array:
    """``1 / (1 + exp(-s))``: ``(log σ)' = 1 - σ <= 1``; then exp, a sum, a reciprocal, a product, one to spare."""
    return _scaled_by_exp(_log_sigmoid(S), S_err + gamma(EXP + 4, dtype)) + 2 * tiny(dtype)


# ---------------------------------------------------------------------------------------------------------------------
# Losses: errors of a row's loss (N,) and of its derivative by the scores (N, C), before any weight
# ---------------------------------------------------------------------------------------------------------------------


def _cross_entropy(S: Array, S_err: Array, y: Array, dtype: Any, label_smoothing: float = 0.0) -> tuple[Array, Array]:
    row = np.arange(len(y))
    gradient = softmax(S, S_err, dtype)
    if label_smoothing:
        return _smoothed_cross_entropy(S, S_err, y, dtype, label_smoothing, gradient)
    gradient[row, y] += 2 * unit(dtype)  # p_y - 1 is rounded at a size of at most 1
    return log_softmax(S, S_err, dtype)[row, y], gradient


def _smoothed_cross_entropy(
    S: Array, S_err: Array, y: Array, dtype: Any, smoothing: float, softmax_err: Array
) -> tuple[Array, Array]:
    """``Σ q_c (log Σ exp(t_j) - t_c)``: the q add up to 1, and are of at most 5 roundings with a class weight.

    The bound is for class weights of at most 1; what a row counts for (`Rows.weight`) has the largest of them.
    """
    row, n = np.arange(len(y)), max(S.shape[1], 1)
    q = np.full(S.shape, smoothing / n)
    q[row, y] += 1 - smoothing
    p = np.exp(_f64(reference.log_softmax(S)))
    t = np.abs(_f64(S - S.max(axis=1, keepdims=True))) if S.size else np.abs(_f64(S))
    log_p = np.abs(_f64(reference.log_softmax(S)))
    loss_err = (q * log_softmax(S, S_err, dtype)).sum(axis=1)
    # targets and their sum, the products with t, and that of the sum with the logarithm
    loss_err += gamma(2 * n + 8, dtype) * (q * (t + log_p)).sum(axis=1)
    return loss_err, softmax_err + gamma(n + 8, dtype) * p + gamma(8, dtype) * (p + q)


def _hinge(S: Array, S_err: Array, y: Array, dtype: Any, margin: float = 1.0, p: int = 1) -> tuple[Array, Array]:
    """``z = s_j - s_y + margin`` is a sum of three terms in any order, and margin is rounded to the dtype.

    A z closer to the kink than its error may fall on either side, and only such a one: there p = 1 may give 0 or 1.
    """
    row, n = np.arange(len(y)), S.shape[1]
    s_y = S[row, y][:, None]
    z = _f64(S - s_y + margin)
    terms = _f64(np.abs(S) + np.abs(s_y) + abs(margin))
    z_err = S_err + S_err[row, y][:, None] + gamma(3, dtype) * terms
    either_side = np.abs(z) <= z_err
    z_err = np.clip(z + z_err, 0, z_err)  # of max(0, z): none where z < 0 for certain
    z = np.maximum(z, 0)
    z[row, y] = z_err[row, y] = either_side[row, y] = 0
    if p == 1:
        loss = z_err.sum(axis=1) + gamma(n, dtype) * (z + z_err).sum(axis=1)
        gradient = either_side.astype(np.float64)
        size = (z > 0) + gradient
    else:
        loss = (2 * z * z_err + z_err**2).sum(axis=1) + gamma(n + 1, dtype) * ((z + z_err) ** 2).sum(axis=1)
        gradient = 2 * z_err + 4 * unit(dtype) * z
        size = 2 * (z + z_err)
    gradient[row, y] = gradient.sum(axis=1) + gamma(n, dtype) * size.sum(axis=1)
    return loss, gradient


def _squared_error(S: Array, S_err: Array, y: Array, dtype: Any) -> tuple[Array, Array]:
    r = _f64(S - y.reshape(S.shape))
    return _square(np.abs(r), S_err + unit(dtype) * np.abs(r), dtype)


def _sigmoid_squared_error(S: Array, S_err: Array, y: Array, dtype: Any) -> tuple[Array, Array]:
    """The slope σ(s) σ(-s) has a logarithmic derivative ``1 - 2σ`` within ±1; it costs two sigmoids and a product."""
    u = unit(dtype)
    log_sigma = _log_sigmoid(S)
    log_slope = log_sigma + _log_sigmoid(-S)
    slope_err = _scaled_by_exp(log_slope, S_err + gamma(2 * (EXP + 4) + 1, dtype)) + 2 * tiny(dtype)
    r = np.abs(np.exp(log_sigma) - _f64(y.reshape(S.shape)))
    r_err = sigmoid(S, S_err, dtype) + u * r
    loss, gradient = _square(r, r_err, dtype)
    slope = np.exp(log_slope)
    return loss, gradient * (slope + slope_err) + 2 * r * slope_err + gamma(2, dtype) * 2 * r * slope


def _square(r: Array, r_err: Array, dtype: Any) -> tuple[Array, Array]:
    """``Σ r²`` and ``2 r`` for an r off by `r_err`; one rounding for each square and each addition."""
    loss = (2 * r * r_err + r_err**2).sum(axis=1)
    return loss + gamma(r.shape[1] + 1, dtype) * ((r + r_err) ** 2).sum(axis=1), 2 * r_err + 4 * unit(dtype) * r


LOSSES: dict[str, Callable[..., tuple[Array, Array]]] = {
    "cross_entropy": _cross_entropy,
    "hinge": _hinge,
    "squared_error": _squared_error,
    "sigmoid_squared_error": _sigmoid_squared_error,
}
"""A new loss brings its bound here."""


# ---------------------------------------------------------------------------------------------------------------------
# Weights, reduction, and the linear map
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Rows:
    """What the oracle says row by row (reduction 'none', weighted), and how rows count."""

    loss: Array
    dS: Array
    weight: Array
    """(N,) v_i k_y; 0 for a row that counts for nothing."""
    divisor: float
    """What the reduction divides by; 1 for 'sum' and 'none', 0 for a mean of nothing."""


@dataclass
class Errors:
    loss: Any
    dS: Array
    dW: Any = 0.0
    db: Any = 0.0
    dX: Any = 0.0


def on_scores(
    name: str, S: Array, S_err: Array, y: Array, rows: Rows, reduction: str, dtype: Any, options: dict[str, Any]
) -> Errors:
    loss_err, dS_err = LOSSES[name](S, S_err, y, dtype, **options)
    loss, dS, weight = np.abs(_f64(rows.loss)), np.abs(_f64(rows.dS)), np.abs(_f64(rows.weight))
    # v_i k_y, the weight over the divisor, that in the dtype, times the value, and two to spare; and the divisor's own
    # error, accumulated in float64 whatever the dtype.
    scaling = gamma(6, dtype) + (gamma(len(loss), np.float64) if reduction == "mean" else 0)
    lost = tiny(dtype) * (weight != 0)  # rows of weight 0 have no error at all: they are exactly 0
    loss_err = weight * loss_err + scaling * loss + lost
    dS_err = weight[:, None] * dS_err + scaling * dS + lost[:, None]
    if reduction == "none":
        return Errors(loss_err, dS_err)
    if rows.divisor == 0:
        return Errors(0.0, np.zeros_like(dS_err))
    # The loss is accumulated in float64 as well.
    total_err = (loss_err.sum() + gamma(len(loss) + 4, np.float64) * (loss + loss_err).sum()) / rows.divisor
    # Zeros in dS are exact, but what may be lost to underflow is lost before the division.
    return Errors(total_err, (dS_err + lost[:, None]) / rows.divisor + lost[:, None])


def linear(
    name: str,
    X: Array,
    y: Array,
    W: Array,
    b: Array | None,
    S: Array,
    rows: Rows,
    reduction: str,
    dtype: Any,
    options: dict[str, Any],
    l1: float = 0.0,
    l2: float = 0.0,
) -> Errors:
    """The loss of ``S = X Wᵀ + b`` and its gradients ``dW = dSᵀ X``, ``db = Σ dS``, ``dX = dS W``."""
    errors = on_scores(name, S, scores(X, W, b, dtype), y, rows, reduction, dtype, options)
    scale = 1 / rows.divisor if rows.divisor else 0.0
    size = np.abs(_f64(rows.dS)) * scale + errors.dS
    X, W = np.abs(_f64(X)), np.abs(_f64(W))
    u, u64 = unit(dtype), np.float64
    # An underflow before the sum is divided counts 1/divisor times.
    lost = tiny(dtype) * (1 + scale) * len(X)
    errors.dW = errors.dS.T @ X + dot(size.T, X, dtype, extra=2) + lost
    errors.dW += 4 * u * (l2 * W + l1) + 2 * u * (size.T @ X)  # the penalty's two products and additions
    errors.db = errors.dS.sum(axis=0) + gamma(len(X) + 2, dtype) * size.sum(axis=0) + lost
    errors.dX = errors.dS @ W + dot(size, W, dtype, extra=2)
    errors.dX[_f64(rows.weight) == 0] = 0
    penalty = l1 * W.sum() + l2 / 2 * (W * W).sum()
    errors.loss = errors.loss + (gamma(W.size + 4, u64) + 4 * u) * penalty
    if l1 or l2:
        errors.loss = errors.loss + 2 * unit(u64) * abs(float(rows.loss.sum()) * scale)
    return errors


def sgd_step(
    W: Array,
    dW: Array,
    dW_err: Any,
    velocity: Array | None,
    lr: float,
    momentum: float,
    weight_decay: float,
    l1: float,
    dtype: Any,
) -> tuple[Array, Array]:
    """Errors of W and of velocity after one step. Each of lr, momentum, … is rounded to the dtype as well.

    Every term of W goes through at most 8 roundings: weight decay's product and sum, momentum's twice (Nesterov), lr's
    product and difference, the proximal step's; the proximal map itself has Lipschitz constant 1.
    """
    W, dW = np.abs(_f64(W)), np.abs(_f64(dW))
    past = np.zeros_like(W) if velocity is None else np.abs(_f64(velocity))
    g = dW + weight_decay * W
    v = momentum * past + g
    v_err = dW_err + gamma(6, dtype) * v + 2 * tiny(dtype)
    d_err = dW_err + momentum * v_err + v_err
    W_err = lr * d_err + gamma(8, dtype) * (W + lr * (g + (1 + momentum) * v + l1)) + 2 * tiny(dtype)
    return W_err, v_err


# ---------------------------------------------------------------------------------------------------------------------


def assert_within(got: Any, want: Any, bound: Any, what: str) -> None:
    """``|got - want| <= bound`` everywhere; nan never is."""
    got, want = np.asarray(got, np.longdouble), np.asarray(want, np.longdouble)
    assert got.shape == want.shape, f"{what} has shape {got.shape}, expected {want.shape}"
    if not got.size:
        return
    error, bound = np.abs(got - want), np.broadcast_to(np.asarray(bound, np.longdouble), got.shape)
    bad = ~(error <= bound)
    if bad.any():
        worst = np.unravel_index(np.argmax(np.where(bad, error / (bound + np.finfo(np.float64).tiny), 0)), got.shape)
        i = tuple(int(k) for k in worst)
        raise AssertionError(
            f"{what}{list(i)} = {float(got[i])!r}, expected {float(want[i])!r}: off by {float(error[i]):.3g}, "
            f"allowed {float(bound[i]):.3g}; {bad.sum()} of {bad.size} are outside"
        )
