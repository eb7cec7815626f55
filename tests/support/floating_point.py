"""Floating-point modes of the calling thread, as other libraries leave them: how it rounds, what denormals become."""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class _Mode(NamedTuple):
    """Bits of the control word that are set and that are cleared before."""

    set: int
    clear: int


class _Processor(NamedTuple):
    word: int
    """Where the control word is among the 32-bit words of fenv_t, as the C library stores it."""
    modes: dict[str, _Mode]


_X86 = _Processor(
    7,  # MXCSR, behind what there is of the x87
    {
        "downward": _Mode(0x2000, 0x6000),
        "upward": _Mode(0x4000, 0x6000),
        "toward zero": _Mode(0x6000, 0x6000),
        "results flushed": _Mode(0x8000, 0),
        "operands flushed": _Mode(0x0040, 0),
        "denormals flushed": _Mode(0x8040, 0),
    },
)
_ARM = _Processor(
    0,  # FPCR
    {
        "downward": _Mode(0x800000, 0xC00000),
        "upward": _Mode(0x400000, 0xC00000),
        "toward zero": _Mode(0xC00000, 0xC00000),
        "denormals flushed": _Mode(0x1000000, 0),
    },
)
_processor = {"x86_64": _X86, "aarch64": _ARM}.get(platform.machine() if sys.platform == "linux" else "")
MODES: list[str] = list(_processor.modes) if _processor else []
"""Names of those that can be set here."""


@contextmanager
def mode(name: str) -> Iterator[None]:
    """The calling thread computes in this mode."""
    assert _processor is not None
    library = ctypes.CDLL(None)
    before, changed = (ctypes.c_uint32 * 16)(), (ctypes.c_uint32 * 16)()
    library.fegetenv(before)
    library.fegetenv(changed)
    chosen = _processor.modes[name]
    changed[_processor.word] = changed[_processor.word] & ~chosen.clear | chosen.set
    library.fesetenv(changed)
    try:
        yield
    finally:
        library.fesetenv(before)
