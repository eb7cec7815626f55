"""The losses. Each is one function on scores and, derived from it, its version fused with the linear map.

What a loss returns is the loss and its gradient; how rows are weighted and averaged is the same for all (`common`).
Nan and inf in the scores go where IEEE arithmetic sends them, without warnings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import common
from ._types import Array
from .scores import log_softmax, sigmoid, softmax

# ---------------------------------------------------------------------------------------------------------------------
# Classes that exclude each other; class weights weigh rows
# ---------------------------------------------------------------------------------------------------------------------


def _rows_of_cross_entropy(y: Array, *, label_smoothing: float = 0.0, **how: Any) -> common.Rows:
    """Where every class has a target, class weights are within the loss; but a label's is in the divisor even so."""
    by_sample = common.rows_by_sample(y, **how)
    if y.dtype.kind == "f":
        return by_sample
    by_class = common.rows_by_class(y, **how).weight
    return common.Rows(by_sample.weight if label_smoothing else by_class, by_class)


@np.errstate(all="ignore")
def cross_entropy(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    grad: bool = True,
    label_smoothing: float = 0.0,
) -> Any:
    """Softmax cross-entropy, ``l = −k_y log softmax(s)_y``, with ``dl/ds = k_y (softmax(s) − onehot(y))``.

    Floats as y are targets t for every class (soft targets; they need not sum to 1): ``l = −Σ_c k_c t_c log
    softmax(s)_c``, with ``dl/ds = softmax(s) Σ_c k_c t_c − k t``; a target of 0 contributes exactly 0, where the score
    is −inf too (PyTorch: nan). With `label_smoothing` ε, in [0, 1], every class has a share in the target (Szegedy et
    al., 2016): ``(1 − ε) t + ε / C`` takes the place of t, which for labels is ``onehot(y)``. The mean divides by ``Σ
    v_i k_{y_i}`` for labels, with smoothing and without, and by ``Σ v_i`` for floats, as in PyTorch. At S = 0 the loss
    of a label is ``ln C``.

    Parameters
    ----------
    label_smoothing : float in [0, 1], default 0.0
        ε, the share of each target that is spread evenly over the C classes.
    """
    soft = y.dtype.kind == "f"
    rows = _rows_of_cross_entropy(
        y,
        sample_weight=sample_weight,
        class_weight=class_weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
    )
    log_p, p = log_softmax(S), softmax(S)
    if not soft and not label_smoothing:
        label = common.onehot(y, S.shape[1])
        return common.reduce(-np.where(label, log_p, 0).sum(axis=1), p - label, rows, reduction, grad)
    t = y.reshape(S.shape) if soft else common.onehot(y, S.shape[1]).astype(S.dtype)
    if label_smoothing:
        epsilon = S.dtype.type(label_smoothing)
        t = (1 - epsilon) * t + epsilon / S.dtype.type(S.shape[1])
    unit: Any = 1
    if class_weight is not None:
        (k,), unit = common.in_range(np.asarray(class_weight, np.longdouble))
        t = k.astype(S.dtype) * t
    dS = p * t.sum(axis=1)[:, None] - t
    return common.reduce(-np.where(t == 0, 0, t * log_p).sum(axis=1), dS, rows, reduction, grad, unit)


linear_cross_entropy = common.linear_version(cross_entropy, _rows_of_cross_entropy)


@np.errstate(all="ignore")
def hinge(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    grad: bool = True,
    margin: float = 1.0,
    p: int = 1,
) -> Any:
    """Multi-class SVM loss (Weston–Watkins), ``l = k_y Σ_{j≠y} max(0, s_j − s_y + margin)^p``, p = 1 or 2.

    At a kink the subgradient is 0. The mean divides by ``Σ v_i``. At S = 0 with margin 1 the loss is ``C − 1``.

    Parameters
    ----------
    margin : float, default 1.0
        The lead of s_y over each rival at which that rival costs nothing.
    p : {1, 2}, default 1
        The power of each violation: 1 is the hinge, 2 the squared hinge.
    """
    label = common.onehot(y, S.shape[1])
    s_y = np.where(label, S, 0).sum(axis=1)[:, None]
    m = np.where(label, 0, np.maximum(S - s_y + S.dtype.type(margin), 0))
    dS = np.sign(m) if p == 1 else 2 * m
    dS = np.where(label, -dS.sum(axis=1)[:, None], dS)
    loss = (m if p == 1 else m * m).sum(axis=1)
    rows = common.rows_by_class(y, sample_weight=sample_weight, class_weight=class_weight, ignore_index=ignore_index)
    return common.reduce(loss, dS, rows, reduction, grad)


