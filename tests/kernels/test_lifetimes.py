"""No call keeps its arguments or results alive, or works in memory that they no longer have."""

from __future__ import annotations

import gc
import inspect
import sys
import tracemalloc
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import fastlc

from ..support.cases import FUNCTIONS, Arguments, ones, working


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
        in_use = [calls(1000) for _ in range(4)]
    finally:
        tracemalloc.stop()
    assert [sys.getrefcount(array) for array in arrays] == references
    # At some time the interpreter's free lists are full.
    grown = min(after - before for before, after in pairwise(in_use))
    assert grown < 1000 * 16  # even an empty array takes more than 16 bytes


# ---------------------------------------------------------------------------------------------------------------------
# Arrays that are changed by code that runs while the arguments are read
# ---------------------------------------------------------------------------------------------------------------------


def _resize(a: Any) -> None:
    a.resize((1,) * a.ndim, refcheck=False)


def _set_state(a: Any) -> None:
    a.__setstate__((1, (1,), a.dtype, False, bytes(a.itemsize)))


def _reshape(a: Any) -> None:
    a.shape = a.shape[::-1] if a.ndim > 1 else (a.size, 1)


def _retype(a: Any) -> None:
    a.dtype = np.int32 if a.itemsize == 4 else np.int64 if a.dtype.kind == "f" else np.float64


def _lock(a: Any) -> None:
    a.flags.writeable = False


def full(function: str) -> Arguments:
    """Arguments that work, with as many arrays as there can be."""
    arguments = working(function)
    if function == "sgd_epoch":
        state = fastlc.SGDState(arguments["W"], arguments["b"], average_from=0)
        more = {"sample_weight": ones(6), "class_weight": ones(3), "order": np.arange(6), "lr": np.full(3, 0.1)}
        return {**arguments, **more, "state": state, "momentum": 0.5}
    if function == "sgd_step":
        return {**arguments, "velocity": ones(3, 4), "momentum": 0.5}
    if function == "scores":
        return {**arguments, "out": ones(6, 3)}
    spec = fastlc.LOSSES.get(function.removeprefix("linear_"))
    if spec is None:
        return arguments
    of_classes = {name: ones(3) for name in ("class_weight", "pos_weight") if name in spec.keywords}
    return {**arguments, "sample_weight": ones(6), **of_classes}


def arrays_of(arguments: Arguments) -> dict[str, Any]:
    """By the names in sentences, those of a state included."""
    state = arguments.get("state")
    found = {**arguments, **({} if state is None else vars(state))}
    return {name: a for name, a in found.items() if isinstance(a, np.ndarray)}


def that_runs(code: Callable[[], object], method: str, value: Any) -> Any:
    """An object that stands for a value by a method, and runs code when it is asked."""

    def ask(self: Any, *_: Any, **__: Any) -> Any:
        code()
        return value

    return object.__new__(type("Asked", (), {method: ask}))


def readers(function: str, arguments: Arguments) -> dict[str, tuple[str, Any]]:
    """The arguments that can run code when they are read: by which method, and the value that it gives."""
    parameters = inspect.signature(getattr(fastlc, function)).parameters
    written = {"out", "velocity", *{"sgd_step": ["W"], "sgd_epoch": ["W", "b"]}.get(function, [])}
    found = {name: ("__array__", a) for name, a in arguments.items() if isinstance(a, np.ndarray)}
    found = {name: reader for name, reader in found.items() if name not in written}
    found |= {name: ("__float__", 0.5) for name in ("l1", "l2", "momentum", "margin") if name in parameters}
    found |= {name: ("__index__", 2) for name in ("ignore_index", "batch_size") if name in parameters}
    found |= {name: ("__bool__", True) for name in ("grad", "dX") if name in parameters}
    return found | ({"lr": ("__call__", 0.1)} if function == "sgd_epoch" else {})


@pytest.mark.parametrize("change", [_resize, _set_state, _reshape, _retype, _lock])
@pytest.mark.parametrize("function", [f for f in FUNCTIONS if len(readers(f, working(f))) > 1])
def test_arrays_that_change_while_the_arguments_are_read(function, change) -> None:
    """Each array, by every argument that can do it. Changed before it was taken it is another argument; after that the
    call is refused, and there are arguments that are read after it, unless it is the last."""
    found = set()
    for name in arrays_of(full(function)):
        for by, (method, value) in readers(function, full(function)).items():
            arguments = full(function)
            target = arrays_of(arguments)[name]

            def code(target: Any = target) -> None:
                if target.flags.writeable and target.size > 1:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")  # deprecated, some of it, but possible
                        change(target)

            asked = that_runs(code, method, arguments[by] if method == "__array__" else value)
            try:
                getattr(fastlc, function)(**{**arguments, by: asked})
            except (TypeError, ValueError) as error:
                found |= {name} if str(error) == f"{name} was changed while the arguments were read" else set()
    assert found >= set(arrays_of(full(function))) - LAST.get(function, {"pos_weight", "class_weight", "sample_weight"})


LAST = {
    "scores": {"b", "out"},
    "predict": {"b"},
    "predict_proba": {"b"},
    "sgd_step": {"dW"},
    "sgd_epoch": {"lr"},
}
"""Arrays that nothing is read after that could change them."""


@pytest.mark.parametrize(
    "view", [lambda a: a[:], lambda a: a[1:][:4], lambda a: a.view(np.memmap)], ids=["a", "b", "c"]
)
def test_a_view_whose_base_changes(view) -> None:
    """The view itself is as it was; the memory is gone."""
    base = np.ones((6, 4), np.float32)
    X = view(base)
    y = that_runs(lambda: base.resize((1, 1), refcheck=False), "__array__", np.zeros(len(X), int))
    with pytest.raises(ValueError, match=r"^X was changed while the arguments were read$"):
        fastlc.linear_hinge(X, y, ones(3, 4))


def test_views_of_views() -> None:
    """Followed as far as they go, and not for ever."""
    a: Any = ones(6, 4)
    for i in range(100):
        if i == 20:
            assert fastlc.predict(a, ones(3, 4)).shape == (6,)
        a = np.ndarray.__new__(type(f"Array{i}", (np.ndarray,), {}), a.shape, a.dtype, a)
    with pytest.raises(ValueError, match=r"^X is a view of a view of too many views, expected a copy$"):
        fastlc.predict(a, ones(3, 4))
