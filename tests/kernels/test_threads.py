"""Threads: the same bits for any number of them, a well-behaved guest beside fork, other threads and Ctrl-C.

No test measures time; limits are there so that what hangs fails.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import numpy as np
import pytest

import fastlc

from ..support import child, floating_point
from ..support.cases import as_bytes, calls_of_loss, calls_without_loss, pair_id, problem, variants, with_each

# Large enough to be split: few classes and many, one class; many rows, many columns, many of both.
SHAPES = [
    (6000, 100, 10),
    (40_000, 3, 2),
    (60_000, 5, 1),
    (3, 40_000, 5),
    (1100, 60, 200),
    (300, 70, 1000),
    (5, 3000, 400),
]
NUMBERS = [1, 2, 3, 7, 16]


# ---------------------------------------------------------------------------------------------------------------------
# The same bits
# ---------------------------------------------------------------------------------------------------------------------


def assert_same_for_all_numbers(calls: Any) -> None:
    for name, call in calls:
        results = []
        for number in NUMBERS:
            fastlc.set_num_threads(number)
            assert fastlc.get_num_threads() == number
            results.append(as_bytes(call()))
        for number, result in zip(NUMBERS, results, strict=True):
            assert result == results[0], f"{name} differs between 1 and {number} threads"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_same_bits(shape, dtype, isa) -> None:
    assert_same_for_all_numbers(calls_without_loss(problem(shape, dtype)))


@pytest.fixture(params=with_each(SHAPES, few=[SHAPES[0], SHAPES[4]]), ids=pair_id)
def spec_and_shape(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_the_same_bits_of_losses(spec_and_shape, dtype, isa) -> None:
    spec, shape = spec_and_shape
    p = problem(shape, dtype, spec)
    assert_same_for_all_numbers(calls_of_loss(spec, p, variants(spec)[-1]))


@pytest.fixture(params=with_each([(12_000, 200, 10), (4000, 50, 300)], few=[(4000, 50, 300)]), ids=pair_id)
def spec_and_large_shape(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_the_same_bits_of_epochs_in_large_batches(spec_and_large_shape, dtype, isa) -> None:
    """Batches that are themselves large enough to be split."""
    spec, shape = spec_and_large_shape
    p = problem(shape, dtype, spec)

    def epoch() -> Any:
        W, b = p.W.copy(), p.b.copy()
        return fastlc.sgd_epoch(p.X, p.y, W, b, loss=spec.name, lr=0.01, batch_size=shape[0] // 2), W, b

    assert_same_for_all_numbers([("sgd_epoch", epoch)])


def test_the_same_bits_every_time(dtype, isa) -> None:
    p = problem(SHAPES[0], dtype)
    fastlc.set_num_threads(7)
    results = {as_bytes(fastlc.linear_cross_entropy(p.X, p.y, p.W, p.b, dX=True)) for _ in range(50)}
    assert len(results) == 1


# ---------------------------------------------------------------------------------------------------------------------
# The same bits in every floating-point mode: that of the caller is the workers', too
# ---------------------------------------------------------------------------------------------------------------------


def calls_in_modes(dtype: Any, tiny: bool) -> Any:
    """Each way work is shared out; if `tiny`, features are denormal in part, and weights make up for it."""
    few, many = (problem(shape, dtype) for shape in (SHAPES[0], (700, 40, 200)))
    scale = dtype(np.finfo(dtype).smallest_normal) if tiny else dtype(1)
    X, W, S = few.X * scale, few.W / scale / 4, few.S * dtype(20)
    many_X, many_W = many.X * scale, many.W / scale / 4

    def epoch() -> Any:
        trained = W.copy()
        return fastlc.sgd_epoch(X, few.y, trained, loss="cross_entropy", lr=0.1, batch_size=3000), trained

    yield "linear_cross_entropy", lambda: fastlc.linear_cross_entropy(X, few.y, W, few.b, dX=True)
    yield "linear_cross_entropy of many", lambda: fastlc.linear_cross_entropy(many_X, many.y, many_W, many.b, dX=True)
    yield "scores", lambda: fastlc.scores(X, W)
    yield "predict_proba", lambda: fastlc.predict_proba(X, W, few.b)
    yield "softmax", lambda: fastlc.softmax(S)
    yield "sgd_epoch", epoch


def assert_same_in_mode(mode: Any, name: str, call: Any) -> tuple[Any, Any]:
    """Returns what comes out in that mode and, before and after, in the usual one."""
    usual, inside = set(), set()
    for number in (1, 4):
        fastlc.set_num_threads(number)
        usual.add(as_bytes(call()))
        with mode():
            inside |= {as_bytes(call()) for _ in range(1 if number == 1 else 4)}  # whoever gets the pieces
        usual |= {as_bytes(call()) for _ in range(1 if number == 1 else 4)}
    assert len(inside) == 1, f"{name} differs between numbers of threads"
    assert len(usual) == 1, f"{name} differs from what was before the mode"
    return *inside, *usual


@pytest.mark.parametrize("mode", floating_point.MODES)
def test_the_same_bits_in_a_floating_point_mode(mode, dtype, isa) -> None:
    flushes = "flushed" in mode
    unchanged = set()
    for name, call in calls_in_modes(dtype, tiny=flushes):
        inside, usual = assert_same_in_mode(lambda: floating_point.mode(mode), name, call)
        if inside == usual:
            unchanged.add(name)
    # Or the mode would say nothing. Where the weights make up for tiny features only gradients come out denormal.
    small_results = {"scores", "predict_proba", "sgd_epoch"} if mode == "results flushed" else set()
    assert unchanged <= small_results | ({"softmax"} if flushes else set())


def test_the_same_bits_if_torch_flushes_denormals(dtype) -> None:
    torch = pytest.importorskip("torch")

    @contextmanager
    def flushed() -> Iterator[None]:
        assert torch.set_flush_denormal(True)
        try:
            yield
        finally:
            torch.set_flush_denormal(False)

    for name, call in calls_in_modes(dtype, tiny=True):
        inside, usual = assert_same_in_mode(flushed, name, call)
        assert inside != usual or name == "softmax"


@pytest.mark.skipif(not floating_point.MODES, reason="nobody knows how to set a floating-point mode here")
def test_callers_in_different_modes_share_the_workers() -> None:
    """A worker goes from one caller's mode to that of another."""
    fastlc.set_num_threads(3)
    calls = dict(calls_in_modes(np.float32, tiny=True))
    call = calls["linear_cross_entropy"]
    modes = [nullcontext, *(partial(floating_point.mode, name) for name in floating_point.MODES)]

    def compute(mode: Any) -> Any:
        with mode():
            return as_bytes(call())

    alone = [compute(mode) for mode in modes]
    assert len(set(alone)) > 2
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(compute, modes * 10)) == alone * 10


