"""Weights at the ends of the range of numbers: a mean does not depend on their scale, and what fits is exact.

A power of two scales without rounding, so that most of this is bit for bit, between calls that differ in their scales
alone; the unscaled calls are held to the oracle elsewhere. Weights are small integers times a power of two, hence exact
where they are denormal, too.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import reference

from ..support import bounds, oracle
from ..support.cases import (
    Array,
    Problem,
    as_bytes,
    class_weight,
    is_constant,
    own_copy,
    problem,
    spec_id,
    variants,
)
from ..support.oracle import wide

SHAPES = [(9, 5, 1), (12, 5, 3), (20, 4, 140)]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)
"""One class, few of them, and many with rows enough for their own path."""


def exponents(dtype: Any) -> tuple[int, int, int]:
    """For factors of up to 7: of the smallest number there is, of the smallest normal number, and of the largest."""
    limits = np.finfo(dtype)
    return int(limits.minexp) - int(limits.nmant), int(limits.minexp), int(limits.maxexp) - 3


def scales(dtype: Any) -> list[int]:
    lowest, normal, highest = exponents(dtype)
    return [lowest, lowest + 1, normal - 3, normal, normal + 3, normal // 2, -1, highest // 2, highest - 1, highest]


def factors(n: int, dtype: Any, seed: int = 0) -> Array:
    """Integers from 0 to 7, zeros and ones among them."""
    f = np.random.default_rng(seed).integers(0, 8, n)
    f[: min(n, 3)] = [1, 0, 3][:n]
    return f.astype(dtype)


def scaled(a: Array, exponent: int) -> Array:
    result = np.ldexp(a, exponent)
    assert result.dtype == a.dtype
    assert (np.ldexp(result.astype(np.longdouble), -exponent) == a).all()
    return result


def results(spec: Any, p: Problem, /, **how: Any) -> Any:
    """On scores, and of the linear map with all its gradients."""
    return spec.on_scores(p.S, p.y, **how), spec.linear(p.X, p.y, p.W, p.b, dX=True, **how)


def assert_equals(got: Any, want: Any, exponent: int = 0) -> None:
    """Bit for bit, of results that are scaled, loss and gradients alike."""
    for one, other in zip(got, want, strict=True):
        for a, b in zip(one, other, strict=True):
            b = np.ldexp(b, exponent)
            assert np.isfinite(b).all()
            np.testing.assert_array_equal(a, b)


# ---------------------------------------------------------------------------------------------------------------------
# A mean does not depend on the scale of its weights
# ---------------------------------------------------------------------------------------------------------------------


@shapes
def test_means_of_scaled_sample_weights(spec, shape, dtype, isa) -> None:
    """From the smallest number there is, where all weights are denormal, to where their sum is beyond the largest."""
    p = problem(shape, dtype, spec)
    v = factors(len(p.X), dtype)
    for options in variants(spec)[:2]:
        options = {**class_weight(spec, p), **options}
        want = results(spec, p, sample_weight=v, **options)
        oracle.on_scores(spec.name, p.S, p.y, {"sample_weight": v}, **options).check(want[0])
        oracle.linear(spec.name, p.X, p.y, p.W, p.b, {"sample_weight": v}, **options).check(want[1])
        for exponent in scales(dtype):
            assert_equals(results(spec, p, sample_weight=scaled(v, exponent), **options), want)
    with np.errstate(over="ignore"):
        assert np.isinf(scaled(v, exponents(dtype)[2]).sum(dtype=dtype))


@shapes
def test_equal_weights_are_no_weights(spec, shape, dtype, isa) -> None:
    """Whatever they are: at both ends, and between powers of two. The largest is a number with all bits set."""
    p = problem(shape, dtype, spec)
    limits = np.finfo(dtype)
    expected = oracle.on_scores(spec.name, p.S, p.y, {}), oracle.linear(spec.name, p.X, p.y, p.W, p.b, {})
    weights = [limits.smallest_subnormal, 3 * limits.smallest_subnormal, limits.tiny, limits.max]
    weights += [dtype(c) for c in ((1e-310, 1e308) if dtype is np.float64 else (1e-40, 3e38))]
    for weight in weights:
        got = results(spec, p, sample_weight=np.full(len(p.X), weight, dtype))
        for part, of_part in zip(expected, got, strict=True):
            part.check(of_part)


@shapes
def test_products_of_weights_that_leave_the_dtype(spec, shape, dtype, isa) -> None:
    """v k may be too large or too small for any number while the mean is neither, as it is k times as large as without.

    That of cross-entropy of labels is divided by v k, so that there k may have any scale as well.
    """
    if "class_weight" not in spec.keywords:
        return
    p = problem(shape, dtype, spec)
    v, k = factors(len(p.X), dtype), np.maximum(factors(shape[2], dtype, seed=1), 1)
    lowest, _, highest = exponents(dtype)
    divided = spec_id(spec) == "cross_entropy"
    for options in variants(spec):
        want = results(spec, p, sample_weight=v, class_weight=k, **options)
        for a in (lowest, lowest // 2, highest // 2, highest):
            for c in (lowest, -60, 0, 60, highest) if divided else (-60, 0, 60):
                weights = {"sample_weight": scaled(v, a), "class_weight": scaled(k, c)}
                assert_equals(results(spec, p, **weights, **options), want, 0 if divided else c)


def positive(spec: Any, shape: Any, dtype: Any) -> Problem | None:
    """A problem in which each score is that of a positive, so that the loss is proportional to positive weights."""
    if "pos_weight" not in spec.keywords or (spec.targets == "labels" and shape[2] > 1):
        return None
    p = problem(shape, dtype, spec)
    return replace(p, y=np.ones_like(p.y))


@shapes
def test_positive_weights_times_class_weights(spec, shape, dtype, isa) -> None:
    """As they are many or one factor, in whichever order, there are some roundings between the scales."""
    p = positive(spec, shape, dtype)
    if p is None:
        return
    v, k, w = (np.maximum(factors(n, dtype, seed), 1) for seed, n in enumerate((len(p.X), shape[2], shape[2])))
    lowest, _, highest = exponents(dtype)
    want = results(spec, p, sample_weight=v, class_weight=k, pos_weight=w)
    few = bounds.gamma(8, dtype)
    for c, q in ((highest, -highest), (lowest, -60 - lowest), (-highest, highest), (30, 30), (-30, -30)):
        for a in (lowest, 0, highest):
            how = {"sample_weight": scaled(v, a), "class_weight": scaled(k, c), "pos_weight": scaled(w, q)}
            for got, expected in zip(results(spec, p, **how), want, strict=True):
                for part, of_part in zip(got, expected, strict=True):
                    allowed = few * np.abs(of_part).max()
                    np.testing.assert_allclose(np.ldexp(part, -c - q), of_part, rtol=0, atol=allowed)
    # The loss is a float64 even where its gradient is too large for float32.
    if dtype is np.float32:
        loss = spec.on_scores(p.S, p.y, class_weight=scaled(k, 100), pos_weight=scaled(w, 100), grad=False)
        base = spec.on_scores(p.S, p.y, class_weight=k, pos_weight=w, grad=False)
        assert np.ldexp(loss, -200) == pytest.approx(base, rel=few)


def assert_sums_are_proportional(spec: Any, shape: Any, dtype: Any, choices: list[tuple[int, int]]) -> None:
    """To v and to k; `choices` are scales of both."""
    p = problem(shape, dtype, spec)
    v, k = factors(len(p.X), dtype), np.maximum(factors(shape[2], dtype, seed=1), 1)
    by_class = "class_weight" in spec.keywords
    for options, reduction in product(variants(spec)[:2], ("sum", "none")):
        how = {"reduction": reduction, **options}
        want = results(spec, p, sample_weight=v, **({"class_weight": k} if by_class else {}), **how)
        for a, c in choices:
            if by_class or not c:
                weights = {"sample_weight": scaled(v, a), **({"class_weight": scaled(k, c)} if by_class else {})}
                assert_equals(results(spec, p, **weights, **how), want, a + c)


@shapes
def test_sums_are_exact_if_they_fit(spec, shape, dtype, isa) -> None:
    """Even where k_c times a term is beyond the range of numbers, while v k_c times it is not."""
    lowest, normal, highest = exponents(dtype)
    low, high, far = normal + 70, highest - 20, highest - 30
    choices = [(low, 0), (high, 0), (0, low), (0, high), (-far, far), (far, -far), (-far, far - 20), (far, 20 - far)]
    choices += [(lowest, highest), (highest, lowest), (lowest, -60 - lowest)]
    assert_sums_are_proportional(spec, shape, dtype, choices)


# ---------------------------------------------------------------------------------------------------------------------
# The same of the reference, which computes what leaves the dtype in longdouble
# ---------------------------------------------------------------------------------------------------------------------

wider_than_float64 = pytest.mark.skipif(
    np.finfo(np.longdouble).maxexp <= np.finfo(np.float64).maxexp, reason="longdouble is no wider than float64 here"
)


@wider_than_float64
@shapes
def test_the_reference_does_not_depend_on_the_scale(spec, shape, dtype) -> None:
    p = problem(shape, dtype, spec)
    v, k = factors(len(p.X), dtype), np.maximum(factors(shape[2], dtype, seed=1), 1)
    lowest, _, highest = exponents(dtype)
    divided = spec_id(spec) == "cross_entropy"

    def of_reference(**how: Any) -> Any:
        return spec.reference(p.S, p.y, **how), spec.linear_reference(p.X, p.y, p.W, p.b, dX=True, **how)

    for options in variants(spec)[:2]:
        want = of_reference(sample_weight=v, **options)
        for exponent in scales(dtype):
            assert_equals(of_reference(sample_weight=scaled(v, exponent), **options), want)
        if "class_weight" not in spec.keywords:
            continue
        want = of_reference(sample_weight=v, class_weight=k, **options)
        for a, c in product((lowest, 0, highest), (lowest, -60, 60, highest) if divided else (-60, 60)):
            weights = {"sample_weight": scaled(v, a), "class_weight": scaled(k, c)}
            assert_equals(of_reference(**weights, **options), want, 0 if divided else c)
        for a, c in ((lowest, highest), (highest, lowest)):
            weights = {"sample_weight": scaled(v, a), "class_weight": scaled(k, c)}
            total = spec.reference(p.S, p.y, reduction="sum", grad=False, **weights, **options)
            base = spec.reference(p.S, p.y, reduction="sum", grad=False, sample_weight=v, class_weight=k, **options)
            assert total == np.ldexp(base, a + c)


# ---------------------------------------------------------------------------------------------------------------------
# Epochs: each batch has a scale of its own
# ---------------------------------------------------------------------------------------------------------------------

EPOCHS = [((9, 5, 1), 1), ((13, 5, 3), 4), ((36, 4, 140), 17)]
"""Each with a last batch of a row or two."""
epochs = pytest.mark.parametrize(("shape", "batch_size"), EPOCHS, ids=str)
STEP = {"momentum": 0.5, "weight_decay": 0.25, "l1": 0.01, "l2": 0.125}


def trained(
    spec: Any, p: Problem, lib: Any = fastlc, /, **how: Any
) -> tuple[float, dict[str, bytes], dict[str, Array]]:
    """The mean loss, and all that an epoch leaves, as bytes and as arrays."""
    W, b = own_copy(p.W), own_copy(p.b)
    state = fastlc.SGDState(W, b, average_from=1)
    mean = lib.sgd_epoch(p.X, p.y, W, b, state=state, **{"loss": spec.name, "lr": 0.01, **STEP, **how})
    left = {"W": W, "b": b, **{name: a for name, a in vars(state).items() if isinstance(a, np.ndarray)}}
    assert len(left) == 6
    return mean, {name: a.tobytes() for name, a in left.items()}, left


def batches(n: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


@epochs
def test_batches_of_any_scales(spec, shape, batch_size, dtype, isa) -> None:
    """Hundreds of orders of magnitude apart: each step is that of the unscaled batch. Their mean counts each by its
    weight, and may be of weights whose sum is too large or too small for any number."""
    p = problem(shape, dtype, spec)
    if is_constant(spec, shape[2]):
        return  # refused, see test_sgd
    v = np.maximum(factors(len(p.X), dtype), 1)
    how = {"batch_size": batch_size, **class_weight(spec, p)}
    _, want, _ = trained(spec, p, sample_weight=v, **how)
    lowest, normal, highest = exponents(dtype)
    parts = batches(len(v), batch_size)
    assert len(v[parts[-1]]) <= 2
    # One step of each batch after the other gives the means that the weights of the batches weigh.
    means, divisors, at = [], [], replace(p, W=own_copy(p.W), b=own_copy(p.b))
    state = fastlc.SGDState(at.W, at.b)
    for part in parts:
        one = {**how, "order": np.arange(len(v))[part], "state": state, "sample_weight": v, "loss": spec.name, **STEP}
        means.append(fastlc.sgd_epoch(p.X, p.y, at.W, at.b, lr=0.01, **one))
        weights = {"sample_weight": wide(v[part]), "class_weight": wide(how.get("class_weight"))}
        divisors.append(spec.linear_reference.rows(p.y[part], **weights).divisor())
    few = np.array([np.resize(e, len(parts)) for e in ([lowest, highest], [highest], [lowest], [normal], [0, lowest])])
    for exponents_ in [*few, np.random.default_rng(0).integers(lowest, highest + 1, len(parts))]:
        scaled_v = v.copy()
        for part, exponent in zip(parts, exponents_, strict=True):
            scaled_v[part] = scaled(v[part], int(exponent))
        mean, got, _ = trained(spec, p, sample_weight=scaled_v, **how)
        assert got == want
        of_batches = np.ldexp(np.array(divisors), exponents_ - exponents_.max())
        expected = float((of_batches * means).sum() / of_batches.sum())
        assert mean == pytest.approx(expected, rel=1e-6 if dtype is np.float32 else 1e-13)


def test_a_row_alone_in_its_batch_has_the_step_of_weight_one(spec, dtype, isa) -> None:
    """Whatever it weighs, between powers of two as well."""
    p = problem((12, 5, 3), dtype, spec)
    limits = np.finfo(dtype)
    weights = [limits.smallest_subnormal, limits.tiny / 3, limits.tiny, 1e-30, 0.3, 1.7, 1e30, limits.max]
    weights += [1e-300, 1e-310, 1e300] if dtype is np.float64 else [1e-40, 1e38]
    for i, weight in enumerate(weights):
        how = {"batch_size": 1, "order": [i % 12]}
        want, _, unweighted = trained(spec, p, **how)
        mean, _, left = trained(spec, p, sample_weight=np.full(12, weight, dtype), **how)
        assert mean == pytest.approx(want, rel=8 * bounds.unit(dtype))
        size = 1 + np.abs(spec.linear(p.X, p.y, p.W, p.b, reduction="none")[1]).max()
        for name, part in unweighted.items():
            np.testing.assert_allclose(left[name], part, rtol=0, atol=16 * bounds.unit(dtype) * size, err_msg=name)


def gaussian(n: int, dtype: Any) -> Array:
    """exp(−d² / 2) of distances d of up to where it is 0, in order: of whole batches all weights are denormal, or 0."""
    d = np.linspace(0, 15 if dtype is np.float32 else 39, n).astype(dtype)
    v = np.exp(-d * d / 2)
    assert (v == 0).any()
    assert ((v > 0) & (v < np.finfo(dtype).tiny)).any()
    return v


@epochs
def test_weights_of_locally_weighted_regression(spec, shape, batch_size, dtype, isa) -> None:
    """They are those of an epoch whose batches' largest weights are about 1, scaled without rounding."""
    n = 12 * max(batch_size, 5) + 1
    p = problem((n, *shape[1:]), dtype, spec)
    if is_constant(spec, shape[2]):
        return  # refused, see test_sgd
    v = gaussian(n, dtype)
    about_one = v.copy()
    for part in batches(n, batch_size):
        about_one[part] = np.ldexp(v[part], -int(np.frexp(v[part].max())[1]))
    mean, got, left = trained(spec, p, batch_size=batch_size, sample_weight=v)
    assert got == trained(spec, p, batch_size=batch_size, sample_weight=about_one)[1]
    assert np.isfinite(mean)
    assert all(np.isfinite(part).all() for part in left.values())


