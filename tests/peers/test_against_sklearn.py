"""The losses and solutions of scikit-learn, whose conventions the one-vs-rest losses and the regressions follow.

First its loss functions, on grids that hold every kink: there the numbers are small multiples of 1/64, so that both
sides are exact, in float32 too, and must be equal. Then a pass of its SGD, row by row; and last the minima that its
estimators find, where the gradient of the same objective, written in fastlc's terms, must vanish.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import _loss as smooth
from sklearn import linear_model, metrics, svm
from sklearn.linear_model import _sgd_fast as kinked

import fastlc
from fastlc import LOSSES

from ..support import bounds
from ..support.bounds import assert_within, gamma
from ..support.cases import Array

# ---------------------------------------------------------------------------------------------------------------------
# Functions of one score
# ---------------------------------------------------------------------------------------------------------------------

MARGINS: dict[str, Any] = {
    "ovr_hinge": kinked.Hinge(1.0),
    "ovr_perceptron": kinked.Hinge(0.0),
    "ovr_squared_hinge": kinked.SquaredHinge(1.0),
    "ovr_modified_huber": kinked.ModifiedHuber(),
}
GRID = np.concatenate([np.arange(-256, 257) / 64, [-10000, -9999.5, 9999, 10000]])  # -1, 0 and 1 among them
margins = pytest.mark.parametrize("name", MARGINS)


def of_pairs(loss: Any, S: Array, y: Array) -> tuple[Array, Array]:
    """scikit-learn's values and slopes; S and y of one shape."""
    pairs = list(zip(S.ravel().tolist(), y.ravel().tolist(), strict=True))
    value, slope = ([function(s, t) for s, t in pairs] for function in (loss.py_loss, loss.py_dloss))
    return np.reshape(value, S.shape), np.reshape(slope, S.shape)


@margins
@pytest.mark.parametrize("label", [0, 1])
def test_margins(name, label, dtype) -> None:
    """A single column, of which labels are 0 and 1, there −1 and 1."""
    S = GRID.astype(dtype)[:, None]
    near = [np.nextafter(dtype(kink), dtype(side)) for kink in (-1, 0, 1) for side in (-9, 9)]
    if name in ("ovr_hinge", "ovr_perceptron"):  # where the slope jumps, the neighbours of the kink too
        S = np.vstack([S, np.array(near, dtype)[:, None]])
    loss, dS = LOSSES[name].on_scores(S, np.full(len(S), label), reduction="none")
    value, slope = of_pairs(MARGINS[name], S, np.full(S.shape, 2.0 * label - 1))
    if name == "ovr_hinge":  # beside -1 and 0, 1 − z is a rounding in float32
        value = value.astype(dtype)
    exact = np.abs(S) < 9000 if name.endswith(("squared_hinge", "huber")) else np.ones(S.shape, bool)
    assert (dS == slope).all()
    assert (loss == value[:, 0])[exact[:, 0]].all()
    assert_within(loss, value[:, 0], bounds.unit(dtype) * value[:, 0], "loss")  # the squares of 1e4 are rounded


@margins
@pytest.mark.parametrize("classes", [2, 3, 10, 40])
def test_one_vs_rest_sums(name, classes, dtype) -> None:
    rng = np.random.default_rng(classes)
    S, y = rng.choice(GRID[:-4], size=(60, classes)).astype(dtype), rng.integers(0, classes, 60)
    loss, dS = LOSSES[name].on_scores(S, y, reduction="none")
    value, slope = of_pairs(MARGINS[name], S, np.where(np.arange(classes) == y[:, None], 1.0, -1.0))
    assert (loss == value.sum(axis=1)).all()
    assert (dS == slope).all()
    # its class weights in one-vs-rest weigh the positive side alone: pos_weight
    p = rng.choice([0, 0.5, 2], classes).astype(dtype)
    weight = np.where(np.arange(classes) == y[:, None], p, 1)
    loss, dS = LOSSES[name].on_scores(S, y, pos_weight=p, reduction="none")
    assert (loss == (weight * value).sum(axis=1)).all()
    assert (dS == weight * slope).all()


