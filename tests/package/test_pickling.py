"""Every public object is pickled and copied, and works in the processes of a pool as it does here."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import multiprocessing
import pickle
import pkgutil
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import LOSSES, optim, reference

from ..support import child

MODULES = [
    "fastlc",
    *(
        module.name
        for module in pkgutil.walk_packages(fastlc.__path__, "fastlc.")
        if not any(part.startswith("_") for part in module.name.split("."))
    ),
]
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
ROUND_TRIPS: dict[str, Callable[[Any], Any]] = {
    **{f"protocol {n}": lambda value, n=n: pickle.loads(pickle.dumps(value, n)) for n in PROTOCOLS},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@cache
def public() -> dict[str, Any]:
    """By full names: functions, classes and constants of fastlc in its public modules."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(name)
        for attribute in dir(module):
            value = getattr(module, attribute)
            is_constant = type(value).__module__ in ("builtins", "pathlib") and not callable(value)
            if not attribute.startswith("_") and (own(value) or is_constant) and not isinstance(value, ModuleType):
                found[f"{name}.{attribute}"] = value
    return found


def own(value: object) -> bool:
    """A function or class of fastlc itself."""
    return (inspect.isroutine(value) or inspect.isclass(value)) and value.__module__.startswith("fastlc")


def data() -> tuple[Any, Any, Any, Any]:
    """X, y, W, b of 6 rows, 4 features and 3 classes."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 4)), np.arange(6) % 3, rng.normal(size=(3, 4)), rng.normal(size=3)


def values() -> dict[str, Any]:
    """An object of every public class, used so that no field is what it begins with."""
    from fastlc import gradcheck
    from fastlc.lecture import jacobian, search
    from fastlc.solvers import objective, sgd

    X, y, W, b = data()
    state = optim.SGDState(W, b, average_from=1)
    fastlc.sgd_epoch(X, y, W, b, loss="hinge", lr=0.1, batch_size=2, momentum=0.9, state=state)
    plateau = optim.ReduceOnPlateau(0.5, patience=1)
    plateau.update(2.0)
    plateau.update(3.0)
    checked = gradcheck.gradcheck(fastlc.linear_hinge, X, y, W, b)
    parameter = next(iter(checked.parameters.values()))
    stopping = sgd.EarlyStopping(patience=3, tol=0.1, higher_is_better=True)
    stopping.update(2.0)
    stopping.update(1.0)
    return {
        "SGDState": state,
        "SGDState without b": optim.SGDState(W),
        "FitResult": fastlc.fit(X, y, epochs=2, momentum=0.9, average=True, validation_data=(X, y)),
        "GradcheckResult": checked,
        "ParameterCheck": parameter,
        "Element": gradcheck.Element((0, 1), 1.0, 1.5, 0.5, "wrong", 0.25, 0.125),
        "Loss": LOSSES["hinge"],
        "Rows": reference.common.rows_by_class(y, class_weight=b),
        "LinearJacobians": jacobian.linear(X, W),
        "SearchResult": search.random_search(np.sum, b, evaluations=3),
        "Objective": objective.Objective(X, y, "hinge", {"p": 2}, b[y]),
        "Options": sgd.Options(lr=plateau, momentum=0.5),
        "EarlyStopping": stopping,
        "Epoch": sgd.Epoch(1.0, 0.1, 0.25),
        "ReduceOnPlateau": plateau,
        "constant": optim.constant(0.1),
        "step_decay": optim.step_decay(0.1, 3),
        "exponential": optim.exponential(0.1, 0.5),
        "inverse_scaling": optim.inverse_scaling(0.1),
        "cosine": optim.cosine(0.1, 5),
        "optimal": optim.optimal(0.1),
    }


def assert_same(one: Any, other: Any, path: str = "value") -> None:
    """Of one type, and equal in all that they hold; arrays to the bit."""
    assert type(one) is type(other), path
    if isinstance(one, np.ndarray):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes()), path
    elif isinstance(one, fastlc._registry.Loss):
        assert one is other, path
    elif dataclasses.is_dataclass(one):
        assert_same(vars(one), vars(other), path)
    elif isinstance(one, dict):
        assert list(one) == list(other), path
        for key in one:
            assert_same(one[key], other[key], f"{path}[{key!r}]")
    elif isinstance(one, (tuple, list)):
        assert len(one) == len(other), path
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{path}[{i}]")
    elif isinstance(one, BaseException):
        assert one.args == other.args, path
    else:
        assert one == other or (one != one and other != other), path


# ---------------------------------------------------------------------------------------------------------------------
# In this process
# ---------------------------------------------------------------------------------------------------------------------

round_trips = pytest.mark.parametrize("there_and_back", ROUND_TRIPS.values(), ids=ROUND_TRIPS)


@round_trips
def test_public_objects(there_and_back) -> None:
    """A function, class or row comes back as itself."""
    assert {"fastlc.linear_hinge", "fastlc.reference.linear_hinge", "fastlc.optim.cosine"} < public().keys()
    for name, value in public().items():
        found = there_and_back(value)
        if own(value):
            assert found is value, name
        else:
            assert_same(found, value, name)


@round_trips
def test_rows_and_their_functions(there_and_back) -> None:
    for spec in LOSSES.values():
        assert there_and_back(spec) is spec
        for function in (spec.on_scores, spec.linear, spec.reference, spec.linear_reference):
            assert there_and_back(function) is function


def test_there_is_an_object_of_every_public_class() -> None:
    classes = {value for value in public().values() if inspect.isclass(value) and own(value)}
    assert classes == {type(value) for value in values().values()}


@round_trips
@pytest.mark.parametrize("name", values())
def test_objects(name, there_and_back) -> None:
    value = values()[name]
    assert_same(there_and_back(value), value)


@pytest.mark.parametrize("name", ["SGDState", "FitResult"])
def test_a_deep_copy_has_arrays_of_its_own(name) -> None:
    def arrays(value: Any) -> Iterable[np.ndarray]:
        for held in vars(value).values():
            if isinstance(held, np.ndarray):
                yield held
            elif isinstance(held, optim.SGDState):
                yield from arrays(held)

    value = values()[name]
    for copied in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        pairs = list(zip(arrays(value), arrays(copied), strict=True))
        assert len(pairs) >= 4
        assert not any(np.shares_memory(a, b) for a, b in pairs)


@pytest.mark.parametrize("there_and_back", [ROUND_TRIPS["protocol 5"], copy.deepcopy], ids=["pickle", "deepcopy"])
def test_training_goes_on_with_a_copy(there_and_back) -> None:
    """To the same bits as without."""
    X, y, W, b = data()
    arguments = [W, b, optim.SGDState(W, b, average_from=2), optim.ReduceOnPlateau(0.5, patience=0)]

    def train(W: Any, b: Any, state: Any, lr: Any) -> None:
        loss = fastlc.sgd_epoch(X, y, W, b, loss="hinge", lr=lr, batch_size=2, momentum=0.9, state=state)
        lr.update(loss)

    train(*arguments)
    copied = there_and_back(arguments)
    train(*arguments)
    train(*copied)
    assert_same(copied, arguments)


# ---------------------------------------------------------------------------------------------------------------------
# In the processes of a pool
# ---------------------------------------------------------------------------------------------------------------------


def calls() -> dict[str, Any]:
    """Calls of every public function of `fastlc` that computes, of its losses' references, and of objects."""
    X, y, W, b = data()
    S = reference.scores(X, W, b)
    found: dict[str, Any] = {}
    for name, spec in LOSSES.items():
        targets, options = y if "labels" in spec.targets else S / 2, dict.fromkeys(spec.options, 1)
        found[f"row {name}"] = partial(spec, S, targets, **options)
        for module in (fastlc, reference):
            of_scores, linear = getattr(module, name), getattr(module, f"linear_{name}")
            found[f"{module.__name__}.{name}"] = partial(of_scores, S, targets, **options)
            found[f"{module.__name__}.linear_{name}"] = partial(linear, X, targets, W, b, dX=True, **options)
    for name in ("scores", "predict", "predict_proba"):
        found[f"fastlc.{name}"] = partial(getattr(fastlc, name), X, W, b)
    for name in ("softmax", "log_softmax", "sigmoid"):
        found[f"fastlc.{name}"] = partial(getattr(fastlc, name), S)
    made = values()
    epoch = partial(fastlc.sgd_epoch, X, y, W, b, loss="hinge", batch_size=2, momentum=0.9, state=made["SGDState"])
    found["fastlc.sgd_epoch"] = partial(epoch, lr=made["cosine"], margin=0.5)
    found["fastlc.sgd_step"] = partial(fastlc.sgd_step, W, W / 2, 0.1)
    found["fastlc.fit"] = partial(fastlc.fit, X, y, lr=made["ReduceOnPlateau"], epochs=3, label_smoothing=0.1)
    found["fastlc.lecture.shapes.flatten"] = partial(fastlc.lecture.shapes.flatten, X.reshape(6, 2, 2))
    found["FitResult.predict_proba"] = partial(made["FitResult"].predict_proba, X)
    found["ReduceOnPlateau.update"] = partial(made["ReduceOnPlateau"].update, 1.0)
    found["refused"] = partial(fastlc.hinge, S, y + 1)
    for name in ("constant", "step_decay", "exponential", "inverse_scaling", "cosine", "optimal", "ReduceOnPlateau"):
        found[f"{name}(3)"] = partial(made[name], 3)
    return found