@wider_than_float64
@epochs
def test_weights_of_locally_weighted_regression_against_the_reference(spec, shape, batch_size, isa) -> None:
    """In small steps: errors do not grow, and no hinge meets its kink."""
    n = 12 * max(batch_size, 5) + 1
    p = problem((n, *shape[1:]), np.float64, spec)
    if is_constant(spec, shape[2]):
        return  # refused, see test_sgd
    how = {"batch_size": batch_size, "lr": 1e-3, "sample_weight": gaussian(n, np.float64)}
    (mean, _, left), (expected, _, want) = trained(spec, p, **how), trained(spec, p, reference, **how)
    assert mean == pytest.approx(expected, rel=1e-11)
    for name, part in want.items():
        np.testing.assert_allclose(left[name], part, rtol=1e-10, atol=1e-12, err_msg=name)


# ---------------------------------------------------------------------------------------------------------------------
# Weights that are no numbers, or negative
# ---------------------------------------------------------------------------------------------------------------------


def assert_same_kind(got: Any, want: Any, what: str) -> None:
    """nan and inf, with its sign, where the reference has them."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want), what)
    np.testing.assert_array_equal(np.where(np.isinf(got), got, 0), np.where(np.isinf(want), want, 0), what)


SPECIAL = [np.inf, -np.inf, np.nan]


@shapes
def test_weights_that_are_no_numbers(spec, shape, dtype, isa) -> None:
    """They are not nothing: nan or inf come out as in the reference, beside rows of weight 0, which stay out of it."""
    p = problem(shape, dtype, spec)
    weights = {"sample_weight": factors(len(p.X), dtype), **class_weight(spec, p)}
    assert weights["sample_weight"][1] == 0
    for name, value, reduction, options in product(weights, SPECIAL, ("mean", "sum", "none"), variants(spec)[:2]):
        special = own_copy(weights[name])
        special[2 if name == "sample_weight" else int(p.y[2] if spec.targets == "labels" else 0) % shape[2]] = value
        how = {"reduction": reduction, **weights, name: special, **options}
        got = results(spec, p, **how)
        want = spec.reference(p.S, p.y, **how), spec.linear_reference(p.X, p.y, p.W, p.b, dX=True, **how)
        for one, other in zip(got, want, strict=True):
            for i, (part, of_part) in enumerate(zip(one, other, strict=True)):
                what = f"{name} {value} {reduction} {options} {i}"
                if name == "sample_weight":
                    assert_same_kind(part, of_part, what)
                else:  # within the loss, where inf or nan may be a matter of the order of terms
                    np.testing.assert_array_equal(np.isfinite(part), np.isfinite(of_part), what)
        ignored = spec.targets == "labels" and options.get("ignore_index") == p.y[2]
        if name == "sample_weight" and not ignored and (reduction == "mean" or np.isnan(value)):
            assert np.isnan(got[0][0]).any()
            assert np.isnan(got[0][1]).any()
            assert np.isnan(got[1][1]).any()


@epochs
def test_epochs_of_weights_that_are_no_numbers(spec, shape, batch_size, dtype, isa) -> None:
    """What such a batch leaves is no number either; the batches before it are as ever."""
    p = problem(shape, dtype, spec)
    if is_constant(spec, shape[2]):
        return  # refused, see test_sgd
    v = factors(len(p.X), dtype)
    for value in SPECIAL:
        v[-1] = value
        how = {"batch_size": batch_size, "sample_weight": v}
        mean, _, left = trained(spec, p, **how)
        expected, _, want = trained(spec, p, reference, **how)
        assert np.isnan(mean)
        assert np.isnan(expected)
        for name, part in want.items():
            assert_same_kind(left[name], part, name)
        assert np.isnan(left["W"]).any()
        before = {**how, "order": np.arange(len(v) - 1)}
        assert np.isfinite(trained(spec, p, **before)[2]["W"]).all()


@shapes
def test_negative_weights_count_against(spec, shape, dtype, isa) -> None:
    """A formula like any other, as long as the divisor stays above 0; at any scale. If it is 0, so is the mean."""
    p = problem(shape, dtype, spec)
    v = np.maximum(factors(len(p.X), dtype), 1)
    v[::4] *= -1
    assert v.sum() > 0
    kinds = class_weight(spec, p)
    if spec_id(spec) == "cross_entropy":
        kinds = {}  # or its divisor may be anything
    expected = oracle.linear(spec.name, p.X, p.y, p.W, p.b, {"sample_weight": v, **kinds})
    want = results(spec, p, sample_weight=v, **kinds)
    oracle.on_scores(spec.name, p.S, p.y, {"sample_weight": v, **kinds}).check(want[0])
    expected.check(want[1])
    for exponent in scales(dtype):
        assert_equals(results(spec, p, sample_weight=scaled(v, exponent), **kinds), want)
    v[0] = 0
    v[0] = -v.sum()
    for exponent in (exponents(dtype)[0], 0, exponents(dtype)[2] - 6):
        for part in results(spec, p, sample_weight=scaled(v, exponent)):
            assert part[0] == 0.0
            assert not any(gradient.any() for gradient in part[1:])
        assert spec.reference(p.S, p.y, sample_weight=scaled(v, exponent), grad=False) == 0.0


# ---------------------------------------------------------------------------------------------------------------------
# Nothing counts
# ---------------------------------------------------------------------------------------------------------------------

IGNORED = -7


def nothing(spec: Any, p: Problem) -> list[tuple[Array, dict[str, Any]]]:
    """The ways in which no row counts: y and options."""
    n = len(p.y)
    ways = [(p.y, {"sample_weight": np.zeros(n, p.dtype)})]
    if spec.targets == "labels":
        ways.append((np.full(n, IGNORED), {"ignore_index": IGNORED}))
        half = np.where(np.arange(n) % 2, IGNORED, p.y)
        ways.append((half, {"ignore_index": IGNORED, "sample_weight": (np.arange(n) % 2).astype(p.dtype)}))
    if spec_id(spec) == "cross_entropy":
        k = np.ones(p.S.shape[1], p.dtype)
        k[p.y] = 0
        ways += [(p.y, {"class_weight": k, **options}) for options in variants(spec)[:2]]
    return ways


@shapes
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_a_loss_of_nothing_is_exactly_zero(spec, shape, reduction, dtype, isa) -> None:
    """Whatever the rows hold, unless smoothing gives their labels' classes, of weight 0, a part in others."""
    p = problem(shape, dtype, spec)
    for y, how in nothing(spec, p):
        if reduction != "mean" and "label_smoothing" in how:
            continue
        for filler in (0, np.nan, np.inf, -np.inf):
            X, S = np.full_like(p.X, filler), np.full_like(p.S, filler)
            targets = y if spec.targets == "labels" else np.full_like(y, filler)
            given = spec.on_scores(S, targets, reduction=reduction, **how)
            linear = spec.linear(X, targets, p.W, p.b, dX=True, reduction=reduction, **how)
            assert not any(np.any(part) for part in (*given, *linear))
            of_reference = spec.reference(S, targets, reduction=reduction, **how)
            assert not any(np.any(part) for part in of_reference)