linear_hinge = common.linear_version(hinge, common.rows_by_class)


@np.errstate(all="ignore")
def crammer_singer(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    grad: bool = True,
    margin: float = 1.0,
) -> Any:
    """Multi-class SVM loss of Crammer and Singer (2001), ``l = k_y max(0, max_{j≠y} s_j − s_y + margin)``.

    Only the strongest rival is pushed down, the first of equals: where the loss is positive, its derivative is k_y
    there and −k_y at y; at a kink it is 0. The mean divides by ``Σ v_i``. At S = 0 with margin 1 the loss is 1, with a
    single class 0.

    Parameters
    ----------
    margin : float, default 1.0
        The lead of s_y over the strongest rival at which the row costs nothing.
    """
    label = common.onehot(y, S.shape[1])
    if S.shape[1] == 1:
        S = np.zeros_like(S)  # there is no rival, whatever the score
    s_y = np.where(label, S, 0).sum(axis=1)
    top = np.where(label, -np.inf, S).max(axis=1, initial=-np.inf)
    reached = np.where(np.isnan(top)[:, None], np.isnan(S), top[:, None] == S) & ~label
    rival = reached & (reached.cumsum(axis=1) == 1)  # the first
    m = np.maximum(top - s_y + S.dtype.type(margin), 0)
    slope = np.sign(m)[:, None]  # 0, 1 or nan
    dS = np.where(rival, slope, 0) - np.where(label, slope, 0)
    rows = common.rows_by_class(y, sample_weight=sample_weight, class_weight=class_weight, ignore_index=ignore_index)
    return common.reduce(m, dS, rows, reduction, grad)


linear_crammer_singer = common.linear_version(crammer_singer, common.rows_by_class)


# ---------------------------------------------------------------------------------------------------------------------
# One class against the rest; class weights weigh columns
# ---------------------------------------------------------------------------------------------------------------------

_Phi = Callable[[Array], tuple[Array, Array]]
"""A loss of a margin z, large where the answer is right: its value and its slope."""


def _is_positive(y: Array, classes: int) -> Array:
    """Which scores ought to be positive, (N, C): those of the label, or of one class the rows with label 1."""
    return (y == 1)[:, None] if classes == 1 else common.onehot(y, classes)


def _one_vs_rest(
    phi: _Phi,
    S: Array,
    y: Array,
    class_weight: Array | None,
    pos_weight: Array | None,
    reduction: str,
    grad: bool,
    **how: Any,
) -> Any:
    """``Σ_c k_c (p_c if t_c else 1) φ(±s_c)`` for labels; `how` says which rows count."""
    t = _is_positive(y, S.shape[1])
    value, slope = phi(np.where(t, S, -S))
    slope = np.where(np.isnan(S), S, slope)  # no comparison with nan decides
    k, kp, unit = _column_weights(S, class_weight, pos_weight)
    weight = np.where(t, kp, k)
    rows = common.rows_by_sample(y, **how)
    dS = weight * np.where(t, slope, -slope)
    return common.reduce((weight * value).sum(axis=1), dS, rows, reduction, grad, unit)


def _column_weights(S: Array, class_weight: Array | None, pos_weight: Array | None) -> tuple[Array, Array, Any]:
    """What negatives and positives of each column weigh, ``k_c`` and ``k_c p_c``, both divided by the third."""
    k = np.ones(S.shape[1], np.longdouble) if class_weight is None else np.asarray(class_weight, np.longdouble)
    (k, kp), unit = common.in_range(k, k if pos_weight is None else k * np.asarray(pos_weight))
    return k.astype(S.dtype), kp.astype(S.dtype), unit