def outcome(call: partial[Any]) -> Any:
    """The function as it arrived, its result or error, and its arguments, which it may have changed."""
    call = copy.deepcopy(call)  # calls share their arrays
    try:
        result = call()
    except ValueError as error:
        result = error
    if isinstance(result, fastlc.FitResult):
        del result.history["seconds"]
    return getattr(call.func, "__self__", call.func), result, call.args, call.keywords


def compare_in_pool(kind: str) -> int:
    """How many calls have the same outcome in another process as in this one: all, or it fails."""
    warnings.simplefilter("ignore", DeprecationWarning)  # of fork, beside threads
    given = calls()
    if kind == "loky":
        from joblib import Parallel, delayed

        found = Parallel(n_jobs=2, backend="loky")(delayed(outcome)(call) for call in given.values())
    else:
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(kind)) as pool:
            found = list(pool.map(outcome, given.values(), timeout=child.ANTI_HANG))
    want = {name: outcome(call) for name, call in given.items()}
    assert_same(dict(zip(want, found, strict=True)), want)
    return len(found)


def test_every_function_is_called_in_a_pool() -> None:
    settings = {"get_num_threads", "set_num_threads", "show_config"}
    functions = {name for name, value in vars(fastlc).items() if inspect.isfunction(value) and name[0] != "_"}
    assert {f"fastlc.{name}" for name in functions - settings} <= calls().keys()


@pytest.mark.parametrize("kind", ["spawn", "fork", "forkserver", "loky"])
def test_calls_in_a_pool_of_processes(kind) -> None:
    """From a process of its own, whose main module the workers of a pool import."""
    if kind == "loky":
        pytest.importorskip("joblib")
    elif kind not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {kind}")
    root = Path(__file__).parents[__name__.count(".")]
    code = f"""
        import sys
        sys.path.append({str(root)!r})
        from {__name__} import compare_in_pool
        print(compare_in_pool({kind!r}))
    """
    assert int(child.printed(code)) == len(calls())
