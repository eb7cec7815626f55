"""Tolerances: how far a correct computation in a given dtype may be from the exact result.

They are derived, not tried: Higham, Accuracy and Stability of Numerical Algorithms, standard model
``fl(a op b) = (a op b)(1 + d), |d| <= u``, where n roundings in a row cost at most ``gamma(n) = n u / (1 - n u)``
whatever the order of a sum, with or without fused multiply-add. An error made early travels through the later formulas
by their derivatives. So each bound is an array, built on the magnitudes at hand, and a result that lacks a single term
falls outside it (`tests/support/test_bounds.py`).

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
# log(1 + x), relative to itself however small x is: by way of log it takes a correction of four more.
LOG1P = LOG + 4


def unit(dtype: Any) -> float:
    """Unit roundoff u."""
    return float(np.finfo(dtype).eps) / 2


def gamma(n: int, dtype: Any) -> float:
    return n * unit(dtype) / (1 - n * unit(dtype))


def tiny(dtype: Any) -> float:
    """The smallest normal number: a result below it may come out as 0, so an operation may lose that much."""
    return float(np.finfo(dtype).tiny)


# Long sums are cut, and the parts' sums are added exactly or in float64, so that the roundings that a term meets do not
# grow with their length: this many at the most, and a few for the parts.
CLASSES = 64 + 4
"""Of a sum over classes in a loss or in what is read off scores."""
FEATURES = 1024 + 12
"""Of a score; parts of 4096 features or more are added one by one."""
ROWS = 480 + 32 + 64 + 8
"""Of a gradient of W or b: within a block of rows, over blocks, over pieces, each with its lanes."""
TERMS = 1024 + 4
"""Of a gradient of X: over classes."""


def cut(n: int, most: int) -> int:
    """Roundings that a term of a sum of n meets."""
    return min(n, most)


def _f64(a: Any) -> Array:
    return np.asarray(a, dtype=np.float64)


def dot(A: Array, B: Array, dtype: Any, most: int, extra: int = 0) -> Array:
    """Error of ``A @ B`` with exact factors: n products, each rounded once and then added at most n - 1 times.

    No term meets more than `most` roundings; `extra` counts further ones. One more is for the oracle, whose own error
    is far below u.
    """
    n = A.shape[-1]
    return gamma(cut(n, most) + extra + 1, dtype) * (np.abs(_f64(A)) @ np.abs(_f64(B))) + n * tiny(dtype)


def scores(X: Array, W: Array, b: Array | None, dtype: Any) -> Array:
    """``X Wᵀ + b``: the bias is one more term of the sum."""
    most = FEATURES + X.shape[1] // 4096
    error = dot(X, W.T, dtype, most, extra=1)
    return error if b is None else error + gamma(cut(X.shape[1], most) + 2, dtype) * np.abs(_f64(b))


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
    - exp, additions and log's argument: relative errors of the sum, hence absolute ones of its logarithm.
    - log itself: LOG u |log Σ|. The last subtractions: in t once more and in the result.
    """
    if S.size == 0:
        return np.zeros(S.shape)
    u, n = unit(dtype), cut(S.shape[-1], CLASSES)
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
# Losses: errors of a row's loss (N,) and of its derivative by the scores (N, C), before what weighs the row
# (`Rows.weight`). Class weights are among the options: they count here only where they weigh columns or targets.
# A row that counts for nothing may have any label.
# ---------------------------------------------------------------------------------------------------------------------

LossErrors = tuple[Array, Array]


def _is_label(y: Array, S: Array) -> Array:
    return np.asarray(np.arange(S.shape[1]) == y[:, None])


def _column_weights(S: Array, class_weight: Any, pos_weight: Any) -> tuple[Array, Array]:
    k, p = (np.ones(S.shape[1]) if a is None else np.abs(_f64(a)) for a in (class_weight, pos_weight))
    return k, p


def _cross_entropy(
    S: Array, S_err: Array, y: Array, dtype: Any, label_smoothing: float = 0.0, class_weight: Any = None
) -> LossErrors:
    log_p_err, p_err = log_softmax(S, S_err, dtype), softmax(S, S_err, dtype)
    if y.dtype.kind == "f" or label_smoothing:
        t = np.abs(_f64(y.reshape(S.shape))) if y.dtype.kind == "f" else _is_label(y, S)
        k, _ = _column_weights(S, class_weight, None)
        q = k * ((1 - label_smoothing) * t + label_smoothing / max(S.shape[1], 1))
        return _against_targets(S, q, log_p_err, p_err, dtype)
    label = _is_label(y, S)
    # p_y - 1 is rounded at a size of at most 1
    return np.where(label, log_p_err, 0).sum(axis=1), p_err + np.where(label, 2 * unit(dtype), 0)


