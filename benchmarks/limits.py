"""What the machine allows, measured in the same run as the cases: DRAM read bandwidth and FMA peak.

Both by NumPy alone, one Python thread a core. Bandwidth: `numpy.dot` of an array far larger than the caches with
itself. FMA peak: a large matrix product, as a proxy; OpenBLAS brings it to about nine tenths of what the multipliers
can do. The limit is thus a little too easy, and a kernel better than OpenBLAS's may exceed it; so may a case whose
arrays stay in a cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from cases import Case
from numpy_peer import in_parallel
from threadpoolctl import threadpool_limits

DRAM_BYTES = 2**28
"""Read by each thread: several times the largest cache."""
FMA_SIZES = (768, 2048)
"""Of the square matrices that are multiplied; the best counts."""


@dataclass(frozen=True)
class Limits:
    """Of one number of threads."""

    dram_bytes_per_second: float
    flops_per_second: dict[str, float]
    """By dtype."""

    def seconds(self, case: Case) -> float:
        """The least time that the case can take: its arrays read once, its products at the FMA peak."""
        return max(case.read_bytes / self.dram_bytes_per_second, case.flops / self.flops_per_second[case.dtype])


def measure_limits(threads: int, dtypes: tuple[str, ...] = ("float32", "float64"), seconds: float = 0.5) -> Limits:
    with threadpool_limits(1):
        arrays = [np.ones(DRAM_BYTES // 4, np.float32) for _ in range(threads)]
        dram = threads * DRAM_BYTES / _median([_dot(a) for a in arrays], seconds)
        del arrays
        peaks = {}
        for dtype in dtypes:
            times = {n: _median([_product(n, dtype) for _ in range(threads)], seconds) for n in FMA_SIZES}
            peaks[dtype] = max(threads * 2.0 * n**3 / time for n, time in times.items())
    return Limits(dram, peaks)


def _dot(a: Any) -> Callable[[], Any]:
    return lambda: np.dot(a, a)


def _product(n: int, dtype: str) -> Callable[[], Any]:
    A, B, out = np.ones((n, n), dtype), np.ones((n, n), dtype), np.empty((n, n), dtype)
    return lambda: np.matmul(A, B, out=out)


def _median(calls: list[Callable[[], Any]], seconds: float) -> float:
    """Seconds that all calls take side by side."""
    run = in_parallel(calls)
    run()
    times: list[float] = []
    end = perf_counter() + seconds
    while len(times) < 3 or perf_counter() < end:
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return median(times)
