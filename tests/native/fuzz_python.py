"""Fuzzes the functions of Python with arbitrary objects: ``python tests/native/fuzz_python.py --seconds 3600``.

A call that works gets one to three arbitrary objects (objects.py) for its arguments. Whatever comes, it answers as
documented, or raises TypeError or ValueError with a sentence that names an argument, MemoryError where much was asked
for, or the very exception of the caller's object; a call that is refused has changed nothing, and inputs are never
written. Calls run in a process of its own, which writes down each before it makes it, so that a crash or a hang has a
name; ``--replay SEED:NUMBER`` makes one again.

Two faults are planted first, and have to be reported. Prints how many calls were made, of how many arguments and kinds
of objects, and what was found; exits with 1 if anything was.
"""

from __future__ import annotations

import argparse
import faulthandler
import inspect
import itertools
import json
import mmap
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import objects
from objects import Call, is_array, root

import fastlc
from fastlc import gradcheck, optim
from fastlc.lecture import shapes

HANG = 60.0
"""Seconds after which a call counts as hung, however slow and busy the machine."""
MEMORY = 8 << 30
"""Bytes of address space, so that what asks for too much is refused and not killed."""
LINE = 1 << 13
"""Bytes for what is known of the call being made."""
FOUND_AT = str(Path(fastlc.__file__).parents[1])
"""Where the other process imports the same fastlc from."""
IS_SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")

# ---------------------------------------------------------------------------------------------------------------------
# Calls that work
# ---------------------------------------------------------------------------------------------------------------------

SCHEDULES = [optim.constant, optim.step_decay, optim.exponential, optim.inverse_scaling, optim.cosine, optim.optimal]
FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in [
        *(fastlc.scores, fastlc.predict, fastlc.predict_proba, fastlc.softmax, fastlc.log_softmax, fastlc.sigmoid),
        *(function for spec in fastlc.LOSSES.values() for function in (spec.on_scores, spec.linear)),
        *(fastlc.sgd_step, fastlc.sgd_epoch, fastlc.fit, fastlc.SGDState, optim.ReduceOnPlateau, *SCHEDULES),
        *(fastlc.set_num_threads, fastlc.show_config, gradcheck.numerical_gradient),
        *(shapes.flatten, shapes.append_ones, shapes.append_bias, shapes.split_bias),
    ]
}
OFTEN = ["sgd_step", "sgd_epoch", "fit", "scores"]
"""Those with the most to go wrong."""
SIZES = [(6, 4, 3)] * 5 + [(0, 4, 3), (6, 0, 3), (1, 1, 1), (6, 4, 1), (6, 4, 2), (40, 5, 70), (300, 20, 10)]
"""N, D and C."""


def within_guards(a: Any) -> Any:
    """A copy in the middle of other memory, which nobody may write."""
    room = np.full(a.nbytes + 128, 77, np.uint8)
    made = room[64 : 64 + a.nbytes].view(a.dtype).reshape(a.shape)
    made[...] = a
    return made


