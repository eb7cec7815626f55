"""Every loss of the registry, on scores and fused with the linear map, under each instruction set, against the oracle.

First all shapes with everything switched on, then a few shapes with each choice on its own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import LOSSES, reference

from ..support import oracle
from ..support.cases import (
    FEW_SHAPES,
    LABEL_DTYPES,
    SHAPES,
    SOME_SHAPES,
    SPECS,
    all_weights,
    as_bytes,
    number_of_labels,
    own_copy,
    pair_id,
    problem,
    random_shapes,
    spec_id,
    variants,
    with_each,
)

few_shapes = pytest.mark.parametrize("shape", FEW_SHAPES, ids=str)
reductions = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


@pytest.fixture(params=with_each(SHAPES + random_shapes(30, seed=20), few=SOME_SHAPES), ids=pair_id)
def spec_and_shape(request: pytest.FixtureRequest) -> Any:
    """A fixture, so that pytest goes through the instruction sets, its last argument, before the next shape."""
    return request.param


@lru_cache(maxsize=256)
def _expected(
    kind: str, spec_id_: str, shape: Any, dtype: Any, options: Any, which: Any, **how: Any
) -> oracle.Expected:
    """Remembered, since the next instruction set asks for the same."""
    spec = next(spec for spec in SPECS if spec_id(spec) == spec_id_)
    p = problem(shape, dtype, spec)
    arguments = (p.S, p.y) if kind == "on_scores" else (p.X, p.y, p.W, p.b)
    return getattr(oracle, kind)(spec.name, *arguments, _weights(spec, p, which), **dict(options), **how)


def _weights(spec: Any, p: Any, which: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in all_weights(spec, p).items() if name in which}


NO_WEIGHTS, ALL_WEIGHTS = (), ("sample_weight", "class_weight", "pos_weight")


def test_every_shape(spec_and_shape, dtype, isa) -> None:
    spec, shape = spec_and_shape
    p = problem(shape, dtype, spec)
    choices = variants(spec)
    if np.prod(shape) > 10**6:  # on which the oracle is slow
        choices = choices[:2]
    for i, options in enumerate(choices):
        which = ALL_WEIGHTS if i % 2 else NO_WEIGHTS
        key = (spec_id(spec), shape, dtype, tuple(options.items()), which)
        weights = _weights(spec, p, which)
        _expected("on_scores", *key).check(spec.on_scores(p.S, p.y, **weights, **options))
        expected = _expected("linear", *key)
        result = spec.linear(p.X, p.y, p.W, p.b, dX=True, **weights, **options)
        assert len(result) == 4
        expected.check(result)
        expected.check(spec.linear(p.X, p.y, p.W, p.b, **weights, **options))


@few_shapes
@reductions
def test_reductions_and_weights(spec, shape, reduction, dtype, isa) -> None:
    """Each kind of weight alone and all together, these with each choice of the loss's own options."""
    p = problem(shape, dtype, spec)
    kinds = tuple(all_weights(spec, p))
    choices = [(which, {}) for which in (NO_WEIGHTS, *((kind,) for kind in kinds))]
    choices += [(kinds, options) for options in variants(spec)]
    for which, options in choices:
        key = (spec_id(spec), shape, dtype, tuple(options.items()), which)
        how = {"reduction": reduction, **_weights(spec, p, which), **options}

        expected = _expected("on_scores", *key, reduction=reduction)
        expected.check(spec.on_scores(p.S, p.y, **how))
        expected.check_loss(spec.on_scores(p.S, p.y, grad=False, **how))

        expected = _expected("linear", *key, reduction=reduction)
        expected.check(spec.linear(p.X, p.y, p.W, p.b, dX=True, **how))
        for dX in (False, True):  # the loss alone means alone
            expected.check_loss(spec.linear(p.X, p.y, p.W, p.b, grad=False, dX=dX, **how))


