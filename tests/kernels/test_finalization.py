"""A process ends while threads are in calls: with its own status, without a word.

A thread that wants the GIL while the interpreter ends does not get it any more. It wants it at the end of each call,
and every 20 ms within a long one, to ask for Ctrl-C. Before it is finished the interpreter deletes an object here whose
deletion takes long, so that every thread comes to that.
"""

from __future__ import annotations

import pytest

from ..support import child

HEAD = """
    import threading, time
    from concurrent.futures import ThreadPoolExecutor
    import numpy as np, fastlc
    from fastlc import _core

    class Slow:
        def __del__(self, sleep=time.sleep):
            sleep(0.4)

    slow = Slow()
    fastlc.set_num_threads({threads})
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=({rows}, 64)), np.zeros({rows}, int)
    W, b = rng.normal(size=(10, 64)), np.zeros(10)
    S = fastlc.scores(X, W)
    begun = threading.Semaphore(0)

    def epoch(W):
        fastlc.sgd_epoch(X, y, W, loss="hinge", lr=0.1, batch_size=7, state=fastlc.SGDState(W), momentum=0.5)

    def work():
        own = W.copy()
        while True:
            begun.release()
            {call}
"""
TAIL = """
    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in threads:
        begun.acquire()
    time.sleep(0.2)  # until all are in the kernel
    print("ends")
"""
CALLS = [
    "fastlc.linear_cross_entropy(X, y, W, b, dX=True)",
    "fastlc.hinge(S, y)",
    "fastlc.predict(X, W, b)",
    "fastlc.predict_proba(X, W)",
    "fastlc.scores(X, W)",
    "fastlc.softmax(S)",
    "fastlc.sgd_step(own, W, 0.1)",
    "epoch(own)",
]


def assert_ends(code: str) -> None:
    status, out, err = child.run(code)
    assert (status, out, err) == (0, "ends\n", "")


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("call", CALLS)
def test_short_calls_of_daemon_threads(call, threads) -> None:
    assert_ends(HEAD.format(threads=threads, rows=3000, call=call) + TAIL)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("call", ["fastlc.linear_hinge(Z, y, V)", "fastlc.predict(Z, V)", "long(V.copy())"])
def test_long_calls_of_daemon_threads(call, threads) -> None:
    """Seconds long: the thread asks for Ctrl-C from within, when its workers are at data that lies on its stack."""
    arrays = """
    Z, V = rng.normal(size=(9000, 2000)), rng.normal(size=(1000, 2000))

    def long(V):
        fastlc.sgd_epoch(Z, y, V, loss="hinge", lr=0.1, batch_size=500)
    """
    assert_ends(HEAD.format(threads=threads, rows=9000, call=call) + arrays + TAIL)


@pytest.mark.parametrize("call", ["_core.multiply_add('float32', 10_000_000)", "_core.read(X, 100)"])
def test_calls_of_the_benchmark(call) -> None:
    assert_ends(HEAD.format(threads=1, rows=3000, call=call) + TAIL)


def test_a_call_that_is_refused_at_the_end() -> None:
    """Threads that raise, and so run destructors of Python objects."""
    refused = """
            try:
                fastlc.predict(X, W[:, 1:])
            except ValueError:
                pass
            fastlc.predict(X, W)"""
    assert_ends(HEAD.format(threads=2, rows=3000, call=refused.strip()) + TAIL)


def test_an_executor_finishes_what_was_submitted() -> None:
    """The interpreter waits for the threads of executors, which are no daemons."""
    code = """
    pool = ThreadPoolExecutor(4)
    for _ in range(40):
        pool.submit(fastlc.linear_cross_entropy, X, y, W, b)
    print("ends")
    """
    assert_ends(HEAD.format(threads=4, rows=3000, call="pass") + code)