def regression(name: str, epsilon: float) -> Any:
    return {
        "epsilon_insensitive": kinked.EpsilonInsensitive,
        "squared_epsilon_insensitive": kinked.SquaredEpsilonInsensitive,
    }[name](epsilon)


@pytest.mark.parametrize("name", ["epsilon_insensitive", "squared_epsilon_insensitive"])
@pytest.mark.parametrize("epsilon", [0.0, 0.25, 1.0])
def test_regressions_with_epsilon(name, epsilon, dtype) -> None:
    S = np.repeat(GRID[:-4:4], 5).astype(dtype)[:, None]
    y = np.tile([0, 0.25, -1, 1.5, -4], len(S) // 5).astype(dtype)[:, None]
    loss, dS = LOSSES[name].on_scores(S, y, epsilon=epsilon, reduction="none")
    value, slope = of_pairs(regression(name, epsilon), S, y)
    assert (np.abs(S - y) == epsilon).any()
    assert (loss == value[:, 0]).all()
    assert (dS == slope).all()


def test_the_default_epsilon_at_its_kink(dtype) -> None:
    """0.1 is no binary number: it is rounded to the dtype, and an error of just that is forgiven."""
    epsilon = dtype(0.1)
    S = np.array([-1, 1], dtype)[:, None] * [np.nextafter(epsilon, dtype(0)), epsilon, np.nextafter(epsilon, dtype(1))]
    for name in ("epsilon_insensitive", "squared_epsilon_insensitive"):
        dS = LOSSES[name].on_scores(S.astype(dtype), np.zeros(S.shape, dtype))[1]
        _, slope = of_pairs(regression(name, float(epsilon)), S, np.zeros(S.shape))
        assert ((dS != 0) == [False, False, True]).all()
        assert (dS == slope / 2).all()  # the mean of two rows


@pytest.mark.parametrize("epsilon", [0.25, 1.0, 2.0])
def test_huber(epsilon, dtype) -> None:
    S = GRID[:-4].astype(dtype)
    y = np.tile([0.5, -1, 2], len(S) // 3).astype(dtype)
    loss, dS = fastlc.huber(S[:, None], y, epsilon=epsilon, reduction="none")
    value, slope = smooth.HuberLoss(delta=epsilon).loss_gradient(y.astype(np.float64), S.astype(np.float64))
    assert (np.abs(S - y) == epsilon).any()
    assert (loss == value).all()
    assert (dS[:, 0] == slope).all()


def test_squared_error_is_twice_the_half(dtype) -> None:
    S = GRID[:-4].astype(dtype)
    y = np.tile([0.5, -1, 2], len(S) // 3).astype(dtype)
    loss, dS = fastlc.squared_error(S[:, None], y, reduction="none")
    value, slope = smooth.HalfSquaredError().loss_gradient(y.astype(np.float64), S.astype(np.float64))
    assert (loss == 2 * value).all()
    assert (dS[:, 0] == 2 * slope).all()


@pytest.mark.parametrize("target", [0, 1, 0.3])
def test_logistic(target, dtype) -> None:
    """0 and 1 as labels and as floats. The score is exact, so exp, log1p and what joins them are all the roundings."""
    S, t = GRID.astype(dtype)[:, None], np.full(len(GRID), target, dtype)
    value, slope = smooth.HalfBinomialLoss().loss_gradient(t.astype(np.float64), S[:, 0].astype(np.float64))
    relative = gamma(bounds.EXP + bounds.LOG + 12, dtype)
    lost = gamma(8, np.float64)  # what scikit-learn's own difference of σ and target, or of softplus and ts, may lose
    for y in (t, t.astype(int)) if target != 0.3 else (t,):
        loss, dS = fastlc.logistic(S, y, reduction="none")
        assert_within(loss, value, relative * np.abs(value) + lost * (1 + np.abs(S[:, 0])), "loss")
        # for a target between 0 and 1 the slope is a difference of terms of at most 1
        assert_within(dS[:, 0], slope, relative * (np.abs(slope) if target != 0.3 else 1) + lost, "dS")


# ---------------------------------------------------------------------------------------------------------------------
# Functions of all scores of a row
# ---------------------------------------------------------------------------------------------------------------------


def softmax_errors(S: Array, y: Array, dtype: Any) -> tuple[Array, Array]:
    """Of fastlc in `dtype`, and of scikit-learn in float64, which adds the row's largest score and takes off s_y."""
    S, none = S.astype(np.float64), np.zeros(S.shape)
    loss = bounds.log_softmax(S, none, dtype) + bounds.log_softmax(S, none, np.float64)
    loss += 3 * bounds.unit(np.float64) * np.abs(S).max(axis=1, keepdims=True)
    dS = bounds.softmax(S, none, dtype) + bounds.softmax(S, none, np.float64) + 4 * bounds.unit(dtype)
    return loss[np.arange(len(y)), y], dS


@pytest.mark.parametrize("classes", [2, 3, 10, 40])
def test_multinomial(classes, dtype) -> None:
    rng = np.random.default_rng(classes)
    S = (rng.choice([1, 30], (50, 1)) * rng.normal(size=(50, classes))).astype(dtype)
    y, v = rng.integers(0, classes, 50), rng.integers(0, 3, 50).astype(dtype)
    value, slope = smooth.HalfMultinomialLoss(n_classes=classes).loss_gradient(
        y.astype(np.float64), np.asfortranarray(S, np.float64), v.astype(np.float64)
    )
    loss, dS = fastlc.cross_entropy(S, y, sample_weight=v, reduction="none")
    loss_err, dS_err = softmax_errors(S, y, dtype)
    assert_within(loss, value, v * loss_err + gamma(2, dtype) * value, "loss")
    assert_within(dS, slope, v[:, None] * dS_err + gamma(2, dtype) * np.abs(slope), "dS")


@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss(weighted, dtype) -> None:
    rng = np.random.default_rng(0)
    S, y = rng.normal(size=(200, 5)).astype(dtype), rng.integers(0, 5, 200)
    v = rng.integers(0, 3, 200).astype(dtype) if weighted else None
    S64 = S.astype(np.float64)
    p = np.exp(S64 - S64.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    want = metrics.log_loss(y, p, labels=np.arange(5), sample_weight=v)
    allowed = softmax_errors(S, y, dtype)[0].max() + gamma(4, dtype) * S64.max() + gamma(200 + 30, np.float64) * want
    assert_within(fastlc.cross_entropy(S, y, sample_weight=v, grad=False), want, allowed, "log loss")


@pytest.mark.parametrize("classes", [3, 4, 20])
@pytest.mark.parametrize("weighted", [False, True])
def test_hinge_loss_is_that_of_crammer_and_singer(classes, weighted, dtype) -> None:
    rng = np.random.default_rng(classes)
    S, y = rng.choice(GRID[:-4], size=(150, classes)).astype(dtype), rng.integers(0, classes, 150)
    v = rng.integers(0, 3, 150).astype(dtype) if weighted else None
    want = metrics.hinge_loss(y, S.astype(np.float64), labels=np.arange(classes), sample_weight=v)
    got = fastlc.crammer_singer(S, y, sample_weight=v, grad=False)
    assert_within(got, want, gamma(2, np.float64) * want, "hinge loss")  # sums of small multiples of 1/64, one quotient


# ---------------------------------------------------------------------------------------------------------------------
# A pass of SGD with batches of one
# ---------------------------------------------------------------------------------------------------------------------

N, D = 80, 5
CLASSIFIERS = {"log_loss": "logistic", "squared_hinge": "ovr_squared_hinge", "modified_huber": "ovr_modified_huber"}
CLASSIFIERS |= {"hinge": "ovr_hinge", "perceptron": "ovr_perceptron"}
REGRESSIONS = ["squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"]


def check_pass(estimator: Any, X: Array, y: Array, C: int, lr: float, **how: Any) -> None:
    """From zero, row by row in order, against scikit-learn's `coef_` and `intercept_`.

    A small step down a convex function brings no two points further apart (in norm), so errors add up. Each step's is
    that of a score (D + 1 terms, twice), of the loss's slope and of the update, some 30 roundings relative to W and b,
    which are no larger than the way that they went.
    """
    W, b, way = np.zeros((C, D)), np.zeros(C), 0.0
    for row in range(len(X)):
        before = np.column_stack([W, b])
        fastlc.sgd_epoch(X, y, W, b, lr=lr, batch_size=1, order=[row], **how)
        way += np.linalg.norm(np.column_stack([W, b]) - before)
    allowed = gamma((2 * (D + 1) + 30) * len(X), np.float64) * way
    assert way > 0.1
    assert_within(W, estimator.coef_.reshape(W.shape), allowed, "W")
    assert_within(b, estimator.intercept_, allowed, "b")


@pytest.mark.parametrize("theirs", CLASSIFIERS)
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("alpha", [0.0, 0.25])
def test_a_pass_of_a_classifier(theirs, classes, alpha) -> None:
    """Its penalty is our weight decay, its class weights are our pos_weight; of two classes it trains one."""
    rng, eta = np.random.default_rng(classes), 0.02
    X, y = rng.normal(size=(N, D)), rng.integers(0, classes, N)
    p = rng.uniform(0.5, 2, classes)
    if classes == 2:
        p[0] = 1
    estimator = linear_model.SGDClassifier(
        loss=theirs, alpha=alpha, learning_rate="constant", eta0=eta, shuffle=False, class_weight=dict(enumerate(p))
    )
    estimator.partial_fit(X, y, classes=np.arange(classes))
    p = p[1:] if classes == 2 else p
    check_pass(estimator, X, y, len(p), eta, loss=CLASSIFIERS[theirs], pos_weight=p, weight_decay=alpha)


@pytest.mark.parametrize("name", REGRESSIONS)
@pytest.mark.parametrize("alpha", [0.0, 0.25])
def test_a_pass_of_a_regression(name, alpha) -> None:
    rng, eta = np.random.default_rng(2), 0.02
    X, y = rng.normal(size=(N, D)), rng.normal(size=N)
    estimator = linear_model.SGDRegressor(
        loss=name, alpha=alpha, learning_rate="constant", eta0=eta, shuffle=False, epsilon=0.3
    )
    estimator.partial_fit(X, y)
    if name == "squared_error":  # its is half of ours
        check_pass(estimator, X, y, 1, eta / 2, loss=name, weight_decay=2 * alpha)
    else:
        check_pass(estimator, X, y, 1, eta, loss=name, weight_decay=alpha, epsilon=0.3)


# ---------------------------------------------------------------------------------------------------------------------
# Minima. Each holds as well that the gradient away from the minimum is large, and so the test no mere matter of scale.
# ---------------------------------------------------------------------------------------------------------------------


def blobs(classes: int, seed: int = 0) -> tuple[Array, Array, Any]:
    """Classes that overlap."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, N)
    return rng.normal(size=(classes, D))[y] + rng.normal(size=(N, D)), y, rng


def largest(*gradients: Array) -> float:
    return max(float(np.abs(gradient).max()) for gradient in gradients)


@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("weighted", [False, True])
def test_logistic_regression(classes, weighted) -> None:
    """``mean loss + ‖W‖² / (2 C Σ v_i k_{y_i})``: its class weights are part of the sample weights, as cross-entropy's
    in our mean. Of two classes it trains one, whose divisor is that of all weights."""
    X, y, rng = blobs(classes)
    v, k = (rng.uniform(0.5, 2, N), rng.uniform(0.5, 2, classes)) if weighted else (np.ones(N), np.ones(classes))
    tol, strength = 1e-9, 0.7
    estimator = linear_model.LogisticRegression(
        C=strength, class_weight=dict(enumerate(k)) if weighted else None, solver="newton-cg", tol=tol, max_iter=1000
    ).fit(X, y, v if weighted else None)
    W, b, weights = estimator.coef_, estimator.intercept_, {}
    l2 = 1 / (strength * (v * k[y]).sum())
    if classes == 2:
        weights = {"sample_weight": v * k[y]} if weighted else {}
        gradients = [fastlc.linear_logistic(X, y, A, b, l2=l2, **weights)[1:] for A in (W, 1.1 * W)]
    else:
        weights = {"sample_weight": v, "class_weight": k} if weighted else {}
        gradients = [fastlc.linear_cross_entropy(X, y, A, b, l2=l2, **weights)[1:] for A in (W, 1.1 * W)]
    # The solver stops once its own gradient, of this very objective, is below tol.
    assert largest(*gradients[0]) <= tol + gamma(2 * N, np.float64) * np.abs(X).max() * (1 + largest(W))
    assert largest(*gradients[1]) > 1e5 * tol


# liblinear's primal solver stops once the norm of the gradient is below tol times that at 0 (a class at a time). With a
# much smaller tol it stops before, as it cannot make the objective less by a share of 1e-12.
TOL_OF_LIBLINEAR = 1e-5


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_squared_hinge_of_liblinear(classes, weighted) -> None:
    """``½ ‖W‖² + C Σ …``, in the primal. Its class weights are our pos_weight; a bias would be regularised."""
    X, y, rng = blobs(classes)
    p = rng.uniform(0.5, 2, classes) if weighted else np.ones(classes)
    if classes == 2:
        p[0] = 1
    tol, strength = TOL_OF_LIBLINEAR, 0.3
    estimator = svm.LinearSVC(
        dual=False, C=strength, tol=tol, fit_intercept=False, max_iter=10000, class_weight=dict(enumerate(p))
    ).fit(X, y)
    how = {"sample_weight": np.full(N, strength), "pos_weight": p[1:] if classes == 2 else p, "reduction": "sum"}
    for W, at_minimum in ((estimator.coef_, True), (1.01 * estimator.coef_, False)):
        dW, at_zero = (fastlc.linear_ovr_squared_hinge(X, y, A, l2=1.0, **how)[1] for A in (W, 0 * W))
        assert (np.linalg.norm(dW, axis=1) <= tol * np.linalg.norm(at_zero, axis=1)).all() == at_minimum


def test_squared_epsilon_insensitive_of_liblinear() -> None:
    X, _, rng = blobs(2)
    y, tol, strength, epsilon = X @ rng.normal(size=D) + rng.normal(size=N), TOL_OF_LIBLINEAR, 0.3, 0.4
    estimator = svm.LinearSVR(
        loss="squared_epsilon_insensitive", dual=False, C=strength, epsilon=epsilon, tol=tol, fit_intercept=False,
        max_iter=10000,
    ).fit(X, y)  # fmt: skip
    how = {"sample_weight": np.full(N, strength), "epsilon": epsilon, "reduction": "sum", "l2": 1.0}
    for W, at_minimum in ((estimator.coef_[None], True), (1.01 * estimator.coef_[None], False)):
        dW, at_zero = (fastlc.linear_squared_epsilon_insensitive(X, y, A, **how)[1] for A in (W, 0 * W))
        assert (np.linalg.norm(dW) <= tol * np.linalg.norm(at_zero)) == at_minimum


def test_crammer_and_singer_of_liblinear() -> None:
    """``f(W) = ½ ‖W‖² + C Σ …`` has kinks, but is strongly convex: any other W costs ½ of its squared distance more."""
    X, y, rng = blobs(4)
    tol, strength = 1e-10, 0.3
    estimator = svm.LinearSVC(
        multi_class="crammer_singer", C=strength, tol=tol, fit_intercept=False, max_iter=100000, random_state=0
    ).fit(X, y)

    def f(W: Array) -> tuple[float, Array]:
        how = {"sample_weight": np.full(N, strength), "reduction": "sum", "l2": 1.0}
        return fastlc.linear_crammer_singer(X, y, W, **how)[:2]

    W = estimator.coef_
    cost, dW = f(W)
    directions = [rng.normal(size=W.shape) for _ in range(50)] + [W, -W, dW, -dW]
    for direction in directions:
        for distance in (1.0, 1e-1, 1e-2, 1e-3):
            step = distance * direction / np.linalg.norm(direction)
            cost_there, slope_there = f(W + step)
            # liblinear's dual stops at violations of tol: of N·4 variables of at most C
            assert cost_there >= cost + distance**2 / 2 - 4 * N * strength * tol
            # and the way back, by the slope there: what a subgradient is
            rounding = gamma(4 * N, np.float64) * (cost_there + np.abs(slope_there).sum())
            assert cost >= cost_there - (slope_there * step).sum() + distance**2 / 2 - rounding


@pytest.mark.parametrize("targets", [None, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_ridge(targets, weighted) -> None:
    """``Σ v_i (s − y)² + α ‖W‖²``: the sum of ours, with l2 = 2 α."""
    X, _, rng = blobs(3)
    y = rng.normal(size=N if targets is None else (N, targets))
    v, alpha = rng.uniform(0.5, 2, N) if weighted else np.ones(N), 0.7
    estimator = linear_model.Ridge(alpha=alpha, solver="cholesky").fit(X, y, v)
    W, b = estimator.coef_.reshape(-1, D), np.reshape(estimator.intercept_, -1)
    how = {"sample_weight": v, "reduction": "sum", "l2": 2 * alpha}
    _, dW, db = fastlc.linear_squared_error(X, y, W, b, **how)
    # The normal equations, solved stably (Higham, theorem 10.4), and the sums of this gradient: all terms' sizes.
    size = 2 * np.abs(v[:, None] * X).T @ (np.abs(X) @ np.abs(W).T + np.abs(b) + np.abs(y).reshape(N, -1))
    allowed = gamma(2 * N + 3 * D * D + 10, np.float64) * size.max()
    assert largest(dW, db) <= allowed
    assert largest(*fastlc.linear_squared_error(X, y, 1.01 * W, b, **how)[1:]) > 1e6 * allowed


def test_the_elastic_net_is_where_a_proximal_step_stays() -> None:
    """``½ mean (s − y)² + α (ρ ‖w‖₁ + (1 − ρ)/2 ‖w‖²)``, twice: zeros stay zeros, and the others where they are.

    Coordinate descent stops at a duality gap of ``tol ‖y‖²/N``; by strong convexity, a distance from the minimum.
    A step down moves no point by more than twice that.
    """
    X, _, rng = blobs(3)
    y = X @ [1, -2, 0, 0, 0.5] + rng.normal(size=N)
    alpha, ratio, tol = 0.3, 0.6, 1e-13
    estimator = linear_model.ElasticNet(alpha=alpha, l1_ratio=ratio, tol=tol, max_iter=100000).fit(X, y)
    W, b = estimator.coef_.reshape(1, D).copy(), np.reshape(estimator.intercept_, 1).copy()
    before, l1, l2 = W.copy(), 2 * alpha * ratio, 2 * alpha * (1 - ratio)
    assert (W == 0).any()
    assert (W != 0).any()
    distance = np.sqrt(2 * tol * (y @ y) / N / (alpha * (1 - ratio)))
    assert distance < 1e-5
    _, dW, db = fastlc.linear_squared_error(X, y, W, b, l1=l1, l2=l2)
    steepness = 2 * (np.linalg.norm(X, 2) ** 2 / N + 1) + l2
    assert largest(dW[W != 0], db) <= steepness * distance
    assert (np.abs(dW[W == 0]) < l1).all()
    fastlc.sgd_epoch(X, y, W, b, loss="squared_error", lr=1 / steepness, batch_size=N, l1=l1, l2=l2)
    assert ((W == 0) == (before == 0)).all()
    assert np.linalg.norm(W - before) <= 2 * distance
