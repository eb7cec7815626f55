"""The lecture's scripts: each runs, prints, saves its picture, and its numbers say what the lecture says.

Each test looks at the names that a script has computed, so that a wrong idea fails here, not in print alone.
"""

from __future__ import annotations

import importlib.util
import math
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc.lecture.shapes import flatten

from ..support import bounds

FOLDER = Path(__file__).parents[2] / "docs" / "lecture"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="an installed package has no docs beside it")

float64 = bounds.unit(np.float64)
float32 = bounds.unit(np.float32)


class Lesson(dict[str, Any]):
    """The names of a script that has run, and what it said."""

    printed: str
    picture: Any


_lessons: dict[str, Lesson] = {}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Runs a script, once for all tests."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    def run(script: str) -> Lesson:
        if script not in _lessons:
            monkeypatch.chdir(tmp_path)
            lesson = Lesson(runpy.run_path(str(FOLDER / f"{script}.py"), run_name="__main__"))
            lesson.printed = capsys.readouterr().out
            lesson.picture = pyplot.imread(tmp_path / f"{script}.png")
            _lessons[script] = lesson
        return _lessons[script]

    yield run
    pyplot.close("all")


def test_scripts_are_numbered() -> None:
    assert SCRIPTS
    assert all(re.match(rf"{number:02d}_[a-z_]+$", name) for number, name in enumerate(SCRIPTS, 1))


def test_every_script_has_its_line_in_the_lecture_and_every_line_a_script() -> None:
    page = (FOLDER.parent / "lecture.md").read_text(encoding="utf-8")
    assert set(re.findall(r"gallery/(\w+)\.rst", page)) == {*SCRIPTS, "index"}
    ideas = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| idea"))]
    assert len(ideas) > 30
    assert all(line.count("|") == 4 and "gallery/" in line.rpartition(" | ")[2] for line in ideas)


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_prints_numbers_and_draws(script: str, run: Any) -> None:
    lesson = run(script)
    assert len(re.findall(r"\d", lesson.printed)) > 5
    assert min(lesson.picture.shape[:2]) >= 200
    assert (lesson.picture[..., :3].min(axis=2) < 0.95).mean() > 0.01, "an empty picture"


def test_01_conventions_agree(run: Any) -> None:
    n = run("01_algebraic_view")
    X, W, b, S = n["X"], n["W"], n["b"], n["S"]
    error = 2 * bounds.scores(X, W, b, np.float32)
    for other in (n["one_by_one"], X @ n["columns"] + b, n["S_trick"]):
        assert (np.abs(other - S) <= error).all()
    np.testing.assert_array_equal(flatten(n["images"]), X)
    assert flatten(n["photos"]).shape == (5, 32 * 24 * 3)
    np.testing.assert_array_equal(n["W_again"], W)
    np.testing.assert_array_equal(n["b_again"], b)


def test_02_a_score_is_a_match_with_a_template(run: Any) -> None:
    n = run("02_visual_view")
    assert abs(n["score"] - fastlc.scores(n["X"][3:4], n["W"], n["b"])[0, 3]) < 1e-4
    assert n["template"].shape == n["shape"]
    assert (n["scores_of_others"] < n["best_score"]).all()
    if n["folder"].is_dir():
        assert n["accuracy_f"] > 0.8


def test_03_a_score_is_a_distance_and_regions_are_convex(run: Any) -> None:
    n = run("03_geometric_view")
    points, W, b = n["points"], n["W"], n["b"]
    assert n["score_at_feet"] <= 4 * bounds.scores(points, W, b, np.float32).max()
    # The distance of the formula is that to the nearest point of the line w · x + b = 0.
    w, bias = W[0].astype(np.float64), float(b[0])
    along = np.linspace(-50, 50, 200_001)[:, None] * np.array([-w[1], w[0]]) / np.linalg.norm(w) - bias * w / (w @ w)
    assert n["b"].any()
    nearest = np.linalg.norm(along - points[0].astype(np.float64), axis=1).min()
    assert abs(abs(n["distances"][0, 0]) - nearest) < 1e-5
    assert n["convex"] == 1
    assert n["same"].sum() > 10_000


