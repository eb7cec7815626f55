"""Schedules: values by hand, each against the scheduler it is modelled on, and what is refused; the state as it begins.

PyTorch's schedulers compute a rate from the one before, so theirs are off by some roundings a step.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import math
import multiprocessing
import pickle
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import optim

EPS = float(np.finfo(np.float64).eps)


def rates(schedule: optim.Schedule, steps: Iterable[int]) -> list[float]:
    found = [schedule(step) for step in steps]
    assert all(type(rate) is float for rate in found)
    return found


# ---------------------------------------------------------------------------------------------------------------------
# By hand
# ---------------------------------------------------------------------------------------------------------------------

BY_HAND = [
    (optim.constant(0.25), {0: 0.25, 1: 0.25, 10**9: 0.25}),
    (optim.constant(0), {0: 0.0}),
    (optim.step_decay(8, 3), {0: 8.0, 2: 8.0, 3: 0.8, 5: 0.8, 6: 0.08, 3000: 0.0}),
    (optim.step_decay(8, 1, 0.5), {0: 8.0, 1: 4.0, 2: 2.0, 5: 0.25}),
    (optim.step_decay(8, 2, 0), {0: 8.0, 1: 8.0, 2: 0.0, 4: 0.0}),
    (optim.step_decay(8, 2, 1), {0: 8.0, 100: 8.0}),
    (optim.exponential(8, 0.5), {0: 8.0, 1: 4.0, 3: 1.0, 4000: 0.0}),
    (optim.exponential(8, 0), {0: 8.0, 1: 0.0}),
    (optim.inverse_scaling(8, 0.5), {0: 8.0, 3: 4.0, 63: 1.0}),
    (optim.inverse_scaling(8), {0: 8.0, 15: 4.0, 255: 2.0}),
    (optim.inverse_scaling(8, 0), {0: 8.0, 100: 8.0}),
    (optim.inverse_scaling(8, 1e9), {0: 8.0, 1: 0.0}),
    (optim.cosine(8, 4), {0: 8.0, 1: 4 + 2 * 2**0.5, 2: 4.0, 3: 4 - 2 * 2**0.5, 4: 0.0, 5: 0.0, 10**9: 0.0}),
    (optim.cosine(8, 6, 4), {0: 2.0, 1: 4.0, 2: 6.0, 3: 8.0, 4: 8.0, 5: 4.0, 6: 0.0}),
    (optim.cosine(8, 6, 4, 2), {0: 2.0, 3: 8.0, 4: 8.0, 5: 5.0, 6: 2.0, 7: 2.0}),
    (optim.cosine(8, 4, 4, 1), {0: 2.0, 3: 8.0, 4: 1.0}),
    (optim.cosine(8, 1), {0: 8.0, 1: 0.0}),
    (optim.cosine(2, 2, final=6), {0: 2.0, 1: 4.0, 2: 6.0}),
    (optim.optimal(1), {0: 1.0, 1: 0.5, 3: 0.25}),
    (optim.optimal(1e-4), {0: 10.0, 1000: 5.0, 9000: 1.0}),  # t0 = 1000
    (optim.optimal(1 / 16), {0: 2.0, 8: 1.0, 24: 0.5}),  # t0 = 8
]


@pytest.mark.parametrize(("schedule", "expected"), BY_HAND)
def test_values_by_hand(schedule, expected) -> None:
    assert rates(schedule, expected) == pytest.approx(list(expected.values()), rel=8 * EPS, abs=8 * EPS)


@pytest.mark.parametrize("alpha", [5e-324, 1e-300, 1e300])
def test_optimal_of_extreme_strengths(alpha) -> None:
    first, later = rates(optim.optimal(alpha), (0, 10**12))
    assert first == pytest.approx(alpha**-0.25, rel=8 * EPS)
    assert 0 <= later <= first


# ---------------------------------------------------------------------------------------------------------------------
# Schedules are values
# ---------------------------------------------------------------------------------------------------------------------

AS_TEXT = [
    (optim.constant(1), "constant(lr=1.0)"),
    (optim.step_decay(0.5, 3), "step_decay(lr=0.5, every=3, factor=0.1)"),
    (optim.exponential(0.5, np.float32(0.25)), "exponential(lr=0.5, decay=0.25)"),
    (optim.inverse_scaling(0.5), "inverse_scaling(lr=0.5, power=0.25)"),
    (optim.cosine(0.5, np.int64(100), warmup=3), "cosine(lr=0.5, steps=100, warmup=3, final=0.0)"),
    (optim.optimal(alpha=1e-4), "optimal(alpha=0.0001)"),
    (
        optim.ReduceOnPlateau(0.5),
        "ReduceOnPlateau(lr=0.5, factor=0.1, patience=10, threshold=0.0001, min_lr=0.0, best=inf, bad_epochs=0)",
    ),
]
SCHEDULES = [schedule for schedule, _ in AS_TEXT]
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)


def test_no_schedule_is_left_out() -> None:
    """All are dataclasses, and frozen but for the one that is told how training goes."""
    classes = {value for value in vars(optim).values() if inspect.isclass(value) and value.__module__ == optim.__name__}
    assert {type(schedule) for schedule in SCHEDULES} == classes - {optim.SGDState}
    for schedule in SCHEDULES:
        assert dataclasses.is_dataclass(schedule)
        assert (type(schedule).__hash__ is None) == isinstance(schedule, optim.ReduceOnPlateau)


@pytest.mark.parametrize(("schedule", "text"), AS_TEXT)
def test_a_schedule_as_text_is_the_call_that_makes_it(schedule, text) -> None:
    assert repr(schedule) == text
    if not isinstance(schedule, optim.ReduceOnPlateau):
        assert eval(text, vars(optim).copy()) == schedule


@every_schedule
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        dataclasses.replace,
        *[lambda s, protocol=p: pickle.loads(pickle.dumps(s, protocol)) for p in range(pickle.HIGHEST_PROTOCOL + 1)],
    ],
)
def test_a_copy_of_a_schedule_is_its_equal(schedule, copied) -> None:
    again = copied(schedule)
    assert type(again) is type(schedule)
    assert again == schedule
    assert repr(again) == repr(schedule)
    assert rates(again, range(120)) == rates(schedule, range(120))


def test_schedules_in_other_processes() -> None:
    """Started afresh, so that all they know of a schedule is its pickle."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [(schedule, pool.submit(schedule, 7)) for schedule in SCHEDULES]
        for schedule, job in jobs:
            assert job.result(timeout=300) == schedule(7)