# ---------------------------------------------------------------------------------------------------------------------
# Beside other threads
# ---------------------------------------------------------------------------------------------------------------------


def test_many_python_threads_at_once(exclusive_spec, isa) -> None:
    """Different problems at the same time, each through the same pool, large and small mixed."""
    fastlc.set_num_threads(3)
    spec = exclusive_spec
    problems = [problem(shape, np.float32, spec) for shape in (*SHAPES, (20, 30, 10), (1, 5, 3))]

    def compute(p: Any) -> Any:
        return as_bytes((spec.linear(p.X, p.y, p.W, p.b, dX=True), fastlc.predict(p.X, p.W, p.b), fastlc.softmax(p.S)))

    alone = [compute(p) for p in problems]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(compute, problems * 6))
    assert together == alone * 6


def test_the_number_may_change_while_others_compute() -> None:
    p = problem(SHAPES[0], np.float32)
    want = as_bytes(fastlc.linear_hinge(p.X, p.y, p.W, p.b))
    wrong, done = [], threading.Event()

    def compute() -> None:
        while not done.is_set():
            if as_bytes(fastlc.linear_hinge(p.X, p.y, p.W, p.b)) != want:
                wrong.append(1)

    threads = [threading.Thread(target=compute) for _ in range(3)]
    for thread in threads:
        thread.start()
    for i in range(100):
        fastlc.set_num_threads(1 + i % 9)
        time.sleep(0.002)
    done.set()
    for thread in threads:
        thread.join(child.ANTI_HANG)
        assert not thread.is_alive()
    assert not wrong


