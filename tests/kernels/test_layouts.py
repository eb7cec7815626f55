"""Arrays in every memory layout of NumPy give the same bits as contiguous native ones, and are never written to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastlc

from ..support.cases import (
    LAYOUTS,
    Array,
    Problem,
    all_weights,
    as_bytes,
    calls_of_loss,
    calls_without_loss,
    own_copy,
    pair_id,
    problem,
    variants,
    with_each,
)

ARGUMENTS = ["X", "y", "W", "b", "S", "sample_weight", "class_weight", "pos_weight"]
# Few classes and many, one class, one row; sizes that fill vectors and that do not.
SHAPES = [(33, 17, 5), (20, 16, 70), (6, 3, 1), (1, 40, 12)]

shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)
layouts = pytest.mark.parametrize("layout", LAYOUTS)


def memory(a: Array) -> bytes:
    """All bytes that `a` looks at, those between its elements included."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a.tobytes()


def assert_same(p: Problem, changed: Problem, spec: Any = None) -> None:
    """Every function gives the same bits for both and leaves the memory of the second as it was."""
    before = {name: memory(array) for name, array in vars(changed).items()}
    for options in [{}] if spec is None else [{}, *variants(spec)[1:][-1:]]:
        pairs = (calls_without_loss(q) if spec is None else calls_of_loss(spec, q, options) for q in (p, changed))
        for (name, native), (_, laid_out) in zip(*pairs, strict=True):
            assert as_bytes(laid_out()) == as_bytes(native()), name
    assert {name: memory(array) for name, array in vars(changed).items()} == before


@layouts
@shapes
def test_all_arguments_in_one_layout(shape, layout, dtype, isa) -> None:
    p = problem(shape, dtype)
    assert_same(p, replace(p, **{name: LAYOUTS[layout](getattr(p, name)) for name in ARGUMENTS}))


@layouts
@pytest.mark.parametrize("spec_and_shape", with_each(SHAPES, few=SHAPES[:1]), ids=pair_id)
def test_all_arguments_of_losses_in_one_layout(spec_and_shape, layout, dtype, isa) -> None:
    spec, shape = spec_and_shape
    p = problem(shape, dtype, spec)
    assert_same(p, replace(p, **{name: LAYOUTS[layout](getattr(p, name)) for name in ARGUMENTS}), spec)


@layouts
@pytest.mark.parametrize("argument", ARGUMENTS)
def test_one_argument_in_another_layout(spec, argument, layout) -> None:
    p = problem((33, 17, 5), np.float32, spec)
    changed = replace(p, **{argument: LAYOUTS[layout](getattr(p, argument))})
    assert_same(p, changed)
    assert_same(p, changed, spec)


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_memory_maps(spec, argument, dtype, tmp_path: Path) -> None:
    p = problem((33, 17, 5), dtype, spec)
    array = getattr(p, argument)
    array.tofile(tmp_path / "array")
    mapped = np.memmap(tmp_path / "array", dtype=array.dtype, mode="r", shape=array.shape)
    changed = replace(p, **{argument: mapped})
    assert_same(p, changed)
    assert_same(p, changed, spec)


def test_rows_further_apart_than_32_bits_count(spec, dtype, tmp_path: Path) -> None:
    """Elements and bytes beyond 2³¹, in a file that is nearly all hole."""
    p = problem((3, 17, 5), dtype, spec)
    try:
        apart = np.memmap(tmp_path / "sparse", dtype=dtype, mode="w+", shape=(3, 3 * 2**29))[:, 5:22]
    except OSError as error:
        pytest.skip(f"no sparse file of this size here: {error}")
    apart[...] = p.X
    results = []
    for X in (p.X, apart):
        W, b = own_copy(p.W), own_copy(p.b)
        mean = fastlc.sgd_epoch(X, p.y, W, b, loss=spec.name, lr=0.1, batch_size=2, order=[2, 0, 1])
        results.append(as_bytes((mean, W, b, fastlc.scores(X, p.W), spec.linear(X, p.y, p.W, dX=True))))
    assert results[0] == results[1]


