"""Sizes that wrap, and those that no memory has: the answer, MemoryError or ValueError, never a crash or a hang.

An array without bytes, or whose rows are all the same bytes, may be of any size. A scratch size that wraps to something
small is then written beyond; so each list of calls runs in a process of its own, which has little memory.
"""

from __future__ import annotations

import sys

import pytest

from ..support import child

if sys.platform != "linux":
    pytest.skip("the limit of a process's memory is another matter here", allow_module_level=True)

PREAMBLE = """
import resource
import numpy as np, fastlc

F = np.float32
X, W, b, labels = np.ones((2, 4), F), np.ones((3, 4), F), np.ones(3, F), np.zeros(2, int)
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {room}, used + {room}))

def targets(spec, n, c):
    return [np.zeros(n, np.int8)] * ("labels" in spec.targets) + [np.zeros((n, c), F)] * ("values" in spec.targets)

def all_losses(X, W, **how):
    "Of labels and of targets, where these can be had."
    for name, spec in fastlc.LOSSES.items():
        try:
            kinds = targets(spec, len(X), len(W))
        except (MemoryError, ValueError):
            kinds = targets(spec, len(X), 0)
        for y in kinds:
            for grad in (True, False):
                yield f"linear_{{name}}", lambda y=y, spec=spec, grad=grad: spec.linear(X, y, W, grad=grad, **how)

def epochs(X, W):
    for name, spec in fastlc.LOSSES.items():
        y = np.zeros(len(X), np.int8) if "labels" in spec.targets else np.zeros((len(X), 1), F)
        how = dict(loss=name, lr=0.1, batch_size=1)
        yield f"sgd_epoch {{name}}", lambda y=y, how=how: fastlc.sgd_epoch(X, y, W, **how)

def maps(X, W):
    for f in (fastlc.scores, fastlc.predict, fastlc.predict_proba):
        yield f.__name__, lambda f=f: f(X, W)

def outcome(call):
    try:
        return call()
    except (MemoryError, ValueError):
        return "refused"

def check(calls, expected):
    "Each in turn; expected says of an outcome whether it will do."
    for name, call in calls:
        found = outcome(call)
        assert expected(found), (name, found)

def impossible(found):
    return type(found) is str
"""


def assert_lives(code: str, room: int = 1 << 30, **environment: str) -> None:
    status, out, err = child.run(PREAMBLE.format(room=room) + code + "\nprint('lives')\n", **environment)
    assert (status, out.strip()) == (0, "lives"), f"exit status {status}: {err[-800:]}"


SIZES = ["2**60", "2**60 - 1", "2**59 + 3", "2**58", "2**40", "2**32 + 1"]
"""Of a row of float32 they are bytes that wrap to nothing in 64 bits, to little, or that nobody has."""


@pytest.mark.parametrize("size", SIZES)
def test_many_classes_without_features(size) -> None:
    """Scores would be as many; of no rows there are none, and the answer needs no memory."""
    assert_lives(f"""
C = {size}
large = np.zeros((C, 0), F)
for n in (1, 2, 20):
    rows = np.zeros((n, 0), F)
    check(maps(rows, large), impossible)
    check(all_losses(rows, large), impossible)
    check(epochs(rows, large), impossible)
none = np.zeros((0, 0), F)
assert fastlc.scores(none, large).shape == fastlc.predict_proba(none, large).shape == (0, C)
assert fastlc.predict(none, large).shape == (0,)
check(all_losses(none, large), lambda found: found == 0.0 if type(found) is float else found[1].shape == (C, 0))
check(all_losses(none, large, reduction="sum"), lambda found: (found if type(found) is float else found[0]) == 0.0)
for name in ("cross_entropy", "crammer_singer", "ovr_hinge"):
    assert fastlc.sgd_epoch(none, np.zeros(0, int), large, loss=name, lr=0.1, batch_size=1) == 0.0
assert fastlc.sgd_step(large, large.copy(), 0.1, l2=0.1) is None
""")


@pytest.mark.parametrize("size", SIZES)
def test_scores_without_rows_or_classes(size) -> None:
    assert_lives(f"""
n = {size}
for shape in ((n, 0), (0, n)):
    S = np.zeros(shape, F)
    for f in (fastlc.softmax, fastlc.log_softmax, fastlc.sigmoid):
        assert f(S).shape == shape
S = np.zeros((0, n), F)
for spec in fastlc.LOSSES.values():
    for y in targets(spec, 0, n):
        loss, dS = spec.on_scores(S, y)
        assert loss == 0.0
        assert dS.shape == S.shape
check(maps(np.zeros((n, 0), F), np.zeros((3, 0), F)), impossible)
check(maps(np.zeros((0, n), F), np.zeros((0, n), F)), lambda found: impossible(found) or found.shape == (0, 0))
""")