def _long_epoch() -> Any:
    X, y = np.ones((100, 2000), np.float32), np.zeros(100, np.int64)
    W, order = np.zeros((10, 2000), np.float32), np.tile(np.arange(100), 1000)
    return fastlc.sgd_epoch(X, y, W, loss="cross_entropy", lr=0.01, batch_size=10, order=order)


def _many_classes() -> tuple[Any, Any, Any]:
    return np.ones((2500, 1200), np.float32), np.zeros(2500, np.int64), np.ones((2500, 1200), np.float32)


def _long_loss() -> Any:
    X, y, W = _many_classes()
    return lambda: fastlc.linear_cross_entropy(X, y, W)


def _long_scores() -> Any:
    X, _, W = _many_classes()
    return lambda: fastlc.scores(X, W)


def _long_predict() -> Any:
    X, _, W = _many_classes()
    return lambda: fastlc.predict(X, W)


@pytest.mark.parametrize("prepare", [lambda: _long_epoch, _long_loss, _long_scores, _long_predict])
def test_other_threads_run_meanwhile(prepare: Callable[[], Callable[[], Any]]) -> None:
    """The GIL is released: another thread takes the time in the middle of one call."""
    call = prepare()
    fastlc.set_num_threads(1)
    seen, done = [], threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(time.perf_counter())
            time.sleep(1e-4)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(20):  # a busy machine may keep the watcher waiting once
            start = time.perf_counter()
            call()
            end = time.perf_counter()
            quarter = (end - start) / 4
            if any(start + quarter < t < end - quarter for t in list(seen)):
                return
    finally:
        done.set()
        watcher.join()
    pytest.fail("no other thread ran during a call")


# ---------------------------------------------------------------------------------------------------------------------
# Fork
# ---------------------------------------------------------------------------------------------------------------------


def assert_child_succeeds(compute: Callable[[], bool]) -> None:
    """Forks; the child must compute True and end, which a pool whose threads are gone might keep it from."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # newer Pythons warn of a fork beside threads: that is the test
        pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if compute() else 2
        finally:
            os._exit(status)
    deadline = time.monotonic() + child.ANTI_HANG
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    pytest.fail("the forked child hangs")


def _same_as(want: Any, p: Any) -> bool:
    return as_bytes(fastlc.linear_cross_entropy(p.X, p.y, p.W, p.b)) == want


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork_after_threads() -> None:
    p = problem(SHAPES[0], np.float32)
    fastlc.set_num_threads(4)
    want = as_bytes(fastlc.linear_cross_entropy(p.X, p.y, p.W, p.b))
    for _ in range(5):
        assert_child_succeeds(lambda: all(_same_as(want, p) for _ in range(3)))
        assert _same_as(want, p)

    def resized() -> bool:
        results = []
        for number in (2, 5, 1):
            fastlc.set_num_threads(number)
            results.append(fastlc.get_num_threads() == number and _same_as(want, p))
        return all(results)

    assert_child_succeeds(resized)
    assert fastlc.get_num_threads() == 4
    assert _same_as(want, p)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork_while_other_threads_compute() -> None:
    """Whatever state the pool is in at that moment, the child must not wait for what only its parent has."""
    problems = [problem(shape, np.float32) for shape in ((600, 100, 10), (200, 30, 100))]
    wants = [as_bytes(fastlc.linear_cross_entropy(p.X, p.y, p.W, p.b)) for p in problems]
    done = threading.Event()
    wrong = []

    def compute(p: Any, want: Any) -> None:
        while not done.is_set():
            if not _same_as(want, p):
                wrong.append(p)

    def in_child() -> bool:
        results = []
        for number in (2, 3, 1):
            fastlc.set_num_threads(number)
            results += [_same_as(want, p) for want, p in zip(wants, problems, strict=True)]
        return all(results)

    threads = [threading.Thread(target=compute, args=(problems[k % 2], wants[k % 2])) for k in range(3)]
    for thread in threads:
        thread.start()
    try:
        for i in range(60):
            fastlc.set_num_threads(1 + i % 6)
            time.sleep(0.0007 * (i % 4))
            assert_child_succeeds(in_child)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong


FORK_INSIDE = """
import os, signal, sys, time, warnings
import numpy as np, fastlc
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of a fork beside threads: that is the test
fastlc.set_num_threads({threads})
rng = np.random.default_rng(0)
small = [rng.normal(size=(3000, 100)).astype("f4"), rng.integers(0, 10, 3000), rng.normal(size=(10, 100)).astype("f4")]