def working(function: str, call: Call) -> dict[str, Any]:
    """Arguments with which a function works, all that it has and those of its loss."""
    rng, values = call.rng, np.random.default_rng(call.rng.getrandbits(32))
    N, D, C = rng.choice(SIZES)
    dtype = rng.choice([np.float32, np.float64])

    def normal(*shape: int) -> Any:
        a = values.normal(size=shape).astype(dtype)
        return within_guards(a) if rng.random() < 0.5 else a

    names = list(inspect.signature(FUNCTIONS[function]).parameters)
    loss = function.removeprefix("linear_")
    if "loss" in names and "**" not in function:
        loss = rng.choice(list(fastlc.LOSSES))
        spec = fastlc.LOSSES[loss]
        others = {"class_weight", "ignore_index", "pos_weight"} - set(spec.keywords)
        names = [name for name in names if name not in others and name != "options"] + list(spec.options)
    targets = fastlc.LOSSES[loss].targets if loss in fastlc.LOSSES else ("labels",)
    labels = values.integers(0, max(C, 2) if loss in fastlc.LOSSES and fastlc.LOSSES[loss].one_vs_rest else C, N)
    y = (
        labels.astype(rng.choice("bBhHiIqQ"))
        if rng.choice(targets) == "labels"
        else values.random((N, C)).astype(dtype)
    )
    W, b = normal(C, D), normal(C)
    made: dict[str, Any] = {
        **{"X": normal(N, D), "y": y, "W": W, "b": b, "S": normal(N, C), "out": normal(N, C), "dW": normal(C, D)},
        **{"sample_weight": values.random(N).astype(dtype), "class_weight": values.random(C).astype(dtype)},
        **{"pos_weight": values.random(C).astype(dtype), "velocity": normal(C, D), "order": values.permutation(N)},
        **{"loss": loss, "lr": rng.choice([0.1, optim.constant(0.1), np.full(-(-N // 2), 0.1)]), "batch_size": 2},
        **{"reduction": rng.choice(["mean", "sum", "none"]), "grad": True, "dX": True, "ignore_index": 1},
        **{"momentum": 0.5, "dampening": 0.0, "nesterov": True, "weight_decay": 0.01, "l1": 0.001, "l2": 0.01},
        **{
            "label_smoothing": 0.1,
            "margin": 0.5,
            "p": 2,
            "epsilon": 0.2,
            "average": rng.choice([True, 1]),
            "epochs": 2,
        },
        **{"fit_intercept": True, "n_classes": C, "shuffle": True, "seed": 1, "validation_data": (normal(N, D), y)},
        **{"validation_fraction": 0.3, "patience": 3, "tol": 1e-3, "callback": lambda epoch, result: epoch > 2},
        **{"progress": False, "average_from": 0, "every": 2, "factor": 0.5, "decay": 0.5, "power": 0.5, "steps": 9},
        **{"warmup": 2, "final": 0.01, "alpha": 0.1, "threshold": 0.1, "min_lr": 0.01, "n": 2, "mode": "dicts"},
        **{"images": normal(N, 2, D), "start_axis": 1, "Wb": normal(C, D + 1), "f": lambda w: float(w.sum())},
        **{"w": normal(2), "eps": 1e-4},
    }
    if "reduction" in names and made["reduction"] == "none":
        made |= {"l1": 0.0, "l2": 0.0}
    if function == "fit":
        made["lr"] = rng.choice([0.1, optim.constant(0.1), optim.ReduceOnPlateau(0.1)])
        made.pop(rng.choice(["validation_data", "validation_fraction"]))
    if function not in ("sgd_epoch", "fit"):
        made["lr"] = 0.1
    if function == "sgd_epoch":
        made["state"] = fastlc.SGDState(W, b, average_from=rng.choice([None, 0, 1]))
    return {name: made[name] for name in names if name in made}


def needed(function: str) -> set[str]:
    parameters = inspect.signature(FUNCTIONS[function]).parameters.values()
    return {p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD}


def takes_for_ever(function: str, name: str, value: Any) -> bool:
    """Whether a training is asked for that takes for ever: of so many epochs, or of labels to look through."""
    if function != "fit":
        return False
    if is_array(value):
        return np.asarray(value).size > 1 << 30
    return name == "epochs" and isinstance(value, int) and value > 100


class Attempt:
    """The call of a number: a function, its arguments, and what of them is arbitrary."""

    def __init__(self, seed: int, number: int) -> None:
        self.call = call = Call(random.Random(f"{seed}:{number}"))
        rng = call.rng
        self.function = function = rng.choice([*FUNCTIONS, *OFTEN * 2])
        given = working(function, call)
        self.names = [*given, *(vars(given["state"]) if "state" in given else []), "rows"]  # of which none counts
        candidates = [name for name in given if name != "f"]
        replaced = rng.sample(candidates, min(len(candidates), rng.choice([1, 1, 1, 2, 3])))
        omitted = {name for name in given if rng.random() < 0.4} - needed(function) - set(replaced)
        if "callback" in omitted and "epochs" in replaced:
            omitted.remove("callback")
        self.arguments = call.arguments = {name: value for name, value in given.items() if name not in omitted}
        fastlc._core._set_isa(rng.choice(fastlc._core.isas_usable))
        self.expressions, self.kinds = {}, {}
        for name in replaced:
            self.kinds[name], self.expressions[name] = objects.expression(rng)
            value = objects.value_of(self.expressions[name], call, given[name])
            if takes_for_ever(function, name, value):
                continue
            attributes = list(vars(given[name])) if name == "state" and rng.random() < 0.7 else []
            if attributes:
                setattr(given[name], rng.choice(attributes), value)
            else:
                self.arguments[name] = value
        self.text = f"{seed}:{number} {function}({', '.join(map(self._shown, self.arguments))})"

    def _shown(self, name: str) -> str:
        if name in self.expressions:
            return f"{name}={self.expressions[name]}"
        value = self.arguments[name]
        return f"{name}={value.dtype}{value.shape}" if type(value) is np.ndarray else f"{name}={value!r}"[:60]


# ---------------------------------------------------------------------------------------------------------------------
# What must hold
# ---------------------------------------------------------------------------------------------------------------------

WRITTEN = {"sgd_step": {"W", "velocity"}, "sgd_epoch": {"W", "b"}, "scores": {"out"}}
FOREIGN = re.compile(
    r"arg\d|incompatible function arguments|Unable to cast|object has no attribute|unsupported operand"
)
"""Sentences of Python and pybind11, which know nothing of our arguments."""
SWALLOWED = (TypeError, AttributeError, IndexError, StopIteration, GeneratorExit, OverflowError)
"""What an object may raise to say that it is not of that kind, or too large for it."""

NOT_ASKED = {"__len__"}
"""What NumPy asks, to whose errors it does not listen."""


def arrays_of(value: Any) -> Iterator[Any]:
    parts = (
        vars(value).values() if type(value) is fastlc.SGDState else value if type(value) in (list, tuple) else [value]
    )
    yield from (part for part in parts if is_array(part))


def memory(value: Any) -> list[tuple[Any, bytes]]:
    """The arrays of an argument, each with all the memory that it is a part of."""
    found = [root(a) for a in arrays_of(value) if np.asarray(a).size]
    found = [a for a in found if a.size < 1 << 16]  # else of no memory: a broadcast one
    buffers = [value] if type(value) in (bytearray, memoryview) else []
    return [(a, bytes_of(a)) for a in found + buffers]


def bytes_of(a: Any) -> bytes:
    return np.ndarray.tobytes(a) if is_array(a) else bytes(a)


def known(value: Any) -> Any:
    """A plain array, which no object has changed meanwhile; or None."""
    return value if type(value) is np.ndarray and value.dtype.kind == "f" else None


def names_in(sentence: str, names: list[str]) -> bool:
    return any(re.search(rf"(?<![\w.]){re.escape(name)}\b", sentence) for name in names)


def findings(attempt: Attempt, result: Any, error: BaseException | None, before: dict[str, Any]) -> Iterator[str]:
    """What does not hold."""
    call, function = attempt.call, attempt.function
    own = error is not None and any(error is one for one in call.raised)
    if error is not None and not own:
        yield from about_error(attempt, error)
    interrupted = function == "fit" and any(isinstance(one, KeyboardInterrupt) for one in call.raised)
    if not own and not interrupted:
        for one in call.raised:
            if not isinstance(one, SWALLOWED) and not {*one.__notes__} & NOT_ASKED:
                yield f"{type(one).__name__} of {one.__notes__[0]} did not come through"
                break
    for name, arrays in before.items():
        may = error is None and (name == "state" or name in WRITTEN.get(function, ()))
        for a, was in arrays:
            if any(a is one for one in call.changed):
                continue
            now = bytes_of(a)
            if may:  # not its guards
                was, now = (text[:64] + text[-64:] if a.dtype == np.uint8 else b"" for text in (was, now))
            if now != was:
                yield f"{name} was written" + (" by a call that is refused" if error else "")
    if error is None and not call.changed:
        yield from about_result(attempt, result)


def about_error(attempt: Attempt, error: BaseException) -> Iterator[str]:
    sentence = f"{type(error).__name__}: {error}"
    where = list(traceback.walk_tb(error.__traceback__))[-1][0].f_code.co_filename
    if "fastlc" not in where and "numpy" not in where and where != __file__:
        return  # of an object that has code of its own, as PyTorch's
    if "callback" in attempt.kinds and callable(attempt.arguments["callback"]):
        return  # which may want other arguments
    if isinstance(error, MemoryError) or "array is too big" in sentence:  # NumPy says so of what has no address
        if not {"huge", "plain", "like an array"} & {*attempt.kinds.values()} and "n_classes" not in attempt.kinds:
            yield sentence
    elif (
        type(error) not in (TypeError, ValueError)
        or FOREIGN.search(sentence)
        or not names_in(str(error), attempt.names)
    ):
        yield sentence


def about_result(attempt: Attempt, result: Any) -> Iterator[str]:
    """What is known of a result, as far as the arguments are plain arrays."""
    given, function = attempt.arguments, attempt.function
    X, W, S = (known(given.get(name)) for name in ("X", "W", "S"))
    first = X if X is not None else S
    N = None if first is None or first.ndim != 2 else len(first)
    dtype = None if first is None else first.dtype.newbyteorder("=")

    def wrong(part: Any, what: str, shape: Any, kind: Any = dtype) -> Iterator[str]:
        if type(part) is not np.ndarray:
            yield f"{what} is a {type(part).__name__}"
            return
        if kind is not None and part.dtype != kind:
            yield f"{what} has dtype {part.dtype}"
        if shape is not None and None not in shape and part.shape != shape:
            yield f"{what} has shape {part.shape}, not {shape}"
        for name, value in given.items():
            if is_array(value) and np.may_share_memory(part, np.ndarray.view(value, np.ndarray)):
                yield f"{what} is memory of {name}"

    C = None if W is None or W.ndim != 2 else len(W)
    if function == "scores" and given.get("out") is not None:
        if result is not given["out"]:
            yield "result is not out"
    elif function == "scores":
        yield from wrong(result, "result", (N, C))
    elif function == "predict":
        yield from wrong(result, "result", (N,), np.int64)
    elif function == "predict_proba":
        yield from wrong(result, "result", (N, 2 if C == 1 else C))
    elif function in ("softmax", "log_softmax", "sigmoid"):
        yield from wrong(result, "result", None if S is None else S.shape)
    elif function.removeprefix("linear_") in fastlc.LOSSES:
        parts = result if isinstance(result, tuple) else (result,)
        if isinstance(parts[0], np.ndarray):
            yield from wrong(parts[0], "loss", (N,))
        elif type(parts[0]) is not float:
            yield f"loss is a {type(parts[0]).__name__}"
        expected = {"dS": S} if "S" in given else {"dW": W, "db": known(given.get("b")), "dX": X}
        for (what, like), part in zip(expected.items(), parts[1:], strict=False):
            if part is not None or what != "db":
                yield from wrong(part, what, None if like is None else like.shape)
    elif function in ("sgd_step", "set_num_threads"):
        if result is not None:
            yield f"result is a {type(result).__name__}"
    elif function == "sgd_epoch":
        if type(result) is not float:
            yield f"result is a {type(result).__name__}"
    elif function == "fit":
        yield from wrong(result.W, "W", None if X is None else (result.W.shape[0], X.shape[1]))
        if result.W.dtype not in (np.float32, np.float64):
            yield f"W has dtype {result.W.dtype}"
    elif callable(result):
        for step in () if "10**400" in attempt.text else (0, 1, 10**6):
            if type(rate := result(step)) is not float or not rate >= 0:
                yield f"the rate of step {step} is {rate!r}"


def made(attempt: Attempt) -> tuple[Any, BaseException | None, list[str]]:
    """The result of the call, or what it raised; and what does not hold."""
    before = {name: memory(value) for name, value in attempt.arguments.items()}
    result, error = None, None
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        attempt.call.is_running = True
        try:
            result = FUNCTIONS[attempt.function](**attempt.arguments)
        except BaseException as caught:
            error = caught
        attempt.call.is_running = False
    found = [
        f"{one.category.__name__}: {one.message}"
        for one in leaked
        if "fastlc" in one.filename and "torch." not in attempt.text
    ]
    found += findings(attempt, result, error, before)
    fastlc.set_num_threads(2)
    return result, error, found


# ---------------------------------------------------------------------------------------------------------------------
# The process that makes the calls, and the one that watches it
# ---------------------------------------------------------------------------------------------------------------------


def plant(what: str) -> None:
    """Makes `predict` write into X, or end the process."""
    right = FUNCTIONS["predict"]

    def wrong(X: Any, W: Any, b: Any = None) -> Any:
        if what == "crash":
            os.abort()
        if isinstance(X, np.ndarray) and X.flags.writeable and X.size and X.dtype.kind == "f":
            X[...] = 77
        return right(X, W, b)

    FUNCTIONS["predict"] = wrong


def make_calls(folder: Path, seed: int, first: int) -> None:
    """For ever, or until it crashes."""
    if planted := os.environ.get("FASTLC_FUZZ_PLANT"):
        plant(planted)
    objects.import_optional()
    if not IS_SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    faulthandler.enable()
    reached: set[str] = set()
    with (folder / "call").open("r+b") as file, (folder / "said").open("a", encoding="utf-8") as said:
        shared = mmap.mmap(file.fileno(), LINE)
        for number in itertools.count(first):
            attempt = Attempt(seed, number)
            shared[:] = f"{number} {attempt.text}".encode(errors="replace")[:LINE].ljust(LINE)
            _, _, wrong = made(attempt)
            new = {f"{attempt.function} {name} {kind}" for name, kind in attempt.kinds.items()} - reached
            reached |= new
            if wrong or new:
                print(json.dumps([attempt.text, wrong, sorted(new)]), file=said, flush=True)


class Findings:
    """What was found, each kind once, with the first call that shows it."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.first: dict[str, str] = {}
        self.reached: set[str] = set()
        self.calls = 0

    def add(self, text: str, wrong: Iterable[str], reached: Iterable[str]) -> None:
        self.reached.update(reached)
        function = text.split(" ", 1)[1].partition("(")[0]
        for what in wrong:
            key = f"{function}: {re.sub(r'[0-9]+', 'N', what[:100])}"
            if key not in self.first and not self.quiet:
                print(f"FOUND {function}: {what}\n    {text}", flush=True)
            self.first.setdefault(key, text)


def watch(seed: int, seconds: float, most: int = 100, quiet: bool = False, **environment: str) -> Findings:
    """Lets calls be made for a while, by another process after each crash, until there are `most` findings."""
    ends, found, first = time.monotonic() + seconds, Findings(quiet), 0
    while time.monotonic() < ends and len(found.first) < most:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "call").write_bytes(bytes(LINE))
            command = [sys.executable, __file__, "--calls", name, "--seed", str(seed), "--first", str(first)]
            with (folder / "error").open("wb") as error, (folder / "said").open("w+", encoding="utf-8") as said:
                process = subprocess.Popen(
                    command,
                    env={**os.environ, "PYTHONPATH": FOUND_AT, "PYTHONHASHSEED": "0", **environment},
                    stdout=error,
                    stderr=error,
                    start_new_session=True,  # Ctrl-C is for this process
                )
                try:
                    line, since, rest = b"", time.monotonic(), ""
                    while (status := process.poll()) is None and len(found.first) < most:
                        if time.monotonic() > ends and time.monotonic() - since < 1:  # else this call hangs, it may be
                            break
                        time.sleep(0.2)
                        *whole, rest = (rest + said.read()).split("\n")
                        for text, wrong, reached in map(json.loads, whole):
                            found.add(text, wrong, reached)
                        before, line = line, (folder / "call").read_bytes()
                        since = time.monotonic() if line != before else since
                        if line == bytes(LINE):  # still importing
                            ends += 0.2
                        elif time.monotonic() - since > HANG:
                            process.send_signal(signal.SIGABRT)  # faulthandler says where
                            process.wait()
                finally:
                    process.kill()
                    process.wait()
            number, _, text = (folder / "call").read_bytes().decode(errors="replace").strip(" \0").partition(" ")
            if status is not None:
                end = (folder / "error").read_text(encoding="utf-8", errors="replace")[-3000:]
                if not number:
                    raise SystemExit(f"no call was made:\n{end}")
                found.add(text, [f"the process ended with status {status}\n{end}"], [])
            found.calls += int(number or first) - first
            first = int(number or first) + 1
    return found


def check_that_faults_are_seen(seed: int) -> None:
    for what, report in [("write", "predict: X was written"), ("crash", "predict: the process ended with status")]:
        found = watch(seed, HANG, most=1, quiet=True, FASTLC_FUZZ_PLANT=what)
        if not any(key.startswith(report) for key in found.first):
            raise SystemExit(f"A planted fault was not reported, expected {report!r}, found {list(found.first)}")
    print("Planted faults are reported: an input that is written, a crash.", flush=True)


def replay(text: str) -> int:
    seed, number = map(int, text.split(":"))
    objects.import_optional()
    faulthandler.enable()
    attempt = Attempt(seed, number)
    print(attempt.text, flush=True)
    result, error, wrong = made(attempt)
    if error is not None:
        traceback.print_exception(error)
    else:
        print(f"{result!r:.300}")
    print("\n".join(wrong) or "nothing found")
    return int(bool(wrong))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of all choices (default: %(default)s)")
    parser.add_argument("--replay", metavar="SEED:NUMBER", help="make this call")
    parser.add_argument("--optional", action="store_true", help="no failure if a package is missing, but a notice")
    parser.add_argument("--calls", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.calls:
        make_calls(given.calls, given.seed, given.first)
    if given.replay:
        return replay(given.replay)
    for name in {*objects.OF_PACKAGES} - {*objects.OPTIONAL}:
        notice = f"{name} is not installed, so nobody has tried its objects"
        if not given.optional:
            raise SystemExit(notice)
        print(f"!!! NOT CHECKED: {notice}")
    check_that_faults_are_seen(given.seed)
    found = watch(given.seed, given.seconds)
    outcome = f"{len(found.first)} FINDINGS, see above" if found.first else "nothing found"
    print(
        f"{found.calls} calls in {given.seconds:g} s, {len(FUNCTIONS)} functions, {len(found.reached)} pairs of an "
        f"argument and a kind of object: {outcome}"
    )
    return int(bool(found.first))


if __name__ == "__main__":
    sys.exit(main())
