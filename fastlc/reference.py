"""The oracle: every function of fastlc in plain NumPy, written to be read.

Same names, signatures and meaning as the fast functions; tests hold the kernels to this file. It imports NumPy alone,
computes in the dtype it is given (also ``longdouble``, which is how tests obtain a higher precision), stores every
score and makes no attempt at speed. Arguments are taken on trust: the fast functions are the ones that check them.

Shapes, here and everywhere: ``X (N, D)`` rows are examples; ``W (C, D)`` one row a class; ``b (C,)``;
``S = X Wᵀ + b (N, C)`` scores; ``y (N,)`` labels in ``[0, C)``, or float targets ``(N, C)``.

A loss is one function on scores, from which `_linear` makes the one that is fused with the linear map. Each returns the
loss and its gradient; how rows are weighted and averaged is the same for all and lives in `_reduce`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# ---------------------------------------------------------------------------------------------------------------------
# Scores and what is read off them
# ---------------------------------------------------------------------------------------------------------------------


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


# ---------------------------------------------------------------------------------------------------------------------
# Losses on scores
# ---------------------------------------------------------------------------------------------------------------------


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
    divides = _row_weight(y, sample_weight, class_weight)
    if label_smoothing:
        t = np.full(S.shape, label_smoothing / max(S.shape[1], 1), S.dtype)
        t[row, y] += 1 - label_smoothing
        if class_weight is not None:
            t *= np.asarray(class_weight)
        loss = -(t * log_softmax(S)).sum(axis=1)
        dS = softmax(S) * t.sum(axis=1)[:, None] - t
        return _reduce(loss, dS, _row_weight(y, sample_weight), divides, reduction, grad)
    loss = -log_softmax(S)[row, y]
    dS = softmax(S)
    dS[row, y] -= 1
    return _reduce(loss, dS, divides, divides, reduction, grad)


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
    weight = _row_weight(y, sample_weight, class_weight)
    return _reduce(loss, dS, weight, _row_weight(y, sample_weight), reduction, grad)


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
    weight = _row_weight(y, sample_weight)
    return _reduce((residual * residual).sum(axis=1), 2 * residual, weight, weight, reduction, grad)


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
    weight = _row_weight(y, sample_weight)
    return _reduce((residual * residual).sum(axis=1), dS, weight, weight, reduction, grad)


def _row_weight(y: Array, sample_weight: Array | None, class_weight: Array | None = None) -> Array:
    """What a row counts for, ``v_i k_{y_i}``: (N,)."""
    weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
    return weight if class_weight is None else weight * np.asarray(class_weight)[y]


def _reduce(loss: Array, dS: Array, weight: Array, divides: Array, reduction: str, grad: bool) -> Any:
    """Weights the rows and reduces them; rows of weight 0 contribute exactly 0, whatever they hold.

    ``loss (N,)``, ``dS (N, C)``: unweighted. ``weight (N,)``: of each row. ``divides (N,)``: sums to the divisor.
    """
    live = weight != 0
    loss = np.where(live, loss * weight.astype(loss.dtype), 0)
    dS = np.where(live[:, None], dS * weight.astype(dS.dtype)[:, None], 0).astype(dS.dtype)
    if reduction == "none":
        return (loss, dS) if grad else loss
    divisor = 1.0
    if reduction == "mean":
        divisor = float(divides.sum(dtype=np.longdouble))
        if divisor == 0:
            return (0.0, np.zeros_like(dS)) if grad else 0.0
    total = float(loss.sum(dtype=np.longdouble) / divisor)
    return (total, dS / dS.dtype.type(divisor)) if grad else total


# ---------------------------------------------------------------------------------------------------------------------
# Losses fused with the linear map
# ---------------------------------------------------------------------------------------------------------------------


def _linear(loss_on_scores: Callable[..., Any]) -> Callable[..., Any]:
    """The loss of ``S = X Wᵀ + b`` as a function of X, W and b, with its gradients by the chain rule."""

    def linear(
        X: Array,
        y: Array,
        W: Array,
        b: Array | None = None,
        *,
        sample_weight: Array | None = None,
        class_weight: Array | None = None,
        reduction: str = "mean",
        l1: float = 0.0,
        l2: float = 0.0,
        dX: bool = False,
        grad: bool = True,
        **options: Any,
    ) -> Any:
        if class_weight is not None:
            options["class_weight"] = class_weight
        weight = _row_weight(y, sample_weight, class_weight)
        X = np.where((weight != 0)[:, None], X, 0).astype(X.dtype)  # a row of weight 0 may hold nan
        loss, dS = loss_on_scores(scores(X, W, b), y, sample_weight=sample_weight, reduction=reduction, **options)
        wide = W.astype(np.longdouble)
        if l1:
            loss += float(l1 * np.abs(wide).sum())
        if l2:
            loss += float(l2 / 2 * (wide * wide).sum())
        if not grad:
            return loss
        dW = dS.T @ X
        if l1:
            dW += W.dtype.type(l1) * np.sign(W)
        if l2:
            dW += W.dtype.type(l2) * W
        db = None if b is None else dS.sum(axis=0)
        return (loss, dW, db, dS @ W) if dX else (loss, dW, db)

    linear.__name__ = f"linear_{loss_on_scores.__name__}"
    linear.__doc__ = f"`{loss_on_scores.__name__}` of ``X Wᵀ + b``, with its gradients by the chain rule."
    return linear


linear_cross_entropy = _linear(cross_entropy)
linear_hinge = _linear(hinge)
linear_squared_error = _linear(squared_error)
linear_sigmoid_squared_error = _linear(sigmoid_squared_error)


# ---------------------------------------------------------------------------------------------------------------------
# Stochastic gradient descent
# ---------------------------------------------------------------------------------------------------------------------


def sgd_step(
    W: Array,
    dW: Array,
    lr: float,
    *,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    velocity: Array | None = None,
) -> None:
    """One step of stochastic gradient descent, in place.

    With ``g = dW + weight_decay · W`` and, if momentum is not 0, ``v ← momentum · v + g`` (`velocity`), the step is
    ``W ← W − lr · d`` where d is g without momentum, v with it, and ``g + momentum · v`` with Nesterov's variant: the
    conventions of ``torch.optim.SGD``. If l1 is not 0, a proximal step follows, which sets small weights to exactly 0:
    ``W ← sign(W) max(|W| − lr · l1, 0)``.

    Parameters
    ----------
    W : float32 or float64 of any shape, C-contiguous
        Updated in place.
    dW : shape and dtype of W
        Gradient of the loss.
    lr : float
        Learning rate, finite and ≥ 0.
    momentum, weight_decay, l1 : float
        Finite and ≥ 0.
    nesterov : bool
        Needs momentum.
    velocity : shape and dtype of W, C-contiguous, optional
        Updated in place; needed if momentum is not 0. Start with zeros.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; W and velocity are then unchanged.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> W = np.array([[1.0, -2.0]])
    >>> fastlc.sgd_step(W, np.array([[2.0, 2.0]]), lr=0.5)
    >>> W
    array([[ 0., -3.]])
    """
    real = W.dtype.type
    g = dW + real(weight_decay) * W if weight_decay else dW
    if momentum:
        assert velocity is not None
        velocity *= real(momentum)
        velocity += g
        g = g + real(momentum) * velocity if nesterov else velocity
    W -= real(lr) * g
    if l1:
        W[...] = np.sign(W) * np.maximum(np.abs(W) - real(lr * l1), 0)


def sgd_epoch(
    X: Array,
    y: Array,
    W: Array,
    b: Array | None = None,
    *,
    loss: str,
    lr: float | Sequence[float] | Array,
    batch_size: int,
    order: Array | None = None,
    state: Any = None,
    sample_weight: Array | None = None,
    class_weight: Array | None = None,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    **options: Any,
) -> float:
    """One pass of mini-batch stochastic gradient descent over the rows of X, in place, in one call.

    For each batch of `batch_size` rows (the last may be smaller) it computes the gradient of the batch's mean loss and
    takes an `sgd_step` on W and on b; `weight_decay` and `l1` apply to W alone. With ``batch_size >= N`` it is a step
    of full-batch gradient descent.

    Parameters
    ----------
    X : (N, D) float32 or float64
    y : (N,) integer labels in [0, C), or (N, C) or (N,) float targets, as the loss asks
    W : (C, D), dtype of X, C-contiguous
        Updated in place.
    b : (C,), dtype of X, contiguous, optional
        Updated in place.
    loss : str
        Name of a loss: 'cross_entropy', 'hinge', ….
    lr : float, or one a batch
        Learning rate, finite and ≥ 0.
    batch_size : int
        Rows a step, ≥ 1.
    order : (M,) integers in [0, N), optional
        Which rows, in which order: ``rng.permutation(N)`` for shuffled batches. Default ``0, 1, …, N − 1``. Rows are
        read where they are; nothing is copied.
    state : SGDState, optional
        Keeps the velocities and the step count from one call to the next. Without it every call starts from velocities
        of 0, so that momentum works within a pass alone.
    sample_weight : (N,), dtype of X, optional
    class_weight : (C,), dtype of X, optional
    momentum, nesterov, weight_decay, l1
        As for `sgd_step`.
    **options
        The loss's own, such as ``margin=1.0, p=2`` for 'hinge'.

    Returns
    -------
    float
        Mean loss of the rows, each at the weights of the moment when its batch was visited, without penalties.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit; nothing is then changed.
    KeyboardInterrupt
        On Ctrl-C, between two batches; W, b and state are then those after the last whole batch.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> rng = np.random.default_rng(0)
    >>> X, W, b = rng.normal(size=(1000, 2)), np.zeros((2, 2)), np.zeros(2)
    >>> y = (X[:, 0] > X[:, 1]).astype(int)
    >>> for epoch in range(5):
    ...     mean = fastlc.sgd_epoch(
    ...         X, y, W, b, loss="cross_entropy", lr=0.5, batch_size=32, order=rng.permutation(1000))
    >>> bool((fastlc.predict(X, W, b) == y).mean() > 0.98)
    True
    """
    fused = globals()[f"linear_{loss}"]
    rows = np.arange(len(X)) if order is None else order
    starts = range(0, len(rows), batch_size)
    rates = np.broadcast_to(np.asarray(lr, dtype=np.float64), (len(starts),))
    velocity_W = state.velocity_W if state is not None else np.zeros_like(W)
    velocity_b = state.velocity_b if state is not None else None if b is None else np.zeros_like(b)
    total, divisor = 0.0, 0.0
    for start, rate in zip(starts, rates, strict=True):
        batch = rows[start : start + batch_size]
        v = None if sample_weight is None else sample_weight[batch]
        mean, dW, db = fused(X[batch], y[batch], W, b, sample_weight=v, class_weight=class_weight, **options)
        by_class = class_weight if loss == "cross_entropy" else None
        weight = float(_row_weight(y[batch], v, by_class).sum())
        total, divisor = total + mean * weight, divisor + weight
        sgd_step(
            W, dW, rate, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay, l1=l1, velocity=velocity_W
        )
        if b is not None:
            sgd_step(b, db, rate, momentum=momentum, nesterov=nesterov, velocity=velocity_b)
        if state is not None:
            state.step += 1
    return total / divisor if divisor else 0.0