def _against_targets(S: Array, q: Array, log_p_err: Array, p_err: Array, dtype: Any) -> LossErrors:
    """``Σ q_c (log Σ exp(t_j) - t_c)``: a target q is of at most 5 roundings, smoothing and class weight included."""
    n, log_p = cut(S.shape[1], CLASSES), _f64(reference.log_softmax(S))
    t = np.abs(_f64(S - S.max(axis=1, keepdims=True, initial=-np.inf)))
    total, p = q.sum(axis=1)[:, None], np.exp(log_p)
    # targets and their sum, the products with t, and that of the sum with the logarithm
    loss = (q * log_p_err).sum(axis=1) + gamma(2 * n + 8, dtype) * (q * (t + np.abs(log_p))).sum(axis=1)
    return loss, total * (p_err + gamma(n + 8, dtype) * p) + gamma(8, dtype) * (total * p + q)


def _distances(S: Array, S_err: Array, label: Array, margin: float, dtype: Any) -> tuple[Array, Array]:
    """``z = s_j - s_y + margin``, a sum of three terms in any order, where margin is rounded to the dtype."""
    s_y = np.where(label, S, 0).sum(axis=1)[:, None]
    s_y_err = np.where(label, S_err, 0).sum(axis=1)[:, None]
    return _f64(S - s_y + margin), S_err + s_y_err + gamma(3, dtype) * _f64(np.abs(S) + np.abs(s_y) + abs(margin))


def _hinge(S: Array, S_err: Array, y: Array, dtype: Any, margin: float = 1.0, p: int = 1, **_: Any) -> LossErrors:
    """A z closer to the kink than its error may fall on either side, and only such: there p = 1 may give 0 or 1."""
    n, label = cut(S.shape[1], CLASSES), _is_label(y, S)
    z, z_err = _distances(S, S_err, label, margin, dtype)
    either_side = (np.abs(z) <= z_err) & ~label
    z_err = np.where(label, 0, np.clip(z + z_err, 0, z_err))  # of max(0, z): none where z < 0 for certain
    z = np.where(label, 0, np.maximum(z, 0))
    if p == 1:
        loss = z_err.sum(axis=1) + gamma(n, dtype) * (z + z_err).sum(axis=1)
        gradient = either_side.astype(np.float64)
        size = (z > 0) + gradient
    else:
        loss = (2 * z * z_err + z_err**2).sum(axis=1) + gamma(n + 1, dtype) * ((z + z_err) ** 2).sum(axis=1)
        gradient = 2 * z_err + 4 * unit(dtype) * z
        size = 2 * (z + z_err)
    at_label = gradient.sum(axis=1) + gamma(n, dtype) * size.sum(axis=1)
    return loss, np.where(label, at_label[:, None], gradient)


def _crammer_singer(S: Array, S_err: Array, y: Array, dtype: Any, margin: float = 1.0, **_: Any) -> LossErrors:
    """The largest z lies between the largest ``z - z_err`` and the largest ``z + z_err``.

    Whose ``z + z_err`` reaches the former may be taken for the largest. The gradient is 0 or 1 there: if there are two
    such, or if the kink is between the two limits, it may be either.
    """
    label = _is_label(y, S)
    z, z_err = _distances(S, S_err, label, margin, dtype)
    low, top, high = (np.where(label, -np.inf, a).max(axis=1, initial=-np.inf) for a in (z - z_err, z, z + z_err))
    loss = np.maximum(high, 0) - np.maximum(low, 0)
    assert (low <= top).all()
    assert (top <= high).all()
    rival = (z + z_err >= low[:, None]) & ~label
    at_kink = (low <= 0) & (high >= 0)
    undecided = (high >= 0) & (at_kink | (rival.sum(axis=1) > 1))
    return loss, (np.where(label, at_kink[:, None], rival & undecided[:, None])).astype(np.float64)


