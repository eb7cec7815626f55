"""Arrays that another thread writes to while a call reads them: any result or a ValueError, never foreign memory.

The kernels run without the GIL, and what was checked before may be something else when it is used. Writers put values
that would be addresses far away into the end of an array, for as long as calls of every kind run, in a process of its
own. A crash needs luck: in old versions, which read such values again, each of these processes ended by SIGSEGV.
"""

from __future__ import annotations

import pytest

from ..support import child
from ..support.cases import LABEL_DTYPES

PREAMBLE = """
import os, sys, threading, time
import numpy as np, fastlc

SECONDS = 0.7
fastlc.set_num_threads(1)  # beside whom the writer has a processor of its own, if there are two
sys.setswitchinterval(1e-5)  # and is not waited for
rng = np.random.default_rng(0)

def writing(*arrays):
    "A thread that writes in turn what is wild and what is valid."
    ends = [(a[-100:], np.array(wild).astype(a.dtype), valid) for a, wild, valid in arrays]
    def write():
        while True:
            for i in range(len(ends[0][1])):
                for end, wild, _ in ends:
                    end[...] = wild[i]
                for end, _, valid in ends:
                    end[...] = valid
    threading.Thread(target=write, daemon=True).start()

def run(*calls):
    "Each in turn, until time is up, and each once at least; results may be any, nan and inf included."
    end, refused, worked = time.monotonic() + SECONDS, 0, 0
    while time.monotonic() < end or refused + worked < len(calls):
        for call in calls:
            try:
                call()
                worked += 1
            except ValueError:
                refused += 1
    print("survived", flush=True)
    os._exit(0 if worked else 1)  # or nothing was tried
"""


def assert_survives(code: str) -> None:
    status, out, err = child.run(PREAMBLE + code)
    assert status == 0, f"exit status {status}: {err}"
    assert out.strip() == "survived"


LABELS = """
WILD = [2**40, -2**40, -1, 127]
sizes = ({n}, {d}, {c})
n, d, c = sizes
X, W, b, S = (rng.normal(size=shape) for shape in ((n, d), (c, d), c, (n, c)))
labels = [rng.integers(0, 2, n).astype(t) for t in {dtypes}]
k, v = np.ones(c), np.ones(n)
writing(*((y, WILD, 0) for y in labels))
calls = []
for y in labels:
    for name, spec in fastlc.LOSSES.items():
        if "labels" in spec.targets:
            how = dict(class_weight=k, sample_weight=v)
            calls.append(lambda y=y, spec=spec, how=how: spec.linear(X, y, W, b, **how))
            calls.append(lambda y=y, spec=spec, how=how: spec.on_scores(S, y, reduction="none", **how))
            calls.append(lambda y=y, spec=spec, how=how: spec.linear(X, y, W, ignore_index=-1, grad=False, **how))
    for name in ("cross_entropy", "hinge", "crammer_singer", "ovr_hinge"):
        epoch = dict(loss=name, lr=1e-3, batch_size={batch_size}, class_weight=k)
        calls.append(lambda y=y, epoch=epoch: fastlc.sgd_epoch(X, y, W.copy(), b.copy(), **epoch))
run(*calls)
"""
PATHS = {"few classes": (20_000, 8, 3, 5), "many classes": (1500, 8, 150, 64)}
paths = pytest.mark.parametrize("path", PATHS)


@paths
@pytest.mark.parametrize("dtypes", [LABEL_DTYPES[:4], LABEL_DTYPES[4:]], ids=["int", "uint"])
def test_labels(path, dtypes) -> None:
    n, d, c, batch_size = PATHS[path]
    assert_survives(LABELS.format(n=n, d=d, c=c, batch_size=batch_size, dtypes=dtypes))


ORDER = """
n, d, c = {n}, {d}, {c}
X, W, b = (rng.normal(size=shape) for shape in ((n, d), (c, d), c))
labels, targets, v = rng.integers(0, 2, n), rng.random((n, c)), np.ones(n)
orders = [np.arange(n).astype(t) for t in ("int64", "int32", "uint32", "uint64")]
writing(*((order, [2**40, -2**40, -1, n, 2**30], 0) for order in orders))
calls = []
for order in orders:
    for name, spec in fastlc.LOSSES.items():
        y = labels if "labels" in spec.targets else targets
        how = dict(loss=name, lr=1e-6, batch_size={batch_size}, order=order, sample_weight=v)
        calls.append(lambda y=y, how=how: fastlc.sgd_epoch(X, y, W.copy(), b.copy(), **how))
run(*calls)
"""


@paths
def test_order(path) -> None:
    n, d, c, batch_size = PATHS[path]
    assert_survives(ORDER.format(n=n, d=d, c=c, batch_size=batch_size))


VALUES = """
n, d, c = {n}, {d}, {c}
X, W, b, S = (rng.normal(size=shape) for shape in ((n, d), (c, d), c, (n, c)))
labels, targets, v, k = rng.integers(0, 2, n), rng.random((n, c)), np.ones(n), np.ones(c)
extreme = [np.nan, np.inf, -np.inf, 0.0, 5e-324, 1.7e308, -1.0, 2.0**40]
writing(*((a, extreme, 0.5) for a in (X, S, targets, v, k, b)))
calls = []
for name, spec in fastlc.LOSSES.items():
    for y in [labels] * ("labels" in spec.targets) + [targets] * ("values" in spec.targets):
        how = dict(sample_weight=v) | {{name: k for name in spec.keywords if name != "ignore_index"}}
        calls.append(lambda y=y, spec=spec, how=how: spec.linear(X, y, W, b, dX=True, **how))
        calls.append(lambda y=y, spec=spec, how=how: spec.on_scores(S, y, **how))
        epoch = dict(loss=name, lr=1e-6, batch_size={batch_size}, **how)
        calls.append(lambda y=y, epoch=epoch: fastlc.sgd_epoch(X, y, W.copy(), np.zeros(c), **epoch))
run(*calls)
"""


@paths
def test_features_scores_weights_and_targets(path) -> None:
    n, d, c, batch_size = PATHS[path]
    assert_survives(VALUES.format(n=n, d=d, c=c, batch_size=batch_size))


def test_a_process_that_crashes_is_seen() -> None:
    with pytest.raises(AssertionError, match=r"^exit status -11: "):
        assert_survives("import ctypes; ctypes.string_at(2**40)")
