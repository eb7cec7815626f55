"""Properties that hold for every input, tried on what hypothesis thinks up: shapes, magnitudes, weights, layouts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import fastlc
from fastlc import reference

from ..support import bounds, oracle
from ..support.bounds import assert_within
from ..support.cases import DTYPES, LAYOUTS, Problem, all_weights, number_of_labels, own_copy, variants
from ..support.oracle import wide

sizes = st.one_of(st.integers(0, 9), st.integers(0, 40))
# Powers of ten: products from where float32 underflows to scores of ±1e8, whose exponentials are all or nothing.
scales = st.one_of(st.just(0.0), st.floats(-2, 2), st.floats(-30, 4))


@st.composite
def problems(draw: Any, spec: Any = None, least: int = 0) -> Problem:
    dtype = draw(st.sampled_from(DTYPES))
    N, D, C = draw(sizes), draw(sizes), max(draw(sizes), least)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = spec is not None and spec.targets == "values"
    if not C and not values:
        N = 0  # no label is valid

    def normal(*shape: int) -> Any:
        array = (rng.normal(size=shape) * 10 ** draw(scales)).astype(dtype)
        if draw(st.booleans()):  # a few that stand out by another magnitude, zeros among them
            some = rng.random(shape) < 0.1
            array[some] = (array[some] * 10 ** draw(scales)).astype(dtype) * rng.integers(0, 2, some.sum())
        return LAYOUTS[draw(layouts)](array) if array.size else array

    layouts = st.one_of(st.just("read-only"), st.sampled_from(sorted(LAYOUTS)))
    weight = rng.choice(np.array([0, 1e-3, 1, 1, 7, 1e3]), N).astype(dtype)
    number = C if spec is None else number_of_labels(spec, C)
    labels = rng.integers(0, max(number, 1), N).astype(draw(st.sampled_from(["int64", "int32", "uint8"])))
    return Problem(
        X=normal(N, D),
        y=rng.random((N, C)).astype(dtype) if values else labels,
        W=normal(C, D),
        b=normal(C),
        S=normal(N, C),
        sample_weight=weight,
        class_weight=rng.choice(np.array([0, 0.25, 1, 3]), C).astype(dtype),
        pos_weight=rng.choice(np.array([0, 0.5, 1, 10]), C).astype(dtype),
    )


def of_loss(data: Any, spec: Any) -> tuple[Problem, dict[str, Any], str, dict[str, Any]]:
    """A problem for a loss, weights or none, a reduction, and the loss's options."""
    p = data.draw(problems(spec))
    weights = all_weights(spec, p)
    chosen = {name: value for name, value in weights.items() if data.draw(st.booleans())}
    extremes = [{name: value} for name in ("margin", "epsilon") for value in (0.0, 1e3) if name in spec.options]
    options = data.draw(st.sampled_from([*variants(spec), *extremes]))
    return p, chosen, data.draw(st.sampled_from(["mean", "sum", "none"])), options


def native(p: Problem) -> Problem:
    """Contiguous, in the byte order of the machine: as the oracle would have it."""
    arrays = {name: own_copy(a).astype(a.dtype.newbyteorder("=")) for name, a in vars(p).items()}
    return replace(p, **arrays)


@settings(max_examples=40)
@given(data=st.data())
def test_losses_equal_the_oracle(spec, isa, data) -> None:
    given_, weights, reduction, options = of_loss(data, spec)
    p = native(given_)
    expected = oracle.on_scores(spec.name, p.S, p.y, weights, reduction, **options)
    how = {"reduction": reduction, **weights, **options}
    expected.check(spec.on_scores(given_.S, given_.y, **how))
    expected = oracle.linear(spec.name, p.X, p.y, p.W, p.b, weights, reduction, **options)
    expected.check(spec.linear(given_.X, given_.y, given_.W, given_.b, dX=True, **how))


@settings(max_examples=70)
@given(p=problems())
def test_scores_and_maps_equal_the_oracle(isa, p) -> None:
    q, dtype = native(p), p.X.dtype.newbyteorder("=")
    exact = reference.scores(wide(q.X), wide(q.W), wide(q.b))
    assert_within(fastlc.scores(p.X, p.W, p.b), exact, bounds.scores(q.X, q.W, q.b, dtype), "S")
    for name in ("softmax", "log_softmax", "sigmoid"):
        allowed = getattr(bounds, name)(wide(q.S), np.zeros(q.S.shape), dtype)
        assert_within(getattr(fastlc, name)(p.S), getattr(reference, name)(wide(q.S)), allowed, name)