@dataclass
class Terms:
    """What a sum over columns adds up, (N, C): its value, the size of its slope, and what both may be off by."""

    value: Array
    value_err: Array
    slope: Array
    slope_err: Array

    def summed(self, dtype: Any, weight: Any = 1.0) -> LossErrors:
        """With the columns' weights, of two factors: a rounding for each, for their product and for each addition."""
        loss = (weight * self.value_err).sum(axis=1)
        size = (weight * (self.value + self.value_err)).sum(axis=1)
        loss += gamma(cut(self.value.shape[1], CLASSES) + 3, dtype) * size
        return loss, weight * (self.slope_err + gamma(3, dtype) * (self.slope + self.slope_err))


def _beyond(m: Array, m_err: Array, p: int, dtype: Any) -> Terms:
    """``max(0, m)^p`` for an m off by `m_err`, that of the last operation included.

    With p = 1 the slope is 0 or 1, and may be either where m may be on either side. An m that is exact is on its own.
    """
    either_side = (np.abs(m) <= m_err) & (m_err > 0)
    m_err = np.clip(m + m_err, 0, m_err)  # none where m < 0 for certain
    m = np.maximum(m, 0)
    if p == 1:
        return Terms(m, m_err, np.sign(m), either_side.astype(np.float64))
    return Terms(m * m, 2 * m * m_err + m_err**2 + gamma(1, dtype) * (m + m_err) ** 2, 2 * m, 2 * m_err)


def _rounded(a: Array, a_err: Array, dtype: Any) -> Array:
    """The error of a sum or difference `a` of terms that are off by `a_err`: the result is rounded once."""
    return a_err + unit(dtype) * (np.abs(a) + a_err)


def _svm(p: int) -> Callable[[Array, Array, Any], Terms]:
    def of_margin(z: Array, z_err: Array, dtype: Any) -> Terms:
        m = _f64(1 - z)
        return _beyond(m, _rounded(m, z_err, dtype), p, dtype)

    return of_margin


def _perceptron(z: Array, z_err: Array, dtype: Any) -> Terms:
    return _beyond(_f64(-z), z_err, 1, dtype)


def _modified_huber(z: Array, z_err: Array, dtype: Any) -> Terms:
    """Value and slope are continuous, the slope ``min(2m, 4)`` for ``m = max(0, 1 - z)``: either piece serves at -1."""
    m = _f64(1 - z)
    m_err = _rounded(m, z_err, dtype)
    m_err, m = np.clip(m + m_err, 0, m_err), np.maximum(m, 0)
    value, slope = np.where(m > 2, 4 * (m - 1), m * m), np.minimum(2 * m, 4)
    value_err = (slope + 2 * m_err) * m_err
    return Terms(value, value_err + gamma(2, dtype) * (value + value_err), slope, np.minimum(2 * m_err, 4))


def _softplus(a: Array, a_err: Array, dtype: Any) -> tuple[Array, Array]:
    """``log(1 + exp(a)) = max(a, 0) + log1p(exp(-|a|))`` and its error; the slope is at most ``σ(a + a_err)``."""
    value = np.logaddexp(0, _f64(a))
    err = np.exp(_log_sigmoid(a + a_err)) * a_err
    return value, err + gamma(EXP + LOG1P + 2, dtype) * (value + err) + 2 * tiny(dtype)


def _logistic_of_margin(z: Array, z_err: Array, dtype: Any) -> Terms:
    value, value_err = _softplus(-z, z_err, dtype)
    return Terms(value, value_err, np.exp(_log_sigmoid(-z)), sigmoid(-z, z_err, dtype))


def _one_vs_rest(of_margin: Callable[[Array, Array, Any], Terms]) -> Callable[..., LossErrors]:
    """A loss of ``z = ±s`` in every column, weighed by k_c, and by p_c where the column is the label's."""

    def errors(
        S: Array, S_err: Array, y: Array, dtype: Any, class_weight: Any = None, pos_weight: Any = None
    ) -> LossErrors:
        t = (y == 1)[:, None] if S.shape[1] == 1 else _is_label(y, S)
        k, p = _column_weights(S, class_weight, pos_weight)
        return of_margin(np.where(t, S, -S), S_err, dtype).summed(dtype, k * np.where(t, p, 1))

    return errors


