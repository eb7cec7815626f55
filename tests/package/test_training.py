"""`fastlc.fit`: the loop that it stands for, the optimum it reaches, what it holds out, when it stops and with what.

Where a test is about the loop alone, the epoch and the loss are replaced by ones that return what the test wrote down.
"""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import math
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import LOSSES, _labels, optim, reference, training
from fastlc.solvers import objective, sgd

from ..support import child
from ..support.cases import LAYOUTS, Array, Raises, as_bytes, exclusive, number_of_labels, own_copy

EPS = float(np.finfo(np.float64).eps)


def clouds(N: int = 90, dtype: Any = np.float64) -> tuple[Array, Array]:
    """Three overlapping clouds of points, and which is which."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, N)
    return (2 * np.eye(3, 5)[y] + rng.normal(size=(N, 5))).astype(dtype), y


def targets(spec: Any, y: Array, dtype: Any = np.float64) -> list[tuple[Array, dict[str, Any]]]:
    """Every kind of y that the loss takes, with the arguments that go with it."""
    kinds: list[tuple[Array, dict[str, Any]]] = []
    if "labels" in spec.targets:
        kinds.append((y, {}))
    if "labels" in spec.targets and spec.one_vs_rest:
        kinds.append((y == 2, {"n_classes": 1}))
    if "values" in spec.targets:
        kinds.append((np.eye(3, dtype=dtype)[y], {}))
    if "values" in spec.targets and spec.name != "cross_entropy":  # the softmax of a single score is always 1
        kinds.append(((y == 2).astype(dtype), {}))
    return kinds


def held(result: fastlc.FitResult) -> Any:
    """All that a training leaves but the seconds, as something that compares bit for bit."""
    history = {name: values for name, values in result.history.items() if name != "seconds"}
    state = {name: as_bytes(value) for name, value in vars(result.state).items()}
    arrays = (result.W, result.b, result.last_W, result.last_b)
    return as_bytes(arrays), repr(history), state, result.best_epoch, result.interrupted, result.stopped_early


# ---------------------------------------------------------------------------------------------------------------------
# What it does
# ---------------------------------------------------------------------------------------------------------------------

SETTINGS: list[dict[str, Any]] = [
    {},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01, "l1": 0.001},
    {"momentum": 0.9, "dampening": 0.5, "l2": 0.1, "l1": 0.001},
    {"lr": optim.cosine(0.2, 36, warmup=5)},
    {"class_weight": np.array([0.5, 1.0, 2.0]), "sample_weight": np.linspace(0, 2, 90)},
    {"loss": "hinge", "margin": 0.7, "p": 2},
    {"loss": "logistic", "pos_weight": np.array([0.5, 1.0, 2.0]), "ignore_index": 1},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: "+".join(settings) or "default")
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_it_is_the_loop_written_out(settings, fit_intercept) -> None:
    """Bit for bit the loop that it stands for."""
    X, y = clouds()
    result = fastlc.fit(X, y, epochs=4, batch_size=10, fit_intercept=fit_intercept, seed=3, **settings)

    W, b, rng = np.zeros((3, 5)), np.zeros(3) if fit_intercept else None, np.random.default_rng(3)
    state, losses = fastlc.SGDState(W, b), []
    how = {"loss": "cross_entropy", "lr": 0.01, "batch_size": 10, **settings}
    for _ in range(4):
        losses.append(fastlc.sgd_epoch(X, y, W, b, order=rng.permutation(90), state=state, **how))
    assert result.history["loss"] == losses
    assert as_bytes((result.W, result.b)) == as_bytes((result.last_W, result.last_b)) == as_bytes((W, b))
    assert held(result)[2] == {name: as_bytes(value) for name, value in vars(state).items()}
    assert result.state.step == 36


def test_the_defaults_are_those_of_the_documentation() -> None:
    X, y = clouds()
    settings = {"loss": "cross_entropy", "epochs": 20, "batch_size": 32, "lr": 0.01, "shuffle": True, "seed": 0}
    assert held(fastlc.fit(X, y)) == held(fastlc.fit(X, y, **settings))
    assert fastlc.fit(X, y).history.keys() == {"loss", "lr", "seconds"}


def test_the_seed_decides(dtype) -> None:
    X, y = clouds(dtype=dtype)
    how = {"epochs": 3, "batch_size": 7, "momentum": 0.5, "validation_fraction": 0.2}
    first = held(fastlc.fit(X, y, seed=5, **how))
    assert held(fastlc.fit(X, y, seed=5, **how)) == first
    assert held(fastlc.fit(X, y, seed=np.random.default_rng(5), **how)) == first
    assert held(fastlc.fit(X, y, seed=6, **how)) != first
    assert held(fastlc.fit(X, y, seed=None, **how)) != held(fastlc.fit(X, y, seed=None, **how))
    assert first[0][0][1] == np.dtype(dtype).str


def test_without_shuffling_rows_come_as_they_are() -> None:
    X, y = clouds()
    result = fastlc.fit(X, y, epochs=2, batch_size=7, shuffle=False)
    W, b = np.zeros((3, 5)), np.zeros(3)
    for _ in range(2):
        fastlc.sgd_epoch(X, y, W, b, loss="cross_entropy", lr=0.01, batch_size=7)
    assert as_bytes((result.W, result.b)) == as_bytes((W, b))


def test_every_loss_goes_down(spec, dtype) -> None:
    X, labels = clouds(300, dtype)
    rng = np.random.default_rng(1)
    kinds = targets(spec, labels, dtype)
    assert kinds
    for y, how in kinds:
        C = 3 if how == {} and (y.ndim == 2 or y.dtype.kind in "iu") else 1
        W, b = rng.normal(size=(C, 5)).astype(dtype), rng.normal(size=C).astype(dtype)
        result = fastlc.fit(X, y, loss=spec.name, W=W, b=b, **how)
        assert result.W.shape == (C, 5)
        assert result.W.dtype == dtype
        before, after = (spec.linear(X, y, *weights, grad=False) for weights in ((W, b), (result.W, result.b)))
        assert after < before
        assert result.history["loss"][-1] < before
        assert fastlc.fit(X, y, loss=spec.name, epochs=1, **how).W.shape == (C, 5)  # counted from y


def test_training_on_from_where_it_ended() -> None:
    X, y = clouds()
    how = {"batch_size": 10, "shuffle": False}
    whole, half = fastlc.fit(X, y, epochs=5, **how), fastlc.fit(X, y, epochs=2, **how)
    before = as_bytes((half.W, half.b))
    rest = fastlc.fit(X, y, epochs=3, W=half.W, b=half.b, **how)
    assert as_bytes((rest.W, rest.b)) == as_bytes((whole.W, whole.b))
    assert as_bytes((half.W, half.b)) == before
    assert half.history["loss"] + rest.history["loss"] == whole.history["loss"]
    from_lists = fastlc.fit(X, y, epochs=3, W=half.W.tolist(), b=half.b.tolist(), **how)
    assert as_bytes(from_lists.W) == as_bytes(whole.W)


def test_the_methods_of_a_result_are_the_functions(dtype) -> None:
    X, y = clouds(dtype=dtype)
    result = fastlc.fit(X, y, epochs=2)
    for name in ("scores", "predict", "predict_proba"):
        assert as_bytes(getattr(result, name)(X)) == as_bytes(getattr(fastlc, name)(X, result.W, result.b))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda result: pickle.loads(pickle.dumps(result))])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"fit_intercept": False},
        {"validation_fraction": 0.2, "patience": 1},
        {"average": True, "momentum": 0.9},
        {"callback": lambda epoch, result: epoch == 1},
    ],
    ids=str,
)
def test_a_copy_of_a_result_is_the_result(how, copied, dtype) -> None:
    X, y = clouds(dtype=dtype)
    result = fastlc.fit(X, y, epochs=3, lr=optim.cosine(0.1, 9), **how)
    again = copied(result)
    assert held(again) == held(result)
    assert again.history == result.history
    assert repr(again) == repr(result)
    assert (again.W is again.last_W) == (result.W is result.last_W)
    np.testing.assert_array_equal(again.predict(X), result.predict(X))
    further = {"epochs": 2, "lr": 0.1, "seed": 1}
    goes_on = [
        fastlc.fit(X, y, W=r.last_W, b=r.last_b, fit_intercept=r.b is not None, **further) for r in (result, again)
    ]
    assert held(goes_on[0]) == held(goes_on[1])


def test_a_result_as_text() -> None:
    result = fastlc.fit(*clouds(), epochs=1, fit_intercept=False)
    assert str(result) == repr(result) == f"FitResult(W (3, 5) float64, 1 epoch, loss {result.history['loss'][0]:.4g})"
    result = dataclasses.replace(result, b=np.zeros(3), best_epoch=1, interrupted=True, stopped_early=True)
    result.history = {"loss": [3.0, 2.0, 1.23456], "val_loss": [3.0, 0.00123456, 2.0]}
    assert str(result) == (
        "FitResult(W (3, 5) float64, b (3,), 3 epochs, loss 1.235, val_loss 0.001235 after epoch 1, "
        "interrupted, stopped early)"
    )
    result.history = {"loss": []}
    assert str(result) == "FitResult(W (3, 5) float64, b (3,), 0 epochs, interrupted, stopped early)"


# ---------------------------------------------------------------------------------------------------------------------
# What it reaches
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{"l2": 0.05}, {"weight_decay": 0.05, "momentum": 0.9}], ids=["l2", "weight_decay"])
def test_the_optimum_of_logistic_regression(how) -> None:
    """With a penalty the objective is l2-strongly convex, so that weights are within ‖gradient‖ / l2 of the optimum."""
    from sklearn.linear_model import LogisticRegression

    X, y = clouds(300)
    l2 = 0.05
    model = LogisticRegression(C=1 / (300 * l2), fit_intercept=False, tol=1e-10, max_iter=10_000).fit(X, y)
    result = fastlc.fit(X, y, fit_intercept=False, batch_size=300, epochs=2000, lr=0.5, **how)
    distances = [
        np.linalg.norm(fastlc.linear_cross_entropy(X, y, W, l2=l2)[1]) / l2 for W in (result.W, model.coef_.copy())
    ]
    assert max(distances) < 1e-6
    assert np.linalg.norm(result.W - model.coef_) <= sum(distances)


@pytest.mark.parametrize("schedule", [0.02, optim.cosine(0.05, 200 * 30, warmup=50)], ids=["constant", "cosine"])
def test_the_solution_of_linear_equations(schedule) -> None:
    """Mini-batches that all agree on the solution: no noise is left at it, and so no distance but rounding."""
    rng = np.random.default_rng(0)
    X, W, b = rng.normal(size=(300, 4)), rng.normal(size=(2, 4)), rng.normal(size=2)
    y = X @ W.T + b
    result = fastlc.fit(X, y, loss="squared_error", epochs=200, batch_size=10, lr=schedule)
    A = np.column_stack([X, np.ones(300)])
    solution = np.linalg.lstsq(A, y, rcond=None)[0]
    found = np.column_stack([result.W, result.b]).T
    # A residual of 100 roundings of the largest target moves the solution by that over the smallest singular value.
    residual = 100 * EPS * np.abs(y).max() * math.sqrt(600)
    assert np.linalg.norm(found - solution) < residual / np.linalg.svd(A, compute_uv=False).min()


@pytest.mark.parametrize("average", [False, 1, 250])
def test_passes_of_scikit_learn(average) -> None:
    """SGDRegressor takes the same steps, of half the squared error; its average counts steps from 1.

    Rows are so short that no step moves two points apart, ``lr (|x|² + 1) < 2``: errors add up, 16 roundings a step.
    """
    from sklearn.linear_model import SGDRegressor

    rng, alpha = np.random.default_rng(0), 0.05
    X = rng.uniform(-1, 1, size=(150, 4))
    y = X @ rng.normal(size=4) + rng.normal(size=150)
    model = SGDRegressor(
        alpha=alpha,
        learning_rate="invscaling",
        eta0=0.3,
        power_t=0.4,
        shuffle=False,
        max_iter=3,
        tol=None,
        average=average,
    ).fit(X, y)
    rate = optim.inverse_scaling(0.3 / 2, 0.4)
    how = {"lr": rate, "batch_size": 1, "weight_decay": 2 * alpha, "epochs": 3, "shuffle": False}
    result = fastlc.fit(X, y, loss="squared_error", average=average - 1 if average else False, **how)
    largest = np.abs([*model.coef_, *model.intercept_]).max()
    np.testing.assert_allclose(result.W, [model.coef_], rtol=0, atol=450 * 16 * EPS * largest)
    np.testing.assert_allclose(result.b, model.intercept_, rtol=0, atol=450 * 16 * EPS * largest)
    assert largest > 0.1


# ---------------------------------------------------------------------------------------------------------------------
# Averages
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("average", "start"), [(True, 0), (0, 0), (1, 1), (np.True_, 0), (5, 5), (9, 9)])
def test_averages_are_means_of_the_weights(average, start) -> None:
    """Of those after each step; a running mean of 10 is off by some roundings of its largest term a step."""
    X, y = clouds()
    seen: list[tuple[Array, Array]] = []

    def keep(epoch: int, result: fastlc.FitResult) -> None:
        assert (result.W is result.last_W) == (epoch < start)
        seen.append((result.last_W.copy(), result.last_b.copy()))

    how = {"epochs": 10, "batch_size": 90, "lr": 0.5, "momentum": 0.5}
    result = fastlc.fit(X, y, average=average, callback=keep, **how)
    for found, part in ((result.W, 0), (result.b, 1)):
        mean = np.mean([weights[part] for weights in seen[start:]], axis=0)
        np.testing.assert_allclose(found, mean, rtol=0, atol=10 * 4 * EPS * np.abs(mean).max())
    raw = fastlc.fit(X, y, **how)
    assert as_bytes((result.last_W, result.last_b)) == as_bytes((raw.W, raw.b))
    assert result.state.average_from == start


def test_averages_have_the_dtype_of_X(dtype) -> None:
    X, y = clouds(dtype=dtype)
    result = fastlc.fit(X, y, average=True, validation_fraction=0.2)
    assert result.W.dtype == result.b.dtype == dtype
    assert result.scores(X).dtype == dtype


def test_before_averaging_begins_the_weights_are_the_last() -> None:
    result = fastlc.fit(*clouds(), average=1000, epochs=2)
    assert result.W is result.last_W
    assert result.b is result.last_b
    assert result.W.any()
    assert fastlc.fit(*clouds(), average=False).state.average_W is None


def test_validation_is_of_the_averages() -> None:
    X, y = clouds()
    Xv, yv = clouds(30)
    found = []

    def measure(epoch: int, result: fastlc.FitResult) -> None:
        average = result.state.average_W, result.state.average_b
        found.append(fastlc.linear_cross_entropy(Xv, yv, *average, grad=False))

    result = fastlc.fit(X, y, average=True, epochs=5, lr=0.5, validation_data=(Xv, yv), callback=measure)
    assert result.history["val_loss"] == found
    loss_of = partial(fastlc.linear_cross_entropy, Xv, yv, grad=False)
    assert loss_of(result.W, result.b) == min(found)
    assert loss_of(result.last_W, result.last_b) not in found


# ---------------------------------------------------------------------------------------------------------------------
# Validation
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Array]:
    """The orders in which epochs visit the rows, as they come."""
    seen: list[Array] = []

    def spy(*args: Any, order: Array, **how: Any) -> float:
        if len(order):
            seen.append(order)
        return fastlc.sgd_epoch(*args, order=order, **how)

    monkeypatch.setattr(training, "sgd_epoch", spy)
    return seen


@pytest.mark.parametrize(("fraction", "count"), [(0.2, 18), (0.98, 88), (1e-9, 1), (0.25, 22)])
@pytest.mark.parametrize("shuffle", [True, False])
def test_the_rows_held_out(fraction, count, shuffle, orders) -> None:
    """The same ones throughout; all others are visited once an epoch."""
    X, y = clouds()
    v = np.linspace(0.5, 2, 90)
    options = {"class_weight": np.array([0.5, 1.0, 2.0]), "label_smoothing": 0.1}
    how = {"epochs": 4, "validation_fraction": fraction, "sample_weight": v, "shuffle": shuffle, **options}
    result = fastlc.fit(X, y, seed=2, l2=0.1, **how)
    visited = set(orders[0].tolist())
    out = np.array(sorted(set(range(90)) - visited))
    assert len(orders) == 4
    assert len(out) == count
    for order in orders:
        assert sorted(order) == sorted(visited)
        assert shuffle or list(order) == sorted(visited)
    assert len({order.tobytes() for order in orders}) > 1 or not shuffle
    # Rows are the same but in another order, in which sums round differently.
    loss = fastlc.linear_cross_entropy(X[out], y[out], result.W, result.b, grad=False, sample_weight=v[out], **options)
    assert loss == pytest.approx(min(result.history["val_loss"]), rel=90 * EPS)
    del orders[:]
    fastlc.fit(X, y, seed=3, l2=0.1, **how)
    assert set(orders[0].tolist()) != visited


def test_nothing_leaks_from_the_rows_held_out(orders) -> None:
    """Not even nan: the weights after training are the same to the bit, whatever those rows hold."""
    X, y = clouds()
    how = {"epochs": 3, "validation_fraction": 0.2, "momentum": 0.9}
    clean = fastlc.fit(X, y, **how)
    out = np.setdiff1d(np.arange(90), orders[0])
    X_out, y_out = own_copy(X), own_copy(y)
    X_out[out], y_out[out] = np.nan, 0
    y_out[out[0]] = 2  # the number of classes is that of all rows
    dirty = fastlc.fit(X_out, y_out, **how)
    assert as_bytes((dirty.last_W, dirty.last_b)) == as_bytes((clean.last_W, clean.last_b))
    assert np.isnan(dirty.history["val_loss"]).all()
    assert dirty.best_epoch is None
    assert dirty.W is dirty.last_W
    X_in = own_copy(X)
    X_in[orders[0][0]] = np.nan
    assert np.isnan(fastlc.fit(X_in, y, **how).last_W).any()


def test_validation_data_are_not_trained_on() -> None:
    X, y = clouds()
    plain, validated = fastlc.fit(X, y), fastlc.fit(X, y, validation_data=(X[:7] + 100, y[:7]))
    assert as_bytes((plain.W, plain.b)) == as_bytes((validated.last_W, validated.last_b))
    assert plain.history["loss"] == validated.history["loss"]
    assert list(validated.history) == ["loss", "val_loss", "lr", "seconds"]
    assert {len(values) for values in validated.history.values()} == {20}


def test_validation_data_may_be_lists(dtype) -> None:
    X, y = clouds(dtype=dtype)
    arrays = fastlc.fit(X, y, epochs=2, validation_data=(X[:7], y[:7]))
    lists = fastlc.fit(X, y.tolist(), epochs=2, validation_data=[X[:7].tolist(), y[:7].tolist()])
    assert held(arrays) == held(lists)


@pytest.mark.parametrize("validation", ["fraction", "data", None])
def test_ignored_rows_count_for_nothing(validation, orders) -> None:
    """Neither in training nor in validation nor among the classes, whatever they hold."""
    X, y = clouds()
    y = np.where(np.arange(90) % 3 == 0, 255, y)
    results = []
    for filler in (0, np.nan):
        A = np.where((y == 255)[:, None], filler, X)
        how = {"fraction": {"validation_fraction": 0.3}, "data": {"validation_data": (A, y)}, None: {}}[validation]
        results.append(held(fastlc.fit(A, y, epochs=2, ignore_index=255, **how)))
    assert results[0] == results[1]
    assert results[0][0][0][2] == (3, 5)


def test_the_rows_held_out_are_the_documented_ones(orders) -> None:
    """Results are published with a seed: the first of a permutation of all rows, of those that count if some do not."""
    X, y = clouds()
    fastlc.fit(X, y, seed=4, epochs=1, validation_fraction=0.2)
    fastlc.fit(X, y, seed=4, epochs=1, validation_fraction=0.2, sample_weight=np.arange(90) % 3 / 1)
    for order, rows in zip(orders, (np.arange(90), np.flatnonzero(np.arange(90) % 3)), strict=True):
        held_out = np.random.default_rng(4).permutation(rows)[: len(rows) // 5]
        np.testing.assert_array_equal(np.sort(order), np.setdiff1d(np.arange(90), held_out))


# ---------------------------------------------------------------------------------------------------------------------
# Rows that count for nothing
# ---------------------------------------------------------------------------------------------------------------------


def weightings(spec: Any, N: int, C: int, seed: int) -> list[dict[str, Any]]:
    """Weights with zeros among them, as far as the loss has them, one by one and together."""
    rng = np.random.default_rng([N, C, seed])

    def some(n: int) -> Array:
        return np.where(rng.random(n) < 0.5, 0.0, rng.uniform(0.5, 2, n))

    each: dict[str, Any] = {"sample_weight": some(N)}
    if "class_weight" in spec.keywords:
        each["class_weight"] = some(C)
    if "pos_weight" in spec.keywords:
        each["pos_weight"] = some(C)
    if "ignore_index" in spec.keywords and spec.targets == "labels":
        each["ignore_index"] = 1
    return [{}, *({name: value} for name, value in each.items()), each]


@pytest.mark.parametrize("C", [1, 2, 3, 5])
def test_the_rows_that_count_are_those_that_have_a_loss(spec, C) -> None:
    """By the reference, at many scores: one whose loss is 0 at all of them has none."""
    rng = np.random.default_rng(C)
    scores = rng.normal(size=(30, 40, C), scale=5)
    for seed in range(8):
        if spec.targets == "labels":
            y: Array = rng.integers(0, number_of_labels(spec, C), 40)
        else:
            y = rng.integers(0, 2, (40, C)) * 1.0
        for how in weightings(spec, 40, C, seed):
            losses = [spec.reference(S, y, reduction="none", grad=False, **how) for S in scores]
            has_loss = np.abs(losses).max(axis=0) > 0
            v = how.get("sample_weight")
            keywords = (how.get(name) for name in ("class_weight", "pos_weight", "ignore_index"))
            arguments = (fastlc.LOSSES[spec.name], y, v, C, *keywords)
            if exclusive(spec) and C == 1:
                continue  # refused, being constant
            if has_loss.any():
                np.testing.assert_array_equal(_labels.counting(*arguments), has_loss)
            else:
                with pytest.raises(ValueError, match=r"^none of the 40 rows counts: "):
                    _labels.counting(*arguments)


def uncounted(spec: Any, N: int) -> list[tuple[Array, dict[str, Any]]]:
    """Labels or targets, and arguments of `fit`, with which none of N rows counts."""
    zeros, ones = np.zeros(N, int), np.ones(N, int)
    found: list[tuple[Array, dict[str, Any]]] = []
    if spec.targets == "labels":
        found.append((ones, {"ignore_index": 1, "n_classes": 3}))
        if exclusive(spec):
            found.append((ones, {"class_weight": np.array([1.0, 0, 1])}))
            found.append((np.arange(N) % 2, {"class_weight": np.array([0.0, 5, 1]), "ignore_index": 1}))
        else:
            found.append((zeros, {"class_weight": np.zeros(3)}))
            found.append((ones, {"pos_weight": np.zeros(1), "n_classes": 1}))
            found.append((ones, {"class_weight": np.array([0.0, 1, 0]), "pos_weight": np.array([1.0, 0, 1])}))
    elif "class_weight" in spec.keywords:
        found.append((np.ones((N, 3)), {"class_weight": np.zeros(3)}))
        if spec.name == "cross_entropy":
            found.append((np.zeros((N, 3)), {}))
            found.append((np.tile([0.0, 1, 0], (N, 1)), {"class_weight": np.array([1.0, 0, 1])}))
        else:
            found.append((np.ones((N, 3)), {"pos_weight": np.zeros(3)}))
    return found


def test_validation_data_of_which_no_row_counts(spec) -> None:
    X, labels = clouds()
    for yv, how in uncounted(spec, 20):
        if how.get("n_classes") == 1:
            y: Array = (labels == 2).astype(int)
        else:
            y = labels if spec.targets == "labels" else np.eye(3)[labels]
        y = np.where(y == 1, 0, y) if "ignore_index" in how and "class_weight" not in how else y
        if "class_weight" in how and not how["class_weight"].any():
            continue  # nor does one to train on, which is said first
        with pytest.raises(ValueError, match=r"^validation: none of the 20 rows counts: ") as caught:
            fastlc.fit(X, y, loss=spec.name, validation_data=(X[:20], yv), patience=3, **how)
        assert all(name in str(caught.value) for name in how if name != "n_classes")


def test_training_data_of_which_no_row_counts(spec) -> None:
    X, labels = clouds(20)
    y = labels if spec.targets == "labels" else np.eye(3)[labels]
    cases = [(y, {"sample_weight": np.zeros(20)}), *uncounted(spec, 20)]
    for targets, how in cases:
        C = {} if "n_classes" in how or spec.targets != "labels" else {"n_classes": 3}
        with pytest.raises(ValueError, match=r"^none of the 20 rows counts: [1-9]") as caught:
            fastlc.fit(X, targets, loss=spec.name, **how, **C)
        assert all(name in str(caught.value) for name in how if name != "n_classes")


def test_why_no_row_counts() -> None:
    X = np.ones((6, 2))
    how = {"sample_weight": np.array([0.0, 0, 0, 1, 1, 1]), "ignore_index": -1, "class_weight": np.array([0.0, 1])}
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        fastlc.fit(X, np.array([0, 1, -1, -1, 0, 0]), **how)
    assert str(caught.value) == (
        "none of the 6 rows counts: 3 with sample_weight 0, 2 with the label ignore_index = -1, "
        "3 with a label of class_weight 0"
    )


def test_rows_that_do_not_count_are_not_held_out(spec, orders) -> None:
    """Nor do they leave the training, whose batches are those of all rows."""
    X, labels = clouds()
    y = labels if spec.targets == "labels" else np.eye(3)[labels]
    cases = [how for how in weightings(spec, 90, 3, 0) if how]
    if "ignore_index" in spec.keywords and spec.targets == "labels":
        y = np.where(np.arange(90) % 4 == 0, 1, y)
    for how in cases:
        keywords = (how.get(name) for name in ("class_weight", "pos_weight", "ignore_index"))
        counts = _labels.counting(fastlc.LOSSES[spec.name], y, how.get("sample_weight"), 3, *keywords)
        for seed in range(5):
            del orders[:]
            C = {"n_classes": 3} if spec.targets == "labels" else {}
            result = fastlc.fit(X, y, loss=spec.name, epochs=2, validation_fraction=0.3, seed=seed, **how, **C)
            out = np.setdiff1d(np.arange(90), orders[0])
            assert len(out) == round(0.3 * np.count_nonzero(counts))
            assert counts[out].all()
            assert len(orders[0]) + len(out) == 90
            assert result.best_epoch is not None


def test_of_rows_that_count_one_is_left_to_train_on() -> None:
    X, y = clouds()
    v = np.zeros(90)
    v[:3] = 1
    assert fastlc.fit(X, y, sample_weight=v, validation_fraction=0.5).best_epoch is not None
    for fraction in (0.9, 0.99):
        with pytest.raises(ValueError, match=r"leaves none of the 3 rows that count to train on$"):
            fastlc.fit(X, y, sample_weight=v, validation_fraction=fraction)


def test_weights_of_nan_count() -> None:
    """What is measured is nan then, and so no best epoch."""
    X, y = clouds()
    v = np.full(90, np.nan)
    result = fastlc.fit(X, y, epochs=3, sample_weight=v, validation_fraction=0.2, patience=2)
    assert np.isnan(result.history["val_loss"]).all()
    assert result.best_epoch is None
    assert len(result.history["loss"]) == 2


# ---------------------------------------------------------------------------------------------------------------------
# When it stops, and with which weights
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A training whose losses are given, and whose weights after epoch e are all e + 1."""

    def make(losses: Sequence[float], val_losses: Sequence[float] | None = None, **how: Any) -> fastlc.FitResult:
        def epoch(X: Array, y: Array, W: Array, b: Array, *, order: Array, state: Any, **_: Any) -> float:
            if len(order) == 0:
                return 0.0
            state.step += 1
            W += 1
            b += 1
            return losses[state.step - 1]

        def linear(X: Array, y: Array, W: Array, b: Array | None = None, **_: Any) -> float:
            if X.shape[1] == 0:
                return 0.0
            assert val_losses is not None
            return val_losses[int(W[0, 0]) - 1] if W.any() else math.nan

        monkeypatch.setattr(training, "sgd_epoch", epoch)
        monkeypatch.setitem(LOSSES, "hinge", dataclasses.replace(LOSSES["hinge"], linear=linear))
        X, y = clouds(6)
        validation = {} if val_losses is None else {"validation_data": (X, y)}
        return fastlc.fit(X, y, loss="hinge", epochs=len(losses), n_classes=3, **validation, **how)

    return make


