"""Scores and what is read off them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._types import Array


def scores(X: Array, W: Array, b: Array | None = None, *, out: Array | None = None) -> Array:
    """Scores of a linear classifier, ``S = X Wᵀ + b``.

    Parameters
    ----------
    X : (N, D) float32 or float64
        One example a row.
    W : (C, D), dtype of X
        One row of weights a class.
    b : (C,), dtype of X, optional
        One bias a class.
    out : (N, C), dtype of X, C-contiguous, optional
        Where to write the scores; must not overlap an input.

    Returns
    -------
    (N, C) array, dtype of X; `out` if it was given.

    Raises
    ------
    TypeError
        If an argument is not an array of floats, or the dtypes differ.
    ValueError
        If the shapes do not fit, or `out` cannot be written in place.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> X = np.array([[1.0, 2.0]])
    >>> W = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> fastlc.scores(X, W, np.array([0.0, 0.5, -1.0]))
    array([[1. , 2.5, 2. ]])
    """
    S = X @ W.T
    if b is not None:
        S = S + b
    if out is None:
        return S
    out[...] = S
    return out


def predict(X: Array, W: Array, b: Array | None = None) -> NDArray[np.int64]:
    """Label of each row: the class with the highest score. The scores are not stored.

    Ties go to the lowest class, and a nan score wins, as in `numpy.argmax`. If W has a single row, the label is 1 where
    the score is > 0 and 0 elsewhere.

    Parameters
    ----------
    X : (N, D) float32 or float64
    W : (C, D), dtype of X
    b : (C,), dtype of X, optional

    Returns
    -------
    (N,) int64

    Raises
    ------
    TypeError, ValueError
        As `scores`; also if W has no rows.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> X = np.array([[1.0, 2.0], [3.0, 0.0]])
    >>> W = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> fastlc.predict(X, W)
    array([1, 0])
    """
    S = scores(X, W, b)
    if S.shape[1] == 1:
        return np.asarray(S[:, 0] > 0, dtype=np.int64)
    return np.asarray(S.argmax(axis=1), dtype=np.int64)


def predict_proba(X: Array, W: Array, b: Array | None = None) -> Array:
    """Probability of each class: ``softmax(scores(X, W, b))``.

    If W has a single row, its score s is that of label 1 in a logistic model: the columns are ``sigmoid(-s)``,
    ``sigmoid(s)``.

    Parameters
    ----------
    X : (N, D) float32 or float64
    W : (C, D), dtype of X
    b : (C,), dtype of X, optional

    Returns
    -------
    (N, C) array, dtype of X; (N, 2) if C is 1.

    Raises
    ------
    TypeError, ValueError
        As `scores`; also if W has no rows.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> fastlc.predict_proba(np.array([[1.0, 2.0]]), np.zeros((4, 2)))
    array([[0.25, 0.25, 0.25, 0.25]])
    """
    S = scores(X, W, b)
    if S.shape[1] == 1:
        return np.hstack([sigmoid(-S), sigmoid(S)])
    return softmax(S)


def softmax(S: Array) -> Array:
    """Softmax along the last axis, ``exp(s_c) / Σ_j exp(s_j)``.

    The maximum of each row is subtracted first, so that scores of any size are safe.

    Parameters
    ----------
    S : (N, C) or (C,) float32 or float64

    Returns
    -------
    Array of the shape and dtype of S; rows sum to 1.

    Raises
    ------
    TypeError
        If S is not an array of floats.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> fastlc.softmax(np.array([0.0, np.log(3.0)])).round(12)
    array([0.25, 0.75])
    """
    if S.size == 0:
        return S.copy()
    with np.errstate(invalid="ignore"):
        e = np.exp(S - S.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def log_softmax(S: Array) -> Array:
    """Logarithm of the softmax along the last axis, ``s_c − log Σ_j exp(s_j)``, without under- or overflow.

    Parameters
    ----------
    S : (N, C) or (C,) float32 or float64

    Returns
    -------
    Array of the shape and dtype of S.

    Raises
    ------
    TypeError
        If S is not an array of floats.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> fastlc.log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    if S.size == 0:
        return S.copy()
    with np.errstate(invalid="ignore"):
        shifted = S - S.max(axis=-1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def sigmoid(S: Array) -> Array:
    """The logistic function, ``1 / (1 + exp(−s))``, element by element.

    Parameters
    ----------
    S : (N, C) or (C,) float32 or float64

    Returns
    -------
    Array of the shape and dtype of S.

    Raises
    ------
    TypeError
        If S is not an array of floats.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> fastlc.sigmoid(np.array([0.0, np.log(3.0), -1000.0])).round(12)
    array([0.5 , 0.75, 0.  ])
    """
    e = np.exp(-np.abs(S))
    return np.where(S >= 0, 1 / (1 + e), e / (1 + e))
