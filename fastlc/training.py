"""Training in one call: `fit` checks its arguments and loops over the epochs of `solvers.sgd`.

Validation, early stopping, the best weights, a progress bar, and Ctrl-C that leaves a usable result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _arrays, _labels, functional
from ._checks import flag, generator, integer, number
from ._progress import progress_bar
from ._registry import Loss, loss_named
from .functional import sgd_epoch
from .optim import ReduceOnPlateau, Schedule, SGDState
from .reference import Array
from .solvers import sgd
from .solvers.objective import Objective


@dataclass(eq=False, repr=False)
class FitResult:
    """What `fastlc.fit` returns: weights, and how they came about.

    Attributes
    ----------
    W : (C, D) float32 or float64, dtype of X
    b : (C,), dtype of X; None with ``fit_intercept=False``
        The weights to use: with validation data those of the epoch with the lowest validation loss, else the last ones;
        with `average` the averages, once averaging has begun. They belong together: ``fastlc.predict(X, W)``, without
        b, is another classifier.
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
        One example a row. Its dtype is that of the weights and of all computations. A nan in a row that counts makes
        weights and losses nan: leave such rows out, or fill them.
    y : (N,) integer labels in [0, C), or (N, C) or (N,) float targets, as the loss asks
        Labels are integers: floats, as of `numpy.loadtxt`, become labels by ``y.astype(int)``, text and labels with
        gaps by ``classes, y = numpy.unique(y, return_inverse=True)``. Floats (N,) are targets of a single column, for
        regression and, in [0, 1], for 'logistic'. None may be missing.
    loss : str
        Name of a loss: 'cross_entropy', 'hinge', …, a key of `fastlc.LOSSES`.
    epochs, batch_size : int
        How often all rows are visited, and rows a step; ≥ 1.
    lr : float, function of the step, or ReduceOnPlateau
        Learning rate, finite and ≥ 0. A function, such as those of `fastlc.optim`, is given the number of the step,
        counted from 0 over all epochs, of which each has ``ceil(N / batch_size)``; it is asked once for each step, in
        order, and for those of an epoch before the first: when an epoch is interrupted, for more than were taken.
        `update` of a `fastlc.optim.ReduceOnPlateau` is called after each epoch, with the validation loss, or the
        training loss if there is none; nan is no improvement.
    momentum, dampening, nesterov, weight_decay, l1, l2
        As for `sgd_step`; the bias is not penalised.
    average : bool or int
        True: average the weights after all steps, and use that; an int: after those from this step on, counted from 0.
    sample_weight : (N,), dtype of X, optional
        A negative weight subtracts its row's loss and gradient, and itself from what the mean of a batch divides by;
        the loss may then have no minimum.
    class_weight : (C,), dtype of X, optional
        An array: ``[weights[c] for c in range(C)]`` of a dict; ``len(y) / (C * numpy.bincount(y))``, in the dtype of X,
        are scikit-learn's 'balanced', as pos_weight if the loss is one-vs-rest.
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
        targets. 1 makes one row of weights for labels 0 and 1, for the losses that can ('logistic' and one-vs-rest);
        the others need 2 at least. A label that would make more than a million classes and more than 1000 a row is
        taken for a mistake, unless `n_classes` says so.
    shuffle : bool
        False: visit the rows as they come.
    seed : int, Generator or None
        Of the shuffling and the validation split. The same int gives the same bits; None something new each time.
    validation_data : (X, y), optional
        Rows on which the loss is measured after each epoch, but which are not trained on.
    validation_fraction : float
        Share of X and y, in [0, 1), to take for that instead, at random, among the rows that count: those with a
        weight, a class weight and a label that is not to be ignored. At least one row if not 0.
    patience : int, optional
        Stop after so many epochs in a row, ≥ 1, in which the validation loss, or the training loss if there is none,
        was not lower than the lowest before by more than `tol`, or nan. Default: never.
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
        If an argument does not fit, or if no row to train on, or to validate on, counts: the loss of nothing is no 0.
    MemoryError
        If there is no memory for the weights of so many classes.
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
    row = loss_named(loss)
    row.checked("fit", class_weight, pos_weight, ignore_index, options)
    epochs, tol = integer(epochs, "epochs", 1), number(tol, "tol")
    patience = None if patience is None else integer(patience, "patience", 1)
    ignore_index = None if ignore_index is None else integer(ignore_index, "ignore_index", -(2**63))
    lr = lr if callable(lr) else number(lr, "lr")
    shuffle, progress = flag(shuffle, "shuffle"), flag(progress, "progress")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback is a {type(callback).__name__}, expected a function")
    X = _arrays.features(X)
    W, C, source = sgd.given(W, X, n_classes)
    v = None if sample_weight is None else _arrays.floats_like(sample_weight, "sample_weight", X)
    if v is not None and v.shape != (len(X),):
        raise ValueError(f"sample_weight has shape {v.shape}, expected ({len(X)},)")
    y = _labels.take(y, X, row, C, v, ignore_index)
    if C is None:
        C, source = _labels.count_classes(y, ignore_index)
    if C == 1:
        _labels.refuse_one_class(y, row, source)
    W, b, state = sgd.start(X, W, b, C, source, flag(fit_intercept, "fit_intercept"), average)
    given = {"class_weight": class_weight, "ignore_index": ignore_index, "pos_weight": pos_weight}
    of_loss: dict[str, Any] = {name: value for name, value in given.items() if value is not None} | options
    objective = Objective(X, y, loss, of_loss, v)
    how = sgd.Options(lr, batch_size, momentum, dampening, nesterov, weight_decay, l1, l2)
    sgd.check(objective, W, b, state, how)  # before any rows are held out: labels are refused by their rows in X
    rng = generator(seed)
    rows, held_out = sgd.split(objective, objective.counting(C), validation_fraction, rng)
    if validation_data is not None:
        if held_out is not None:
            raise ValueError("validation_data and validation_fraction are both given, expected one of them")
        held_out = _held_out(validation_data, objective, row, C)
    if held_out is not None:
        with _validation():
            held_out(*sgd.averaged(W, b, state))
            held_out.counting(C)

    history: dict[str, list[float]] = {"loss": [], **({"val_loss": []} if held_out else {}), "lr": [], "seconds": []}
    best: _Best | None = None
    done = 0, best  # how many whole epochs there are, and the best: replaced as one, whenever Ctrl-C may come
    stopping = sgd.EarlyStopping(patience, tol)

    def result(interrupted: bool = False, stopped_early: bool = False) -> FitResult:
        epochs, best = done
        for values in history.values():
            del values[epochs:]
        W_to_use, b_to_use = best[1:] if best else sgd.averaged(W, b, state)
        best_epoch = best[0] if best else None
        return FitResult(W_to_use, b_to_use, history, best_epoch, interrupted, stopped_early, state, W, b)

    bar = progress_bar("fit", epochs, loss, "epoch") if progress else None
    try:
        training = sgd.epochs(objective, W, b, state, how, rng if shuffle else None, rows=rows, train=sgd_epoch)
        for epoch, trained in enumerate(islice(training, epochs)):
            measured = {"loss": trained.loss}
            if held_out is not None:
                measured["val_loss"] = held_out(*sgd.averaged(W, b, state))
            for name, value in {**measured, "lr": trained.lr, "seconds": trained.seconds}.items():
                history[name].append(float(value))
            monitored = measured.get("val_loss", trained.loss)
            is_best = stopping.update(monitored)
            if held_out is not None and is_best:
                W_now, b_now = sgd.averaged(W, b, state)
                best = epoch, W_now.copy(), None if b_now is None else b_now.copy()
            done = epoch + 1, best

            if isinstance(lr, ReduceOnPlateau):
                lr.update(monitored)
            if bar is not None:
                bar.set_postfix(measured, refresh=False)
                bar.update()
            if (callback is not None and callback(epoch, result())) or stopping.exhausted:
                return result(stopped_early=True)
    except KeyboardInterrupt:
        return result(interrupted=True)
    finally:
        if bar is not None:
            bar.close()
    return result()


_Best = tuple[int, Array, Array | None]
"""The best epoch so far, and its weights."""


@contextmanager
def _validation() -> Iterator[None]:
    """What is refused of the rows for validation says so; what the caller's own objects raise comes through."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError):
            raise
        raise type(error)(f"validation: {error}") from error


def _held_out(data: tuple[ArrayLike, ArrayLike], objective: Objective, row: Loss, C: int) -> Objective:
    """The same loss of the rows that are given to validate on."""
    if not (isinstance(data, (tuple, list)) and len(data) == 2):
        raise TypeError(f"validation_data is a {type(data).__name__}, expected a pair (X, y)")
    with _validation():
        Xv = _arrays.floats_like(data[0], "X", objective.X)
        if Xv.ndim != 2:
            raise ValueError(f"X has shape {Xv.shape}, expected (N, D)")
        if len(Xv) == 0:
            raise ValueError("X has no rows")
        yv = _labels.take(data[1], Xv, row, C, None, objective.options.get("ignore_index"))
        return replace(objective, X=Xv, y=yv, sample_weight=None)
