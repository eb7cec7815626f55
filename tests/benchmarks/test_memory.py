"""The scores are never stored: the peak memory of a call stays far below what they would take, however many there are.

Measured as the benchmark does, in processes of their own: the peak of the resident memory over what there was before.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ..support import child

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
if not FOLDER.is_dir():
    pytest.skip("the benchmarks, which measure memory, are not beside the tests", allow_module_level=True)
sys.path.insert(0, str(FOLDER.parent))

from benchmarks.memory import can_measure  # noqa: E402

if not can_measure():
    pytest.skip("the system does not tell the peak of a process's memory", allow_module_level=True)

MOST = 64 * 10**6
"""Bytes that a fused loss may need beyond its results."""
FEW_CLASSES = 16 * 10**6
"""Bytes that anything may need beyond its results if there are ten classes."""


def _growth(setup: str, call: str, threads: int) -> int:
    return int(
        child.printed(
            f"""
import sys
import numpy as np, fastlc
sys.path.insert(0, {str(FOLDER.parent)!r})
from benchmarks.memory import growth
rng = np.random.default_rng(0)
fastlc.set_num_threads({threads})
{setup}
print(growth(lambda: lambda: {call}))
"""
        )
    )


@pytest.mark.parametrize(("N", "dtype", "threads"), [(4096, "float32", 2), (1024, "float32", 1), (512, "float64", 2)])
def test_fused_gradient_of_many_classes(N: int, dtype: str, threads: int) -> None:
    C, D = 30000, 1024
    setup = f"""
X, W = (rng.standard_normal((rows, {D}), np.float32).astype("{dtype}") for rows in ({N}, {C}))
y = rng.integers({C}, size={N})
"""
    gradient = C * D * int(dtype[5:]) // 8
    assert _growth(setup, "fastlc.linear_cross_entropy(X, y, W)", threads) <= gradient + MOST


@pytest.mark.parametrize(("N", "D", "C"), [(20_000, 64, 20_000), (2000, 200_000, 10)], ids=str)
def test_gradient_of_many_rows_and_weights(N: int, D: int, C: int) -> None:
    """Sums of so many rows are kept in float64: 16 bytes for each weight at most."""
    setup = f"""
X, W = (rng.standard_normal((rows, {D}), np.float32) for rows in ({N}, {C}))
y = rng.integers({C}, size={N})
"""
    gradient = 4 * C * D
    grown = _growth(setup, "fastlc.linear_hinge(X, y, W)", 2)
    assert gradient + 8 * C * D <= grown <= gradient + 16 * C * D + MOST  # and it has come to that


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("fastlc.linear_cross_entropy(X, y, W, b)", 0),
        ("fastlc.sgd_epoch(X, y, W, b, loss='cross_entropy', lr=1e-3, batch_size=256, order=order)", 0),
        ("fastlc.predict(X, W, b)", 8 * 10**6),
    ],
    ids=["linear_cross_entropy", "sgd_epoch", "predict"],
)
def test_many_rows(call: str, result: int, threads: int) -> None:
    setup = """
N, D, C = 10**6, 16, 10
X, W, b = (rng.standard_normal(shape, np.float32) for shape in ((N, D), (C, D), C))
y, order = rng.integers(C, size=N), rng.permutation(N)
"""
    assert _growth(setup, call, threads) <= result + FEW_CLASSES


def test_memory_that_is_written_is_seen() -> None:
    size = 10**8
    grown = _growth("", f"np.ones({size}, np.uint8)", 1)
    assert 0.95 * size < grown < 1.1 * size  # pages already there may be used again