NAN, INF = math.nan, math.inf
# Losses, settings, and after how many epochs it stops.
STOPS = [
    ([5, 4, 3, 2, 1], {"patience": 1}, 5),
    ([5, 4, 4, 4, 4], {}, 5),
    ([5, 4, 4, 3, 2], {"patience": 1}, 3),
    ([5, 4, 4, 3, 2], {"patience": 2}, 5),
    ([5, 4, 4, 5, 2], {"patience": 2}, 4),
    ([5, 6, 4, 6, 5, 3, 9, 9, 9, 9], {"patience": 3}, 9),
    ([5, 4.9, 4.8, 4.7], {"patience": 2, "tol": 0.5}, 3),  # each a little lower than the lowest
    ([5, 4.5, 4, 3.5], {"patience": 1, "tol": 0.5}, 2),  # not more than by tol
    ([5, 4.25, 3.5, 2.75], {"patience": 1, "tol": 0.5}, 4),
    ([5, 4.99995, 4.9999], {"patience": 1}, 2),
    ([5, 4.99995, 4.9999], {"patience": 1, "tol": 0}, 3),
    ([NAN, NAN, NAN], {"patience": 2}, 2),
    ([5, NAN, 4, NAN, NAN, 3], {"patience": 2}, 5),
    ([NAN, 5, 4], {"patience": 2}, 3),
    ([INF, INF, INF], {"patience": 3}, 3),
    ([-1, -2, -3, -3], {"patience": 1}, 4),
]


