"""Pictures of a linear classifier: its weights as images, its regions, its losses as curves and as landscapes.

Drawn on the Axes given, or on a new Figure, ``ax.figure``. Where `matplotlib.pyplot` was imported, that is pyplot's
current figure: ``plt.savefig`` and ``plt.show`` mean it, a notebook shows it below the cell (once more if the cell ends
with ``ax.figure``), and pyplot keeps it, as any other, until ``plt.close(ax.figure)``; of more than 20 it warns. Where
it was not, the Figure belongs to no window system, and is gone with the last reference to it. fastlc itself never
imports pyplot, which settles on a window system. Needs Matplotlib (the extra 'plot'), so nothing in fastlc imports this
module before it draws.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

try:
    from matplotlib import colormaps
    from matplotlib.axes import Axes
    from matplotlib.colors import ListedColormap, LogNorm, Normalize
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
except ImportError as error:
    raise ImportError("fastlc.plot needs Matplotlib: pip install 'fastlc[plot]'") from error

from . import _arrays
from ._checks import integer
from .functional import predict
from .reference import Array
from .training import FitResult


def templates(
    W: ArrayLike,
    shape: tuple[int, int] | tuple[int, int, int],
    classes: Sequence[Any] | None = None,
    ax: Axes | None = None,
    *,
    columns: int | None = None,
) -> Axes:
    """Each row of W as an image: the template that its class compares an image with.

    Where an image is bright, red raises the score of the class and blue lowers it; white does not count. All rows share
    one scale, and the strongest half per cent are cut to the darkest colour. Images in colour are drawn in theirs, with
    grey for 0.

    Parameters
    ----------
    W : (C, D)
        One row a class, ``coef_`` of an estimator.
    shape : (height, width) or (height, width, 3)
        Of an image; the product is D.
    classes : sequence of C names, optional
        Written above the images; default 0, 1, ….
    ax : Axes, optional
        Where to draw; default on a new Figure, see `fastlc.plot`.
    columns : int, optional
        Images in a line; default all, up to 10.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If the shapes do not fit, or something is no number.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.plot import templates
    >>> ax = templates(np.eye(3, 4), (2, 2), classes=["cat", "car", "frog"])
    >>> ax.figure.savefig("templates.png")  # doctest: +SKIP
    """
    W = _numbers(W, "W")
    if np.ndim(shape) != 1 or len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3):
        raise ValueError(f"shape = {shape}, expected (height, width) or (height, width, 3)")
    height, width = (integer(size, f"shape[{k}]", 1) for k, size in enumerate(shape[:2]))
    pixels = math.prod(shape)
    if W.ndim != 2 or len(W) == 0 or W.shape[1] != pixels:
        size = " x ".join(map(str, shape))
        raise ValueError(f"W has shape {W.shape}, expected (C, {pixels}) with C >= 1 for images of {size}")
    names = [str(name) for name in (range(len(W)) if classes is None else classes)]
    if len(names) != len(W):
        raise ValueError(f"classes has {len(names)} names, W has {len(W)} rows")
    columns = min(len(W), 10) if columns is None else integer(columns, "columns", 1)
    lines = -(-len(W) // columns)
    # An image is one unit wide, with a gap beside it and a name above it.
    tall, across, down = height / width, 1.08, height / width + 0.28
    ax = _new_axes(columns * across, lines * down) if ax is None else ax
    sizes = np.abs(W[np.isfinite(W)])
    limit = (float(np.quantile(sizes, 0.995)) if sizes.size else 0.0) or 1.0  # a few extremes must not pale the rest
    for row, (weights, name) in enumerate(zip(W, names, strict=True)):
        left, top = row % columns * across, row // columns * down
        image = weights.reshape(shape)
        ax.imshow(
            np.clip(0.5 + image / (2 * limit), 0, 1) if len(shape) == 3 else image,
            cmap="RdBu_r",
            vmin=-limit,
            vmax=limit,
            extent=(left, left + 1, top + tall, top),
            interpolation="nearest",
        )
        ax.text(left + 0.5, top - 0.04, name, ha="center", va="bottom", fontsize="small")
    ax.set(xlim=(-0.02, columns * across - 0.06), ylim=(lines * down - 0.26, -0.26), aspect="equal")
    ax.set_axis_off()
    return ax


def decision_regions(
    classifier: Callable[[Array], ArrayLike] | tuple[ArrayLike, ArrayLike | None] | Any,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    ax: Axes | None = None,
    *,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    classes: Sequence[Any] | None = None,
    resolution: int = 300,
) -> Axes:
    """The plane, each point in the colour of the class that a classifier gives it, and examples upon it.

    Of weights, ``(W, b)`` or a `fastlc.FitResult`, the hyperplanes are drawn too: of class c the line
    ``w_c · x + b_c = 0`` where its score is 0, with an arrow along w_c, towards higher scores.

    Parameters
    ----------
    classifier : function, object with `predict`, or (W, b)
        A function from points (M, 2) to M labels; an estimator or a FitResult; or weights (C, 2), and (C,) or None.
    X : (N, 2), optional
        Examples. The points that a function is given have their dtype if that is a float, else float64.
    y : (N,) labels, optional
        Of the examples: integers, strings, ….
    ax : Axes, optional
        Where to draw; default on a new Figure, see `fastlc.plot`.
    xlim, ylim : (low, high), optional
        Default: a little more than the examples take; without any, (-1, 1).
    classes : sequence of labels, optional
        All there are, in the order of the colours; default those of the weights, else those that occur, sorted.
    resolution : int
        Points on each side of the picture that are classified, ≥ 2.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit, something is no number, or there is a label that is not one of `classes`.

    Examples
    --------
    >>> import numpy as np, fastlc
    >>> from fastlc.plot import decision_regions
    >>> X, y = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 0.0]]), np.array([0, 1, 2])
    >>> result = fastlc.fit(X, y, lr=0.5)
    >>> ax = decision_regions(result, X, y)
    >>> ax.figure.savefig("regions.png")  # doctest: +SKIP
    """
    resolution = integer(resolution, "resolution", 2)
    points = None if X is None else _numbers(X, "X")
    if points is not None and (points.ndim != 2 or points.shape[1] != 2):
        raise ValueError(f"X has shape {points.shape}, expected (N, 2)")
    labels = None if y is None else np.asarray(y)
    if labels is not None and (points is None or labels.shape != points.shape[:1]):
        raise ValueError(f"y has shape {labels.shape}, X has {'no' if points is None else len(points)} rows")
    label, weights, dtype = _classifier(classifier, points)
    xlim = _around(points, 0) if xlim is None else _limits(xlim, "xlim")
    ylim = _around(points, 1) if ylim is None else _limits(ylim, "ylim")
    middles = (np.arange(resolution) + 0.5) / resolution  # of the squares that are drawn
    across, up = (low + (high - low) * middles for low, high in (xlim, ylim))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2).astype(dtype)
    predicted = np.asarray(label(grid))
    if predicted.shape != grid.shape[:1]:
        raise ValueError(
            f"the classifier gives shape {predicted.shape}, expected a label for each of {len(grid)} points"
        )
    if classes is None and weights is not None:
        classes = range(max(2, len(weights[0])))
    occurring = predicted if labels is None else np.concatenate([predicted, labels])
    known = np.unique(occurring) if classes is None else np.asarray(classes)
    if not np.isin(occurring, known).all():
        raise ValueError(f"a label is {occurring[~np.isin(occurring, known)][0]!r}, expected one of {known.tolist()}")

    ax = _new_axes(4.5, 4.5) if ax is None else ax
    colours = [_COLOURS(c % _COLOURS.N) for c in range(len(known))]
    regions = sum(c * (predicted == name) for c, name in enumerate(known)).reshape(resolution, resolution)
    ax.imshow(
        regions,
        cmap=ListedColormap(colours),
        vmin=-0.5,
        vmax=len(known) - 0.5,
        alpha=0.3,
        extent=(*xlim, *ylim),
        origin="lower",
        interpolation="nearest",
        aspect="auto",
    )
    if weights is not None:
        _hyperplanes(ax, *weights, colours, xlim, ylim)
    if points is not None:
        for c, name in enumerate(known) if labels is not None else [(0, None)]:
            shown = points if labels is None else points[labels == name]
            colour = "black" if labels is None else colours[c]
            ax.scatter(
                shown[:, 0], shown[:, 1], s=18, color=colour, edgecolors="white", linewidths=0.5, label=name, zorder=3
            )
    ax.set(xlim=xlim, ylim=ylim)
    return ax


def learning_curve(
    curves: Mapping[str, Sequence[float]],
    ax: Axes | None = None,
    *,
    first_epoch: int = 1,
    xlabel: str = "epoch",
    ylabel: str = "mean loss",
    log: bool = False,
) -> Axes:
    """One line a curve: a number for each epoch.

    Parameters
    ----------
    curves : mapping from name to sequence of floats
        Such as ``{"train": losses}``; more than one gets a legend.
    ax : Axes, optional
        Where to draw; default on a new Figure, see `fastlc.plot`.
    first_epoch : int
        The epoch of the first number, ≥ 0; 0 if the curves begin before training.
    xlabel, ylabel : str
    log : bool
        Logarithmic scale for the numbers; those ≤ 0 are left out.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If a curve is not a sequence of numbers, or first_epoch does not fit.

    Examples
    --------
    >>> from fastlc.plot import learning_curve
    >>> ax = learning_curve({"softmax": [2.3, 0.9, 0.5], "hinge": [9.0, 1.2, 0.4]})
    >>> ax.figure.savefig("curves.png")  # doctest: +SKIP
    """
    first_epoch = integer(first_epoch, "first_epoch", 0)
    if not isinstance(curves, Mapping):
        raise TypeError(f"curves is a {type(curves).__name__}, expected a mapping from names to sequences of numbers")
    lines = {name: _numbers(values, f"curves[{name!r}]") for name, values in curves.items()}
    for name, values in lines.items():
        if values.ndim != 1:
            raise ValueError(f"curves[{name!r}] has shape {values.shape}, expected a number for each epoch")
    ax = _new_axes(5, 3.5) if ax is None else ax
    for name, values in lines.items():
        epochs = np.arange(first_epoch, first_epoch + len(values))
        ax.plot(epochs, values, label=name, linewidth=1.8, marker="o" if len(values) < 10 else None, markersize=4)
    if len(curves) > 1:
        ax.legend(frameon=False)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    if log:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_locator(NullLocator())
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25)
    return ax


def loss_surface(
    f: Callable[[Array], float],
    paths: Mapping[str, ArrayLike] | None = None,
    ax: Axes | None = None,
    *,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    log: bool = False,
    resolution: int = 60,
) -> Axes:
    """A loss over a plane of its parameters, as contours, and the ways that a descent took on it.

    Of a function of two numbers the picture shows all there is. Of one of more numbers it shows a cut, through the last
    finite point of the last path, along the two directions in which the paths vary most (their principal components, as
    in Li et al., "Visualizing the loss landscape of neural nets", 2018); the paths are projected onto it. Any other
    plane is a function of two numbers: ``lambda uv: f(center + uv[0] * d + uv[1] * e)``.

    Parameters
    ----------
    f : function
        Takes an array, of the shape of the points of the paths, (2,) if there are none, and returns a number. The dtype
        is that of the last path if that is a float, else float64.
    paths : mapping from name to (T, …), optional
        The points of each descent, in order, such as ``{"lr = 0.1": [w0, w1, …]}``. An empty name is not in the legend.
    ax : Axes, optional
        Where to draw; default on a new Figure, see `fastlc.plot`.
    xlim, ylim : (low, high), optional
        Of the two numbers, or along the two directions; default around the paths, or (-1, 1).
    log : bool
        True: contours evenly in the logarithm of f, where it is > 0. False: evenly in the square root of what it is
        above its least value, so that they are denser there.
    resolution : int
        Points on each side of the picture at which f is evaluated, ≥ 2.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If shapes do not fit, the paths span no plane, something is no number, or f is nowhere finite (and > 0, with
        `log`).

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.plot import loss_surface
    >>> path = [np.array([0.9, 0.8]) * [0.6**t, 0.2**t] for t in range(9)]
    >>> ax = loss_surface(lambda w: w[0] ** 2 + 2 * w[1] ** 2, {"descent": path})
    >>> ax.figure.savefig("surface.png")  # doctest: +SKIP
    """
    resolution = integer(resolution, "resolution", 2)
    points = {name: _numbers(path, f"paths[{name!r}]") for name, path in (paths or {}).items()}
    dtype = _float_dtype(list(points.values())[-1] if points else None)
    walks = {name: path.astype(np.float64) for name, path in points.items()}
    origin, plane = _plane(walks)
    with np.errstate(invalid="ignore"):  # a descent may end in nan
        flat = {name: (walk - origin).reshape(len(walk), -1) @ plane.T for name, walk in walks.items()}
    everything = np.concatenate(list(flat.values())) if flat else None
    xlim = _around(everything, 0) if xlim is None else _limits(xlim, "xlim")
    ylim = _around(everything, 1) if ylim is None else _limits(ylim, "ylim")
    across, up = (np.linspace(*limits, resolution) for limits in (xlim, ylim))
    steps = ((u * plane[0] + v * plane[1]).reshape(origin.shape) for v in up for u in across)
    values = np.array([_value(f((origin + step).astype(dtype))) for step in steps]).reshape(resolution, resolution)
    values = np.ma.masked_invalid(np.where(values > 0, values, np.nan) if log else values)
    if values.count() == 0:
        raise ValueError(f"f is nowhere finite{' and > 0' if log else ''} in the picture")
    ax = _new_axes(5, 4.2) if ax is None else ax
    low, high = float(values.min()), float(values.max())
    levels = np.geomspace(low, high, 25) if log else low + (high - low) * np.linspace(0, 1, 25) ** 2
    if (np.diff(levels) > 0).all():  # not where f is the same all over but for rounding
        norm = LogNorm(low, high) if log else Normalize(low, high)
        ax.contourf(across, up, values, levels=levels, cmap="Greys", norm=norm, alpha=0.35)
        ax.contour(across, up, values, levels=levels, colors="gray", linewidths=0.4)
    for c, (name, walk) in enumerate(flat.items()):
        colour = _COLOURS(c % _COLOURS.N)
        ax.plot(*walk.T, marker="o", markersize=3, linewidth=1.4, color=colour, label=name)
        ax.plot(*walk[0], marker="o", markersize=7, color=colour, markerfacecolor="white")
        ax.plot(
            *walk[-1], marker="*", markersize=11, color=colour, markeredgecolor="white", markeredgewidth=0.6, zorder=4
        )
    if any(flat):
        ax.legend(fontsize="small")
    ax.set(xlim=xlim, ylim=ylim)
    return ax


_COLOURS = colormaps["tab10"]


def _new_axes(width: float, height: float) -> Axes:
    """On a new figure of that size in inches; asked for once nothing is left that may be refused."""
    new_figure = getattr(sys.modules.get("matplotlib.pyplot"), "figure", Figure)
    axes: Axes = new_figure(figsize=(width, height), layout="constrained").add_subplot()
    return axes


def _numbers(value: ArrayLike, name: str) -> Array:
    array = _arrays.as_array(value, name)
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} has dtype {array.dtype}, expected numbers")
    return array


def _value(found: Any) -> float:
    no_number = isinstance(found, (str, bytes, complex, np.complexfloating)) or not hasattr(found, "__float__")
    if no_number or np.ndim(found):
        raise TypeError(f"f returns a {type(found).__name__}, expected a number")
    return float(found)


def _limits(value: tuple[float, float], name: str) -> tuple[float, float]:
    limits = _numbers(value, name)
    if limits.shape != (2,) or not np.isfinite(limits).all():
        raise ValueError(f"{name} = {value}, expected two finite numbers, (low, high)")
    return float(limits[0]), float(limits[1])


def _classifier(
    given: Any, points: Array | None
) -> tuple[Callable[[Array], ArrayLike], tuple[Array, Array] | None, np.dtype[Any]]:
    """A function from points to labels, the weights if those were given, and the dtype that it is to be asked in."""
    dtype = _float_dtype(points)
    if isinstance(given, FitResult):
        given = given.W, given.b
    if isinstance(given, tuple):
        if len(given) != 2:
            raise ValueError(f"classifier is a tuple of {len(given)}, expected (W, b)")
        W = _arrays.floats(given[0], "W")
        b = np.zeros(W.shape[:1], W.dtype) if given[1] is None else _arrays.floats(given[1], "b", W.dtype.name, "W")
        if W.ndim != 2 or W.shape[1] != 2 or len(W) == 0 or b.shape != W.shape[:1]:
            raise ValueError(f"classifier: W has shape {W.shape} and b {b.shape}, expected (C, 2) and (C,)")
        return lambda X: predict(X, W, b), (W, b), W.dtype
    if callable(given):
        return given, None, dtype
    if callable(getattr(given, "predict", None)):
        return given.predict, None, dtype
    raise TypeError(f"classifier is a {type(given).__name__}, expected a function, an object with predict, or (W, b)")


def _float_dtype(array: Array | None) -> np.dtype[Any]:
    """That of the array if it is one of floats, else float64."""
    return np.dtype(np.float64) if array is None or array.dtype.kind != "f" else array.dtype


def _around(points: Array | None, axis: int) -> tuple[float, float]:
    """Limits with a margin around one coordinate of some points."""
    finite = np.zeros(0) if points is None else points[np.isfinite(points[:, axis]), axis]
    if finite.size == 0:
        return -1.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    margin = 0.1 * (high - low) or 1.0
    return low - margin, high + margin


def _hyperplanes(
    ax: Axes, W: Array, b: Array, colours: Sequence[Any], xlim: tuple[float, float], ylim: tuple[float, float]
) -> None:
    """The line w · x + b = 0 of each class, and an arrow from its point next to the middle of the picture."""
    middle = np.array([sum(xlim), sum(ylim)]) / 2
    length = 0.12 * min(xlim[1] - xlim[0], ylim[1] - ylim[0])
    for c, (w, bias) in enumerate(zip(W.astype(np.float64), b.astype(np.float64), strict=True)):
        norm = np.linalg.norm(w)
        if not 0 < norm < np.inf:
            continue  # a score that is the same everywhere has no line
        foot = middle - (w @ middle + bias) / norm**2 * w
        colour = colours[1 if len(W) == 1 else c]  # a single row tells class 1 from class 0
        ax.axline(foot, foot + np.array([-w[1], w[0]]) / norm, color=colour, linewidth=1.5)
        tip, arrow = foot + length * w / norm, {"arrowstyle": "->", "color": colour, "lw": 1.8}
        ax.annotate("", tip, foot, arrowprops=arrow, zorder=4)


def _plane(walks: Mapping[str, Array]) -> tuple[Array, Array]:
    """Its origin, and its two directions, orthonormal, as the rows of a matrix."""
    if not walks:
        return np.zeros(2), np.eye(2)
    last = list(walks.values())[-1]
    for name, walk in walks.items():
        if walk.ndim < 2 or len(walk) == 0 or walk.shape[1:] != last.shape[1:]:
            raise ValueError(f"paths[{name!r}] has shape {walk.shape}, expected (T, …) with T >= 1, the same for all")
    if last[0].size == 2:
        return np.zeros(last.shape[1:]), np.eye(2)
    origin = next((point for point in last[::-1] if np.isfinite(point).all()), last[-1])
    steps = np.concatenate([(walk - origin).reshape(len(walk), -1) for walk in walks.values()])
    steps = steps[np.isfinite(steps).all(axis=1)]  # where a descent has not yet left all bounds
    _, sizes, directions = np.linalg.svd(steps, full_matrices=False)
    plane = directions[sizes > 1e-12 * sizes.max(initial=0)][:2]
    if len(plane) < 2:
        raise ValueError("paths lie on a line, expected points that span a plane")
    return origin, plane
