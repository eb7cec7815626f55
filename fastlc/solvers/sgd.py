"""Mini-batch stochastic gradient descent: the loop over epochs, for all that train in this way.

Everything that changes from epoch to epoch belongs to the caller: W and b, their `SGDState`, the random generator, a
schedule that is told the loss, and `EarlyStopping`. Kept, copied or pickled together they are a checkpoint: `epochs` on
them goes on as if there had been no break. Callers differ in the value they monitor after each epoch, and in what they
keep of it.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _arrays
from .._checks import integer, number
from ..functional import sgd_epoch
from ..optim import Schedule, SGDState
from ..reference import Array
from .objective import Objective


@dataclass(frozen=True, eq=False)
class Options:
    """How to step: the arguments of `sgd_epoch` of these names, the same in every epoch; checked by `check`."""

    lr: float | Schedule = 0.01
    batch_size: int = 32
    momentum: float = 0.0
    dampening: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    l1: float = 0.0
    l2: float = 0.0


class Epoch(NamedTuple):
    """Measurements of a whole epoch."""

    loss: float
    """Mean loss of the rows without penalties, each at the weights of the moment of its visit."""
    lr: float
    """Learning rate of the first step."""
    seconds: float
    """Time of the steps."""


def epochs(
    objective: Objective,
    W: Array,
    b: Array | None,
    state: SGDState,
    options: Options,
    rng: np.random.Generator | np.random.RandomState | None,
    *,
    rows: Array | None = None,
    train: Callable[..., float] = sgd_epoch,
) -> Iterator[Epoch]:
    """Epochs without end, each of all rows, or of those in `rows`: in an order drawn by `rng`, or as they come.

    W, b and state are updated in place; between two epochs the caller may read and change them. A schedule is asked for
    the rates of all steps of an epoch before the first. An exception, Ctrl-C too, ends the epochs; W, b and state are
    then those after the last whole batch. `train` is `sgd_epoch` or a function of its signature, such as that of the
    reference.
    """
    step = _stepper(train, objective, W, b, state, options)
    rows = np.arange(objective.X.shape[0]) if rows is None else rows
    lr = options.lr
    while True:
        order = rows if rng is None else rng.permutation(rows)
        rates = _arrays.rates(lr, state.step, len(order), options.batch_size) if callable(lr) else lr
        start = time.perf_counter()
        loss = step(order=order, lr=rates)
        seconds = time.perf_counter() - start
        yield Epoch(loss, float(np.ravel(rates)[0]), seconds)


def check(objective: Objective, W: Array, b: Array | None, state: SGDState, options: Options) -> None:
    """Refuses arguments that `epochs` would refuse, but for single rates of a schedule, without a step or a product."""
    lr = np.zeros(0) if callable(options.lr) else options.lr
    _stepper(sgd_epoch, objective, W, b, state, options)(order=np.zeros(0, np.int64), lr=lr)
    replace(objective, X=objective.X[:, :0])(W[:, :0])  # all rows of y and its weights


def _stepper(
    train: Callable[..., float], objective: Objective, W: Array, b: Array | None, state: SGDState, options: Options
) -> Callable[..., float]:
    return partial(
        train, objective.X, objective.y, W, b, loss=objective.loss, sample_weight=objective.sample_weight,
        state=state, **objective.options, **vars(options),
    )  # fmt: skip


def averaged(W: Array, b: Array | None, state: SGDState) -> tuple[Array, Array | None]:
    """The weights to use: the averages in the dtype of W, once averaging has begun, before that W and b themselves."""
    if state.average_W is None or state.step <= (state.average_from or 0):
        return W, b
    b_mean = None if state.average_b is None else state.average_b.astype(W.dtype, copy=False)
    return state.average_W.astype(W.dtype, copy=False), b_mean


@dataclass
class EarlyStopping:
    """Patience with a loss that no longer falls, or with a score that no longer rises.

    An epoch is good if its value is better than the best before by more than `tol`; if not `strict`, which is
    scikit-learn's rule, by `tol` is enough. nan is never good. Exhausted after `patience` bad epochs in a row; None:
    never.
    """

    patience: int | None = None
    tol: float = 0.0
    higher_is_better: bool = False
    strict: bool = True
    best: float = field(init=False)
    """The best value so far, without regard to tol; ±∞ at first."""
    bad_epochs: int = field(default=0, init=False)
    """Epochs since the last good one."""

    def __post_init__(self) -> None:
        self.best = -math.inf if self.higher_is_better else math.inf

    def update(self, value: float) -> bool:
        """Takes note of the value of an epoch, and returns whether it is the best so far, without regard to tol."""
        new, best = (-value, -self.best) if self.higher_is_better else (value, self.best)
        is_good = new < best - self.tol if self.strict else new <= best - self.tol
        self.bad_epochs = 0 if is_good else self.bad_epochs + 1
        if new < best:
            self.best = value
        return new < best

    @property
    def exhausted(self) -> bool:
        return self.patience is not None and self.bad_epochs >= self.patience


def given(W: ArrayLike | None, X: Array, n_classes: int | None) -> tuple[Array | None, int | None, str]:
    """A copy of the weights, the number of classes, and where that is from, for sentences; as far as they are given."""
    C = None if n_classes is None else integer(n_classes, "n_classes", 1)
    if W is None:
        return None, C, f"n_classes = {C}"
    W = np.array(_arrays.floats_like(W, "W", X))
    if C is not None and W.shape[:1] != (C,):
        raise ValueError(f"W has shape {W.shape}, expected ({C}, {X.shape[1]})")
    if W.ndim != 2:
        raise ValueError(f"W has shape {W.shape}, expected (C, D)")
    return W, len(W), f"W has shape {W.shape}"


def start(
    X: Array, W: Array | None, b: ArrayLike | None, C: int, source: str, fit_intercept: bool, average: bool | int
) -> tuple[Array, Array | None, SGDState]:
    """The weights given, or zeros, and their state; `source` says where the number of classes is from."""
    average_from = _average_from(average)
    if b is not None and not fit_intercept:
        raise ValueError("b is given, but fit_intercept is False")
    b = None if b is None else np.array(_arrays.floats_like(b, "b", X))
    shape = C, X.shape[1]
    try:
        if C * (X.shape[1] + 1) * X.itemsize > sys.maxsize:  # of which NumPy says something else
            raise MemoryError
        W = np.zeros(shape, X.dtype) if W is None else W
        b = np.zeros(C, X.dtype) if b is None and fit_intercept else b
        return W, b, SGDState(W, b, average_from=average_from)
    except MemoryError:
        raise MemoryError(f"{source}: no memory for weights of shape {shape} and their velocities") from None


def _average_from(average: bool | int) -> int | None:
    if isinstance(average, (bool, np.bool_)):
        return 0 if average else None
    return integer(average, "average", 0)


def split(
    objective: Objective, counts: NDArray[np.bool_], fraction: float, rng: np.random.Generator
) -> tuple[Array, Objective | None]:
    """The rows to train on, in their order, and those to validate on, which are drawn among the rows that count."""
    fraction, rows = number(fraction, "validation_fraction", "a number in [0, 1)"), np.arange(objective.X.shape[0])
    if not fraction:
        return rows, None
    counting = rows[counts]
    count = max(1, round(fraction * len(counting)))
    if count >= len(counting):
        that_count = " that count" if len(counting) < len(rows) else ""
        raise ValueError(
            f"validation_fraction = {fraction:g} leaves none of the {len(counting)} rows{that_count} to train on"
        )
    held_out = rng.permutation(counting)[:count]
    kept = np.ones(len(rows), bool)
    kept[held_out] = False
    return rows[kept], objective.of_rows(held_out)