@pytest.mark.parametrize(("losses", "how", "epochs"), STOPS)
@pytest.mark.parametrize("validated", [False, True])
def test_early_stopping(losses, how, epochs, validated, scripted) -> None:
    """On the validation loss if there is one, whatever the training loss does."""
    result = scripted(range(len(losses)), losses, **how) if validated else scripted(losses, **how)
    assert len(result.history["loss"]) == epochs
    assert (result.last_W == epochs).all()
    assert result.state.step == epochs
    assert result.stopped_early == (epochs < len(losses) or losses == [INF] * 3 or losses[-2:] == [-3, -3])
    assert not result.interrupted


@pytest.mark.parametrize(
    ("val_losses", "best"),
    [
        ([5, 4, 3], 2),
        ([3, 4, 5], 0),
        ([5, 2, 3, 2, 4], 1),
        ([5, 4.99999, 5], 1),  # without regard to tol
        ([NAN, 3, NAN], 1),
        ([NAN, NAN], None),
        ([INF, 7, 8], 1),
    ],
)
def test_the_weights_are_those_of_the_best_epoch(val_losses, best, scripted) -> None:
    result = scripted([1.0] * len(val_losses), val_losses)
    assert result.best_epoch == best
    epochs = len(val_losses)
    expected = epochs if best is None else best + 1
    np.testing.assert_array_equal(result.W, expected)
    np.testing.assert_array_equal(result.b, expected)
    assert (result.last_W == epochs).all()
    assert (result.last_b == epochs).all()
    assert repr(result.history["val_loss"]) == repr([float(loss) for loss in val_losses])