def _logistic(z: Array) -> tuple[Array, Array]:
    """``softplus(−z) = log(1 + exp(−z))``."""
    return np.logaddexp(0, -z), -sigmoid(-z)


@np.errstate(all="ignore")
def logistic(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    grad: bool = True,
    pos_weight: Array | None = None,
) -> Any:
    """Logistic loss, ``l = Σ_c k_c [(1 − t_c) softplus(s_c) + p_c t_c softplus(−s_c)]``, a class against the rest.

    With ``dl/ds_c = k_c [(1 − t_c) σ(s_c) − p_c t_c σ(−s_c)]`` and ``softplus(s) = log(1 + exp(s))``. The target t_c is
    1 for the label and 0 for all others; a single column takes labels 0 and 1 as its targets. Floats as y, in [0, 1],
    are the targets themselves; a part whose factor is 0 contributes exactly 0, of an infinite score too. `class_weight`
    k weighs columns, `pos_weight` p their positive part; without them it is binary cross-entropy, ``softplus(s_c) − t_c
    s_c`` a column. The mean divides by ``Σ v_i`` (rows, not elements). At S = 0 the loss is ``C ln 2``.
    """
    if y.dtype.kind != "f":
        return _one_vs_rest(
            _logistic, S, y, class_weight, pos_weight, reduction, grad,
            sample_weight=sample_weight, ignore_index=ignore_index,
        )  # fmt: skip
    t = y.reshape(S.shape)
    k, kp, unit = _column_weights(S, class_weight, pos_weight)
    no, yes = k * (1 - t), kp * t
    loss = np.where(no == 0, 0, no * np.logaddexp(0, S)) + np.where(yes == 0, 0, yes * np.logaddexp(0, -S))
    dS = no * sigmoid(S) - yes * sigmoid(-S)
    rows = common.rows_by_sample(y, sample_weight=sample_weight)
    return common.reduce(loss.sum(axis=1), dS, rows, reduction, grad, unit)


linear_logistic = common.linear_version(logistic, common.rows_by_sample)


def _hinge(z: Array) -> tuple[Array, Array]:
    return np.maximum(1 - z, 0), -(z <= 1).astype(z.dtype)


@np.errstate(all="ignore")
def ovr_hinge(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    grad: bool = True,
    pos_weight: Array | None = None,
) -> Any:
    """Linear SVM loss of each class against the rest, ``l = Σ_c k_c φ(z_c)`` with ``φ(z) = max(0, 1 − z)``.

    There ``z_c = s_c`` for the label and ``z_c = −s_c`` for all others; a single column takes labels 0 (negative) and
    1. The slope of φ is −1 where ``z ≤ 1``, the kink included, as in scikit-learn. `class_weight` k weighs columns;
    `pos_weight` p counts as another factor where the column is the label's. The mean divides by ``Σ v_i`` (rows, not
    elements). At S = 0 the loss is C.
    """
    return _one_vs_rest(
        _hinge, S, y, class_weight, pos_weight, reduction, grad, sample_weight=sample_weight, ignore_index=ignore_index
    )


linear_ovr_hinge = common.linear_version(ovr_hinge, common.rows_by_sample)


def _squared_hinge(z: Array) -> tuple[Array, Array]:
    m = np.maximum(1 - z, 0)
    return m * m, -2 * m


@np.errstate(all="ignore")
def ovr_squared_hinge(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    grad: bool = True,
    pos_weight: Array | None = None,
) -> Any:
    """Squared SVM loss of each class against the rest, ``l = Σ_c k_c φ(z_c)`` with ``φ(z) = max(0, 1 − z)²``.

    There ``z_c = s_c`` for the label and ``z_c = −s_c`` for all others; a single column takes labels 0 (negative) and
    1. `class_weight` k weighs columns; `pos_weight` p counts as another factor where the column is the label's. The
    mean divides by ``Σ v_i`` (rows, not elements). At S = 0 the loss is C.
    """
    return _one_vs_rest(
        _squared_hinge, S, y, class_weight, pos_weight, reduction, grad,
        sample_weight=sample_weight, ignore_index=ignore_index,
    )  # fmt: skip


