"""The guard against a kernel made slower by accident: how many instructions calls take, beside the stored numbers.

    python benchmarks/instructions.py [--update]

It runs small calls of every kernel under valgrind's callgrind, on one thread and in each instruction set that valgrind
knows (AVX-512 is none of them), and compares with `instructions.json`. Where a clock on a shared machine errs by tens
of percent, most of these numbers repeat exactly. The exit status is 1 if one grew beyond its tolerance; `--update`
stores what was counted, as one does after a change meant to cost or to save something.

Counted are the instructions in the extension itself, so that a number depends on the compiler and its flags alone, not
on the machine, Python, NumPy or the C library. Tiny calls are counted once more as a whole, with all that Python and
NumPy do for them; those numbers are compared under the same versions only, and with a wider tolerance.

It sees more work done: a loop that is no longer unrolled or vectorised, a value computed twice, a slow path taken. It
does not see waiting: a cache miss, a longer chain of dependent operations, a prefetch left out. Those need `run.py`.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import fastlc
from fastlc.losses import LOSSES

STORED = Path(__file__).with_suffix(".json")
TOLERANCE = 0.03
"""Above what was seen to vary by chance, with the addresses that memory gets: 0.2 %. The rest is for other flags of the
compiler and its minor versions."""
WHOLE_TOLERANCE = 0.10
"""Python's caches go by address and malloc by what was freed before: tiny calls as a whole were seen to vary by 4 %."""
WHOLE = ", with "
"""Marks the sections that count all of a call: after it come the versions of Python and NumPy."""
TINY_CALLS = 100
"""So often is a tiny call repeated, to be counted in the mean."""

Sections = dict[str, dict[str, int]]
"""What the numbers depend on: case: instructions."""


# ---------------------------------------------------------------------------------------------------------------------
# The calls
# ---------------------------------------------------------------------------------------------------------------------


def make_data(N: int, D: int, C: int, dtype: str, values: bool = False) -> tuple[Any, Any, Any, Any]:
    """X, y, W, b; random, with scores of a natural size."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, D)).astype(dtype)
    W = (rng.standard_normal((C, D)) / D**0.5).astype(dtype)
    b = rng.standard_normal(C).astype(dtype)
    y = rng.random((N, C)).astype(dtype) if values else rng.integers(0, C, N)
    return X, y, W, b


def loss_call(
    name: str, N: int, D: int, C: int, dtype: str, weighted: bool = False, **options: Any
) -> Callable[[], Any]:
    """Loss and gradients of the registry's loss `name`."""
    X, y, W, b = make_data(N, D, C, dtype, "labels" not in LOSSES[name].targets)
    if weighted:
        options["sample_weight"] = np.linspace(0.5, 1.5, N, dtype=dtype)
        options["class_weight"] = np.linspace(0.5, 1.5, C, dtype=dtype)
    return partial(LOSSES[name].linear, X, y, W, b, **options)


def epoch_call(N: int, D: int, C: int, dtype: str, batch: int, **options: Any) -> Callable[[], Any]:
    """An epoch over permuted rows, at a rate so small that the weights stay as they are."""
    X, y, W, b = make_data(N, D, C, dtype)
    order = np.random.default_rng(1).permutation(N)
    options = {"loss": "cross_entropy", "lr": 1e-12, "batch_size": batch, "order": order, **options}
    return partial(fastlc.sgd_epoch, X, y, W, b, **options)


