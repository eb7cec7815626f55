"""No call keeps its arguments or results alive, whether it works or is refused."""

from __future__ import annotations

import gc
import sys
import tracemalloc

import numpy as np
import pytest

import fastlc

from .cases import FUNCTIONS, working


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_is_kept_alive(function) -> None:
    arguments = working(function)
    arrays = [value for value in arguments.values() if isinstance(value, np.ndarray)]
    last = next(name for name, value in reversed(arguments.items()) if isinstance(value, np.ndarray))
    refused = {**arguments, last: "no array"}  # the last, so that the others have been looked at

    def calls(number: int) -> int:
        """How much memory is in use afterwards."""
        failures = 0
        for _ in range(number):
            getattr(fastlc, function)(**arguments)
            try:
                getattr(fastlc, function)(**refused)
            except (TypeError, ValueError):
                failures += 1
        assert failures == number
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    calls(3)
    references = [sys.getrefcount(array) for array in arrays]
    tracemalloc.start()
    try:
        before = calls(2000)  # until the interpreter's own free lists are full
        grown = calls(2000) - before
    finally:
        tracemalloc.stop()
    assert [sys.getrefcount(array) for array in arrays] == references
    assert grown < 2000 * 16  # even an empty array takes more than 16 bytes