def test_without_validation_the_weights_are_the_last(scripted) -> None:
    result = scripted([3, 1, 2])
    assert result.best_epoch is None
    assert (result.W == 3).all()
    assert result.W is result.last_W
    assert result.b is result.last_b


def test_best_weights_in_earnest() -> None:
    """The loss of the validation rows at the weights returned is the lowest in the history."""
    X, y = clouds(60)
    Xv, yv = clouds(400)
    Xv = Xv + 0.5
    result = fastlc.fit(X, y, loss="hinge", epochs=30, lr=0.3, batch_size=2, validation_data=(Xv, yv))
    val_losses = result.history["val_loss"]
    assert fastlc.linear_hinge(Xv, yv, result.W, result.b, grad=False) == min(val_losses)
    assert result.best_epoch == int(np.argmin(val_losses)) < 29
    assert as_bytes(result.W) != as_bytes(result.last_W)


@pytest.mark.parametrize("last", [0, 2, 3])
def test_the_callback_sees_every_epoch_and_may_stop(last, scripted) -> None:
    seen = []

    def callback(epoch: int, result: fastlc.FitResult) -> bool:
        history = {name: len(values) for name, values in result.history.items()}
        assert history == {"loss": epoch + 1, "val_loss": epoch + 1, "lr": epoch + 1, "seconds": epoch + 1}
        seen.append((epoch, result.best_epoch, float(result.W[0, 0]), float(result.last_W[0, 0]), result.stopped_early))
        return epoch == last

    result = scripted([1, 2, 3, 4], [4, 3, 9, 1], callback=callback)
    assert seen == [(0, 0, 1, 1, False), (1, 1, 2, 2, False), (2, 1, 2, 3, False), (3, 3, 4, 4, False)][: last + 1]
    assert result.history["loss"] == [1, 2, 3, 4][: last + 1]
    assert result.stopped_early
    assert (result.last_W == last + 1).all()


def test_what_a_callback_returns_may_be_of_numpy_or_nothing(scripted) -> None:
    assert len(scripted([1, 2, 3], callback=lambda epoch, result: np.bool_(epoch == 1)).history["loss"]) == 2
    result = scripted([1, 2, 3], callback=lambda epoch, result: None)
    assert len(result.history["loss"]) == 3
    assert not result.stopped_early


def test_an_exception_of_the_callback_reaches_the_caller() -> None:
    def callback(epoch: int, result: Any) -> None:
        raise KeyError(epoch)

    with pytest.raises(KeyError, match="0"):
        fastlc.fit(*clouds(), callback=callback)


# ---------------------------------------------------------------------------------------------------------------------
# Rates
# ---------------------------------------------------------------------------------------------------------------------


def test_the_history_has_the_rate_of_the_first_step_of_an_epoch() -> None:
    X, y = clouds()
    rate = optim.exponential(0.5, 0.9)
    assert fastlc.fit(X, y, epochs=3, batch_size=40, lr=rate).history["lr"] == [rate(0), rate(3), rate(6)]
    rates = fastlc.fit(X, y, epochs=2, lr=np.float32(0.5)).history["lr"]
    assert rates == [0.5, 0.5]
    assert {type(rate) for rate in rates} == {float}


@pytest.mark.parametrize("validated", [False, True])
def test_a_plateau_is_told_the_loss(validated, scripted) -> None:
    """The validation loss, if there is one; the rate is lowered before the next epoch."""
    rate = optim.ReduceOnPlateau(8, factor=0.5, patience=1)
    losses = [5, 4, 4, 4, 4, 4, 3]
    result = scripted(range(7), losses, lr=rate) if validated else scripted(losses, lr=rate)
    assert result.history["lr"] == [8, 8, 8, 8, 4, 4, 2]
    assert rate.best == 3


@pytest.mark.parametrize("validated", [False, True])
def test_nan_is_no_improvement_to_a_plateau(validated, scripted) -> None:
    rate = optim.ReduceOnPlateau(8, factor=0.5, patience=0)
    losses = [NAN, 5, NAN, 4, NAN]
    result = scripted(range(5), losses, lr=rate) if validated else scripted(losses, lr=rate)
    assert result.history["lr"] == [8, 4, 4, 2, 2]
    assert (rate.lr, rate.best) == (1, 4)


@pytest.mark.parametrize(
    "how",
    [{}, {"validation_fraction": 0.3}, {"batch_size": 90}, {"batch_size": 1}, {"shuffle": False, "average": 3}],
    ids=str,
)
def test_the_rate_is_asked_once_a_step_in_order(how) -> None:
    X, y = clouds()
    asked, given = [], iter(0.1 / (1 + np.arange(1000)))

    def rate(step: int) -> float:
        asked.append(step)
        return next(given)

    result = fastlc.fit(X, y, lr=rate, epochs=3, **{"batch_size": 8, **how})
    assert asked == list(range(result.state.step))
    assert {type(step) for step in asked} == {int}
    of_the_first_steps = [0.1 / (1 + epoch * result.state.step / 3) for epoch in range(3)]
    np.testing.assert_allclose(result.history["lr"], of_the_first_steps, rtol=4 * EPS)
    assert held(result) == held(
        fastlc.fit(X, y, lr=lambda step: 0.1 / (1 + step), epochs=3, **{"batch_size": 8, **how})
    )


def test_an_interrupted_epoch_has_asked_ahead() -> None:
    X, y = clouds()
    asked = []

    def rate(step: int) -> float:
        asked.append(step)
        if step == 12:
            raise KeyboardInterrupt
        return 0.1

    result = fastlc.fit(X, y, lr=rate, batch_size=9)
    assert asked == list(range(13))
    assert result.state.step == 10
    assert result.interrupted


@pytest.mark.parametrize("lr", [lambda step: "0.1", lambda step: None, optim.constant, optim.ReduceOnPlateau])
def test_a_rate_that_is_no_number(lr) -> None:
    with pytest.raises(TypeError, match=r"^lr\(step\) .*expected a number"):
        fastlc.fit(*clouds(), lr=lr)


def test_the_rate_of_a_plateau_is_used() -> None:
    X, y = clouds()
    constant, lowered = (fastlc.fit(X, y, epochs=2, lr=lr).W for lr in (0.5, optim.ReduceOnPlateau(0.5)))
    assert as_bytes(constant) == as_bytes(lowered)
    rate = optim.ReduceOnPlateau(0.5, factor=0, patience=0, threshold=0.999)
    once = fastlc.fit(X, y, epochs=1, lr=0.5)
    at_zero_after_two = fastlc.fit(X, y, epochs=5, lr=rate)
    twice = fastlc.fit(X, y, epochs=2, lr=0.5)
    assert as_bytes(at_zero_after_two.W) == as_bytes(twice.W) != as_bytes(once.W)


# ---------------------------------------------------------------------------------------------------------------------
# Ctrl-C
# ---------------------------------------------------------------------------------------------------------------------


def assert_whole(result: fastlc.FitResult, val_losses: Sequence[float]) -> None:
    """History, best epoch and weights of a scripted training agree, wherever it was interrupted."""
    lengths = {len(values) for values in result.history.values()}
    assert len(lengths) == 1
    epochs = lengths.pop()
    assert result.history["val_loss"] == list(val_losses[:epochs])
    if epochs == 0:
        assert result.best_epoch is None
        assert result.W is result.last_W
    else:
        assert result.best_epoch is not None
        expected = result.best_epoch + 1
        assert val_losses[expected - 1] == min(val_losses[:epochs])
        np.testing.assert_array_equal(result.W, expected)
        np.testing.assert_array_equal(result.b, expected)
    assert epochs <= result.state.step <= epochs + 1
    assert (result.last_W == result.state.step).all()


def test_ctrl_c_wherever_it_comes(scripted) -> None:
    """Before each line of the loop in turn, and of its solver: there is a result, and its parts agree."""
    val_losses = [3.0, 4.0, 2.0]
    solver = {sgd.__file__, objective.__file__}
    outcomes = []
    for line in range(10_000):
        left = line

        def in_fit(frame: Any, event: str, arg: Any) -> Any:
            nonlocal left
            if event == "line":
                if left == 0:
                    raise KeyboardInterrupt
                left -= 1
            return in_fit

        def trace(frame: Any, event: str, arg: Any) -> Any:
            code = frame.f_code
            return in_fit if code is training.fit.__code__ or code.co_filename in solver else None

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            result = scripted([9.0, 8.0, 7.0], val_losses)
        except KeyboardInterrupt:
            outcomes.append("raised")
            continue
        finally:
            sys.settrace(before)
        assert_whole(result, val_losses)
        outcomes.append("interrupted" if result.interrupted else "done")
        if left:
            break
    # It is raised while arguments are checked, caught in the loop, and raised again when all is done.
    first, last = outcomes.index("interrupted"), len(outcomes) - outcomes[::-1].index("interrupted")
    assert set(outcomes[:first]) == {"raised"}
    assert set(outcomes[first:last]) == {"interrupted"}
    assert outcomes[last:].count("raised") <= 3
    assert outcomes[-1] == "done"
    assert last - first > 3 * 10


