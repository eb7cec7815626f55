"""Sums of any length: over classes, features and rows, within bounds that do not grow with the length.

The bounds of `tests/support/bounds.py` charge a term of a long sum for the roundings that it meets, not for as many as
there are terms; added one by one in float32, sums of these sizes fall outside of them. Where all terms have one sign,
roundings add up instead of cancelling.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import reference

from ..support import bounds, oracle
from ..support.bounds import assert_within
from ..support.cases import all_weights, exclusive, problem, variants

CLASSES = [64, 65, 129, 5000, 60_000]


@pytest.mark.parametrize("classes", CLASSES)
def test_losses_of_many_given_scores(spec, classes, dtype, isa) -> None:
    p = problem((3, 0, classes), dtype, spec)
    for options in variants(spec):
        for S in (p.S, np.abs(p.S)):
            for weights in ({}, all_weights(spec, p)):
                expected = oracle.on_scores(spec.name, S, p.y, weights, "none", **options)
                expected.check(spec.on_scores(S, p.y, reduction="none", **weights, **options))


@pytest.mark.parametrize("classes", CLASSES)
def test_what_is_read_off_many_scores(classes, dtype, isa) -> None:
    S = problem((3, 0, classes), dtype).S
    wide = S.astype(np.longdouble)
    assert_within(fastlc.softmax(S), reference.softmax(wide), bounds.softmax(S, np.zeros(S.shape), dtype), "softmax")
    allowed = bounds.log_softmax(S, np.zeros(S.shape), dtype)
    assert_within(fastlc.log_softmax(S), reference.log_softmax(wide), allowed, "log_softmax")
    X, W = np.ones((3, 1), dtype), np.ascontiguousarray(S[0][:, None])
    p = fastlc.predict_proba(X, W)
    allowed = bounds.softmax(S[:1], bounds.scores(X, W, None, dtype), dtype)
    assert_within(p[0], reference.softmax(wide[0]), allowed[0], "predict_proba")


@pytest.mark.parametrize("rows", [3, 40], ids=["few rows", "many-class path"])
@pytest.mark.parametrize("classes", [129, 5000, 20_000])
def test_losses_of_many_classes(spec, rows, classes, dtype, isa) -> None:
    """dX is a sum over classes, too."""
    p = problem((rows, 3, classes), dtype, spec)
    X, W = np.abs(p.X), np.abs(p.W)
    for options in variants(spec)[:2]:
        weights = all_weights(spec, p)
        expected = oracle.linear(spec.name, X, p.y, W, p.b, weights, **options)
        expected.check(spec.linear(X, p.y, W, p.b, dX=True, **weights, **options))


@pytest.mark.parametrize("classes", [1, 3, 140])
@pytest.mark.parametrize("features", [1000, 1025, 40_000])
def test_scores_of_many_features(features, classes, dtype, isa) -> None:
    """One, a few and many classes; of one row and of enough for the many-class path."""
    rng = np.random.default_rng(0)
    for rows in (1, 20):
        X = rng.random((rows, features)).astype(dtype)
        W, b = rng.random((classes, features)).astype(dtype), rng.random(classes).astype(dtype)
        want = reference.scores(X.astype(np.longdouble), W.astype(np.longdouble), b.astype(np.longdouble))
        assert_within(fastlc.scores(X, W, b), want, bounds.scores(X, W, b, dtype), "scores")


def slopes_of_one_sign(spec: Any, n: int, classes: int, dtype: Any) -> tuple[Any, Any]:
    """Targets for scores of 0 whose slopes are all of one sign in the last column, as far as the loss has any."""
    if spec.targets == "values":
        return np.full((n, classes), 0.25, dtype), {}
    return np.zeros(n, np.uint8), {"margin": 1.0} if exclusive(spec) and "margin" in spec.options else {}


@pytest.mark.parametrize("shape", [(300_000, 2, 1), (300_000, 3, 2), (40_000, 2, 131)], ids=str)
def test_gradients_of_many_rows(spec, shape, dtype, isa) -> None:
    """A column of ones makes dW's the same number as db. At W = 0 all rows of a label are alike, so that is known."""
    n, d, classes = shape
    if classes == 1 and exclusive(spec):
        classes = 2
    y, options = slopes_of_one_sign(spec, n, classes, dtype)
    X = np.ones((n, d), dtype)
    X[:, 0] = np.random.default_rng(0).random(n)
    W, b = np.zeros((classes, d), dtype), np.zeros(classes, dtype)
    loss, dW, db = spec.linear(X, y, W, b, **options)
    one_loss, one_dW, one_db = spec.linear_reference(np.ones((1, d)), y[:1], W, b, **options)
    u = bounds.unit(dtype)
    allowed = bounds.gamma(bounds.ROWS + 20, dtype) * np.abs(one_db) + 4 * u
    assert_within(db, one_db, allowed, "db")
    assert_within(dW[:, -1], one_dW[:, -1], allowed, "dW of ones")
    mean = X[:, 0].mean(dtype=np.float64)
    assert_within(dW[:, 0], one_db * mean, allowed, "dW")
    rounding = bounds.gamma(bounds.CLASSES + 20, dtype) + bounds.gamma(n, np.float64)
    assert loss == pytest.approx(one_loss, rel=rounding)


