"""Stochastic gradient descent: each step against the oracle, and an epoch as the sequence of its steps.

One step has a rounding bound; many do not, since an error grows from step to step. So single steps are held to the
oracle, epochs to the same steps taken one call at a time, and whole epochs to the reference where the problem is tame.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import reference

from . import bounds, oracle
from .bounds import assert_within
from .cases import Array, Problem, class_weight, own_copy, problem, variants
from .oracle import wide

# How the step is taken: each switch alone, then together.
STEPS = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.5, "nesterov": True},
    {"weight_decay": 0.3},
    {"l1": 0.2},
    {"momentum": 0.75, "nesterov": True, "weight_decay": 0.1, "l1": 0.05},
]
steps = pytest.mark.parametrize("step", STEPS, ids=lambda step: "+".join(step) or "plain")
FEW_SHAPES = [(20, 7, 3), (20, 40, 10), (9, 5, 1), (24, 17, 70)]
few_shapes = pytest.mark.parametrize("shape", FEW_SHAPES, ids=str)


def settings(step: dict[str, Any]) -> dict[str, float]:
    """What `bounds.sgd_step` asks for."""
    return {name: float(step.get(name, 0.0)) for name in ("momentum", "weight_decay", "l1")}


# ---------------------------------------------------------------------------------------------------------------------
# sgd_step
# ---------------------------------------------------------------------------------------------------------------------


@steps
@pytest.mark.parametrize("shape", [(0,), (1,), (3, 5), (10, 784), (16, 8), (2, 3, 7), (1, 4097), (0, 4)], ids=str)
def test_one_step(shape, step, dtype, isa) -> None:
    rng = np.random.default_rng(0)
    W, dW, velocity = (rng.normal(size=shape).astype(dtype) for _ in range(3))
    want_W, want_v = wide(W), wide(velocity)
    reference.sgd_step(want_W, wide(dW), 0.3, velocity=want_v, **step)
    W_err, v_err = bounds.sgd_step(W, dW, 0.0, velocity, 0.3, dtype=dtype, **settings(step))
    before = dW.tobytes(), velocity.tobytes()
    assert fastlc.sgd_step(W, dW, 0.3, velocity=velocity, **step) is None
    assert_within(W, want_W, W_err, "W")
    if "momentum" in step:
        assert_within(velocity, want_v, v_err, "velocity")
    else:
        assert velocity.tobytes() == before[1]
    assert dW.tobytes() == before[0]


def test_step_of_length_zero_changes_nothing(dtype, isa) -> None:
    W = np.array([1.0, -2.0, 0.0, 3.5], dtype)
    before = W.tobytes()
    fastlc.sgd_step(W, np.full(4, 1e30, dtype), 0.0)
    assert W.tobytes() == before


# ---------------------------------------------------------------------------------------------------------------------
# sgd_epoch
# ---------------------------------------------------------------------------------------------------------------------


class Trained:
    """Weights, with or without bias, and the state that goes with them."""

    def __init__(self, p: Problem, bias: bool = True) -> None:
        self.W, self.b = own_copy(p.W), own_copy(p.b) if bias else None
        self.state = fastlc.SGDState(self.W, self.b)
        rng = np.random.default_rng(5)
        for velocity in (self.state.velocity_W, self.state.velocity_b):
            if velocity is not None:
                velocity[...] = rng.normal(size=velocity.shape)

    def epoch(self, p: Problem, /, **how: Any) -> float:
        return fastlc.sgd_epoch(p.X, p.y, self.W, self.b, state=self.state, **how)

    def parts(self) -> dict[str, Array]:
        parts = {"W": self.W, "b": self.b, "velocity_W": self.state.velocity_W, "velocity_b": self.state.velocity_b}
        return {name: part for name, part in parts.items() if part is not None}

    def bytes(self) -> dict[str, bytes]:
        return {name: part.tobytes() for name, part in self.parts().items()}


def check_one_batch(row: Any, p: Problem, batch: Array, step: Any, weights: Any, options: Any, bias: bool) -> None:
    """One call of one batch, of the rows `batch`, against the oracle's loss, gradient and step."""
    lr, dtype = 0.125, p.dtype
    trained = Trained(p, bias)
    old = {name: wide(part) for name, part in trained.parts().items()}
    of_batch = {**weights, **({"sample_weight": weights["sample_weight"][batch]} if "sample_weight" in weights else {})}
    expected = oracle.linear(row.name, p.X[batch], p.y[batch], p.W, old.get("b"), of_batch, **options)

    how = {"loss": row.name, "lr": lr, "batch_size": len(batch), "order": batch, **weights, **options, **step}
    mean = trained.epoch(p, **how)
    assert type(mean) is float
    expected.check_loss(mean)
    assert trained.state.step == 1
    for name, gradient in (("W", expected.dW), ("b", expected.db))[: 1 + bias]:
        rates = step if name == "W" else {key: step[key] for key in step if key in ("momentum", "nesterov")}
        velocity = old[f"velocity_{name}"]
        gradient_err = getattr(expected.errors, f"d{name}")
        allowed = bounds.sgd_step(old[name], gradient, gradient_err, velocity, lr, dtype=dtype, **settings(rates))
        want, want_velocity = old[name].copy(), velocity.copy()
        reference.sgd_step(want, gradient, lr, velocity=want_velocity, **rates)
        assert_within(trained.parts()[name], want, allowed[0], name)
        assert_within(trained.parts()[f"velocity_{name}"], want_velocity, allowed[1], f"velocity_{name}")


