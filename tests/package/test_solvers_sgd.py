"""The loop over epochs under `fastlc.fit` by itself: when it is stopped and goes on, or ends with an exception."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import itertools
import math
import pickle
import sys
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import optim, reference
from fastlc.solvers import sgd
from fastlc.solvers.objective import Objective

from ..support.cases import Array, as_bytes

EPS = float(np.finfo(np.float64).eps)
NAN, INF = math.nan, math.inf


def clouds(N: int = 90, dtype: Any = np.float64) -> tuple[Array, Array]:
    """Three overlapping clouds of points, and which is which."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, N)
    return (2 * np.eye(3, 5)[y] + rng.normal(size=(N, 5))).astype(dtype), y


@dataclasses.dataclass
class Checkpoint:
    """All that a training goes on from."""

    W: Array
    b: Array | None
    state: fastlc.SGDState
    options: sgd.Options
    rng: np.random.Generator | np.random.RandomState | None

    def epochs(self, objective: Objective, **how: Any) -> Any:
        return sgd.epochs(objective, self.W, self.b, self.state, self.options, self.rng, **how)

    def held(self) -> Any:
        """Weights and state as something that compares bit for bit."""
        return as_bytes((self.W, self.b)), {name: as_bytes(value) for name, value in vars(self.state).items()}


def beginning(options: sgd.Options, rng: Any = 0, dtype: Any = np.float64, **how: Any) -> Checkpoint:
    W, b = np.zeros((3, 5), dtype), np.zeros(3, dtype)
    rng = np.random.default_rng(rng) if isinstance(rng, int) else rng
    return Checkpoint(W, b, fastlc.SGDState(W, b, **how), options, rng)


def measured(epochs: Any, count: int) -> list[tuple[float, float]]:
    """Losses and rates of the next epochs."""
    return [(epoch.loss, epoch.lr) for epoch in itertools.islice(epochs, count)]


SETTINGS: list[dict[str, Any]] = [
    {},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01, "l1": 0.001},
    {"momentum": 0.9, "dampening": 0.5, "l2": 0.1, "l1": 0.001},
    {"lr": optim.cosine(0.2, 54, warmup=5)},
]
every_setting = pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: "+".join(settings) or "default")

# ---------------------------------------------------------------------------------------------------------------------
# Epochs
# ---------------------------------------------------------------------------------------------------------------------


@every_setting
@pytest.mark.parametrize("shuffle", [True, False])
def test_epochs_are_calls_of_sgd_epoch(settings, shuffle, dtype) -> None:
    X, y = clouds(dtype=dtype)
    weights = {"class_weight": np.array([0.5, 1, 2], dtype), "sample_weight": np.linspace(0, 2, 90).astype(dtype)}
    v = weights.pop("sample_weight")
    rows = np.arange(0, 90, 2)
    options = sgd.Options(batch_size=10, **settings)
    run = beginning(options, 3 if shuffle else None, dtype, average_from=7)
    objective = Objective(X, y, "cross_entropy", {**weights, "label_smoothing": 0.1}, v)
    found = measured(run.epochs(objective, rows=rows), 4)

    again, rng, expected = beginning(options, dtype=dtype, average_from=7), np.random.default_rng(3), []
    how = {"loss": "cross_entropy", "label_smoothing": 0.1, "sample_weight": v, **weights}
    for epoch in range(4):
        order = rng.permutation(rows) if shuffle else rows
        rate = options.lr(5 * epoch) if callable(options.lr) else options.lr
        loss = fastlc.sgd_epoch(X, y, again.W, again.b, order=order, state=again.state, **how, **vars(options))
        expected.append((loss, rate))
    assert found == expected
    assert run.held() == again.held()


def test_options_are_those_of_sgd_epoch() -> None:
    parameters = inspect.signature(fastlc.sgd_epoch).parameters
    for field in dataclasses.fields(sgd.Options):
        if field.name not in ("lr", "batch_size"):  # which have defaults of `fit` alone
            assert parameters[field.name].default == field.default
    fit = inspect.signature(fastlc.fit).parameters
    assert all(fit[field.name].default == field.default for field in dataclasses.fields(sgd.Options))
    with pytest.raises(dataclasses.FrozenInstanceError):
        sgd.Options().lr = 0.5  # type: ignore[misc]


