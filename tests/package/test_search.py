"""Random search and evolution: what they evaluate, what they keep, and what they do when f or the user objects."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc.lecture.search import SearchResult, evolution, random_search

from ..support.cases import DTYPES

SEARCHES = [
    pytest.param(random_search, id="random"),
    pytest.param(lambda *args, **options: random_search(*args, local=True, **options), id="local"),
    pytest.param(evolution, id="evolution"),
]
every_search = pytest.mark.parametrize("search", SEARCHES)


class Bowl:
    """(w − 1)², and all that it was asked."""

    def __init__(self, stop_after: int | None = None, error: BaseException | None = None) -> None:
        self.points: list[Any] = []
        self.values: list[float] = []
        self.stop_after, self.error = stop_after, error

    def __call__(self, w: Any) -> float:
        if len(self.points) == self.stop_after:
            assert self.error is not None
            raise self.error
        value = float(((w - 1) ** 2).sum())
        self.points.append(w.copy())
        self.values.append(value)
        w[...] = np.nan  # what the function does to its argument is its own affair
        return value


@every_search
@pytest.mark.parametrize("dtype", DTYPES)
def test_it_keeps_the_best_of_what_it_evaluated(search: Any, dtype: Any) -> None:
    f, x0 = Bowl(), np.full((2, 3), 2.0, dtype)
    result = search(f, x0, evaluations=300)
    assert isinstance(result, SearchResult)
    assert result.nfev == len(f.points) == 300
    assert not result.interrupted
    np.testing.assert_array_equal(f.points[0], x0)
    assert {(p.dtype, p.shape) for p in f.points} == {(np.dtype(dtype), (2, 3))}
    np.testing.assert_array_equal(result.history, np.minimum.accumulate(f.values))
    assert result.fun == min(f.values) < f.values[0]
    np.testing.assert_array_equal(result.x, f.points[int(np.argmin(f.values))])
    np.testing.assert_array_equal(x0, 2)
    assert result.x.dtype == dtype


@every_search
def test_the_seed_decides(search: Any) -> None:
    runs = [search(Bowl(), np.zeros(4), evaluations=200, seed=seed).history for seed in (0, 0, 1)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()
    a, b = (search(Bowl(), np.zeros(4), evaluations=200, seed=np.random.default_rng(7)).fun for _ in range(2))
    assert a == b


def test_random_points_lie_around_the_start_and_local_ones_around_the_best() -> None:
    f = Bowl()
    random_search(f, np.full(1000, 5.0), evaluations=50, scale=0.5)
    steps = np.array(f.points[1:]) - 5
    # The mean and variance of 49,000 normal deviates, within five standard errors.
    assert abs(steps.mean()) < 5 * 0.5 / np.sqrt(steps.size)
    assert abs(steps.var() / 0.25 - 1) < 5 * np.sqrt(2 / steps.size)

    f = Bowl()
    random_search(f, np.full(1000, 5.0), evaluations=50, scale=0.01, local=True)
    for i in range(1, 50):
        best = f.points[int(np.argmin(f.values[:i]))]
        assert abs((f.points[i] - best).std() / 0.01 - 1) < 5 * np.sqrt(0.5 / 1000)


def test_evolution_begins_at_the_start_exactly() -> None:
    f = Bowl()
    x0 = np.array([1e-9, 3.3, 1e9])
    evolution(f, x0, evaluations=100, bound=1e6)
    np.testing.assert_array_equal(f.points[0], x0)


def test_evolution_takes_whole_generations_and_stays_within_its_bound() -> None:
    f = Bowl()
    result = evolution(f, np.full(3, 10.0), evaluations=159, population=20, scale=0.5, bound=2.0)
    assert result.nfev == len(f.points) == 140
    points = np.array(f.points)
    assert 8 - 1e-12 <= points.min() < 8.1  # it wants to 1
    assert points.max() <= 12 + 1e-12
    assert 0.4 < points[:20].std() < 0.6
    assert evolution(lambda w: 0.0, np.zeros(2), evaluations=200).nfev == 200  # a flat one is no reason to stop


@every_search
def test_a_linear_classifier(search: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    y = (X @ [1.0, 2.0] > 0).astype(int)
    result = search(lambda W: fastlc.linear_hinge(X, y, W, grad=False), np.zeros((2, 2)), evaluations=500)
    assert result.history[0] == 1  # C − 1
    assert (fastlc.predict(X, result.x) == y).mean() > 0.9


@every_search
@pytest.mark.parametrize("after", [0, 1, 120])
def test_an_interruption_keeps_what_was_found(search: Any, after: int) -> None:
    f = Bowl(after, KeyboardInterrupt())
    x0 = np.full(3, 4.0)
    result = search(f, x0, evaluations=1000)
    assert result.interrupted
    assert result.nfev == after
    assert result.fun == min([*f.values, np.inf])
    np.testing.assert_array_equal(result.x, f.points[int(np.argmin(f.values))] if after else x0)
    assert "interrupted" in repr(result)


@every_search
@pytest.mark.parametrize("after", [0, 120])
@pytest.mark.parametrize("error", [ValueError("mine"), TypeError("mine"), RuntimeError("mine"), StopIteration("mine")])
def test_an_error_of_the_function_reaches_the_caller(search: Any, after: int, error: Exception) -> None:
    error.__cause__ = KeyError("inner")
    with pytest.raises(type(error), match=r"^mine$") as caught:
        search(Bowl(after, error), np.zeros(3), evaluations=1000)
    assert isinstance(caught.value.__cause__, KeyError)


@every_search
def test_nan_and_inf_are_never_the_best(search: Any) -> None:
    values = iter([np.nan, np.inf, 3.0, np.nan, 2.0, *[np.nan] * 500])
    result = search(lambda w: next(values), np.zeros(2), evaluations=200)
    assert result.fun == 2.0
    np.testing.assert_array_equal(result.history[:5], [np.inf, np.inf, 3, 3, 2])
    hopeless = search(lambda w: np.nan, np.ones(2), evaluations=100)
    assert hopeless.fun == np.inf
    np.testing.assert_array_equal(hopeless.x, 1)


def test_members_of_a_population_that_are_nan_are_replaced() -> None:
    bowl = Bowl()

    def f(w: Any) -> float:
        value = bowl(w)
        return np.nan if 1 < len(bowl.points) <= 50 else value

    assert evolution(f, np.zeros(3), evaluations=3000).fun < 1e-6


@every_search
@pytest.mark.parametrize(
    ("f", "x0", "options", "error", "message"),
    [
        (Bowl(), np.zeros(3, int), {}, TypeError, r"^x0 has dtype int64, expected float32 or float64"),
        (Bowl(), np.array([1.0, np.nan]), {}, ValueError, r"^x0 holds nan or inf, expected finite numbers$"),
        (Bowl(), np.zeros(3), {"seed": -1}, ValueError, r"^seed = -1: "),
        (lambda w: "1.5", np.zeros(3), {}, TypeError, r"^f\(x\) is a str, expected a number"),
        (lambda w: b"1.5", np.zeros(3), {}, TypeError, r"^f\(x\) is a bytes, expected a number"),
        (lambda w: 1.5 + 0j, np.zeros(3), {}, TypeError, r"^f\(x\) is a complex, expected a number"),
        (lambda w: w[:1], np.zeros(3), {}, TypeError, r"^f\(x\) is an array of shape \(1,\), expected a number"),
        (lambda w: 10**400, np.zeros(3), {}, ValueError, r"^f\(x\) is an integer beyond any float"),
        ("f", np.zeros(3), {}, TypeError, r"^f is a str, expected a function$"),
        (Bowl(), np.zeros(3), {"progress": "no"}, TypeError, r"^progress is a str, "),
        (Bowl(), np.zeros(3), {"evaluations": True}, TypeError, r"^evaluations .*expected an integer"),
        (lambda w: w, np.zeros(3), {}, TypeError, r"^f\(x\) is an array of shape \(3,\), expected a number"),
        (Bowl(), np.zeros(3), {"scale": 0}, ValueError, r"^scale = 0, expected a finite number > 0$"),
        (Bowl(), np.zeros(3), {"evaluations": 0}, ValueError, r"^evaluations = 0, expected an integer >= "),
        (Bowl(), np.zeros(3), {"evaluations": 2.5}, TypeError, r"^evaluations is a float, expected an integer >= "),
        (lambda w: (1.0, w), np.zeros(3), {}, TypeError, r"^f\(x\) is a tuple, expected a number .*grad=False"),
        (lambda w: None, np.zeros(3), {}, TypeError, r"^f\(x\) is a NoneType, expected a number"),
    ],
)
def test_what_does_not_fit_is_refused(search: Any, f: Any, x0: Any, options: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        search(f, x0, **options)


@pytest.mark.parametrize("local", ["False", 0.0, None, []])
def test_text_is_no_flag(local: Any) -> None:
    with pytest.raises(TypeError, match=r"^local is a \w+, "):
        random_search(Bowl(), np.zeros(3), local=local)


class Value:
    """A number that cannot be had."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __float__(self) -> float:
        raise self.error