def kernel_calls() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Calls so large that the kernel is nearly all of it, and so small that all of them take seconds under valgrind."""
    few = [(300, 64, 10), (300, 64, 2), (67, 101, 7)]  # two blocks of rows; the fewest classes; no whole tile or vector
    for dtype in ("float32", "float64"):
        for name in LOSSES:
            for N, D, C in [*few, (64, 96, 200)]:
                yield f"{name} {N}x{D}x{C} {dtype}", loss_call(name, N, D, C, dtype)
        variants: list[tuple[str, int, int, int, dict[str, Any]]] = [
            ("cross_entropy", 420, 500, 10, {}),  # two pieces, whose gradients are added up
            ("cross_entropy", 300, 64, 10, {"weighted": True}),
            ("cross_entropy", 300, 64, 10, {"l1": 0.1, "l2": 0.1}),
            ("cross_entropy", 300, 64, 10, {"label_smoothing": 0.1}),
            ("cross_entropy", 300, 64, 10, {"dX": True}),
            ("cross_entropy", 300, 64, 10, {"grad": False}),
            ("cross_entropy", 64, 96, 200, {"dX": True}),
            ("hinge", 300, 64, 10, {"p": 2}),
        ]
        for name, N, D, C, options in variants:
            words = ", ".join("weighted" if key == "weighted" else f"{key}={value}" for key, value in options.items())
            yield f"{name} {N}x{D}x{C} {dtype} {words}".strip(), loss_call(name, N, D, C, dtype, **options)

        for batch in (1, 32, 256):
            yield f"sgd_epoch 300x100x10 {dtype} batch_size={batch}", epoch_call(300, 100, 10, dtype, batch)
        moving = {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "l1": 1e-6}
        yield f"sgd_epoch 300x100x10 {dtype} batch_size=32, momentum", epoch_call(300, 100, 10, dtype, 32, **moving)
        yield f"sgd_epoch 64x96x200 {dtype} batch_size=32", epoch_call(64, 96, 200, dtype, 32)
        _, _, W, _ = make_data(1, 500, 10, dtype)
        yield f"sgd_step 10x500 {dtype}", partial(fastlc.sgd_step, W, W.copy(), 1e-12)

        for N, D, C in [(1, 784, 10), (100, 784, 10), (67, 101, 7), (64, 96, 200)]:
            X, _, W, b = make_data(N, D, C, dtype)
            for function in (fastlc.predict, fastlc.predict_proba, fastlc.scores):
                yield f"{function.__name__} {N}x{D}x{C} {dtype}", partial(function, X, W, b)
        S = make_data(300, 10, 10, dtype)[0]
        for of_scores in (fastlc.softmax, fastlc.log_softmax, fastlc.sigmoid):
            yield f"{of_scores.__name__} 300x10 {dtype}", partial(of_scores, S)
        labels = np.arange(300) % 10
        for name, loss in LOSSES.items():
            y = labels if "labels" in loss.targets else np.zeros_like(S)
            yield f"{name} of scores 300x10 {dtype}", partial(loss.on_scores, S, y)


def tiny_calls() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Calls that are nearly all overhead."""
    X, y, W, b = make_data(1, 2, 2, "float32")
    yield "tiny predict 1x2x2", partial(fastlc.predict, X, W, b)
    yield "tiny scores 1x2x2", partial(fastlc.scores, X, W, b)
    yield "tiny softmax 1x2", partial(fastlc.softmax, X)
    yield "tiny cross_entropy 1x2x2", partial(LOSSES["cross_entropy"].linear, X, y, W, b)
    yield "tiny hinge 1x2x2 margin=2", partial(LOSSES["hinge"].linear, X, y, W, b, margin=2.0)
    yield "tiny sgd_epoch 1x2x2", partial(fastlc.sgd_epoch, X, y, W, b, loss="cross_entropy", lr=1e-12, batch_size=1)
    yield "tiny sgd_step 2x2", partial(fastlc.sgd_step, W, W.copy(), 1e-12)


# ---------------------------------------------------------------------------------------------------------------------
# Counting
# ---------------------------------------------------------------------------------------------------------------------

MARKER = "fastlc_get_num_threads"
"""callgrind writes what it has counted, and begins anew, whenever this function is called. The extension exports it, so
that it is found by name in any build, and no kernel calls it."""


@dataclass(frozen=True)
class Count:
    """Instructions between two marks."""

    extension: int
    everything: int

    @classmethod
    def parse(cls, lines: Iterable[str], extension: str) -> Count:
        """Of a file of callgrind with neither names nor positions compressed; `extension` is the path of the library.

        Costs are lines "position cost" under the last "ob=" (object file). The one after "calls=" is the cost of the
        function that was called, which is also in that function's own lines.
        """
        own = everything = 0
        inside = called = False
        for line in lines:
            if line.startswith("ob="):
                inside = line[3:].strip() == extension
            elif line.startswith("calls="):
                called = True
            elif line[:1].isdigit():
                if not called:
                    cost = int(line.split()[1])
                    everything += cost
                    own += cost if inside else 0
                called = False
        return cls(own, everything)


def make_calls() -> None:
    """What runs under valgrind. Prints the cases in order: instruction set, name, repetitions."""
    mark = fastlc._core.get_num_threads
    done: list[tuple[str, str, int]] = []
    gc.disable()
    mark()
    mark()  # between these two lies what a mark costs
    for isa in fastlc._core.isas_usable:
        fastlc._core._set_isa(isa)
        # tiny ones first: what malloc does for them depends a little on what the process did before
        for calls, repetitions in [(tiny_calls(), TINY_CALLS), (kernel_calls(), 1)]:
            for name, call in calls:
                call()  # warm
                mark()
                for _ in range(repetitions):
                    call()
                mark()
                done.append((isa, name, repetitions))
    json.dump(done, sys.stdout)