def _logistic(
    S: Array, S_err: Array, y: Array, dtype: Any, class_weight: Any = None, pos_weight: Any = None
) -> LossErrors:
    """With targets t it is ``(1 - t) softplus(s) + p t softplus(-s)``, or the same sorted by softplus and s.

    All those sums are of terms of the size of ``(1 + (1 + p) |t|) softplus(|s|)`` at most, and their derivatives of
    σ(s), t and pt; few roundings each.
    """
    if y.dtype.kind != "f":
        return _one_vs_rest(_logistic_of_margin)(S, S_err, y, dtype, class_weight=class_weight, pos_weight=pos_weight)
    t = np.abs(_f64(y.reshape(S.shape)))
    k, p = _column_weights(S, class_weight, pos_weight)
    up, up_err = _softplus(S, S_err, dtype)
    down, down_err = _softplus(-S, S_err, dtype)
    part = 1 + (1 + p) * t
    value_err = (1 + t) * up_err + p * t * down_err + gamma(EXP + LOG1P + 6, dtype) * part * np.maximum(up, down)
    sigma, sigma_err = np.exp(_log_sigmoid(S)), sigmoid(S, S_err, dtype)
    slope_err = part * sigma_err + p * t * sigmoid(-S, S_err, dtype) + gamma(6, dtype) * (sigma + (1 + p) * t)
    return Terms((1 + t) * up + p * t * down, value_err, sigma + (1 + p) * t, slope_err).summed(dtype, k)


def _residual(S: Array, S_err: Array, y: Array, dtype: Any) -> tuple[Array, Array]:
    """Size and error of ``r = s - y``, rounded once."""
    r = _f64(S - y.reshape(S.shape))
    return np.abs(r), _rounded(r, S_err, dtype)


def _squared_error(S: Array, S_err: Array, y: Array, dtype: Any) -> LossErrors:
    return _square(*_residual(S, S_err, y, dtype), dtype).summed(dtype)


def _sigmoid_squared_error(S: Array, S_err: Array, y: Array, dtype: Any) -> LossErrors:
    """The slope σ(s) σ(-s) has a logarithmic derivative ``1 - 2σ`` within ±1; it costs two sigmoids and a product."""
    u = unit(dtype)
    log_sigma = _log_sigmoid(S)
    log_slope = log_sigma + _log_sigmoid(-S)
    slope_err = _scaled_by_exp(log_slope, S_err + gamma(2 * (EXP + 4) + 1, dtype)) + 2 * tiny(dtype)
    r = np.abs(np.exp(log_sigma) - _f64(y.reshape(S.shape)))
    square = _square(r, sigmoid(S, S_err, dtype) + u * r, dtype)
    slope = np.exp(log_slope)
    square.slope_err = square.slope_err * (slope + slope_err) + square.slope * slope_err
    square.slope = square.slope * slope
    return square.summed(dtype)


def _square(r: Array, r_err: Array, dtype: Any) -> Terms:
    """``r²`` and ``2 r`` for an r off by `r_err`."""
    return Terms(r * r, 2 * r * r_err + r_err**2 + gamma(1, dtype) * (r + r_err) ** 2, 2 * r, 2 * r_err)


def _huber(S: Array, S_err: Array, y: Array, dtype: Any, epsilon: float = 0.1) -> LossErrors:
    """Value and slope ``min(|r|, ε)`` are continuous, in ε too, which is rounded to the dtype: at ε either serves.

    Both are of the size of ``|r| min(|r|, ε)``, with at most 6 roundings.
    """
    r, r_err = _residual(S, S_err, y, dtype)
    slope, steepest = np.minimum(r, epsilon), np.minimum(r + r_err, epsilon)
    value_err = steepest * r_err + gamma(6, dtype) * steepest * (r + r_err)
    slope_err = np.where(r - r_err > epsilon, 0, np.minimum(r_err, 2 * epsilon)) + unit(dtype) * epsilon
    return Terms(r * slope, value_err, slope, slope_err).summed(dtype)


def _insensitive(p: int) -> Callable[..., LossErrors]:
    """``max(0, |r| - ε)^p``, where ε is rounded to the dtype; if r is as small as its error, so is its sign lost."""

    def errors(S: Array, S_err: Array, y: Array, dtype: Any, epsilon: float = 0.1) -> LossErrors:
        r, r_err = _residual(S, S_err, y, dtype)
        m_err = _rounded(r - epsilon, r_err + unit(dtype) * epsilon, dtype)
        terms = _beyond(r - epsilon, m_err, p, dtype)
        either_sign = (r <= r_err) & (r_err > 0)
        terms.slope_err = terms.slope_err + np.where(either_sign, 2 * terms.slope, 0)
        return terms.summed(dtype)

    return errors