@few_shapes
@pytest.mark.parametrize("penalty", [{"l1": 0.25}, {"l2": 0.5}, {"l1": 0.03, "l2": 3.0}], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_penalties(spec, shape, penalty, reduction, dtype, isa) -> None:
    p = problem(shape, dtype, spec)
    W = own_copy(p.W)
    W[0, :2] = 0  # where the derivative of l1 is 0
    expected = oracle.linear(spec.name, p.X, p.y, W, p.b, {}, reduction=reduction, **penalty)
    expected.check(spec.linear(p.X, p.y, W, p.b, reduction=reduction, dX=True, **penalty))
    expected.check_loss(spec.linear(p.X, p.y, W, p.b, reduction=reduction, grad=False, **penalty))


@few_shapes
def test_without_bias(spec, shape, dtype, isa) -> None:
    p = problem(shape, dtype, spec)
    expected = oracle.linear(spec.name, p.X, p.y, p.W, None, {})
    result = spec.linear(p.X, p.y, p.W, dX=True)
    assert result[2] is None
    expected.check(result)
    expected.check(spec.linear(p.X, p.y, p.W, None))


@pytest.mark.parametrize("shape", [(7, 5, 3), (33, 17, 70), (1030, 3, 2)], ids=str)
@reductions
def test_rows_of_weight_zero_count_for_exactly_nothing(spec, shape, reduction, dtype, isa) -> None:
    """Whatever they hold: nan and inf in X, S and float targets; labels must be valid all the same."""
    p = problem(shape, dtype, spec)
    live = p.sample_weight != 0
    assert 0 < live.sum() < len(live)
    X, S, y = own_copy(p.X), own_copy(p.S), own_copy(p.y)
    garbage = np.array([np.nan, np.inf, -np.inf], dtype)[np.arange((~live).sum()) % 3][:, None]
    X[~live], S[~live] = garbage, garbage
    if spec.targets == "values":
        y[~live] = garbage
    weights = all_weights(spec, p)
    for options in variants(spec):
        how = {"reduction": reduction, **weights, **options}
        loss, dS = spec.on_scores(S, y, **how)
        oracle.on_scores(spec.name, S, p.y, weights, reduction, **options).check((loss, dS))
        assert not dS[~live].any()
        result = spec.linear(X, y, p.W, p.b, dX=True, **how)
        oracle.linear(spec.name, X, p.y, p.W, p.b, weights, reduction, **options).check(result)
        assert not result[3][~live].any()
        if reduction == "none":
            assert not loss[~live].any()
            assert not result[0][~live].any()


@pytest.mark.parametrize("shape", [(7, 5, 3), (33, 17, 70), (1030, 3, 2), (40, 9, 1)], ids=str)
@reductions
def test_rows_of_negative_weight_are_subtracted(spec, shape, reduction, dtype, isa) -> None:
    """From the sum and from the divisor of a mean, which is the same bit for bit where all signs change."""
    p = problem(shape, dtype, spec)
    v = np.where(np.arange(len(p.y)) % 5 == 2, -p.sample_weight, p.sample_weight)
    assert (v < 0).any()
    weights = {**all_weights(spec, p), "sample_weight": v}
    negated, sign = {**weights, "sample_weight": -v}, 1 if reduction == "mean" else -1
    for options in variants(spec):
        how = {"reduction": reduction, **options}
        result = spec.on_scores(p.S, p.y, **weights, **how)
        oracle.on_scores(spec.name, p.S, p.y, weights, reduction, **options).check(result)
        for value, other in zip(result, spec.on_scores(p.S, p.y, **negated, **how), strict=True):
            np.testing.assert_array_equal(other, sign * value)
        result = spec.linear(p.X, p.y, p.W, p.b, dX=True, **weights, **how)
        oracle.linear(spec.name, p.X, p.y, p.W, p.b, weights, reduction, **options).check(result)
        for value, other in zip(result, spec.linear(p.X, p.y, p.W, p.b, dX=True, **negated, **how), strict=True):
            np.testing.assert_array_equal(other, sign * value)


@pytest.mark.parametrize("shape", [(7, 5, 3), (33, 17, 70), (1030, 3, 2), (40, 9, 1)], ids=str)
@pytest.mark.parametrize("index", [-100, 0, 2**40])
def test_ignored_rows_count_for_exactly_nothing(label_spec, shape, index, dtype, isa) -> None:
    """Like rows of weight 0, bit for bit: whatever they hold, and whatever label is the one to ignore."""
    p = problem(shape, dtype, label_spec)
    y, valid = own_copy(p.y), p.y.copy()
    y[1::3] = index
    ignored = y == index
    valid[ignored] = 0
    X, S = own_copy(p.X), own_copy(p.S)
    X[ignored] = S[ignored] = np.array([np.nan, np.inf, -np.inf], dtype)[np.arange(ignored.sum()) % 3][:, None]
    weights = all_weights(label_spec, p)
    as_weight = {**weights, "sample_weight": np.where(ignored, 0, p.sample_weight).astype(dtype)}
    for options in variants(label_spec):
        for reduction in ("mean", "none"):
            how = {**weights, **options, "ignore_index": index, "reduction": reduction}
            want = {**as_weight, **options, "ignore_index": None, "reduction": reduction}
            result, linear = label_spec.on_scores(S, y, **how), label_spec.linear(X, y, p.W, p.b, dX=True, **how)
            oracle.on_scores(label_spec.name, S, y, {}, **how).check(result)
            oracle.linear(label_spec.name, X, y, p.W, p.b, {}, **how).check(linear)
            assert as_bytes(result) == as_bytes(label_spec.on_scores(S, valid, **want))
            assert as_bytes(linear) == as_bytes(label_spec.linear(X, valid, p.W, p.b, dX=True, **want))


@pytest.mark.parametrize("shape", [(7, 5, 3), (0, 5, 3), (0, 0, 2), (3, 4, 70)], ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_divisor_of_zero_gives_zeros(spec, shape, reduction, dtype, isa) -> None:
    p = problem(shape, dtype, spec)
    how = {"sample_weight": np.zeros(len(p.y), dtype), "reduction": reduction}
    loss, dS = spec.on_scores(p.S, p.y, **how)
    assert type(loss) is float
    assert loss == 0
    assert dS.shape == p.S.shape
    assert dS.dtype == dtype
    assert not dS.any()
    loss, dW, db, dX = spec.linear(p.X, p.y, p.W, p.b, dX=True, **how)
    assert type(loss) is float
    assert loss == 0
    assert (dW.shape, db.shape, dX.shape) == (p.W.shape, p.b.shape, p.X.shape)
    assert not dW.any()
    assert not db.any()
    assert not dX.any()
    # The penalties do not depend on the data.
    loss, dW, db = spec.linear(p.X, p.y, p.W, p.b, l2=2.0, **how)
    assert loss == pytest.approx(float((oracle.wide(p.W) ** 2).sum()), rel=1e-5)
    assert np.allclose(dW, 2 * p.W, rtol=1e-5)
    assert not db.any()


def test_class_weights_of_zero_make_the_divisor_of_cross_entropy_zero(dtype, isa) -> None:
    p = problem((7, 5, 3), dtype)
    loss, dW, db = LOSSES["cross_entropy"].linear(p.X, p.y, p.W, p.b, class_weight=np.zeros(3, dtype))
    assert loss == 0
    assert not dW.any()
    assert not db.any()


@pytest.mark.parametrize("label_dtype", [*LABEL_DTYPES, "list"])
@pytest.mark.parametrize("shape", [(7, 5, 3), (20, 31, 70)], ids=str)
def test_label_dtypes(label_spec, shape, label_dtype, dtype, isa) -> None:
    p = problem(shape, dtype, label_spec)
    labels = p.y.tolist() if label_dtype == "list" else p.y.astype(label_dtype)
    for options in ({}, {"ignore_index": 1}):
        for function, arguments in ((label_spec.on_scores, [p.S]), (label_spec.linear, [p.X])):
            rest = [p.W, p.b] if function is label_spec.linear else []
            got, want = (function(*arguments, y, *rest, **options) for y in (labels, p.y))
            assert got[0] == want[0]
            assert all((a == b).all() for a, b in zip(got[1:], want[1:], strict=True))


def test_booleans_are_labels(label_spec, dtype, isa) -> None:
    p = problem((33, 7, 2), dtype, label_spec)
    assert as_bytes(label_spec.on_scores(p.S, p.y == 1)) == as_bytes(label_spec.on_scores(p.S, p.y))
    want = as_bytes(label_spec.linear(p.X, p.y, p.W, p.b, ignore_index=1))
    assert as_bytes(label_spec.linear(p.X, p.y == 1, p.W, p.b, ignore_index=1)) == want


def test_targets_of_one_column_may_be_flat(value_spec, dtype, isa) -> None:
    """But those of cross_entropy, which are shares of several classes: floats along one axis are labels to convert."""
    p = problem((33, 7, 1), dtype, value_spec)
    flat = [p.y[:, 0], p.y[:, 0].tolist()]
    if value_spec.name == "cross_entropy":
        for y in flat:
            with pytest.raises(TypeError, match=r"expected integer labels or float targets of shape \(33, 1\)"):
                value_spec.on_scores(p.S, y)
        flat = []
    for y in (p.y, *flat):
        oracle.on_scores(value_spec.name, p.S, p.y, {}).check(value_spec.on_scores(p.S, y))
        oracle.linear(value_spec.name, p.X, p.y, p.W, p.b, {}).check(value_spec.linear(p.X, y, p.W, p.b))


def test_one_class_of_those_that_exclude_each_other(exclusive_spec, dtype, isa) -> None:
    """With a single class nothing can be got wrong: the loss is exactly 0."""
    p = problem((9, 4, 1), dtype, exclusive_spec)
    for options in variants(exclusive_spec):
        loss, dS = exclusive_spec.on_scores(p.S, p.y, **options)
        assert loss == 0
        assert not dS.any()
        loss, dW, db, dX = exclusive_spec.linear(p.X, p.y, p.W, p.b, dX=True, **options)
        assert loss == 0
        assert not dW.any()
        assert not db.any()
        assert not dX.any()


def test_one_column_against_the_rest(ovr_spec, dtype, isa) -> None:
    """A single score s with labels 0 and 1 is half of the two scores −s and s: each of these costs what s does."""
    p = problem((33, 9, 1), dtype, ovr_spec)
    assert set(p.y) == {0, 1}
    weights = {"sample_weight": p.sample_weight, "reduction": "none"}
    loss, dS = ovr_spec.on_scores(p.S, p.y, **weights)
    twice, dS_of_two = ovr_spec.on_scores(np.hstack([-p.S, p.S]), p.y, **weights)
    assert (twice == 2 * loss).all()
    assert (dS_of_two == np.hstack([-dS, dS])).all()
    assert loss.any()
    # class weights count whatever the label, positive weights where it is 1
    how = {"class_weight": p.class_weight, "pos_weight": p.pos_weight, **weights}
    weighed, _ = ovr_spec.on_scores(p.S, p.y, **how)
    expected = loss * p.class_weight * np.where(p.y == 1, p.pos_weight, 1)
    np.testing.assert_allclose(weighed, expected, rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("classes", [2, 3, 10, 70])
def test_the_kink_of_the_hinge_gives_zero(p, classes, dtype, isa) -> None:
    """Small integers, so that every z is exact: -1, 0 and 1 in turn. Only the last moves anything."""
    z = np.arange(6 * classes).reshape(6, classes) % 3 - 1
    y = np.arange(6) % classes
    row = np.arange(6)
    s = (z - 1).astype(dtype)
    s[row, y] = 0  # so z_j = s_j - s_y + 1
    moved = ((z == 1) & (np.arange(classes) != y[:, None])).astype(dtype)
    loss, dS = LOSSES["hinge"].on_scores(s, y, p=p, reduction="none")
    assert (loss == moved.sum(axis=1)).all()
    want = p * moved
    want[row, y] = -want.sum(axis=1)
    assert (dS == want).all()
    eye = np.eye(classes, dtype=dtype)
    loss, dW, db, dX = LOSSES["hinge"].linear(s, y, eye, np.zeros(classes, dtype), p=p, reduction="none", dX=True)
    assert (dX == want).all()
    assert (db == want.sum(axis=0)).all()
    assert (dW == want.T @ s).all()


def _crammer_singer_by_hand(s: list[int], y: int) -> tuple[int, list[int]]:
    gradient = [0] * len(s)
    rivals = [j for j in range(len(s)) if j != y]
    rival = max(rivals, key=lambda j: (s[j], -j))
    m = s[rival] - s[y] + 1
    if m > 0:
        gradient[rival], gradient[y] = 1, -1
    return max(0, m), gradient


@pytest.mark.parametrize("classes", [2, 3, 10, 19, 70])
def test_ties_and_the_kink_of_crammer_singer(classes, dtype, isa) -> None:
    """Small integers: many rivals are equally strong, and often so strong as to meet the margin exactly."""
    rng = np.random.default_rng(0)
    s = rng.integers(-1, 2, (60, classes)) * rng.integers(0, 2, (60, classes))
    y = rng.integers(0, classes, 60)
    s[::2] = np.minimum(s[::2], 0)
    s[np.arange(60), y] += 1  # so that some lead
    values, gradients = zip(*map(_crammer_singer_by_hand, s.tolist(), y.tolist()), strict=True)
    assert 0 < np.count_nonzero(values) < 60
    s, eye, zero = s.astype(dtype), np.eye(classes, dtype=dtype), np.zeros(classes, dtype)
    loss, dS = LOSSES["crammer_singer"].on_scores(s, y, reduction="none")
    assert loss.tolist() == list(values)
    assert dS.tolist() == list(gradients)
    loss, dW, db, dX = LOSSES["crammer_singer"].linear(s, y, eye, zero, reduction="none", dX=True)
    assert loss.tolist() == list(values)
    assert dX.tolist() == list(gradients)
    assert (db == np.sum(gradients, axis=0)).all()
    assert (dW == np.transpose(gradients) @ s).all()


# Value and slope at a margin z, or of a residual r; all numbers are multiples of 1/4, which no operation rounds.
AT_KINKS = {
    "ovr_hinge": lambda z: (max(0, 1 - z), -1 if z <= 1 else 0),
    "ovr_squared_hinge": lambda z: (max(0, 1 - z) ** 2, -2 * max(0, 1 - z)),
    "ovr_perceptron": lambda z: (max(0, -z), -1 if z <= 0 else 0),
    "ovr_modified_huber": lambda z: (max(0, 1 - z) ** 2, -2 * max(0, 1 - z)) if z >= -1 else (-4 * z, -4),
    "huber": lambda r: (r * r / 2, r) if abs(r) <= 0.5 else (abs(r) / 2 - 0.125, 0.5 if r > 0 else -0.5),
    "epsilon_insensitive": lambda r: (abs(r) - 0.5, 1 if r > 0 else -1) if abs(r) > 0.5 else (0, 0),
    "squared_epsilon_insensitive": lambda r: (
        ((abs(r) - 0.5) ** 2, 2 * (abs(r) - 0.5) * (1 if r > 0 else -1)) if abs(r) > 0.5 else (0, 0)
    ),
}


@pytest.mark.parametrize("classes", [1, 3, 10, 19, 70])
@pytest.mark.parametrize("name", AT_KINKS)
def test_kinks_of_columns(name, classes, dtype, isa) -> None:
    rng, loss = np.random.default_rng(0), LOSSES[name]
    s = rng.integers(-8, 9, (60, classes)) / 4
    if loss.targets == ("labels",):
        y = rng.integers(0, number_of_labels(loss, classes), 60)
        sign = np.where(y[:, None] == (np.arange(classes) if classes > 1 else 1), 1, -1)
        at, how = sign * s, {}
    else:
        y = (rng.integers(-2, 3, s.shape) / 4).astype(dtype)
        at, sign, how = s - y, 1, {"epsilon": 0.5}
    value, slope = (np.array([[AT_KINKS[name](z)[k] for z in row] for row in at]) for k in (0, 1))
    s, eye, zero, slope = s.astype(dtype), np.eye(classes, dtype=dtype), np.zeros(classes, dtype), sign * slope
    rows, dS = loss.on_scores(s, y, reduction="none", **how)
    assert (rows == value.sum(axis=1)).all()
    assert (dS == slope).all()
    rows, dW, db, dX = loss.linear(s, y, eye, zero, reduction="none", dX=True, **how)
    assert (rows == value.sum(axis=1)).all()
    assert (dX == slope).all()
    assert (db == slope.sum(axis=0)).all()
    assert (dW == slope.T @ s).all()


def test_huge_scores(spec, dtype, isa) -> None:
    """±1e4: finite, and right to the last few bits."""
    rng = np.random.default_rng(1)
    for classes in (1, 3, 17, 70):
        s = rng.choice(np.array([-1e4, 1e4, -9999, 9998.5, 0, 1.5]), size=(40, classes)).astype(dtype)
        labels = rng.integers(0, number_of_labels(spec, classes), 40)
        y = labels if spec.targets == "labels" else rng.random((40, classes)).astype(dtype)
        for options in variants(spec):
            for reduction in ("mean", "none"):
                loss, dS = spec.on_scores(s, y, reduction=reduction, **options)
                assert np.isfinite(loss).all()
                assert np.isfinite(dS).all()
                oracle.on_scores(spec.name, s, y, {}, reduction, **options).check((loss, dS))
            X, W = (s / 100).astype(dtype), (100 * np.eye(classes)).astype(dtype)
            oracle.linear(spec.name, X, y, W, None, {}, **options).check(spec.linear(X, y, W, dX=True, **options))


def test_sums_are_in_double_precision(spec, dtype, isa) -> None:
    """One row outweighs 3000 others by 1e8: float32 would lose them, from the sum and from the divisor."""
    p = problem((3001, 6, 3), dtype, spec)
    v = np.ones(3001, dtype)
    v[0] = 1e8
    y = own_copy(p.y)
    s, X = own_copy(p.S), own_copy(p.X)
    s[0], X[0], b = 0, 0, np.zeros(3, dtype)
    weights = {"sample_weight": v}
    for reduction in ("sum", "mean"):
        oracle.on_scores(spec.name, s, y, weights, reduction).check_loss(
            spec.on_scores(s, y, **weights, reduction=reduction)[0]
        )
        oracle.linear(spec.name, X, y, p.W, b, weights, reduction).check(
            spec.linear(X, y, p.W, b, **weights, reduction=reduction)
        )


_SPECIAL = [np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("classes", [1, 3, 8, 19, 70])
def test_nan_and_inf_in_scores(spec, classes, dtype, isa) -> None:
    """A row that holds one comes out as the reference says; the other rows do not notice."""
    p = problem((30, 4, classes), dtype, spec)
    s, y, rng = own_copy(p.S), own_copy(p.y), np.random.default_rng(0)
    for i in range(24):
        s[i, rng.integers(classes, size=1 + i % 2)] = _SPECIAL[i % 3]
    for i in range(0, 24, 5):  # the right class too
        s[i, min(y[i], classes - 1) if spec.targets == "labels" else 0] = _SPECIAL[i % 3]
    for options in variants(spec):
        loss, dS = spec.on_scores(s, y, reduction="none", **options)
        want_loss, want_dS = spec.reference(s, y, reduction="none", **options)
        want_mean = spec.reference(s, y, grad=False, **options)
        np.testing.assert_allclose(loss, want_loss, rtol=1e-4, atol=1e-5)  # nan and inf in the same places
        np.testing.assert_allclose(dS, want_dS, rtol=1e-4, atol=1e-5)
        np.testing.assert_equal(spec.on_scores(s, y, grad=False, **options), want_mean)


@pytest.mark.parametrize("shape", [(12, 9, 3), (40, 33, 12), (15, 7, 70)], ids=str)
@pytest.mark.parametrize("value", _SPECIAL)
@pytest.mark.parametrize("argument", ["X", "W", "b"])
def test_nan_and_inf_in_the_linear_map(spec, shape, value, argument, dtype, isa) -> None:
    """Never a wrong finite number: a result is not finite exactly where the reference's is not."""
    p = problem(shape, dtype, spec)
    changed = {name: own_copy(getattr(p, name)) for name in ("X", "y", "W", "b")}
    changed[argument][(1,) * changed[argument].ndim] = value
    want = spec.linear_reference(**changed, dX=True, reduction="none")
    total = spec.linear_reference(**changed, grad=False)
    got = spec.linear(**changed, dX=True, reduction="none")
    for name, a, b in zip(("loss", "dW", "db", "dX"), got, want, strict=True):
        assert (np.isfinite(a) == np.isfinite(b)).all(), name
        finite = np.isfinite(b)
        np.testing.assert_allclose(a[finite], b[finite], rtol=1e-3, atol=1e-3, err_msg=name)
    np.testing.assert_allclose(spec.linear(**changed, grad=False), total, rtol=1e-4)


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("value", _SPECIAL)
def test_nan_and_inf_in_one_penalty(penalty, value, dtype, isa) -> None:
    """The penalty that is absent is not 0 · inf. No row counts, so that the penalty is all there is."""
    X, y, W, none = np.ones((5, 3), dtype), np.zeros((5, 2), dtype), np.ones((2, 3), dtype), np.zeros(5, dtype)
    W[1, 1] = value
    for module in (fastlc, fastlc.reference):
        loss, dW, _ = module.linear_squared_error(X, y, W, sample_weight=none, reduction="sum", **{penalty: 0.5})
        np.testing.assert_equal(loss, 0.5 * abs(value) if penalty == "l1" else value * value)
        np.testing.assert_equal(dW[1, 1], dtype(0.5 * np.sign(value) if penalty == "l1" else 0.5 * value))
        assert (np.delete(dW.ravel(), 4) == 0.5).all()


def test_gradients_by_central_differences(spec, isa) -> None:
    """Float64 with steps of 1e-5: truncation and rounding are some 1e-10, and no hinge is that near to its kink."""
    h = 1e-5
    for shape in ((9, 5, 3), (4, 3, 1), (5, 2, 67)):
        p = problem(shape, np.float64, spec)
        weights = all_weights(spec, p)
        for options in variants(spec):
            how = {"l1": 0.1, "l2": 0.3, **weights, **options}
            _, *gradients = spec.linear(p.X, p.y, p.W, p.b, dX=True, **how)
            for name, gradient in zip(("W", "b", "X"), gradients, strict=True):
                arguments = {"X": p.X, "y": p.y, "W": p.W, "b": p.b}
                want = arguments[name]
                for i in list(np.ndindex(want.shape))[::7]:
                    losses = []
                    for step in (h, -h):
                        arguments[name] = own_copy(want)
                        arguments[name][i] += step
                        losses.append(spec.linear(**arguments, grad=False, **how))
                    assert (losses[0] - losses[1]) / (2 * h) == pytest.approx(gradient[i], abs=1e-7), (name, i)


def test_loss_on_scores_and_linear_loss_agree(spec, dtype, isa) -> None:
    """Through the identity, the two are the same function."""
    p = problem((21, 4, 6), dtype, spec)
    eye = np.eye(6, dtype=dtype)
    loss, dS = spec.on_scores(p.S, p.y, reduction="none")
    linear_loss, _, _, dX = spec.linear(p.S, p.y, eye, reduction="none", dX=True)
    exact = oracle.on_scores(spec.name, p.S, p.y, {}, "none")
    for part in ((loss, dS), (linear_loss, dX)):
        exact.check(part)
    assert reference.scores(p.S, eye).tobytes() == p.S.tobytes()


def test_the_class_weight_of_a_row_that_counts_for_nothing_may_be_nan(dtype, isa) -> None:
    """The weights of row and class are multiplied only where there is something to weigh (found by fuzzing)."""
    for spec in SPECS:
        if spec.targets != "labels":
            continue
        p = problem((24, 7, 3), dtype, spec)
        v, k = np.where(p.y == 1, 0, p.sample_weight).astype(dtype), np.array([0.5, np.nan, 2.0], dtype)
        if spec.one_vs_rest:
            k[1] = 1  # of a score, not of rows
        for reduction in ("mean", "none"):
            how = {"sample_weight": v, "class_weight": k, "reduction": reduction}
            loss, *gradients = spec.linear(p.X, p.y, p.W, p.b, dX=True, **how)
            for part in (loss, *gradients):
                assert np.isfinite(part).all(), spec.name
            assert not gradients[2][p.y == 1].any()
