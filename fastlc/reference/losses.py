"""The losses. Each is one function on scores and, derived from it, its version fused with the linear map.

What a loss returns is the loss and its gradient; how rows are weighted and averaged is the same for all (`common`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import common
from ._types import Array
from .scores import log_softmax, sigmoid, softmax


def cross_entropy(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    reduction: str = "mean",
    grad: bool = True,
    label_smoothing: float = 0.0,
) -> Any:
    """Softmax cross-entropy, ``l = −k_y log softmax(s)_y``, with ``dl/ds = k_y (softmax(s) − onehot(y))``.

    With `label_smoothing` ε, in [0, 1], every class has a share in the target (Szegedy et al., 2016):
    ``l = −Σ_c t_c log softmax(s)_c`` with ``t_c = k_c ((1 − ε) [c = y] + ε / C)``, ``dl/ds = softmax(s) Σ_c t_c − t``.
    The mean divides by ``Σ v_i k_{y_i}`` with it and without, as in PyTorch. At S = 0 the loss is ``ln C``.
    """
    row = np.arange(len(y))
    divides = common.row_weight(y, sample_weight, class_weight)
    if label_smoothing:
        t = np.full(S.shape, label_smoothing / max(S.shape[1], 1), S.dtype)
        t[row, y] += 1 - label_smoothing
        if class_weight is not None:
            t *= np.asarray(class_weight)
        loss = -(t * log_softmax(S)).sum(axis=1)
        dS = softmax(S) * t.sum(axis=1)[:, None] - t
        return common.reduce(loss, dS, common.row_weight(y, sample_weight), divides, reduction, grad)
    loss = -log_softmax(S)[row, y]
    dS = softmax(S)
    dS[row, y] -= 1
    return common.reduce(loss, dS, divides, divides, reduction, grad)


linear_cross_entropy = common.linear_version(cross_entropy)


def hinge(
    S: Array,
    y: Array,
    *,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    reduction: str = "mean",
    grad: bool = True,
    margin: float = 1.0,
    p: int = 1,
) -> Any:
    """Multi-class SVM loss (Weston–Watkins), ``l = k_y Σ_{j≠y} max(0, s_j − s_y + margin)^p``, p = 1 or 2.

    At a kink the subgradient is 0. The mean divides by ``Σ v_i``. At S = 0 with margin 1 the loss is ``C − 1``.
    """
    row = np.arange(len(y))
    with np.errstate(invalid="ignore"):
        m = np.maximum(S - S[row, y][:, None] + S.dtype.type(margin), 0)
    m[row, y] = 0
    dS = np.sign(m) if p == 1 else 2 * m
    dS[row, y] = -dS.sum(axis=1)
    loss = (m if p == 1 else m * m).sum(axis=1)
    weight = common.row_weight(y, sample_weight, class_weight)
    return common.reduce(loss, dS, weight, common.row_weight(y, sample_weight), reduction, grad)


linear_hinge = common.linear_version(hinge)


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
    weight = common.row_weight(y, sample_weight)
    return common.reduce((residual * residual).sum(axis=1), 2 * residual, weight, weight, reduction, grad)


linear_squared_error = common.linear_version(squared_error)


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
    weight = common.row_weight(y, sample_weight)
    return common.reduce((residual * residual).sum(axis=1), dS, weight, weight, reduction, grad)


linear_sigmoid_squared_error = common.linear_version(sigmoid_squared_error)
