"""Other shapes brought into (N, D) and (C, D): images, the bias trick, and the convention of columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastlc
from fastlc.lecture import shapes

from ..support import bounds


@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4, 3, 2), (5, 12), (0, 4, 3), (5, 0, 3), (1, 1, 1)])
def test_flatten_is_undone_by_reshape(shape: tuple[int, ...]) -> None:
    images = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    X = shapes.flatten(images)
    assert X.shape == (shape[0], int(np.prod(shape[1:])))
    assert X.dtype == images.dtype
    np.testing.assert_array_equal(X.reshape(shape), images)
    assert X.size == 0 or np.shares_memory(X, images)


def test_flatten_puts_channels_last() -> None:
    height, width, channels = 4, 3, 2
    images = np.random.default_rng(0).normal(size=(5, height, width, channels))
    X = shapes.flatten(images)
    for h, w, k in np.ndindex(height, width, channels):
        np.testing.assert_array_equal(X[:, (h * width + w) * channels + k], images[:, h, w, k])


def test_flatten_of_other_batches() -> None:
    images = np.arange(120.0).reshape(2, 3, 4, 5)
    assert shapes.flatten(images, start_axis=0).shape == (120,)
    assert shapes.flatten(images, start_axis=2).shape == (2, 3, 20)
    assert shapes.flatten(images, start_axis=3).shape == (2, 3, 4, 5)
    channels_first = images.transpose(0, 3, 1, 2)  # has to be copied
    np.testing.assert_array_equal(shapes.flatten(channels_first), channels_first.copy().reshape(2, 60))


@given(N=st.integers(0, 9), D=st.integers(0, 9), C=st.integers(1, 9), seed=st.integers(0, 99))
def test_conventions_agree(dtype, N: int, D: int, C: int, seed: int) -> None:
    """W x + b a row, X Wᵀ + b a batch, [W b] [x; 1], and x W with one column a class: the same to rounding."""
    rng = np.random.default_rng(seed)
    X, W, b = (rng.normal(size=size).astype(dtype) for size in ((N, D), (C, D), (C,)))
    S = fastlc.scores(X, W, b)
    one_by_one = np.array([W @ x + b for x in X], dtype).reshape(N, C)
    trick = fastlc.scores(shapes.append_ones(X), shapes.append_bias(W, b))
    columns = W.T.copy()  # (D, C), x W
    by_columns = fastlc.scores(X, columns.T, b)
    error = bounds.scores(X, W, b, dtype)  # of each of the two
    for other in (one_by_one, trick, by_columns, X @ columns + b):
        assert (np.abs(other - S) <= 2 * error).all()


def test_the_bias_trick_is_undone() -> None:
    W, b = np.arange(6.0).reshape(2, 3), np.array([7.0, 8.0])
    Wb = shapes.append_bias(W, b)
    np.testing.assert_array_equal(Wb, [[0, 1, 2, 7], [3, 4, 5, 8]])
    again, bias = shapes.split_bias(Wb)
    np.testing.assert_array_equal(again, W)
    np.testing.assert_array_equal(bias, b)
    assert again.flags.c_contiguous
    assert not np.shares_memory(again, Wb)
    assert not np.shares_memory(bias, Wb)
    np.testing.assert_array_equal(shapes.append_ones(np.array([2.0, 3.0], np.float32)), [2, 3, 1])
    assert shapes.append_ones(np.zeros((3, 0), np.float32)).shape == (3, 1)


def test_a_gradient_of_the_bias_trick_is_that_of_both() -> None:
    rng = np.random.default_rng(0)
    X, y, W, b = rng.normal(size=(20, 5)), rng.integers(0, 3, 20), rng.normal(size=(3, 5)), rng.normal(size=3)
    loss, dW, db = fastlc.linear_cross_entropy(X, y, W, b)
    again, dWb, nothing = fastlc.linear_cross_entropy(shapes.append_ones(X), y, shapes.append_bias(W, b))
    assert nothing is None
    assert db is not None
    # The scores differ by 2 s_err, so the loss of a row by 4 s_err and its p by as much; then come sums over 20 rows.
    s_err = bounds.scores(X, W, b, np.float64).max()
    error = 4 * s_err + 2 * bounds.gamma(20 + 3 + 20, np.float64) * (1 + np.abs(X).sum(axis=0).max() + loss)
    assert abs(again - loss) <= error
    assert (np.abs(dWb - np.column_stack([dW, db])) <= error * (1 + np.abs(X).max())).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shapes.flatten(np.float64(3)), r"^images has shape \(\), expected at least 2 axes$"),
        (lambda: shapes.flatten(np.zeros(3)), r"^images has shape \(3,\), expected at least 2 axes$"),
        (lambda: shapes.flatten(np.zeros((2, 3)), 2), r"^images has shape \(2, 3\), expected at least 3 axes$"),
        (lambda: shapes.flatten(np.zeros((2, 3)), -1), r"^start_axis = -1, expected an integer >= 0$"),
        (lambda: shapes.flatten([[1], [2, 3]]), r"^images is not an array of numbers: "),
        (lambda: shapes.append_ones(np.zeros((2, 3, 4))), r"^X has shape \(2, 3, 4\), expected \(N, D\) or \(D,\)$"),
        (lambda: shapes.append_bias(np.zeros(3), np.zeros(3)), r"^W has shape \(3,\), expected \(C, D\)$"),
        (lambda: shapes.append_bias(np.zeros((3, 2)), np.zeros(2)), r"^b has shape \(2,\), W has 3 rows$"),
        (lambda: shapes.split_bias(np.zeros((3, 0))), r"^Wb has shape \(3, 0\), expected \(C, D \+ 1\)$"),
    ],
)
def test_other_shapes_are_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shapes.flatten("abc"), r"^images holds text, expected numbers$"),
        (lambda: shapes.flatten(None), r"^images has dtype object, expected numbers$"),  # type: ignore[arg-type]
        (lambda: shapes.flatten(np.zeros((2, 3)), 1.5), r"^start_axis is a float, expected an integer >= 0$"),
        (lambda: shapes.append_ones(np.zeros(3, int)), r"^X has dtype int64, expected float32 or float64: "),
        (
            lambda: shapes.append_bias(np.zeros((3, 2)), np.zeros(3, np.float32)),
            r"^b has dtype float32, W has float64: convert one of them$",
        ),
        (lambda: shapes.split_bias(np.zeros((3, 2), int)), r"^Wb has dtype int64, expected float32 or float64: "),
    ],
)
def test_other_types_are_refused(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()
