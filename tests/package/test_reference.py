"""The oracle against values worked out by hand, the lecture's among them; then the fast functions against the same.

Everything else rests on the reference, so nothing here is computed by a formula that it shares.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import reference

from ..support.cases import problem, variants

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
    assert lib.linear_crammer_singer(X, y, W, b, grad=False) == (classes > 1)
    assert lib.linear_logistic(X, y, W, b, grad=False) == near(classes * np.log(2), dtype)
    assert lib.linear_ovr_hinge(X, y, W, b, grad=False) == classes
    assert lib.linear_ovr_squared_hinge(X, y, W, b, grad=False) == classes
    assert lib.linear_ovr_modified_huber(X, y, W, b, grad=False) == classes
    assert lib.linear_ovr_perceptron(X, y, W, b, grad=False) == 0


@both
def test_twice_the_weights_that_satisfy_the_hinge_satisfy_it_too(lib, dtype) -> None:
    X, y = np.array([[1.0, 2.0], [3.0, -1.0]], dtype), np.array([1, 0])
    W = np.array([[2.0, 0.0], [0.0, 3.0], [0.0, 0.0]], dtype)
    for scale in (1, 2):
        loss, dW, _ = lib.linear_hinge(X, y, (scale * W).astype(dtype))
        assert loss == 0
        assert not dW.any()


@both
def test_crammer_singer_of_cat_car_frog(lib, dtype) -> None:
    """The strongest rivals are the car with 5.1, the frog with 2.0 and the car with 2.5."""
    s = S.astype(dtype)
    rows, gradient = lib.crammer_singer(s, Y, reduction="none")
    assert rows.tolist() == near([2.9, 0.0, 6.6], dtype)
    assert gradient.tolist() == [[-1, 1, 0], [0, 0, 0], [0, 1, -1]]
    assert lib.crammer_singer(s, Y, grad=False) == near(9.5 / 3, dtype)
    rows, gradient = lib.crammer_singer(s, Y, margin=5.0, reduction="none")
    assert rows.tolist() == near([6.9, 2.1, 10.6], dtype)
    assert gradient.tolist() == [[-1, 1, 0], [0, -1, 1], [0, 1, -1]]


@both
def test_crammer_singer_at_ties_and_at_the_kink(lib, dtype) -> None:
    s = np.array([[2, 2, 1, 2], [0, 0, 0, 0], [1, 1, 2, 0], [2, 2, 2, 3], [0, 0, 0, -1]], dtype)
    y = np.array([2, 0, 2, 3, 0])  # all three that lead by exactly 1 are at the kink, and not moved
    rows, gradient = lib.crammer_singer(s, y, reduction="none")
    assert rows.tolist() == [2, 1, 0, 0, 1]
    assert gradient.tolist() == [[1, 0, -1, 0], [-1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [-1, 1, 0, 0]]
    rows, gradient = lib.crammer_singer(s, y, margin=-2.0, reduction="none")
    assert not rows.any()
    assert not gradient.any()


@both
def test_crammer_singer_with_weights(lib, dtype) -> None:
    """The mean divides by the weights of the rows alone."""
    v, k = np.array([2.0, 5.0, 0.5], dtype), np.array([3.0, 7.0, 4.0], dtype)
    loss, gradient = lib.crammer_singer(S.astype(dtype), Y, sample_weight=v, class_weight=k)
    assert loss == near((2 * 3 * 2.9 + 0.5 * 4 * 6.6) / 7.5, dtype)
    assert gradient.ravel().tolist() == near([-0.8, 0.8, 0, 0, 0, 0, 0, 2 / 7.5, -2 / 7.5], dtype)


@both
def test_crammer_singer_of_infinite_scores(lib, dtype) -> None:
    nan, inf = np.nan, np.inf
    s = np.array(
        [[0, nan, 1], [nan, 2, 3], [0, 1, nan], [0, inf, 1], [inf, 1, 2], [-inf, 1, 2], [0, -inf, -inf]], dtype
    )
    rows, gradient = lib.crammer_singer(s, np.zeros(7, int), reduction="none")
    np.testing.assert_array_equal(rows, [nan, nan, nan, inf, 0, inf, 0])
    want = [[nan, nan, 0], [nan, 0, nan], [nan, 0, nan], [-1, 1, 0], [0, 0, 0], [-1, 0, 1], [0, 0, 0]]
    np.testing.assert_array_equal(gradient, want)
    rows, gradient = lib.crammer_singer(np.array([[nan, 1, nan, nan]], dtype), np.array([1]), reduction="none")
    np.testing.assert_array_equal(gradient, [[nan, nan, 0, 0]])


# ---------------------------------------------------------------------------------------------------------------------
# One class against the rest
# ---------------------------------------------------------------------------------------------------------------------

# The margin z and, for each loss, its value and slope there.
MARGINS = [2.0, 1.0, 0.5, 0.0, -0.5, -1.0, -2.0, np.inf, -np.inf, np.nan]
PHI = {
    "ovr_hinge": (
        [0, 0, 0.5, 1, 1.5, 2, 3, 0, np.inf, np.nan],
        [0, -1, -1, -1, -1, -1, -1, 0, -1, np.nan],
    ),
    "ovr_squared_hinge": (
        [0, 0, 0.25, 1, 2.25, 4, 9, 0, np.inf, np.nan],
        [0, 0, -1, -2, -3, -4, -6, 0, -np.inf, np.nan],
    ),
    "ovr_perceptron": (
        [0, 0, 0, 0, 0.5, 1, 2, 0, np.inf, np.nan],
        [0, 0, 0, -1, -1, -1, -1, 0, -1, np.nan],
    ),
    "ovr_modified_huber": (
        [0, 0, 0.25, 1, 2.25, 4, 8, 0, np.inf, np.nan],
        [0, 0, -1, -2, -3, -4, -4, 0, -4, np.nan],
    ),
}


@both
@pytest.mark.parametrize("loss", PHI)
def test_margin_losses(lib, loss, dtype) -> None:
    """Of one column with labels 1 and 0, and of either of two columns, the other being far on the right side."""
    z = np.array(MARGINS, dtype)[:, None]
    value, slope = (np.array(numbers, dtype) for numbers in PHI[loss])
    function, n = getattr(lib, loss), len(z)
    for y, s, sign in ((1, z, 1), (0, -z, -1)):
        rows, gradient = function(s, np.full(n, y), reduction="none")
        np.testing.assert_array_equal(rows, value)
        np.testing.assert_array_equal(gradient[:, 0], sign * slope)
    far = np.full_like(z, 9)
    for y, s, column in ((0, [z, -far], [slope, 0 * far[:, 0]]), (0, [far, -z], [0 * far[:, 0], -slope])):
        rows, gradient = function(np.hstack(s), np.full(n, y), reduction="none")
        np.testing.assert_array_equal(rows, value)
        np.testing.assert_array_equal(gradient, np.transpose(column))


@both
def test_column_weights_of_a_margin_loss(lib, dtype) -> None:
    """z = (-1/2, 1/4, 2) for the label 1: φ = (3/2, 3/4, 0). Class weights do not touch the divisor."""
    s, y = np.array([[0.5, 0.25, -2.0]], dtype), np.array([1])
    k, p = np.array([1.0, 2.0, 4.0], dtype), np.array([10.0, 3.0, 10.0], dtype)
    loss, gradient = lib.ovr_hinge(s, y)
    assert loss == 2.25
    assert gradient.tolist() == [[1, -1, 0]]
    loss, gradient = lib.ovr_hinge(s, y, class_weight=k)
    assert loss == 3
    assert gradient.tolist() == [[1, -2, 0]]
    loss, gradient = lib.ovr_hinge(s, y, pos_weight=p)
    assert loss == 3.75
    assert gradient.tolist() == [[1, -3, 0]]
    loss, gradient = lib.ovr_hinge(s, y, class_weight=k, pos_weight=p, sample_weight=np.array([8.0], dtype))
    assert loss == 6
    assert gradient.tolist() == [[1, -6, 0]]
    how = {"class_weight": k, "pos_weight": p, "sample_weight": np.array([8.0], dtype), "reduction": "sum"}
    assert lib.ovr_squared_hinge(s, y, grad=False, **how) == 8 * (2.25 + 6 * 0.5625)
    assert lib.ovr_perceptron(s, y, grad=False, **how) == 8 * 0.5
    assert lib.ovr_modified_huber(s, y, grad=False, **how) == 8 * (2.25 + 6 * 0.5625)
    # one column: k whatever the label, p for the label 1
    k, p = np.array([2.0], dtype), np.array([5.0], dtype)
    rows = lib.ovr_hinge(np.zeros((2, 1), dtype), np.array([0, 1]), class_weight=k, pos_weight=p, reduction="none")
    assert rows[0].tolist() == [2, 10]
    assert rows[1].tolist() == [[2], [-10]]


LN2, LN3 = np.log(2), np.log(3)


@both
def test_logistic_of_labels(lib, dtype) -> None:
    """At s = ln 3 the probability is 3/4: being wrong costs ln 4, being right ln 4/3; at s = 0 either is ln 2."""
    s, y = np.array([[LN3, 0.0], [LN3, 0.0]], dtype), np.array([0, 1])
    rows, gradient = lib.logistic(s, y, reduction="none")
    assert rows.tolist() == near([np.log(4 / 3) + LN2, np.log(4) + LN2], dtype)
    assert gradient.ravel().tolist() == near([-0.25, 0.5, 0.75, -0.5], dtype)
    assert lib.logistic(s, y, grad=False) == near((np.log(16 / 3) + 2 * LN2) / 2, dtype)
    # one column: its labels are 0 and 1
    rows, gradient = lib.logistic(s[:, :1], y, reduction="none")
    assert rows.tolist() == near([np.log(4), np.log(4 / 3)], dtype)
    assert gradient.ravel().tolist() == near([0.75, -0.25], dtype)


@both
def test_column_weights_of_logistic(lib, dtype) -> None:
    s, y = np.array([[LN3, 0.0], [LN3, 0.0]], dtype), np.array([0, 1])
    k, p, v = np.array([2, 3], dtype), np.array([5, 7], dtype), np.array([1, 3], dtype)
    rows, gradient = lib.logistic(s, y, class_weight=k, pos_weight=p, reduction="none")
    want = [10 * np.log(4 / 3) + 3 * LN2, 2 * np.log(4) + 21 * LN2]
    assert rows.tolist() == near(want, dtype)
    assert gradient.ravel().tolist() == near([-2.5, 1.5, 1.5, -10.5], dtype)
    loss, gradient = lib.logistic(s, y, class_weight=k, pos_weight=p, sample_weight=v)
    assert loss == near((want[0] + 3 * want[1]) / 4, dtype)
    assert gradient[1].tolist() == near([4.5 / 4, -31.5 / 4], dtype)


@both
def test_logistic_of_targets(lib, dtype) -> None:
    s, t = np.array([[LN3, 0.0]], dtype), np.array([[0.25, 0.5]], dtype)
    loss, gradient = lib.logistic(s, t)
    assert loss == near(0.75 * np.log(4) + 0.25 * np.log(4 / 3) + LN2, dtype)
    assert gradient[0].tolist() == near([0.5, 0.0], dtype)  # σ - t
    p = np.array([4, 2], dtype)
    loss, gradient = lib.logistic(s, t, pos_weight=p)
    assert loss == near(0.75 * np.log(4) + np.log(4 / 3) + 1.5 * LN2, dtype)
    assert gradient[0].tolist() == near([0.3125, -0.25], dtype)
    loss, gradient = lib.logistic(s, t, pos_weight=p, class_weight=np.array([2, 3], dtype))
    assert loss == near(1.5 * np.log(4) + 2 * np.log(4 / 3) + 4.5 * LN2, dtype)
    assert gradient[0].tolist() == near([0.625, -0.75], dtype)
    rows, _ = lib.logistic(s[:, :1], t[:, 0], reduction="none")
    assert rows.tolist() == near([0.75 * np.log(4) + 0.25 * np.log(4 / 3)], dtype)


@both
def test_logistic_is_as_precise_for_small_losses(lib, dtype) -> None:
    """exp(-20) and exp(-80) are lost beside 1, but softplus of -20 and -80 is next to nothing else."""
    rows, gradient = lib.logistic(np.array([[20.0], [80.0]], dtype), np.ones(2, int), reduction="none")
    few_ulp = 16 * float(np.finfo(dtype).eps)
    assert rows.tolist() == pytest.approx([2.0611536181902037e-9, 1.8048513878454153e-35], rel=few_ulp)
    assert gradient.ravel().tolist() == pytest.approx([-2.0611536181902037e-9, -1.8048513878454153e-35], rel=few_ulp)


@both
def test_logistic_of_infinite_scores(lib, dtype) -> None:
    nan, inf = np.nan, np.inf
    s = np.array([[inf], [-inf], [inf], [-inf], [nan], [1e30], [-1e30]], dtype)
    rows, gradient = lib.logistic(s, np.array([1, 1, 0, 0, 1, 1, 1]), reduction="none")
    np.testing.assert_array_equal(rows, np.array([0, inf, inf, 0, nan, 0, 1e30], dtype))
    np.testing.assert_array_equal(gradient[:, 0], [0, -1, 1, 0, nan, 0, -1])
    # of targets in between either side is infinite; a nan spoils its row's loss and its own column's gradient
    rows, gradient = lib.logistic(s[:2], np.full((2, 1), 0.5, dtype), reduction="none")
    assert rows.tolist() == [inf, inf]
    assert gradient.tolist() == [[0.5], [-0.5]]
    rows, gradient = lib.logistic(np.array([[nan, 0]], dtype), np.array([1]), reduction="none")
    assert np.isnan(rows).all()
    np.testing.assert_array_equal(gradient, [[nan, -0.5]])


# ---------------------------------------------------------------------------------------------------------------------
# Weights, reductions, targets
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
def test_soft_targets(lib, dtype) -> None:
    """The probabilities are 3/4 and 1/4 again, the targets 1/2 and 1/4, which add up to 3/4."""
    s, t = np.array([[LN3, 0.0]], dtype), np.array([[0.5, 0.25]], dtype)
    a, b = -np.log(0.75), -np.log(0.25)
    loss, gradient = lib.cross_entropy(s, t)
    assert loss == near(0.5 * a + 0.25 * b, dtype)
    assert gradient[0].tolist() == near([0.0625, -0.0625], dtype)
    # smoothing 0.2 makes them 0.5 and 0.3, class weights 2 and 4 then 1.0 and 1.2
    loss, gradient = lib.cross_entropy(s, t, label_smoothing=0.2)
    assert loss == near(0.5 * a + 0.3 * b, dtype)
    assert gradient[0].tolist() == near([0.1, -0.1], dtype)
    k = np.array([2, 4], dtype)
    loss, gradient = lib.cross_entropy(s, t, label_smoothing=0.2, class_weight=k)
    assert loss == near(a + 1.2 * b, dtype)
    assert gradient[0].tolist() == near([0.65, -0.65], dtype)
    # the mean divides by the weights of the rows alone
    v = np.array([1, 3], dtype)
    two = lib.cross_entropy(np.vstack([s, s]), np.vstack([t, t]), class_weight=k, sample_weight=v)
    assert two[0] == near(a + b, dtype)
    assert two[1].tolist() == [near(row, dtype) for row in ([0.125, -0.125], [0.375, -0.375])]


@both
def test_soft_targets_of_one_label_are_that_label(lib, dtype) -> None:
    t = np.eye(3, dtype=dtype)[Y]
    for options in ({}, {"label_smoothing": 0.3}):
        for loss in ("cross_entropy", "logistic")[: 1 if options else 2]:
            rows, gradient = getattr(lib, loss)(S.astype(dtype), Y, reduction="none", **options)
            soft_rows, soft_gradient = getattr(lib, loss)(S.astype(dtype), t, reduction="none", **options)
            assert soft_rows.tolist() == near(rows.tolist(), dtype)
            assert soft_gradient.ravel().tolist() == near(gradient.ravel().tolist(), dtype)


@both
@pytest.mark.parametrize(
    ("labels", "index"),
    [
        (np.int64, -100),
        (np.int64, 2**40),
        (np.int8, -1),
        (np.uint8, 255),
        (np.uint64, 2**63 - 1),
        (np.int32, 1),
    ],
)
def test_ignored_labels(lib, labels, index, dtype) -> None:
    """Cat and frog are left, whatever stands in the row that is ignored; the divisors are theirs alone."""
    s, y = S.astype(dtype), Y.astype(labels)
    s[1], y[1] = [np.nan, np.inf, -np.inf], index
    v, k = np.array([2.0, 5.0, 0.5], dtype), np.array([3.0, 7.0, 4.0], dtype)
    rows, gradient = lib.crammer_singer(s, y, ignore_index=index, reduction="none")
    assert rows.tolist() == near([2.9, 0, 6.6], dtype)
    assert gradient.tolist() == [[-1, 1, 0], [0, 0, 0], [0, 1, -1]]
    how = {"ignore_index": index, "sample_weight": v, "class_weight": k, "grad": False}
    assert lib.crammer_singer(s, y, **how) == near((2 * 3 * 2.9 + 0.5 * 4 * 6.6) / 2.5, dtype)
    assert lib.hinge(s, y, **how) == near((2 * 3 * 2.9 + 0.5 * 4 * 12.9) / 2.5, dtype)
    zeros = np.where(np.isfinite(s), 0, s).astype(dtype)
    assert lib.cross_entropy(zeros, y, **how) == near(np.log(3), dtype)
    assert lib.logistic(zeros, y, ignore_index=index, sample_weight=v, grad=False) == near(3 * LN2, dtype)
    assert lib.ovr_squared_hinge(zeros, y, ignore_index=index, sample_weight=v, grad=False) == 3


@both
def test_ignored_labels_that_are_out_of_reach(lib, dtype) -> None:
    """No label of an unsigned type is -1, though 255 has the same bits."""
    s, y = np.array([[2.0], [3.0]], dtype), np.array([0, 1], np.uint8)
    for index in (-1, 2, 2**62, -(2**63)):
        assert lib.ovr_hinge(s, y, ignore_index=index, reduction="sum", grad=False) == 3
    assert lib.ovr_hinge(s, y, ignore_index=1, reduction="sum", grad=False) == 3
    assert lib.ovr_hinge(s, y, ignore_index=0, reduction="sum", grad=False) == 0
    assert lib.ovr_hinge(s, np.array([0, 255], np.uint8), ignore_index=255, reduction="sum", grad=False) == 3


@pytest.mark.parametrize("index", [2**63, -(2**63) - 1, 2**70])
def test_an_ignored_label_that_fits_no_int64_is_refused(index, dtype) -> None:
    s, y = np.array([[2.0], [3.0]], dtype), np.array([0, 1])
    with pytest.raises(ValueError, match=rf"^ignore_index = {index}, expected a number that fits int64$"):
        fastlc.ovr_hinge(s, y, ignore_index=index)


@both
def test_all_labels_ignored(lib, label_spec, dtype) -> None:
    s, y = np.full((4, 3), np.nan, dtype), np.full(4, -100)
    loss, gradient = getattr(lib, label_spec.name)(s, y, ignore_index=-100)
    assert type(loss) is float
    assert loss == 0
    assert not gradient.any()
    X, W, b = np.full((4, 2), np.inf, dtype), np.ones((3, 2), dtype), np.ones(3, dtype)
    loss, dW, db, dX = getattr(lib, f"linear_{label_spec.name}")(X, y, W, b, dX=True, ignore_index=-100)
    assert loss == 0
    assert not dW.any()
    assert not db.any()
    assert not dX.any()
    rows = getattr(lib, label_spec.name)(s, y, ignore_index=-100, reduction="none", grad=False)
    assert rows.tolist() == [0, 0, 0, 0]


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


# Residuals and, with ε = 1/2, value and slope there.
RESIDUALS = [0.0, 0.25, -0.25, 0.5, -0.5, 1.0, -2.0, np.inf, -np.inf, np.nan]
REGRESSIONS = {
    "huber": (
        [0, 0.03125, 0.03125, 0.125, 0.125, 0.375, 0.875, np.inf, np.inf, np.nan],
        [0, 0.25, -0.25, 0.5, -0.5, 0.5, -0.5, 0.5, -0.5, np.nan],
    ),
    "epsilon_insensitive": (
        [0, 0, 0, 0, 0, 0.5, 1.5, np.inf, np.inf, np.nan],
        [0, 0, 0, 0, 0, 1, -1, 1, -1, np.nan],
    ),
    "squared_epsilon_insensitive": (
        [0, 0, 0, 0, 0, 0.25, 2.25, np.inf, np.inf, np.nan],
        [0, 0, 0, 0, 0, 1, -3, np.inf, -np.inf, np.nan],
    ),
}


@both
@pytest.mark.parametrize("loss", REGRESSIONS)
def test_regressions(lib, loss, dtype) -> None:
    r = np.array(RESIDUALS, dtype)
    value, slope = (np.array(numbers, dtype) for numbers in REGRESSIONS[loss])
    t = np.arange(len(r)).astype(dtype)
    rows, gradient = getattr(lib, loss)((r + t)[:, None], t, epsilon=0.5, reduction="none")
    np.testing.assert_array_equal(rows, value)
    np.testing.assert_array_equal(gradient[:, 0], slope)
    # two columns add up, and the mean divides by the rows' weights
    two = np.array([[1.0, -2.0], [0.0, 0.25]], dtype)
    v = np.array([1, 3], dtype)
    loss_of_two, gradient = getattr(lib, loss)(two, np.zeros((2, 2), dtype), epsilon=0.5, sample_weight=v)
    assert loss_of_two == (value[5] + value[6] + 3 * value[1]) / 4
    assert gradient.tolist() == [[slope[5] / 4, slope[6] / 4], [0, 3 * slope[1] / 4]]


@both
def test_epsilon(lib, dtype) -> None:
    """By default 1/10, as in scikit-learn; with 0 nothing is forgiven, and Huber's loss has nothing left."""
    one, zero = np.array([[1.0], [0.0]], dtype), np.zeros(2, dtype)
    for loss, default, without in (
        ("huber", 0.1 - 0.005, [0, 0]),
        ("epsilon_insensitive", 0.9, [1, 0]),
        ("squared_epsilon_insensitive", 0.81, [1, 0]),
    ):
        function = getattr(lib, loss)
        assert function(one, zero, reduction="sum", grad=False) == near(default, dtype)
        rows, gradient = function(one, zero, epsilon=0.0, reduction="none")
        assert rows.tolist() == without
        assert gradient[1, 0] == 0


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