def test_another_function_may_train() -> None:
    """That of the reference; errors do not grow within so few steps of such a size."""
    objective, options = Objective(*clouds(), "hinge"), sgd.Options(batch_size=10, momentum=0.9)
    fast, slow = beginning(options), beginning(options)
    losses = [measured(fast.epochs(objective), 3), measured(slow.epochs(objective, train=reference.sgd_epoch), 3)]
    np.testing.assert_allclose(*losses, rtol=1e-11)
    np.testing.assert_allclose(fast.W, slow.W, atol=1e-12)


def test_the_generators_of_scikit_learn_shuffle() -> None:
    """Which are of NumPy's older kind."""
    objective = Objective(*clouds(), "cross_entropy")
    run, again = (beginning(sgd.Options(), np.random.RandomState(seed)) for seed in (5, 5))
    assert measured(run.epochs(objective), 3) == measured(again.epochs(objective), 3)
    assert run.held() == again.held()


def test_seconds_are_of_the_steps_alone() -> None:
    def train(*args: Any, **how: Any) -> float:
        nonlocal clock
        clock += 2
        return 1.0

    clock = 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sgd.time, "perf_counter", lambda: clock)
        for epoch in itertools.islice(beginning(sgd.Options()).epochs(Objective(*clouds(), "hinge"), train=train), 3):
            assert epoch.seconds == 2
            clock += 100


# ---------------------------------------------------------------------------------------------------------------------
# Stopped, and gone on with
# ---------------------------------------------------------------------------------------------------------------------


def suspended(run: Checkpoint, objective: Objective, epochs: Any) -> tuple[Checkpoint, Any]:
    return run, epochs


def begun_again(run: Checkpoint, objective: Objective, epochs: Any) -> tuple[Checkpoint, Any]:
    epochs.close()
    assert list(epochs) == []
    return run, run.epochs(objective)


def copied(run: Checkpoint, objective: Objective, epochs: Any) -> tuple[Checkpoint, Any]:
    run = copy.deepcopy(run)
    return run, run.epochs(objective)


def pickled(run: Checkpoint, objective: Objective, epochs: Any) -> tuple[Checkpoint, Any]:
    run = pickle.loads(pickle.dumps(run))
    return run, run.epochs(objective)


@every_setting
@pytest.mark.parametrize("how", [suspended, begun_again, copied, pickled])
@pytest.mark.parametrize("rng", [0, None, np.random.RandomState], ids=str)
def test_a_training_that_was_stopped_goes_on(settings, how, rng, dtype) -> None:
    """To the same bits as one that was not."""
    objective = Objective(*clouds(dtype=dtype), "cross_entropy")

    def begin() -> Checkpoint:
        options = sgd.Options(**{"lr": 0.2, "batch_size": 10, **settings})
        return beginning(options, rng(4) if callable(rng) else rng, dtype, average_from=20)

    whole = begin()
    expected = measured(whole.epochs(objective), 6)
    run = begin()
    epochs = run.epochs(objective)
    found = measured(epochs, 2)
    run, epochs = how(run, objective, epochs)
    found += measured(epochs, 4)
    assert found == expected
    assert run.held() == whole.held()


@pytest.mark.parametrize("how", [suspended, begun_again, copied, pickled])
def test_a_plateau_goes_on(how) -> None:
    """A schedule that is told the loss is part of a checkpoint."""

    def plateau(run: Checkpoint) -> optim.ReduceOnPlateau:
        assert isinstance(run.options.lr, optim.ReduceOnPlateau)
        return run.options.lr

    objective, results = Objective(*clouds(), "cross_entropy"), []
    for change in (suspended, how):
        run = beginning(sgd.Options(optim.ReduceOnPlateau(4.0, factor=0.5, patience=1), batch_size=10))
        epochs, found = run.epochs(objective), []
        for part in (3, 9):
            for epoch in itertools.islice(epochs, part):
                plateau(run).update(epoch.loss)
                found.append((epoch.loss, epoch.lr))
            run, epochs = change(run, objective, epochs)
        results.append((found, run.held(), plateau(run)))
    assert results[0] == results[1]
    assert len({lr for _, lr in results[0][0]}) > 2