def test_04_no_line_but_other_features(run: Any) -> None:
    n = run("04_hard_cases")
    assert set(n["accuracy"]) == {"XOR", "rings", "three modes"}
    for name, (softmax, best_line, cured) in n["accuracy"].items():
        assert softmax <= best_line < 0.85, name
        assert cured > 0.98, name
    X, y = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]), np.array([0, 1, 0])
    assert n["best_line"](X, y) == pytest.approx(2 / 3)
    assert n["best_line"](X, np.array([1, 1, 0])) == 1


def test_05_rules(run: Any) -> None:
    n = run("05_decision_rules")
    assert n["same_label"] == 1
    two = n["two_rows"].predict_proba(n["X"])[:, 1]
    np.testing.assert_allclose(fastlc.sigmoid(fastlc.scores(n["X"], *n["difference"]))[:, 0], two, rtol=0, atol=1e-6)
    assert (n["yes"] == 0).any()
    assert (n["yes"] > 1).any()
    assert n["yes_of_middle"] == 0
    assert min(n["found"].values()) > 0.9
    assert n["accuracy"]["softmax"] > n["accuracy"]["one against the rest"] > 0.95


def test_06_softmax(run: Any) -> None:
    n = run("06_softmax")
    assert (n["p"] > 0).all()
    assert abs(n["p"].sum() - 1) <= 8 * float64
    np.testing.assert_allclose(n["shifted"], n["p"], rtol=0, atol=8 * float64)
    np.testing.assert_array_equal(n["huge"], [[1, 0, 0]])
    assert n["smallest"] == sorted(n["smallest"], reverse=True)
    assert 0 < n["smallest"][-1] < 1e-12  # never 0
    assert n["largest"][-1] >= 1e6
    assert abs(n["at_start"] - math.log(10)) <= 20 * float32
    # p of each label is off by the rounding of its scores and a few more, so ln p too; N of them add.
    X, W, b = n["X"], n["result"].W, n["result"].b
    error = len(X) * (4 * bounds.scores(X, W, b, np.float32).max() + 50 * float32)
    mean = fastlc.linear_cross_entropy(X, n["labels"], W, b, grad=False)
    assert abs(n["log_likelihood"] + len(X) * mean) < error
    assert error < 0.1 * abs(n["log_likelihood"])
    np.testing.assert_allclose(n["dS"], n["p"] - [[1, 0, 0]], rtol=0, atol=16 * float64)
    assert n["cross_entropy"] == pytest.approx(n["divergence"] + n["entropy"], abs=32 * float64)
    assert n["entropy"] > 0.5


def test_07_svm(run: Any) -> None:
    n = run("07_svm_loss")
    assert n["loss"] == n["by_hand"] == 2.5
    assert n["smallest"] == 0
    assert n["largest"] == [12, 1002, 1_000_002]
    assert n["at_start"] == 9
    assert n["over_all"] - n["loss"] == 1
    assert abs(n["total"] / 100 - n["mean"]) <= 100 * float32 * n["mean"]
    assert n["rescaled"] <= 100 * float32
    assert n["ratios"] == [2.5, 0.5]  # no constant
    assert n["moved"] == 0
    assert (n["dS"] == 0).all()
    assert (n["dS_softmax"] != 0).all()
    assert n["of_W"] == n["of_2W"] == 0
    assert np.abs(n["W"]).max() > 0
    assert n["penalised"][1] == pytest.approx(4 * n["penalised"][0], rel=1e-6)


def test_08_regression(run: Any) -> None:
    n = run("08_regression")
    X, y = n["X"], n["y"]
    np.testing.assert_allclose(n["w"], np.linalg.lstsq(X, y, rcond=None)[0], rtol=0, atol=1e-12)
    assert np.abs(n["dW"]).max() < 1e-8
    assert np.abs(n["W"][0] - n["w"]).max() < 1e-8
    assert n["value"] - n["loss"] < 1e-14
    assert np.diff(n["losses"]).max() < 1e-15
    # Along the flattest axis the error shrinks by 1 − lr · curvature in a step, and by no more.
    late = n["distances"][2000] / n["distances"][1000]
    assert late == pytest.approx((1 - n["curvatures"][0] / n["curvatures"][-1]) ** 1000, rel=1e-3)


