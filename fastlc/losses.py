"""The losses: two functions each, on scores and fused with the linear map, and the registry of their rows.

A row joins a C++ struct (`csrc/kernels/losses.h`) and a function of `fastlc.reference` under one name. Signature,
formula and options come from the reference, so they are written once; type checkers read them in `losses.pyi`, which
`python -m tests.support.stub` writes. `fastlc` exports all names of this file; tests, benchmarks and documentation
iterate over the rows.
"""

from typing import Any as Any  # for annotations of the functions

from numpy.typing import ArrayLike as ArrayLike

from . import _core
from ._registry import LOSSES, register

for _name in _core.losses:
    register(_name, globals())

__all__ = ["LOSSES", *LOSSES, *(f"linear_{_name}" for _name in LOSSES)]
