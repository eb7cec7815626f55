"""Pictures: they render without a display, on the Axes they are given, and refuse what does not fit."""

from __future__ import annotations

import importlib
import io
import sys

import numpy as np
import pytest

pytest.importorskip("matplotlib")
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fastlc import plot


def pixels(ax: Axes) -> bytes:
    file = io.BytesIO()
    ax.figure.savefig(file, format="png")
    return file.getvalue()


@pytest.mark.parametrize("C", [1, 3, 10, 23])
@pytest.mark.parametrize("shape", [(8, 8), (2, 5)])
def test_templates(C: int, shape: tuple[int, int]) -> None:
    W = np.random.default_rng(0).normal(size=(C, shape[0] * shape[1])).astype(np.float32)
    ax = plot.templates(W, shape)
    assert isinstance(ax, Axes)
    assert len(ax.images) == C
    np.testing.assert_array_equal(ax.images[-1].get_array(), W[-1].reshape(shape))
    assert [text.get_text() for text in ax.texts] == [str(c) for c in range(C)]
    assert pixels(ax).startswith(b"\x89PNG")


def test_templates_on_given_axes_with_names() -> None:
    figure = Figure()
    ax = figure.add_subplot()
    assert plot.templates(np.eye(3, 4), (2, 2), ["cat", "car", "frog"], ax, columns=2) is ax
    assert [text.get_text() for text in ax.texts] == ["cat", "car", "frog"]
    low, high = ax.images[0].get_clim()
    assert low == -high  # white is zero


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_templates_of_odd_values(value: float) -> None:
    assert pixels(plot.templates(np.full((2, 4), value), (2, 2))).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("W", "options", "message"),
    [
        (np.zeros((3, 5)), {}, r"W: expected shape \(C, 4\) with C >= 1 for images of 2 x 2, got \(3, 5\)"),
        (np.zeros(4), {}, r"W: expected shape \(C, 4\) .* got \(4,\)"),
        (np.zeros((0, 4)), {}, r"W: expected shape \(C, 4\) with C >= 1 .* got \(0, 4\)"),
        (np.zeros((3, 4)), {"classes": "ab"}, "classes: expected a name for each of the 3 rows of W, got 2"),
        (np.zeros((3, 4)), {"columns": 0}, "columns = 0 is not >= 1"),
    ],
)
def test_templates_refuses(W: np.ndarray, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot.templates(W, (2, 2), **options)


@pytest.mark.parametrize("log", [False, True])
def test_learning_curve(log: bool) -> None:
    ax = plot.learning_curve({"softmax": [2.3, 0.9, 0.5], "hinge": [9.0, 1.2]}, first_epoch=0, log=log)
    assert isinstance(ax, Axes)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [0, 1, 2])
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [9.0, 1.2])
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["softmax", "hinge"]
    assert pixels(ax).startswith(b"\x89PNG")


def test_learning_curve_on_given_axes() -> None:
    ax = Figure().add_subplot()
    assert plot.learning_curve({"train": [1.0, np.nan, 0.0]}, ax, ylabel="loss", log=True) is ax
    assert ax.get_legend() is None
    assert ax.get_ylabel() == "loss"
    assert pixels(ax).startswith(b"\x89PNG")


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    monkeypatch.delitem(sys.modules, "fastlc.plot")
    with pytest.raises(ImportError, match=r"^fastlc.plot needs Matplotlib: pip install 'fastlc\[plot\]'$"):
        importlib.import_module("fastlc.plot")
