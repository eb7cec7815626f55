"""Errors against 50-digit arithmetic, on few rows; `python -m tests.support.accuracy` measures them on many."""

from __future__ import annotations

import numpy as np
import pytest

from fastlc import LOSSES, _core

mpmath = pytest.importorskip("mpmath")

from ..support import accuracy, bounds  # noqa: E402  (needs mpmath)
from ..support.cases import SPECS, spec_id  # noqa: E402


@pytest.fixture(autouse=True)
def _fifty_digits() -> None:
    mpmath.mp.dps = accuracy.DIGITS


@pytest.fixture(autouse=True)
def _instruction_set_restored():
    before = _core.get_isa()
    yield
    _core._set_isa(before)


def test_every_loss_has_an_exact_version() -> None:
    assert set(accuracy.EXACT) == {(name, targets) for name, spec in LOSSES.items() for targets in spec.targets}


@pytest.mark.parametrize("spec", SPECS, ids=spec_id)
def test_losses_and_gradients(spec, dtype) -> None:
    found = list(accuracy.loss_shares(spec, dtype, rows_each=3))
    assert [isa for isa, _, _ in found] == list(_core.isas_usable)
    for isa, loss, gradient in found:
        assert loss <= 1, isa
        assert gradient <= 1, isa


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sigmoid"])
def test_functions_of_scores(name, dtype) -> None:
    found = list(accuracy.function_shares(name, dtype, rows_each=3))
    assert [isa for isa, _ in found] == list(_core.isas_usable)
    for isa, share in found:
        assert share <= 1, isa


def test_gradients_of_many_rows(dtype, isa) -> None:
    """Within what is charged for them, and not exact by chance."""
    for rows in (1000, 100_000):
        assert 0 < accuracy.sum_over_rows_error(rows, dtype) <= bounds.ROWS


@pytest.mark.parametrize("function", accuracy.DOMAINS)
def test_elementary_functions(function, dtype, isa) -> None:
    """Within what `tests/support/bounds.py` charges for them, in units of half an ulp at most."""
    ulps = accuracy.ulps_of_float32(function, 65537) if dtype is np.float32 else accuracy.ulps_of_float64(function, 300)
    charged = {"exp": bounds.EXP, "log": bounds.LOG, "log1p": bounds.LOG1P}[function]
    assert 0 < ulps <= charged / 2


def test_a_wrong_digit_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exact value off by a millionth is far outside of the bounds of float64, and so is its derivative."""
    right = accuracy.EXACT["logistic", "labels"]
    monkeypatch.setitem(accuracy.EXACT, ("logistic", "labels"), lambda s, y: right(s, y) * mpmath.mpf("1.000001"))
    spec = next(spec for spec in SPECS if (spec.name, spec.targets) == ("logistic", "labels"))
    for _, loss, gradient in accuracy.loss_shares(spec, np.float64, rows_each=1):
        assert loss > 1000
        assert gradient > 1000