@settings(max_examples=70)
@given(p=problems(least=1))
def test_predictions_are_those_of_the_scores(isa, p) -> None:
    """Where the best score leads by more than rounding."""
    q, dtype = native(p), p.X.dtype.newbyteorder("=")
    S = fastlc.scores(p.X, p.W, p.b)
    # Two computations of the same score, each within the bound of the exact one.
    S_err = 2 * bounds.scores(q.X, q.W, q.b, dtype)
    labels, P = fastlc.predict(p.X, p.W, p.b), fastlc.predict_proba(p.X, p.W, p.b)
    if S.shape[1] == 1:
        sure = np.abs(S[:, 0]) > S_err[:, 0]
        assert (labels == (S[:, 0] > 0))[sure].all()
    else:
        best = S.argmax(axis=1)
        lead = S.max(axis=1, keepdims=True) - S - S_err - S_err.max(axis=1, keepdims=True)
        np.put_along_axis(lead, best[:, None], np.inf, axis=1)
        sure = (lead > 0).all(axis=1)
        assert (labels == best)[sure].all()
    assert_within(P.sum(axis=1, dtype=np.longdouble), np.ones(len(P)), bounds.gamma(P.shape[1] + 8, dtype), "sum")
    assert ((P >= 0) & (1 + 2 * np.finfo(dtype).eps >= P)).all()


@settings(max_examples=50)
@given(data=st.data(), shift=st.floats(-1e4, 1e4))
def test_a_constant_added_to_all_scores_of_a_row_changes_nothing(isa, exclusive_spec, data, shift) -> None:
    p = native(data.draw(problems(exclusive_spec, least=1)))
    S, dtype = np.clip(p.S, -1e3, 1e3), p.S.dtype
    shifted = S + dtype.type(shift)
    rounding = bounds.unit(dtype) * np.abs(shifted)
    expected = oracle.on_scores(exclusive_spec.name, wide(S), p.y, {}, S_err=rounding, dtype=dtype)
    expected.check(exclusive_spec.on_scores(shifted, p.y))


@settings(max_examples=25)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_rows_does_not_matter(isa, spec, data, seed) -> None:
    given_, weights, _, options = of_loss(data, spec)
    p = native(given_)
    order = np.random.default_rng(seed).permutation(len(p.X))
    expected = oracle.linear(spec.name, p.X, p.y, p.W, p.b, weights, "sum", **options)
    moved = {name: value[order] if name == "sample_weight" else value for name, value in weights.items()}
    loss, dW, db, dX = spec.linear(p.X[order], p.y[order], p.W, p.b, reduction="sum", dX=True, **moved, **options)
    back = np.empty_like(dX)
    back[order] = dX
    expected.check((loss, dW, db, back))


@settings(max_examples=25)
@given(data=st.data())
def test_the_linear_loss_is_the_loss_of_the_scores(isa, spec, data) -> None:
    """Through scores that were stored and rounded: within the same bounds, which count on rounded scores."""
    given_, weights, reduction, options = of_loss(data, spec)
    p = native(given_)
    expected = oracle.linear(spec.name, p.X, p.y, p.W, p.b, weights, reduction, **options)
    loss, dS = spec.on_scores(fastlc.scores(p.X, p.W, p.b), p.y, reduction=reduction, **weights, **options)
    expected.check_loss(loss)
    assert_within(dS.sum(axis=0, dtype=np.longdouble), expected.db, expected.errors.db, "db")


@settings(max_examples=100)
@given(
    S=st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=6),
            elements=st.floats(-1e4, 1e4, width=np.dtype(dtype).itemsize * 8),
        )
    )
)
def test_maps_of_any_numbers(isa, S) -> None:
    for name in ("softmax", "log_softmax", "sigmoid"):
        got = getattr(fastlc, name)(S)
        allowed = getattr(bounds, name)(wide(S), np.zeros(S.shape), S.dtype)
        assert_within(got, getattr(reference, name)(wide(S)), allowed, name)
    assert (fastlc.sigmoid(-np.abs(S)) <= 0.5).all()
