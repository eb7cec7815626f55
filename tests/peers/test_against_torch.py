"""Every loss of the registry and the steps of SGD against PyTorch, by its own functions where it has them.

Where it has none, the formula is written here in PyTorch's operations, and autograd finds the derivative. PyTorch
computes in float64 from the same numbers, so what float32 may be off by is fastlc's own rounding
(`tests/support/bounds.py`). Where the two differ on purpose, the difference is asserted: the last part of this file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import LOSSES
from fastlc.lecture import jacobian

from ..support import bounds, oracle
from ..support.bounds import assert_within, gamma
from ..support.cases import Array

torch = pytest.importorskip("torch")
F = torch.nn.functional
Tensor = Any

losses = pytest.mark.parametrize(
    ("name", "targets"), [(spec.name, kind) for spec in LOSSES.values() for kind in spec.targets]
)
reductions = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """PyTorch keeps to the thread that calls it, and leaves no pool of its own to the tests that follow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tensor(a: Any, grad: bool = False) -> Tensor:
    """A copy; floats in float64."""
    a = np.asarray(a)
    return torch.tensor(a.astype(np.float64) if a.dtype.kind == "f" else a, requires_grad=grad)


# ---------------------------------------------------------------------------------------------------------------------
# PyTorch's side
# ---------------------------------------------------------------------------------------------------------------------


def positives(S: Tensor, y: Tensor) -> Tensor:
    """The target of each score: y itself, or 1 at the label; of a single score the label is the target."""
    if y.is_floating_point():
        return y.reshape(S.shape)
    return (y[:, None] if S.shape[1] == 1 else y[:, None] == torch.arange(S.shape[1])).to(S.dtype)


def _cross_entropy(S, y, reduction, class_weight=None, ignore_index=-100, label_smoothing=0.0) -> Tensor:
    how = {"ignore_index": ignore_index, "reduction": reduction, "label_smoothing": label_smoothing}
    return F.cross_entropy(S, y, class_weight, **how)


def _multi_margin(S, y, reduction, class_weight=None, margin=1.0, p=1) -> Tensor:
    return F.multi_margin_loss(S, y, p, margin, class_weight, reduction=reduction)


def _logistic(S, y, reduction, class_weight=None, pos_weight=None) -> Tensor:
    how = {"pos_weight": pos_weight, "reduction": reduction}
    return F.binary_cross_entropy_with_logits(S, positives(S, y), class_weight, **how)


OWN: dict[str, Callable[..., Tensor]] = {
    "cross_entropy": _cross_entropy,
    "hinge": _multi_margin,
    "logistic": _logistic,
    "squared_error": lambda S, y, reduction: F.mse_loss(S, positives(S, y), reduction=reduction),
    "sigmoid_squared_error": lambda S, y, reduction: F.mse_loss(S.sigmoid(), positives(S, y), reduction=reduction),
    "huber": lambda S, y, reduction, epsilon=0.1: F.huber_loss(S, positives(S, y), reduction, epsilon),
}
"""What PyTorch has, with its own reductions."""


def _crammer_singer(S, y, class_weight=None, margin=1.0) -> Tensor:
    label = F.one_hot(y, S.shape[1]).bool()
    rival = S.masked_fill(label, -torch.inf).amax(dim=1)  # −inf if there is a single class
    rows = F.relu(rival - S.gather(1, y[:, None])[:, 0] + margin)
    return rows if class_weight is None else class_weight[y] * rows


