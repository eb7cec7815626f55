"""What the machine allows, its roofline: how fast its cores multiply and add, and how fast they read arrays.

Measured by loops of fastlc's own that do nothing else (`csrc/kernels/roofline.inl`), in the instruction set in use, one
Python thread a core: twelve independent chains of multiply-adds in registers; and the sum of arrays, or `numpy.dot` of
them with themselves where that is faster.

Of several short runs the best counts: a roofline is a maximum, and what slows a run down is not part of it. The speed
of a machine moves, with its clock and its neighbours, so the runner measures again beside every case: a `Gauge` takes
one run before each round of the peers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from fastlc import _core

from .cases import Array, Case
from .peers.numpy_peer import in_parallel

DRAM_BYTES = 2**28
"""Several times the largest cache."""
RUN_BYTES = 10**8
"""Read a run, at least: smaller arrays several times over."""
RUN_MULTIPLY_ADDS = 2**28
"""By each thread; some milliseconds."""


@dataclass(frozen=True)
class Roofline:
    """Of one number of threads."""

    bytes_per_second: float
    flops_per_second: dict[str, float]
    """By dtype."""

    def seconds(self, case: Case) -> float:
        """The least time that the case can take: X and W read once, its products at the peak of multiply-adds.

        The bandwidth beside a case is that of its own X and W, read over and over: arrays that stay in a cache between
        two calls are not charged with the time of DRAM.
        """
        return max(case.read_bytes / self.bytes_per_second, case.flops / self.flops_per_second[case.dtype])


class Gauge:
    """Measures the roofline on so many threads, a run at a time; `arrays` are read."""

    def __init__(self, threads: int, arrays: Sequence[Array], dtypes: Sequence[str]) -> None:
        self.bytes = sum(a.nbytes for a in arrays)
        self.times = -(-RUN_BYTES // max(self.bytes, 1))
        shares = list(zip(*(np.array_split(a.reshape(-1), threads) for a in arrays), strict=True))
        self.reads = [in_parallel([partial(_read, share, self.times) for share in shares])]
        if self.times == 1:
            self.reads.append(in_parallel([partial(_dot, share) for share in shares]))
        multiply_adds = {dtype: partial(_core.multiply_add, dtype, RUN_MULTIPLY_ADDS) for dtype in dtypes}
        self.products = {dtype: in_parallel([run] * threads) for dtype, run in multiply_adds.items()}
        self.flops = 2.0 * threads * RUN_MULTIPLY_ADDS
        self.blas = ThreadpoolController().select(user_api="blas")
        self.best = Roofline(0.0, dict.fromkeys(dtypes, 0.0))

    def run(self) -> None:
        """One run of each loop; `best` keeps the fastest so far."""
        with self.blas.limit(limits=1):
            reading = min(map(_seconds, self.reads))
        peaks = {dtype: self.flops / _seconds(run) for dtype, run in self.products.items()}
        self.best = Roofline(
            max(self.best.bytes_per_second, self.times * self.bytes / reading),
            {dtype: max(peak, peaks[dtype]) for dtype, peak in self.best.flops_per_second.items()},
        )


def measure_roofline(threads: int, runs: int = 10) -> Roofline:
    """Of the machine as a whole: arrays far larger than its caches, and both dtypes."""
    gauge = Gauge(threads, [np.ones(DRAM_BYTES // 4, np.float32)], ("float32", "float64"))
    for _ in range(runs):
        gauge.run()
    return gauge.best


def _read(arrays: Sequence[Array], times: int) -> None:
    for a in arrays:
        _core.read(a, times)


def _dot(arrays: Sequence[Array]) -> None:
    for a in arrays:
        np.dot(a, a)


def _seconds(run: Callable[[], Any]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start