def test_one_epoch_on_each_of_several_arrays() -> None:
    """As of partial_fit: weights, velocities, averages and the number of the step are those of the calls before."""
    X, y = clouds()
    options = sgd.Options(optim.inverse_scaling(0.5), batch_size=7, momentum=0.5)
    run, again = (beginning(options, None, average_from=3) for _ in range(2))
    for part in (slice(0, 30), slice(30, 33), slice(33, 90)):
        next(run.epochs(Objective(X[part], y[part], "cross_entropy")))
        how: dict[str, Any] = {"loss": "cross_entropy", "state": again.state, **vars(options)}
        fastlc.sgd_epoch(X[part], y[part], again.W, again.b, **how)
    assert run.held() == again.held()
    assert run.state.step == 5 + 1 + 9


def test_weights_may_be_changed_between_epochs() -> None:
    objective = Objective(*clouds(), "cross_entropy")
    run = beginning(sgd.Options(batch_size=10), None)
    epochs = run.epochs(objective)
    first = measured(epochs, 1)
    run.W[:], run.b[:] = 0, 0
    assert measured(epochs, 1) == first


# ---------------------------------------------------------------------------------------------------------------------
# Exceptions
# ---------------------------------------------------------------------------------------------------------------------

ERRORS = [KeyboardInterrupt, KeyError, SystemExit, GeneratorExit]


@pytest.mark.parametrize("error", ERRORS)
def test_an_exception_within_an_epoch(error) -> None:
    """Weights are those after the last whole batch, and from there a new loop goes on."""
    objective = Objective(*clouds(), "cross_entropy")
    raised, armed = error("mine"), True

    def rate(step: int) -> float:
        if step == 20 and armed:
            raise raised
        return 0.1

    run, whole = (beginning(sgd.Options(lr, 10), None) for lr in (rate, 0.1))
    epochs, log = run.epochs(objective), []
    with pytest.raises(error) as caught:
        log.extend(epoch.loss for epoch in epochs)
    assert caught.value is raised
    assert list(epochs) == []  # it ended
    expected = [loss for loss, _ in measured(whole.epochs(objective), 2)]
    assert log == expected
    assert run.held() == whole.held()
    armed = False
    assert measured(run.epochs(objective), 2) == measured(whole.epochs(objective), 2)
    assert run.held() == whole.held()


@pytest.mark.parametrize("error", ERRORS)
def test_an_exception_thrown_into_the_loop(error) -> None:
    """Nothing is stepped, and nothing swallowed."""
    run = beginning(sgd.Options(batch_size=10))
    epochs = run.epochs(Objective(*clouds(), "cross_entropy"))
    next(epochs)
    before = run.held()
    with pytest.raises(error):
        epochs.throw(error("mine"))
    epochs.close()
    assert list(epochs) == []
    assert run.held() == before


def test_closing_the_loop() -> None:
    run = beginning(sgd.Options(batch_size=10))
    epochs = run.epochs(Objective(*clouds(), "cross_entropy"))
    before = run.held()
    epochs.close()  # before the first epoch
    assert list(epochs) == []
    assert run.held() == before
    epochs = run.epochs(Objective(*clouds(), "cross_entropy"))
    next(epochs)
    after = run.held()
    del epochs
    assert run.held() == after != before


