"""Gradients of the losses against SymPy's: it is given each formula, and differentiates it by W, b and x itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Abs, Max, Piecewise, exp, log

from fastlc import LOSSES

from ..support import bounds

C, D = 3, 2


def _one_hot(y: Any) -> list[int]:
    return [int(c == y) for c in range(C)]


def _signs(y: Any) -> list[int]:
    return [1 if c == y else -1 for c in range(C)]


def _margins(s: Any, y: Any) -> list[Any]:
    """By how much each wrong class comes too near to the right one."""
    return [s[j] - s[y] + 1 for j in range(C) if j != y]


def _cross_entropy(s: Any, t: Any) -> Any:
    return sum(-t[c] * (s[c] - log(sum(map(exp, s)))) for c in range(C))


def _logistic(s: Any, t: Any) -> Any:
    return sum(log(1 + exp(s[c])) - t[c] * s[c] for c in range(C))


def _modified_huber(m: Any) -> Any:
    return Piecewise((0, m >= 1), ((1 - m) ** 2, m >= -1), (-4 * m, True))


def _huber(r: Any, epsilon: float) -> Any:
    return Piecewise((r**2 / 2, Abs(r) <= epsilon), (epsilon * Abs(r) - epsilon**2 / 2, True))


def _of_margins(of_margin: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda s, y: sum(of_margin(z * score) for z, score in zip(_signs(y), s, strict=True))


def _of_errors(of_error: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda s, t: sum(of_error(score - target) for score, target in zip(s, t, strict=True))


EPSILON = sympy.Rational(1, 4)
# Name and options of the loss, what y holds, and its formula.
FORMULAS: list[tuple[str, dict[str, float], str, Callable[[Any, Any], Any]]] = [
    ("cross_entropy", {}, "labels", lambda s, y: _cross_entropy(s, _one_hot(y))),
    ("cross_entropy", {}, "values", _cross_entropy),
    ("hinge", {}, "labels", lambda s, y: sum(Max(0, m) for m in _margins(s, y))),
    ("hinge", {"p": 2}, "labels", lambda s, y: sum(Max(0, m) ** 2 for m in _margins(s, y))),
    ("crammer_singer", {}, "labels", lambda s, y: Max(0, *_margins(s, y))),
    ("logistic", {}, "labels", lambda s, y: _logistic(s, _one_hot(y))),
    ("logistic", {}, "values", _logistic),
    ("ovr_hinge", {}, "labels", _of_margins(lambda m: Max(0, 1 - m))),
    ("ovr_squared_hinge", {}, "labels", _of_margins(lambda m: Max(0, 1 - m) ** 2)),
    ("ovr_perceptron", {}, "labels", _of_margins(lambda m: Max(0, -m))),
    ("ovr_modified_huber", {}, "labels", _of_margins(_modified_huber)),
    ("squared_error", {}, "values", _of_errors(lambda r: r**2)),
    ("sigmoid_squared_error", {}, "values", lambda s, t: sum((1 / (1 + exp(-s[c])) - t[c]) ** 2 for c in range(C))),
    ("huber", {"epsilon": 0.25}, "values", _of_errors(lambda r: _huber(r, EPSILON))),
    ("epsilon_insensitive", {"epsilon": 0.25}, "values", _of_errors(lambda r: Max(0, Abs(r) - EPSILON))),
    ("squared_epsilon_insensitive", {"epsilon": 0.25}, "values", _of_errors(lambda r: Max(0, Abs(r) - EPSILON) ** 2)),
]


def test_every_loss_has_its_formula() -> None:
    assert {(name, targets) for name, _, targets, _ in FORMULAS} == {
        (spec.name, targets) for spec in LOSSES.values() for targets in spec.targets
    }


@pytest.mark.parametrize(
    ("name", "options", "targets", "formula"), FORMULAS, ids=[f"{name}-{targets}" for name, _, targets, _ in FORMULAS]
)
def test_gradients(name: str, options: dict[str, float], targets: str, formula: Any) -> None:
    W = sympy.Matrix(C, D, sympy.symbols(f"w:{C}:{D}", real=True))
    b = sympy.Matrix(sympy.symbols(f"b:{C}", real=True))
    x = sympy.Matrix(sympy.symbols(f"x:{D}", real=True))
    parameters = [*W, *b, *x]
    scores = list(W * x + b)
    rng, moved = np.random.default_rng(0), 0
    for trial in range(4):
        at_W, at_b, at_x = rng.normal(size=(C, D)), rng.normal(size=C), rng.normal(size=D)
        y: Any = trial % C if targets == "labels" else rng.uniform(0, 1, C)
        exact = sympy.Matrix([formula(scores, y if targets == "labels" else [sympy.Float(t, 30) for t in y])])
        numbers = [sympy.Float(value, 30) for value in [*at_W.ravel(), *at_b, *at_x]]
        at = dict(zip(parameters, numbers, strict=True))
        value = float(exact[0].subs(at).evalf(30))
        slopes = np.array([float(d.subs(at).evalf(30)) for d in exact.jacobian(parameters)])
        given = np.array([y]) if targets == "labels" else y[None, :]
        loss, dW, db, dX = LOSSES[name].linear(at_x[None, :], given, at_W, at_b, dX=True, **options)
        ours = np.concatenate([dW.ravel(), db, dX.ravel()])
        # Scores are off by s_err, which no loss here magnifies more than tenfold; then come at most 60 roundings.
        s_err = bounds.scores(at_x[None, :], at_W, at_b, np.float64).max()
        error = (10 * s_err + bounds.gamma(60, np.float64)) * (1 + np.abs(slopes).max() + value)
        assert abs(loss - value) <= error
        assert np.abs(ours - slopes).max() <= error
        moved += int(np.abs(slopes).max() > 0.01)
    assert moved >= 2  # at points where there is something to compare
