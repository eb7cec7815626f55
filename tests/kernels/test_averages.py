"""What a long training run accumulates: averages of the weights, and velocities with a momentum near 1.

An increment far below the spacing of float32 at its sum would be lost there, step by step, for as long as training goes
on. Steps are made exact, or so small that an average in float32 would stand still, and this is asserted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastlc

from ..support import bounds
from ..support.bounds import assert_within
from ..support.cases import is_constant, number_of_labels

F32 = np.float32
RATE = 2.0**-22
"""The spacing of float32 between 2 and 4: a weight there is moved by exactly as much."""


# ---------------------------------------------------------------------------------------------------------------------
# Averages
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("average_from", [0, 1, 70_001])
@pytest.mark.parametrize(("classes", "batch_size"), [(1, 1), (3, 5)])
def test_the_average_of_an_arithmetic_progression(classes, batch_size, average_from, isa) -> None:
    check_arithmetic_progression(classes, batch_size, average_from, [1, 70_000, 0, 130_000, 299])


def test_the_average_of_an_arithmetic_progression_of_many_classes(isa) -> None:
    check_arithmetic_progression(140, 16, 10_000, [90_000, 110_000])


def check_arithmetic_progression(classes: int, batch_size: int, average_from: int, calls: list[int]) -> None:
    """The slope of the hinge is ∓1 as long as a score lies on the wrong side of ±1; so each step is exactly `RATE`.

    Weights and biases go up from −3 where the label is, and down from 3 elsewhere. The mean of 1, 2, … after steps
    f … T − 1 is (f + 1 + T) / 2; a running mean that is off by 3 roundings of its size a step is so by T / 2 of those,
    since what it was off by counts less and less.
    """
    X = np.ones((1, 1), F32)
    y = np.full(1, int(classes == 1))
    side = np.where(np.arange(classes) == 0, -1.0, 1.0)
    W, b = (3 * side).astype(F32)[:, None], (3 * side).astype(F32)
    state = fastlc.SGDState(W, b, average_from=average_from)
    for steps in calls:  # of one loop
        order = np.zeros(steps * batch_size, np.int64)
        fastlc.sgd_epoch(X, y, W, b, loss="ovr_hinge", lr=RATE, batch_size=batch_size, order=order, state=state)
    T = sum(calls)
    assert T >= 200_000
    assert state.step == T
    assert (b == 3 * side - RATE * T * side).all()
    mean = 3 * side - RATE * (average_from + 1 + T) / 2 * side
    assert F32(3) - F32(RATE) / 2 == F32(3)  # in float32 an increment of the average would be none
    allowed = 3 / 2 * T * bounds.unit(np.float64) * 3
    assert allowed < 1e-9
    assert_within(state.average_b, mean, allowed, "average_b")
    assert_within(state.average_W, mean[:, None], allowed, "average_W")
    assert (W[:, 0] == b).all()


@pytest.mark.parametrize("shape", [(6, 4, 1), (6, 4, 3), (16, 4, 140)], ids=str)
def test_averages_of_every_loss(spec, shape, isa) -> None:
    """Large weights of small scores, since the features of each row sum to 0; each fourth step moves some by an ulp."""
    n, d, classes = shape
    if is_constant(spec, classes):
        return  # refused, see test_sgd
    rng = np.random.default_rng(0)
    X = np.hstack([x := rng.integers(1, 9, (n, d // 2)) / 8, -x]).astype(F32)
    y = rng.integers(0, number_of_labels(spec, classes), n)
    y = y if spec.targets == "labels" else np.where(np.arange(classes) == y[:, None], F32(1), F32(0))
    W = (66 + rng.normal(size=(classes, d)) / 8).astype(F32)
    b = np.zeros(classes, F32)
    slope = np.abs(spec.linear(X, y, W, b)[1]).max()
    how = {"loss": spec.name, "batch_size": n, "lr": lambda step: 0.0 if step % 4 else np.spacing(F32(66)) / slope}
    state = fastlc.SGDState(W, b, average_from=0)
    T, total, in_float32 = 1500, np.zeros(W.shape), W.copy()
    for t in range(T):
        fastlc.sgd_epoch(X, y, W, b, state=state, **how)
        total += W
        in_float32 += (W - in_float32) / F32(t + 1)
    mean = total / T
    allowed = 3 / 2 * T * bounds.unit(np.float64) * 70
    assert_within(state.average_W, mean, allowed, "average_W")
    assert np.abs(in_float32 - mean).max() > 5e-4 > 1e6 * allowed  # what float32 would have made of it
    assert (state.average_b != b).any()


def test_fit_returns_the_average_in_the_dtype_of_X(spec, dtype) -> None:
    """Rounded once, at the end; the average itself stays in the state."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)).astype(dtype), rng.integers(0, 3, 60)
    y = y if spec.targets == "labels" else np.eye(3, dtype=dtype)[y]
    result = fastlc.fit(X, y, loss=spec.name, average=True, epochs=2, batch_size=7, lr=0.1, seed=0)
    for found, average in ((result.W, result.state.average_W), (result.b, result.state.average_b)):
        assert average.dtype == np.float64
        assert found.dtype == dtype
        assert found.tobytes() == average.astype(dtype).tobytes()
        assert (average.astype(F32) != average).any()
    assert (result.last_W != result.W).any()


