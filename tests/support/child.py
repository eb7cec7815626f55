"""Runs a piece of Python in a process of its own: for what is decided at import, or ends a process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import fastlc

ANTI_HANG = 300.0
"""Seconds after which a process counts as hung, however slow and busy the machine."""


def start(code: str, **environment: str) -> subprocess.Popen[str]:
    """The child imports the same fastlc as this process, and only what fastlc is told by `environment`."""
    told = ("FASTLC_", "OMP_NUM_THREADS")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(told)}
    found_at = str(Path(fastlc.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env={**inherited, "PYTHONPATH": found_at, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(code: str, **environment: str) -> tuple[int, str, str]:
    """Exit status, what was printed, and what went to stderr."""
    process = start(code, **environment)
    try:
        out, err = process.communicate(timeout=ANTI_HANG)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, out, err


def printed(code: str, **environment: str) -> str:
    """What a child prints that must succeed."""
    status, out, err = run(code, **environment)
    assert status == 0, err
    return out.strip()
