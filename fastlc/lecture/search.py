"""Ways down a loss that need its value alone: random search, and evolution of a population.

They are what one would try before thinking of gradients, and what is left where there are none; how many more
evaluations they take is what they are here to show. Each takes any function of an array, so that the same loss can be
given to gradient descent, or to SciPy's other optimisers (`scipy.optimize`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _arrays
from .._checks import flag, generator, integer, number
from .._progress import progress_bar
from ..reference import Array


@dataclass(eq=False, repr=False)
class SearchResult:
    """What a search found; x, fun and nfev are named as in SciPy's OptimizeResult.

    Attributes
    ----------
    x : array, shape and dtype of x0
        The best point.
    fun : float
        The function there; inf if it was nowhere a number below that.
    history : (nfev,) float64
        The best value so far, after each evaluation.
    nfev : int
        How often the function was evaluated.
    interrupted : bool
        Ctrl-C ended the search.

    Examples
    --------
    >>> from fastlc.lecture.search import random_search
    >>> random_search(lambda w: (w**2).sum(), [3.0, 4.0], evaluations=1)
    SearchResult(fun 25, x (2,), 1 evaluation)
    """

    x: Array
    fun: float
    history: NDArray[np.float64]
    interrupted: bool

    @property
    def nfev(self) -> int:
        return len(self.history)

    def __repr__(self) -> str:
        evaluations = f"{self.nfev} evaluation{'s' if self.nfev != 1 else ''}"
        return (
            f"SearchResult(fun {self.fun:.4g}, x {self.x.shape}, {evaluations}"
            f"{', interrupted' if self.interrupted else ''})"
        )


def random_search(
    f: Callable[[Array], float],
    x0: ArrayLike,
    *,
    evaluations: int = 1000,
    scale: float = 1.0,
    local: bool = False,
    seed: int | np.random.Generator | None = 0,
    progress: bool = False,
) -> SearchResult:
    """Tries random points and keeps the best.

    The points are ``x0 + scale · N(0, 1)``; with `local` they lie around the best one so far instead, a blindfolded
    walk downhill. The first one is x0 itself.

    Parameters
    ----------
    f : function
        Takes an array of the shape and dtype of x0 and returns a number to be made small; nan is never the best. For
        a linear classifier: ``lambda W: fastlc.linear_hinge(X, y, W, grad=False)``.
    x0 : float32 or float64 array of any shape
    evaluations : int
        How often to evaluate f, ≥ 1.
    scale : float
        Standard deviation of the step in each number, > 0.
    local : bool
    seed : int, Generator or None
        The same int gives the same points; None others each time.
    progress : bool
        Show a progress bar, which needs tqdm (the extra 'demo'), if standard error is a terminal.

    Returns
    -------
    SearchResult
        After Ctrl-C with what was found until then, and `interrupted` set.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or f returns no number.
    ImportError
        If there is no tqdm for the progress bar.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> from fastlc.lecture.search import random_search
    >>> X, y = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]), np.array([0, 0, 1])
    >>> def objective(W):
    ...     return fastlc.linear_hinge(X, y, W, grad=False)
    >>> result = random_search(objective, np.zeros((2, 2)), local=True)
    >>> result.history[0], bool(result.fun < 0.5)
    (np.float64(1.0), True)
    """
    x0, scale = _start(x0), number(scale, "scale", "a finite number > 0")
    evaluations, local = integer(evaluations, "evaluations", 1), flag(local, "local")
    rng = generator(seed)

    def run(best: _Best) -> None:
        best(x0)
        for _ in range(evaluations - 1):
            step = rng.standard_normal(x0.shape) * scale
            best((best.found[0] if local else x0) + step.astype(x0.dtype))

    return _search(run, f, x0, evaluations, "random_search", progress)


def evolution(
    f: Callable[[Array], float],
    x0: ArrayLike,
    *,
    evaluations: int = 1000,
    population: int = 50,
    scale: float = 1.0,
    bound: float | None = None,
    seed: int | np.random.Generator | None = 0,
    progress: bool = False,
) -> SearchResult:
    """Differential evolution: a population of points, each challenged by a mixture of others; the better one survives.

    SciPy's `differential_evolution` with its defaults (Storn and Price, "Differential evolution", J. Global
    Optimization 11, 1997; strategy best1bin), from a population of normal deviates around x0, without polishing by
    gradients, and without stopping before its time.

    Parameters
    ----------
    f, x0, seed, progress
        As for `random_search`.
    evaluations : int
        At most so many, in whole generations; at least two of them, so ≥ 2 · population.
    population : int
        Points in a generation, ≥ 5. The first one is x0.
    scale : float
        Standard deviation of the first generation in each number, > 0.
    bound : float, optional
        No number goes further than this from its start; default ``10 · scale``.

    Returns
    -------
    SearchResult
        After Ctrl-C with what was found until then, and `interrupted` set.

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or f returns no number.
    ImportError
        If SciPy is missing (the extra 'search'), or tqdm for the progress bar.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.lecture.search import evolution
    >>> result = evolution(lambda w: ((w - [1.0, -2.0]) ** 2).sum(), np.zeros(2), evaluations=2000)
    >>> result.x.round(2), result.nfev
    (array([ 1., -2.]), 2000)
    """
    try:
        from scipy.optimize import differential_evolution
    except ImportError as error:
        raise ImportError("fastlc.lecture.search.evolution needs SciPy: pip install 'fastlc[search]'") from error
    x0, scale = _start(x0), number(scale, "scale", "a finite number > 0")
    bound = 10 * scale if bound is None else number(bound, "bound", "a finite number > 0")
    population = integer(population, "population", 5)
    evaluations = integer(evaluations, "evaluations", 2 * population)
    if x0.size == 0:
        raise ValueError(f"x0 has shape {x0.shape}, expected at least one number to vary")
    rng = generator(seed)
    start = x0.ravel().astype(np.float64)
    first = np.clip(rng.standard_normal((population, x0.size)) * scale, -bound, bound)
    first[0] = 0

    def run(best: _Best) -> None:
        raised: list[Exception] = []

        def value(step: Array) -> float:
            try:
                return best((start + step).reshape(x0.shape).astype(x0.dtype))
            except Exception as error:
                raised.append(error)
                raise

        try:
            differential_evolution(
                value,
                [(-bound, bound)] * x0.size,
                init=first,
                maxiter=evaluations // population - 1,
                polish=False,
                tol=0,
                atol=-1,  # the spread of the population is never below that, so it goes on to the last generation
                rng=rng,
            )
        except Exception:
            if not raised:
                raise
        if raised:  # SciPy makes something else of some errors, and nothing at all of StopIteration
            raise raised[0] from raised[0].__cause__

    return _search(run, f, x0, evaluations, "evolution", progress)


class _Best:
    """The function, and the best that it was found to be."""

    def __init__(self, f: Callable[[Array], float], x0: Array, bar: Any) -> None:
        self.f, self.bar = f, bar
        self.found = x0, math.inf  # the point and the value there: replaced as one, whenever Ctrl-C may come
        self.history: list[float] = []

    def __call__(self, x: Array) -> float:
        value = self.f(x.copy())  # which may keep or change it
        try:
            if isinstance(value, (str, bytes, bytearray)) or getattr(value, "ndim", 0) != 0:  # float() would read them
                raise TypeError
            value = float(value)
        except TypeError:
            came = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
            raise TypeError(f"f(x) is {came}, expected a number (losses give one with grad=False)") from None
        except OverflowError:
            raise ValueError("f(x) is an integer beyond any float, expected a number") from None
        if value < self.found[1]:
            self.found = x, value
        self.history.append(self.found[1])
        if self.bar is not None:
            self.bar.update()
        return math.inf if math.isnan(value) else value


def _start(x0: ArrayLike) -> Array:
    x0 = _arrays.floats(x0, "x0")
    if not np.isfinite(x0).all():
        raise ValueError("x0 holds nan or inf, expected finite numbers")
    return x0


def _search(
    run: Callable[[_Best], None],
    f: Callable[[Array], float],
    x0: Array,
    evaluations: int,
    name: str,
    progress: bool,
) -> SearchResult:
    """The search `run`, to its end or to Ctrl-C."""
    if not callable(f):
        raise TypeError(f"f is a {type(f).__name__}, expected a function")
    bar = progress_bar(name, evaluations, name, "evaluation") if flag(progress, "progress") else None
    best, interrupted = _Best(f, x0, bar), False
    try:
        run(best)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        if bar is not None:
            bar.close()
    x, fun = best.found
    if fun < min(best.history, default=math.inf):  # Ctrl-C came between the two
        best.history.append(fun)
    return SearchResult(x.copy(), fun, np.array(best.history), interrupted)
