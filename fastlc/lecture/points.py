"""Points that no line, or hyperplane, can tell apart; a feature more can."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._checks import generator, integer, number
from ..reference import Array

Rows = NDArray[np.float32]
Labels = NDArray[np.int64]


def make_parity(
    n: int = 400, dims: int = 2, *, noise: float = 0.0, seed: int | np.random.Generator | None = 0
) -> tuple[Rows, Labels]:
    """Points whose class is the parity of their positive coordinates: in the plane XOR, two classes in four quadrants.

    Without noise the best line gets 2/3 of the points in the plane right, one through the origin half of them. The
    product of the coordinates tells the classes apart.

    Parameters
    ----------
    n : int
        How many points.
    dims : int
        Coordinates of a point, ≥ 1.
    noise : float
        Standard deviation of what is added to each coordinate once the class is known.
    seed : int, Generator or None
        The same int gives the same points.

    Returns
    -------
    X : (n, dims) float32
        Without noise, uniform in [-1, 1).
    y : (n,) int64
        1 if an odd number of coordinates is positive, else 0.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.lecture.points import make_parity
    >>> X, y = make_parity(4)
    >>> np.array_equal(y, (X[:, 0] > 0) ^ (X[:, 1] > 0))
    True
    """
    n, dims, noise = integer(n, "n", 0), integer(dims, "dims", 1), number(noise, "noise")
    rng = generator(seed)
    X = rng.uniform(-1, 1, (n, dims))
    y = (X > 0).sum(axis=1) % 2
    return _noisy(X, noise, rng), y.astype(np.int64)


def make_rings(
    n: int = 400, classes: int = 2, *, noise: float = 0.1, seed: int | np.random.Generator | None = 0
) -> tuple[Rows, Labels]:
    """Rings around the origin of the plane, one a class, of radius 1, 2, ….

    No line parts a ring from what is inside it: without noise the best one gets 2/3 of two rings right. The squared
    length, x² + y², tells them apart.

    Parameters
    ----------
    n : int
        How many points.
    classes : int
        How many rings, ≥ 1.
    noise : float
        Standard deviation of what is added to each coordinate.
    seed : int, Generator or None
        The same int gives the same points.

    Returns
    -------
    X : (n, 2) float32
    y : (n,) int64
        In [0, classes), from the inside; the classes are as equal in number as they can be.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.lecture.points import make_rings
    >>> X, y = make_rings(600, 3, noise=0)
    >>> np.bincount(y), np.allclose(np.linalg.norm(X, axis=1), y + 1)
    (array([200, 200, 200]), True)
    """
    n, classes, noise = integer(n, "n", 0), integer(classes, "classes", 1), number(noise, "noise")
    rng = generator(seed)
    y = rng.permutation(np.arange(n) % classes)
    angle = rng.uniform(0, 2 * np.pi, n)
    X = (y + 1)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return _noisy(X, noise, rng), y.astype(np.int64)


def make_modes(
    n: int = 400, modes: int = 3, *, noise: float = 0.15, seed: int | np.random.Generator | None = 0
) -> tuple[Rows, Labels]:
    """A class in several places of the plane, and another one between them.

    Class 1 has its modes evenly on the circle of radius 1, class 0 a single one at the origin. Of three modes a line
    cuts off two at most, and so gets 5/6 of the points right without noise. Similarities to the centres,
    ``exp(−|x − c|²)``, tell the classes apart.

    Parameters
    ----------
    n : int
        How many points.
    modes : int
        Places of class 1, ≥ 1.
    noise : float
        Standard deviation of each coordinate around its centre.
    seed : int, Generator or None
        The same int gives the same points.

    Returns
    -------
    X : (n, 2) float32
    y : (n,) int64
        0 or 1; half of the points are of each class.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.lecture.points import make_modes
    >>> X, y = make_modes(noise=0)
    >>> len(np.unique(X[y == 1].round(6), axis=0)), np.abs(X[y == 0]).max()
    (3, np.float32(0.0))
    """
    n, modes, noise = integer(n, "n", 0), integer(modes, "modes", 1), number(noise, "noise")
    rng = generator(seed)
    y = rng.permutation(np.arange(n) % 2)
    angle = np.pi / 2 + 2 * np.pi * rng.integers(modes, size=n) / modes
    X = y[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return _noisy(X, noise, rng), y.astype(np.int64)


def _noisy(X: Array, noise: float, rng: np.random.Generator) -> Rows:
    return (X + noise * rng.standard_normal(X.shape)).astype(np.float32)
