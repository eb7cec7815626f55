"""Pictures of a linear classifier: its weight rows as images, its losses as curves.

Drawn on the Axes given, or on a Figure of their own that belongs to no window system: save it, or show it in a
notebook, with ``ax.figure``. Needs Matplotlib (the extra 'plot'), so nothing in fastlc imports this module before it
draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

try:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
except ImportError as error:
    raise ImportError("fastlc.plot needs Matplotlib: pip install 'fastlc[plot]'") from error


def templates(
    W: ArrayLike,
    shape: tuple[int, int],
    classes: Sequence[Any] | None = None,
    ax: Axes | None = None,
    *,
    columns: int | None = None,
) -> Axes:
    """Each row of W as an image: the template that its class compares an image with.

    Red pixels raise the score of the class, blue ones lower it, white ones do not count; all rows share one scale. The
    strongest half per cent are cut to the darkest colour.

    Parameters
    ----------
    W : (C, D)
        One row a class, ``coef_`` of an estimator.
    shape : (height, width)
        Of an image; ``height * width == D``.
    classes : sequence of C names, optional
        Written above the images; default 0, 1, ….
    ax : Axes, optional
        Where to draw; default on a new Figure.
    columns : int, optional
        Images in a line; default all, up to 10.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from fastlc.plot import templates
    >>> ax = templates(np.eye(3, 4), (2, 2), classes=["cat", "car", "frog"])
    >>> ax.figure.savefig("templates.png")  # doctest: +SKIP
    """
    W = np.asarray(W)
    height, width = shape
    if W.ndim != 2 or len(W) == 0 or W.shape[1] != height * width:
        raise ValueError(
            f"W: expected shape (C, {height * width}) with C >= 1 for images of {height} x {width}, got {W.shape}"
        )
    names = range(len(W)) if classes is None else classes
    if len(names) != len(W):
        raise ValueError(f"classes: expected a name for each of the {len(W)} rows of W, got {len(names)}")
    columns = min(len(W), 10) if columns is None else columns
    if columns < 1:
        raise ValueError(f"columns = {columns} is not >= 1")
    lines = -(-len(W) // columns)
    # An image is one unit wide, with a gap beside it and a name above it.
    tall, across, down = height / width, 1.08, height / width + 0.28
    if ax is None:
        ax = Figure(figsize=(columns * across, lines * down), layout="constrained").add_subplot()
    sizes = np.abs(W[np.isfinite(W)])
    limit = (float(np.quantile(sizes, 0.995)) if sizes.size else 0.0) or 1.0  # a few extremes must not pale the rest
    for row, (weights, name) in enumerate(zip(W, names, strict=True)):
        left, top = row % columns * across, row // columns * down
        ax.imshow(
            weights.reshape(shape),
            cmap="RdBu_r",
            vmin=-limit,
            vmax=limit,
            extent=(left, left + 1, top + tall, top),
            interpolation="nearest",
        )
        ax.text(left + 0.5, top - 0.04, str(name), ha="center", va="bottom", fontsize="small")
    ax.set(xlim=(-0.02, columns * across - 0.06), ylim=(lines * down - 0.26, -0.26), aspect="equal")
    ax.set_axis_off()
    return ax


def learning_curve(
    curves: Mapping[str, Sequence[float]],
    ax: Axes | None = None,
    *,
    first_epoch: int = 1,
    ylabel: str = "mean loss",
    log: bool = False,
) -> Axes:
    """One line a curve: a number for each epoch.

    Parameters
    ----------
    curves : mapping from name to sequence of floats
        Such as ``{"train": losses}``; more than one gets a legend.
    ax : Axes, optional
        Where to draw; default on a new Figure.
    first_epoch : int
        The epoch of the first number; 0 if the curves begin before training.
    ylabel : str
    log : bool
        Logarithmic scale for the numbers; those ≤ 0 are left out.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from fastlc.plot import learning_curve
    >>> ax = learning_curve({"softmax": [2.3, 0.9, 0.5], "hinge": [9.0, 1.2, 0.4]})
    >>> ax.figure.savefig("curves.png")  # doctest: +SKIP
    """
    if ax is None:
        ax = Figure(figsize=(5, 3.5), layout="constrained").add_subplot()
    for name, values in curves.items():
        epochs = np.arange(first_epoch, first_epoch + len(values))
        ax.plot(epochs, values, label=name, linewidth=1.8, marker="o" if len(values) < 10 else None, markersize=4)
    if len(curves) > 1:
        ax.legend(frameon=False)
    ax.set(xlabel="epoch", ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    if log:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_locator(NullLocator())
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25)
    return ax