@pytest.mark.parametrize("validated", [False, True])
def test_ctrl_c_in_a_callback(validated) -> None:
    X, y = clouds()

    def callback(epoch: int, result: fastlc.FitResult) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    validation = {"validation_data": (X[:9], y[:9])} if validated else {}
    result = fastlc.fit(X, y, callback=callback, **validation)
    assert held(dataclasses.replace(result, interrupted=False)) == held(fastlc.fit(X, y, epochs=3, **validation))
    assert result.interrupted
    assert not result.stopped_early


def test_ctrl_c_in_the_rate_keeps_the_whole_batches() -> None:
    """Or in whatever else is called during an epoch: that epoch is not in the history, its weights are."""
    X, y = clouds()

    def rate(step: int) -> float:
        if step == 4:
            raise KeyboardInterrupt
        return 0.5

    result = fastlc.fit(X, y, batch_size=90, lr=rate)
    assert held(dataclasses.replace(result, interrupted=False)) == held(
        fastlc.fit(X, y, batch_size=90, epochs=4, lr=0.5)
    )
    assert result.interrupted


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to one process")
@pytest.mark.parametrize("validated", [False, True])
def test_ctrl_c_in_earnest(validated) -> None:
    """The child trains for minutes, is interrupted, and repeats the batches that its state counts; a second Ctrl-C
    is raised as ever."""
    code = f"""
    import json, signal, sys, time
    import numpy as np, fastlc
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been ignored by who started the tests
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2000, 5000)).astype("f4"), rng.integers(0, 10, 2000)
    rows = 1900 if {validated} else 2000
    validation = dict(validation_data=(X[rows:], y[rows:])) if {validated} else dict()
    how = dict(loss="cross_entropy", batch_size=10, momentum=0.5)

    def rate(step):
        if step == 1:  # asked for at the beginning of the first epoch
            print("started", flush=True)
        return 1e-3

    result = fastlc.fit(X[:rows], y[:rows], lr=rate, epochs=100_000, seed=7, **how, **validation)
    again, rng = (np.zeros_like(result.W), np.zeros_like(result.b)), np.random.default_rng(7)
    state = fastlc.SGDState(*again)
    while state.step < result.state.step:
        order = rng.permutation(rows)[: 10 * (result.state.step - state.step)]
        fastlc.sgd_epoch(X[:rows], y[:rows], *again, lr=1e-3, order=order, state=state, **how)
    try:
        print(json.dumps(dict(
            interrupted=result.interrupted, stopped=result.stopped_early, step=result.state.step,
            same=bool((result.last_W == again[0]).all() and (result.last_b == again[1]).all()),
            changed=bool(result.W.any()), finite=bool(np.isfinite(result.W).all()),
            epochs=[len(values) for values in result.history.values()],
        )), flush=True)
        time.sleep(1000)
    except KeyboardInterrupt:
        print("the second was raised")
    """
    process = child.start(code)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n", process.communicate()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        line = process.stdout.readline()
        assert line, process.communicate()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=child.ANTI_HANG)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert out == "the second was raised\n"
    assert err == ""
    report = json.loads(line)
    assert report.pop("interrupted")
    assert not report.pop("stopped")
    assert report.pop("step") > 0
    assert len(set(report.pop("epochs"))) == 1
    assert report == {"same": True, "changed": True, "finite": True}


# ---------------------------------------------------------------------------------------------------------------------
# The progress bar
# ---------------------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Standard error as a terminal, to which tqdm writes at every step; afterwards no bar is left open."""
    tqdm = pytest.importorskip("tqdm")
    bars, original, screen = [], tqdm.tqdm, Terminal()

    def make(*args: Any, **how: Any) -> Any:
        bars.append(original(*args, mininterval=0, **how))
        return bars[-1]

    with monkeypatch.context() as patch:
        patch.setattr(tqdm, "tqdm", make)
        patch.setattr(sys, "stderr", screen)
        yield screen
    assert len(bars) == 1
    assert not original._instances


def test_the_progress_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, scripted) -> None:
    with terminal(monkeypatch) as screen:
        scripted([5, 4, 1.5], [7, 8, 9.25], progress=True)
    text = screen.getvalue()
    for part in ("hinge: ", "0/3", "1/3", "loss=5", "3/3", "loss=1.5", "val_loss=9.25"):
        assert part in text
    assert text.split("\r")[-2].strip() == ""  # wiped out


@pytest.mark.parametrize("error", [KeyboardInterrupt, KeyError])
def test_the_progress_bar_is_closed_whatever_happens(error, monkeypatch: pytest.MonkeyPatch) -> None:
    def callback(epoch: int, result: Any) -> None:
        raise error

    with terminal(monkeypatch) as screen:
        if error is KeyboardInterrupt:
            assert fastlc.fit(*clouds(), callback=callback, progress=True).interrupted
        else:
            with pytest.raises(error):
                fastlc.fit(*clouds(), callback=callback, progress=True)
    assert "1/20" in screen.getvalue()


def test_no_progress_bar_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    fastlc.fit(*clouds(), progress=True)
    assert capsys.readouterr() == ("", "")


def test_the_progress_bar_needs_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError) as caught:
        fastlc.fit(*clouds(), progress=True)
    assert str(caught.value) == "fit(progress=True) needs tqdm: pip install 'fastlc[demo]'"
    assert len(fastlc.fit(*clouds()).history["loss"]) == 20


# ---------------------------------------------------------------------------------------------------------------------
# Arguments
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "how", "C"),
    [
        (np.array([0, 4, 1]), {}, 5),
        (np.array([0, 4, 1], np.uint8), {"n_classes": 7}, 7),
        (np.array([False, True, False]), {}, 2),
        (np.array([False, False, False]), {"n_classes": 2}, 2),
        (np.array([False, False, False]), {"loss": "logistic"}, 1),
        ([0, 1, 2], {}, 3),
        (np.array([0, 9, 1]), {"ignore_index": 9}, 2),
        (np.array([0, -100, 1]), {"ignore_index": -100}, 2),
        (np.array([0.5, 1.5, 2.5]), {"loss": "squared_error"}, 1),
        (np.zeros((3, 4)), {"loss": "squared_error"}, 4),
        (np.zeros((3, 1)), {"loss": "squared_error"}, 1),
        ([[0.5, 1.5], [1.5, 1], [1, 1]], {"loss": "squared_error"}, 2),
        ([0, 1, 1], {"loss": "logistic"}, 2),
        ([0, 1, 1], {"loss": "logistic", "n_classes": 1}, 1),
        ([0, 1, 2], {"W": np.ones((4, 2))}, 4),
        ([0, 1, 2], {"W": np.ones((4, 2)), "n_classes": 4}, 4),
    ],
)
def test_the_number_of_classes(y, how, C) -> None:
    X = np.ones((3, 2))
    result = fastlc.fit(X, y, epochs=1, **how)
    assert result.W.shape == (C, 2)
    assert result.b.shape == (C,)