@few_shapes
@steps
def test_one_batch(row, shape, step, dtype, isa) -> None:
    p = problem(shape, dtype, row.targets)
    weights = {"sample_weight": p.sample_weight, **class_weight(row, p)}
    rng = np.random.default_rng(1)
    for size in (1, 2, len(p.X)):
        batch = rng.permutation(len(p.X))[:size]
        for options in variants(row)[:2]:
            check_one_batch(row, p, batch, step, {}, options, bias=True)
            check_one_batch(row, p, batch, step, weights, options, bias=size != 2)


# The sizes at which an update may change its ways: columns, classes, rows a batch.
STEP_SHAPES = [(3, 0, 2), (1, 1, 1), (32, 16, 5), (33, 15, 6), (5, 33, 7), (64, 64, 8), (31, 100, 9), (32, 784, 10)]
STEP_SHAPES += [(300, 17, 11), (130, 31, 2), (16, 40, 32), (17, 21, 33), (12, 65, 64), (40, 9, 65), (700, 50, 3)]
STEP_SHAPES += [(6, 1100, 20), (2, 24, 300), (600, 7, 1)]


@pytest.mark.parametrize("shape", STEP_SHAPES, ids=str)
def test_one_batch_of_every_shape(row, shape, dtype, isa) -> None:
    p = problem(shape, dtype, row.targets)
    rows = np.random.default_rng(4).permutation(len(p.X))
    for i, size in enumerate({1, len(rows) - 1, len(rows)} - {0}):
        check_one_batch(row, p, rows[:size], STEPS[0], {}, {}, bias=True)
        check_one_batch(row, p, rows[:size], STEPS[-1 - i], class_weight(row, p), {}, bias=i == 0)


@few_shapes
@steps
@pytest.mark.parametrize("batch_size", [1, 3, 8, 1000])
def test_an_epoch_is_its_batches_one_after_the_other(row, shape, step, batch_size, dtype, isa) -> None:
    """Bit for bit; in a given order with repeats, with a rate for each batch, a shorter last batch, and state."""
    p = problem(shape, dtype, row.targets)
    weights = {"sample_weight": p.sample_weight, **class_weight(row, p)}
    rng = np.random.default_rng(2)
    order = rng.integers(0, len(p.X), 17)
    starts = range(0, len(order), batch_size)
    rates = rng.uniform(0.01, 0.1, len(starts))
    how = {"loss": row.name, "batch_size": batch_size, **weights, **step}

    whole, single = Trained(p), Trained(p)
    mean = whole.epoch(p, lr=rates, order=order, **how)
    means, divisors = [], []
    for start, lr in zip(starts, rates, strict=True):
        batch = order[start : start + batch_size]
        means.append(single.epoch(p, lr=lr, order=batch, **how))
        divides = p.sample_weight[batch].astype(np.float64)
        divisors.append((divides * p.class_weight[p.y[batch]] if row.name == "cross_entropy" else divides).sum())
    assert whole.bytes() == single.bytes()
    assert whole.state.step == single.state.step == len(starts)
    assert mean == pytest.approx(np.dot(means, divisors) / np.sum(divisors), rel=1e-6 if dtype is np.float32 else 1e-13)


