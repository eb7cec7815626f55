"""Each allocation of a call fails in turn, and each start of a thread: an answer or MemoryError, and no trace left.

A library that is preloaded into a child counts what is asked of the system and lets the k-th request fail, k = 1, 2, …,
until a call has fewer (`tests/native/failing.cpp`). Each try has a process of its own, forked before there is a pool.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ..support import child

SOURCE = Path(__file__).resolve().parents[1] / "native" / "failing.cpp"
COMPILER = os.environ.get("CXX", "c++")

pytestmark = [
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the library that fails is for glibc"),
    pytest.mark.skipif(shutil.which(COMPILER) is None, reason="there is no compiler for the library that fails"),
    pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="another library has taken the place of malloc"),
]


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of the library."""
    made = tmp_path_factory.mktemp("failing") / "failing.so"
    flags = ["-std=c++20", "-O1", "-fno-builtin", "-shared", "-fPIC", "-pthread"]
    subprocess.run([COMPILER, *flags, SOURCE, "-o", made, "-ldl"], check=True)
    return str(made)


THREADS = 4
CALLS = {
    "loss of few classes": (
        "fastlc.linear_cross_entropy",
        "X=normal(6000, 100), y=labels(6000, 10), W=normal(10, 100), b=normal(10), dX=True",
    ),
    "loss of many classes": (
        "fastlc.linear_hinge",
        "X=normal(400, 50), y=labels(400, 200), W=normal(200, 50), b=normal(200), dX=True, reduction='none'",
    ),
    "loss of scores": (
        "fastlc.logistic",
        "S=normal(9000, 10), y=np.ones((9000, 10), 'f4'), sample_weight=np.ones(9000, 'f4')",
    ),
    "scores": ("fastlc.scores", "X=normal(300, 40), W=normal(300, 40)"),
    "predict": ("fastlc.predict", "X=normal(9000, 50), W=normal(10, 50), b=normal(10)"),
    "predict_proba": ("fastlc.predict_proba", "X=normal(9000, 50), W=normal(10, 50)"),
    "softmax": ("fastlc.softmax", "S=normal(9000, 10)"),
    "epoch of few classes": (
        "fastlc.sgd_epoch",
        "X=normal(9000, 100), y=labels(9000, 10), W=normal(10, 100), b=normal(10), loss='cross_entropy', lr=1e-3, "
        "momentum=0.5, batch_size=3000, order=np.arange(9000)[::-1].copy()",
    ),
    "epoch of many classes": (
        "fastlc.sgd_epoch",
        "X=normal(900, 50), y=labels(900, 200), W=normal(200, 50), loss='crammer_singer', lr=1e-3, batch_size=300",
    ),
    "epoch whose last batch needs memory of its own": (
        "fastlc.sgd_epoch",
        "X=normal(603, 50), y=labels(603, 700), W=normal(700, 50), b=normal(700), loss='hinge', lr=1e-3, "
        "batch_size=300",
    ),
}
CODE = """
import ctypes, json, os, signal, sys, traceback
import numpy as np, fastlc

library = ctypes.CDLL({library!r})
failing_in, failed = (ctypes.c_long.in_dll(library, name) for name in ("failing_in", "failed"))
rng = np.random.default_rng(0)
def normal(*shape):
    return rng.normal(size=shape).astype("f4")

def labels(n, classes):
    return rng.integers(0, classes, n)

arguments = dict({arguments})

def as_bytes(result):
    if isinstance(result, (tuple, list)):
        return [as_bytes(part) for part in result]
    return result.tobytes() if isinstance(result, np.ndarray) else result

class Call:
    "Arguments of its own, so that what is updated in place can be compared."
    def __init__(self):
        self.arguments = {{k: v.copy() if isinstance(v, np.ndarray) else v for k, v in arguments.items()}}
        self.state = {{}}
        if "lr" in arguments:
            self.state = {{"state": fastlc.SGDState(self.arguments["W"], self.arguments.get("b"))}}
    def __call__(self):
        return {function}(**self.arguments, **self.state)
    def seen(self):
        return as_bytes([*self.arguments.values(), *(part for s in self.state.values() for part in vars(s).values())])
    def as_after(self, steps):
        "What is seen after so many steps of an epoch."
        if steps:
            rows = arguments.get("order", np.arange(len(arguments["X"])))[: steps * arguments["batch_size"]]
            {function}(**{{**self.arguments, "order": rows}}, **self.state)
        return self.seen()

def compute():
    call = Call()
    result = as_bytes(call())
    return result, call.seen()

def hold(condition, *what):
    if not condition:
        raise AssertionError(what)

def blocked_signals():
    return signal.pthread_sigmask(signal.SIG_BLOCK, [])

def try_it(k, warm):
    "0: all as it should be; 1: refused, and all as it should be; 2: fewer than k requests"
    if warm:
        hold(compute() == want, "the first call")
    blocked = blocked_signals()
    call = Call()
    result = None
    failing_in.value = k
    try:
        result = call()
    except MemoryError:
        pass
    left, failing_in.value = failing_in.value, 0
    hold(failed.value == (left == 0), "the number of requests that have failed", failed.value)
    hold(left == 0 or result is not None, "no request failed")
    hold(blocked_signals() == blocked, "the signals blocked")
    hold(result is None or (as_bytes(result), call.seen()) == want, "the result")
    steps = call.state["state"].step if call.state else 0
    hold(result is not None or call.seen() == Call().as_after(steps), "arguments of a call that was refused", steps)
    again = compute()
    hold(again == want, "the next result")
    threads = len(os.listdir("/proc/self/task"))
    hold(threads == {threads}, "threads after the next call", threads)
    return 2 if left else int(result is None)

def in_a_process_of_its_own(do, *arguments):
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            status = do(*arguments)
        except BaseException:
            print(do, *arguments, traceback.format_exc(), file=sys.stderr, flush=True)
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])  # the caller's own choice
fastlc.set_num_threads(1)  # no pool yet: that of a forked child is its own
want = compute()
fastlc.set_num_threads({threads})
counts = {{}}
for warm in (False, True):
    statuses = []
    while not statuses or statuses[-1] in (0, 1):
        statuses.append(in_a_process_of_its_own(try_it, len(statuses) + 1, warm))
    if statuses[-1] != 2:
        sys.exit(f"k = {{len(statuses)}}, {{'warm' if warm else 'fresh'}}: status {{statuses[-1]}}")
    counts["warm" if warm else "fresh"] = statuses[:-1].count(0), statuses[:-1].count(1)
print(json.dumps(counts))
"""


@pytest.mark.parametrize("call", CALLS)
def test_each_request_fails_in_turn(call: str, failing: str) -> None:
    function, arguments = CALLS[call]
    code = CODE.format(function=function, arguments=arguments, library=failing, threads=THREADS)
    # OpenBLAS would start threads of its own.
    counts: Any = json.loads(child.printed(code, LD_PRELOAD=failing, OPENBLAS_NUM_THREADS="1"))
    (answered, refused), (answered_warm, refused_warm) = counts["fresh"], counts["warm"]
    print(call, counts)
    # No pool, no handler of forks, and of each worker no state and no thread: fewer threads, and the answer.
    assert answered >= answered_warm + 2 + 2 * (THREADS - 1)
    assert refused == refused_warm >= 1
