"""Gradients checked against finite differences: what a loss says is its derivative must be the slope that one measures.

In float64, where a central difference is good to about nine digits, so that a wrong formula cannot hide in rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .reference import Array


def numerical_gradient(f: Callable[[Array], float], w: ArrayLike, eps: float | None = None) -> NDArray[np.float64]:
    """Gradient of f at w by central differences, ``df/dw_i ≈ (f(w + h e_i) − f(w − h e_i)) / 2h``.

    The step is ``h = eps · max(1, |w_i|)``. Truncation costs an error ∝ h², rounding one ∝ 1/h; with the cube root of
    the machine epsilon, 6e-6, they are about equal (Press et al., Numerical Recipes, 3rd ed., §5.7).

    Parameters
    ----------
    f : function
        Takes a float64 array of the shape of w and returns a number. It must not change the array or keep it.
    w : array of any shape
        Where to take the gradient; converted to float64.
    eps : float, optional
        Relative step, > 0; default the cube root of the machine epsilon.

    Returns
    -------
    float64 array of the shape of w.

    Raises
    ------
    ValueError
        If eps is not > 0.

    Examples
    --------
    >>> from fastlc.gradcheck import numerical_gradient
    >>> numerical_gradient(lambda w: (w**3).sum(), [1.0, 2.0]).round(6)
    array([ 3., 12.])
    """
    eps = float(np.cbrt(np.finfo(np.float64).eps)) if eps is None else eps
    if not eps > 0:
        raise ValueError(f"eps = {eps} is not > 0")
    w = np.array(w, dtype=np.float64)
    gradient = np.empty_like(w)
    for i in np.ndindex(w.shape):
        here = float(w[i])
        h = eps * max(1.0, abs(here))
        w[i] = right = here + h
        above = f(w)
        w[i] = left = here - h
        below = f(w)
        w[i] = here
        gradient[i] = (above - below) / (right - left)  # the step as it was rounded
    return gradient


@dataclass(frozen=True)
class GradcheckResult:
    """What `gradcheck` found: for each parameter array the largest error, relative to its largest gradient."""

    errors: dict[str, float]

    @property
    def max_error(self) -> float:
        """The largest error of all; nan if a gradient is."""
        return float(np.max(list(self.errors.values())))


def gradcheck(
    loss: Callable[..., Any],
    X: ArrayLike,
    y: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None = None,
    *,
    eps: float | None = None,
    **options: Any,
) -> GradcheckResult:
    """Compares the gradients dW and db of a fused loss with central differences of it.

    The error of an array is ``max|analytic − numeric| / max(|analytic|, |numeric|)``, both maxima over the whole array,
    so that elements near 0 do not divide rounding by rounding. Right gradients give about 1e-9. A loss with kinks has
    no derivative at them (the hinge, where a margin is just met): choose points that keep a distance.

    Parameters
    ----------
    loss : function
        ``loss(X, y, W, b, **options) -> loss, dW, db`` that also takes ``grad=False``, such as `fastlc.linear_hinge`.
    X : (N, D)
    y : (N,) labels, or targets as the loss asks
    W : (C, D)
    b : (C,), optional
        X, W and b are converted to float64.
    eps : float, optional
        Relative step of `numerical_gradient`.
    **options
        Passed on to the loss: ``l2``, ``margin``, ….

    Returns
    -------
    GradcheckResult
        ``errors['W']``, with b also ``errors['b']``, and ``max_error``.

    Raises
    ------
    TypeError, ValueError
        As the loss.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> from fastlc.gradcheck import gradcheck
    >>> rng = np.random.default_rng(0)
    >>> X, y, W, b = rng.normal(size=(9, 4)), rng.integers(3, size=9), rng.normal(size=(3, 4)), np.zeros(3)
    >>> gradcheck(fastlc.linear_cross_entropy, X, y, W, b, l2=0.1).max_error < 1e-7
    True
    """
    X, W = np.asarray(X, dtype=np.float64), np.asarray(W, dtype=np.float64)
    b = None if b is None else np.asarray(b, dtype=np.float64)
    _, dW, db = loss(X, y, W, b, **options)
    errors = {"W": _error(dW, numerical_gradient(lambda w: loss(X, y, w, b, grad=False, **options), W, eps))}
    if b is not None:
        errors["b"] = _error(db, numerical_gradient(lambda w: loss(X, y, W, w, grad=False, **options), b, eps))
    return GradcheckResult(errors)


def _error(analytic: Array, numeric: Array) -> float:
    scale = max(np.abs(analytic).max(initial=0), np.abs(numeric).max(initial=0))
    return float(np.abs(analytic - numeric).max(initial=0) / scale) if scale != 0 else 0.0
