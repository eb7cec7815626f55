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

from ..support import bounds, oracle
from ..support.bounds import assert_within
from ..support.cases import (
    SPECS,
    Array,
    Problem,
    all_weights,
    class_weight,
    is_constant,
    own_copy,
    pair_id,
    problem,
    spec_id,
    variants,
    with_each,
)
from ..support.oracle import wide

# How the step is taken: each switch alone, then together.
STEPS = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.4},
    {"momentum": 0.5, "nesterov": True},
    {"weight_decay": 0.3},
    {"l1": 0.2},
    {"l2": 0.7},
    {"momentum": 0.6, "dampening": 1.0, "weight_decay": 0.1, "l1": 0.05},
    {"momentum": 0.75, "nesterov": True, "weight_decay": 0.1, "l1": 0.05, "l2": 0.5},
]


def step_id(step: dict[str, Any]) -> str:
    return "+".join(step) or "plain"


steps = pytest.mark.parametrize("step", STEPS, ids=step_id)


@pytest.fixture(
    params=[(spec, step) for spec in SPECS for step in (STEPS if spec_id(spec) == "cross_entropy" else STEPS[::8])],
    ids=lambda pair: f"{spec_id(pair[0])}-{step_id(pair[1])}",
)
def spec_and_step(request: pytest.FixtureRequest) -> Any:
    """How the step is taken does not depend on the loss: one loss goes with all, each with the first and the last."""
    return request.param


FEW_SHAPES = [(20, 7, 3), (20, 40, 10), (9, 5, 1), (24, 17, 70)]
few_shapes = pytest.mark.parametrize("shape", FEW_SHAPES, ids=str)


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
    W_err, v_err = bounds.sgd_step(W, dW, 0.0, velocity, 0.3, dtype=dtype, **step)
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
    """Weights, with or without bias, and the state that goes with them; its velocities are not 0."""

    def __init__(self, p: Problem, bias: bool = True, average_from: int | None = None, step: int = 0) -> None:
        self.W, self.b = own_copy(p.W), own_copy(p.b) if bias else None
        self.state = fastlc.SGDState(self.W, self.b, average_from=average_from)
        self.state.step = step
        rng = np.random.default_rng(5)
        for velocity in (self.state.velocity_W, self.state.velocity_b):
            if velocity is not None:
                velocity[...] = rng.normal(size=velocity.shape)

    def epoch(self, p: Problem, /, **how: Any) -> float:
        return fastlc.sgd_epoch(p.X, p.y, self.W, self.b, state=self.state, **how)

    def parts(self) -> dict[str, Array]:
        parts = {"W": self.W, "b": self.b}
        parts |= {
            f"{what}_{name}": getattr(self.state, f"{what}_{name}") for what in ("velocity", "average") for name in "Wb"
        }
        return {name: part for name, part in parts.items() if part is not None}

    def bytes(self) -> dict[str, bytes]:
        return {name: part.tobytes() for name, part in self.parts().items()}


def check_one_batch(spec: Any, p: Problem, batch: Array, step: Any, weights: Any, options: Any, bias: bool) -> None:
    """One call of one batch, of the rows `batch`, against the oracle's loss, gradient, step and average."""
    lr, dtype = 0.125, p.dtype
    number = len(batch) % 3  # of the step: the very first, which is not dampened, or a later one
    trained = Trained(p, bias, average_from=1, step=number)
    old = {name: wide(part) for name, part in trained.parts().items()}
    of_batch = {**weights, **({"sample_weight": weights["sample_weight"][batch]} if "sample_weight" in weights else {})}
    expected = oracle.linear(spec.name, p.X[batch], p.y[batch], p.W, old.get("b"), of_batch, **options)

    how = {"loss": spec.name, "lr": lr, "batch_size": len(batch), "order": batch, **weights, **options, **step}
    if is_constant(spec, len(p.W)):
        with pytest.raises(ValueError, match=f"with one class {spec.name} is constant"):
            trained.epoch(p, **how)
        return
    mean = trained.epoch(p, **how)
    assert type(mean) is float
    expected.check_loss(mean)
    assert trained.state.step == number + 1
    if number == 0:
        step = {**step, "dampening": 0.0}
    for name, gradient in (("W", expected.dW), ("b", expected.db))[: 1 + bias]:
        rates = (
            step if name == "W" else {key: step[key] for key in step if key in ("momentum", "dampening", "nesterov")}
        )
        velocity, old_average = old[f"velocity_{name}"], old[f"average_{name}"]
        gradient_err = getattr(expected.errors, f"d{name}")
        allowed = bounds.sgd_step(old[name], gradient, gradient_err, velocity, lr, dtype=dtype, **rates)
        want, want_velocity = old[name].copy(), velocity.copy()
        if expected.counts:
            reference.sgd_step(want, gradient, lr, velocity=want_velocity, **rates)
        parts = trained.parts()
        assert_within(parts[name], want, allowed[0], name)
        assert_within(parts[f"velocity_{name}"], want_velocity, allowed[1], f"velocity_{name}")
        if number < 1:
            assert (parts[f"average_{name}"] == old_average).all()
        else:
            average_err = bounds.average(want, allowed[0], old_average, number)
            want_average = old_average + (want - old_average) / number
            assert_within(parts[f"average_{name}"], want_average, average_err, f"average_{name}")