# ---------------------------------------------------------------------------------------------------------------------
# Velocities
# ---------------------------------------------------------------------------------------------------------------------

MOMENTA = [0.9, 0.999, 1 - 2.0**-20]


def velocity_after(gradients: Any, momentum: float, dtype: Any, dampening: float = 0.0) -> tuple[Any, Any]:
    """``v ← m v + (1 − d) g`` from 0, d only from the second step on, exactly; and what it may be off by.

    m is that of the dtype. A step rounds the product with m and the sum, with dampening the product with it too, each
    by u at most: it is off by m times what the one before was, and a new ``r u |v|`` of the largest v there was, with
    r = 2 or 3. That is a geometric series, of ``r u |v| / (1 − m)`` at most; its m is larger by the roundings of what
    is carried along.
    """
    u, real = bounds.unit(dtype), dtype
    g = np.asarray(gradients, np.longdouble)
    g[1:] *= np.longdouble(real(1 - dampening))
    m, T = np.longdouble(real(momentum)), len(g)
    powers = m ** np.arange(T, dtype=np.longdouble)[::-1]
    largest = np.abs(g).max() * powers.sum()
    carried, roundings = m * (1 + u) ** 2, 2 + bool(dampening)
    return (powers * g).sum(), roundings * u * (1 + u) * largest * (1 - carried**T) / (1 - carried)


@pytest.mark.parametrize("dampening", [0.0, 0.75])
@pytest.mark.parametrize("momentum", MOMENTA)
def test_velocities_of_steps(momentum, dampening, dtype, isa) -> None:
    """Gradients of one sign, so that the velocity grows to 1 / (1 − momentum) times as much."""
    T = 10_000
    gradients = np.random.default_rng(0).uniform(0.5, 1, T).astype(dtype)
    for size in (1, 9):
        W, velocity, dW = np.zeros(size, dtype), np.zeros(size, dtype), np.zeros(size, dtype)
        for t, gradient in enumerate(gradients):
            dW.fill(gradient)
            how = {"dampening": dampening if t else 0.0, "velocity": velocity}
            fastlc.sgd_step(W, dW, 0.0, momentum=momentum, **how)
        want, allowed = velocity_after(gradients, momentum, dtype, dampening)
        assert allowed < 2e5 * bounds.unit(dtype) * abs(want)
        assert_within(velocity, np.full(size, want), allowed, "velocity")


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize(("classes", "batch_size", "T"), [(1, 1, 50_000), (3, 2, 50_000), (140, 16, 5000)])
def test_velocities_of_epochs(momentum, classes, batch_size, T, dtype, isa) -> None:
    """At a rate of 0 scores stay 0, so that a batch of equal rows x has the gradient ±x, and ±1 of the bias."""
    rows = np.random.default_rng(0).uniform(0.5, 1, (1000, 2)).astype(dtype)
    order = np.resize(np.arange(1000), T)
    y = np.full(1000, int(classes == 1))
    W, b = np.zeros((classes, 2), dtype), np.zeros(classes, dtype)
    state = fastlc.SGDState(W, b)
    how = {"loss": "ovr_hinge", "lr": 0.0, "batch_size": batch_size, "momentum": momentum, "state": state}
    for half in (order[: T // 2], order[T // 2 :]):
        fastlc.sgd_epoch(rows, y, W, b, order=np.repeat(half, batch_size), **how)
    assert not W.any()
    side = np.where(np.arange(classes) == 0, -1, 1)
    for column in (0, 1):
        want, allowed = velocity_after(rows[order, column], momentum, dtype)
        # The mean of equal rows takes a sum and a product, once a step.
        allowed += bounds.gamma(batch_size + 1, dtype) * abs(want)
        assert_within(state.velocity_W[:, column], want * side, allowed, "velocity_W")
    want, allowed = velocity_after(np.ones(T), momentum, dtype)
    assert_within(state.velocity_b, want * side, allowed, "velocity_b")
    assert want == pytest.approx((1 - momentum**T) / (1 - momentum), rel=1e-4)