def test_gradients_of_many_rows_do_not_drift(isa) -> None:
    """A million rows of one sign in float32: what was off by 1e-3 is off by no more than a few roundings."""
    n = 1_000_000
    X = np.ones((n, 2), np.float32)
    y = (np.arange(n) % 100 == 0).astype(np.uint8)
    _, dW, db = fastlc.linear_logistic(X, y, np.zeros((1, 2), np.float32), np.zeros(1, np.float32))
    np.testing.assert_allclose(dW[0], 0.49, rtol=bounds.gamma(bounds.ROWS, np.float32))
    np.testing.assert_allclose(db, 0.49, rtol=bounds.gamma(bounds.ROWS, np.float32))


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("classes", [3, 200])
def test_a_sum_with_inf_or_nan_is_what_ieee_says(spec, value, classes, dtype, isa) -> None:
    """What additions lose cannot be told of them, and must not make a nan of an inf."""
    p = problem((4, 0, classes), dtype, spec)
    S = np.array(p.S)
    S[1, 2] = value
    loss, dS = spec.on_scores(S, p.y, reduction="none")
    want, want_dS = spec.reference(S.astype(np.longdouble), oracle.wide(p.y), reduction="none")
    for got, expected in ((loss, want), (dS, want_dS)):
        expected = np.asarray(expected)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
        np.testing.assert_array_equal(np.isinf(got), np.isinf(expected))


def test_blocks_of_rows_that_all_count_for_nothing(dtype, isa) -> None:
    """Among a long sum's blocks; the gradient is that of the others."""
    n = 100_000
    X, y = np.ones((n, 2), dtype), np.zeros(n, np.int8)
    for live in (slice(0, 10), slice(n - 10, n), slice(40_000, 60_000), slice(0, 0)):
        v = np.zeros(n, dtype)
        v[live] = 1
        _, dW, db = fastlc.linear_logistic(X, y, np.zeros((1, 2), dtype), np.zeros(1, dtype), sample_weight=v)
        want = 0.5 if v.any() else 0
        np.testing.assert_allclose(dW, want, rtol=1e-5)
        np.testing.assert_allclose(db, want, rtol=1e-5)


@pytest.mark.parametrize("name", fastlc.LOSSES)
def test_long_sums_have_the_same_bits_for_any_number_of_threads(name) -> None:
    spec = fastlc.LOSSES[name]
    y = np.zeros((60_000, 2), np.float32) if "labels" not in spec.targets else np.zeros(60_000, np.int64)
    X = np.random.default_rng(0).random((60_000, 5)).astype(np.float32)
    W, b = np.full((2, 5), 0.1, np.float32), np.zeros(2, np.float32)
    seen = set()
    for threads in (1, 2, 3, 7):
        fastlc.set_num_threads(threads)
        loss, dW, db = spec.linear(X, y, W, b)
        seen.add((loss, dW.tobytes(), db.tobytes()))
    assert len(seen) == 1