def compute_small():
    loss, dW, _ = fastlc.linear_cross_entropy(*small)
    return loss, dW.tobytes()

def threads():
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1 + {more}

def as_in_a_new_process():
    return compute_small() == want_small and threads() == 1 + {more}

want_small = compute_small()
{setup}
want = call()
for attempt in range(30):  # the alarm may ring outside of the call, or between two jobs
    forked, right_in_handler = [], []

    def ring(*_):
        forked.append(os.fork())
        if forked == [0]:
            right_in_handler.append(as_in_a_new_process())

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.03)
    refused = False
    while not forked:
        try:
            got = call()
        except RuntimeError:
            refused = True
    if forked == [0]:
        right = (refused or got == want) and right_in_handler == [True] and as_in_a_new_process() and call() == want
        os._exit((20 if refused else 10) if right else 1)
    assert not refused and got == want
    for _ in range(int({limit} / 0.01)):
        ended, status = os.waitpid(forked[0], os.WNOHANG)
        if ended:
            break
        time.sleep(0.01)
    else:
        os.kill(forked[0], signal.SIGKILL)
        sys.exit("the child hangs")
    status = os.waitstatus_to_exitcode(status)
    assert status in (10, 20), status
    if (status == 20) == {refused}:
        print("as expected")
        break
"""


def assert_child_forked_inside(setup: str, threads: int, refused: bool) -> None:
    """`setup` defines call(), in which a handler forks; the child has a RuntimeError if `refused`, else the result."""
    limit = child.ANTI_HANG / 2  # what hangs has ended before its parent is given up
    code = FORK_INSIDE.format(setup=setup, threads=threads, more=threads - 1, refused=refused, limit=limit)
    assert child.printed(code) == "as expected"


# Rows without memory of their own, so that a call takes long and little room.
LONG = {
    "few classes": """
X, y = np.broadcast_to(small[0][0], (800_000, 100)), np.zeros(800_000, "i1")
def call():
    loss, dW, _ = fastlc.linear_cross_entropy(X, y, small[2])
    return loss, dW.tobytes()
""",
    "many classes": """
X, y, W = np.broadcast_to(small[0][0], (40_000, 100)), np.zeros(40_000, "i1"), rng.normal(size=(200, 100)).astype("f4")
def call():
    loss, dW, _ = fastlc.linear_hinge(X, y, W)
    return loss, dW.tobytes()
""",
    "predict": """
X, W = np.broadcast_to(small[0][0], (1_500_000, 100)), np.ones((10, 100), "f4")
def call():
    return hash(fastlc.predict(X, W).tobytes())
""",
    "scores given": """
S, y = np.broadcast_to(small[0][0], (250_000, 100)), np.zeros(250_000, "i1")
def call():
    return fastlc.cross_entropy(S, y, grad=False)
