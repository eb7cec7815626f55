"""The oracle against values worked out by hand, the lecture's among them; then the fast functions against the same.

Everything else rests on the reference, so nothing here is computed by a formula that it shares.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import reference

from .cases import problem, variants

CAT, CAR, FROG = range(3)
S = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
Y = np.array([CAT, CAR, FROG])

both = pytest.mark.parametrize("lib", [reference, fastlc], ids=["reference", "fastlc"])


def near(value: Any, dtype: Any, digits: float = 1e-12) -> Any:
    """The literals below are exact unless `digits` says to how many they are rounded."""
    few_ulp = 8 * float(np.finfo(dtype).eps)
    return pytest.approx(value, abs=max(digits, few_ulp), rel=few_ulp)


# ---------------------------------------------------------------------------------------------------------------------
# The lecture's values
# ---------------------------------------------------------------------------------------------------------------------


@both
def test_hinge_of_cat_car_frog(lib, dtype) -> None:
    s = S.astype(dtype)
    rows, gradient = lib.hinge(s, Y, reduction="none")
    assert rows.tolist() == near([2.9, 0.0, 12.9], dtype)
    assert gradient.tolist() == [[-1, 1, 0], [0, 0, 0], [1, 1, -2]]
    assert lib.hinge(s, Y, grad=False) == near(15.8 / 3, dtype)
    assert lib.hinge(s, Y, grad=False) == near(5.27, dtype, 5e-3)
    assert lib.hinge(s, Y, reduction="sum", grad=False) == near(15.8, dtype)


@both
def test_squared_hinge_of_cat_car_frog(lib, dtype) -> None:
    rows, gradient = lib.hinge(S.astype(dtype), Y, p=2, reduction="none")
    assert rows.tolist() == near([8.41, 0.0, 83.25], dtype)
    assert gradient.ravel().tolist() == near([-5.8, 5.8, 0, 0, 0, 0, 12.6, 13.2, -25.8], dtype)


@both
def test_hinge_with_another_margin(lib, dtype) -> None:
    rows = lib.hinge(S.astype(dtype), Y, margin=5.0, reduction="none", grad=False)
    assert rows.tolist() == near([6.9 + 0.1, 1.4 + 2.1, 10.3 + 10.6], dtype)


@both
def test_cross_entropy_of_the_cat(lib, dtype) -> None:
    loss, gradient = lib.cross_entropy(S[:1].astype(dtype), Y[:1])
    assert loss == near(2.04, dtype, 5e-3)
    assert loss == near(2.0403551528002, dtype, 1e-12)
    assert gradient[0].tolist() == near([0.129983 - 1, 0.869049, 0.000968], dtype, 2e-6)


@both
def test_softmax_of_the_lecture(lib, dtype) -> None:
    s = np.array([1.0, -2.0, 0.0], dtype)
    assert lib.softmax(s).tolist() == near([0.7054, 0.0351, 0.2595], dtype, 5e-5)
    assert lib.log_softmax(s).tolist() == near([-0.3490, -3.3490, -1.3490], dtype, 5e-5)
    assert lib.cross_entropy(s[None], np.array([0]), grad=False) == near(0.3490, dtype, 5e-5)


@both
def test_softmax_and_sigmoid_of_logarithms(lib, dtype) -> None:
    s = np.log(np.array([[1.0, 3.0, 4.0], [5.0, 5.0, 10.0]])).astype(dtype)
    assert lib.softmax(s).ravel().tolist() == near([0.125, 0.375, 0.5, 0.25, 0.25, 0.5], dtype)
    assert lib.sigmoid(s).ravel().tolist() == near([0.5, 0.75, 0.8, 5 / 6, 5 / 6, 10 / 11], dtype)
    assert lib.sigmoid(-s).ravel().tolist() == near([0.5, 0.25, 0.2, 1 / 6, 1 / 6, 1 / 11], dtype)


@both
@pytest.mark.parametrize("classes", [1, 2, 3, 10, 100])
def test_sanity_values_at_zero_weights(lib, dtype, classes) -> None:
    X, y = np.ones((5, 4), dtype), np.arange(5) % classes
    W, b = np.zeros((classes, 4), dtype), np.zeros(classes, dtype)
    assert lib.linear_hinge(X, y, W, b, grad=False) == classes - 1
    assert lib.linear_hinge(X, y, W, b, grad=False, p=2) == classes - 1
    assert lib.linear_cross_entropy(X, y, W, b, grad=False) == near(np.log(classes), dtype)


@both
def test_twice_the_weights_that_satisfy_the_hinge_satisfy_it_too(lib, dtype) -> None:
    X, y = np.array([[1.0, 2.0], [3.0, -1.0]], dtype), np.array([1, 0])
    W = np.array([[2.0, 0.0], [0.0, 3.0], [0.0, 0.0]], dtype)
    for scale in (1, 2):
        loss, dW, _ = lib.linear_hinge(X, y, (scale * W).astype(dtype))
        assert loss == 0
        assert not dW.any()


# ---------------------------------------------------------------------------------------------------------------------
# Weights, reductions, regressions
# ---------------------------------------------------------------------------------------------------------------------


@both
def test_sample_weights(lib, dtype) -> None:
    v = np.array([2.0, 5.0, 0.5], dtype)
    weighted = [5.8, 0.0, 6.45]
    assert lib.hinge(S.astype(dtype), Y, sample_weight=v, reduction="none", grad=False).tolist() == near(
        weighted, dtype
    )
    loss, gradient = lib.hinge(S.astype(dtype), Y, sample_weight=v)
    assert loss == near(12.25 / 7.5, dtype)
    assert gradient[2].tolist() == near([0.5 / 7.5, 0.5 / 7.5, -1 / 7.5], dtype)


@both
def test_cross_entropy_divides_by_its_class_weights_and_hinge_does_not(lib, dtype) -> None:
    """With two classes of equal score every row costs ln 2, which a true weighted mean returns."""
    s, y = np.zeros((3, 2), dtype), np.array([0, 1, 1])
    v, k = np.array([1.0, 2.0, 1.0], dtype), np.array([0.5, 3.0], dtype)  # v k = 0.5, 6, 3
    loss, gradient = lib.cross_entropy(s, y, sample_weight=v, class_weight=k)
    assert loss == near(np.log(2), dtype)
    assert gradient[1].tolist() == near([6 / 9.5 / 2, -6 / 9.5 / 2], dtype)
    loss, gradient = lib.hinge(s, y, sample_weight=v, class_weight=k)
    assert loss == near(9.5 / 4, dtype)
    assert gradient[1].tolist() == near([6 / 4, -6 / 4], dtype)
    assert lib.cross_entropy(s, y, class_weight=k, reduction="sum", grad=False) == near(6.5 * np.log(2), dtype)


@both
def test_label_smoothing(lib, dtype) -> None:
    """At s = (ln 3, 0) the probabilities are 3/4 and 1/4; smoothing 0.2 makes the targets 0.9 and 0.1."""
    s, y = np.array([[np.log(3), 0.0]], dtype), np.array([0])
    loss, gradient = lib.cross_entropy(s, y, label_smoothing=0.2)
    assert loss == near(-0.9 * np.log(0.75) - 0.1 * np.log(0.25), dtype)
    assert gradient[0].tolist() == near([0.75 - 0.9, 0.25 - 0.1], dtype)
    # class weights 2 and 4 make them 1.8 and 0.4; the mean divides by the 2 of the row's own class
    loss, gradient = lib.cross_entropy(s, y, label_smoothing=0.2, class_weight=np.array([2, 4], dtype))
    assert loss == near((-1.8 * np.log(0.75) - 0.4 * np.log(0.25)) / 2, dtype)
    assert gradient[0].tolist() == near([(0.75 * 2.2 - 1.8) / 2, (0.25 * 2.2 - 0.4) / 2], dtype)
    # a class without weight of its own still costs what it takes from the others
    rows = lib.cross_entropy(
        s, y, label_smoothing=0.2, class_weight=np.array([0, 4], dtype), reduction="none", grad=False
    )
    assert rows.tolist() == near([-0.4 * np.log(0.25)], dtype)


@both
def test_squared_error(lib, dtype) -> None:
    s, t = np.array([[1.0, -2.0], [0.5, 3.0]], dtype), np.array([[0.0, 2.0], [0.25, 3.0]], dtype)
    rows, gradient = lib.squared_error(s, t, reduction="none")
    assert rows.tolist() == [17.0, 0.0625]
    assert gradient.tolist() == [[2.0, -8.0], [0.5, 0.0]]
    assert lib.squared_error(s, t, grad=False) == 17.0625 / 2
    assert lib.squared_error(s[:, :1], t[:, 0], sample_weight=np.array([3.0, 1.0], dtype), grad=False) == 3.0625 / 4


@both
def test_sigmoid_squared_error(lib, dtype) -> None:
    """σ(0) = 1/2 and σ(ln 3) = 3/4, with slopes 1/4 and 3/16."""
    s, t = np.array([[0.0, np.log(3)]]).astype(dtype), np.array([[1.0, 0.25]], dtype)
    loss, gradient = lib.sigmoid_squared_error(s, t)
    assert loss == near(0.25 + 0.25, dtype)
    assert gradient[0].tolist() == near([2 * -0.5 / 4, 2 * 0.5 * 3 / 16], dtype)


@both
def test_linear_losses_by_the_chain_rule(lib, dtype) -> None:
    """One row with two classes: s = (1, 4), l = (1 - 0)² + (4 - 1)²."""
    X, t = np.array([[1.0, 2.0]], dtype), np.array([[0.0, 1.0]], dtype)
    W, b = np.array([[1.0, 0.0], [0.0, 1.5]], dtype), np.array([0.0, 1.0], dtype)
    loss, dW, db, dX = lib.linear_squared_error(X, t, W, b, dX=True)
    assert loss == 10
    assert dW.tolist() == [[2, 4], [6, 12]]
    assert db.tolist() == [2, 6]
    assert dX.tolist() == [[2, 9]]
    loss, dW, db = lib.linear_squared_error(X, t, W, b, l1=0.5, l2=2.0)
    assert loss == 10 + 0.5 * 2.5 + 3.25
    assert dW.tolist() == [[2 + 0.5 + 2, 4], [6, 12 + 0.5 + 3]]
    assert db.tolist() == [2, 6]
    assert lib.linear_squared_error(X, t, W)[2] is None


# ---------------------------------------------------------------------------------------------------------------------
# The step of gradient descent
# ---------------------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("options", "weights", "velocity"),
    [
        ({}, 1 - 0.5 * 4, 2),
        ({"weight_decay": 2.0}, 1 - 0.5 * 6, 2),
        ({"momentum": 0.5}, 1 - 0.5 * 5, 5),  # v = 0.5 · 2 + 4
        ({"momentum": 0.5, "nesterov": True}, 1 - 0.5 * (4 + 0.5 * 5), 5),
        ({"momentum": 0.5, "weight_decay": 2.0}, 1 - 0.5 * 7, 7),
        ({"momentum": 0.5, "weight_decay": 2.0, "nesterov": True}, 1 - 0.5 * (6 + 0.5 * 7), 7),
        ({"l1": 0.5}, -1 + 0.25, 2),
        ({"l1": 2.0}, 0, 2),
        ({"l1": 3.0}, 0, 2),
    ],
)
def test_sgd_step(lib, dtype, options, weights, velocity) -> None:
    """From W = 1, dW = 4, velocity 2 at lr 1/2, worked out by the formulas of torch.optim.SGD; all are exact."""
    W, v = np.full((2, 3), 1, dtype), np.full((2, 3), 2, dtype)
    assert lib.sgd_step(W, np.full((2, 3), 4, dtype), 0.5, velocity=v, **options) is None
    assert (weights == W).all()
    assert (v == velocity).all()


@both
def test_sgd_steps_accumulate_momentum(lib, dtype) -> None:
    """torch.optim.SGD(lr=0.5, momentum=0.5) with the constant gradient 1: v = 1, 1.5, 1.75."""
    W, v = np.zeros(1, dtype), np.zeros(1, dtype)
    seen = []
    for _ in range(3):
        lib.sgd_step(W, np.ones(1, dtype), 0.5, momentum=0.5, velocity=v)
        seen.append((W[0], v[0]))
    assert seen == [(-0.5, 1), (-1.25, 1.5), (-2.125, 1.75)]


@both
def test_proximal_step_keeps_signs(lib, dtype) -> None:
    W = np.array([3.0, -3.0, 0.25, -0.25, 0.0], dtype)
    lib.sgd_step(W, np.zeros(5, dtype), 0.5, l1=1.0)
    assert W.tolist() == [2.5, -2.5, 0, 0, 0]


@both
def test_sgd_epoch_by_hand(lib, dtype) -> None:
    """Squared error of one weight: x = 1, target 2; then x = 2, target 0; order reversed, lr 1/8 then 1/4."""
    X, t = np.array([[1.0], [2.0]], dtype), np.array([2.0, 0.0], dtype)
    W, b = np.array([[1.0]], dtype), np.array([0.5], dtype)
    how = {"loss": "squared_error", "batch_size": 1, "order": np.array([1, 0])}
    mean = lib.sgd_epoch(X, t, W, b, lr=[0.125, 0.25], **how)
    # s = 2.5: l = 6.25, dW = 10, db = 5, so W = -0.25, b = -0.125.
    # s = -0.375: r = -2.375, l = 5.640625, dW = db = -4.75.
    assert mean == (6.25 + 5.640625) / 2
    assert W[0, 0] == -0.25 + 0.25 * 4.75
    assert b[0] == -0.125 + 0.25 * 4.75


# ---------------------------------------------------------------------------------------------------------------------
# Gradients by central differences
# ---------------------------------------------------------------------------------------------------------------------


def test_gradients_of_the_reference_by_central_differences(row) -> None:
    """In longdouble, h = 1e-6: the truncation is some 1e-12, the rounding 1e-13; no hinge is that near to its kink."""
    p = problem((6, 4, 3), np.float64, row)
    s, y = p.S.astype(np.longdouble), p.y
    h = np.longdouble(1e-6)
    for options in variants(row):
        _, gradient = row.reference(s, y, reduction="none", **options)
        for i in np.ndindex(s.shape):
            bump = np.zeros_like(s)
            bump[i] = h
            above, below = (row.reference(s + d, y, reduction="none", grad=False, **options) for d in (bump, -bump))
            assert abs((above - below).sum() / (2 * h) - gradient[i]) < 1e-9
