"""What only many repetitions show: sums over 10⁷ rows, 10⁵ calls, 200 interruptions. ``pytest -s`` prints figures."""

from __future__ import annotations

import gc
import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import LOSSES

from ..support import bounds, child, oracle
from ..support.cases import Array

# ---------------------------------------------------------------------------------------------------------------------
# 10⁷ rows
# ---------------------------------------------------------------------------------------------------------------------

ROWS, DISTINCT = 10**7, 1000
"""Rows of a sum, and how many of them are different: their exact sum is known from those."""


@pytest.fixture(scope="module")
def long_problem() -> tuple[Array, Array, Array, Array]:
    """X (float32), the number of each of its rows among the distinct ones, W and b; 80 MB."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(DISTINCT, 2)).astype(np.float32)
    which = np.arange(ROWS) % DISTINCT
    return X[which], which, rng.normal(size=(3, 2)).astype(np.float32), rng.normal(size=3).astype(np.float32)


@pytest.mark.parametrize("name", LOSSES)
def test_a_mean_over_ten_million_rows_does_not_drift(name, long_problem) -> None:
    """It is that of the distinct rows, up to the rounding of one row: as if there were no sum."""
    X, which, W, b = long_problem
    spec = LOSSES[name]
    y = np.arange(DISTINCT) % 3 if "labels" in spec.targets else np.eye(3, dtype=np.float32)[np.arange(DISTINCT) % 3]
    loss, dW, db = spec.linear(X, y[which], W, b)
    want = oracle.linear(name, X[:DISTINCT], y, W, b, {})
    print(f"{name}: mean over {ROWS} rows {loss!r}, of the distinct ones {want.loss!r}")
    of_sum = bounds.gamma(ROWS, np.float64) * abs(want.loss)
    assert abs(loss - want.loss) <= want.errors.loss + of_sum
    # A gradient is summed in the dtype, in three levels: within blocks of 16 to 480 rows, the blocks of a piece, and at
    # most 64 pieces.
    additions = 480 + ROWS // 64 // 16 + 64
    size = np.abs(oracle.wide(spec.reference(oracle.wide(X[:DISTINCT]) @ oracle.wide(W).T + b, y, reduction="none")[1]))
    for got, exact, magnitude in ((dW, want.dW, size.T @ np.abs(X[:DISTINCT])), (db, want.db, size.sum(axis=0))):
        allowed = bounds.gamma(additions, np.float32) * magnitude / DISTINCT
        assert (np.abs(got - exact) <= allowed).all(), np.abs(got - exact) / allowed


# ---------------------------------------------------------------------------------------------------------------------
# 10⁵ calls
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the resident memory from /proc")
def test_calls_do_not_grow_memory() -> None:
    """10000 of every function, refused calls among them: an object lost at each call of one would be 160 kB."""
    grown, calls = child.printed(
        """
        import numpy as np, fastlc
        from fastlc import LOSSES

        def resident():
            with open("/proc/self/statm") as f:
                return int(f.read().split()[1]) * 4096

        rng = np.random.default_rng(0)
        X, W, b = rng.normal(size=(40, 20)), rng.normal(size=(5, 20)), np.zeros(5)
        many = rng.normal(size=(200, 20))
        S, labels, values = X @ W.T, rng.integers(0, 5, 40), rng.random((40, 5))
        state = fastlc.SGDState(W, b, average_from=0)
        velocity = np.zeros_like(W)

        def refused(function, *arguments, **named):
            try:
                function(*arguments, **named)
            except (TypeError, ValueError):
                return
            raise AssertionError("was not refused")

        calls = [lambda f=f: f(X, W, b) for f in (fastlc.scores, fastlc.predict, fastlc.predict_proba)]
        calls += [lambda f=f: f(S) for f in (fastlc.softmax, fastlc.log_softmax, fastlc.sigmoid)]
        calls += [lambda: fastlc.sgd_step(W, W * 0, 0.1, momentum=0.9, velocity=velocity)]
        calls += [lambda: refused(fastlc.predict, X, W.astype(np.float32)), lambda: refused(fastlc.scores, X, W[:, 1:])]
        calls += [lambda: fastlc.scores(X[:, ::2], W[:, ::2].copy()), lambda: fastlc.scores(many, many)]
        for name, spec in LOSSES.items():
            y = labels if "labels" in spec.targets else values
            v = np.ones(40)
            calls.append(lambda spec=spec, y=y: spec.on_scores(S, y))
            calls.append(lambda spec=spec, y=y: spec.on_scores(S, y.tolist(), reduction="none"))
            calls.append(lambda spec=spec, y=y, v=v: spec.linear(X, y, W, b, sample_weight=v, dX=True, l1=0.1))
            outside = labels + 5 if "labels" in spec.targets else S[1:]
            calls.append(lambda spec=spec, y=outside: refused(spec.linear, X, y, W, b))
            how = dict(loss=name, lr=lambda step: 1e-9, batch_size=16, momentum=0.5, state=state)
            calls.append(lambda y=y, how=how: fastlc.sgd_epoch(X, y, W, b, **how))

        def repeat(times):
            for i in range(times):
                calls[i % len(calls)]()

        repeat(100 * len(calls))
        before = resident()
        repeat(10_000 * len(calls))
        print(resident() - before, 10_000 * len(calls))
        """
    ).split()
    print(f"{grown} bytes more after {calls} calls")
    assert int(grown) <= 1 << 17


# ---------------------------------------------------------------------------------------------------------------------
# 200 interruptions
# ---------------------------------------------------------------------------------------------------------------------


@contextmanager
def _interruption(after: float) -> Iterator[None]:
    """KeyboardInterrupt, by a signal, so many seconds from now."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# Rows, features, classes, rows a batch: single rows, small batches, batches on all threads, a whole set, many classes.