@pytest.mark.parametrize("axis", [0, 1, (0, 1)], ids=str)
def test_zero_strides(spec, axis, dtype, isa) -> None:
    """np.broadcast_to stores one row, one column or one number for many."""

    def constant(a: Array) -> Array:
        along = axis if a.ndim == 2 else 0
        index = tuple(slice(0, 1) if k in np.atleast_1d(along) else slice(None) for k in range(a.ndim))
        return np.broadcast_to(a[index], a.shape)

    p = problem((33, 17, 5), dtype, spec)
    broadcast = replace(p, **{name: constant(getattr(p, name)) for name in ARGUMENTS})
    assert 0 in broadcast.X.strides
    assert 0 in broadcast.y.strides
    stored = replace(p, **{name: own_copy(getattr(broadcast, name)) for name in ARGUMENTS})
    assert_same(stored, broadcast)
    assert_same(stored, broadcast, spec)


def test_lists(spec, isa) -> None:
    """Lists of floats as X and S are float64; as anything else they take the dtype of X."""
    p = problem((9, 4, 3), np.float64, spec)
    lists = {name: getattr(p, name).tolist() for name in ARGUMENTS}
    weights = all_weights(spec, p)
    listed = {name: value.tolist() for name, value in weights.items()}
    assert as_bytes(spec.on_scores(lists["S"], lists["y"], **listed)) == as_bytes(spec.on_scores(p.S, p.y, **weights))
    want = as_bytes(spec.linear(p.X, p.y, p.W, p.b, **weights))
    assert as_bytes(spec.linear(*(lists[name] for name in ("X", "y", "W", "b")), **listed)) == want
    assert as_bytes(fastlc.scores(lists["X"], p.W, lists["b"])) == as_bytes(fastlc.scores(p.X, p.W, p.b))
    assert as_bytes(fastlc.softmax(lists["S"])) == as_bytes(fastlc.softmax(p.S))


def test_lists_beside_float32(spec, isa) -> None:
    p = problem((9, 4, 3), np.float32, spec)
    weights = all_weights(spec, p)
    listed = {name: value.tolist() for name, value in weights.items()}
    want = as_bytes(spec.linear(p.X, p.y, p.W, p.b, **weights))
    assert as_bytes(spec.linear(p.X, p.y.tolist(), p.W.tolist(), p.b.tolist(), **listed)) == want


@pytest.mark.parametrize("stored", ["int8", "int32", "int64", "uint16", ">i8", "list", "strided"])
def test_order_in_any_integer_dtype(spec, stored, dtype, isa) -> None:
    p = problem((33, 17, 5), dtype, spec)
    order = np.random.default_rng(0).permutation(33)
    given = {"list": order.tolist(), "strided": np.repeat(order, 2)[::2]}.get(stored)
    results = []
    for how in (order, order.astype(stored) if given is None else given):
        W, b = own_copy(p.W), own_copy(p.b)
        mean = fastlc.sgd_epoch(p.X, p.y, W, b, loss=spec.name, lr=0.01, batch_size=10, order=how)
        results.append(as_bytes((mean, W, b)))
    assert results[0] == results[1]


@layouts
def test_learning_rates_in_any_layout(layout) -> None:
    p = problem((33, 17, 5), np.float64)
    rates = np.array([0.1, 0.2, 0.05, 0.4])
    results = []
    for lr in (rates, LAYOUTS[layout](rates), rates.tolist(), rates.astype(np.float32).astype(float) * 0 + rates):
        W = own_copy(p.W)
        fastlc.sgd_epoch(p.X, p.y, W, loss="hinge", lr=lr, batch_size=10)
        results.append(as_bytes(W))
    assert len(set(results)) == 1