@few_shapes
def test_one_batch(spec_and_step, shape, dtype, isa) -> None:
    spec, step = spec_and_step
    p = problem(shape, dtype, spec)
    weights = all_weights(spec, p)
    rng = np.random.default_rng(1)
    for size in (1, 2, len(p.X) - len(p.X) % 3):
        batch = rng.permutation(len(p.X))[:size]
        check_one_batch(spec, p, batch, step, {}, variants(spec)[0], bias=True)
        check_one_batch(spec, p, batch, step, weights, variants(spec)[-1], bias=size != 2)


# The sizes at which an update may change its ways: columns, classes, rows a batch.
STEP_SHAPES = [(3, 0, 2), (1, 1, 1), (32, 16, 5), (33, 15, 6), (5, 33, 7), (64, 64, 8), (31, 100, 9), (32, 784, 10)]
STEP_SHAPES += [(300, 17, 11), (130, 31, 2), (16, 40, 32), (17, 21, 33), (12, 65, 64), (40, 9, 65), (700, 50, 3)]
STEP_SHAPES += [(6, 1100, 20), (2, 24, 300), (600, 7, 1)]


@pytest.fixture(params=with_each(STEP_SHAPES, few=STEP_SHAPES[::4]), ids=pair_id)
def spec_and_shape(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_one_batch_of_every_shape(spec_and_shape, dtype, isa) -> None:
    spec, shape = spec_and_shape
    p = problem(shape, dtype, spec)
    rows = np.random.default_rng(4).permutation(len(p.X))
    for i, size in enumerate({1, len(rows) - 1, len(rows)} - {0}):
        check_one_batch(spec, p, rows[:size], STEPS[-i], class_weight(spec, p) if i else {}, {}, bias=i != 2)


@few_shapes
def test_an_epoch_is_its_batches_one_after_the_other(spec_and_step, shape, dtype, isa) -> None:
    """Bit for bit; in a given order with repeats, with a rate for each batch, a shorter last batch, and state."""
    spec, step = spec_and_step
    p = problem(shape, dtype, spec)
    if is_constant(spec, len(p.W)):
        return  # refused, see check_one_batch
    rng = np.random.default_rng(2)
    order = rng.integers(0, len(p.X), 17)
    for batch_size, options in zip((1, 3, 8, 1000), 4 * variants(spec), strict=False):
        starts = range(0, len(order), batch_size)
        rates = rng.uniform(0.01, 0.1, len(starts))
        chosen = {**all_weights(spec, p), **options}

        whole, single = Trained(p, average_from=2), Trained(p, average_from=2)
        how = {"loss": spec.name, "batch_size": batch_size, **chosen, **step}
        mean = whole.epoch(p, lr=rates, order=order, **how)
        means, divisors = [], []
        for start, lr in zip(starts, rates, strict=True):
            batch = order[start : start + batch_size]
            means.append(single.epoch(p, lr=lr, order=batch, **how))
            of_batch = {**chosen, "sample_weight": p.sample_weight[batch].astype(np.float64)}
            divisors.append(spec.linear_reference.rows(p.y[batch], **of_batch).divisor())
        assert whole.bytes() == single.bytes()
        assert whole.state.step == single.state.step == len(starts)
        want = np.dot(means, divisors) / np.sum(divisors) if any(divisors) else 0.0
        assert mean == pytest.approx(want, rel=1e-6 if dtype is np.float32 else 1e-13)


@pytest.mark.parametrize("shape", [(60, 7, 3), (60, 30, 10), (60, 5, 1), (50, 9, 70)], ids=str)
def test_whole_epochs_against_the_reference(spec_and_step, shape, isa) -> None:
    """In float64 from small weights with small steps: errors do not grow, and no hinge meets its kink."""
    spec, step = spec_and_step
    p = problem(shape, np.float64, spec)
    if is_constant(spec, len(p.W)):
        return  # refused, see check_one_batch
    weights = all_weights(spec, p)
    rng = np.random.default_rng(3)
    for batch_size in (1, 7, 60):
        for options in variants(spec)[::-1][:2]:
            fast, slow = Trained(p, average_from=3), Trained(p, average_from=3)
            for _ in range(2):
                order = rng.permutation(len(p.X))[:40]
                how = {
                    "loss": spec.name,
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


def test_without_state_velocities_start_at_zero(spec, dtype, isa) -> None:
    p = problem((20, 7, 3), dtype, spec)
    how = {"loss": spec.name, "lr": 0.05, "batch_size": 6, "momentum": 0.9}
    with_state, without = Trained(p), Trained(p)
    with_state.state = fastlc.SGDState(p.W, p.b)
    assert with_state.epoch(p, **how) == fastlc.sgd_epoch(p.X, p.y, without.W, without.b, **how)
    assert with_state.W.tobytes() == without.W.tobytes()
    assert with_state.b.tobytes() == without.b.tobytes()


def test_state_is_carried_from_call_to_call(spec, dtype, isa) -> None:
    """Two epochs of half the rows each are one of all, if batches end where the halves do."""
    p = problem((24, 7, 3), dtype, spec)
    how = {"loss": spec.name, "lr": 0.05, "batch_size": 4, "momentum": 0.9}
    once, twice = Trained(p), Trained(p)
    once.epoch(p, order=np.arange(24), **how)
    twice.epoch(p, order=np.arange(12), **how)
    twice.epoch(p, order=np.arange(12, 24), **how)
    assert once.bytes() == twice.bytes()
    assert once.state.step == twice.state.step == 6


@pytest.mark.parametrize("batch_size", [24, 1000])
def test_a_full_batch_is_gradient_descent(spec, batch_size, dtype, isa) -> None:
    """`linear_loss` and `sgd_step` by hand; the two ways may round differently, each within its own bound."""
    p = problem((24, 7, 3), dtype, spec)
    check_one_batch(spec, p, np.arange(24), {}, {}, {}, bias=True)
    trained = Trained(p)
    mean = trained.epoch(p, loss=spec.name, lr=0.1, batch_size=batch_size)
    loss, dW, db = spec.linear(p.X, p.y, p.W, p.b)
    W, b = own_copy(p.W), own_copy(p.b)
    fastlc.sgd_step(W, dW, 0.1)
    fastlc.sgd_step(b, db, 0.1)
    few_ulp = 64 * bounds.unit(dtype)
    assert mean == pytest.approx(loss, rel=few_ulp)
    np.testing.assert_allclose(trained.W, W, rtol=few_ulp, atol=few_ulp)
    np.testing.assert_allclose(trained.b, b, rtol=few_ulp, atol=few_ulp)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_rows_not_in_the_order_are_not_looked_at(spec, batch_size, dtype, isa) -> None:
    """Their labels may be invalid, their features nan."""
    p = problem((30, 7, 3), dtype, spec)
    order = np.array([3, 8, 8, 21, 29, 0, 3])
    X, y, v = own_copy(p.X), own_copy(p.y), own_copy(p.sample_weight)
    others = np.setdiff1d(np.arange(30), order)
    X[others], v[others] = np.nan, np.nan
    y[others] = -1 if spec.targets == "labels" else np.nan
    results = []
    for rows in ((p.X, p.y, p.sample_weight), (X, y, v)):
        W, b = own_copy(p.W), own_copy(p.b)
        how = {"loss": spec.name, "lr": 0.1, "batch_size": batch_size, "order": order, "sample_weight": rows[2]}
        results.append((fastlc.sgd_epoch(*rows[:2], W, b, **how), W.tobytes(), b.tobytes()))
    assert results[0] == results[1]


def test_order_by_default_is_that_of_the_rows(spec, dtype, isa) -> None:
    p = problem((21, 7, 3), dtype, spec)
    default, given = Trained(p), Trained(p)
    how = {"loss": spec.name, "lr": 0.1, "batch_size": 4}
    assert default.epoch(p, **how) == given.epoch(p, order=np.arange(21), **how)
    assert default.bytes() == given.bytes()


@pytest.mark.parametrize("shape", [(0, 7, 3), (20, 7, 3)], ids=str)
def test_an_epoch_of_no_rows(spec, shape, dtype, isa) -> None:
    p = problem(shape, dtype, spec)
    trained = Trained(p)
    before = trained.bytes()
    how = {"loss": spec.name, "lr": 0.1, "batch_size": 4, "momentum": 0.9}
    assert trained.epoch(p, order=np.zeros(0, np.int64), **how) == 0.0
    assert trained.bytes() == before
    assert trained.state.step == 0


@pytest.mark.parametrize("batch_size", [1, 4, 20])
def test_batches_of_weight_zero_leave_everything_as_it_was(spec, batch_size, dtype, isa) -> None:
    """Whatever their rows hold: a measurement of nothing is no step. Steps and averages go on."""
    p = problem((20, 7, 3), dtype, spec)
    X = np.full_like(p.X, np.nan)
    step = {"momentum": 0.5, "weight_decay": 0.125, "l1": 0.1, "l2": 0.1}
    trained = Trained(p, average_from=0)
    before = trained.bytes()
    how = {"loss": spec.name, "lr": 0.25, "batch_size": batch_size, "sample_weight": np.zeros(20, dtype)}
    assert fastlc.sgd_epoch(X, p.y, trained.W, trained.b, state=trained.state, **how, **step) == 0.0
    assert trained.bytes() == before
    assert trained.state.step == 20 // batch_size


def test_batches_in_which_nothing_counts_stay_out_of_the_mean(spec, dtype, isa) -> None:
    """Every second batch is of weight 0: weights, velocities and mean loss are those of an epoch without these."""
    p = problem((24, 7, 3), dtype, spec)
    v = np.where(np.arange(24) // 4 % 2, 0, 1).astype(dtype)
    how = {"loss": spec.name, "lr": 0.05, "batch_size": 4, "momentum": 0.9, "l2": 0.1}
    with_them, without = Trained(p), Trained(p)
    mean = with_them.epoch(p, sample_weight=v, **how)
    assert mean == without.epoch(p, sample_weight=v, order=np.flatnonzero(v), **how)
    assert with_them.bytes() == without.bytes()
    assert (with_them.state.step, without.state.step) == (6, 3)


@pytest.mark.parametrize("batch_size", [1, 4, 20])
def test_rows_of_weight_zero_may_hold_anything(spec, batch_size, dtype, isa) -> None:
    """Beside live rows of the same batch: the same bits as if they held zeros."""
    p = problem((20, 7, 3), dtype, spec)
    assert 0 < (p.sample_weight == 0).sum() < 20
    results = []
    for filler in (0, np.nan, np.inf):
        X = np.where((p.sample_weight == 0)[:, None], dtype(filler), p.X)
        W, b = own_copy(p.W), own_copy(p.b)
        how = {"loss": spec.name, "lr": 0.1, "batch_size": batch_size, "sample_weight": p.sample_weight}
        results.append((fastlc.sgd_epoch(X, p.y, W, b, **how), W.tobytes(), b.tobytes()))
    assert results[0] == results[1] == results[2]


def test_learning_from_a_constant_rate_and_from_a_sequence(spec, dtype, isa) -> None:
    p = problem((20, 7, 3), dtype, spec)
    results = []
    for lr in (0.05, [0.05] * 5, np.full(5, 0.05)):
        trained = Trained(p)
        trained.epoch(p, loss=spec.name, lr=lr, batch_size=4)
        results.append(trained.bytes())
    assert results[0] == results[1] == results[2]


# ---------------------------------------------------------------------------------------------------------------------
# Rates from a function, the first step, averages, labels to ignore
# ---------------------------------------------------------------------------------------------------------------------

both = pytest.mark.parametrize("lib", [reference, fastlc], ids=["reference", "fastlc"])


@both
@pytest.mark.parametrize("first", [0, 7])
def test_a_function_gives_the_rate_of_each_step(lib, first, dtype) -> None:
    """It is called once a batch, in order, with the number of the step, before anything has changed."""
    p = problem((20, 7, 3), dtype)
    called, unchanged = [], []

    def rate(step: int) -> float:
        called.append(step)
        unchanged.append(with_function.bytes() == before)
        return 0.1 / (1 + step)

    with_function, with_list = Trained(p, step=first), Trained(p, step=first)
    before = with_function.bytes()
    steps = list(range(first, first + 4))
    for trained, lr in ((with_function, rate), (with_list, [0.1 / (1 + step) for step in steps])):
        how = {"loss": "hinge", "batch_size": 6, "momentum": 0.5, "state": trained.state}
        lib.sgd_epoch(p.X, p.y, trained.W, trained.b, lr=lr, **how)
    assert called == steps
    assert all(type(step) is int for step in called)
    assert all(unchanged)
    assert with_function.bytes() == with_list.bytes()
    assert with_function.state.step == first + 4


@both
def test_without_state_a_function_counts_from_zero(lib) -> None:
    p = problem((20, 7, 3), np.float64)
    called: list[int] = []
    for _ in range(2):
        lib.sgd_epoch(p.X, p.y, own_copy(p.W), loss="hinge", batch_size=8, lr=lambda step: called.append(step) or 0.1)
    assert called == [0, 1, 2, 0, 1, 2]


@both
@pytest.mark.parametrize("with_state", [False, True])
def test_the_very_first_step_is_not_dampened(lib, with_state, dtype) -> None:
    """x = 1, target 0, no bias: the gradient is 2w. With lr 1/4, momentum 1/2 and dampening 3/4 all is exact."""
    X, t, W = np.ones((3, 1), dtype), np.zeros(3, dtype), np.ones((1, 1), dtype)
    state = fastlc.SGDState(W) if with_state else None
    how = {"loss": "squared_error", "lr": 0.25, "batch_size": 1, "momentum": 0.5, "dampening": 0.75}
    lib.sgd_epoch(X[:2], t[:2], W, state=state, **how)
    # v = 2, w = 1 - 2/4; v = 2/2 + 1/4 · 1, w = 1/2 - 5/16
    assert W[0, 0] == 3 / 16
    lib.sgd_epoch(X[2:], t[2:], W, state=state, **how)
    # with state v = 5/8 + 1/4 · 3/8; without it this step is the first of all again, v = 3/8
    assert W[0, 0] == 3 / 16 - (23 / 32 if with_state else 3 / 8) / 4


@both
def test_averages_by_hand(lib, dtype) -> None:
    """As above, plain: the weight goes 1, 1/2, 1/4, 1/8, 1/16. From step 1 on, those after the steps are averaged."""
    X, t, W, b = np.ones((4, 1), dtype), np.zeros(4, dtype), np.ones((1, 1), dtype), np.zeros(1, dtype)
    state = fastlc.SGDState(W, average_from=1)
    seen = []
    for _ in range(4):
        lib.sgd_epoch(X[:1], t[:1], W, loss="squared_error", lr=0.25, batch_size=1, state=state)
        seen.append(float(state.average_W[0, 0]))
    assert seen == pytest.approx([1, 1 / 4, 3 / 16, (1 / 4 + 1 / 8 + 1 / 16) / 3], rel=4 * float(np.finfo(dtype).eps))
    assert state.average_b is None
    # a bias is averaged too: with x = 0 it alone is trained, from 1 to 1/2 and 1/4
    b[0] = 1
    state = fastlc.SGDState(W, b, average_from=0)
    lib.sgd_epoch(0 * X[:2], t[:2], W, b, loss="squared_error", lr=0.25, batch_size=1, state=state)
    assert state.average_b.tolist() == [3 / 8]
    assert (state.average_W == W).all()


def test_averages_are_means_of_the_weights_after_each_step(spec, dtype, isa) -> None:
    p = problem((25, 7, 3), dtype, spec)
    first, how = 2, {"loss": spec.name, "lr": 0.02, "batch_size": 4, "momentum": 0.5}
    trained = Trained(p, average_from=first)
    after: dict[str, list[Array]] = {"W": [], "b": []}
    for start in range(0, 25, 4):
        if trained.state.step <= first:
            assert trained.state.average_W.tobytes() == p.W.astype(np.float64).tobytes()
            assert trained.state.average_b.tobytes() == p.b.astype(np.float64).tobytes()
        trained.epoch(p, order=np.arange(start, min(start + 4, 25)), **how)
        for name, of_steps in after.items():
            of_steps.append(wide(trained.parts()[name]))
    at_once, without = Trained(p, average_from=first), Trained(p)
    at_once.epoch(p, **how)
    without.epoch(p, **how)
    assert at_once.bytes() == trained.bytes()
    assert without.bytes().items() <= at_once.bytes().items()  # who averages trains as who does not
    for name, of_steps in after.items():
        of_steps = of_steps[first:]
        allowed = 4 * len(of_steps) * bounds.unit(np.float64) * np.max(np.abs(of_steps), axis=0)
        assert_within(trained.parts()[f"average_{name}"], np.mean(of_steps, axis=0), allowed, f"average_{name}")


@pytest.mark.parametrize("index", [-100, 1, 1000])
@pytest.mark.parametrize("batch_size", [1, 4, 20])
def test_ignored_rows_may_hold_anything(label_spec, index, batch_size, dtype, isa) -> None:
    """They count for as much as rows of weight 0, and a batch of them for nothing; steps are counted all the same."""
    p = problem((20, 7, 3), dtype, label_spec)
    y = own_copy(p.y)
    y[:5] = y[::3] = index
    ignored = y == index
    assert 5 < ignored.sum() < 20
    valid, weight = np.where(ignored, 0, y), np.where(ignored, 0, p.sample_weight).astype(dtype)
    how = {"loss": label_spec.name, "lr": 0.1, "batch_size": batch_size, "momentum": 0.5, **class_weight(label_spec, p)}
    results = []
    for filler in (0, np.nan, np.inf):
        X = np.where(ignored[:, None], dtype(filler), p.X)
        for labels, chosen in ((y, {"ignore_index": index}), (valid, {"sample_weight": weight})):
            if "ignore_index" in chosen:
                chosen["sample_weight"] = p.sample_weight
            W, b = own_copy(p.W), own_copy(p.b)
            state = fastlc.SGDState(W, b)
            mean = fastlc.sgd_epoch(X, labels, W, b, state=state, **how, **chosen)
            assert state.step == 20 // batch_size
            results.append((mean, W.tobytes(), b.tobytes(), state.velocity_W.tobytes()))
    assert len(set(results)) == 1
    assert np.isfinite(results[0][0])


def test_an_epoch_of_ignored_rows(label_spec, dtype, isa) -> None:
    p = problem((20, 7, 3), dtype, label_spec)
    W, b = own_copy(p.W), own_copy(p.b)
    how = {"loss": label_spec.name, "lr": 0.1, "batch_size": 6, "ignore_index": -1}
    assert fastlc.sgd_epoch(np.full_like(p.X, np.nan), np.full(20, -1), W, b, **how) == 0.0
    assert (W == p.W).all()
    assert (b == p.b).all()


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


@pytest.mark.parametrize(
    "direction",
    [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.8, "dampening": 0.5}],
    ids=str,
)
def test_the_optimum_is_that_of_loss_and_penalties(direction) -> None:
    """Whatever the momentum: derivatives cancel where W is not 0; where it is 0, that of the loss is below l1."""
    p, l1, l2 = problem((60, 12, 3), np.float64), 0.02, 0.1
    W, b = np.zeros_like(p.W), np.zeros_like(p.b)
    state = fastlc.SGDState(W, b)
    how = {"loss": "cross_entropy", "lr": 0.1, "batch_size": 60, "state": state, "l1": l1, "l2": l2, **direction}
    for _ in range(3000):
        fastlc.sgd_epoch(p.X, p.y, W, b, **how)
    _, dW, db = fastlc.linear_cross_entropy(p.X, p.y, W, b)
    dW += l2 * W
    zero = W == 0
    assert 0 < zero.sum() < W.size
    assert (np.abs(dW[zero]) <= l1).all()
    np.testing.assert_allclose(dW[~zero], -l1 * np.sign(W[~zero]), atol=1e-9)
    np.testing.assert_allclose(db, 0, atol=1e-9)
    with pytest.raises(ValueError, match=r"^l1 and l2 need momentum < 1, not 1$"):
        fastlc.sgd_epoch(p.X, p.y, W, b, **{**how, "momentum": 1.0, "nesterov": False})
