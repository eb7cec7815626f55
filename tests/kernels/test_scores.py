"""Scores and what is read off them: scores, predict, predict_proba, softmax, log_softmax, sigmoid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import reference

from ..support import bounds
from ..support.bounds import assert_within
from ..support.cases import SHAPES, own_copy, problem, random_shapes
from ..support.oracle import check_array, wide

MAPS = ["softmax", "log_softmax", "sigmoid"]
maps = pytest.mark.parametrize("function", MAPS)


@pytest.fixture(params=SHAPES + random_shapes(30, seed=21), ids=str)
def any_shape(request: pytest.FixtureRequest) -> Any:
    return request.param


# ---------------------------------------------------------------------------------------------------------------------
# The linear map
# ---------------------------------------------------------------------------------------------------------------------


def test_scores(any_shape, dtype, isa) -> None:
    p = problem(any_shape, dtype)
    for b in (p.b, None):
        want = reference.scores(wide(p.X), wide(p.W), wide(b))
        allowed = bounds.scores(p.X, p.W, b, dtype)
        check_array(fastlc.scores(p.X, p.W, b), want, allowed, dtype, "S")
        out = np.full(want.shape, np.nan, dtype)
        assert fastlc.scores(p.X, p.W, b, out=out) is out
        assert out.tobytes() == fastlc.scores(p.X, p.W, b).tobytes()


def test_predict(any_shape, dtype, isa) -> None:
    """The label is the oracle's unless another score is within the error of the best."""
    p = problem(any_shape, dtype)
    if not len(p.W):
        with pytest.raises(ValueError, match=r"^W has no rows$"):
            fastlc.predict(p.X, p.W, p.b)
        return
    for b in (p.b, None):
        exact = reference.scores(wide(p.X), wide(p.W), wide(b))
        allowed = bounds.scores(p.X, p.W, b, dtype)
        labels = fastlc.predict(p.X, p.W, b)
        assert type(labels) is np.ndarray
        assert labels.dtype == np.int64
        assert labels.shape == (len(p.X),)
        if len(p.W) == 1:
            sure = np.abs(exact[:, 0]) > allowed[:, 0]
            assert ((labels == 0) | (labels == 1)).all()
            assert (labels == (exact[:, 0] > 0))[sure].all()
        else:
            chosen = np.take_along_axis(exact + allowed, labels[:, None], 1)
            assert (chosen >= (exact - allowed).max(axis=1, keepdims=True)).all()


def test_predict_proba(any_shape, dtype, isa) -> None:
    p = problem(any_shape, dtype)
    if not len(p.W):
        with pytest.raises(ValueError, match=r"^W has no rows$"):
            fastlc.predict_proba(p.X, p.W, p.b)
        return
    S = reference.scores(wide(p.X), wide(p.W), wide(p.b))
    S_err = bounds.scores(p.X, p.W, p.b, dtype)
    want = reference.predict_proba(wide(p.X), wide(p.W), wide(p.b))
    got = fastlc.predict_proba(p.X, p.W, p.b)
    if len(p.W) == 1:
        allowed = np.hstack([bounds.sigmoid(-S, S_err, dtype), bounds.sigmoid(S, S_err, dtype)])
    else:
        allowed = bounds.softmax(S, S_err, dtype)
        few_roundings = bounds.gamma(len(p.W) + 4, dtype)
        assert_within(got.sum(axis=1, dtype=np.longdouble), np.ones(len(p.X)), few_roundings, "sum of probabilities")
    check_array(got, want, allowed, dtype, "P")


@pytest.mark.parametrize("classes", [2, 3, 5, 8, 9, 17, 33, 70, 200])
@pytest.mark.parametrize("N", [1, 4, 37])
def test_ties_go_to_the_lowest_label(classes, N, dtype, isa) -> None:
    """Small integers, so that equal scores are equal to the bit."""
    rng = np.random.default_rng(classes)
    for D in (1, 3, 16):
        X = rng.integers(-1, 2, (N, D)).astype(dtype)
        W = rng.integers(-1, 2, (classes, D)).astype(dtype)
        b = rng.integers(-1, 2, classes).astype(dtype)
        assert (fastlc.predict(X, W, b) == (X @ W.T + b).argmax(axis=1)).all()
        assert not fastlc.predict(X, np.zeros_like(W)).any()