def test_schedules_are_equal_if_their_arguments_are() -> None:
    assert optim.cosine(1, 10) == optim.cosine(lr=1.0, steps=10, warmup=0, final=0)
    assert len({optim.constant(1), optim.constant(1.0), optim.constant(np.float32(1))}) == 1
    different = [optim.cosine(1, 10), optim.cosine(1, 11), optim.cosine(1, 10, 1), optim.cosine(1, 10, final=0.5)]
    different += [optim.constant(1), optim.exponential(1, 1), optim.inverse_scaling(1, 1), optim.optimal(1)]
    assert len(set(different)) == len(different)


@every_schedule
def test_the_arguments_of_a_schedule_stay(schedule) -> None:
    """But for the one that is told how training goes; a change of one makes another, and is checked."""
    name = dataclasses.fields(schedule)[0].name
    if isinstance(schedule, optim.ReduceOnPlateau):
        schedule = copy.copy(schedule)
        schedule.lr = 3.0
        assert schedule(0) == 3
        return
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(schedule, name, 3.0)
    assert getattr(dataclasses.replace(schedule, **{name: 3}), name) == 3
    with pytest.raises(ValueError, match=rf"^{name} = -1, expected"):
        dataclasses.replace(schedule, **{name: -1})


def test_a_plateau_is_copied_as_it_stands() -> None:
    rate = optim.ReduceOnPlateau(8, factor=0.5, patience=1)
    for loss in (5, 5, 5, 5):
        rate.update(loss)
    again = pickle.loads(pickle.dumps(rate))
    assert again == rate
    for each in (rate, again):
        each.update(5)
        each.update(4)
    assert again == rate
    assert rate.best == 4


# ---------------------------------------------------------------------------------------------------------------------
# Plateaus, and the state
# ---------------------------------------------------------------------------------------------------------------------


