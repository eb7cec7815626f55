"""What stochastic gradient descent remembers from call to call, and schedules: its rate as a function of the step.

A schedule is any function from the number of a step, counted from 0, to the learning rate of that step. It is called
once for every mini-batch, so those made here compute with Python's `math`. Pass one as the `lr` of `fastlc.sgd_epoch`
or `fastlc.fit`. Those made here are values: equal if their arguments are, printed as the call that makes them, and
pickled, so that they can be saved, searched over and sent to other processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ._arrays import check_float
from ._checks import integer, number
from .reference import Array

Schedule = Callable[[int], float]


@dataclass(init=False, eq=False)
class SGDState:
    """Velocities, averages and step count of `fastlc.sgd_epoch`, carried from call to call.

    Parameters
    ----------
    W : (C, D) float32 or float64
    b : (C,), dtype of W, optional
        The weights that will be trained.
    average_from : int, optional
        Average the weights after each step from this one on, which is ≥ 0; 0 is the first (Polyak and Juditsky 1992,
        "Acceleration of stochastic approximation by averaging"). After step t ≥ average_from,
        ``average += (W − average) / (t − average_from + 1)``: the mean of W after steps average_from, …, t.

    Attributes
    ----------
    velocity_W : (C, D), dtype of W
    velocity_b : (C,), dtype of b; None without b
        Exponential sums of past gradients, updated in place; they start at 0. Each step rounds them, so that they are
        within ``2u / (1 − momentum)`` of the exact ones, u = 6e-8 in float32: 1e-5 at a momentum of 0.99. Closer to 1
        train in float64.
    step : int
        Mini-batches seen so far.
    average_from : int or None
    average_W : (C, D) float64; None without average_from
    average_b : (C,) float64; None without average_from or without b
        The averages, updated in place; of float32 weights too, since a float32 average would stand still once its steps
        are below half an ulp. Until averaging begins they are the W and b that the state was made with.

    Raises
    ------
    TypeError, ValueError
        If W or b is no such array, or average_from is not an integer ≥ 0.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> W, b = np.zeros((2, 3)), np.zeros(2)
    >>> state = fastlc.SGDState(W, b)
    >>> X, y = np.ones((10, 3)), np.zeros(10, dtype=int)
    >>> mean = fastlc.sgd_epoch(
    ...     X, y, W, b, loss="hinge", lr=0.1, batch_size=4, momentum=0.9, state=state)
    >>> state.step
    3
    """

    velocity_W: Array
    velocity_b: Array | None
    step: int
    average_from: int | None
    average_W: Array | None
    average_b: Array | None

    def __init__(self, W: Array, b: Array | None = None, *, average_from: int | None = None) -> None:
        W = _weights(W, "W", "(C, D)")
        b = None if b is None else _weights(b, "b", "(C,)", W.dtype.name, "W")
        self.velocity_W = np.zeros(W.shape, W.dtype)
        self.velocity_b = None if b is None else np.zeros(b.shape, b.dtype)
        self.step = 0
        self.average_from = None if average_from is None else integer(average_from, "average_from", 0)
        wide = np.result_type(W, np.float64)  # longdouble stays, for the reference
        self.average_W = None if average_from is None else np.array(W, wide, order="C")
        self.average_b = None if average_from is None or b is None else np.array(b, wide)


def _weights(value: Any, name: str, axes: str, dtype: str | None = None, like: str | None = None) -> Array:
    """What an array is, of a subclass not what it says."""
    if not issubclass(type(value), np.ndarray):
        raise TypeError(f"{name} is a {type(value).__name__}, expected a NumPy array {axes}")
    array = np.asarray(value)
    check_float(value, array, name, dtype, like)
    if array.ndim != len(axes.strip("(,)").split(",")):
        raise ValueError(f"{name} has shape {array.shape}, expected {axes}")
    return array


def _set(schedule: Any, **values: float) -> None:
    """Replaces arguments of a frozen schedule by the numbers that they stand for, when it is made."""
    for name, value in values.items():
        object.__setattr__(schedule, name, value)


@dataclass(frozen=True)
class constant:
    """The same rate at every step: ``lr``.

    Parameters
    ----------
    lr : float
        Finite and ≥ 0.

    Returns
    -------
    function of the step

    Raises
    ------
    TypeError, ValueError
        If lr does not fit.

    Examples
    --------
    >>> from fastlc import optim
    >>> rate = optim.constant(0.1)
    >>> rate(0), rate(1000)
    (0.1, 0.1)
    """

    lr: float

    def __post_init__(self) -> None:
        _set(self, lr=number(self.lr, "lr"))

    def __call__(self, step: int) -> float:
        return self.lr


@dataclass(frozen=True)
class step_decay:
    """A staircase, ``lr · factor^⌊step / every⌋``; as PyTorch's StepLR, counted in steps.

    Parameters
    ----------
    lr : float
        Finite and ≥ 0.
    every : int
        Steps between two falls, ≥ 1.
    factor : float
        What a fall multiplies the rate by, in [0, 1].

    Returns
    -------
    function of the step

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> from fastlc import optim
    >>> rate = optim.step_decay(0.8, every=100, factor=0.5)
    >>> rate(0), rate(99), rate(100), rate(200)
    (0.8, 0.8, 0.4, 0.2)
    """

    lr: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _set(
            self,
            lr=number(self.lr, "lr"),
            every=integer(self.every, "every", 1),
            factor=number(self.factor, "factor", "a number in [0, 1]"),
        )

    def __call__(self, step: int) -> float:
        return self.lr * self.factor ** (step // self.every)


@dataclass(frozen=True)
class exponential:
    """A constant share less at each step, ``lr · decay^step``; as PyTorch's ExponentialLR, counted in steps.

    Parameters
    ----------
    lr : float
        Finite and ≥ 0.
    decay : float
        In [0, 1]. To fall to a share q over n steps, ``q ** (1 / n)``.

    Returns
    -------
    function of the step

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> from fastlc import optim
    >>> rate = optim.exponential(0.8, decay=0.5)
    >>> rate(0), rate(1), rate(2)
    (0.8, 0.4, 0.2)
    """

    lr: float
    decay: float

    def __post_init__(self) -> None:
        _set(self, lr=number(self.lr, "lr"), decay=number(self.decay, "decay", "a number in [0, 1]"))

    def __call__(self, step: int) -> float:
        return self.lr * self.decay**step


@dataclass(frozen=True)
class inverse_scaling:
    """A power of the number of steps, ``lr / (step + 1)^power``; scikit-learn's 'invscaling', whose t is step + 1.

    With a power in (1/2, 1] the rates sum to infinity and their squares do not, which is what convergence in spite of
    noisy gradients asks for (Robbins and Monro 1951, "A stochastic approximation method").

    Parameters
    ----------
    lr : float
        The rate of step 0, finite and ≥ 0.
    power : float
        Finite and ≥ 0.

    Returns
    -------
    function of the step

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> from fastlc import optim
    >>> rate = optim.inverse_scaling(0.8, power=0.5)
    >>> rate(0), rate(3), rate(15)
    (0.8, 0.4, 0.2)
    """

    lr: float
    power: float = 0.25

    def __post_init__(self) -> None:
        _set(self, lr=number(self.lr, "lr"), power=number(self.power, "power"))

    def __call__(self, step: int) -> float:
        rate: float = self.lr * (step + 1) ** -self.power  # a negative power: too large a one gives 0, no overflow
        return rate


@dataclass(frozen=True)
class cosine:
    """Up in a line, then down half a cosine: with w = warmup, n = steps and t = step,

    - t < w: ``lr · (t + 1) / w``
    - w ≤ t < n: ``final + (lr − final) · (1 + cos(π (t − w) / (n − w))) / 2``
    - t ≥ n: ``final``

    (Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", without restarts; Goyal et al.
    2017, "Accurate, large minibatch SGD", for the warm-up.)

    Parameters
    ----------
    lr : float
        The highest rate, finite and ≥ 0.
    steps : int
        Steps until the rate is final, ≥ 1: of a training, ``epochs * ceil(N / batch_size)``.
    warmup : int
        How many of the steps the rate rises, in [0, steps].
    final : float
        Finite and ≥ 0.

    Returns
    -------
    function of the step

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> from fastlc import optim
    >>> rate = optim.cosine(0.8, steps=8, warmup=4)
    >>> [round(rate(step), 3) for step in range(10)]
    [0.2, 0.4, 0.6, 0.8, 0.8, 0.683, 0.4, 0.117, 0.0, 0.0]
    """

    lr: float
    steps: int
    warmup: int = 0
    final: float = 0.0

    def __post_init__(self) -> None:
        _set(
            self,
            lr=number(self.lr, "lr"),
            steps=integer(self.steps, "steps", 1),
            warmup=integer(self.warmup, "warmup", 0),
            final=number(self.final, "final"),
        )
        if self.warmup > self.steps:
            raise ValueError(f"warmup = {self.warmup} is more than the {self.steps} steps")

    def __call__(self, step: int) -> float:
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        if step >= self.steps:
            return self.final
        share = (1 + math.cos(math.pi * (step - self.warmup) / (self.steps - self.warmup))) / 2
        return self.final + (self.lr - self.final) * share


@dataclass(frozen=True)
class optimal:
    """Léon Bottou's rate for a strongly convex objective, ``1 / (alpha · (t₀ + step))``; scikit-learn's 'optimal'.

    Here alpha is the strength of the penalty (`l2` or `weight_decay`) and ``t₀ = 1 / (alpha · w)``, so that the first
    rate is ``w = alpha^(−1/4)``, taken for the typical size of a weight. Made for single rows: that first rate is large
    (10 for alpha = 1e-4). (Bottou 2012, "Stochastic gradient descent tricks".)

    Parameters
    ----------
    alpha : float
        Finite and > 0.

    Returns
    -------
    function of the step

    Raises
    ------
    TypeError, ValueError
        If alpha does not fit.

    Examples
    --------
    >>> from fastlc import optim
    >>> rate = optim.optimal(1e-4)
    >>> round(rate(0), 9), round(rate(1000), 9), round(rate(9000), 9)
    (10.0, 5.0, 1.0)
    """

    alpha: float

    def __post_init__(self) -> None:
        _set(self, alpha=number(self.alpha, "alpha", "a finite number > 0"))

    def __call__(self, step: int) -> float:
        t0: float = self.alpha**-0.75
        return 1 / (self.alpha * (t0 + step))


@dataclass
class ReduceOnPlateau:
    """A rate that falls by a factor when the loss no longer does; PyTorch's ReduceLROnPlateau in its default modes.

    `update` is told the loss after every epoch. A loss is an improvement if it is < best · (1 − threshold), where best
    is the last improvement, at first ∞. After more than `patience` epochs in a row without one the rate becomes
    ``max(lr · factor, min_lr)``, unless that were less than 1e-8 lower, and the count starts again.

    Called as a function of the step, it gives the current rate. `fastlc.fit` calls `update` itself, with the validation
    loss, or with the training loss if there is none.

    Parameters
    ----------
    lr : float
        The rate at first, finite and ≥ 0.
    factor, threshold : float
        In [0, 1).
    patience : int
        ≥ 0.
    min_lr : float
        Finite and ≥ 0.

    Attributes
    ----------
    lr : float
        The current rate.
    best : float
        The last loss that was an improvement.
    bad_epochs : int
        Epochs since, or since the rate fell.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> from fastlc import optim
    >>> rate = optim.ReduceOnPlateau(0.8, factor=0.5, patience=1)
    >>> for loss in (2.0, 1.5, 1.5, 1.5):
    ...     rate.update(loss)
    >>> rate(step=4)
    0.4
    """

    lr: float
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    min_lr: float = 0.0
    best: float = field(default=math.inf, init=False)
    bad_epochs: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.lr = number(self.lr, "lr")
        self.factor = number(self.factor, "factor", "a number in [0, 1)")
        self.patience = integer(self.patience, "patience", 0)
        self.threshold = number(self.threshold, "threshold", "a number in [0, 1)")
        self.min_lr = number(self.min_lr, "min_lr")

    def __call__(self, step: int) -> float:
        """The current rate, whatever the step."""
        return self.lr

    def update(self, loss: float) -> None:
        """Takes note of the loss of an epoch; nan is no improvement."""
        if loss < self.best * (1 - self.threshold):
            self.best, self.bad_epochs = float(loss), 0
        else:
            self.bad_epochs += 1
        if self.bad_epochs > self.patience:
            self.bad_epochs = 0
            lr = max(self.lr * self.factor, self.min_lr)
            if self.lr - lr > 1e-8:
                self.lr = lr