@pytest.mark.parametrize("shape", [(60, 7, 3), (60, 30, 10), (60, 5, 1), (50, 9, 70)], ids=str)
@steps
def test_whole_epochs_against_the_reference(row, shape, step, isa) -> None:
    """In float64 from small weights with small steps: errors do not grow, and no hinge meets its kink."""
    p = problem(shape, np.float64, row.targets)
    weights = {"sample_weight": p.sample_weight, **class_weight(row, p)}
    rng = np.random.default_rng(3)
    for batch_size in (1, 7, 60, 100):
        for options in variants(row)[:2]:
            fast, slow = Trained(p), Trained(p)
            for _ in range(2):
                order = rng.permutation(len(p.X))[:40]
                how = {
                    "loss": row.name,
                    "lr": 1e-3,
                    "batch_size": batch_size,
                    "order": order,
                    **step,
                    **weights,
                    **options,
                }
                means = [
                    function(p.X, p.y, trained.W, trained.b, state=trained.state, **how)
                    for function, trained in ((fastlc.sgd_epoch, fast), (reference.sgd_epoch, slow))
                ]
                assert means[0] == pytest.approx(means[1], rel=1e-11)
            for name, part in slow.parts().items():
                np.testing.assert_allclose(fast.parts()[name], part, rtol=1e-10, atol=1e-12, err_msg=name)
            assert fast.state.step == slow.state.step


def test_without_state_velocities_start_at_zero(row, dtype, isa) -> None:
    p = problem((20, 7, 3), dtype, row.targets)
    how = {"loss": row.name, "lr": 0.05, "batch_size": 6, "momentum": 0.9}
    with_state, without = Trained(p), Trained(p)
    with_state.state = fastlc.SGDState(p.W, p.b)
    assert with_state.epoch(p, **how) == fastlc.sgd_epoch(p.X, p.y, without.W, without.b, **how)
    assert with_state.W.tobytes() == without.W.tobytes()
    assert with_state.b.tobytes() == without.b.tobytes()


def test_state_is_carried_from_call_to_call(row, dtype, isa) -> None:
    """Two epochs of half the rows each are one of all, if batches end where the halves do."""
    p = problem((24, 7, 3), dtype, row.targets)
    how = {"loss": row.name, "lr": 0.05, "batch_size": 4, "momentum": 0.9}
    once, twice = Trained(p), Trained(p)
    once.epoch(p, order=np.arange(24), **how)
    twice.epoch(p, order=np.arange(12), **how)
    twice.epoch(p, order=np.arange(12, 24), **how)
    assert once.bytes() == twice.bytes()
    assert once.state.step == twice.state.step == 6


@pytest.mark.parametrize("batch_size", [24, 1000])
def test_a_full_batch_is_gradient_descent(row, batch_size, dtype, isa) -> None:
    """`linear_loss` and `sgd_step` by hand; the two ways may round differently, each within its own bound."""
    p = problem((24, 7, 3), dtype, row.targets)
    check_one_batch(row, p, np.arange(24), {}, {}, {}, bias=True)
    trained = Trained(p)
    mean = trained.epoch(p, loss=row.name, lr=0.1, batch_size=batch_size)
    loss, dW, db = row.linear(p.X, p.y, p.W, p.b)
    W, b = own_copy(p.W), own_copy(p.b)
    fastlc.sgd_step(W, dW, 0.1)
    fastlc.sgd_step(b, db, 0.1)
    few_ulp = 64 * bounds.unit(dtype)
    assert mean == pytest.approx(loss, rel=few_ulp)
    np.testing.assert_allclose(trained.W, W, rtol=few_ulp, atol=few_ulp)
    np.testing.assert_allclose(trained.b, b, rtol=few_ulp, atol=few_ulp)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_rows_not_in_the_order_are_not_looked_at(row, batch_size, dtype, isa) -> None:
    """Their labels may be invalid, their features nan."""
    p = problem((30, 7, 3), dtype, row.targets)
    order = np.array([3, 8, 8, 21, 29, 0, 3])
    X, y, v = own_copy(p.X), own_copy(p.y), own_copy(p.sample_weight)
    others = np.setdiff1d(np.arange(30), order)
    X[others], v[others] = np.nan, np.nan
    y[others] = -1 if row.targets == "labels" else np.nan
    results = []
    for rows in ((p.X, p.y, p.sample_weight), (X, y, v)):
        W, b = own_copy(p.W), own_copy(p.b)
        how = {"loss": row.name, "lr": 0.1, "batch_size": batch_size, "order": order, "sample_weight": rows[2]}
        results.append((fastlc.sgd_epoch(*rows[:2], W, b, **how), W.tobytes(), b.tobytes()))
    assert results[0] == results[1]