def test_lists_take_their_dtype_from_X() -> None:
    X = np.ones((3, 2), np.float32)
    result = fastlc.fit(X, [0.5, 1.5, 2.5], loss="squared_error", sample_weight=[1.0, 2.0, 3.0], W=[[1, 2]], b=[3])
    assert result.W.dtype == result.b.dtype == np.float32
    assert fastlc.fit([[1.0, 2.0], [3.0, 4.0]], [0, 1]).W.dtype == np.float64


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_do_not_matter(layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernels can read where it lies is not copied, anything else once."""
    X, y = clouds()
    v = np.linspace(0, 2, 90)
    want = held(fastlc.fit(X, y, epochs=2, sample_weight=v, validation_fraction=0.2))
    seen = []

    def spy(X: Array, *args: Any, **how: Any) -> float:
        seen.append(X)
        return fastlc.sgd_epoch(X, *args, **how)

    monkeypatch.setattr(training, "sgd_epoch", spy)
    change = LAYOUTS[layout]
    A = change(X)
    before = A.tobytes()
    assert held(fastlc.fit(A, change(y), epochs=2, sample_weight=change(v), validation_fraction=0.2)) == want
    assert A.tobytes() == before
    assert all(used is seen[0] for used in seen)
    in_place = {"strided rows", "sliced columns", "reversed rows", "read-only", "one element off"}
    assert (seen[0] is A) == (layout in in_place)


def test_nothing_is_written_to(spec) -> None:
    X, labels = clouds()
    for y, how in targets(spec, labels):
        C = fastlc.fit(X, y, loss=spec.name, epochs=1, **how).W.shape[0]
        arrays = {"X": X, "y": y, "W": np.ones((C, 5)), "b": np.ones(C), "sample_weight": np.ones(90)}
        for array in arrays.values():
            array.flags.writeable = False
        before = {name: array.tobytes() for name, array in arrays.items()}
        given = {**arrays, **how}
        result = fastlc.fit(**given, loss=spec.name, epochs=2, average=1, l1=0.1, validation_data=(X, y))
        assert {name: array.tobytes() for name, array in arrays.items()} == before
        assert result.W.any()


def test_no_rows(spec, dtype) -> None:
    """There is nothing to learn, and the loss of nothing is not 0."""
    X = np.zeros((0, 4), dtype)
    y = np.zeros((0, 3), dtype) if "labels" not in spec.targets else np.zeros(0, np.int64)
    with pytest.raises(ValueError, match=r"^X has no rows, expected some to train on$"):
        fastlc.fit(X, y, loss=spec.name, n_classes=3, epochs=2, momentum=0.9)


def test_no_rows_to_validate_on() -> None:
    X, y = clouds()
    with pytest.raises(ValueError, match=r"^validation: X has no rows$"):
        fastlc.fit(X, y, epochs=2, validation_data=(X[:0], y[:0]))


def arguments(**changes: Any) -> dict[str, Any]:
    return {"X": np.ones((6, 4), np.float32), "y": np.array([0, 1, 2, 0, 1, 2]), **changes}


VALID = np.ones((2, 4), np.float32), np.array([0, 1])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"X": np.ones((6, 4), int)},
            TypeError,
            "X has dtype int64, expected float32 or float64: convert it with X.astype(numpy.float32)",
        ),
        ({"X": np.ones(6)}, ValueError, "X has shape (6,), expected (N, D)"),
        ({"y": np.zeros(5, int)}, ValueError, "y has shape (5,), expected (6,)"),
        ({"y": np.zeros(5, int), "validation_fraction": 0.5}, ValueError, "y has shape (5,), expected (6,)"),
        (
            {"y": np.array(list("abcdef"))},
            TypeError,
            "y holds text, expected integer labels or float targets of shape (6, C): classes, y = numpy.unique(y, "
            "return_inverse=True)",
        ),
        ({"y": np.array([0, 1, 2, 0, 1, -1])}, ValueError, "y[5] = -1 is outside [0, 3)"),
        (
            {"y": np.zeros(6), "loss": "hinge"},
            TypeError,
            "y has dtype float64, expected integer labels: convert whole numbers with y.astype(int)",
        ),
        (
            {"y": np.zeros(6), "loss": "squared_error"},
            TypeError,
            "y has dtype float64, X has float32: convert one of them",
        ),
        (
            {"X": np.ones((0, 4)), "y": np.zeros(0, int)},
            ValueError,
            "X has no rows, expected some to train on",
        ),
        (
            {"y": np.full(6, -1), "ignore_index": -1},
            ValueError,
            "none of the 6 rows counts: 6 with the label ignore_index = -1",
        ),
        ({"loss": "foo"}, ValueError, f"loss = 'foo' is unknown, choose from {', '.join(LOSSES)}"),
        ({"epoch": 3}, TypeError, "fit() got an unexpected keyword argument 'epoch'"),
        ({"margin": 3.0}, TypeError, "fit() got an unexpected keyword argument 'margin'"),
        ({"epochs": 0}, ValueError, "epochs = 0, expected an integer >= 1"),
        ({"epochs": 2.0}, TypeError, "epochs is a float, expected an integer >= 1"),
        ({"batch_size": 0}, ValueError, "batch_size = 0, expected at least 1"),
        ({"lr": -1}, ValueError, "lr = -1, expected a finite number >= 0"),
        ({"lr": [0.1] * 3}, TypeError, "lr is a list, expected a finite number >= 0"),
        ({"momentum": math.nan}, ValueError, "momentum = nan, expected a finite number >= 0"),
        ({"average": -1}, ValueError, "average = -1, expected an integer >= 0"),
        ({"average": 0.5}, TypeError, "average is a float, expected an integer >= 0"),
        (
            {"sample_weight": np.ones(6)},
            TypeError,
            "sample_weight has dtype float64, X has float32: convert one of them",
        ),
        ({"sample_weight": np.ones(5, np.float32)}, ValueError, "sample_weight has shape (5,), expected (6,)"),
        ({"class_weight": np.ones(2, np.float32)}, ValueError, "class_weight has shape (2,), expected (3,)"),
        ({"W": np.ones((3, 4))}, TypeError, "W has dtype float64, X has float32: convert one of them"),
        ({"W": np.ones((3, 5), np.float32)}, ValueError, "W has 5 columns, X has 4"),
        ({"W": np.ones(4, np.float32)}, ValueError, "W has shape (4,), expected (C, D)"),
        ({"W": np.ones((2, 4), np.float32), "n_classes": 3}, ValueError, "W has shape (2, 4), expected (3, 4)"),
        ({"W": np.ones((2, 4), np.float32)}, ValueError, "y[2] = 2 is outside [0, 2)"),
        ({"b": np.ones(3)}, TypeError, "b has dtype float64, X has float32: convert one of them"),
        ({"b": np.ones(2, np.float32)}, ValueError, "b has shape (2,), expected (3,)"),
        ({"b": np.ones(3, np.float32), "fit_intercept": False}, ValueError, "b is given, but fit_intercept is False"),
        ({"n_classes": 0}, ValueError, "n_classes = 0, expected an integer >= 1"),
        ({"seed": "tree"}, TypeError, "seed is a str, expected an integer, a Generator or None"),
        ({"seed": -1}, ValueError, "seed = -1: expected non-negative integer"),
        ({"validation_fraction": 1}, ValueError, "validation_fraction = 1, expected a number in [0, 1)"),
        ({"validation_fraction": 0.99}, ValueError, "validation_fraction = 0.99 leaves none of the 6 rows to train on"),
        (
            {"X": np.ones((0, 4)), "y": np.zeros(0, int), "n_classes": 2, "validation_fraction": 0.1},
            ValueError,
            "X has no rows, expected some to train on",
        ),
        (
            {"validation_fraction": 0.5, "validation_data": VALID},
            ValueError,
            "validation_data and validation_fraction are both given, expected one of them",
        ),
        ({"validation_data": 3}, TypeError, "validation_data is a int, expected a pair (X, y)"),
        ({"validation_data": (*VALID, None)}, TypeError, "validation_data is a tuple, expected a pair (X, y)"),
        ({"validation_data": (VALID[0][:, :3], VALID[1])}, ValueError, "validation: W has 4 columns, X has 3"),
        (
            {"loss": "hinge", "pos_weight": np.ones(3)},
            TypeError,
            "fit() got an unexpected keyword argument 'pos_weight'",
        ),
        ({"validation_data": (VALID[0], np.array([0, 3]))}, ValueError, "validation: y[1] = 3 is outside [0, 3)"),
        (
            {"loss": "hinge", "validation_data": (VALID[0], VALID[1] / 1)},
            TypeError,
            "validation: y has dtype float64, expected integer labels: convert whole numbers with y.astype(int)",
        ),
        ({"patience": 0}, ValueError, "patience = 0, expected an integer >= 1"),
        ({"tol": -1}, ValueError, "tol = -1, expected a finite number >= 0"),
    ],
)
def test_what_is_refused(changes, error, message) -> None:
    with pytest.raises(error) as caught:
        fastlc.fit(**arguments(**changes))
    assert type(caught.value) is error
    assert str(caught.value).startswith(message) if message.endswith(": ") else str(caught.value) == message


# ---------------------------------------------------------------------------------------------------------------------
# First contact: what y is when it comes from a file or a frame
# ---------------------------------------------------------------------------------------------------------------------

FLOATS = [np.float64, np.float32, np.float16, list]
LABELS_ARE_MEANT = [spec.name for spec in LOSSES.values() if "labels" in spec.targets and spec.name != "logistic"]


@pytest.mark.parametrize("loss", LABELS_ARE_MEANT)
@pytest.mark.parametrize("made", FLOATS, ids=lambda made: made.__name__)
@pytest.mark.parametrize("in_validation", [False, True])
def test_labels_that_are_floats(loss, made, in_validation) -> None:
    """numpy.loadtxt and pandas give such; what the sentence says works."""
    X, y = clouds()
    floats = (y / 1).tolist() if made is list else y.astype(made)
    how: dict[str, Any] = {"validation_data": (X, floats)} if in_validation else {}
    start = "validation: " if in_validation else ""
    way = r"numpy\.array\(y, int\)" if made is list else r"y\.astype\(int\)"
    with pytest.raises(TypeError, match=rf"^{start}y has dtype float\d\d, expected integer labels.* with {way}$"):
        fastlc.fit(X, y if in_validation else floats, loss=loss, **how)
    result = fastlc.fit(X, np.asarray(floats).astype(int), loss=loss)
    assert held(result) == held(fastlc.fit(X, y, loss=loss))


def test_targets_of_a_regression_are_no_labels() -> None:
    with pytest.raises(TypeError, match=r"integer labels .*: .* y\[1\] = 0\.5 is none; .*'squared_error'$"):
        fastlc.fit(np.ones((3, 2)), np.array([1, 0.5, 2]))
    sentence = (
        r"^y has dtype float64 and shape \(3, 2\), expected integer labels of shape \(3,\): .*argmax.* one-hot rows$"
    )
    with pytest.raises(TypeError, match=sentence):
        fastlc.fit(np.ones((3, 2)), np.eye(3)[:, :2], loss="hinge")


@pytest.mark.parametrize("y", [[0, 1, 2.0], [0.0, 1.0, -1.0], [1.5, 0.5, 0.5], [0, np.inf, 1]])
@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("in_validation", [False, True])
def test_targets_that_are_no_probabilities(y, columns, in_validation) -> None:
    X, good = np.ones((3, 2)), np.zeros((3, columns))
    bad = good.copy()
    bad[:, -1] = y
    at = r"y\[\d\]" if columns == 1 else r"y\[\d, 1\]"
    bad, good = (array[:, 0] if columns == 1 else array for array in (bad, good))
    start, how = ("validation: ", {"validation_data": (X, bad)}) if in_validation else ("", {})
    way = r": labels are integers, convert them with y\.astype\(int\)" if columns == 1 else ""
    with pytest.raises(ValueError, match=rf"^{start}{at} = .* is outside \[0, 1\]{way}$"):
        fastlc.fit(X, good if in_validation else bad, loss="logistic", **how)


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge", "ovr_hinge"])
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, bool])
def test_rows_without_labels(loss, dtype) -> None:
    with pytest.raises(ValueError, match=r"^y has shape \(4, 0\), expected \(4,\)$"):
        fastlc.fit(np.ones((4, 2)), np.zeros((4, 0), dtype), loss=loss)


def test_a_batch_size_of_any_integer_type() -> None:
    """NumPy's unsigned integers wrap where those of Python are negated."""
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    for size in (np.uint64(3), np.array(3, np.uint8), np.int8(3)):
        result = fastlc.fit(X, y, batch_size=size, lr=optim.constant(0.1), epochs=2)
        assert result.state.step == 4


def test_targets_of_rows_of_weight_0_may_be_any() -> None:
    X, y, v = np.ones((4, 2)), np.array([0, 1, 7.0, math.nan]), np.array([1.0, 1.0, 0.0, 0.0])
    assert np.isfinite(fastlc.fit(X, y, loss="logistic", sample_weight=v).W).all()
    for counts, sentence in ((2, r"y\[2\] = 7 is outside"), (3, r"y\[3\] is missing")):
        with pytest.raises(ValueError, match=rf"^{sentence}"):
            fastlc.fit(X, y, loss="logistic", sample_weight=np.where(np.arange(4) == counts, 1.0, v))


def test_floats_for_more_than_one_column() -> None:
    with pytest.raises(
        TypeError,
        match=r"^y has dtype float64, expected integer labels or float targets of shape \(3, 3\).*astype\(int\)",
    ):
        fastlc.fit(np.ones((3, 2)), np.array([0.0, 1.0, 1.0]), loss="logistic", n_classes=3)


@pytest.mark.parametrize(
    ("y", "text"),
    [
        ([0, None, 1], r"y\[1\] is missing \(None\)"),
        ([0, math.nan, 1], r"y\[1\] is missing \(nan\)"),
        (np.array([0, 1, np.nan], np.float32), r"y\[2\] is missing \(nan\)"),
        (np.array(["a", None, "b"], object), r"y\[1\] is missing \(None\)"),
        (np.array(["a", np.float32("nan"), "b"], object), r"y\[1\] is missing \(nan\)"),
    ],
)
@pytest.mark.parametrize("loss", ["cross_entropy", "hinge", "ovr_hinge"])
@pytest.mark.parametrize("in_validation", [False, True])
def test_labels_that_are_missing(y, text, loss, in_validation) -> None:
    X, good = np.ones((3, 2)), np.array([0, 1, 1])
    start, how = ("validation: ", {"validation_data": (X, y)}) if in_validation else ("", {})
    with pytest.raises(TypeError, match=rf"^{start}{text}, expected integer labels.*ignore_index$"):
        fastlc.fit(X, good if in_validation else y, loss=loss, **how)


def test_targets_that_are_missing() -> None:
    X = np.ones((3, 2))
    for loss in ("logistic", "squared_error"):
        with pytest.raises(
            ValueError, match=r"^y\[1\] is missing \(nan\), expected float targets: leave such rows out$"
        ):
            fastlc.fit(X, [0, math.nan, 1], loss=loss)
    with pytest.raises(TypeError, match=r"^y\[1\] is missing \(None\), expected a number$"):
        fastlc.fit(X, np.array([0.5, None, 1]), loss="huber")


@pytest.mark.parametrize("y", [["a", "b", "a"], np.array([b"a", b"b", b"a"]), np.array(["a", "b", "a"], object)])
@pytest.mark.parametrize("loss", LOSSES)
def test_labels_that_are_text(y, loss) -> None:
    hint = r": classes, y = numpy\.unique\(y, return_inverse=True\)" if "labels" in LOSSES[loss].targets else ""
    with pytest.raises(TypeError, match=rf"^y holds text, expected [^:]*{hint}$"):
        fastlc.fit(np.ones((3, 2)), y, loss=loss)


def test_columns_of_a_frame() -> None:
    pandas = pytest.importorskip("pandas")
    X, y = clouds()
    frame = pandas.DataFrame(X, columns=list("abcde")).assign(label=y, name=np.array(["cat", "dog", "elk"])[y])
    want = held(fastlc.fit(X, y))
    features = frame[list("abcde")]
    assert held(fastlc.fit(features, frame["label"])) == want
    assert held(fastlc.fit(features, frame["label"].astype("Int64"))) == want
    assert held(fastlc.fit(features, frame["label"].set_axis(range(1000, 1090)))) == want  # rows, not their names
    assert held(fastlc.fit(features, np.unique(frame["name"], return_inverse=True)[1])) == want
    with pytest.raises(TypeError, match=r"^X holds text \(X\[0, 6\] = '(cat|dog|elk)'\), .* leave columns of text out"):
        fastlc.fit(frame, y)
    with pytest.raises(TypeError, match=r"^y holds text, "):
        fastlc.fit(features, frame["name"])
    with pytest.raises(TypeError, match=r"^y holds text, "):
        fastlc.fit(features, frame["name"].astype("category"))
    for missing in (frame["label"].where(frame.index != 7), frame["label"].astype("Int64").where(frame.index != 7)):
        with pytest.raises(TypeError, match=r"^y\[7\] is missing \((nan|<NA>)\), expected integer labels"):
            fastlc.fit(features, missing)
    with pytest.raises(TypeError, match=r"^y\[7\] is missing \(.*\), expected integer labels"):
        fastlc.fit(features, frame["name"].where(frame.index != 7))


NO_LABELS: list[Any] = [
    *[np.arange(6.0) % 3, np.float32([0, 1, 2, 0, 1, 2]), [0.0, 1, 2, 0, 1, 2], np.array([0, 1, 2.5, 0, np.inf, 2])],
    *[np.array(list("abcabc")), np.array(list("abcabc"), object), np.array([b"a", b"b"] * 3), list("abcabc")],
    *[[0, None, 1, 2, 0, 1], np.array([0, 1, np.nan, 0, 1, 2], object), np.array(["a", None, "b"] * 2, object)],
    *[np.zeros((6, 1)), np.array(list("abcabc"))[:, None], np.zeros((6, 1), int), np.eye(3)[[0, 1, 2] * 2]],
    *[
        None,
        3,
        0.5,
        "abc",
        {0: 1},
        np.array(3),
        np.array([0, 1j] * 3),
        np.zeros(6, "M8[s]"),
        np.array([0, 1] * 3, object),
    ],
    *[np.array([0, 1, 2]), [0, 1, 2, 3, 0, 0], [0, 1, -2, 0, 0, 0], [0, 1, 2**70, 0, 0, 0], np.ones(6, np.float16)],
    *[np.array([0, 1, 2] * 2), np.ma.masked_array([0, 1, 2] * 2), [[0], [1, 2], [0], [1], [2], [0]]],
]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("y", NO_LABELS, ids=lambda y: repr(y)[:40])
def test_what_is_said_of_y_is_said_by_all_functions(loss, y) -> None:
    """In the same words, whether the labels of a training, of its validation or of a loss are meant."""
    X, good = np.ones((6, 4)), np.zeros(6, int) if "labels" in LOSSES[loss].targets else np.zeros((6, 3))
    said = []
    for call in (
        lambda: LOSSES[loss].linear(X, y, np.zeros((3, 4))),
        lambda: fastlc.fit(X, y, loss=loss, n_classes=3),
        lambda: fastlc.fit(X, good, loss=loss, n_classes=3, validation_data=(X, y)),
    ):
        try:
            call()
            said.append((None, ""))
        except (TypeError, ValueError) as error:
            said.append((type(error), str(error).removeprefix("validation: ")))
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("loss", [name for name, spec in LOSSES.items() if "labels" in spec.targets])
def test_labels_and_targets_are_refused_by_their_rows(loss) -> None:
    """Before any are held out, by which they would be counted anew, and before class weights are looked up for them."""
    X, y = np.ones((6, 2)), np.array([0, 1, 0, 5, 1, 5])
    how: dict[str, Any] = {"loss": loss, "class_weight": np.ones(2), "validation_fraction": 0.5}
    with pytest.raises(ValueError, match=r"^y\[3\] = 5 is outside \[0, 2\)$"):
        fastlc.fit(X, y, n_classes=2, **how)
    if loss == "logistic":
        with pytest.raises(ValueError, match=r"^y\[3, 0\] = 5 is outside \[0, 1\]$"):
            fastlc.fit(X, np.tile(y[:, None] / 1, 2), **how)


def test_class_weights_as_told() -> None:
    """The array that takes the place of a dict, and that of 'balanced', which is scikit-learn's."""
    from sklearn.utils.class_weight import compute_class_weight

    X, y = clouds()
    y = np.minimum(y, 1)
    C = 2
    balanced = len(y) / (C * np.bincount(y))
    np.testing.assert_allclose(balanced, compute_class_weight("balanced", classes=np.arange(C), y=y), rtol=4 * EPS)
    class_weight = dict(enumerate(balanced))
    as_array = fastlc.fit(X, y, class_weight=balanced)
    assert held(as_array) == held(fastlc.fit(X, y, class_weight=[class_weight[c] for c in range(C)]))
    assert held(as_array) != held(fastlc.fit(X, y))
    for given, way in ((class_weight, r"\[class_weight\[c\] for c in range\(C\)\]"), ("balanced", r".*bincount.*")):
        with pytest.raises(TypeError, match=rf"^class_weight is a \w+, expected an array \(C,\) of .*: {way}"):
            fastlc.fit(X, y, class_weight=given)


def test_a_column_of_labels() -> None:
    """As of a frame or of a slice of an array: the sentence of each kind leads to the labels."""
    X, y = clouds()
    want = held(fastlc.fit(X, y))
    with pytest.raises(ValueError, match=r"^y has shape \(90, 1\) and integers, expected \(90,\) labels"):
        fastlc.fit(X, y[:, None])
    column = y[:, None] / 1
    with pytest.raises(
        ValueError, match=r"of a single class .*; if y holds labels, numpy\.ravel\(y\)\.astype\(int\) makes"
    ):
        fastlc.fit(X, column)
    with pytest.raises(TypeError, match=r"convert whole numbers with numpy\.ravel\(y\)\.astype\(int\)$"):
        fastlc.fit(X, column, loss="hinge")
    assert held(fastlc.fit(X, np.ravel(column).astype(int))) == want
    with pytest.raises(TypeError, match=r"^y holds text, .*numpy\.unique\(numpy\.ravel\(y\), return_inverse=True\)$"):
        fastlc.fit(X, np.array(["a", "b", "c"])[y[:, None]])
    assert held(fastlc.fit(X, np.unique(np.array(["a", "b", "c"])[y], return_inverse=True)[1])) == want


EXPECTED = r"integer labels or float targets of shape \(3, C\)"


@pytest.mark.parametrize(
    ("y", "error", "text"),
    [
        (np.array([0, 1, 1], object), TypeError, rf"y has dtype object, expected {EXPECTED}: .*y\.astype\(int\)$"),
        (np.array([0, 1, 1j]), TypeError, rf"y has dtype complex128, expected {EXPECTED}$"),
        (np.array([0, 1, 1], "M8[s]"), TypeError, rf"y has dtype datetime64\[s\], expected {EXPECTED}$"),
        (None, TypeError, rf"y is a NoneType, expected an array of {EXPECTED}$"),
        (3, TypeError, rf"y is a int, expected an array of {EXPECTED}$"),
        ({0, 1}, TypeError, rf"y is a set, expected an array of {EXPECTED}$"),
        ([[0], [1, 2], [1]], ValueError, "y is not an array of numbers: "),
        (np.array([0, 1]), ValueError, r"y has shape \(2,\), expected \(3,\)$"),
        ([0, 1, 1, 1], ValueError, r"y has shape \(4,\), expected \(3,\)$"),
        (np.array([[0], [1], [1]]), ValueError, r"y has shape \(3, 1\)"),
        (np.array([-1, 1, -1]), ValueError, r"y\[0\] = -1 is outside \[0, 2\): \(y > 0\)\.astype\(int\)"),
        (np.array([-3, -2, -3]), ValueError, r"y\[1\] = -2 is negative, expected labels in \[0, C\)$"),
        (np.array([0, -2, 3]), ValueError, r"y\[1\] = -2 is outside \[0, 4\)"),
    ],
)
def test_what_is_no_label_is_said_of_y(y, error, text) -> None:
    with pytest.raises(error, match=rf"^{text}"):
        fastlc.fit(np.ones((3, 2)), y)


def test_integers_that_are_meant_as_targets(value_spec) -> None:
    """An array says what it is; a list takes its dtype from X, as everywhere."""
    if "labels" in LOSSES[value_spec.name].targets:
        return
    X, y = np.ones((3, 2)), np.array([0, 1, 1])
    sentence = r"^y has dtype int64, expected float64, the dtype of X: convert it with y\.astype\(numpy\.float64\)$"
    with pytest.raises(TypeError, match=sentence):
        fastlc.fit(X, y, loss=value_spec.name)
    as_floats = held(fastlc.fit(X, y.astype(X.dtype), loss=value_spec.name))
    assert held(fastlc.fit(X, y.tolist(), loss=value_spec.name)) == as_floats


@pytest.mark.parametrize("loss", LOSSES)
def test_a_single_class(loss) -> None:
    """Where classes exclude each other, nothing can be learned of one; one-vs-rest, it is labels 0 and 1."""
    X, zeros = np.ones((6, 2)), np.zeros(6, int)
    spec = LOSSES[loss]
    if "labels" not in spec.targets:
        return
    ways: list[tuple[Any, dict[str, Any], str]] = [
        (zeros, {}, "y has labels up to 0"),
        (np.array([0, 9, 0, 0, 9, 0]), {"ignore_index": 9}, "y has labels up to 0"),
        (zeros, {"n_classes": 1}, "n_classes = 1"),
        (zeros, {"W": np.ones((1, 2))}, r"W has shape \(1, 2\)"),
    ]
    if "values" in spec.targets:
        ways.append((np.ones((6, 1)), {}, r"y has shape \(6, 1\)"))
    for y, how, source in ways:
        if spec.one_vs_rest:
            assert fastlc.fit(X, y, loss=loss, **how).W.shape == (1, 2)
        else:
            with pytest.raises(
                ValueError, match=rf"^{source}: of a single class {loss} is .*two classes, or loss='log"
            ):
                fastlc.fit(X, y, loss=loss, **how)
    assert fastlc.fit(X, zeros, loss=loss, n_classes=2).W.shape == (2, 2)


@pytest.mark.parametrize("label", [10**6, 10**9, 10**12, 2**63 - 1])
def test_a_label_that_is_none(label) -> None:
    X, y = np.ones((6, 2)), np.array([0, 1, 2, 0, label, label])
    with pytest.raises(
        ValueError, match=rf"^y\[4\] = {label} makes {label + 1} classes of 6 rows: .*n_classes={label + 1}$"
    ):
        fastlc.fit(X, y)
    with pytest.raises(ValueError, match=rf"^y\[4\] = {2**64 - 1} makes"):
        fastlc.fit(X, np.array([0, 1, 2, 0, 2**64 - 1, 2], np.uint64))
    y[4:] = -label
    assert fastlc.fit(X, y, ignore_index=-label).W.shape == (3, 2)


def test_labels_with_gaps() -> None:
    """Up to a million classes whatever there is of rows, up to a thousand a row, and as many as n_classes says."""
    X = np.ones((6, 1), np.float32)
    how = {"epochs": 1, "fit_intercept": False}
    assert fastlc.fit(X, np.array([0, 1, 2, 0, 1, 999_999]), **how).W.shape == (1_000_000, 1)
    assert fastlc.fit(X, np.array([0, 1, 2, 0, 1, 1_000_000]), n_classes=1_000_001, **how).W.shape == (1_000_001, 1)
    for label in (1_000_999, 1_001_000):
        many = np.zeros(1001, int)
        many[7] = label
        if label < 1000 * len(many):
            assert _labels.count_classes(many, None)[0] == label + 1
        else:
            with pytest.raises(ValueError, match=r"^y\[7\] = 1001000 makes"):
                _labels.count_classes(many, None)


@pytest.mark.parametrize("n_classes", [10**15, 2**60, 2**62, 2**80])
def test_more_classes_than_there_is_memory_for(n_classes) -> None:
    X, y = np.ones((6, 2)), np.array([0, 1, 2, 0, 1, 2])
    with pytest.raises(
        MemoryError, match=rf"^n_classes = {n_classes}: no memory for weights of shape \({n_classes}, 2\)"
    ):
        fastlc.fit(X, y, n_classes=n_classes)


# ---------------------------------------------------------------------------------------------------------------------
# Flags, names and objects of the caller
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["shuffle", "fit_intercept", "progress", "average"])
@pytest.mark.parametrize("value", ["False", "no", "", b"yes", None, [], [True], np.array([True]), 0.0])
def test_text_is_no_flag(name, value) -> None:
    """Read from a configuration, "False" is true."""
    with pytest.raises(TypeError, match=rf"^{name} "):
        fastlc.fit(*clouds(), **{name: value})


