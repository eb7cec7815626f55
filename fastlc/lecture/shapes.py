"""Shapes: images as rows, and the bias trick.

All functions of fastlc take one example a row, ``X (N, D)``, and one row of weights a class, ``W (C, D)``, so that
``S = X Wᵀ + b`` is ``s_i = W x_i + b`` for every row. These few lines bring other shapes into that form.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .. import _arrays
from .._checks import integer
from ..reference import Array


def flatten(images: ArrayLike, start_axis: int = 1) -> Array:
    """Images as rows: all axes from `start_axis` on become one, as in `torch.nn.Flatten`.

    The pixel in row h and column w, of channel k, becomes feature ``(h · width + w) · channels + k``;
    ``x.reshape(height, width, channels)`` undoes it, for a row of W too.

    Parameters
    ----------
    images : (N, height, width), (N, height, width, channels) or any (N, …), of floats, integers or bools
    start_axis : int
        The first axis that is not one of the batch: 1 for N images, 0 for a single one, 2 for (batch, time, …).

    Returns
    -------
    (N, D) array, or with another `start_axis` the axes before it and D, the product of the others. A view of the images
    where their memory allows it.

    Raises
    ------
    TypeError
        If the images are no array of numbers, or `start_axis` is no integer.
    ValueError
        If there is no such axis.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.lecture.shapes import flatten
    >>> flatten(np.zeros((60, 28, 28))).shape, flatten(np.zeros((60, 32, 32, 3))).shape
    ((60, 784), (60, 3072))
    >>> flatten(np.array([[1, 2], [3, 4]]), start_axis=0)
    array([1, 2, 3, 4])
    """
    array, start = _arrays.as_array(images, "images"), integer(start_axis, "start_axis", 0)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"images {_arrays.what(array)}, expected numbers")
    if array.ndim <= start:
        raise ValueError(f"images has shape {array.shape}, expected at least {start + 1} axes")
    return array.reshape(*array.shape[:start], math.prod(array.shape[start:]))


def append_ones(X: ArrayLike) -> Array:
    """A feature that is always 1, behind the others: half of the bias trick, ``W x + b = [W b] [x; 1]``.

    Parameters
    ----------
    X : (N, D) or (D,), float32 or float64

    Returns
    -------
    (N, D + 1) or (D + 1,) array, dtype of X

    Raises
    ------
    TypeError, ValueError
        If X is no such array.

    Examples
    --------
    >>> from fastlc.lecture.shapes import append_ones
    >>> append_ones([[2.0, 3.0], [4.0, 5.0]])
    array([[2., 3., 1.],
           [4., 5., 1.]])
    """
    X = _arrays.floats(X, "X")
    if X.ndim not in (1, 2):
        raise ValueError(f"X has shape {X.shape}, expected (N, D) or (D,)")
    return np.concatenate([X, np.ones((*X.shape[:-1], 1), X.dtype)], axis=-1)


def append_bias(W: ArrayLike, b: ArrayLike) -> Array:
    """The bias as the last column of the weights: the other half of the bias trick, ``[W b]``.

    A penalty then counts the bias too, which it does not where b is an argument of its own.

    Parameters
    ----------
    W : (C, D) float32 or float64
    b : (C,), dtype of W

    Returns
    -------
    (C, D + 1) array, dtype of W

    Raises
    ------
    TypeError, ValueError
        If the dtypes differ, or the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.lecture.shapes import append_bias, append_ones
    >>> x, W, b = np.array([1.0, 2.0]), np.array([[1.0, 0.0], [3.0, 4.0]]), np.array([0.5, -1.0])
    >>> W @ x + b, append_bias(W, b) @ append_ones(x)
    (array([ 1.5, 10. ]), array([ 1.5, 10. ]))
    """
    W = _arrays.floats(W, "W")
    if W.ndim != 2:
        raise ValueError(f"W has shape {W.shape}, expected (C, D)")
    b = _arrays.floats(b, "b", W.dtype.name, "W")
    if b.shape != W.shape[:1]:
        raise ValueError(f"b has shape {b.shape}, W has {len(W)} rows")
    return np.concatenate([W, b[:, None]], axis=1)


def split_bias(Wb: ArrayLike) -> tuple[Array, Array]:
    """Weights and bias of ``[W b]``: what `append_bias` did, undone.

    Parameters
    ----------
    Wb : (C, D + 1) float32 or float64

    Returns
    -------
    W : (C, D)
    b : (C,)
        Contiguous copies.

    Raises
    ------
    TypeError, ValueError
        If Wb is no such array.

    Examples
    --------
    >>> from fastlc.lecture.shapes import split_bias
    >>> split_bias([[1.0, 0.0, 0.5], [3.0, 4.0, -1.0]])
    (array([[1., 0.],
           [3., 4.]]), array([ 0.5, -1. ]))
    """
    Wb = _arrays.floats(Wb, "Wb")
    if Wb.ndim != 2 or Wb.shape[1] == 0:
        raise ValueError(f"Wb has shape {Wb.shape}, expected (C, D + 1)")
    return Wb[:, :-1].copy(), Wb[:, -1].copy()