def test_09_l1_makes_zeros_and_l2_does_not(run: Any) -> None:
    from sklearn.linear_model import Lasso, Ridge

    n = run("09_regularisation")
    X, y, N = n["X"], n["y"], n["N"]
    for k in (20, 30):
        lasso = Lasso(alpha=n["l1_strengths"][k] / 2, fit_intercept=False, tol=1e-14, max_iter=10**6).fit(X, y)
        np.testing.assert_allclose(n["l1_path"][k], lasso.coef_, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(n["l1_path"][k] == 0, lasso.coef_ == 0)
    ridge = Ridge(alpha=n["l2_strengths"][30] * N / 2, fit_intercept=False).fit(X, y)
    np.testing.assert_allclose(n["l2_path"][30], ridge.coef_, rtol=0, atol=1e-12)
    zeros = (n["l1_path"] == 0).sum(axis=1)
    assert zeros[0] == 0
    assert zeros[-1] == n["D"]
    assert len(set(zeros)) >= 5  # more and more
    assert (n["l2_path"] != 0).all()
    lengths = np.linalg.norm(n["l2_path"], axis=1)
    assert (np.diff(lengths) < 0).all()
    np.testing.assert_allclose(n["decayed"], n["penalised"], rtol=0, atol=8 * float64)
    assert np.abs(n["decayed"] - 1).min() > 1e-3
    for errors in (n["l1_error"], n["l2_error"]):
        assert errors.min() < n["unpenalised"] < errors[-1]
        assert 0 < errors.argmin() < len(errors) - 1
    at_best = n["l1_path"][n["l1_error"].argmin()]
    assert (at_best == 0).sum() >= 3  # the better model is the simpler one
    sizes, strong = np.abs(n["l1_path"]).sum(axis=1), n["l1_strengths"] >= n["largest_gradient"]
    assert (np.diff(sizes) <= 0).all()
    assert ((zeros == n["D"]) == strong).all()


def test_10_gradients_beat_search(run: Any) -> None:
    n = run("10_search")
    best = {name: curve[-1] for name, curve in n["best"].items()}
    assert best["gradient descent"] < min(best["local random search"], best["evolution"]) < best["random search"]
    assert max(best.values()) < math.log(10)
    assert all((np.diff(curve) <= 0).all() for curve in n["best"].values())
    assert len(n["best"]["mini-batch SGD"]) < n["EVALUATIONS"] / 15
    assert best["mini-batch SGD"] < best["local random search"]
    for name, weights in n["weights"].items():
        assert n["objective"](weights) <= best[name] * 1.05 + 1e-6


def test_11_learning_rates(run: Any) -> None:
    n = run("11_gradient_descent")
    losses = {name.partition(":")[0]: curve for name, curve in n["curves"].items()}
    assert losses["too large"][-1] > losses["too large"][0]
    assert losses["good"][-1] < losses["too small"][-1] < losses["too small"][0]
    least = n["loss_at"](n["least"])
    assert losses["good"][-1] - least < 0.1 * (losses["too small"][-1] - least)
    # The limit is sharp: on its two sides a descent ends, or does not.
    assert n["descend"](0.99 * n["limit"], steps=2000)[1][-1] == pytest.approx(least, rel=1e-6)
    assert n["descend"](1.01 * n["limit"], steps=2000)[1][-1] > 1e3
    assert losses["with momentum"][-1] < losses["good"][-1]
    for lr in np.linspace(0.1, 0.99, 30) * n["limit"]:  # no rate without momentum is as good
        assert n["descend"](lr)[1][-1] > losses["with momentum"][-1]
    for share, converges in ((0.99, True), (1.01, False)):
        loss = n["descend"](share * (1 + n["mu"]) * n["limit"], n["mu"], steps=3000)[1][-1]
        assert (abs(loss - least) < 1e-6) == converges
    assert all(len(curve) == 41 for curve in losses.values())
    (low, high), (bottom, top) = n["left"].get_xlim(), n["left"].get_ylim()
    assert all(low < path[-1][0] < high and bottom < path[-1][1] < top for path in n["paths"].values())
    assert n["bulge"]["softmax"] <= 1e-12
    assert n["bulge"]["hinge"] <= 1e-12
    assert n["bulge"]["sigmoid unit, squared error"] > 0.01
    assert n["rates"]["too large"] > n["limit"] > n["rates"]["good"]


def test_12_small_batches_and_decay(run: Any) -> None:
    n = run("12_mini_batches")
    final = {name: losses[-1] for name, losses in n["by_batch"].items()}
    assert max(final["32 rows"], final["4 rows"], final["1 row"]) < final["256 rows"] < final["all rows"]
    rates = n["best_rate"]
    assert rates["1 row"] < rates["4 rows"] < rates["32 rows"] < min(rates["256 rows"], rates["all rows"])
    assert min(n["RATES"]) < min(rates.values()) <= max(rates.values()) < max(n["RATES"])
    late = {name: np.mean(curve[-10:]) for name, curve in n["excess"].items()}
    assert late["cosine"] < late["halved every 20 passes"] < late["constant 0.003"] < late["constant 0.03"]
    assert late["cosine"] > 0
    constant = n["excess"]["constant 0.03"]
    assert np.mean(constant[100:]) > 0.3 * np.mean(constant[20:100])  # it dances, and comes no nearer


def test_13_all_ways_agree(run: Any) -> None:
    n = run("13_computing_gradients")
    expected = {"by hand", "symbolic", "numerical"} | ({"automatic"} if importlib.util.find_spec("torch") else set())
    assert set(n["errors"]) == expected
    for name, error in n["errors"].items():
        assert error < (1e-9 if name == "numerical" else 50 * float64), name
    assert n["right"]
    assert not n["wrong"]
    assert "WRONG" in n.printed
    # Truncation falls with h² centrally, with h forwards; rounding grows with 1/h for both.
    long = n["steps"] > 3e-3
    for errors, order in ((n["of_step"], 2), (n["of_forward_step"], 1)):
        slope = np.polyfit(np.log(n["steps"][long]), np.log(np.array(errors)[long]), 1)[0]
        assert slope == pytest.approx(order, abs=0.1)
    assert min(n["of_step"]) < 0.1 * min(n["of_forward_step"])
    errors = np.array(n["of_step"])
    best = n["steps"][errors.argmin()]
    assert 1e-6 < best < 1e-4
    assert errors[0] > 1e3 * errors.min()
    assert errors[-1] > 1e3 * errors.min()


def test_14_rules_derived_by_hand(run: Any) -> None:
    n = run("14_update_rules")
    # Both are 20 products and sums; they differ by the rounding of those.
    size = np.abs(n["X"]).sum() * 2 * n["eta"] * 10 + np.abs(n["w"]).max()
    assert n["difference"] <= 40 * float64 * size
    assert n["difference_sigmoid"] <= 60 * float64 * size
    assert np.abs(n["W"][0] - n["w"]).max() > 1e-3  # a step was taken
    assert np.abs(n["W_sigmoid"][0] - n["w"]).max() > 1e-3
    output, t = n["output"], n["t"]
    np.testing.assert_allclose(n["of_square"], 2 * (output - t) * output * (1 - output), rtol=0, atol=1e-14)
    np.testing.assert_allclose(n["of_logistic"], output - t, rtol=0, atol=1e-14)


def test_15_sizes(run: Any) -> None:
    n = run("15_jacobians")
    N, D, C = n["N"], n["D"], n["C"]
    assert (n["of_x"].X.shape, n["of_x"].W.shape, n["of_x"].b.shape) == ((C, D), (C, C, D), (C, C))
    assert [matrix.shape for matrix in n["matrices"].values()] == [
        (N * C, N * D), (N * C, C * D), (N * C, C), (N * C, N * C), (N * C, N * C),
    ]  # fmt: skip
    np.testing.assert_allclose(n["chained"], n["dW"], rtol=0, atol=100 * float64)
    np.testing.assert_allclose(n["chained_bias"], n["db"], rtol=0, atol=100 * float64)
    assert (n["matrices"]["∂P/∂S"] == 0).mean() == 1 - 1 / N


def test_16_steps_of_a_chain(run: Any) -> None:
    n = run("16_decomposition")
    assert abs(n["loss"] - n["fused_loss"]) <= 20 * float64
    for steps, fused in ((n["d_w"], n["dW"][0]), (n["d_b"], n["db"][0]), (n["d_x"], n["dX"][0])):
        np.testing.assert_allclose(steps, fused, rtol=0, atol=20 * float64)
        assert np.abs(steps).max() > 0.1
    assert abs(n["mean"] - n["fused_mean"]) <= 20 * float64 * n["mean"]
    assert max(n["differences"]) <= 100 * float64