def test_a_plateau_by_hand() -> None:
    """Only losses below 3/4 of the best are improvements; the second in a row that is none lowers the rate."""
    rate = optim.ReduceOnPlateau(8, factor=0.5, patience=1, threshold=0.25, min_lr=1.5)
    assert (rate(0), rate.best) == (8, math.inf)
    for loss, lr, best, bad_epochs in [
        *[(16, 8, 16, 0), (12, 8, 16, 1), (11, 8, 11, 0)],
        *[(8.5, 8, 11, 1), (8.25, 4, 11, 0), (8.2, 4, 8.2, 0), (6, 4, 6, 0)],
        *[(math.nan, 4, 6, 1), (math.inf, 2, 6, 0)],
        *[(5, 2, 6, 1), (5, 1.5, 6, 0), (5, 1.5, 6, 1), (5, 1.5, 6, 0)],
    ]:
        rate.update(loss)
        assert (rate(7), rate.lr, rate.best, rate.bad_epochs) == (lr, lr, best, bad_epochs)


def test_a_plateau_without_patience() -> None:
    rate = optim.ReduceOnPlateau(1, patience=0)
    seen = []
    for loss in (3, 3, 3, 2.9998, 2.9996):
        rate.update(loss)
        seen.append(rate(0))
    assert seen == pytest.approx([1, 0.1, 0.01, 0.001, 0.001], rel=8 * EPS)


def test_the_state_as_it_begins(dtype) -> None:
    W, b = np.arange(12, dtype=dtype).reshape(4, 3).T, np.ones(3, dtype)
    state = fastlc.SGDState(W, b)
    assert (state.step, state.average_from, state.average_W, state.average_b) == (0, None, None, None)
    averaged = fastlc.SGDState(W, b, average_from=5)
    assert (averaged.step, averaged.average_from) == (0, 5)
    for velocity, average, like in (
        (state.velocity_W, averaged.average_W, W),
        (state.velocity_b, averaged.average_b, b),
    ):
        assert velocity.shape == average.shape == like.shape
        assert velocity.dtype == like.dtype
        assert average.dtype == np.float64
        assert velocity.flags.c_contiguous
        assert average.flags.c_contiguous
        assert not velocity.any()
        np.testing.assert_array_equal(average, like)
        assert not np.shares_memory(average, like)
    assert fastlc.SGDState(W).velocity_b is None
    assert fastlc.SGDState(W, average_from=0).average_b is None


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
def test_a_copy_of_a_state_goes_on_alike(copied) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)
    how = {"loss": "hinge", "lr": 0.1, "batch_size": 7, "momentum": 0.9}
    W, b = np.zeros((3, 4)), np.zeros(3)
    state = fastlc.SGDState(W, b, average_from=2)
    fastlc.sgd_epoch(X, y, W, b, state=state, **how)
    again, W_again, b_again = copied(state), W.copy(), b.copy()
    fastlc.sgd_epoch(X, y, W, b, state=state, **how)
    fastlc.sgd_epoch(X, y, W_again, b_again, state=again, **how)
    assert (again.step, again.average_from) == (state.step, state.average_from) == (10, 2)
    assert W_again.tobytes() == W.tobytes()
    for name in ("velocity_W", "velocity_b", "average_W", "average_b"):
        assert getattr(again, name).tobytes() == getattr(state, name).tobytes()


CONVERT = "expected float32 or float64: convert it with W.astype(numpy.float32)"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[1.0]],), TypeError, "W is a list, expected a NumPy array (C, D)"),
        ((None,), TypeError, "W is a NoneType, expected a NumPy array (C, D)"),
        ((np.float64(1),), TypeError, "W is a float64, expected a NumPy array (C, D)"),
        ((np.ones((3, 4), int),), TypeError, f"W has dtype int64, {CONVERT}"),
        ((np.ones((3, 4), np.float16),), TypeError, f"W has dtype float16, {CONVERT}"),
        ((np.ones((3, 4), object),), TypeError, f"W has dtype object, {CONVERT}"),
        ((np.ones(4),), ValueError, "W has shape (4,), expected (C, D)"),
        ((np.ones((3, 4)), [0.0] * 3), TypeError, "b is a list, expected a NumPy array (C,)"),
        ((np.ones((3, 4)), 0.0), TypeError, "b is a float, expected a NumPy array (C,)"),
        (
            (np.ones((3, 4)), np.ones(3, int)),
            TypeError,
            "b has dtype int64, expected float64, the dtype of W: convert it with b.astype(numpy.float64)",
        ),
        (
            (np.ones((3, 4)), np.ones(3, np.float32)),
            TypeError,
            "b has dtype float32, W has float64: convert one of them",
        ),
        ((np.ones((3, 4)), np.ones((3, 1))), ValueError, "b has shape (3, 1), expected (C,)"),
    ],
)
def test_a_state_of_what_are_no_weights(arguments, error, message) -> None:
    with pytest.raises(error) as caught:
        fastlc.SGDState(*arguments)
    assert type(caught.value) is error
    assert str(caught.value) == message


