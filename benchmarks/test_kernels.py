"""The kernels under pytest-benchmark, to compare two commits: ``pytest benchmarks/ --benchmark-autosave``, then
``pytest benchmarks/ --benchmark-compare``.

A small set of `cases.py`, without peers; how fast fastlc is beside others is what `run.py` tells.
"""

from __future__ import annotations

from typing import Any

import pytest

from fastlc.losses import LOSSES

from .cases import Case, make_data
from .peers import Check, fastlc_peers, own

pytest.importorskip("pytest_benchmark")

CASES = [
    *(Case("loss", 20000, 784, 10, loss=name) for name in LOSSES),
    Case("loss", 20000, 784, 10, "float64"),
    Case("loss", 50000, 128, 2),
    Case("loss", 32, 64, 10),
    Case("loss", 2000, 768, 1000),
    *(Case("step", batch, 784, 10) for batch in (1, 32, 256)),
    Case("epoch", 20000, 784, 10, batch=32),
    *(Case("predict", rows, 784, 10) for rows in (1, 100, 20000)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_kernel(case: Case, benchmark: Any) -> None:
    data = make_data(case)
    (peer,) = fastlc_peers(case, threads=1)
    Check(case, data)(peer)
    benchmark.group = case.task
    benchmark(peer.make(own(case, data)))
