"""The gradient check: right on functions with known derivatives, and not to be fooled by wrong ones."""

from __future__ import annotations

import numpy as np
import pytest

import fastlc
from fastlc.gradcheck import gradcheck, numerical_gradient

RNG = np.random.default_rng(0)
N, D, C = 9, 5, 4
X, W, b = RNG.normal(size=(N, D)), RNG.normal(size=(C, D)), RNG.normal(size=C)
Y = {"labels": RNG.integers(C, size=N), "values": RNG.uniform(size=(N, C))}


def test_numerical_gradient_of_known_functions() -> None:
    w = np.array([[1.0, -2.0, 30.0], [0.0, 0.5, -1e-3]])
    before = w.copy()
    np.testing.assert_allclose(numerical_gradient(lambda w: (w**3).sum(), w), 3 * w**2, rtol=1e-7, atol=1e-6)
    np.testing.assert_allclose(numerical_gradient(lambda w: np.sin(w).sum(), w), np.cos(w), atol=1e-7)
    np.testing.assert_array_equal(w, before)


def test_numerical_gradient_shapes_and_steps() -> None:
    assert numerical_gradient(lambda w: float(w**2), 3.0).item() == pytest.approx(6)
    assert numerical_gradient(lambda w: 0.0, np.zeros((0, 3))).shape == (0, 3)
    assert numerical_gradient(lambda w: w.sum(), np.ones(2, np.float32)).dtype == np.float64
    np.testing.assert_allclose(numerical_gradient(lambda w: np.abs(w).sum(), [0.5], eps=1.0), [0.5])
    with pytest.raises(ValueError, match=r"eps = 0 is not > 0"):
        numerical_gradient(np.sum, [1.0], eps=0)


@pytest.mark.parametrize("function", ["linear", "linear_reference"])
@pytest.mark.parametrize("loss", fastlc.LOSSES)
def test_right_gradients_pass(loss: str, function: str) -> None:
    row = fastlc.LOSSES[loss]
    linear, y = getattr(row, function), Y[row.targets]
    result = gradcheck(linear, X, y, W, b, l2=0.1, sample_weight=np.linspace(0, 2, N))
    assert set(result.errors) == {"W", "b"}
    assert result.max_error < 1e-7
    assert set(gradcheck(linear, X, y, W).errors) == {"W"}


def test_options_reach_the_loss() -> None:
    assert gradcheck(fastlc.linear_hinge, X, Y["labels"], W, b, margin=2.0, p=2).max_error < 1e-7


@pytest.mark.parametrize("wrong", ["scale", "one element", "bias", "sign", "nan"])
def test_wrong_gradients_are_found(wrong: str) -> None:
    def loss(X, y, W, b, *, grad=True):
        if not grad:
            return fastlc.linear_cross_entropy(X, y, W, b, grad=False)
        value, dW, db = fastlc.linear_cross_entropy(X, y, W, b)
        if wrong == "scale":
            dW *= 1.0001
        elif wrong == "one element":
            dW[2, 3] += 1e-4
        elif wrong == "bias":
            db[0] = 0
        elif wrong == "sign":
            dW = -dW
        else:
            dW[0, 0] = np.nan
        return value, dW, db

    result = gradcheck(loss, X, Y["labels"], W, b)
    assert not result.max_error < 1e-6
    assert (result.errors["b"] < 1e-7) == (wrong != "bias")


def test_zero_gradients_agree() -> None:
    assert gradcheck(fastlc.linear_cross_entropy, X, Y["labels"] * 0, W[:1], b[:1]).max_error == 0
