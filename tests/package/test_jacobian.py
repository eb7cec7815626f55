"""Jacobians: values by hand, against differences, their structure, and the fused gradients as products of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy

import fastlc
from fastlc.lecture import jacobian

from ..support import bounds
from ..support.cases import DTYPES

FUNCTIONS = [
    (fastlc.softmax, jacobian.softmax),
    (fastlc.log_softmax, jacobian.log_softmax),
    (fastlc.sigmoid, jacobian.sigmoid),
]
functions = pytest.mark.parametrize(("function", "of_function"), FUNCTIONS, ids=lambda f: f.__name__)


def by_differences(function: Callable[[Any], Any], at: Any, h: float) -> Any:
    """∂ function(at) / ∂ at by central differences: the axes of the output, then those of the input."""
    columns = []
    for i in np.ndindex(at.shape):
        above, below = at.copy(), at.copy()
        above[i] += h
        below[i] -= h
        columns.append((function(above) - function(below)) / (above[i] - below[i]))
    output = function(at).shape
    return np.stack(columns, axis=-1).reshape(*output, *at.shape)


@functions
@pytest.mark.parametrize(("N", "C"), [(1, 1), (4, 1), (3, 2), (2, 10), (0, 3)])
def test_against_differences(function: Any, of_function: Any, N: int, C: int) -> None:
    S = np.random.default_rng(0).normal(size=(N, C)) * 2
    h = 1e-5
    J = of_function(S)
    assert J.shape == (N, C, C)
    # Third derivatives of all three are at most 1, their values at most 20; a function is good to a few roundings.
    error = h**2 / 6 + 2 * 20 * bounds.gamma(C + 20, np.float64) / h
    for s, of_row in zip(S, J, strict=True):
        measured = by_differences(lambda s: function(s[None])[0], s, h)
        assert np.abs(measured - of_row).max() <= error
        np.testing.assert_array_equal(of_function(s), of_row)  # a single row is no batch
    if N:
        whole = jacobian.block_diagonal(J)
        assert np.abs(by_differences(function, S, h) - whole).max() <= error


def test_by_hand() -> None:
    s = np.log([1.0, 2.0, 5.0])  # p = 1/8, 2/8, 5/8
    p = np.array([1, 2, 5]) / 8
    by_hand = np.array([[7, -2, -5], [-2, 12, -10], [-5, -10, 15]]) / 64
    error = bounds.gamma(40, np.float64)
    np.testing.assert_allclose(jacobian.softmax(s), by_hand, rtol=0, atol=error)
    np.testing.assert_allclose(jacobian.log_softmax(s), np.eye(3) - np.ones((3, 1)) * p, rtol=0, atol=error)
    np.testing.assert_allclose(jacobian.sigmoid(np.log([3.0, 1.0])), [[3 / 16, 0], [0, 1 / 4]], rtol=0, atol=error)


@pytest.mark.parametrize("dtype", DTYPES)
def test_structure(dtype: Any) -> None:
    S = (np.random.default_rng(1).normal(size=(6, 7)) * 3).astype(dtype)
    of_softmax, of_log, of_sigmoid = (f(S) for _, f in FUNCTIONS)
    for J in (of_softmax, of_log, of_sigmoid):
        assert J.dtype == dtype
    np.testing.assert_array_equal(of_softmax, of_softmax.transpose(0, 2, 1))
    error = bounds.gamma(40, dtype)
    assert np.abs(of_softmax.sum(axis=2)).max() <= error  # more of every score changes nothing
    assert np.abs(of_log.sum(axis=2)).max() <= error
    assert (of_sigmoid[:, ~np.eye(7, dtype=bool)] == 0).all()
    # log: ∂ log p_i = ∂ p_i / p_i
    np.testing.assert_allclose(of_softmax, fastlc.softmax(S)[:, :, None] * of_log, rtol=0, atol=error)


@pytest.mark.parametrize("dtype", DTYPES)
def test_saturated_scores_keep_their_small_slopes(dtype: Any) -> None:
    """1 − p in floats would be 0 here."""
    s = np.array([30.0, 0.0], dtype)
    small, error = np.exp(-30.0) / (1 + np.exp(-30.0)) ** 2, bounds.gamma(2 * bounds.EXP + 10, dtype)
    np.testing.assert_allclose(jacobian.softmax(s), small * np.array([[1, -1], [-1, 1]]), rtol=error, atol=0)
    np.testing.assert_allclose(np.diag(jacobian.sigmoid(s)), [small, 0.25], rtol=error, atol=0)
    p = 1 / (1 + np.exp(-30.0))
    tiny = np.exp(-30.0) * p
    np.testing.assert_allclose(jacobian.log_softmax(s), [[tiny, -tiny], [-p, p]], rtol=error, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("N", "D", "C"), [(1, 1, 1), (4, 3, 2), (2, 5, 7), (0, 3, 2), (3, 0, 2), (3, 2, 0)])
def test_linear(dtype: Any, N: int, D: int, C: int) -> None:
    """The map is linear, so a Jacobian times any direction is the change of the scores itself."""
    rng = np.random.default_rng(2)
    X, W, b = (rng.integers(-8, 9, size).astype(dtype) for size in ((N, D), (C, D), (C,)))
    dX, dW, db = (rng.integers(-8, 9, size).astype(dtype) for size in ((N, D), (C, D), (C,)))
    J = jacobian.linear(X, W)
    assert (J.X.shape, J.W.shape, J.b.shape) == ((N, C, D), (N, C, C, D), (N, C, C))
    assert {part.dtype for part in J} == {np.dtype(dtype)}
    assert all(part.flags.writeable for part in J)
    S = X @ W.T + b  # small integers: exact
    np.testing.assert_array_equal(S + np.einsum("ncd,nd->nc", J.X, dX), (X + dX) @ W.T + b)
    np.testing.assert_array_equal(S + np.einsum("nckd,kd->nc", J.W, dW), X @ (W + dW).T + b)
    np.testing.assert_array_equal(S + J.b @ db, X @ W.T + (b + db))
    if N:
        for of_batch, of_row in zip(J, jacobian.linear(X[0], W), strict=True):
            np.testing.assert_array_equal(of_batch[0], of_row)


def test_flattened_batch_jacobians() -> None:
    """(N, C, N, D) as (N C, N D) is the Kronecker product of I and W; (N, C, C, D) as (N C, C D) that of X and I, rows
    and columns exchanged."""
    rng = np.random.default_rng(3)
    X, W = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    J = jacobian.linear(X, W)
    by_X = jacobian.matrix(jacobian.block_diagonal(J.X), outputs=2)
    np.testing.assert_array_equal(by_X, np.kron(np.eye(4), W))
    by_W = jacobian.matrix(J.W, outputs=2)
    np.testing.assert_array_equal(by_W, np.concatenate([np.kron(np.eye(2), x) for x in X]))
    by_b = jacobian.matrix(J.b, outputs=2)
    np.testing.assert_array_equal(by_b, np.tile(np.eye(2), (4, 1)))
    assert jacobian.matrix(np.float64(3), 0).shape == (1, 1)


@pytest.mark.parametrize("C", [2, 5])
def test_the_fused_gradient_is_the_chain_of_jacobians(C: int) -> None:
    """∂L/∂W = ∂L/∂log p · ∂log p/∂S · ∂S/∂W, all of them matrices."""
    rng = np.random.default_rng(4)
    N, D = 6, 4
    X, W, b, y = rng.normal(size=(N, D)), rng.normal(size=(C, D)), rng.normal(size=C), rng.integers(0, C, N)
    S = fastlc.scores(X, W, b)
    of_mean = np.zeros((1, N, C))
    of_mean[0, np.arange(N), y] = -1 / N
    matrix, whole = jacobian.matrix, jacobian.block_diagonal
    by_S = matrix(of_mean, 1) @ matrix(whole(jacobian.log_softmax(S)), 2)
    of_linear = jacobian.linear(X, W)
    chained = (
        (by_S @ matrix(of_linear.W, 2)).reshape(C, D),
        (by_S @ matrix(of_linear.b, 2)).reshape(C),
        (by_S @ matrix(whole(of_linear.X), 2)).reshape(N, D),
    )
    _, *fused = fastlc.linear_cross_entropy(X, y, W, b, dX=True)
    # Softmax of scores that are s_err off is off by 2 s_err at most; then both sum over as many products.
    error = 4 * bounds.scores(X, W, b, np.float64).max() + 2 * bounds.gamma(N * C + 40, np.float64)
    size = max(np.abs(X).sum(), np.abs(W).sum(), 1)
    for one, other in zip(fused, chained, strict=True):
        assert np.abs(one - other).max() <= error * size
    np.testing.assert_allclose(fastlc.cross_entropy(S, y)[1].ravel(), by_S[0], rtol=0, atol=error)


def test_symbolically() -> None:
    """SymPy derives the same."""
    s = sympy.symbols("s:3", real=True)
    total = sum(sympy.exp(x) for x in s)
    probabilities = [sympy.exp(x) / total for x in s]
    symbolic: dict[Any, Any] = {
        jacobian.softmax: probabilities,
        jacobian.log_softmax: [sympy.log(p) for p in probabilities],
        jacobian.sigmoid: [1 / (1 + sympy.exp(-x)) for x in s],
    }
    at = np.array([0.3, -1.2, 2.5])
    for ours, formula in symbolic.items():
        J = sympy.Matrix(formula).jacobian(s).subs(dict(zip(s, map(sympy.Float, at), strict=True)))
        exact = np.array(J.evalf(30).tolist(), float)
        np.testing.assert_allclose(ours(at), exact, rtol=0, atol=bounds.gamma(40, np.float64))


@pytest.mark.parametrize(
    ("error", "call", "message"),
    [
        (ValueError, lambda: jacobian.softmax(np.zeros((2, 3, 4))), r"^S has shape \(2, 3, 4\), expected \(N, C\) or"),
        (TypeError, lambda: jacobian.sigmoid([1, 2]), r"^S has dtype int64, expected float32 or float64"),
        (ValueError, lambda: jacobian.linear(np.zeros((2, 3)), np.zeros((4, 2))), r"^W has 2 columns, X has 3$"),
        (
            ValueError,
            lambda: jacobian.linear(np.zeros((2, 3)), np.zeros(3)),
            r"^W has shape \(3,\), expected \(C, D\)$",
        ),
        (ValueError, lambda: jacobian.linear(np.zeros((1, 2, 3)), np.zeros((4, 3))), r"^X has shape \(1, 2, 3\), exp"),
        (
            TypeError,
            lambda: jacobian.linear(np.zeros(3), np.zeros((4, 3), np.float32)),
            r"^W has dtype float32, X has float64: convert one of them$",
        ),
        (
            ValueError,
            lambda: jacobian.block_diagonal(np.zeros((2, 3))),
            r"^J has shape \(2, 3\), expected \(N, A, B\)$",
        ),
        (ValueError, lambda: jacobian.matrix(np.zeros(3), 2), r"^J has shape \(3,\), expected at least 2 axes$"),
        (TypeError, lambda: jacobian.matrix(np.zeros(3), True), r"^outputs .*expected an integer"),
        (TypeError, lambda: jacobian.matrix([["1", "2"]], 1), r"^J has dtype str\d+, expected numbers$"),
        (TypeError, lambda: jacobian.block_diagonal([[[None]]]), r"^J has dtype object, expected numbers$"),
        (TypeError, lambda: jacobian.matrix(np.zeros(3), "1"), r"^outputs is a str, expected an integer >= 0$"),
    ],
)
def test_what_does_not_fit_is_refused(error: type[Exception], call: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call()