STEPS = [{"momentum": 0.5, "nesterov": True}, {"momentum": 0.5, "dampening": 0.25}, {"weight_decay": 0.25}, {}]


@epochs
def test_batches_of_nothing_are_no_steps(spec, shape, batch_size, dtype, isa) -> None:
    """Between batches that count: these alone leave the same, whatever the step, and velocities that are not 0.

    Averages go on, of weights that are as they were.
    """
    p = problem(shape, dtype, spec)
    if is_constant(spec, shape[2]):
        return  # refused, see test_sgd
    n = len(p.y)
    X = np.vstack([p.X, np.full_like(p.X, np.nan)])
    for (y, how), step in zip(nothing(spec, p), 2 * STEPS, strict=False):
        step = {**step, "l1": 0.01, "l2": 0.125}
        targets = np.concatenate([p.y, y if spec.targets == "labels" else np.full_like(y, np.nan)])
        both = dict(how)
        if "sample_weight" in how:
            both["sample_weight"] = np.concatenate([np.ones(n, dtype), how["sample_weight"]])
        # Rows that count need labels of classes that do: one whose weight is left, or all.
        if "class_weight" in how:
            if not how["class_weight"].any():
                continue
            targets[:n] = np.flatnonzero(how["class_weight"])[0]
        live = np.resize(np.arange(n), 6 * batch_size).reshape(6, batch_size)
        dead = np.resize(np.arange(n, 2 * n), 6 * batch_size).reshape(6, batch_size)
        order = np.stack([live, dead], axis=1)
        order[[1, 4]] = order[[1, 4], ::-1]  # sometimes two batches of nothing, or two that count, in a row
        left = []
        for rows in (order.ravel(), live.ravel()):
            W, b = own_copy(p.W), own_copy(p.b)
            state = fastlc.SGDState(W, b)
            given = {"loss": spec.name, "lr": 0.01, "batch_size": batch_size, "order": rows, "state": state}
            mean = fastlc.sgd_epoch(X, targets, W, b, **given, **step, **both)
            left.append((mean, as_bytes((W, b, state.velocity_W, state.velocity_b))))
            assert state.step == len(rows) // batch_size
            assert np.isfinite(W).all()
        assert left[0] == left[1]
        # From where that has come, a batch of nothing changes nothing but the average, which W goes into again.
        state.average_from, state.average_W, state.average_b = state.step, np.full(W.shape, 8.0), np.full(b.shape, 8.0)
        before = as_bytes((W, b, state.velocity_W, state.velocity_b))
        given |= {"order": dead.ravel(), "state": state}
        assert fastlc.sgd_epoch(X, targets, W, b, **given, **step, **both) == 0.0
        assert as_bytes((W, b, state.velocity_W, state.velocity_b)) == before
        np.testing.assert_array_equal(state.average_W, W)
        np.testing.assert_array_equal(state.average_b, b)