def _one_vs_rest(loss: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """A loss of the margin ``z = ±s`` of every score."""

    def columns(S, y, class_weight=None, pos_weight=None) -> Tensor:
        t = positives(S, y)
        value = loss((2 * t - 1) * S)
        if pos_weight is not None:
            value = torch.where(t == 1, pos_weight, 1.0) * value
        return value if class_weight is None else class_weight * value

    return columns


def _margin_ranking(margin: float) -> Callable[[Tensor], Tensor]:
    """``max(0, margin − z)``."""
    return lambda z: F.margin_ranking_loss(z, 0 * z.detach(), torch.ones_like(z), margin, reduction="none")


def _modified_huber(z: Tensor) -> Tensor:
    return torch.where(z < -1, -4 * z, F.relu(1 - z) ** 2)


def _beyond(S, y, epsilon) -> Tensor:
    return F.relu((S - positives(S, y)).abs() - epsilon)


FORMULAS: dict[str, Callable[..., Tensor]] = {
    "crammer_singer": _crammer_singer,
    "ovr_hinge": _one_vs_rest(_margin_ranking(1.0)),
    "ovr_squared_hinge": _one_vs_rest(lambda z: F.relu(1 - z) ** 2),
    "ovr_perceptron": _one_vs_rest(_margin_ranking(0.0)),
    "ovr_modified_huber": _one_vs_rest(_modified_huber),
    "epsilon_insensitive": lambda S, y, epsilon=0.1: _beyond(S, y, epsilon),
    "squared_epsilon_insensitive": lambda S, y, epsilon=0.1: _beyond(S, y, epsilon) ** 2,
}
"""What PyTorch has not: the value of each row, or of each score."""


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sigmoid"])
def test_jacobians(name: str) -> None:
    """Those of a batch, whole, and their axes, as torch.func.jacrev has them."""
    S = np.random.default_rng(0).normal(size=(3, 4))
    options = {} if name == "sigmoid" else {"dim": 1}
    expected = torch.func.jacrev(lambda S: getattr(torch, name)(S, **options))(torch.tensor(S)).numpy()
    ours = jacobian.block_diagonal(getattr(jacobian, name)(S))
    np.testing.assert_allclose(ours, expected, rtol=0, atol=gamma(60, np.float64))


def test_jacobians_of_the_linear_map() -> None:
    rng = np.random.default_rng(0)
    X, W, b = rng.normal(size=(3, 4)), rng.normal(size=(2, 4)), rng.normal(size=2)
    expected = torch.func.jacrev(F.linear, argnums=(0, 1, 2))(*map(torch.tensor, (X, W, b)))
    ours = jacobian.linear(X, W)
    np.testing.assert_array_equal(jacobian.block_diagonal(ours.X), expected[0].numpy())
    np.testing.assert_array_equal(ours.W, expected[1].numpy())
    np.testing.assert_array_equal(ours.b, expected[2].numpy())


PAGE = Path(__file__).parents[2] / "docs" / "coming-from.md"


@pytest.mark.skipif(not PAGE.exists(), reason="an installed package has no docs beside it")
def test_the_page_for_those_who_come_from_pytorch() -> None:
    blocks = re.findall(r"```python torch\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), {})


def test_every_loss_has_its_peer() -> None:
    assert sorted([*OWN, *FORMULAS]) == sorted(LOSSES)


def test_every_option_of_a_loss_is_compared() -> None:
    compared = {(name, option) for name, choices in OPTIONS.items() for how in choices for option in how}
    assert compared == {(name, option) for name, spec in LOSSES.items() for option in spec.options}


def rows_of(name: str, S: Tensor, y: Tensor, how: dict[str, Any]) -> Tensor:
    """The loss of each row, before sample weights."""
    how, counts = dict(how), torch.ones(len(S), dtype=torch.float64)
    if name != "cross_entropy" and "ignore_index" in how:
        counts = y != how.pop("ignore_index")
        y = torch.where(counts, y, 0)
    values = OWN[name](S, y, "none", **how) if name in OWN else FORMULAS[name](S, y, **how)
    if name == "hinge":
        values = S.shape[1] * values  # PyTorch's is a mean over classes
    return counts * (values.sum(dim=1) if values.ndim == 2 else values)


def counting(name: str, y: Array, how: dict[str, Any]) -> tuple[Array, Array]:
    """What rows are multiplied by, apart from what `rows_of` has within, and what they add to the mean's divisor.

    The divisor is fastlc's; that PyTorch's is the same, as far as it has one, is tested below.
    """
    v = how.get("sample_weight", np.ones(len(y))).astype(np.float64)
    v = v * (y != how["ignore_index"]) if "ignore_index" in how else v
    if name != "cross_entropy" or "class_weight" not in how or y.dtype.kind == "f":
        return v, v
    return v, v * how["class_weight"][np.where(v == 0, 0, y)]


def torchs(
    name: str,
    arrays: dict[str, Array],
    y: Array,
    how: dict[str, Any],
    reduction: str,
    penalty: dict[str, float] | None = None,
) -> oracle.Expected:
    """What PyTorch finds for `arrays`, which are S, or X, W and perhaps b, and how far fastlc may be from that."""
    leaves = {key: tensor(a, grad=True) for key, a in arrays.items()}
    S = leaves["S"] * 1 if "S" in leaves else F.linear(leaves["X"], leaves["W"], leaves.get("b"))
    S.retain_grad()
    options = {key: tensor(a) if isinstance(a, np.ndarray) else a for key, a in how.items() if key != "sample_weight"}
    weight, divides = counting(name, y, how)
    rows = tensor(weight) * rows_of(name, S, tensor(y), options)
    divisor = float(divides.sum()) if reduction == "mean" else 1.0
    scale = 1 / divisor if divisor else 0.0
    total = rows.sum() * scale
    if penalty:
        W = leaves["W"]
        total = total + penalty["l1"] * W.abs().sum() + penalty["l2"] / 2 * (W * W).sum()
    total.backward()
    found = {"dS": None, "dW": None, "db": None, "dX": None}
    found |= {f"d{key}": leaf.grad.numpy() for key, leaf in leaves.items()}
    loss = rows.detach().numpy() if reduction == "none" else total.item()

    # Both sides' roundings: fastlc's in its dtype, PyTorch's in float64.
    if name in ("hinge", "crammer_singer", "cross_entropy") and "class_weight" in how and y.dtype.kind != "f":
        k = how["class_weight"][np.where(weight == 0, 0, y)]
        weight = weight if how.get("label_smoothing") else weight * k
    per_row = bounds.Rows(rows.detach().numpy(), S.grad.numpy() / (scale or 1), weight, divisor)
    scores, dtype = S.detach().numpy(), next(iter(arrays.values())).dtype
    allowed = bounds.Errors(0.0, np.zeros(scores.shape))
    for precision in (dtype, np.float64):
        if "S" in arrays:
            errors = bounds.on_scores(name, scores, 0 * scores, y, per_row, reduction, precision, how)
        else:
            given = (arrays["X"], y, arrays["W"], arrays.get("b"), scores)
            errors = bounds.linear(name, *given, per_row, reduction, precision, how, **(penalty or {}))
        for part, error in vars(errors).items():
            setattr(allowed, part, getattr(allowed, part) + error)
    lost_of_loss, lost = cancellation(scores, y, scale * weight, how)
    allowed.loss = allowed.loss + (lost_of_loss if reduction == "none" else lost_of_loss.sum())
    allowed.dS = allowed.dS + lost
    if "W" in arrays:
        allowed.dW = allowed.dW + lost.T @ np.abs(arrays["X"])
        allowed.db = allowed.db + lost.sum(axis=0)
        allowed.dX = allowed.dX + lost @ np.abs(arrays["W"])
    return oracle.Expected(loss, **found, errors=allowed, dtype=dtype)


def cancellation(S: Array, y: Array, weight: Array, how: dict[str, Any]) -> tuple[Array, Array]:
    """What PyTorch may lose in float64 where fastlc does not: ``σ − 1`` and its like, of tiny results of larger terms.

    Row by row, 8 roundings of terms of the size of ``1 + |s| + |y|`` in the loss, of ``1 + |y|`` in its slope.
    """
    target = np.abs(y.reshape(S.shape)) if y.dtype.kind == "f" else 0
    columns = gamma(8, np.float64) * np.abs(weight)[:, None] * np.ones_like(S)
    for key in ("class_weight", "pos_weight"):
        columns = columns * np.maximum(1, how.get(key, 1))
    return (columns * (1 + np.abs(S) + target)).sum(axis=1), columns * (1 + target)


# ---------------------------------------------------------------------------------------------------------------------
# Cases
# ---------------------------------------------------------------------------------------------------------------------

OPTIONS: dict[str, list[dict[str, float]]] = {
    "cross_entropy": [{}, {"label_smoothing": 0.1}, {"label_smoothing": 1.0}],
    "hinge": [{}, {"p": 2}, {"margin": 0.4}, {"margin": -0.7, "p": 2}],
    "crammer_singer": [{}, {"margin": 0.4}, {"margin": -0.7}],
    "huber": [{}, {"epsilon": 0.7}, {"epsilon": 30.0}],
    "epsilon_insensitive": [{}, {"epsilon": 0.7}, {"epsilon": 0.0}],
    "squared_epsilon_insensitive": [{}, {"epsilon": 0.7}, {"epsilon": 0.0}],
}
"""Of losses that have options: values of each, the defaults first."""

SHAPES = [(1, 3, 1), (9, 4, 1), (1, 5, 2), (12, 3, 2), (7, 5, 3), (33, 17, 10), (20, 8, 33), (11, 4, 70)]


def draw(name: str, targets: str, dtype: Any, rng: Any, S: Array) -> tuple[Array, dict[str, Any]]:
    """Targets for scores S, and how to call the loss: every keyword it has, or not, and values at their ends."""
    N, C = S.shape
    spec, how = LOSSES[name], {}
    options = OPTIONS.get(name, [{}])
    how.update(options[rng.integers(len(options))])
    if rng.random() < 0.5:
        how["sample_weight"] = (rng.uniform(0.2, 3, N) * (rng.random(N) < 0.7)).astype(dtype)
    for key in ("class_weight", "pos_weight"):
        if key in spec.keywords and rng.random() < 0.5:
            how[key] = (rng.uniform(0.3, 3, C) * (rng.random(C) < 0.8)).astype(dtype)
    if targets == "labels":
        y = rng.integers(0, 2 if C == 1 and spec.one_vs_rest else C, N)
        if rng.random() < 0.5:
            how["ignore_index"] = int(rng.choice([-100, C + 7] + [0, C - 1] * (C > 1)))
            y[rng.random(N) < 0.3] = how["ignore_index"]
        return y, how
    y = rng.random((N, C))
    if name == "cross_entropy" and rng.random() < 0.5:
        y /= y.sum(axis=1, keepdims=True)
    if name not in ("cross_entropy", "logistic", "sigmoid_squared_error"):
        y = S + rng.normal(size=(N, C)) * rng.choice([0, 0.1, 3, 1e4], (N, C))  # inside and outside of epsilon
    return y.astype(dtype), how


def check(name: str, arrays: dict[str, Array], y: Array, how: dict[str, Any], reduction: str, **penalty: float) -> None:
    expected = torchs(name, arrays, y, how, reduction, penalty)
    how = {"reduction": reduction, **how, **penalty}
    spec = LOSSES[name]
    if "S" in arrays:
        expected.check(spec.on_scores(arrays["S"], y, **how))
        expected.check_loss(spec.on_scores(arrays["S"], y, grad=False, **how))
        return
    arguments = (arrays["X"], y, arrays["W"], arrays.get("b"))
    expected.check(spec.linear(*arguments, dX=True, **how))
    expected.check_loss(spec.linear(*arguments, grad=False, **how))


# ---------------------------------------------------------------------------------------------------------------------
# Losses
# ---------------------------------------------------------------------------------------------------------------------


@losses
@reductions
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_random_problems(name, targets, reduction, shape, dtype) -> None:
    N, D, C = shape
    for seed in range(3):
        rng = np.random.default_rng([seed, N, D, C])
        S = (rng.choice([1, 5, 20]) * rng.normal(size=(N, C))).astype(dtype)
        check(name, {"S": S}, *draw(name, targets, dtype, rng, S), reduction)

        X, W, b = rng.normal(size=(N, D)), rng.normal(size=(C, D)) * 2 / D**0.5, rng.normal(size=C)
        arrays = {"X": X.astype(dtype), "W": W.astype(dtype), "b": b.astype(dtype)}
        if rng.random() < 0.3:
            del arrays["b"]
        penalty = {"l1": 0.03, "l2": 0.5} if reduction != "none" and rng.random() < 0.5 else {}
        y, how = draw(name, targets, dtype, rng, (X @ W.T).astype(dtype))
        check(name, arrays, y, how, reduction, **penalty)


@losses
@reductions
@pytest.mark.parametrize("classes", [1, 2, 3, 17, 70])
def test_scores_of_ten_thousand(name, targets, reduction, classes, dtype) -> None:
    """Alone and beside small ones; no two of a row are equal. With the identity as W, the linear map is exact."""
    rng = np.random.default_rng([classes])
    for _ in range(6):
        S = rng.choice([-1e4, 1e4, -9999, 9998.5, 0, 1.5], size=(12, classes)) + np.arange(classes) / 4
        S = S.astype(dtype)
        y, how = draw(name, targets, dtype, rng, S)
        check(name, {"S": S}, y, how, reduction)
        check(name, {"X": S, "W": np.eye(classes, dtype=dtype)}, y, how, reduction)


@losses
@reductions
def test_nothing_counts(name, targets, reduction, dtype) -> None:
    """All sample weights are 0, or all class weights, or every label is ignored: all is 0, whatever the options."""
    rng, spec = np.random.default_rng(3), LOSSES[name]
    S = rng.normal(size=(6, 3)).astype(dtype)
    y, _ = draw(name, targets, dtype, rng, S)
    y = y if targets == "values" else rng.integers(0, 3, 6)
    for options in OPTIONS.get(name, [{}]):
        nothing = [(y, {"sample_weight": np.zeros(6, dtype)})]
        if "class_weight" in spec.keywords:
            nothing.append((y, {"class_weight": np.zeros(3, dtype)}))
        if targets == "labels":
            nothing += [(np.full(6, label), {"ignore_index": label}) for label in (-100, 1)]
        for y_, how in nothing:
            check(name, {"S": S}, y_, {**options, **how}, reduction)
            loss, dS = spec.on_scores(S, y_, reduction=reduction, **options, **how)
            assert not np.any(loss)
            assert not dS.any()


@pytest.mark.parametrize(("name", "targets"), [(name, kind) for name in OWN for kind in LOSSES[name].targets])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("classes", [1, 2, 5])
def test_pytorchs_own_reductions(name, targets, reduction, classes, dtype) -> None:
    """Its own numbers, not put together here, so without sample weights. They are the same for the cross-entropy, with
    class weights, smoothing and labels to be ignored. Other means are over scores, fastlc's over rows: C times as much.
    """
    for seed in range(8):
        rng = np.random.default_rng([seed, classes])
        S = (3 * rng.normal(size=(14, classes))).astype(dtype)
        y, how = draw(name, targets, dtype, rng, S)
        how.pop("sample_weight", None)
        if "class_weight" in how:
            how["class_weight"] = how["class_weight"] + dtype(0.1)  # a divisor of 0 is among the differences below
        if name != "cross_entropy" and how.pop("ignore_index", None) is not None:
            y %= classes
        allowed = torchs(name, {"S": S}, y, how, reduction).errors
        S_ = tensor(S, grad=True)
        options = {key: tensor(a) if isinstance(a, np.ndarray) else a for key, a in how.items()}
        total = OWN[name](S_, tensor(y), reduction, **options)
        total.backward()
        over_scores = name == "hinge" or (reduction == "mean" and name != "cross_entropy")
        factor = classes if over_scores else 1
        loss, dS = LOSSES[name].on_scores(S, y, reduction=reduction, **how)
        once_more = gamma(1, np.float64)  # the factor's rounding
        assert_within(loss, factor * total.item(), allowed.loss + once_more * abs(loss), "loss")
        assert_within(dS, factor * S_.grad.numpy(), allowed.dS + once_more * np.abs(dS), "dS")


# ---------------------------------------------------------------------------------------------------------------------
# Stochastic gradient descent
# ---------------------------------------------------------------------------------------------------------------------

N, D, C, BATCH = 40, 5, 3, 4
STEPS = N // BATCH
U = np.float64
settings = pytest.mark.parametrize(
    "setting",
    [
        {},
        {"weight_decay": 0.3},
        {"momentum": 0.9},
        {"momentum": 0.5, "nesterov": True},
        {"momentum": 0.75, "dampening": 0.4},
        {"momentum": 0.75, "dampening": 1.0, "weight_decay": 0.1},
        {"momentum": 0.75, "nesterov": True, "weight_decay": 0.1},
        {"dampening": 0.4},  # without momentum it does nothing
    ],
    ids=lambda setting: "+".join(setting) or "plain",
)
penalties = pytest.mark.parametrize("penalty", [{}, {"l1": 0.2}, {"l2": 0.5}, {"l1": 0.1, "l2": 2.0}], ids=str)
RATES = [0.1 / (1 + step) for step in range(STEPS)]


def first_undampened(setting: dict[str, Any], step: int) -> dict[str, Any]:
    return {**setting, "dampening": 0.0} if step == 0 else setting


def proximal(W: Tensor, lr: float, penalty: dict[str, float], setting: dict[str, Any]) -> float:
    """The step of ``l1 ‖W‖₁ + l2/2 ‖W‖²`` that follows, which PyTorch's optimisers have not; its soft threshold it has.

    As long as the way of a gradient through all steps to come. Returns what it takes off W at most.
    """
    momentum, l1 = setting.get("momentum", 0.0), penalty.get("l1", 0.0)
    reach = lr * (1 - setting.get("dampening", 0.0)) / (1 - momentum) if momentum else lr
    with torch.no_grad():
        W.copy_(F.softshrink(W, reach * l1) / (1 + reach * penalty.get("l2", 0.0)))
    return reach * l1


class Size:
    """What a parameter and its velocity are at most, with all signs equal: what roundings are relative to.

    A step is 15 roundings of every term (`bounds.sgd_step`) beside those of the gradient, here and there.
    """

    def __init__(self, start: Any) -> None:
        self.value, self.velocity = np.abs(start), np.zeros(np.shape(start))

    def step(self, gradient: Any, lr: float, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0) -> None:
        gradient = np.abs(gradient) + weight_decay * self.value
        self.velocity = momentum * self.velocity + (1 + dampening) * gradient
        self.value = self.value + lr * (gradient + (1 + momentum) * self.velocity)


@settings
@penalties
def test_steps(setting, penalty) -> None:
    rng = np.random.default_rng(0)
    W, velocity = rng.normal(size=(C, D)), np.zeros((C, D))
    parameter = torch.nn.Parameter(tensor(W))
    optimizer, size = torch.optim.SGD([parameter], lr=1.0, **setting), Size(W)
    for step, lr in enumerate(RATES):
        dW = rng.normal(size=(C, D))
        # The first step of all is not dampened, which `sgd_step`, that does not count, must be told.
        how = first_undampened(setting, step)
        fastlc.sgd_step(W, dW, lr, velocity=velocity, **how, **penalty)
        optimizer.param_groups[0]["lr"] = lr
        parameter.grad = tensor(dW)
        optimizer.step()
        size.step(np.abs(dW), lr, **setting)
        size.value += proximal(parameter, lr, penalty, how)
        allowed = 2 * gamma(15 * (step + 1), U)
        assert_within(W, parameter.detach().numpy(), allowed * size.value, f"W after step {step}")
        if "momentum" in setting:
            found = optimizer.state[parameter]["momentum_buffer"].numpy()
            assert_within(velocity, found, allowed * size.velocity, f"velocity after step {step}")


class Descent:
    """The same mini-batches of a linear regression, in PyTorch and in fastlc."""

    def __init__(self, setting: dict[str, Any], average_from: int | None = None) -> None:
        rng = np.random.default_rng(1)
        self.X, self.y, self.v = rng.normal(size=(N, D)), rng.normal(size=(N, C)), rng.uniform(0.3, 2, N)
        self.W, self.b, self.setting = rng.normal(size=(C, D)), rng.normal(size=C), setting
        self.state = fastlc.SGDState(self.W, self.b, average_from=average_from)
        self.model = torch.nn.Linear(D, C, dtype=torch.float64)
        with torch.no_grad():
            self.model.weight.copy_(tensor(self.W))
            self.model.bias.copy_(tensor(self.b))
        # weight decay is that of W alone, by default PyTorch's is that of every parameter
        groups = [{"params": [self.model.weight]}, {"params": [self.model.bias], "weight_decay": 0.0}]
        self.optimizer = torch.optim.SGD(groups, lr=1.0, **setting)
        self.size_W, self.size_b, self.size_loss = Size(self.W), Size(self.b), 0.0

    def steps(self, first: int, last: int, **penalty: float) -> list[float]:
        """PyTorch's steps, and those of the bounds; returns the loss of each batch."""
        losses = []
        for step in range(first, last):
            batch = slice(step * BATCH, (step + 1) * BATCH)
            X, y, v, lr = self.X[batch], self.y[batch], self.v[batch], RATES[step]
            for group in self.optimizer.param_groups:
                group["lr"] = lr
            self.optimizer.zero_grad()
            rows = F.mse_loss(self.model(tensor(X)), tensor(y), reduction="none").sum(dim=1)
            loss = (tensor(v) * rows).sum() / v.sum()
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
            residual = np.abs(X) @ self.size_W.value.T + self.size_b.value + np.abs(y)
            slope = 2 * v[:, None] / v.sum() * residual
            self.size_loss = max(self.size_loss, (residual**2).sum(axis=1).max())
            no_decay = {key: value for key, value in self.setting.items() if key != "weight_decay"}
            self.size_W.step(slope.T @ np.abs(X), lr, **self.setting)
            self.size_W.value += proximal(self.model.weight, lr, penalty, first_undampened(self.setting, step))
            self.size_b.step(slope.sum(axis=0), lr, **no_decay)
        return losses

    def fast(self, first: int, last: int, **penalty: float) -> float:
        """The same steps in one call; returns the mean loss."""
        order = np.arange(first * BATCH, last * BATCH)
        rates = RATES[first:last]
        return fastlc.sgd_epoch(
            self.X, self.y, self.W, self.b, loss="squared_error", lr=rates, batch_size=BATCH, order=order,
            state=self.state, sample_weight=self.v, **self.setting, **penalty,
        )  # fmt: skip

    def allowed(self, steps: int) -> float:
        """Relative to `Size`. A batch's gradient is sums of D + 1 and BATCH terms; 10 for weights and mean."""
        return 2 * gamma((15 + D + 1 + BATCH + 10) * steps, U)

    def check(self, steps: int) -> None:
        allowed = self.allowed(steps)
        for name, size, parameter in [("W", self.size_W, self.model.weight), ("b", self.size_b, self.model.bias)]:
            assert_within(getattr(self, name), parameter.detach().numpy(), allowed * size.value, name)
            if "momentum" in self.setting:
                found = self.optimizer.state[parameter]["momentum_buffer"].numpy()
                assert_within(getattr(self.state, f"velocity_{name}"), found, allowed * size.velocity, f"d{name}")


@settings
@penalties
@pytest.mark.parametrize(
    "calls", [[STEPS], [1] * STEPS, [3, STEPS - 3]], ids=["one call", "a call a step", "two calls"]
)
def test_epochs(setting, penalty, calls) -> None:
    descent, step = Descent(setting), 0
    for count in calls:
        of_batches = descent.steps(step, step + count, **penalty)
        mean = descent.fast(step, step + count, **penalty)
        weight = descent.v[step * BATCH : (step + count) * BATCH].reshape(count, BATCH).sum(axis=1)
        step += count
        allowed = 2 * descent.allowed(step) * descent.size_loss  # a square has the error of its root twice
        assert_within(mean, np.average(of_batches, weights=weight), allowed, "mean loss")
        descent.check(step)


@pytest.mark.parametrize("average_from", [0, 3, STEPS - 1, STEPS])
def test_averages(average_from) -> None:
    """`torch.optim.swa_utils.AveragedModel`, updated after each step from `average_from` on."""
    descent = Descent({"momentum": 0.9}, average_from)
    averaged = torch.optim.swa_utils.AveragedModel(descent.model)
    for step in range(STEPS):
        descent.steps(step, step + 1)
        if step >= average_from:
            averaged.update_parameters(descent.model)
    descent.fast(0, STEPS)
    descent.check(STEPS)
    allowed = 2 * descent.allowed(STEPS)  # the sizes only grow; an average is a few more roundings a step
    assert_within(descent.state.average_W, averaged.module.weight.detach(), allowed * descent.size_W.value, "average_W")
    assert_within(descent.state.average_b, averaged.module.bias.detach(), allowed * descent.size_b.value, "average_b")


# ---------------------------------------------------------------------------------------------------------------------
# Differences on purpose. (Two more are in the tests above: means over rows, and weight decay that spares the bias.)
# ---------------------------------------------------------------------------------------------------------------------


def gradient_of(loss: Tensor, S: Tensor) -> list[Any]:
    (gradient,) = torch.autograd.grad(loss, S)
    return gradient.tolist()


def test_the_mean_of_nothing_is_zero_and_not_nan(dtype) -> None:
    S, none = np.zeros((0, 3), dtype), np.zeros(0, int)
    for name, targets in [(name, kind) for name, spec in LOSSES.items() for kind in spec.targets]:
        y = none if targets == "labels" else S
        loss, dS = LOSSES[name].on_scores(S, y)
        assert (loss, dS.shape) == (0, (0, 3))
        loss, dW, db = LOSSES[name].linear(np.zeros((0, 4), dtype), y, np.ones((3, 4), dtype), np.ones(3, dtype))
        assert loss == 0
        assert not dW.any()
        assert not db.any()
        if name in OWN and name != "hinge":  # PyTorch's is 0 for that one
            assert OWN[name](tensor(S), tensor(y), "mean").isnan()
    S, y = np.array([[1, 2, 4]], dtype), np.array([0])
    for how in ({"ignore_index": 0}, {"class_weight": np.array([0, 1, 1], dtype)}):
        options = {key: tensor(a) if isinstance(a, np.ndarray) else a for key, a in how.items()}
        for smoothing in (0.0, 0.1):
            assert not _cross_entropy(tensor(S), tensor(y), "mean", label_smoothing=smoothing, **options).isfinite()
            loss, dS = fastlc.cross_entropy(S, y, label_smoothing=smoothing, **how)
            assert loss == 0
            assert not dS.any()


def test_no_label_is_ignored_unless_one_is_named(dtype) -> None:
    S, y = np.array([[1, 2, 4], [0, 0, 0]], dtype), np.array([1, -100])
    F.cross_entropy(tensor(S), tensor(y))
    with pytest.raises(ValueError, match=r"y\[1\] = -100 is outside \[0, 3\)"):
        fastlc.cross_entropy(S, y)
    # PyTorch passes over a negative index that could not be a label of floats; here it is a mistake all the same
    F.cross_entropy(tensor(S), tensor(S), ignore_index=-1)
    with pytest.raises(ValueError, match="ignore_index is for integer labels"):
        fastlc.cross_entropy(S, S, ignore_index=-1)


def test_rows_that_do_not_count_may_hold_anything(dtype) -> None:
    S, y = np.array([[np.nan, 2, 4], [0, 0, 0]], dtype), np.array([1, 0])
    S_ = tensor(S, grad=True)
    assert np.isnan(gradient_of(F.cross_entropy(S_, tensor(y), ignore_index=1), S_)[0]).all()
    assert not fastlc.cross_entropy(S, y, ignore_index=1)[1][0].any()
    weighted = (tensor([0.0, 1.0]) * F.cross_entropy(S_, tensor(y), reduction="none")).sum()
    assert weighted.isnan()
    loss, dS = fastlc.cross_entropy(S, y, sample_weight=np.array([0, 1], dtype))
    assert np.isfinite(loss)
    assert not dS[0].any()


def test_labels_select_and_do_not_multiply(dtype) -> None:
    """Scores of ±inf on the right side cost 0, where PyTorch's ``0 · inf`` is nan; so do float targets of 0 and 1."""
    S, y = np.array([[np.inf], [-np.inf]], dtype), np.array([1, 0])
    assert _logistic(tensor(S), tensor(y), "none").isnan().all()
    for targets in (y, y.astype(dtype)):
        loss, dS = fastlc.logistic(S, targets, reduction="none")
        assert not loss.any()
        assert not dS.any()


def test_a_target_of_zero_contributes_nothing(dtype) -> None:
    """A masked class, of score −inf, under one-hot targets: as with labels, where PyTorch's ``0 · −inf`` is nan."""
    S, y = np.array([[1, -np.inf, 0, 3], [-np.inf, -np.inf, 2, -np.inf]], dtype), np.array([0, 2])
    onehot = np.eye(4, dtype=dtype)[y]
    assert F.cross_entropy(tensor(S), tensor(onehot)).isnan()
    loss, dS = fastlc.cross_entropy(S, y)
    of_floats, dS_of_floats = fastlc.cross_entropy(S, onehot)
    assert_within(of_floats, loss, gamma(30, dtype) * 3, "loss")
    assert_within(dS_of_floats, dS, gamma(30, dtype), "dS")


def test_a_class_masked_with_minus_infinity_is_as_in_pytorch(dtype) -> None:
    S, y = np.array([[1, -np.inf, 0, 3], [-np.inf, -np.inf, 2, -np.inf]], dtype), np.array([0, 2])
    S_ = tensor(S, grad=True)
    total = F.cross_entropy(S_, tensor(y), reduction="sum")
    loss, dS = fastlc.cross_entropy(S, y, reduction="sum")
    assert_within(loss, total.item(), gamma(30, dtype) * 3, "loss")
    assert_within(dS, gradient_of(total, S_), gamma(30, dtype), "dS")
    assert not dS[:, 1].any()


def test_huber_without_epsilon_is_zero_and_not_refused(dtype) -> None:
    S, y = np.array([[1, -2]], dtype), np.array([[0, 0]], dtype)
    with pytest.raises(RuntimeError, match="delta"):
        F.huber_loss(tensor(S), tensor(y), delta=0.0)
    loss, dS = fastlc.huber(S, y, epsilon=0.0)
    assert loss == 0
    assert not dS.any()


# ---- Kinks: small integers and halves, so that every distance is exact


@pytest.mark.parametrize("p", [1, 2])
def test_the_multi_class_hinge_stays_at_its_kink_as_in_pytorch(p, dtype) -> None:
    S, y = np.array([[1, 0, -1, 0.5, 0]], dtype), np.array([0])  # distances 0, −1, 0.5, 0
    S_ = tensor(S, grad=True)
    want = gradient_of(5 * F.multi_margin_loss(S_, tensor(y), p), S_)
    assert want == [[-1, 0, 0, 1, 0]]
    assert fastlc.hinge(S, y, p=p)[1].tolist() == want


@pytest.mark.parametrize(("name", "kink"), [("ovr_hinge", 1.0), ("ovr_perceptron", 0.0)])
def test_one_vs_rest_hinges_move_at_their_kink_unlike_relu(name, kink, dtype) -> None:
    """As scikit-learn's, and as PyTorch's margin ranking loss, which clamps."""
    for z, slope in ((kink - 0.5, -1), (kink, -1), (kink + 0.5, 0)):
        S_ = tensor([[z]], grad=True)
        assert gradient_of(_margin_ranking(kink)(S_).sum(), S_) == [[slope]]
        assert gradient_of(F.relu(kink - S_).sum(), S_) == [[slope if z != kink else 0]]
        for sign, label in ((1, 1), (-1, 0)):
            loss, dS = LOSSES[name].on_scores(np.array([[sign * z]], dtype), np.array([label]))
            assert loss == max(0, kink - z)
            assert dS == sign * slope


def test_of_equal_rivals_the_first_is_pushed_and_not_all_a_little(dtype) -> None:
    S, y = np.array([[2, 1, 3, 3]], dtype), np.array([0])
    S_ = tensor(S, grad=True)
    assert gradient_of(_crammer_singer(S_, tensor(y)).sum(), S_) == [[-1, 0, 0.5, 0.5]]
    assert fastlc.crammer_singer(S, y)[1].tolist() == [[-1, 0, 1, 0]]
    S, y = np.array([[2, 1, 1, 0]], dtype), np.array([0])  # at the kink nothing moves, here and there
    S_ = tensor(S, grad=True)
    assert not np.any(gradient_of(_crammer_singer(S_, tensor(y)).sum(), S_))
    assert not fastlc.crammer_singer(S, y)[1].any()


@pytest.mark.parametrize(
    ("name", "scores", "slopes"),
    [
        ("ovr_squared_hinge", [0.5, 1, 1.5], [-1, 0, 0]),
        ("ovr_modified_huber", [-1.5, -1, -0.5, 0.5, 1, 1.5], [-4, -4, -3, -1, 0, 0]),
        ("huber", [-1, -0.5, -0.25, 0, 0.25, 0.5, 1], [-0.5, -0.5, -0.25, 0, 0.25, 0.5, 0.5]),
        ("epsilon_insensitive", [-1, -0.5, -0.25, 0, 0.25, 0.5, 1], [-1, 0, 0, 0, 0, 0, 1]),
        ("squared_epsilon_insensitive", [-1, -0.5, -0.25, 0, 0.25, 0.5, 1], [-1, 0, 0, 0, 0, 0, 1]),
    ],
)
def test_other_kinks_are_as_in_pytorch(name, scores, slopes, dtype) -> None:
    S = np.array(scores, dtype)[:, None]
    y = np.ones(len(S), int) if "labels" in LOSSES[name].targets else np.zeros(S.shape, dtype)
    how = {"epsilon": 0.5} if "epsilon" in LOSSES[name].options else {}
    S_ = tensor(S, grad=True)
    rows = rows_of(name, S_, tensor(y), how)
    assert np.ravel(gradient_of(rows.sum(), S_)).tolist() == slopes
    loss, dS = LOSSES[name].on_scores(S, y, reduction="none", **how)
    assert dS.ravel().tolist() == slopes
    assert loss.tolist() == rows.tolist()


def test_a_step_that_does_not_count_dampens_the_first_too() -> None:
    """PyTorch's first velocity is the gradient whatever the dampening; `sgd_epoch` knows the first step, as above."""
    W, velocity = np.zeros(1), np.zeros(1)
    fastlc.sgd_step(W, np.ones(1), 1.0, momentum=0.5, dampening=0.25, velocity=velocity)
    parameter = torch.nn.Parameter(tensor([0.0]))
    optimizer = torch.optim.SGD([parameter], lr=1.0, momentum=0.5, dampening=0.25)
    parameter.grad = tensor([1.0])
    optimizer.step()
    assert (velocity, W) == (0.75, -0.75)
    assert (optimizer.state[parameter]["momentum_buffer"], parameter) == (1, -1)


def test_nesterov_needs_momentum_and_no_dampening_as_in_pytorch() -> None:
    parameter = torch.nn.Parameter(tensor([0.0]))
    for setting in ({}, {"momentum": 0.5, "dampening": 0.5}):
        with pytest.raises(ValueError, match="Nesterov"):
            torch.optim.SGD([parameter], nesterov=True, **setting)
        with pytest.raises(ValueError, match="nesterov"):
            fastlc.sgd_step(np.zeros(1), np.ones(1), 1.0, nesterov=True, velocity=np.zeros(1), **setting)