@every_search
@pytest.mark.parametrize("error", [ValueError("mine"), MemoryError("mine"), SystemExit("mine")])
def test_an_error_of_the_value_reaches_the_caller(search: Any, error: BaseException) -> None:
    with pytest.raises(type(error), match=r"^mine$"):
        search(lambda w: Value(error), np.zeros(3))


@every_search
def test_numbers_without_axes_are_numbers(search: Any) -> None:
    for made in (float, np.float32, np.array, lambda value: int(value)):
        assert search(lambda w, made=made: made((w**2).sum()), np.ones(3), evaluations=100).nfev == 100


@pytest.mark.parametrize(
    ("x0", "options", "message"),
    [
        (np.zeros(3), {"population": 4}, r"^population = 4, expected an integer >= 5$"),
        (np.zeros(3), {"evaluations": 99}, r"^evaluations = 99, expected an integer >= 100$"),
        (np.zeros(3), {"bound": 0.0}, r"^bound = 0, expected a finite number > 0$"),
        (np.zeros((0, 3)), {}, r"^x0 has shape \(0, 3\), expected at least one number to vary$"),
    ],
)
def test_evolution_refuses(x0: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evolution(Bowl(), x0, **options)


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    message = r"^fastlc\.lecture\.search\.evolution needs SciPy: pip install 'fastlc\[search\]'$"
    with pytest.raises(ImportError, match=message):
        evolution(Bowl(), np.zeros(2))
    assert random_search(Bowl(), np.zeros(2), evaluations=3).nfev == 3


@every_search
def test_progress(search: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bars = []

    class Bar:
        def __init__(self, **options: Any) -> None:
            self.total, self.steps, self.closed = options["total"], 0, False
            bars.append(self)

        def update(self) -> None:
            self.steps += 1

        def close(self) -> None:
            self.closed = True

    monkeypatch.setattr("tqdm.tqdm", Bar)
    search(Bowl(), np.zeros(2), evaluations=100, progress=True)
    search(Bowl(30, KeyboardInterrupt()), np.zeros(2), evaluations=100, progress=True)
    assert [(bar.total, bar.steps, bar.closed) for bar in bars] == [(100, 100, True), (100, 30, True)]
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"\(progress=True\) needs tqdm: pip install 'fastlc\[demo\]'$"):
        search(Bowl(), np.zeros(2), evaluations=100, progress=True)
