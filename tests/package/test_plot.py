"""Pictures: they render without a display, on the Axes they are given, and refuse what does not fit."""

from __future__ import annotations

import importlib
import inspect
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

import fastlc
from fastlc import plot

from ..support import child


@pytest.fixture(autouse=True)
def _figures_closed() -> Iterator[None]:
    """Another test may have imported pyplot, which then keeps the figures."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


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


def test_the_strongest_half_per_cent_are_cut() -> None:
    W = np.arange(1.0, 1001).reshape(10, 100)
    low, high = plot.templates(W, (10, 10)).images[0].get_clim()
    assert np.count_nonzero(high < W) == 5
    assert low == -high
    assert plot.templates(np.zeros((2, 4)), (2, 2)).images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_templates_of_odd_values(value: float) -> None:
    assert pixels(plot.templates(np.full((2, 4), value), (2, 2))).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("W", "options", "message"),
    [
        (np.zeros((3, 5)), {}, r"^W has shape \(3, 5\), expected \(C, 4\) with C >= 1 for images of 2 x 2$"),
        (np.zeros(4), {}, r"^W has shape \(4,\), expected \(C, 4\) "),
        (np.zeros((0, 4)), {}, r"^W has shape \(0, 4\), expected \(C, 4\) with C >= 1 "),
        (np.zeros((3, 4)), {"classes": "ab"}, r"^classes has 2 names, W has 3 rows$"),
        (np.zeros((3, 4)), {"columns": 0}, r"^columns = 0, expected an integer >= 1$"),
        (np.zeros((3, 4)), {"columns": "2"}, r"^columns is a str, expected an integer >= 1$"),
        (np.full((3, 4), "1"), {}, r"^W has dtype <U1, expected numbers$"),
        (np.zeros((3, 4), complex), {}, r"^W has dtype complex128, expected numbers$"),
    ],
)
def test_templates_refuses(W: np.ndarray, options: dict, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        plot.templates(W, (2, 2), **options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("22", r"^shape = 22, expected \(height, width\) or \(height, width, 3\)$"),
        (4, r"^shape = 4, expected \(height, width\) or"),
        ((2, 2, 1), r"^shape = \(2, 2, 1\), expected \(height, width\) or"),
        (("2", "2"), r"^shape\[0\] is a str, expected an integer >= 1$"),
        ((2, 2.0), r"^shape\[1\] is a float, expected an integer >= 1$"),
        ((4, 0), r"^shape\[1\] = 0, expected an integer >= 1$"),
    ],
)
def test_templates_of_no_shape(shape: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        plot.templates(np.zeros((3, 4)), shape)


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


# ---------------------------------------------------------------------------------------------------------------------
# With pyplot and without
# ---------------------------------------------------------------------------------------------------------------------

CALLS = {
    "templates": "np.random.default_rng(0).normal(size=(3, 12)), (3, 4)",
    "decision_regions": "(np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]), None)",
    "learning_curve": "{'one': [3.0, 2.0, 1.0], 'two': [1.0, 2.0, 3.0]}",
    "loss_surface": "lambda w: w[0] ** 2 + w[1] ** 2, {'way': [[1.0, 1.0], [0.0, 0.5]]}",
}
REFUSED = {
    "templates": "np.ones((3, 12)), (3, 5)",
    "decision_regions": "(np.ones((3, 2)), None), [[0.0, 1.0]], [5]",
    "learning_curve": "{'one': ['good', 'better']}",
    "loss_surface": "lambda w: np.nan",
}


def test_every_plot_is_called_below() -> None:
    public = {
        name
        for name, function in vars(plot).items()
        if inspect.isfunction(function) and function.__module__ == plot.__name__ and not name.startswith("_")
    }
    assert public == CALLS.keys() == REFUSED.keys()


def is_drawn(path: Path) -> bool:
    """Whether there is more in a picture than one colour, or the frame of empty axes."""
    picture = imread(path)
    return len(np.unique(picture.reshape(-1, picture.shape[-1]), axis=0)) > 50


@pytest.mark.parametrize(
    "first",
    [
        "import matplotlib.pyplot as plt; from fastlc import plot",
        "from fastlc import plot; import matplotlib.pyplot as plt",
    ],
)
@pytest.mark.parametrize("function", CALLS)
def test_where_pyplot_was_imported_the_figure_is_its_current_one(tmp_path: Path, function: str, first: str) -> None:
    code = f"""
        import numpy as np
        {first}

        older = plt.figure()
        ax = plot.{function}({CALLS[function]})
        assert plt.gcf() is ax.figure is not older
        assert plt.gca() is ax
        assert len(plt.get_fignums()) == 2
        plt.savefig({str(tmp_path / "picture.png")!r})
        plt.show()
        plt.close(ax.figure)
        assert plt.get_fignums() == [older.number]

        given = older.add_subplot()
        assert plot.{function}({CALLS[function]}, ax=given) is given
        assert plt.get_fignums() == [older.number]
        older.savefig({str(tmp_path / "given.png")!r})

        try:
            plot.{function}({REFUSED[function]})
        except (TypeError, ValueError):
            assert plt.get_fignums() == [older.number], "a refused call leaves an empty figure"
        else:
            raise AssertionError("not refused")
    """
    child.printed(code, MPLBACKEND="Agg")
    assert is_drawn(tmp_path / "picture.png")
    assert is_drawn(tmp_path / "given.png")


@pytest.mark.parametrize("function", CALLS)
def test_where_it_was_not_it_is_left_alone(tmp_path: Path, function: str) -> None:
    code = f"""
        import gc, sys, weakref
        import numpy as np
        from fastlc import plot

        figures = []
        for _ in range(3):
            ax = plot.{function}({CALLS[function]})
            figures.append(weakref.ref(ax.figure))
        ax.figure.savefig({str(tmp_path / "picture.png")!r})
        assert "matplotlib.pyplot" not in sys.modules
        gc.collect()
        assert sum(figure() is not None for figure in figures) == 1
    """
    child.printed(code, MPLBACKEND="tkagg")
    assert is_drawn(tmp_path / "picture.png")


def test_figures_that_are_never_closed_are_pyplots_to_warn_of() -> None:
    code = """
        import warnings
        import matplotlib.pyplot as plt
        from fastlc import plot

        for _ in range(30):
            plt.close(plot.learning_curve({"one": [1.0]}).figure)
        assert plt.get_fignums() == []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(21):
                plot.learning_curve({"one": [1.0]})
        print([str(warning.message)[:28] for warning in caught])
    """
    assert child.printed(code, MPLBACKEND="Agg") == "['More than 20 figures have be']"


def test_templates_in_colour() -> None:
    W = np.random.default_rng(0).normal(size=(4, 2 * 3 * 3))
    W[0] = 0
    ax = plot.templates(W, (2, 3, 3))
    grey, other = ax.images[0].get_array(), np.asarray(ax.images[1].get_array())
    np.testing.assert_array_equal(grey, np.full((2, 3, 3), 0.5))
    assert 0 <= other.min() < 0.5 < other.max() <= 1
    np.testing.assert_array_equal(other > 0.5, W[1].reshape(2, 3, 3) > 0)
    with pytest.raises(ValueError, match=r"^shape = \(2, 3, 4\), expected \(height, width\) or \(height, width, 3\)$"):
        plot.templates(np.zeros((2, 24)), (2, 3, 4))  # type: ignore[arg-type]


def test_learning_curve_of_evaluations() -> None:
    ax = plot.learning_curve({"search": [3.0, 2.0]}, xlabel="evaluations")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("evaluations", "mean loss")


# ---------------------------------------------------------------------------------------------------------------------
# Regions
# ---------------------------------------------------------------------------------------------------------------------

W3, B3 = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]), np.array([0.0, 0.5, -1.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_regions_are_the_predictions(dtype: type) -> None:
    X = np.random.default_rng(0).normal(size=(50, 2)).astype(dtype)
    W, b = W3.astype(dtype), B3.astype(dtype)
    y = fastlc.predict(X, W, b)
    ax = plot.decision_regions((W, b), X, y, resolution=41)
    (image,) = ax.images
    left, right, bottom, top = image.get_extent()
    assert (left, right, bottom, top) == (*ax.get_xlim(), *ax.get_ylim())
    assert left < X[:, 0].min() < X[:, 0].max() < right
    half = (right - left) / 82, (top - bottom) / 82  # of one of the squares, whose middles are classified
    across, up = np.linspace(left + half[0], right - half[0], 41), np.linspace(bottom + half[1], top - half[1], 41)
    grid = np.stack(np.meshgrid(across, up), axis=-1).astype(dtype)
    expected = fastlc.predict(grid.reshape(-1, 2), W, b).reshape(41, 41)
    np.testing.assert_array_equal(image.get_array(), expected)
    assert image.origin == "lower"
    of_function = plot.decision_regions(lambda X: fastlc.predict(X, W, b), X, y, resolution=41)
    np.testing.assert_array_equal(of_function.images[0].get_array(), expected)
    assert not of_function.lines
    drawn = np.concatenate([np.asarray(points.get_offsets()) for points in ax.collections])
    np.testing.assert_array_equal(drawn, np.concatenate([X[y == c] for c in range(3)]))
    assert pixels(ax).startswith(b"\x89PNG")


def test_hyperplanes_are_where_scores_are_zero_and_arrows_point_to_higher_ones() -> None:
    ax = plot.decision_regions((W3, B3), xlim=(-2, 3), ylim=(-1, 2))
    assert len(ax.lines) == 3
    for w, b, line, arrow in zip(W3, B3, ax.lines, ax.texts, strict=True):
        for point in (line.get_xy1(), line.get_xy2()):
            assert abs(w @ np.array(point) + b) < 1e-12
        foot, tip = np.array(arrow.xyann), np.array(arrow.xy)
        assert abs(w @ foot + b) < 1e-12
        np.testing.assert_allclose((tip - foot) / np.linalg.norm(tip - foot), w / np.linalg.norm(w), atol=1e-12)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 3), (-1, 2))
    assert len(plot.decision_regions((np.zeros((2, 2)), np.ones(2))).lines) == 0  # no line where nothing changes


def test_regions_of_one_row_of_weights() -> None:
    ax = plot.decision_regions((np.array([[1.0, 0.0]]), np.array([0.0])), resolution=5)
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 0, 0, 1, 1]] * 5)
    assert len(ax.lines) == 1


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_regions_of_what_fit_returns(fit_intercept: bool) -> None:
    X = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    y = fastlc.predict(X, W3.astype(np.float32), B3.astype(np.float32))
    result = fastlc.fit(X, y, lr=0.5, fit_intercept=fit_intercept)
    ax = plot.decision_regions(result, resolution=11)  # no examples to take the dtype from
    middles = (np.arange(11) - 5) / 5.5
    grid = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2).astype(np.float32)
    np.testing.assert_array_equal(ax.images[0].get_array(), result.predict(grid).reshape(11, 11))
    assert len(ax.lines) == 3
    again = plot.decision_regions((result.W, result.b), resolution=11)
    np.testing.assert_array_equal(again.images[0].get_array(), ax.images[0].get_array())


def test_regions_of_an_estimator_with_names() -> None:
    from sklearn.linear_model import LogisticRegression

    X = np.random.default_rng(0).normal(size=(40, 2))
    y = np.where(X[:, 0] > 0, "right", "left")
    figure = Figure()
    ax = figure.add_subplot()
    assert plot.decision_regions(LogisticRegression().fit(X, y), X, y, ax, resolution=11) is ax
    assert [points.get_label() for points in ax.collections] == ["left", "right"]
    assert set(np.unique(ax.images[0].get_array())) == {0, 1}
    plot.decision_regions(lambda X: np.zeros(len(X), int), X)  # without labels


@pytest.mark.parametrize(
    ("classifier", "options", "error", "message"),
    [
        ("svm", {}, TypeError, r"^classifier is a str, expected a function, an object with predict, or \(W, b\)$"),
        ((W3,), {}, ValueError, r"^classifier is a tuple of 1, expected \(W, b\)$"),
        ((np.eye(2, dtype=int), B3), {}, TypeError, r"^W has dtype int64, expected float32 or float64"),
        ((W3, B3.astype(np.float32)), {}, TypeError, r"^b has dtype float32, W has float64: convert one of them$"),
        ((np.eye(3), B3), {}, ValueError, r"^classifier: W has shape \(3, 3\) and b \(3,\), expected \(C, 2\) and"),
        ((W3, B3), {"X": np.zeros((4, 3))}, ValueError, r"^X has shape \(4, 3\), expected \(N, 2\)$"),
        ((W3, B3), {"X": np.zeros((4, 2)), "y": [0]}, ValueError, r"^y has shape \(1,\), X has 4 rows$"),
        ((W3, B3), {"y": [0]}, ValueError, r"^y has shape \(1,\), X has no rows$"),
        ((W3, B3), {"X": np.zeros((1, 2)), "y": [7]}, ValueError, r"^a label is .*7.*, expected one of \[0, 1, 2\]$"),
        ((W3, B3), {"resolution": 1}, ValueError, r"^resolution = 1, expected an integer >= 2$"),
        ((W3, B3), {"resolution": "9"}, TypeError, r"^resolution is a str, expected an integer >= 2$"),
        ((W3, B3), {"X": [["0", "1"]]}, TypeError, r"^X has dtype <U1, expected numbers$"),
        ((W3, B3), {"xlim": "01"}, TypeError, r"^xlim has dtype <U2, expected numbers$"),
        ((W3, B3), {"ylim": 3.0}, ValueError, r"^ylim = 3.0, expected two finite numbers, \(low, high\)$"),
        (
            lambda X: X,
            {},
            ValueError,
            r"^the classifier gives shape \(90000, 2\), expected a label for each of 90000 po",
        ),
    ],
)
def test_regions_refuse(classifier: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        plot.decision_regions(classifier, **options)


# ---------------------------------------------------------------------------------------------------------------------
# Surfaces
# ---------------------------------------------------------------------------------------------------------------------


def test_a_surface_is_evaluated_where_it_is_drawn() -> None:
    seen = []

    def f(w: Any) -> float:
        seen.append(w.copy())
        return float(w[0] ** 2 + 3 * w[1] ** 2)

    figure = Figure()
    ax = figure.add_subplot()
    path = np.array([[0.8, -0.4], [0.1, 0.2], [0.0, 0.1]])
    assert plot.loss_surface(f, {"way": path}, ax, xlim=(-1, 1), ylim=(-2, 2), resolution=9) is ax
    across, up = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-2, 2, 9))
    np.testing.assert_allclose(seen, np.stack([across, up], axis=-1).reshape(-1, 2), atol=1e-12)
    np.testing.assert_allclose(np.transpose(ax.lines[0].get_data()), path, atol=1e-12)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["way"]  # type: ignore[union-attr]
    assert pixels(ax).startswith(b"\x89PNG")


def test_any_other_plane_is_a_function_of_two_numbers() -> None:
    center, first, second = np.ones((2, 3)), np.zeros((2, 3)), np.zeros((2, 3))
    first[0, 0], second[1, 2] = 2.0, 4.0
    seen = []

    def f(w: Any) -> float:
        seen.append(w)
        return float((w**2).sum())

    plot.loss_surface(lambda uv: f(center + uv[0] * first + uv[1] * second), xlim=(0, 1), ylim=(0, 1), resolution=2)
    np.testing.assert_array_equal(seen, [center, center + first, center + second, center + first + second])


def test_the_default_plane_holds_a_path_that_lies_in_one() -> None:
    rng = np.random.default_rng(0)
    plane, end = rng.normal(size=(2, 5)), rng.normal(size=5)
    path = end + np.array([[3, 1], [2, -1], [1, 1], [0, 0]]) @ plane
    ax = plot.loss_surface(lambda w: float(((w - end) ** 2).sum()), {"": path})
    drawn = np.transpose(ax.lines[0].get_data())
    np.testing.assert_allclose(drawn[-1], 0, atol=1e-12)
    # Distances in the picture are those in space: the directions are orthonormal and the path lies in their plane.
    np.testing.assert_allclose(
        np.linalg.norm(drawn, axis=1), np.linalg.norm(path - end, axis=1), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("log", [False, True])
def test_contours_go_from_the_least_to_the_greatest_value(log: bool) -> None:
    ax = plot.loss_surface(lambda w: 3 + float(w[0]), log=log, resolution=8)
    filled, lines = ax.collections
    for contours in (filled, lines):
        levels = contours.levels  # type: ignore[attr-defined]
        assert levels[0] == pytest.approx(2)
        assert levels[-1] == pytest.approx(4)
        steps = np.diff(np.log(levels) if log else np.sqrt(levels - 2))
        np.testing.assert_allclose(steps, steps[0], rtol=1e-6)
    assert pixels(ax).startswith(b"\x89PNG")


def test_odd_surfaces() -> None:
    for f in (lambda w: np.nan if w[0] > 0 else 1.0 - float(w[1]), lambda w: 3.0, lambda w: 1 + 3e-16 * float(w[0])):
        assert pixels(plot.loss_surface(f, resolution=8)).startswith(b"\x89PNG")
    only_half = plot.loss_surface(lambda w: float(w[0]), log=True, resolution=8)
    assert only_half.collections[0].levels[0] > 0  # type: ignore[attr-defined]
    flat = plot.loss_surface(lambda w: 1 + 3e-16 * float(w[0]), resolution=8)
    assert len(flat.collections) == 0


def test_a_descent_that_leaves_all_bounds() -> None:
    path = np.random.default_rng(0).normal(size=(6, 5))
    path[-2], path[-1] = np.nan, np.inf
    ax = plot.loss_surface(lambda w: float((w**2).sum()), {"": path}, resolution=8)
    drawn = np.transpose(ax.lines[0].get_data())
    assert np.isfinite(drawn[:4]).all()
    np.testing.assert_allclose(drawn[3], 0, atol=1e-12)
    assert pixels(ax).startswith(b"\x89PNG")


def test_the_function_is_asked_in_the_dtype_of_the_path() -> None:
    seen = set()
    for path in ([[0.0, 1.0]], np.array([[0.0, 1.0]], np.float32), [[0, 1]]):
        plot.loss_surface(lambda w: seen.add(w.dtype.name) or 1.0, {"": path}, resolution=2)  # type: ignore[func-returns-value]
        assert seen == {"float32" if isinstance(path, np.ndarray) else "float64"}
        seen.clear()


@pytest.mark.parametrize("value", ["1.0", b"1.0", None, 1j, np.complex128(1), [1.0], np.ones(1)], ids=repr)
def test_a_surface_is_one_of_numbers(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^f returns a \w+, expected a number$"):
        plot.loss_surface(lambda w: value)


def test_learning_curve_wants_names() -> None:
    with pytest.raises(TypeError, match=r"^curves is a list, expected a mapping from names to sequences of numbers$"):
        plot.learning_curve([1.0, 0.5])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^curves\['a'\] has dtype <U3, expected numbers$"):
        plot.learning_curve({"a": ["1.0"]})  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"^curves\['a'\] has shape \(\), expected a number for each epoch$"):
        plot.learning_curve({"a": 1.0})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match=r"^first_epoch is a str, expected an integer >= 0$"):
        plot.learning_curve({"a": [1.0]}, first_epoch="1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resolution": 1}, r"^resolution = 1, expected an integer >= 2$"),
        ({"xlim": ("0", "1")}, r"^xlim has dtype <U1, expected numbers$"),
        ({"ylim": (0, 1, 2)}, r"^ylim = \(0, 1, 2\), expected two finite numbers, \(low, high\)$"),
        ({"xlim": (0, np.nan)}, r"^xlim = \(0, nan\), expected two finite numbers, \(low, high\)$"),
        ({"paths": {"a": [["0", "1"]]}}, r"^paths\['a'\] has dtype <U1, expected numbers$"),
        (
            {"paths": {"a": np.zeros(2)}},
            r"^paths\['a'\] has shape \(2,\), expected \(T, …\) with T >= 1, the same for all$",
        ),
        ({"paths": {"a": np.zeros((4, 3)), "b": np.zeros((4, 2))}}, r"^paths\['a'\] has shape \(4, 3\), expected"),
        ({"paths": {"a": np.zeros((4, 3))}}, r"^paths lie on a line, expected points that span a plane$"),
        ({"paths": {"a": np.outer(np.arange(4), [1, 2, 3])}}, r"^paths lie on a line, expected points that span a"),
        ({"paths": {"a": np.full((4, 3), np.nan)}}, r"^paths lie on a line, expected points that span a plane$"),
    ],
)
def test_surfaces_refuse(options: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        plot.loss_surface(lambda w: float((w**2).sum()), **options)


@pytest.mark.parametrize(("log", "words"), [(False, "finite"), (True, "finite and > 0")])
def test_a_surface_without_a_number_is_refused(log: bool, words: str) -> None:
    with pytest.raises(ValueError, match=rf"^f is nowhere {words} in the picture$"):
        plot.loss_surface(lambda w: -1.0 if log else np.nan, log=log)
