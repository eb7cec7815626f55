"""The tolerances themselves: wide enough for a correct computation, too narrow for one that misses a single term."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastlc import LOSSES, reference

from . import bounds, oracle
from .cases import all_weights, problem, variants

SHAPE = (40, 30, 6)


def test_every_loss_has_a_bound() -> None:
    assert set(bounds.LOSSES) == set(LOSSES)


def test_every_option_of_a_loss_is_tried(spec) -> None:
    """All tests that go through options take them from `variants`, which cannot know values of a new one."""
    tried = {option for options in variants(spec)[1:] for option in options}
    assert set(spec.options) <= tried, "add values to `variants` of tests/support/cases.py"


def test_the_reference_in_its_own_dtype_is_inside(spec, dtype) -> None:
    p = problem(SHAPE, dtype, spec)
    weights = all_weights(spec, p)
    for options in variants(spec):
        oracle.on_scores(spec.name, p.S, p.y, weights, **options).check(spec.reference(p.S, p.y, **weights, **options))
        expected = oracle.linear(spec.name, p.X, p.y, p.W, p.b, weights, l1=0.1, l2=0.2, **options)
        expected.check(spec.linear_reference(p.X, p.y, p.W, p.b, **weights, l1=0.1, l2=0.2, dX=True, **options))


def _without(a, index):
    changed = a.copy()
    changed[index] = 0
    return changed


@pytest.mark.parametrize(
    ("argument", "index"), [("X", (3, 7)), ("X", (39, 28)), ("W", (5, 29)), ("W", (0, 0)), ("b", (5,))]
)
def test_one_lost_element_is_outside(spec, dtype, argument, index) -> None:
    p = problem(SHAPE, dtype, spec)
    arguments = {"X": p.X, "y": p.y, "W": p.W, "b": p.b}
    expected = oracle.linear(spec.name, *arguments.values(), {})
    arguments[argument] = _without(arguments[argument], index)
    result = spec.linear_reference(**arguments)
    with pytest.raises(AssertionError, match=r"loss.*outside"):
        expected.check_loss(result[0])
    if argument == "X" or not (_slopes(spec, arguments) == _slopes(spec, vars(p))).all():
        with pytest.raises(AssertionError, match=r"dW.*outside"):
            expected.check((float(expected.loss), *result[1:]))


def _slopes(spec, arguments):
    """The derivative by the scores, which between their kinks is constant for some losses."""
    S = reference.scores(*(arguments[name] for name in ("X", "W", "b")))
    return spec.reference(S, arguments["y"])[1]


def test_one_lost_row_is_outside(spec, dtype) -> None:
    p = problem(SHAPE, dtype, spec)
    expected = oracle.linear(spec.name, p.X, p.y, p.W, p.b, {}, reduction="sum")
    result = spec.linear_reference(p.X[:-1], p.y[:-1], p.W, p.b, reduction="sum")
    with pytest.raises(AssertionError, match="loss"):
        expected.check(result)


def test_an_option_or_a_weight_left_out_is_outside(spec, dtype) -> None:
    p = problem(SHAPE, dtype, spec)
    for options in [all_weights(spec, p), *variants(spec)]:
        for name in options:
            lacking = {key: value for key, value in options.items() if key != name}
            expected = oracle.on_scores(spec.name, p.S, p.y, options)
            expected.check(spec.reference(p.S, p.y, **options))
            with pytest.raises(AssertionError, match=r"loss.*outside"):
                expected.check(spec.reference(p.S, p.y, **lacking))
            expected = oracle.linear(spec.name, p.X, p.y, p.W, p.b, options)
            with pytest.raises(AssertionError, match=r"loss.*outside"):
                expected.check_loss(spec.linear_reference(p.X, p.y, p.W, p.b, grad=False, **lacking))


def test_scores_without_their_last_column_are_outside(dtype) -> None:
    p = problem(SHAPE, dtype)
    exact = reference.scores(oracle.wide(p.X), oracle.wide(p.W), oracle.wide(p.b))
    allowed = bounds.scores(p.X, p.W, p.b, p.dtype)
    bounds.assert_within(reference.scores(p.X, p.W, p.b), exact, allowed, "S")
    lacking = reference.scores(p.X[:, :-1], p.W[:, :-1], p.b)
    assert (np.abs(lacking - exact) > allowed).mean() > 0.99


def test_only_hinge_elements_at_the_kink_may_go_either_way(dtype) -> None:
    S = np.array([[0.0, -1.0, -1.5, 3.0]], np.longdouble)  # z = -, 0, -0.5, 4
    _, dS_err = bounds.LOSSES["hinge"](S, np.full(S.shape, 1e-6), np.array([0]), dtype)
    assert dS_err[0, 1] == 1
    assert dS_err[0, 2] == 0
    assert dS_err[0, 3] == 0
    assert 1 <= dS_err[0, 0] < 1.001


def test_only_rivals_that_may_be_the_strongest_may_go_either_way(dtype) -> None:
    def errors(*scores: float) -> Any:
        S = np.array([scores], np.longdouble)  # of the label 0 first
        return bounds.LOSSES["crammer_singer"](S, np.full(S.shape, 1e-6), np.array([0]), dtype)[1].tolist()

    assert errors(0.0, 2.0, 1.0, -5.0) == [[0, 0, 0, 0]]
    assert errors(0.0, 2.0, 2.0 - 1e-6, 1.99) == [[0, 1, 1, 0]]
    assert errors(0.0, -1.0, -1.5, -5.0) == [[1, 1, 0, 0]]  # m = 0
    assert errors(0.0, -1.1, -1.1, -5.0) == [[0, 0, 0, 0]]  # m = -0.1


@pytest.mark.parametrize(
    ("name", "kink"), [("ovr_hinge", 1.0), ("ovr_perceptron", 0.0), ("epsilon_insensitive", 0.1 + 0.5)]
)
def test_only_columns_at_the_kink_may_go_either_way(name, kink, dtype) -> None:
    """The label is that of the first two; all targets of the regression are 1/2."""
    s = np.array([kink, kink + 1e-7, kink - 1e-5, kink + 1e-5], np.longdouble)
    S = s[:, None] * np.ones(3)
    y = np.full(S.shape, 0.5) if name == "epsilon_insensitive" else np.zeros(4, int)
    _, dS_err = bounds.LOSSES[name](S, np.full(S.shape, 1e-6), y, dtype)
    assert dS_err[:2, 0].tolist() == pytest.approx([1, 1], abs=1e-5)
    assert (dS_err[2:, 0] < 1e-5).all()


@pytest.mark.parametrize("name", ["ovr_hinge", "ovr_perceptron"])
def test_given_scores_at_the_kink_go_one_way(name, dtype) -> None:
    """Which one is the loss's definition: nothing is rounded there."""
    S = np.array([[1.0, -1.0, 0.0]], np.longdouble)
    _, dS_err = bounds.LOSSES[name](S, np.zeros(S.shape), np.array([0]), dtype)
    assert (dS_err < 1e-5).all()


@pytest.mark.parametrize("function", ["softmax", "log_softmax", "sigmoid"])
def test_bounds_of_exponentials_are_a_few_ulp(function, dtype) -> None:
    S = np.array([[0.25, -0.5]], dtype)
    exact = getattr(reference, function)(oracle.wide(S))
    allowed = getattr(bounds, function)(oracle.wide(S), np.zeros(S.shape), dtype)
    bounds.assert_within(getattr(reference, function)(S), exact, allowed, function)
    assert (allowed < 32 * bounds.unit(dtype)).all()
