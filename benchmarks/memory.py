"""How much memory a peer needs beyond the arrays of the case, measured in a fresh process of its own.

It is the peak of the resident memory during a call, over what the process held before the peer was made: results,
buffers, copies of the arrays and compiled code count; interpreter, imports and the arrays themselves do not. The peer
was called on a few rows before, since libraries load and allocate parts of themselves when first used, and once on all
rows, so that what compiling takes for a moment does not count either.

Linux only: the kernel tells the peak (``VmHWM``), and starts it anew when asked.

    python -m benchmarks.memory '{"case": {"task": "loss", "N": 1000, …}, "threads": 1, "library": "numpy", …}'

prints the bytes. No other library is imported.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import fastlc

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")
AUTOMATIC_SCORES = 10**6
"""Cases with more scores are measured unless the runner is told: here it matters whether scores are stored."""
TIMEOUT = 600.0
"""Seconds after which a process counts as hung."""


def can_measure() -> bool:
    """Whether this system tells the peak of a process's memory and can start it anew."""
    try:
        RESET.write_text("5", encoding="ascii")
        return _status("VmHWM") > 0
    except (OSError, KeyError):
        return False


def growth(make: Callable[[], Callable[[], Any]]) -> int:
    """Bytes: the peak during the second call of what `make` returns, over what there was before `make`."""
    gc.collect()
    before = _status("VmRSS")
    call = make()
    call()
    RESET.write_text("5", encoding="ascii")
    call()
    return max(0, _status("VmHWM") - before)


def _status(name: str) -> int:
    """A line of the kernel's status of this process, in bytes."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text(encoding="ascii", errors="replace").splitlines())
    return int(lines[name].split()[0]) * 1024


def measure_memory(case: Any, threads: int, library: str, variant: str = "") -> int | None:
    """Bytes that a variant of a library needs for a `Case`; None where the system does not tell.

    Raises RuntimeError if its process fails or hangs.
    """
    if not can_measure():
        return None
    task = json.dumps({"case": asdict(case), "threads": threads, "library": library, "variant": variant})
    here = Path(__file__).resolve().parents[__name__.count(".")]  # of the package that this module is of
    found_at = [str(Path(fastlc.__file__).parents[1]), str(here), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(found_at),
        "MALLOC_MMAP_THRESHOLD_": str(2**20),  # glibc gives large blocks back when freed, whatever was freed before
    }
    command = [sys.executable, "-P", "-m", __name__, task]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"its process took more than {TIMEOUT:.0f} s") from None
    printed = done.stdout.split()[-1:]
    if done.returncode != 0 or not printed or not printed[0].isdecimal():
        last = done.stderr.strip().rpartition("\n")[2] or "nothing was printed"
        raise RuntimeError(f"its process ended with status {done.returncode}: {last}")
    return int(printed[0])


def main() -> None:
    from threadpoolctl import threadpool_limits

    from .cases import Case, make_data
    from .peers import LIBRARIES, own

    task = json.loads(sys.argv[1])
    case = Case(**task["case"])
    fastlc.set_num_threads(task["threads"])
    peers = LIBRARIES[task["library"]](case, task["threads"])
    names = [peer.variant for peer in peers]
    peer = peers[names.index(task["variant"])]
    data = make_data(case)
    with threadpool_limits(peer.blas_threads, "blas"):
        peer.make(own(case, data.first(min(case.N, 8), data.lr)))()
        mine = own(case, data)
        print(growth(lambda: peer.make(mine)))


if __name__ == "__main__":
    main()