def count_calls() -> Sections:
    """Runs this file under valgrind; what each call took."""
    config = fastlc.show_config("dicts")
    build = f"{compiler_of(config['compiler'])}, {platform.machine()}"
    versions = f"Python {config['python']} ({platform.python_compiler().strip()}), NumPy {config['numpy']}"
    extension = str(Path(fastlc._core.__file__).resolve())
    alone = {name: value for name, value in os.environ.items() if not name.startswith("FASTLC_")}
    # one thread, and dictionaries that are the same in each run
    alone |= {"FASTLC_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        command = [
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", f"--dump-before={MARKER}",
            "--compress-strings=no", "--compress-pos=no", sys.executable, __file__, "--inside",
        ]  # fmt: skip
        ran = subprocess.run(command, env=alone, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise SystemExit(f"valgrind ended with status {ran.returncode}:\n{ran.stderr[-4000:]}")
        done = json.loads(ran.stdout)
        dumps = len(list(Path(folder).glob("counts.*")))
        if dumps != 2 + 2 * len(done):
            raise SystemExit(f"{dumps} dumps of {len(done)} cases: callgrind did not see each call of {MARKER}")

        def read(dump: int) -> Count:
            with open(f"{out}.{dump}", encoding="utf-8", errors="replace") as lines:
                return Count.parse(lines, extension)

        nothing = read(2)
        if not nothing.extension:
            raise SystemExit(f"callgrind saw no instruction of {extension}")
        sections: Sections = {}
        for i, (isa, name, repetitions) in enumerate(done):
            count = read(4 + 2 * i)
            own = (count.extension - nothing.extension) / repetitions
            sections.setdefault(f"{build}, {isa}", {})[name] = round(own)
            if repetitions > 1 and isa == done[0][0]:
                whole = (count.everything - nothing.everything) / repetitions
                sections.setdefault(f"{build}, {isa}{WHOLE}{versions}", {})[name] = round(whole)
    return sections


def compiler_of(version: str) -> str:
    """Name and major version: "GCC 12" of "GCC 12.2.0"."""
    return version.partition(".")[0]


# ---------------------------------------------------------------------------------------------------------------------
# Comparing
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A case: what is stored for it, and what was counted now; None if there is nothing."""

    case: str
    stored: int | None
    now: int | None
    tolerance: float = TOLERANCE

    @property
    def change(self) -> float:
        """0.05: five percent more than stored."""
        return self.now / self.stored - 1 if self.stored and self.now is not None else 0.0

    @property
    def verdict(self) -> str:
        if self.stored is None:
            return "new"
        if self.now is None:
            return "gone"
        return "MORE" if self.change > self.tolerance else "fewer" if self.change < -self.tolerance else ""

    def __str__(self) -> str:
        stored, now = ("–" if count is None else f"{count:,}" for count in (self.stored, self.now))
        change = f"{self.change:+.1%}" if self.stored and self.now is not None else ""
        return f"{self.case:<56}{stored:>12}{now:>12}{change:>9}  {self.verdict}".rstrip()


def compare(stored: dict[str, int], now: dict[str, int], tolerance: float) -> list[Row]:
    """A row for each case that either has, in the order of `now`."""
    return [Row(case, stored.get(case), now.get(case), tolerance) for case in dict.fromkeys([*now, *stored])]


def report(stored: Sections, now: Sections) -> tuple[str, bool]:
    """The tables, then what follows from them; and whether all is well."""
    text: list[str] = []
    conclusions: list[str] = []
    compared: list[tuple[Row, str]] = []
    for section, counts in now.items():
        rows = compare(stored.get(section, {}), counts, WHOLE_TOLERANCE if WHOLE in section else TOLERANCE)
        text += [section, "", f"{'case':<56}{'stored':>12}{'now':>12}{'change':>9}", *map(str, rows), ""]
        if section in stored:
            compared += [(row, section) for row in rows]
        else:
            conclusions.append(f"Nothing is stored for {section}: nothing to compare with. --update stores it.")
    verdicts = Counter(row.verdict for row, _ in compared)
    if more := verdicts["MORE"]:
        conclusions.append(
            f"{more} of {len(compared)} cases take more instructions. If that is meant, --update stores it:"
        )
        conclusions += [f"{row}  {section}" for row, section in compared if row.verdict == "MORE"]
    elif compared:
        conclusions.append(f"None of {len(compared)} cases takes more instructions than stored.")
    if fewer := verdicts["fewer"]:
        conclusions.append(f"{fewer} take clearly fewer: --update stores that, so that they stay there.")
    if other := verdicts["new"] + verdicts["gone"]:
        conclusions.append(f"{other} are new and not stored, or stored and gone: --update puts that right.")
    return "\n".join([*text, *conclusions]), not more


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--update", action="store_true", help=f"store what was counted in {STORED.name}")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        make_calls()
        return 0
    if shutil.which("valgrind") is None:
        parser.error("valgrind is not installed, and without it there is nothing to count with")
    stored: Sections = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
    now = count_calls()
    text, well = report(stored, now)
    print(text)
    if options.update:
        STORED.write_text(json.dumps(dict(sorted((stored | now).items())), indent=1) + "\n", encoding="utf-8")
        print(f"Stored in {STORED}.")
    return 0 if well or options.update else 1


if __name__ == "__main__":
    sys.exit(main())
