"""The seam between the drivers of the kernels and the rows of X: a second kind of rows, which the library has not."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPILER = os.environ.get("CXX", "g++")


@pytest.mark.skipif(shutil.which(COMPILER) is None, reason=f"the compiler {COMPILER} was not found")
@pytest.mark.skipif(not (ROOT / "csrc").is_dir(), reason="the sources are not here")
def test_plain_sparse_rows_have_the_bits_of_dense_ones(tmp_path: Path) -> None:
    """Losses, gradients, a step and scores, for every loss and kind of targets; see features.cpp."""
    program = tmp_path / "features"
    flags = ["-std=c++20", "-O1", "-Wno-psabi", "-ffp-contract=off", f"-I{ROOT / 'csrc'}", "-pthread"]
    sources = [ROOT / "tests/native/features.cpp", ROOT / "csrc/runtime/parallel.cpp"]
    subprocess.run([COMPILER, *flags, *sources, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].endswith(" compared, 0 different")
