"""Jacobians of the functions that a linear classifier is made of, with their shapes: to read, to check, to teach with.

``J[i, j] = ∂ output i / ∂ input j``: the axes of the output come first, then those of the input. In that layout the
chain rule is a product read from the loss backwards, ``∂L/∂x = ∂L/∂s · ∂s/∂x`` (numerator layout, as Parr and Howard,
"The matrix calculus you need for deep learning", arXiv:1802.01528, and as `torch.func.jacrev` has it). The fused losses
never form these matrices: their sizes, C × C a row or (N C) × (C D) a batch, are the reason.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .. import _arrays, functional
from .._checks import integer
from ..reference import Array


def softmax(S: ArrayLike) -> Array:
    """Jacobian of `fastlc.softmax` at each row of scores, ``∂p_i/∂s_j = p_i (δ_ij − p_j)``, or ``diag(p) − p pᵀ``.

    Symmetric, and its rows add to 0: probabilities go on adding to 1.

    Parameters
    ----------
    S : (N, C) or (C,), float32 or float64

    Returns
    -------
    (N, C, C) or (C, C) array, dtype of S

    Raises
    ------
    TypeError, ValueError
        If S is no such array.

    Examples
    --------
    >>> from fastlc.lecture import jacobian
    >>> jacobian.softmax([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    P = functional.softmax(_scores(S))
    return _rows_add_to_zero(-P[..., :, None] * P[..., None, :])


def log_softmax(S: ArrayLike) -> Array:
    """Jacobian of `fastlc.log_softmax` at each row of scores, ``∂ log p_i/∂s_j = δ_ij − p_j``.

    Its rows add to 0. Row y is what the cross-entropy passes back, ``∂L/∂s = p − onehot(y)``, with the opposite sign.

    Parameters
    ----------
    S : (N, C) or (C,), float32 or float64

    Returns
    -------
    (N, C, C) or (C, C) array, dtype of S

    Raises
    ------
    TypeError, ValueError
        If S is no such array.

    Examples
    --------
    >>> from fastlc.lecture import jacobian
    >>> jacobian.log_softmax([0.0, 0.0])
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    P = functional.softmax(_scores(S))
    return _rows_add_to_zero(np.repeat(-P[..., None, :], P.shape[-1], axis=-2))


def sigmoid(S: ArrayLike) -> Array:
    """Jacobian of `fastlc.sigmoid` at each row of scores, ``∂σ_i/∂s_j = δ_ij σ(s_i) (1 − σ(s_i))``.

    Each output depends on its own input alone, so everything off the diagonal is 0.

    Parameters
    ----------
    S : (N, C) or (C,), float32 or float64

    Returns
    -------
    (N, C, C) or (C, C) array, dtype of S

    Raises
    ------
    TypeError, ValueError
        If S is no such array.

    Examples
    --------
    >>> from fastlc.lecture import jacobian
    >>> jacobian.sigmoid([0.0, 0.0])
    array([[0.25, 0.  ],
           [0.  , 0.25]])
    """
    S = _scores(S)
    J = np.zeros((*S.shape, S.shape[-1]), S.dtype)
    _diagonal(J)[...] = functional.sigmoid(S) * functional.sigmoid(-S)  # 1 − σ(s) = σ(−s)
    return J


class LinearJacobians(NamedTuple):
    """What `linear` returns, by the argument that the derivative is taken by."""

    X: Array
    """∂s/∂x, which is W: (C, D), or (N, C, D), each row's by that row."""
    W: Array
    """∂s/∂W, δ_ij x_k at [i, j, k]: (C, C, D), or (N, C, C, D)."""
    b: Array
    """∂s/∂b, the identity: (C, C), or (N, C, C)."""


def linear(X: ArrayLike, W: ArrayLike) -> LinearJacobians:
    """Jacobians of the linear map ``s = W x + b`` by x, by W and by b, at one example or at each row of X.

    Each score depends on one row of W alone, ``∂s_i/∂W_jk = δ_ij x_k``. By W and b, which all rows share, the Jacobians
    of a batch are whole: the scores' axes (N, C), then those of W or b. By X they are one block a row; `block_diagonal`
    makes the whole of them.

    Parameters
    ----------
    X : (N, D) or (D,), float32 or float64
    W : (C, D), dtype of X

    Returns
    -------
    LinearJacobians
        `X` (N, C, D), `W` (N, C, C, D), `b` (N, C, C); without N for a single x. New arrays.

    Raises
    ------
    TypeError, ValueError
        If the dtypes differ, or the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.lecture import jacobian
    >>> J = jacobian.linear(np.array([1.0, 2.0, 3.0]), np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]))
    >>> J.X.shape, J.W.shape, J.b.shape
    ((2, 3), (2, 2, 3), (2, 2))
    >>> J.W[1]
    array([[0., 0., 0.],
           [1., 2., 3.]])
    """
    X = _arrays.floats(X, "X")
    W = _arrays.floats(W, "W", X.dtype.name, "X")
    if X.ndim not in (1, 2):
        raise ValueError(f"X has shape {X.shape}, expected (N, D) or (D,)")
    if W.ndim != 2:
        raise ValueError(f"W has shape {W.shape}, expected (C, D)")
    if W.shape[1] != X.shape[-1]:
        raise ValueError(f"W has {W.shape[1]} columns, X has {X.shape[-1]}")
    batch, identity = X.shape[:-1], np.eye(len(W), dtype=X.dtype)
    by_X = np.broadcast_to(W, (*batch, *W.shape)).copy()
    by_W = np.zeros((*batch, len(W), *W.shape), X.dtype)
    for c in range(len(W)):
        by_W[..., c, c, :] = X
    return LinearJacobians(by_X, by_W, np.broadcast_to(identity, (*batch, *identity.shape)).copy())


def block_diagonal(J: ArrayLike) -> Array:
    """The whole Jacobian of a function that treats each row of a batch by itself, from one Jacobian a row.

    Between the outputs of one row and the inputs of another it is 0, which is why nobody stores it.

    Parameters
    ----------
    J : (N, A, B)
        Of each row, from B inputs to A outputs.

    Returns
    -------
    (N, A, N, B) array, dtype of J

    Raises
    ------
    TypeError, ValueError
        If J does not hold numbers, or does not have three axes.

    Examples
    --------
    >>> from fastlc.lecture import jacobian
    >>> jacobian.matrix(jacobian.block_diagonal([[[1.0, 2.0]], [[3.0, 4.0]]]), outputs=2)
    array([[1., 2., 0., 0.],
           [0., 0., 3., 4.]])
    """
    J = _numbers(J)
    if J.ndim != 3:
        raise ValueError(f"J has shape {J.shape}, expected (N, A, B)")
    N, A, B = J.shape
    whole = np.zeros((N, A, N, B), J.dtype)
    rows = np.arange(N)
    whole[rows, :, rows, :] = J
    return whole


def matrix(J: ArrayLike, outputs: int) -> Array:
    """A Jacobian as a matrix: outputs flattened into its rows, inputs into its columns, both in C order.

    The chain rule is then a product of matrices, ``matrix(outer) @ matrix(inner)``, whatever the shapes were.

    Parameters
    ----------
    J : array, the axes of the output and then those of the input
    outputs : int
        How many axes are the output's.

    Returns
    -------
    (number of outputs, number of inputs) array; a view where memory allows it

    Raises
    ------
    TypeError
        If J does not hold numbers, or `outputs` is no integer.
    ValueError
        If J does not have so many axes.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.lecture import jacobian
    >>> J = jacobian.linear(np.zeros((5, 3)), np.zeros((2, 3)))
    >>> jacobian.matrix(J.W, outputs=2).shape  # (5, 2) scores by (2, 3) weights
    (10, 6)
    """
    J, outputs = _numbers(J), integer(outputs, "outputs", 0)
    if J.ndim < outputs:
        raise ValueError(f"J has shape {J.shape}, expected at least {outputs} axes")
    return J.reshape(math.prod(J.shape[:outputs]), math.prod(J.shape[outputs:]))


def _numbers(J: ArrayLike) -> Array:
    J = _arrays.as_array(J, "J")
    if J.dtype.kind not in "fiubc":
        raise TypeError(f"J has dtype {J.dtype.name}, expected numbers")
    return J


def _scores(S: ArrayLike) -> Array:
    S = _arrays.floats(S, "S")
    if S.ndim not in (1, 2):
        raise ValueError(f"S has shape {S.shape}, expected (N, C) or (C,)")
    return S


def _rows_add_to_zero(J: Array) -> Array:
    """J with such a diagonal: 1 − p is the sum of the other p, and exact to a few roundings where it is tiny."""
    diagonal = _diagonal(J)
    diagonal[...] = 0
    diagonal -= J.sum(axis=-1)
    return J


def _diagonal(J: Array) -> Array:
    """A view of the diagonals of the last two axes, to write to."""
    diagonal: Array = np.einsum("...ii->...i", J)
    return diagonal