@pytest.mark.parametrize("name", ["shuffle", "fit_intercept", "progress", "average"])
@pytest.mark.parametrize("value", [True, False])
def test_flags_of_numpy_are_flags(name, value) -> None:
    X, y = clouds()
    results = [fastlc.fit(X, y, epochs=2, **{name: flag}) for flag in (value, np.bool_(value))]
    assert held(results[0]) == held(results[1])


@pytest.mark.parametrize("name", ["epochs", "patience", "n_classes", "ignore_index"])
@pytest.mark.parametrize("value", [True, "3", 3.0, [3]])
def test_a_flag_is_no_integer(name, value) -> None:
    with pytest.raises(TypeError, match=rf"^{name} .*expected an integer"):
        fastlc.fit(*clouds(), **{name: value})


@pytest.mark.parametrize("loss", [["hinge"], ("hinge",), {"hinge"}, None, 3, b"hinge", LOSSES["hinge"], "Hinge"])
def test_names_of_no_loss(loss) -> None:
    with pytest.raises(ValueError, match=r"^loss (= '.*' is unknown|is a .*), choose from cross_entropy, hinge, "):
        fastlc.fit(*clouds(), loss=loss)


@pytest.mark.parametrize("callback", [3, "print", [print]])
def test_a_callback_that_cannot_be_called(callback) -> None:
    with pytest.raises(TypeError, match=r"^callback is a \w+, expected a function$"):
        fastlc.fit(*clouds(), callback=callback)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError, RuntimeError])
