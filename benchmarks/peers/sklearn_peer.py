"""scikit-learn: what its users run for each task.

- Loss and gradient: `LinearModelLoss` of `HalfMultinomialLoss`, private, but what `LogisticRegression` calls in every
  iteration of its solver, with n_threads=1 (BLAS has threads of its own, and the two get into each other's way);
  coefficients and intercepts are one array, (C, D + 1).
- Prediction: `LogisticRegression.predict` with its coefficients set; checks of the input are included, in one variant
  all but the one for infinities (`assume_finite`).
- Steps: `SGDClassifier.partial_fit`, another function: C binary problems, one class against the rest, and one update
  after each row instead of one a mini-batch. It is shown under a name of its own, and not held to the reference.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import sklearn
from sklearn._loss import HalfMultinomialLoss
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.linear_model._linear_loss import LinearModelLoss

from ..cases import Case, Data
from .numpy_peer import Call

Make = Callable[[Data], Call]


def variants(case: Case, threads: int) -> dict[str, Make]:
    if case.task == "predict":
        return {
            "LogisticRegression.predict": partial(predict, assume_finite=False),
            "LogisticRegression.predict, assume_finite": partial(predict, assume_finite=True),
        }
    if (case.task, case.loss) == ("loss", "cross_entropy") and case.C > 2:
        return {
            f"LinearModelLoss, {order} order, n_threads={n}": partial(linear_loss, n, order)
            for order in "FC"
            for n in sorted({1, threads})
        }
    return {}


def one_vs_rest(case: Case, threads: int) -> dict[str, Make]:
    losses = {"cross_entropy": "log_loss", "hinge": "hinge"}
    if case.task not in ("step", "epoch") or case.loss not in losses or threads > 1:
        return {}
    return {"SGDClassifier.partial_fit": partial(partial_fit, case, losses[case.loss])}


def linear_loss(threads: int, order: Any, data: Data) -> Call:
    X, W, b = data.X, data.W, data.b
    C, D = W.shape
    y = data.y.astype(X.dtype)
    loss = LinearModelLoss(HalfMultinomialLoss(n_classes=C), fit_intercept=True)
    coef = np.asarray(np.concatenate([W, b[:, None]], axis=1), order=order)

    def call() -> Any:
        value, gradient = loss.loss_gradient(coef, X, y, n_threads=threads)
        return float(value), gradient[:, :D], gradient[:, D]

    return call


def predict(data: Data, assume_finite: bool) -> Call:
    model = LogisticRegression()
    model.coef_, model.intercept_, model.classes_ = data.W, data.b, np.arange(len(data.W))
    if not assume_finite:
        return partial(model.predict, data.X)

    def call() -> Any:
        with sklearn.config_context(assume_finite=True):
            return model.predict(data.X)

    return call


def partial_fit(case: Case, loss: str, data: Data) -> Call:
    """On the mini-batch; for an epoch, on its rows in permuted order at once, for it steps row by row in any case."""
    model = SGDClassifier(loss=loss, penalty=None, learning_rate="constant", eta0=data.lr, shuffle=False)
    classes = np.arange(len(data.W))
    model.partial_fit(data.X[: min(len(data.X), 2)], data.y[: min(len(data.y), 2)], classes)

    def call() -> float:
        if case.task == "step":
            model.partial_fit(data.X, data.y)
        else:
            model.partial_fit(data.X[data.order], data.y[data.order])
        return float("nan")

    return call