def test_ctrl_c_wherever_it_comes() -> None:
    """Before each line of the loop, of what it monitors and of its patience in turn: whole epochs are in the log, and
    the weights are those after a whole batch, from which a new loop goes on."""
    objective = Objective(*clouds(), "cross_entropy")
    options = sgd.Options(batch_size=45, momentum=0.5)
    reached, expected = [], beginning(options, None)
    epochs = expected.epochs(objective)
    log_of_all = []
    for _ in range(4):
        log_of_all.append(measured(epochs, 1)[0])
        reached.append(expected.held())

    files = {sgd.__file__, inspect.getfile(Objective)}
    lines = set()
    for line in range(10_000):
        left = line

        def in_loop(frame: Any, event: str, arg: Any) -> Any:
            nonlocal left
            if event == "line":
                if left == 0:
                    left = -1
                    lines.add((frame.f_code.co_name, frame.f_lineno))
                    raise KeyboardInterrupt
                left -= left > 0
            return in_loop

        def trace(frame: Any, event: str, arg: Any) -> Any:
            return in_loop if frame.f_code.co_filename in files else None

        run, stopping = beginning(options, None), sgd.EarlyStopping(patience=2, higher_is_better=True)
        log: list[tuple[float, float]] = []
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            for epoch in itertools.islice(run.epochs(objective), 3):
                log.append((epoch.loss, epoch.lr))
                stopping.update(-objective(*sgd.averaged(run.W, run.b, run.state)))
                assert not stopping.exhausted
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
        finally:
            sys.settrace(before)
        assert log == log_of_all[: len(log)]
        steps = run.state.step // 2
        assert len(log) <= steps <= len(log) + 1
        assert steps == 0 or run.held() == reached[steps - 1]
        assert stopping.bad_epochs in (0, 1)
        measured(run.epochs(objective), 4 - steps)
        assert run.held() == reached[3]
        if not interrupted:
            break
    assert not interrupted
    assert len(log) == 3
    assert {name for name, _ in lines} >= {"epochs", "_stepper", "averaged", "__call__", "update", "exhausted"}


# ---------------------------------------------------------------------------------------------------------------------
# Arguments
# ---------------------------------------------------------------------------------------------------------------------

X6, Y6 = np.ones((6, 5)), np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize(
    ("objective", "options", "error", "message"),
    [
        (Objective(X6, Y6, "foo"), {}, ValueError, "loss = 'foo' is unknown, choose from "),
        (Objective(X6, Y6, "hinge", {"p": 3}), {}, ValueError, "p = 3, expected 1 or 2"),
        (Objective(X6, Y6, "hinge", {"q": 3}), {}, TypeError, "sgd_epoch() got an unexpected keyword argument 'q'"),
        (Objective(X6, Y6 + 1, "hinge"), {}, ValueError, "y[2] = 3 is outside [0, 3)"),
        (Objective(X6, Y6, "hinge", {}, np.ones(5)), {}, ValueError, "sample_weight has shape (5,), expected (6,)"),
        (Objective(X6[:, 1:], Y6, "hinge"), {}, ValueError, "W has 5 columns, X has 4"),
        (Objective(X6, Y6, "hinge"), {"lr": -1.0}, ValueError, "lr = -1, expected a finite number >= 0"),
        (Objective(X6, Y6, "hinge"), {"batch_size": 0}, ValueError, "batch_size = 0, expected at least 1"),
        (Objective(X6, Y6, "hinge"), {"l1": NAN}, ValueError, "l1 = nan, expected a finite number >= 0"),
        (Objective(X6, Y6, "hinge"), {"momentum": "a"}, TypeError, "momentum is a str, expected a number"),
    ],
)
def test_what_is_refused(objective, options, error, message) -> None:
    """By `check` before any work, and by the first epoch."""
    run = beginning(sgd.Options(**options))
    before = run.held()
    for call in (
        lambda: sgd.check(objective, run.W, run.b, run.state, run.options),
        lambda: next(run.epochs(objective)),
    ):
        with pytest.raises(error) as caught:
            call()
        assert str(caught.value).startswith(message) if message.endswith(" ") else str(caught.value) == message
        assert run.held() == before


def test_a_check_takes_no_step() -> None:
    """Nor does it ask a schedule, which may count its calls."""
    asked = []
    run = beginning(sgd.Options(lambda step: asked.append(step) or 0.1))
    before = run.held()
    sgd.check(Objective(*clouds(), "cross_entropy"), run.W, run.b, run.state, run.options)
    assert run.held() == before
    assert asked == []


# ---------------------------------------------------------------------------------------------------------------------
# The objective, and the weights to use
# ---------------------------------------------------------------------------------------------------------------------