def test_a_state_of_weights_that_cannot_be_written() -> None:
    """It has arrays of its own; those of other byte order or layout are for `sgd_epoch` to refuse."""
    W = np.asfortranarray(np.ones((3, 4)))
    W.flags.writeable = False
    state = fastlc.SGDState(W, average_from=0)
    assert state.velocity_W.flags.writeable
    assert state.average_W.flags.writeable
    assert fastlc.SGDState(W.astype(W.dtype.newbyteorder())).velocity_W.shape == (3, 4)


# ---------------------------------------------------------------------------------------------------------------------
# Against PyTorch
# ---------------------------------------------------------------------------------------------------------------------


def torch_rates(make: Any, lr: float, steps: int) -> list[float]:
    """The rates of the first steps under a scheduler of PyTorch."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def warm_cosine(schedulers: Any, optimizer: Any) -> Any:
    return schedulers.SequentialLR(
        optimizer,
        [
            schedulers.LinearLR(optimizer, start_factor=1 / 20, end_factor=1.0, total_iters=19),
            schedulers.CosineAnnealingLR(optimizer, T_max=80, eta_min=0.01),
        ],
        milestones=[20],
    )


@pytest.mark.parametrize(
    ("schedule", "make", "steps"),
    [
        (optim.constant(0.3), lambda s, o: s.ConstantLR(o, factor=1.0), 10),
        (optim.step_decay(0.3, 7, 0.7), lambda s, o: s.StepLR(o, 7, 0.7), 300),
        (optim.step_decay(0.3, 30), lambda s, o: s.StepLR(o, 30), 300),
        (optim.exponential(0.3, 0.93), lambda s, o: s.ExponentialLR(o, 0.93), 300),
        (optim.cosine(0.3, 101), lambda s, o: s.CosineAnnealingLR(o, 101), 102),
        (optim.cosine(0.3, 100, final=0.2), lambda s, o: s.CosineAnnealingLR(o, 100, eta_min=0.2), 101),
        (optim.cosine(0.3, 100, 20, 0.01), warm_cosine, 101),
    ],
    ids=["constant", "step", "step by default", "exponential", "cosine", "cosine to a final rate", "warm-up"],
)
def test_schedules_of_pytorch(schedule, make, steps) -> None:
    """Three roundings a step of theirs, each up to eps/2 of a rate ≤ 0.3, and a few of ours."""
    expected = torch_rates(make, 0.3, steps)
    assert len(set(expected)) > 1 or schedule(5) == 0.3
    np.testing.assert_allclose(rates(schedule, range(steps)), expected, rtol=0, atol=0.3 * (1.5 * steps + 8) * EPS)


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("threshold", [1e-4, 0.0, 0.2])
@pytest.mark.parametrize("min_lr", [0.0, 0.01, 1.0])
def test_plateau_of_pytorch(patience, threshold, min_lr) -> None:
    """Bit for bit, on losses that wander down, with plateaus, ties, negative losses and nan, until the rate is tiny."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng([patience, int(1e4 * threshold)])
    losses = np.minimum.accumulate(rng.normal(size=400).cumsum()) + rng.choice([0, 0, 0.5], 400) + 10
    losses[rng.integers(400, size=9)] = np.nan
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.6, patience=patience, threshold=threshold, min_lr=min_lr
    )
    ours, found, expected = optim.ReduceOnPlateau(0.3, 0.6, patience, threshold, min_lr), [], []
    for loss in losses:
        scheduler.step(loss)
        expected.append(optimizer.param_groups[0]["lr"])
        ours.update(loss)
        found.append(ours(0))
    assert found == expected
    assert len(set(expected)) > 2 or min_lr == 1.0


# ---------------------------------------------------------------------------------------------------------------------
# Against scikit-learn
# ---------------------------------------------------------------------------------------------------------------------