linear_ovr_squared_hinge = common.linear_version(ovr_squared_hinge, common.rows_by_sample)


def _perceptron(z: Array) -> tuple[Array, Array]:
    return np.maximum(-z, 0), -(z <= 0).astype(z.dtype)


@np.errstate(all="ignore")
def ovr_perceptron(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    grad: bool = True,
    pos_weight: Array | None = None,
) -> Any:
    """Perceptron loss of each class against the rest, ``l = Σ_c k_c φ(z_c)`` with ``φ(z) = max(0, −z)``.

    There ``z_c = s_c`` for the label and ``z_c = −s_c`` for all others; a single column takes labels 0 (negative) and
    1. The slope of φ is −1 where ``z ≤ 0``, so that training moves on from scores of 0, as in scikit-learn.
    `class_weight` k weighs columns; `pos_weight` p counts as another factor where the column is the label's. The mean
    divides by ``Σ v_i`` (rows, not elements). At S = 0 the loss is 0.
    """
    return _one_vs_rest(
        _perceptron, S, y, class_weight, pos_weight, reduction, grad,
        sample_weight=sample_weight, ignore_index=ignore_index,
    )  # fmt: skip


linear_ovr_perceptron = common.linear_version(ovr_perceptron, common.rows_by_sample)


def _modified_huber(z: Array) -> tuple[Array, Array]:
    m = np.maximum(1 - z, 0)
    return np.where(z < -1, -4 * z, m * m), np.where(z < -1, -4, -2 * m)


@np.errstate(all="ignore")
def ovr_modified_huber(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    ignore_index: int | None = None,
    reduction: str = "mean",
    grad: bool = True,
    pos_weight: Array | None = None,
) -> Any:
    """Modified Huber loss of each class against the rest, ``l = Σ_c k_c φ(z_c)``, ``φ(z) = max(0, 1 − z)²`` or ``−4z``.

    The second where ``z < −1``: a squared hinge that goes on along its tangent, so that outliers pull no harder than
    with slope 4 (Zhang, 2004). There ``z_c = s_c`` for the label and ``z_c = −s_c`` for all others; a single column
    takes labels 0 (negative) and 1. `class_weight` k weighs columns; `pos_weight` p counts as another factor where the
    column is the label's. The mean divides by ``Σ v_i`` (rows, not elements). At S = 0 the loss is C.
    """
    return _one_vs_rest(
        _modified_huber, S, y, class_weight, pos_weight, reduction, grad,
        sample_weight=sample_weight, ignore_index=ignore_index,
    )  # fmt: skip


linear_ovr_modified_huber = common.linear_version(ovr_modified_huber, common.rows_by_sample)


# ---------------------------------------------------------------------------------------------------------------------
# Regressions: y holds floats, and no class has a weight
# ---------------------------------------------------------------------------------------------------------------------


@np.errstate(all="ignore")
def squared_error(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    reduction: str = "mean",
    grad: bool = True,
) -> Any:
    """Squared error of a regression, ``l = Σ_c (s_c − y_c)²``, with ``dl/ds_c = 2 (s_c − y_c)``.

    The mean divides by ``Σ v_i`` (rows, not elements).
    """
    residual = S - y.reshape(S.shape)
    rows = common.rows_by_sample(y, sample_weight=sample_weight)
    return common.reduce((residual * residual).sum(axis=1), 2 * residual, rows, reduction, grad)


linear_squared_error = common.linear_version(squared_error, common.rows_by_sample)