@both
def test_options_reach_the_linear_losses(lib, dtype) -> None:
    """One feature x = 1 and weights that are the scores (1/2, 1/4, -2), as above; the second row is ignored."""
    X, W = np.array([[1.0], [np.nan]], dtype), np.array([[0.5], [0.25], [-2.0]], dtype)
    k, p = np.array([1.0, 2.0, 4.0], dtype), np.array([10.0, 3.0, 10.0], dtype)
    how = {"class_weight": k, "ignore_index": 7, "pos_weight": p, "dX": True}
    loss, dW, db, dX = lib.linear_ovr_hinge(X, np.array([1, 7]), W, np.zeros(3, dtype), **how)
    assert loss == 6
    assert dW.tolist() == [[1], [-6], [0]]
    assert db.tolist() == [1, -6, 0]
    assert dX.tolist() == [[0.5 - 1.5], [0]]
    loss, dW, _ = lib.linear_crammer_singer(X, np.array([1, 7]), W, ignore_index=7, class_weight=k, margin=0.5)
    assert loss == 2 * 0.75
    assert dW.tolist() == [[2], [-2], [0]]
    loss, dW, _ = lib.linear_huber(X[:1], np.zeros((1, 3), dtype), W, epsilon=0.5)
    assert loss == 0.125 + 0.03125 + 0.875
    assert dW.tolist() == [[0.5], [0.25], [-0.5]]
    t = np.array([[0.5, 0.5, 0]], dtype)
    loss, _, _ = lib.linear_cross_entropy(X[:1], t, 0 * W, class_weight=k)
    assert loss == near(1.5 * LN3, dtype)


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
        ({"momentum": 0.5, "dampening": 0.25}, 1 - 0.5 * 4, 4),  # v = 0.5 · 2 + 0.75 · 4
        ({"momentum": 0.5, "dampening": 0.25, "weight_decay": 2.0}, 1 - 0.5 * 5.5, 5.5),
        ({"momentum": 0.5, "dampening": 1.0}, 1 - 0.5 * 1, 1),
        ({"dampening": 0.25}, 1 - 0.5 * 4, 2),  # of no momentum
        ({"momentum": 1.0}, 1 - 0.5 * 6, 6),
        ({"momentum": 1.5}, 1 - 0.5 * 7, 7),
        ({"l2": 2.0}, (1 - 0.5 * 4) / 2, 2),
        ({"l1": 0.5, "l2": 6.0}, (-1 + 0.25) / 4, 2),
        ({"momentum": 0.5, "l1": 0.5}, -1.5 + 0.5, 5),  # a gradient moves W by lr / (1 - momentum) = 1 in the end
        ({"momentum": 0.5, "l2": 1.0, "nesterov": True}, (1 - 0.5 * (4 + 0.5 * 5)) / 2, 5),
        ({"momentum": 0.5, "dampening": 0.25, "l1": 1.0}, -1 + 0.75, 4),
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


def test_gradients_of_the_reference_by_central_differences(spec) -> None:
    """In longdouble, h = 1e-6: the truncation is some 1e-12, the rounding 1e-13; no hinge is that near to its kink."""
    p = problem((6, 4, 3), np.float64, spec)
    s, y = p.S.astype(np.longdouble), p.y
    h = np.longdouble(1e-6)
    for options in variants(spec):
        _, gradient = spec.reference(s, y, reduction="none", **options)
        for i in np.ndindex(s.shape):
            bump = np.zeros_like(s)
            bump[i] = h
            above, below = (spec.reference(s + d, y, reduction="none", grad=False, **options) for d in (bump, -bump))
            assert abs((above - below).sum() / (2 * h) - gradient[i]) < 1e-9