EPOCHS = [
    (4000, 50, 3, 1),
    (5000, 200, 10, 32),
    (20000, 300, 10, 5000),
    (60000, 300, 10, 60000),
    (1000, 300, 1500, 1000),
]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no interval timers")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGALRM")
def test_two_hundred_interruptions() -> None:
    """At random moments: the weights are those after as many batches as the state counts, bit for bit."""
    rng = np.random.default_rng(0)
    names = list(LOSSES)
    problems: list[tuple[Array, dict[str, Any], Array]] = []
    for N, D, C, _ in EPOCHS:
        y = {"labels": rng.integers(0, C, N), "values": rng.random((N, C), dtype=np.float32)}
        repeated = max(4, 4 * 10**9 // (N * D * C))  # longer than the longest wait
        problems.append((rng.random((N, D), dtype=np.float32), y, np.resize(rng.permutation(N), repeated * N)))
    delays = []
    for i in range(200):
        C, batch_size = EPOCHS[i % len(EPOCHS)][2:]
        spec = LOSSES[names[i % len(names)]]
        X, targets, order = problems[i % len(EPOCHS)]
        y, D = targets[spec.targets[0]], X.shape[1]
        how = {"loss": spec.name, "lr": 1e-3, "batch_size": batch_size, "momentum": 0.5}
        W, b = np.zeros((C, D), np.float32), np.zeros(C, np.float32)
        state = fastlc.SGDState(W, b, average_from=1)
        after = 10 ** rng.uniform(-4, -1.5)
        start = time.perf_counter()
        with pytest.raises(KeyboardInterrupt), _interruption(after):
            fastlc.sgd_epoch(X, y, W, b, order=order, state=state, **how)
        delays.append(time.perf_counter() - start - after)
        done = state.step * batch_size
        assert done < len(order)
        again_W, again_b = np.zeros_like(W), np.zeros_like(b)
        again = fastlc.SGDState(again_W, again_b, average_from=1)
        fastlc.sgd_epoch(X, y, again_W, again_b, order=order[:done], state=again, **how)
        assert again.step == state.step
        pairs = [(W, again_W), (b, again_b), (state.velocity_W, again.velocity_W), (state.average_W, again.average_W)]
        assert all(got.tobytes() == want.tobytes() for got, want in pairs), (
            spec.name,
            EPOCHS[i % len(EPOCHS)],
            state.step,
        )
        assert np.isfinite(W).all()
    gc.collect()
    print(f"200 interruptions: control came back after {1e3 * max(delays):.1f} ms at the most, "
          f"{1e3 * math.fsum(delays) / len(delays):.1f} ms on average")  # fmt: skip
