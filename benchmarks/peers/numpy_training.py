"""Training and prediction in NumPy, as fast as it goes: one step of SGD, an epoch of them, and labels.

The gradient is that of `numpy_peer.py`, in the plan that suits a mini-batch; the learning rate and the mean are folded
into its scale, so that a step is two subtractions more. An epoch gathers its permuted rows by `np.take` into a buffer.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np

from ..cases import Array, Case, Data
from .numpy_losses import score_loss
from .numpy_peer import Call, Plan, block_function, in_parallel, shares


def step_plans(batch: int) -> list[Plan]:
    plans = [Plan("rows"), Plan("columns"), Plan("transposed")]
    return plans + [Plan("transposed", pieces=n) for n in (32, 64) if n < batch and batch % n == 0]


def step_function(case: Case, n: int, plan: Plan, W: Array, b: Array) -> Callable[[Array, Array, float], float]:
    """``f(x, y, lr) -> sum of losses``: a step of SGD on the mean loss of n rows."""
    gradient = block_function(score_loss(case.loss), plan, n, W, W.T, b)
    dW, db = np.empty_like(W), np.empty_like(b)

    def step(x: Array, y: Array, lr: float) -> float:
        total = gradient(x, y, lr / n, dW, db)
        np.subtract(W, dW, out=W)
        np.subtract(b, db, out=b)
        return total

    return step


def rank_one_step(data: Data) -> Call:
    """A step of softmax on a single row, spelled out: for ten numbers a list is as fast as an array."""
    x, y, W, b, lr = data.X[0], data.y, data.W, data.b, data.lr
    s, dW = np.empty_like(b), np.empty_like(W)
    column, row = s[:, None], x[None]

    def step() -> float:
        W.dot(x, s)
        np.add(s, b, out=s)
        np.subtract(s, max(s.tolist()), out=s)
        right = y.item(0)
        shifted = s.item(right)
        np.exp(s, out=s)
        z = sum(s.tolist())
        np.multiply(s, lr / z, out=s)
        s[right] -= lr
        np.dot(column, row, out=dW)
        np.subtract(W, dW, out=W)
        np.subtract(b, s, out=b)
        return log(z) - float(shifted)

    return step


def sgd_step(case: Case, data: Data, plan: Plan) -> Call:
    n = len(data.X)
    step = step_function(case, n, plan, data.W, data.b)
    return lambda: step(data.X, data.y, data.lr) / n


def sgd_epoch(case: Case, data: Data, plan: Plan, gathered: int) -> Call:
    """Mini-batches in permuted order; so many rows are gathered at a time, by `np.take` into one buffer."""
    X, y, order, W, b, lr = data.X, data.y, data.order, data.W, data.b, data.lr
    N, batch = len(order), case.batch
    chunk = max(1, gathered // batch) * batch
    x_chunk, y_order = np.empty((chunk, X.shape[1]), X.dtype), np.empty_like(y)
    steps = {n: step_function(case, n, plan, W, b) for n in {batch, N % batch} if n}

    def epoch() -> float:
        total = 0.0
        np.take(y, order, axis=0, out=y_order, mode="clip")
        for start in range(0, N, chunk):
            stop = min(start + chunk, N)
            np.take(X, order[start:stop], axis=0, out=x_chunk[: stop - start], mode="clip")
            for i in range(start, stop, batch):
                n = min(batch, stop - i)
                total += steps[n](x_chunk[i - start : i - start + n], y_order[i : i + n], lr)
        return total / N

    return epoch


def predict(data: Data, block: int, workers: int = 1) -> Call:
    """Labels, in blocks of rows, shared out to Python threads."""
    X, W, b = data.X, data.W, data.b
    labels = np.empty(len(X), np.int64)

    def worker(rows: range) -> Callable[[], None]:
        S = np.empty((min(block, len(rows)), len(W)), W.dtype)
        starts = range(rows.start, rows.stop, block)
        work = [(X[i:j], S[: j - i], labels[i:j]) for i in starts for j in [min(i + block, rows.stop)]]

        def run() -> None:
            for x, s, out in work:
                np.matmul(x, W.T, out=s)
                np.add(s, b, out=s)
                s.argmax(1, out)

        return run

    calls = in_parallel([worker(rows) for rows in shares(len(X), workers)])

    def call() -> Array:
        calls()
        return labels

    return call


def predict_one(data: Data) -> Call:
    """The label of a single row: matrix times vector, which spares a third of `matmul`'s overhead."""
    x, W, b = data.X[0], data.W, data.b
    s = np.empty_like(b)
    row = s[None]

    def call() -> Any:
        W.dot(x, s)
        np.add(s, b, s)
        return row.argmax(1)

    return call
