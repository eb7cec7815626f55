"""Training: the few lines around `fastlc.sgd_epoch` that everyone writes, once.

Shuffling, validation, early stopping, the best weights, a progress bar, and Ctrl-C that leaves a usable result.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _arrays, functional
from ._checks import generator, integer, number
from ._progress import progress_bar
from .functional import sgd_epoch
from .losses import LOSSES
from .optim import ReduceOnPlateau, Schedule, SGDState
from .reference import Array


@dataclass(eq=False, repr=False)
class FitResult:
    """What `fastlc.fit` returns: weights, and how they came about.

    Attributes
    ----------
    W : (C, D) float32 or float64, dtype of X
    b : (C,), dtype of X; None with ``fit_intercept=False``
        The weights to use: with validation data those of the epoch with the lowest validation loss, else the last ones;
        with `average` the averages, once averaging has begun.
    history : dict of lists of float, each with a number for every whole epoch
        - 'loss': mean loss of the training rows without penalties, each at the weights of the moment of its visit.
        - 'val_loss', with validation data: mean loss of the validation rows after the epoch, without penalties.
        - 'lr': learning rate of the first step.
        - 'seconds': time of the epoch's steps, without validation and callback.
    best_epoch : int or None
        The epoch, counted from 0, that W and b are of; None without validation data.
    interrupted : bool
        Ctrl-C ended the training.
    stopped_early : bool
        The patience ran out, or the callback said so.
    state : SGDState
        Velocities, averages and the number of steps taken.
    last_W, last_b
        The weights after the last step, neither averaged nor the best. To train on, give them to `fastlc.fit` as W, b.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> X, y = np.eye(4), np.array([0, 1, 2, 0])
    >>> result = fastlc.fit(X, y, epochs=100, lr=1.0)
    >>> result.predict(X)
    array([0, 1, 2, 0])
    >>> result
    FitResult(W (3, 4) float64, b (3,), 100 epochs, loss 0.02748)
    """

    W: Array
    b: Array | None
    history: dict[str, list[float]]
    best_epoch: int | None
    interrupted: bool
    stopped_early: bool
    state: SGDState
    last_W: Array
    last_b: Array | None

    def scores(self, X: ArrayLike) -> Array:
        """The scores of the rows of X, (N, C); see `fastlc.scores`."""
        return functional.scores(X, self.W, self.b)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """The label of each row of X, (N,); see `fastlc.predict`."""
        return functional.predict(X, self.W, self.b)

    def predict_proba(self, X: ArrayLike) -> Array:
        """The probabilities of the classes for each row of X, (N, C); see `fastlc.predict_proba`."""
        return functional.predict_proba(X, self.W, self.b)

    def __repr__(self) -> str:
        losses, val_losses = self.history["loss"], self.history.get("val_loss")
        parts = [f"W {self.W.shape} {self.W.dtype}"]
        if self.b is not None:
            parts.append(f"b {self.b.shape}")
        parts.append(f"{len(losses)} epoch{'s' if len(losses) != 1 else ''}")
        if losses:
            parts.append(f"loss {losses[-1]:.4g}")
        if val_losses and self.best_epoch is not None:
            parts.append(f"val_loss {val_losses[self.best_epoch]:.4g} after epoch {self.best_epoch}")
        if self.interrupted:
            parts.append("interrupted")
        if self.stopped_early:
            parts.append("stopped early")
        return f"FitResult({', '.join(parts)})"


def fit(
    X: ArrayLike,
    y: ArrayLike,
    *,
    loss: str = "cross_entropy",
    epochs: int = 20,
    batch_size: int = 32,
    lr: float | Schedule | ReduceOnPlateau = 0.01,
    momentum: float = 0.0,
    dampening: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    average: bool | int = False,
    sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None,
    ignore_index: int | None = None,
    pos_weight: ArrayLike | None = None,
    W: ArrayLike | None = None,
    b: ArrayLike | None = None,
    fit_intercept: bool = True,
    n_classes: int | None = None,
    shuffle: bool = True,
    seed: int | np.random.Generator | None = 0,
    validation_data: tuple[ArrayLike, ArrayLike] | None = None,
    validation_fraction: float = 0.0,
    patience: int | None = None,
    tol: float = 1e-4,
    callback: Callable[[int, FitResult], object] | None = None,
    progress: bool = False,
    **options: float,
) -> FitResult:
    """Trains a linear classifier, or a linear regression, by mini-batch stochastic gradient descent.

    The weights start at 0. Each epoch is a call of `sgd_epoch` in a new random order; nothing of X and y is changed, or
    copied but for the validation rows. With the defaults this is plain SGD: 20 epochs in batches of 32 rows at a rate
    of 0.01, as in scikit-learn and Keras, which suits features of mean 0 and variance 1. Rows of another length want
    another rate: about in inverse proportion to their mean squared length.

    Parameters
    ----------
    X : (N, D) float32 or float64
        One example a row. Its dtype is that of the weights and of all computations.
    y : (N,) integer labels in [0, C), or (N, C) or (N,) float targets, as the loss asks
    loss : str
        Name of a loss: 'cross_entropy', 'hinge', …, a key of `fastlc.LOSSES`.
    epochs, batch_size : int
        How often all rows are visited, and rows a step; ≥ 1.
    lr : float, function of the step, or ReduceOnPlateau
        Learning rate, finite and ≥ 0. A function, such as those of `fastlc.optim`, is given the number of the step,
        counted from 0 over all epochs, of which each has ``ceil(N / batch_size)``. `update` of a
        `fastlc.optim.ReduceOnPlateau` is called after each epoch, with the validation loss, or the training loss if
        there is none.
    momentum, dampening, nesterov, weight_decay, l1, l2
        As for `sgd_step`; the bias is not penalised.
    average : bool or int
        True: average the weights after all steps, and use that; an int: after those from this step on, counted from 0.
    sample_weight : (N,), dtype of X, optional
    class_weight : (C,), dtype of X, optional
    ignore_index : int, optional
        Rows with this label count for nothing.
    pos_weight : (C,), dtype of X, optional
        Of the losses that have them.
    W : (C, D), dtype of X, optional
    b : (C,), dtype of X, optional
        Weights to start from instead of 0; they are copied.
    fit_intercept : bool
        False: no bias.
    n_classes : int, optional
        C. Default: that of W, else the largest label + 1 that is not to be ignored, or the number of columns of float
        targets. 1 makes one row of weights for labels 0 and 1, for the losses that can ('logistic' and one-vs-rest).
    shuffle : bool
        False: visit the rows as they come.
    seed : int, Generator or None
        Of the shuffling and the validation split. The same int gives the same bits; None something new each time.
    validation_data : (X, y), optional
        Rows on which the loss is measured after each epoch, but which are not trained on.
    validation_fraction : float
        Share of X and y, in [0, 1), to take for that instead, at random; at least one row if not 0.
    patience : int, optional
        Stop after so many epochs in a row, ≥ 1, in which the validation loss, or the training loss if there is none,
        was not lower than the lowest before by more than `tol`. Default: never.
    tol : float
        Finite and ≥ 0.
    callback : function, optional
        ``callback(epoch, result)`` is called after each epoch, with the number of the epoch from 0 and the FitResult as
        it would be returned if training ended there. Its arrays and lists go on changing: copy what you keep. If what
        it returns is true, training ends.
    progress : bool
        Show a progress bar, which needs tqdm (the extra 'demo'), if standard error is a terminal.
    **options
        The loss's own, such as ``margin=1.0, p=2`` for 'hinge'.

    Returns
    -------
    FitResult
        Weights, history and methods to predict. Ctrl-C returns what there is, with `interrupted` set: the weights after
        the last whole batch or, with validation data, those of the best epoch so far.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.
    ImportError
        If there is no tqdm for the progress bar.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> from fastlc import optim
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 5))
    >>> y = (X @ rng.normal(size=(5, 3))).argmax(axis=1)
    >>> result = fastlc.fit(X, y, lr=optim.cosine(0.5, steps=20 * 29), momentum=0.9, validation_fraction=0.1)
    >>> len(result.history["val_loss"])
    20
    >>> bool((result.predict(X) == y).mean() > 0.97)
    True
    """
    if loss in LOSSES:  # if not, sgd_epoch says so
        LOSSES[loss].checked("fit", class_weight, pos_weight, ignore_index, options)
    epochs, tol = integer(epochs, "epochs", 1), number(tol, "tol")
    patience = None if patience is None else integer(patience, "patience", 1)
    lr = lr if callable(lr) else number(lr, "lr")
    X = _features(X)
    y = _array(y, X)
    v = None if sample_weight is None else _floats(sample_weight, "sample_weight", X)
    W, b = _start(X, y, W, b, fit_intercept, n_classes, ignore_index)
    state = SGDState(W, b, average_from=_average_from(average))
    given = {"class_weight": class_weight, "ignore_index": ignore_index, "pos_weight": pos_weight}
    of_loss: dict[str, Any] = {name: value for name, value in given.items() if value is not None} | options
    train = partial(
        sgd_epoch, X, y, W, b, loss=loss, lr=lr, batch_size=batch_size, state=state, sample_weight=v,
        momentum=momentum, dampening=dampening, nesterov=nesterov, weight_decay=weight_decay, l1=l1, l2=l2, **of_loss,
    )  # fmt: skip
    train(order=np.zeros(0, np.int64))  # no step, but arguments that do not fit are refused before any work
    rng = generator(seed)
    rows, held_out = _split(X, y, v, validation_data, validation_fraction, rng)

    def weights() -> tuple[Array, Array | None]:
        """Those to use after the last step."""
        if state.average_W is not None and state.step > (state.average_from or 0):
            return state.average_W, state.average_b
        return W, b

    def validate(Xv: Array, yv: Array, vv: Array | None) -> float:
        value: float = LOSSES[loss].linear(Xv, yv, *weights(), sample_weight=vv, grad=False, **of_loss)
        return value

    if held_out is not None:
        try:
            validate(*held_out)
        except (TypeError, ValueError) as error:
            raise type(error)(f"validation: {error}") from None

    history: dict[str, list[float]] = {"loss": [], **({"val_loss": []} if held_out else {}), "lr": [], "seconds": []}
    best: _Best | None = None
    done = 0, best  # how many whole epochs there are, and the best: replaced as one, whenever Ctrl-C may come
    lowest, bad_epochs = math.inf, 0

    def result(interrupted: bool = False, stopped_early: bool = False) -> FitResult:
        epochs, best = done
        for values in history.values():
            del values[epochs:]
        W_to_use, b_to_use = best[1:] if best else weights()
        best_epoch = best[0] if best else None
        return FitResult(W_to_use, b_to_use, history, best_epoch, interrupted, stopped_early, state, W, b)

    bar = progress_bar("fit", epochs, loss, "epoch") if progress else None
    try:
        for epoch in range(epochs):
            order = rng.permutation(rows) if shuffle else rows
            rate = lr(state.step) if callable(lr) else lr
            start = time.perf_counter()
            measured = {"loss": train(order=order)}
            seconds = time.perf_counter() - start
            if held_out is not None:
                measured["val_loss"] = validate(*held_out)
            for name, value in {**measured, "lr": rate, "seconds": seconds}.items():
                history[name].append(float(value))
            monitored = measured.get("val_loss", measured["loss"])
            if held_out is not None and monitored < lowest:
                W_now, b_now = weights()
                best = epoch, W_now.copy(), None if b_now is None else b_now.copy()
            done = epoch + 1, best

            bad_epochs = 0 if monitored < lowest - tol else bad_epochs + 1
            lowest = min(lowest, monitored)  # nan is not the lowest
            if isinstance(lr, ReduceOnPlateau):
                lr.update(monitored)
            if bar is not None:
                bar.set_postfix(measured, refresh=False)
                bar.update()
            stop = patience is not None and bad_epochs >= patience
            if (callback is not None and callback(epoch, result())) or stop:
                return result(stopped_early=True)
    except KeyboardInterrupt:
        return result(interrupted=True)
    finally:
        if bar is not None:
            bar.close()
    return result()


_Best = tuple[int, Array, Array | None]
"""The best epoch so far, and its weights."""
_HeldOut = tuple[Array, Array, Array | None]
"""Rows for validation: X, y and sample weights."""


def _features(X: ArrayLike) -> Array:
    """X where it lies if the kernels can read it there, else one copy for all epochs."""
    if not (
        type(X) is np.ndarray
        and X.dtype in (np.float32, np.float64)
        and X.ndim == 2
        and X.strides[1] == X.itemsize
        and X.flags.aligned
    ):
        X = _arrays.floats(X, "X")
    if X.ndim != 2:
        raise ValueError(f"X has shape {X.shape}, expected (N, D)")
    return X


def _floats(value: ArrayLike, name: str, X: Array) -> Array:
    return _arrays.floats(value, name, X.dtype.name, "X")


def _array(value: ArrayLike, X: Array) -> Array:
    """What is no array as one; a sequence of floats, which has no dtype, takes that of X."""
    array = np.asanyarray(value)
    return array.astype(X.dtype) if isinstance(value, (list, tuple)) and array.dtype.kind == "f" else array


def _start(
    X: Array,
    y: Array,
    W: ArrayLike | None,
    b: ArrayLike | None,
    fit_intercept: bool,
    n_classes: int | None,
    ignore_index: int | None,
) -> tuple[Array, Array | None]:
    """New arrays: the weights given, or zeros for as many classes as there are."""
    C = None if n_classes is None else integer(n_classes, "n_classes", 1)
    if W is None:
        W = np.zeros((_count_classes(y, ignore_index) if C is None else C, X.shape[1]), X.dtype)
    else:
        W = np.array(_floats(W, "W", X))
        if C is not None and W.shape[:1] != (C,):
            raise ValueError(f"W has shape {W.shape}, expected ({C}, {X.shape[1]})")
    if fit_intercept:
        return W, np.zeros(W.shape[:1], X.dtype) if b is None else np.array(_floats(b, "b", X))
    if b is not None:
        raise ValueError("b is given, but fit_intercept is False")
    return W, None


def _count_classes(y: Array, ignore_index: int | None) -> int:
    if y.dtype.kind == "f":
        return y.shape[1] if y.ndim == 2 else 1
    if y.dtype.kind not in "iub":
        raise TypeError(f"y has dtype {y.dtype.name}, expected integer labels or float targets")
    labels = y if ignore_index is None else y[y != ignore_index]
    if labels.size == 0:
        raise ValueError("y has no label to tell the number of classes from, expected n_classes")
    return int(labels.max()) + 1


def _average_from(average: bool | int) -> int | None:
    if isinstance(average, (bool, np.bool_)):
        return 0 if average else None
    return integer(average, "average", 0)


def _split(
    X: Array,
    y: Array,
    v: Array | None,
    data: tuple[ArrayLike, ArrayLike] | None,
    fraction: float,
    rng: np.random.Generator,
) -> tuple[Array, _HeldOut | None]:
    """The rows to train on, in their order, and what to validate on."""
    fraction, rows = number(fraction, "validation_fraction", "a number in [0, 1)"), np.arange(len(X))
    if data is not None:
        if fraction:
            raise ValueError("validation_data and validation_fraction are both given, expected one of them")
        if not (isinstance(data, (tuple, list)) and len(data) == 2):
            raise TypeError(f"validation_data is a {type(data).__name__}, expected a pair (X, y)")
        return rows, (_array(data[0], X), _array(data[1], X), None)
    if not fraction:
        return rows, None
    count = max(1, round(fraction * len(X)))
    if count >= len(X):
        raise ValueError(f"validation_fraction = {fraction:g} leaves none of the {len(X)} rows to train on")
    rows = rng.permutation(rows)
    held_out = rows[:count]
    return np.sort(rows[count:]), (X[held_out], y[held_out], None if v is None else v[held_out])