def sklearn_rates(steps: int, **settings: Any) -> list[float]:
    """The rates of SGDClassifier, seen from outside: one row at a time, whose hinge loss has the slope −x.

    The row x = 2^−40 never comes to lie outside of the margin, so that each step adds rate · x to the one weight.
    """
    from sklearn.linear_model import SGDClassifier

    model = SGDClassifier(loss="hinge", penalty=None, fit_intercept=False, shuffle=False, **settings)
    x, weights = 2.0**-40, [0.0]
    for _ in range(steps):
        model.partial_fit([[x]], [1], classes=[0, 1])
        weights.append(float(model.coef_[0, 0]))
    return list(np.diff(weights) / x)


@pytest.mark.parametrize(
    ("schedule", "settings"),
    [
        *[(optim.optimal(alpha), {"learning_rate": "optimal", "alpha": alpha}) for alpha in (1e-4, 0.003, 0.5)],
        (optim.inverse_scaling(0.3), {"learning_rate": "invscaling", "eta0": 0.3, "power_t": 0.25}),
        (optim.inverse_scaling(2, 0.8), {"learning_rate": "invscaling", "eta0": 2.0, "power_t": 0.8}),
        (optim.constant(0.3), {"learning_rate": "constant", "eta0": 0.3}),
    ],
    ids=["optimal 1e-4", "optimal 0.003", "optimal 0.5", "invscaling 0.25", "invscaling 0.8", "constant"],
)
def test_schedules_of_scikit_learn(schedule, settings) -> None:
    """A difference of weights is off by a rounding of the sum of the rates, the rates by a few of their own."""
    expected = sklearn_rates(100, **settings)
    np.testing.assert_allclose(
        rates(schedule, range(100)), expected, rtol=8 * EPS, atol=float(np.sum(expected)) * EPS, strict=True
    )


@pytest.mark.parametrize("loss", ["hinge", "log_loss"])
def test_passes_of_scikit_learn_at_the_optimal_rate(loss) -> None:
    """SGDClassifier over 200 rows, three times, is the plain loop of NumPy that takes the rates of `optim.optimal`.

    Rows are so short that no step, even the first, moves two points apart: ``lr (|x|² + 1) / 4 ≤ 1.8 < 2``. So errors
    do not grow but add up: some 16 roundings a step, of what is as large as the weights or a step.
    """
    from sklearn.linear_model import SGDClassifier

    rng, alpha = np.random.default_rng(0), 0.5
    X = rng.uniform(-1, 1, size=(200, 5))
    t = np.where(X @ rng.normal(size=5) + rng.normal(size=200) > 0, 1, -1)
    model = SGDClassifier(loss=loss, alpha=alpha, shuffle=False, max_iter=3, tol=None).fit(X, t)

    rate, w, b, largest = optim.optimal(alpha), np.zeros(5), 0.0, 0.0
    assert rate(0) * 6 / 4 < 2
    for step in range(600):
        x, sign, lr = X[step % 200], t[step % 200], rate(step)
        z = sign * (x @ w + b)
        slope = -sign * (float(z <= 1) if loss == "hinge" else 1 / (1 + np.exp(z)))
        w = w * (1 - lr * alpha) - lr * slope * x
        b -= lr * slope
        largest = max(largest, abs(b), np.abs(w).max(), lr)
    np.testing.assert_allclose([*model.coef_[0], *model.intercept_], [*w, b], rtol=0, atol=600 * 16 * EPS * largest)
    assert np.abs(w).max() > 0.1


# ---------------------------------------------------------------------------------------------------------------------
# What is refused
# ---------------------------------------------------------------------------------------------------------------------