def test_the_objective_is_the_mean_loss() -> None:
    X, y = clouds()
    rng = np.random.default_rng(1)
    W, b, v = rng.normal(size=(3, 5)), rng.normal(size=3), rng.random(90)
    options = {"class_weight": np.array([0.5, 1.0, 0.0]), "ignore_index": 1, "label_smoothing": 0.1}
    objective = Objective(X, y, "cross_entropy", options, v)
    how = {"grad": False, **options}
    assert objective(W, b) == fastlc.linear_cross_entropy(X, y, W, b, sample_weight=v, **how)
    assert Objective(X, y, "hinge")(W) == fastlc.linear_hinge(X, y, W, grad=False)
    np.testing.assert_array_equal(objective.counting(3), (y == 0) & (v != 0))
    rows = rng.permutation(90)[:20]
    part = objective.of_rows(rows)
    assert part(W, b) == fastlc.linear_cross_entropy(X[rows], y[rows], W, b, sample_weight=v[rows], **how)
    assert Objective(X, y, "hinge").of_rows(rows).sample_weight is None
    assert pickle.loads(pickle.dumps(objective))(W, b) == objective(W, b)


def test_the_weights_to_use(dtype) -> None:
    """Those in training until averaging has begun, then the averages in the dtype of X."""
    objective = Objective(*clouds(dtype=dtype), "cross_entropy")
    run = beginning(sgd.Options(batch_size=45), dtype=dtype, average_from=2)
    for epoch in range(3):
        W, b = sgd.averaged(run.W, run.b, run.state)
        assert (W is run.W) == (b is run.b) == (epoch < 2)
        assert W.dtype == b.dtype == dtype
        next(run.epochs(objective))
    W, b = sgd.averaged(run.W, run.b, run.state)
    assert as_bytes((W, b)) == as_bytes((run.state.average_W.astype(dtype), run.state.average_b.astype(dtype)))
    assert as_bytes(W) != as_bytes(run.W)
    plain = beginning(sgd.Options(), dtype=dtype)
    assert sgd.averaged(plain.W, None, plain.state) == (plain.W, None)


# ---------------------------------------------------------------------------------------------------------------------
# Early stopping
# ---------------------------------------------------------------------------------------------------------------------


def stops_after(values: Any, **how: Any) -> int:
    stopping = sgd.EarlyStopping(**how)
    for epoch, value in enumerate(values):
        stopping.update(value)
        if stopping.exhausted:
            return epoch + 1
    return len(values) + 1


@pytest.mark.parametrize(
    ("values", "how", "strict", "not_strict"),
    [
        ([5, 4, 4, 3], {"patience": 1}, 3, 5),
        ([5, 4, 4.25, 3], {"patience": 1}, 3, 3),
        ([5, 4.5, 4, 3.5], {"patience": 1, "tol": 0.5}, 2, 5),
        ([5, 4.75, 4.5, 4.25], {"patience": 2, "tol": 0.5}, 3, 3),  # each is held to the lowest
        ([0, 0, 0, 0], {"patience": 2}, 3, 5),
        ([5, 5, 5, 5], {}, 5, 5),
        ([NAN, NAN, 1, 1], {"patience": 2}, 2, 2),
        ([5, NAN, 4, NAN], {"patience": 2}, 5, 5),
        ([INF, INF, INF], {"patience": 3}, 3, 4),
        ([-1, -2, -3, -2, -2.5], {"patience": 2}, 5, 5),
    ],
)
@pytest.mark.parametrize("higher_is_better", [False, True])
def test_patience_by_hand(values, how, strict, not_strict, higher_is_better) -> None:
    """A score is a loss of the other sign."""
    values = [-value for value in values] if higher_is_better else values
    assert stops_after(values, higher_is_better=higher_is_better, **how) == strict
    assert stops_after(values, higher_is_better=higher_is_better, strict=False, **how) == not_strict


def test_the_best_is_without_regard_to_tol() -> None:
    for sign in (1, -1):
        stopping = sgd.EarlyStopping(tol=10, higher_is_better=sign < 0)
        assert stopping.best == sign * INF
        found = [stopping.update(sign * value) for value in (5, 4, 4, NAN, 6, 3)]
        assert found == [True, True, False, False, False, True]
        assert stopping.best == sign * 3
        assert stopping.bad_epochs == 5  # all but the first, which is better than ∞ by more
        assert not stopping.exhausted


@pytest.mark.parametrize("higher_is_better", [False, True])
def test_patience_is_copied_as_it_stands(higher_is_better) -> None:
    stopping = sgd.EarlyStopping(3, 0.5, higher_is_better)
    for value in (5, 4, 4.25):
        stopping.update(value)
    for again in (copy.deepcopy(stopping), pickle.loads(pickle.dumps(stopping))):
        assert again == stopping
        assert repr(again) == repr(stopping)
        again.update(1)
        assert again != stopping
    fresh = dataclasses.replace(stopping)
    assert fresh == sgd.EarlyStopping(3, 0.5, higher_is_better)