@pytest.mark.parametrize("classes", [2, 3, 8, 17, 33, 70])
def test_nan_wins_as_in_argmax(classes, dtype, isa) -> None:
    S = own_copy(problem((50, 1, classes), dtype).S)
    rng = np.random.default_rng(0)
    for i in range(1, 50):
        S[i, rng.integers(classes, size=i % 3)] = np.nan
        S[i, rng.integers(classes, size=i % 2)] = [np.inf, -np.inf][i % 4 // 2]
    # X = 1 and D = 1: row i's scores are the bias plus X[i] · 0, so each row gets a call of its own.
    W = np.zeros((classes, 1), dtype)
    for s in S:
        assert fastlc.predict(np.ones((3, 1), dtype), W, s).tolist() == [s.argmax()] * 3


def test_one_row_of_weights_is_positive_or_not(dtype, isa) -> None:
    x = np.array(
        [[-1.0], [-0.0], [0.0], [np.finfo(dtype).smallest_subnormal], [2.0], [np.inf], [-np.inf], [np.nan]], dtype
    )
    one = np.ones((1, 1), dtype)
    labels = fastlc.predict(x, one).tolist()
    del labels[3]  # a subnormal may be taken for 0
    assert labels == [0, 0, 0, 1, 1, 0, 0]
    assert fastlc.predict(x[:1], one, np.array([1.5], dtype)).tolist() == [1]
    P = fastlc.predict_proba(x, one)
    assert P.shape == (8, 2)
    assert P[1].tolist() == [0.5, 0.5]
    assert P[5].tolist() == [0, 1]
    assert P[6].tolist() == [1, 0]
    assert np.isnan(P[7]).all()


@pytest.mark.parametrize("shape", [(12, 9, 3), (6, 7, 1), (40, 33, 12), (15, 17, 70)], ids=str)
def test_nan_and_inf_in_the_linear_map(shape, dtype, isa) -> None:
    """Class by class of value as IEEE says: nan, +inf, -inf and finite where the reference has them."""
    p = problem(shape, dtype)
    rng = np.random.default_rng(0)
    X, W, b = own_copy(p.X), own_copy(p.W), own_copy(p.b)
    for i in range(3):
        X[rng.integers(len(X)), rng.integers(X.shape[1])] = [np.nan, np.inf, -np.inf][i]
    if len(W) > 1:
        W[rng.integers(len(W)), rng.integers(W.shape[1])] = np.inf
    with np.errstate(all="ignore"):
        want = (wide(X)[:, None] * wide(W)).sum(axis=2) + wide(b)
        want_P = reference.predict_proba(X, W, b)
    assert 0 < np.isfinite(want).sum() < want.size
    np.testing.assert_allclose(fastlc.scores(X, W, b), want.astype(dtype), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(fastlc.predict_proba(X, W, b), want_P, rtol=1e-3, atol=1e-6)
    if len(W) > 1:
        assert (fastlc.predict(X, W, b) == want.argmax(axis=1)).all()


@pytest.mark.parametrize("C", [1, 3, 40])
def test_no_overflow_where_there_need_be_none(C, dtype, isa) -> None:
    """The largest number times one, and sums that cancel exactly."""
    large = np.finfo(dtype).max
    X = np.array([[large, 0.0], [0.0, large], [1.0, 1.0]], dtype)
    W = np.tile(np.array([1.0, -1.0], dtype), (C, 1))
    assert (fastlc.scores(X, W) == X @ np.array([1.0, -1.0], dtype)[:, None]).all()


# ---------------------------------------------------------------------------------------------------------------------
# Maps of scores
# ---------------------------------------------------------------------------------------------------------------------


@maps
def test_maps_of_scores(function, any_shape, dtype, isa) -> None:
    S = problem(any_shape, dtype).S
    want = getattr(reference, function)(wide(S))
    allowed = getattr(bounds, function)(wide(S), np.zeros(S.shape), dtype)
    check_array(getattr(fastlc, function)(S), want, allowed, dtype, function)


@maps
def test_maps_of_one_row_are_one_dimensional(function, dtype, isa) -> None:
    for classes in (0, 1, 2, 5, 16, 33, 1000):
        s = np.random.default_rng(classes).normal(0, 3, classes).astype(dtype)
        want = getattr(reference, function)(wide(s))
        allowed = getattr(bounds, function)(wide(s), np.zeros(classes), dtype)
        check_array(getattr(fastlc, function)(s), want, allowed, dtype, function)


@maps
@pytest.mark.parametrize("classes", [2, 3, 8, 21, 100])
def test_maps_of_extreme_scores(function, classes, dtype, isa) -> None:
    """Rows that span -750 … 750, beyond where exp over- and underflows in either dtype, and ±1e4."""
    for size in (750, 104, 88, 1e4):
        rng = np.random.default_rng(int(size))
        S = rng.uniform(-size, size, (60, classes)).astype(dtype)
        S[:20, 0], S[:20, -1] = size, -size
        got = getattr(fastlc, function)(S)
        assert np.isfinite(got).all()
        allowed = getattr(bounds, function)(wide(S), np.zeros(S.shape), dtype)
        check_array(got, getattr(reference, function)(wide(S)), allowed, dtype, function)


def test_exponentials_are_accurate_everywhere(dtype, isa) -> None:
    """Against 0 as the other score, so that no rounding precedes exp: a few ulp for every normal number."""
    limit = 760 if dtype is np.float64 else 110
    x = np.concatenate([np.linspace(-limit, limit, 40_001), np.linspace(-1, 1, 10_001), [0.0, -0.0]]).astype(dtype)
    e = np.exp(-np.abs(wide(x)))
    small, large = e / (1 + e), 1 / (1 + e)
    few_ulp = 10 * bounds.unit(dtype)
    flushed = 2 * bounds.tiny(dtype)
    P = fastlc.softmax(np.stack([x, np.zeros_like(x)], axis=1))
    first, second = np.where(x >= 0, large, small), np.where(x >= 0, small, large)
    assert_within(P[:, 0], first, few_ulp * first + flushed, "softmax")
    assert_within(P[:, 1], second, few_ulp * second + flushed, "softmax")
    assert_within(fastlc.sigmoid(x), first, few_ulp * first + flushed, "sigmoid")
    log = np.minimum(wide(x), 0) - np.log1p(e)
    got = fastlc.log_softmax(np.stack([x, np.zeros_like(x)], axis=1))[:, 0]
    assert_within(got, log, few_ulp * (1 + np.abs(log)), "log_softmax")


@maps
def test_maps_of_nan_and_inf(function, dtype, isa) -> None:
    rng = np.random.default_rng(0)
    for classes in (1, 2, 3, 9, 16, 40):
        S = own_copy(problem((64, 1, classes), dtype).S)
        for i in range(48):
            S[i, rng.integers(classes, size=1 + i % 2)] = [np.nan, np.inf, -np.inf][i % 3]
        S[50] = -np.inf
        with np.errstate(all="ignore"):
            want = getattr(reference, function)(S)
        np.testing.assert_allclose(getattr(fastlc, function)(S), want, rtol=1e-5, atol=1e-7)


def test_probabilities_do_not_depend_on_a_shift(dtype, isa) -> None:
    """Integers, so that the shifted scores are exact; then so is everything after the maximum is subtracted."""
    S = np.random.default_rng(0).integers(-20, 20, (50, 13)).astype(dtype)
    for function in (fastlc.softmax, fastlc.log_softmax):
        assert function(S + dtype(4096)).tobytes() == function(S).tobytes()
