"""Fixtures that every test of a kernel is a loop over: instruction sets, dtypes, losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import fastlc
from fastlc import _core

from .support.cases import DTYPES, SPECS, exclusive, spec_id

# Failures must be the same on every machine, and a busy one is no failure. `isa` and `dtype` hold for a whole test
# function, so that hypothesis's warning about fixtures which are not renewed for each example does not concern them.
settings.register_profile(
    "fastlc", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("fastlc")


@pytest.fixture(params=_core.isas_usable)
def isa(request: pytest.FixtureRequest) -> Iterator[str]:
    """The test runs once under each instruction set that this machine has."""
    before = _core.get_isa()
    _core._set_isa(request.param)
    assert _core.get_isa() == request.param
    yield request.param
    _core._set_isa(before)


@pytest.fixture(params=DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def dtype(request: pytest.FixtureRequest) -> Any:
    return request.param


def _specs_fixture(chosen: Callable[[Any], bool]) -> Any:
    return pytest.fixture(params=[spec for spec in SPECS if chosen(spec)], ids=spec_id)(lambda request: request.param)


spec = _specs_fixture(lambda spec: True)
"""A loss of the registry, with one kind of targets."""
label_spec = _specs_fixture(lambda spec: spec.targets == "labels")
"""One whose y are labels."""
value_spec = _specs_fixture(lambda spec: spec.targets == "values")
"""One whose y are float targets."""
exclusive_spec = _specs_fixture(exclusive)
"""One whose classes exclude each other, so that scores matter by their differences alone."""
ovr_spec = _specs_fixture(lambda spec: spec.targets == "labels" and spec.one_vs_rest)
"""One that holds each class against the rest; a single one has labels 0 and 1."""


@pytest.fixture(autouse=True)
def _threads_restored() -> Iterator[None]:
    before = fastlc.get_num_threads()
    yield
    fastlc.set_num_threads(before)