""",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("work", LONG)
@pytest.mark.parametrize("threads", [1, 3])
def test_fork_in_a_signal_handler_inside_a_call(threads, work) -> None:
    """The child lacks the workers and their pieces: an error, not a wait for ever; of one thread nothing is missing."""
    assert_child_forked_inside(LONG[work], threads, refused=threads > 1)


EPOCH = """
X, y = np.broadcast_to(small[0][0], ({rows}, 100)), np.zeros({rows}, "i1")

def train(rows):
    W, refused = small[2].copy(), None
    state = fastlc.SGDState(W)
    how = dict(loss="hinge", lr=1e-3, momentum=0.5, batch_size={batch_size}, order=np.arange(rows), state=state)
    try:
        fastlc.sgd_epoch(X, y, W, **how)
    except RuntimeError as error:
        refused = error
    return refused, (state.step, W.tobytes(), state.velocity_W.tobytes())

def call():
    refused, trained = train({rows})
    if refused:
        assert trained == train(trained[0] * {batch_size})[1], "weights that are not those of the steps taken"
        raise refused
    return trained
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize(
    ("threads", "rows", "batch_size", "refused"),
    [(1, 400_000, 20_000, False), (3, 100_000, 10, False), (3, 800_000, 50_000, True)],
)
def test_fork_in_a_signal_handler_inside_an_epoch(threads, rows, batch_size, refused) -> None:
    """Between two batches nothing is missing; inside one that is shared out, weights are those of the steps before."""
    assert_child_forked_inside(EPOCH.format(rows=rows, batch_size=batch_size), threads, refused)


# ---------------------------------------------------------------------------------------------------------------------
# Ctrl-C
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to one process")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("batch_size", [1, 50])
def test_ctrl_c_ends_an_epoch_between_two_batches(threads, batch_size) -> None:
    """The child trains for minutes, is interrupted, and then repeats as many batches as its state counts."""
    code = f"""
    import json, signal, sys, time
    import numpy as np, fastlc
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been ignored by who started the tests
    fastlc.set_num_threads({threads})
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 20_000)).astype("f4"), rng.integers(0, 10, 100)
    W, b, order = np.zeros((10, 20_000), "f4"), np.zeros(10, "f4"), np.tile(np.arange(100), 50_000)
    state = fastlc.SGDState(W, b)

    def train(W, b, state, order):
        fastlc.sgd_epoch(
            X, y, W, b, loss="cross_entropy", lr=1e-3, batch_size={batch_size}, momentum=0.5, order=order, state=state
        )

    try:
        print("started", flush=True)
        train(W, b, state, order)
        sys.exit("the epoch ended")
    except KeyboardInterrupt:
        interrupted = time.time()
    again = np.zeros_like(W), np.zeros_like(b)
    state_again = fastlc.SGDState(*again)
    train(*again, state_again, order[: state.step * {batch_size}])
    same = (W == again[0]).all() and (b == again[1]).all() and (state.velocity_W == state_again.velocity_W).all()
    print(json.dumps(dict(
        at=interrupted, finite=bool(np.isfinite(W).all()), changed=bool(W.any()), step=state.step, same=bool(same),
        more=len(order) // {batch_size},
    )))
    """
    process = child.start(code)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n", process.communicate()
        time.sleep(0.4)
        sent = time.time()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=child.ANTI_HANG)
    finally:
        process.kill()
    assert process.returncode == 0, err
    report = json.loads(out)
    assert report["at"] - sent < 5  # a fraction of a second, and room for a busy machine
    assert report["finite"]
    assert report["changed"]
    assert report["same"]
    assert 0 < report["step"] < report["more"]


def test_an_exception_of_a_signal_handler_ends_an_epoch_too() -> None:
    code = """
    import signal, sys
    import numpy as np, fastlc

    class Alarm(Exception):
        pass

    def ring(*_):
        raise Alarm

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    X, W, order = np.ones((10, 20_000)), np.zeros((3, 20_000)), np.tile(np.arange(10), 500_000)
    try:
        fastlc.sgd_epoch(X, np.zeros(10, int), W, loss="hinge", lr=0.1, batch_size=1, order=order)
    except Alarm:
        print("rang")
    """
    assert child.printed(code) == "rang"
