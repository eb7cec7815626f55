"""What each loss costs beside softmax cross-entropy: ``python benchmarks/losses.py`` prints a table of ratios.

Loss and gradient of `fastlc.losses.LOSSES`, on the shapes of the benchmark, in turns; a ratio is the median over the
rounds of each loss's time to that of cross-entropy with labels in the same round. The linear map is the same for all,
so that a loss shows where there are few features.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import fastlc
from fastlc.losses import LOSSES

if not __package__:  # python benchmarks/losses.py
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    __package__ = "benchmarks"

from .cases import Case, make_data
from .report import markdown_table

SHAPES = [
    *[Case("loss", 60000, 784, 10), Case("loss", 60000, 784, 10, "float64"), Case("loss", 60000, 784, 2)],
    *[Case("loss", 50000, 128, 2), Case("loss", 600000, 64, 10), Case("loss", 256, 784, 10), Case("loss", 32, 64, 10)],
    Case("loss", 5000, 768, 1000),
]


def calls_of(case: Case) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every loss on the same X, W and b; a loss that takes labels or floats comes twice."""
    data = make_data(case)
    values = np.random.default_rng(1).random((case.N, case.C)).astype(case.dtype)
    for name, row in LOSSES.items():
        for targets in row.targets:
            words = f"{name} of floats" if (targets, *row.targets) == ("values", "labels", "values") else name
            y = data.y if targets == "labels" else values
            yield words, partial(row.linear, data.X, y, data.W, data.b)


def ratios(case: Case, rounds: int, sample: float) -> tuple[float, dict[str, float]]:
    """Seconds of cross-entropy, and the ratio of each loss's time to it."""
    calls = dict(calls_of(case))
    baseline = calls["cross_entropy"]
    baseline()
    start = time.perf_counter()
    baseline()
    repeats = max(1, round(sample / (time.perf_counter() - start)))
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(repeats):
                call()
            seconds[name].append((time.perf_counter() - start) / repeats)
    base = seconds["cross_entropy"]
    return median(base), {
        name: median(mine / theirs for mine, theirs in zip(times, base, strict=True)) for name, times in seconds.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--sample", type=float, default=0.02, help="least seconds of a sample; default: %(default)s")
    given = parser.parse_args()
    fastlc.set_num_threads(given.threads)
    columns: dict[str, list[str]] = {}
    header = ["loss and gradient"]
    for case in SHAPES:
        base, found = ratios(case, given.rounds, given.sample)
        shape = f"{case.N}×{case.D}×{case.C}{'' if case.dtype == 'float32' else ' ' + case.dtype}"
        header.append(f"{shape}, {base * 1e3:.3g} ms")
        for name, ratio in found.items():
            columns.setdefault(name, []).append(f"{ratio:.2f}")
    print(markdown_table(header, [[name, *cells] for name, cells in columns.items()]))


if __name__ == "__main__":
    main()