not_converged = pytest.mark.filterwarnings("ignore:Maximum number of iteration reached")


@not_converged
@pytest.mark.parametrize("tol", [1e-2, 1e-3, 0.0, None])
@pytest.mark.parametrize("n_iter_no_change", [1, 3])
@pytest.mark.parametrize("learning_rate", ["constant", "adaptive"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_epochs_of_scikit_learn(tol, n_iter_no_change, learning_rate, early_stopping) -> None:
    """SGDRegressor written with this loop ends after the same epoch, at the same weights.

    On the training loss, or on the score of rows held out; with a rate that falls when patience is exhausted. Rows are
    so short that no step moves two points apart, ``lr (|x|² + 1) < 2``: errors add up, 16 roundings a step.
    """
    from sklearn.linear_model import SGDRegressor

    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(150, 4))
    y = X @ rng.normal(size=4) + rng.normal(size=150)
    model = SGDRegressor(
        penalty=None, learning_rate=learning_rate, eta0=0.1, shuffle=False, max_iter=60, tol=tol, random_state=0,
        n_iter_no_change=n_iter_no_change, early_stopping=early_stopping,
    )  # fmt: skip
    held_out = model._make_validation_split(y, np.ones(150, bool))
    model.fit(X, y)

    objective, W, b = Objective(X, y, "squared_error"), np.zeros((1, 4)), np.zeros(1)
    state, rate = fastlc.SGDState(W, b), optim.ReduceOnPlateau(0.1 / 2)
    patience = None if tol is None else n_iter_no_change
    stopping = sgd.EarlyStopping(patience, tol or 0.0, higher_is_better=early_stopping, strict=False)
    epochs = sgd.epochs(objective, W, b, state, sgd.Options(rate, 1), None, rows=np.flatnonzero(~held_out))
    for epoch in itertools.islice(epochs, 60):
        value = epoch.loss / 2
        if early_stopping:
            residuals = y[held_out] - fastlc.scores(X[held_out], W, b)[:, 0]
            value = 1 - residuals @ residuals / np.square(y[held_out] - y[held_out].mean()).sum()
        stopping.update(value)
        if stopping.exhausted:
            if learning_rate == "constant" or 2 * rate.lr <= 1e-6:
                break
            rate.lr, stopping.bad_epochs = rate.lr / 5, 0
    n_rows = np.count_nonzero(~held_out)
    assert state.step == n_rows * model.n_iter_
    largest = np.abs([*model.coef_, *model.intercept_]).max()
    np.testing.assert_allclose(W[0], model.coef_, rtol=0, atol=state.step * 16 * EPS * largest)
    if tol is None or (tol and learning_rate == "constant"):
        assert (model.n_iter_ == 60) == (tol is None)


@not_converged
def test_a_loss_of_0_for_scikit_learn_is_as_good_as_the_last() -> None:
    """Where rows are told apart the hinge is 0: with a tol of 0 SGDClassifier goes on to the end, `fit` stops."""
    from sklearn.linear_model import SGDClassifier

    X = np.array([[2.0, 1.0], [1.0, 2.0], [-2.0, -1.0], [-1.0, -2.0]])
    y = np.array([1, 1, 0, 0])
    how: dict[str, Any] = {"learning_rate": "constant", "eta0": 1.0, "shuffle": False, "n_iter_no_change": 2}
    model = SGDClassifier(penalty=None, tol=0.0, max_iter=20, **how).fit(X, y)
    counts = {}
    for strict in (True, False):
        W, b = np.zeros((1, 2)), np.zeros(1)
        state, stopping = fastlc.SGDState(W, b), sgd.EarlyStopping(2, strict=strict)
        epochs = sgd.epochs(Objective(X, y, "ovr_hinge"), W, b, state, sgd.Options(1.0, 1), None)
        for epoch in itertools.islice(epochs, 20):
            stopping.update(epoch.loss)
            if stopping.exhausted:
                break
        counts[strict] = state.step // 4
    assert counts == {True: 4, False: model.n_iter_}
    assert model.n_iter_ == 20
