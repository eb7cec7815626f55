"""Points that no line can tell apart: as described, and told apart by the feature that the docstrings name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastlc.lecture.points import make_modes, make_parity, make_rings

HARD_CASES = [make_parity, make_rings, make_modes]
hard_cases = pytest.mark.parametrize("make", HARD_CASES, ids=lambda make: make.__name__)


def best_line(X: Any, y: Any) -> float:
    """The largest share of points that a line gets right: the best place for it in each of 360 directions."""
    best = 0.0
    for angle in np.linspace(0, 2 * np.pi, 360, endpoint=False):
        order = np.argsort(X @ [np.cos(angle), np.sin(angle)])
        # With the line after k points: those before it that are of class 0, and those behind it that are of class 1.
        right = (
            np.concatenate([[0], (y[order] == 0).cumsum()]) + (y == 1).sum() - np.concatenate([[0], y[order].cumsum()])
        )
        best = max(best, right.max() / len(y))
    return best


@hard_cases
def test_hard_cases_come_as_described(make: Any) -> None:
    X, y = make(301)
    assert (X.dtype, X.shape, y.dtype, y.shape) == (np.float32, (301, 2), np.int64, (301,))
    again, labels = make(301)
    np.testing.assert_array_equal(X, again)
    np.testing.assert_array_equal(y, labels)
    assert (make(301, seed=1)[0] != X).any()
    exact, _ = make(301, noise=0.0)
    # Noise is added last, so that the seed moves no point otherwise: within five standard errors of 0.2.
    assert abs((make(301, noise=0.2)[0] - exact).std() / 0.2 - 1) < 5 / np.sqrt(2 * 602)
    assert make(0)[0].shape == (0, 2)


@pytest.mark.parametrize(("make", "share"), [(make_parity, 2 / 3), (make_rings, 2 / 3), (make_modes, 5 / 6)])
def test_no_line_is_good(make: Any, share: float) -> None:
    """As the docstrings say, up to the luck of the draw: five standard deviations of a share."""
    N = 20_000
    X, y = make(N, noise=0.0)
    if make is make_modes:  # many points in four places: nudged, so that a line finds its way between them
        X = X + np.random.default_rng(0).normal(scale=1e-6, size=X.shape).astype(np.float32)
    assert abs(best_line(X, y) - share) < 5 * np.sqrt(share * (1 - share) / N)


@pytest.mark.parametrize("dims", [1, 2, 5])
def test_the_product_tells_parity(dims: int) -> None:
    X, y = make_parity(500, dims)
    assert X.shape == (500, dims)
    positive = (X > 0).sum(axis=1)
    np.testing.assert_array_equal(y, positive % 2)
    # Each of the others changes the sign of the product.
    np.testing.assert_array_equal(np.prod(X, axis=1) > 0, (dims - positive) % 2 == 0)
    assert 0.4 < y.mean() < 0.6


def test_the_radius_tells_rings_and_the_place_tells_modes() -> None:
    X, y = make_rings(500, 4, noise=0.0)
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), y + 1, rtol=1e-6)
    np.testing.assert_array_equal(np.bincount(y), [125] * 4)
    X, y = make_modes(500, 5, noise=0.0)
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), y, rtol=1e-6)
    assert len(np.unique(X[y == 1].round(5), axis=0)) == 5
    assert y.sum() == 250


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: make_parity(-1), ValueError, r"^n = -1, expected an integer >= 0$"),
        (lambda: make_parity(3, 0), ValueError, r"^dims = 0, expected an integer >= 1$"),
        (lambda: make_rings(3.0), TypeError, r"^n is a float, expected an integer >= 0$"),
        (lambda: make_rings(3, 0), ValueError, r"^classes = 0, expected an integer >= 1$"),
        (lambda: make_modes(3, 0), ValueError, r"^modes = 0, expected an integer >= 1$"),
        (lambda: make_modes(3, noise=-1), ValueError, r"^noise = -1, expected a finite number >= 0$"),
    ],
)
def test_hard_cases_refuse(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