@pytest.mark.parametrize("name", ["X", "y", "sample_weight", "W", "b", "validation X", "validation y"])
def test_errors_of_the_callers_arrays_come_through(error, name) -> None:
    """Ctrl-C too: there is nothing yet that could be returned."""
    X, y = clouds()
    raised = error("mine")
    arguments: dict[str, Any] = {"X": X, "y": y}
    if name.startswith("validation"):
        data = {"validation X": X, "validation y": y, name: Raises(raised, "__array__")}
        arguments["validation_data"] = data["validation X"], data["validation y"]
    else:
        arguments[name] = Raises(raised, "__array__")
    with pytest.raises(error) as caught:
        fastlc.fit(**arguments)
    assert caught.value is raised


@pytest.mark.parametrize(
    "error", [UnicodeDecodeError("ascii", b"y", 0, 1, "mine"), KeyboardInterrupt(), MemoryError("mine")], ids=repr
)
def test_errors_while_validating_come_through(error, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are made of other arguments than a sentence among them."""

    def linear(*args: Any, **how: Any) -> float:
        raise error

    monkeypatch.setitem(LOSSES, "hinge", dataclasses.replace(LOSSES["hinge"], linear=linear))
    with pytest.raises(type(error)) as caught:
        fastlc.fit(*clouds(), loss="hinge", validation_fraction=0.2)
    assert caught.value is error


def test_the_reference_trains_alike() -> None:
    """The same loop on the functions of the oracle; errors do not grow within so few steps of such a size."""
    X, y = clouds()
    for loss in ("cross_entropy", "hinge"):
        how = {"loss": loss, "batch_size": 10, "momentum": 0.9}
        rate = optim.cosine(0.1, 27, warmup=4)
        fast = fastlc.fit(X, y, epochs=3, lr=rate, **how)
        W, b, rng = np.zeros((3, 5)), np.zeros(3), np.random.default_rng(0)
        state, losses = fastlc.SGDState(W, b), []
        for epoch in range(3):
            rates = [rate(step) for step in range(9 * epoch, 9 * epoch + 9)]
            losses.append(reference.sgd_epoch(X, y, W, b, lr=rates, order=rng.permutation(90), state=state, **how))
        np.testing.assert_allclose(fast.history["loss"], losses, rtol=1e-11)
        np.testing.assert_allclose(fast.W, W, atol=1e-12)