@np.errstate(all="ignore")
def sigmoid_squared_error(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    reduction: str = "mean",
    grad: bool = True,
) -> Any:
    """Squared error of sigmoid units, ``l = Σ_c (σ(s_c) − y_c)²``, with ``dl/ds_c = 2 (σ − y_c) σ (1 − σ)``.

    The mean divides by ``Σ v_i`` (rows, not elements).
    """
    sigma = sigmoid(S)
    residual = sigma - y.reshape(S.shape)
    dS = 2 * residual * sigma * sigmoid(-S)
    rows = common.rows_by_sample(y, sample_weight=sample_weight)
    return common.reduce((residual * residual).sum(axis=1), dS, rows, reduction, grad)


linear_sigmoid_squared_error = common.linear_version(sigmoid_squared_error, common.rows_by_sample)


@np.errstate(all="ignore")
def huber(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    reduction: str = "mean",
    grad: bool = True,
    epsilon: float = 0.1,
) -> Any:
    """Huber loss of a regression, ``l = Σ_c h(s_c − y_c)``: ``h(r) = r²/2`` if ``|r| ≤ ε``, else ``ε|r| − ε²/2``.

    With `epsilon` ε ≥ 0; the slope is r near 0 and ±ε beyond, so that outliers pull no harder (Huber, 1964). The mean
    divides by ``Σ v_i`` (rows, not elements).

    Parameters
    ----------
    epsilon : float, default 0.1
        ε ≥ 0, in units of y: the residual from which on the loss is linear, with this slope.
    """
    residual, bend = S - y.reshape(S.shape), S.dtype.type(epsilon)
    size = np.abs(residual)
    loss = np.where(size <= bend, residual * residual / 2, bend * size - bend * bend / 2)
    dS = np.where(size <= bend, residual, bend * np.sign(residual))
    rows = common.rows_by_sample(y, sample_weight=sample_weight)
    return common.reduce(loss.sum(axis=1), dS, rows, reduction, grad)


linear_huber = common.linear_version(huber, common.rows_by_sample)


@np.errstate(all="ignore")
def epsilon_insensitive(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    reduction: str = "mean",
    grad: bool = True,
    epsilon: float = 0.1,
) -> Any:
    """Loss of support vector regression, ``l = Σ_c max(0, |s_c − y_c| − ε)``, which forgives errors up to `epsilon`.

    The slope is ±1 where ``|s_c − y_c| > ε`` and 0 elsewhere, the kink included. The mean divides by ``Σ v_i`` (rows,
    not elements).

    Parameters
    ----------
    epsilon : float, default 0.1
        ε ≥ 0, in units of y: residuals up to this size cost nothing.
    """
    residual = S - y.reshape(S.shape)
    beyond = np.maximum(np.abs(residual) - S.dtype.type(epsilon), 0)
    rows = common.rows_by_sample(y, sample_weight=sample_weight)
    return common.reduce(beyond.sum(axis=1), np.sign(beyond) * np.sign(residual), rows, reduction, grad)


linear_epsilon_insensitive = common.linear_version(epsilon_insensitive, common.rows_by_sample)


@np.errstate(all="ignore")
def squared_epsilon_insensitive(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    reduction: str = "mean",
    grad: bool = True,
    epsilon: float = 0.1,
) -> Any:
    """Squared loss of support vector regression, ``l = Σ_c max(0, |s_c − y_c| − ε)²``, with `epsilon` ε ≥ 0.

    The slope is ``2 (|s_c − y_c| − ε)`` with the sign of ``s_c − y_c`` where that is positive, 0 elsewhere. The mean
    divides by ``Σ v_i`` (rows, not elements).

    Parameters
    ----------
    epsilon : float, default 0.1
        ε ≥ 0, in units of y: residuals up to this size cost nothing.
    """
    residual = S - y.reshape(S.shape)
    beyond = np.maximum(np.abs(residual) - S.dtype.type(epsilon), 0)
    rows = common.rows_by_sample(y, sample_weight=sample_weight)
    return common.reduce((beyond * beyond).sum(axis=1), 2 * beyond * np.sign(residual), rows, reduction, grad)


linear_squared_epsilon_insensitive = common.linear_version(squared_epsilon_insensitive, common.rows_by_sample)