LOSSES: dict[str, Callable[..., LossErrors]] = {
    "cross_entropy": _cross_entropy,
    "hinge": _hinge,
    "crammer_singer": _crammer_singer,
    "logistic": _logistic,
    "ovr_hinge": _one_vs_rest(_svm(1)),
    "ovr_squared_hinge": _one_vs_rest(_svm(2)),
    "ovr_perceptron": _one_vs_rest(_perceptron),
    "ovr_modified_huber": _one_vs_rest(_modified_huber),
    "squared_error": _squared_error,
    "sigmoid_squared_error": _sigmoid_squared_error,
    "huber": _huber,
    "epsilon_insensitive": _insensitive(1),
    "squared_epsilon_insensitive": _insensitive(2),
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
    """(N,) what multiplies the row's loss, v_i or v_i k_y; 0 for a row that counts for nothing."""
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
    within_rows = {key: value for key, value in options.items() if key not in ("sample_weight", "ignore_index")}
    loss_err, dS_err = LOSSES[name](S, S_err, y, dtype, **within_rows)
    loss, dS, weight = np.abs(_f64(rows.loss)), np.abs(_f64(rows.dS)), np.abs(_f64(rows.weight))
    # v_i k_y, the weight over the divisor, that in the dtype, times the value, and two to spare; and the divisor's own
    # error, accumulated in float64 whatever the dtype.
    scaling = gamma(6, dtype) + (gamma(len(loss), np.float64) if reduction == "mean" else 0)
    lost = tiny(dtype) * (weight != 0)  # rows of weight 0 have no error at all: they are exactly 0
    loss_err = (1 + scaling) * weight * loss_err + scaling * loss + lost
    dS_err = (1 + scaling) * weight[:, None] * dS_err + scaling * dS + lost[:, None]
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
    errors.dW = errors.dS.T @ X + dot(size.T, X, dtype, ROWS, extra=2) + lost
    errors.dW += 4 * u * (l2 * W + l1) + 2 * u * (size.T @ X)  # the penalty's two products and additions
    errors.db = errors.dS.sum(axis=0) + gamma(cut(len(X), ROWS) + 2, dtype) * size.sum(axis=0) + lost
    errors.dX = errors.dS @ W + dot(size, W, dtype, TERMS, extra=2)
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
    dtype: Any,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
) -> tuple[Array, Array]:
    """Errors of W and of velocity after one step. Each of lr, momentum, … is rounded to the dtype as well.

    Every term of the velocity goes through at most 8 roundings: weight decay's product and sum, the factor
    ``1 - dampening`` and its product, momentum's product and the sum. Every term of W goes through at most 20 with
    those: momentum's twice (Nesterov), lr's product and difference, l1's threshold and the division by ``1 + r l2``,
    where ``r = lr (1 - dampening) / (1 - momentum)`` is of 4 itself. The proximal map has Lipschitz constant 1.
    """
    W, dW = np.abs(_f64(W)), np.abs(_f64(dW))
    past = np.zeros_like(W) if velocity is None else np.abs(_f64(velocity))
    g = dW + weight_decay * W
    v = momentum * past + (1 + dampening) * g
    v_err = (1 + dampening) * dW_err + gamma(8, dtype) * v + 2 * tiny(dtype)
    d_err = dW_err
    if momentum:
        d_err = dW_err + momentum * v_err if nesterov else v_err
    size = W + lr * (g + (1 + momentum) * v)
    if l1:
        size = size + l1 * (lr * abs((1 - dampening) / (1 - momentum)) if momentum else lr)
    return lr * d_err + gamma(20, dtype) * size + 2 * tiny(dtype), v_err


def average(W: Array, W_err: Array, old: Array, count: int) -> Array:
    """Error of ``old + (W - old) / count`` in float64 for a W off by `W_err`: a difference, a quotient, a sum."""
    size = np.abs(_f64(old)) + np.abs(_f64(W)) + W_err
    return W_err / count + gamma(4, np.float64) * size + tiny(np.float64)


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
