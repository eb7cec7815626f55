"""Numbers that are finite as Python's floats but not in the dtype of the arrays: refused in float32, taken in float64.

A rate of 1e300 would be inf there, and every weight nan after a step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastlc

from ..support.cases import as_bytes, is_constant, own_copy, problem

STEP = ["lr", "momentum", "dampening", "weight_decay", "l1", "l2"]
BEYOND = [3.5e38, 1e39, 1e300, 1.7e308]
"""The largest float32 is about 3.4028e38."""
LARGEST = float(np.finfo(np.float32).max)


def with_momentum(name: str, value: float) -> dict[str, float]:
    """Dampening needs momentum, or it is no matter."""
    return {"lr": 0.0, **({"momentum": 0.5} if name == "dampening" else {}), name: value}


@pytest.mark.parametrize("name", STEP)
def test_rates_of_a_step(name, dtype, isa) -> None:
    for value in [*BEYOND, LARGEST]:
        W, dW, velocity = (np.ones((3, 4), dtype) for _ in range(3))
        before = as_bytes((W, velocity))
        how = with_momentum(name, value)
        if dtype is np.float32 and value > LARGEST:
            with pytest.raises(ValueError, match=rf"^{name} = .*float32"):
                fastlc.sgd_step(W, dW, velocity=velocity, **how)
            assert as_bytes((W, velocity)) == before
        else:
            with np.errstate(all="ignore"):
                fastlc.sgd_step(W, dW, velocity=velocity, **how)


@pytest.mark.parametrize("name", STEP)
@pytest.mark.parametrize("shape", [(17, 4, 3), (20, 4, 140)], ids=str)
def test_rates_of_an_epoch(spec, shape, name, dtype, isa) -> None:
    """One, one for each batch, or a function of the step, whose last is too large: nothing is changed then."""
    p = problem(shape, dtype, spec)
    n_batches = len(range(0, shape[0], 8))
    kinds: list[Any] = [lambda value: value]
    if name == "lr":
        kinds += [lambda value: [0.0] * (n_batches - 1) + [value]]
        kinds += [lambda value: lambda step: value if step == n_batches - 1 else 0.0]
    for kind in kinds:
        for value in (LARGEST, 1e300):
            W, b = own_copy(p.W), own_copy(p.b)
            state = fastlc.SGDState(W, b)
            before = as_bytes((W, b, state.velocity_W, state.velocity_b))
            how = {"loss": spec.name, "batch_size": 8, "state": state, **with_momentum(name, kind(value))}
            if dtype is np.float32 and value > LARGEST:
                with pytest.raises(ValueError, match=rf"^{name} = .*float32"):
                    fastlc.sgd_epoch(p.X, p.y, W, b, **how)
                assert as_bytes((W, b, state.velocity_W, state.velocity_b)) == before
                assert state.step == 0
            else:
                fastlc.sgd_epoch(p.X, p.y, W, b, **how)
                assert state.step == n_batches


@pytest.mark.parametrize("shape", [(9, 4, 1), (17, 4, 3), (20, 4, 140)], ids=str)
def test_options_of_losses(spec, shape, dtype, isa) -> None:
    """A margin or an ε that is inf would make a loss inf or 0 without a word; penalties likewise."""
    p = problem(shape, dtype, spec)
    options = [name for name in spec.options if name in ("margin", "epsilon")]
    signs = {"margin": (1, -1)}
    calls = [
        (spec.on_scores, (p.S, p.y), options),
        (spec.linear, (p.X, p.y, p.W, p.b), [*options, "l1", "l2"]),
    ]
    if not is_constant(spec, shape[2]):
        epoch = {"loss": spec.name, "lr": 0.0, "batch_size": 8}
        trained = (p.X, p.y, own_copy(p.W), own_copy(p.b))
        calls.append((lambda *a, **how: fastlc.sgd_epoch(*a, **epoch, **how), trained, options))
    for call, arguments, names in calls:
        for name in names:
            for value in (sign * value for sign in signs.get(name, (1,)) for value in BEYOND):
                if dtype is np.float32:
                    with pytest.raises(ValueError, match=rf"^{name} = "):
                        call(*arguments, **{name: value})
                else:
                    call(*arguments, **{name: value})
            call(*arguments, **{name: LARGEST / 1e10})