FINITE, POSITIVE = "a finite number >= 0", "a finite number > 0"
UP_TO_1, BELOW_1 = "a number in [0, 1]", "a number in [0, 1)"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.constant(-1), f"lr = -1, expected {FINITE}"),
        (lambda: optim.constant(math.nan), f"lr = nan, expected {FINITE}"),
        (lambda: optim.step_decay(math.inf, 3), f"lr = inf, expected {FINITE}"),
        (lambda: optim.step_decay(1, 0), "every = 0, expected an integer >= 1"),
        (lambda: optim.step_decay(1, 3, 1.5), f"factor = 1.5, expected {UP_TO_1}"),
        (lambda: optim.exponential(-1, 0.5), f"lr = -1, expected {FINITE}"),
        (lambda: optim.exponential(1, -0.5), f"decay = -0.5, expected {UP_TO_1}"),
        (lambda: optim.exponential(1, 2), f"decay = 2, expected {UP_TO_1}"),
        (lambda: optim.inverse_scaling(-1), f"lr = -1, expected {FINITE}"),
        (lambda: optim.inverse_scaling(1, -0.5), f"power = -0.5, expected {FINITE}"),
        (lambda: optim.cosine(-1, 3), f"lr = -1, expected {FINITE}"),
        (lambda: optim.cosine(1, 0), "steps = 0, expected an integer >= 1"),
        (lambda: optim.cosine(1, 3, -1), "warmup = -1, expected an integer >= 0"),
        (lambda: optim.cosine(1, 3, 4), "warmup = 4 is more than the 3 steps"),
        (lambda: optim.cosine(1, 3, 1, -0.1), f"final = -0.1, expected {FINITE}"),
        (lambda: optim.optimal(0), f"alpha = 0, expected {POSITIVE}"),
        (lambda: optim.optimal(math.inf), f"alpha = inf, expected {POSITIVE}"),
        (lambda: optim.ReduceOnPlateau(-1), f"lr = -1, expected {FINITE}"),
        (lambda: optim.ReduceOnPlateau(1, 1), f"factor = 1, expected {BELOW_1}"),
        (lambda: optim.ReduceOnPlateau(1, patience=-1), "patience = -1, expected an integer >= 0"),
        (lambda: optim.ReduceOnPlateau(1, threshold=1), f"threshold = 1, expected {BELOW_1}"),
        (lambda: optim.ReduceOnPlateau(1, min_lr=-1), f"min_lr = -1, expected {FINITE}"),
        (lambda: fastlc.SGDState(np.zeros((2, 2)), average_from=-1), "average_from = -1, expected an integer >= 0"),
    ],
)
def test_values_that_are_refused(make, message) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: optim.constant("0.1"), f"lr is a str, expected {FINITE}"),
        (lambda: optim.constant([0.1, 0.2]), f"lr is a list, expected {FINITE}"),
        (lambda: optim.constant(b"0.1"), f"lr is a bytes, expected {FINITE}"),
        (lambda: optim.constant(0.1 + 0j), f"lr is a complex, expected {FINITE}"),
        (lambda: optim.inverse_scaling(1, "1"), f"power is a str, expected {FINITE}"),
        (lambda: optim.optimal("1e-4"), f"alpha is a str, expected {POSITIVE}"),
        (lambda: optim.step_decay(1, "3"), "every is a str, expected an integer >= 1"),
        (lambda: optim.step_decay(1, 3, "0.1"), f"factor is a str, expected {UP_TO_1}"),
        (lambda: optim.exponential(1, None), f"decay is a NoneType, expected {UP_TO_1}"),
        (lambda: optim.cosine(1, 10.0), "steps is a float, expected an integer >= 1"),
        (lambda: optim.ReduceOnPlateau(1, patience=2.5), "patience is a float, expected an integer >= 0"),
        (
            lambda: fastlc.SGDState(np.zeros((2, 2)), average_from=1.0),
            "average_from is a float, expected an integer >= 0",
        ),
    ],
)
def test_types_that_are_refused(make, message) -> None:
    with pytest.raises(TypeError) as caught:
        make()
    assert str(caught.value) == message


def test_numbers_of_numpy_are_taken() -> None:
    assert optim.cosine(np.float32(0.5), np.int64(2), np.uint8(1))(0) == 0.5
    assert fastlc.SGDState(np.zeros((2, 2)), average_from=np.int32(3)).average_from == 3


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: optim.step_decay(1, True), "every"),
        (lambda: optim.cosine(1, True), "steps"),
        (lambda: optim.cosine(1, 3, np.True_), "warmup"),
        (lambda: optim.ReduceOnPlateau(1, patience=True), "patience"),
        (lambda: fastlc.SGDState(np.zeros((2, 2)), average_from=True), "average_from"),
    ],
)
def test_a_flag_is_no_integer(make, name) -> None:
    with pytest.raises(TypeError, match=rf"^{name} "):
        make()