def test_order_by_default_is_that_of_the_rows(row, dtype, isa) -> None:
    p = problem((21, 7, 3), dtype, row.targets)
    default, given = Trained(p), Trained(p)
    how = {"loss": row.name, "lr": 0.1, "batch_size": 4}
    assert default.epoch(p, **how) == given.epoch(p, order=np.arange(21), **how)
    assert default.bytes() == given.bytes()


@pytest.mark.parametrize("shape", [(0, 7, 3), (20, 7, 3)], ids=str)
def test_an_epoch_of_no_rows(row, shape, dtype, isa) -> None:
    p = problem(shape, dtype, row.targets)
    trained = Trained(p)
    before = trained.bytes()
    how = {"loss": row.name, "lr": 0.1, "batch_size": 4, "momentum": 0.9}
    assert trained.epoch(p, order=np.zeros(0, np.int64), **how) == 0.0
    assert trained.bytes() == before
    assert trained.state.step == 0


@pytest.mark.parametrize("batch_size", [1, 4, 20])
def test_batches_of_weight_zero(row, batch_size, dtype, isa) -> None:
    """Their gradient is 0, whatever the rows hold; momentum and weight decay go on."""
    p = problem((20, 7, 3), dtype, row.targets)
    X = np.full_like(p.X, np.nan)
    step = {"momentum": 0.5, "weight_decay": 0.125}
    trained, want = Trained(p), Trained(p)
    how = {"loss": row.name, "lr": 0.25, "batch_size": batch_size, "sample_weight": np.zeros(20, dtype)}
    assert fastlc.sgd_epoch(X, p.y, trained.W, trained.b, state=trained.state, **how, **step) == 0.0
    for _ in range(20 // batch_size):
        fastlc.sgd_step(want.W, np.zeros_like(p.W), 0.25, velocity=want.state.velocity_W, **step)
        fastlc.sgd_step(want.b, np.zeros_like(p.b), 0.25, velocity=want.state.velocity_b, momentum=0.5)
    for name, part in want.parts().items():
        np.testing.assert_allclose(trained.parts()[name], part, rtol=1e-5, atol=1e-6)
    assert trained.state.step == 20 // batch_size


@pytest.mark.parametrize("batch_size", [1, 4, 20])
def test_rows_of_weight_zero_may_hold_anything(row, batch_size, dtype, isa) -> None:
    """Beside live rows of the same batch: the same bits as if they held zeros."""
    p = problem((20, 7, 3), dtype, row.targets)
    assert 0 < (p.sample_weight == 0).sum() < 20
    results = []
    for filler in (0, np.nan, np.inf):
        X = np.where((p.sample_weight == 0)[:, None], dtype(filler), p.X)
        W, b = own_copy(p.W), own_copy(p.b)
        how = {"loss": row.name, "lr": 0.1, "batch_size": batch_size, "sample_weight": p.sample_weight}
        results.append((fastlc.sgd_epoch(X, p.y, W, b, **how), W.tobytes(), b.tobytes()))
    assert results[0] == results[1] == results[2]


def test_learning_from_a_constant_rate_and_from_a_sequence(row, dtype, isa) -> None:
    p = problem((20, 7, 3), dtype, row.targets)
    results = []
    for lr in (0.05, [0.05] * 5, np.full(5, 0.05)):
        trained = Trained(p)
        trained.epoch(p, loss=row.name, lr=lr, batch_size=4)
        results.append(trained.bytes())
    assert results[0] == results[1] == results[2]


def test_training_separates_what_can_be_separated(dtype, isa) -> None:
    """The whole loop in its intended use: three clouds of points, a few epochs, nearly no mistake."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 3000)
    X = (4 * np.eye(3, 5)[y] + rng.normal(size=(3000, 5))).astype(dtype)
    for loss in ("cross_entropy", "hinge"):
        W, b = np.zeros((3, 5), dtype), np.zeros(3, dtype)
        state = fastlc.SGDState(W, b)
        means = [
            fastlc.sgd_epoch(
                X, y, W, b, loss=loss, lr=0.05, batch_size=32, order=rng.permutation(3000), momentum=0.9, state=state
            )
            for _ in range(5)
        ]
        assert means[-1] < means[0]
        assert (fastlc.predict(X, W, b) == y).mean() > 0.98