def test_rows_without_features_or_classes() -> None:
    """Nothing is to be computed, however many there are."""
    assert_lives("""
import signal
signal.alarm(10)  # what goes on for ever is ended; a handler would not be called
rows, none = np.zeros((2**60, 0), F), np.zeros((0, 0), F)
assert fastlc.scores(rows, none).shape == rows.shape
for name, spec in fastlc.LOSSES.items():
    if "values" in spec.targets:
        assert spec.on_scores(rows, rows, grad=False) == 0.0
        assert spec.linear(rows, rows, none, grad=False) == 0.0
        assert fastlc.sgd_epoch(rows, rows, none, loss=name, lr=0.1, batch_size=2**60) == 0.0
""")


def test_rows_that_are_all_the_same_bytes() -> None:
    """Of any number, in place: every result of as many rows, and every scratch for as many classes, is too large."""
    assert_lives("""
n = 2**40
many, S = np.broadcast_to(np.ones(4, F), (n, 4)), np.broadcast_to(np.ones(3, F), (n, 3))
y, t, v = np.broadcast_to(np.int8(0), n), np.broadcast_to(np.ones(3, F), (n, 3)), np.broadcast_to(F(1), n)
check(maps(many, W), impossible)
check(maps(X, many), impossible)
check(epochs(X, np.broadcast_to(np.ones(4, F), (n, 4))), impossible)  # read-only, too
for f in (fastlc.softmax, fastlc.log_softmax, fastlc.sigmoid):
    check([(f.__name__, lambda: f(S))], impossible)
for name, spec in fastlc.LOSSES.items():
    for of_rows in [y] * ("labels" in spec.targets) + [t] * ("values" in spec.targets):
        for how in (dict(reduction="none"), dict(sample_weight=v)):
            check([(name, lambda: spec.on_scores(S, of_rows, **how))], impossible)
        for how in (dict(reduction="none"), dict(dX=True), dict(sample_weight=v, reduction="none")):
            check([(name, lambda: spec.linear(many, of_rows, W, **how))], impossible)
    if "labels" in spec.targets:
        for how in (dict(grad=False), dict(grad=True), dict(class_weight=v)):
            check([(name, lambda: spec.linear(X, labels, many, **how))], impossible)
for name in ("sample_weight", "class_weight"):
    check([(name, lambda: fastlc.linear_hinge(X, labels, W, **{name: v}))], impossible)
check([("b", lambda: fastlc.scores(X, W, v))], impossible)
check([("SGDState", lambda: fastlc.SGDState(many, average_from=0))], impossible)
""")


def test_orders_batches_and_rates_beyond_any_memory() -> None:
    assert_lives("""
def epoch(**how):
    given = dict(loss="hinge", lr=0.1, batch_size=1) | how
    return lambda: fastlc.sgd_epoch(X, labels, W, **given)

for dtype in ("int64", "int8"):
    order = np.broadcast_to(np.zeros((), dtype), 2**40)
    check([(dtype, epoch(order=order, batch_size=size)) for size in (1, 2**31, 2**62)], impossible)
check([("lr", epoch(lr=np.broadcast_to(0.1, n))) for n in (2**40, 2**60 - 1)], impossible)
for size in (2**31, 2**32, 2**62, 2**63 - 1):
    assert epoch(batch_size=size, lr=0.0)() == 2.0  # all rows
""")


def test_scratch_is_for_threads_that_can_have_work() -> None:
    """Many threads set, many classes, a few rows: 13 MB of scores, and not for each thread that there might be."""
    assert_lives(
        """
fastlc.set_num_threads(1023)
n, c = 16, 200_000
rows, large = np.ones((n, 2), F), np.ones((c, 2), F)
lives = lambda found: not impossible(found)
check(all_losses(rows, large), lives)
check(((name, call) for name, call in maps(rows, large)), lives)
scores = np.ones((n, c), F)
for spec in fastlc.LOSSES.values():
    for y in targets(spec, n, c):
        check([(spec.name, lambda: spec.on_scores(scores, y))], lives)
for f in (fastlc.softmax, fastlc.log_softmax, fastlc.sigmoid):
    check([(f.__name__, lambda: f(scores))], lives)
for name in ("cross_entropy", "crammer_singer", "logistic"):
    how = dict(loss=name, lr=0.1, batch_size=16)
    check([(name, lambda: fastlc.sgd_epoch(rows, np.zeros(n, int), large, **how))], lives)
""",
        room=7 << 30,  # stacks of 8 MB for those that do have work are in there, untouched
        OPENBLAS_NUM_THREADS="1",
    )


def test_memory_is_short_in_these_processes() -> None:
    with pytest.raises(AssertionError, match="MemoryError"):
        assert_lives("np.ones(2**28)")
