"""JAX: one jitted function a case, by automatic differentiation and by hand, whole and in blocks of rows.

Arrays are put on the device, which here is the CPU, before anything is timed, and W and b stay there: a step donates
them and keeps what it returns. Every call ends by waiting for all results.

On how many threads XLA runs is settled when its client is created, by the environment variable NPROC (without it, by
the affinity); compiler options such as ``xla_cpu_multi_thread_eigen`` do not hold it to one, measured by the CPU time
of its threads. So a row of the table with another number of threads begins with a new client, which voids the arrays of
the former. float64 likewise: `jax_enable_x64` is set by the dtype of the case.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.extend.backend
import jax.numpy as jnp
import numpy as np
from cases import Case, Data
from numpy_peer import Call

Make = Callable[[Data], Call]
Block = Callable[[Any, Any, Any, Any], tuple[Any, Any, Any]]
"""``f(x, y, W, b) -> sum of losses, dW, db``."""


def variants(case: Case, threads: int) -> dict[str, Make]:
    use_threads(threads)
    jax.config.update("jax_enable_x64", case.dtype == "float64")
    found: dict[str, Make] = {}
    for layout in ("rows", "columns") if case.C <= 64 else ("rows",):
        if case.task == "predict":
            found[layout] = partial(predict, layout=layout)
            continue
        ways = {"autograd": partial(autograd, case.loss, layout)}
        if case.loss in BY_HAND:
            ways["by hand"] = partial(by_hand, case.loss, layout)
        for name, block in ways.items():
            if case.task == "step":
                found[f"{name}, {layout}"] = partial(sgd_step, block=block)
            elif case.task == "epoch":
                for whole in (False, True):
                    words = f"{name}, {layout}, {'gathered whole' if whole else 'gathered by batch'}"
                    found[words] = partial(sgd_epoch, block=block, batch=case.batch, whole=whole)
            else:
                found[f"{name}, {layout}, whole"] = partial(linear_loss, block=block, rows=case.N)
                for rows in (256, 1024):
                    if rows < case.N:
                        found[f"{name}, {layout}, blocks of {rows}"] = partial(linear_loss, block=block, rows=rows)
    return found


@lru_cache(maxsize=1)
def use_threads(threads: int) -> None:
    """A new client, unless the last one has so many threads."""
    before = os.environ.get("NPROC")
    os.environ["NPROC"] = str(threads)
    jax.extend.backend.clear_backends()
    jax.devices()
    del os.environ["NPROC"]
    if before is not None:
        os.environ["NPROC"] = before


# ---------------------------------------------------------------------------------------------------------------------
# The gradient on a block of rows, with scores as rows (n, C) or columns (C, n)
# ---------------------------------------------------------------------------------------------------------------------


def linear(x: Any, W: Any, b: Any, layout: str) -> Any:
    return x @ W.T + b if layout == "rows" else W @ x.T + b[:, None]


def classes(S: Any, y: Any, axis: int) -> Any:
    """Where the scores of the right classes are."""
    return jnp.expand_dims(y, axis) == jnp.expand_dims(jnp.arange(S.shape[axis], dtype=y.dtype), 1 - axis)


def cross_entropy(S: Any, y: Any, axis: int) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(S, axis), jnp.expand_dims(y, axis), axis).sum()


def hinge(S: Any, y: Any, axis: int) -> Any:
    right = jnp.take_along_axis(S, jnp.expand_dims(y, axis), axis)
    return jnp.maximum(S - right + 1, 0).sum() - len(y)  # the right class's own margin is 1


def squared_error(S: Any, y: Any, axis: int) -> Any:
    return jnp.square(S - (y if axis else y.T)).sum()


def sigmoid_squared_error(S: Any, y: Any, axis: int) -> Any:
    return squared_error(jax.nn.sigmoid(S), y, axis)


SCORE_LOSSES: dict[str, Callable[[Any, Any, int], Any]] = {
    "cross_entropy": cross_entropy,
    "hinge": hinge,
    "squared_error": squared_error,
    "sigmoid_squared_error": sigmoid_squared_error,
}


def autograd(loss: str, layout: str, x: Any, y: Any, W: Any, b: Any) -> tuple[Any, Any, Any]:
    def total_loss(W: Any, b: Any) -> Any:
        return SCORE_LOSSES[loss](linear(x, W, b, layout), y, 1 if layout == "rows" else 0)

    total, (dW, db) = jax.value_and_grad(total_loss, (0, 1))(W, b)
    return total, dW, db


def cross_entropy_by_hand(S: Any, y: Any, axis: int) -> tuple[Any, Any]:
    largest, right = S.max(axis, keepdims=True), classes(S, y, axis)
    exp = jnp.exp(S - largest)
    z = exp.sum(axis, keepdims=True)
    return (jnp.log(z) + largest).sum() - jnp.where(right, S, 0).sum(), exp / z - right


def hinge_by_hand(S: Any, y: Any, axis: int) -> tuple[Any, Any]:
    right = classes(S, y, axis)
    margins = jnp.where(right, 0, jnp.maximum(S - jnp.where(right, S, 0).sum(axis, keepdims=True) + 1, 0))
    over = (margins > 0).astype(S.dtype)
    return margins.sum(), over - right * over.sum(axis, keepdims=True)


BY_HAND: dict[str, Callable[[Any, Any, int], tuple[Any, Any]]] = {
    "cross_entropy": cross_entropy_by_hand,
    "hinge": hinge_by_hand,
}


def by_hand(loss: str, layout: str, x: Any, y: Any, W: Any, b: Any) -> tuple[Any, Any, Any]:
    axis = 1 if layout == "rows" else 0
    total, dS = BY_HAND[loss](linear(x, W, b, layout), y, axis)
    return total, (dS.T if axis else dS) @ x, dS.sum(1 - axis)


# ---------------------------------------------------------------------------------------------------------------------
# The tasks
# ---------------------------------------------------------------------------------------------------------------------


def linear_loss(data: Data, block: Block, rows: int) -> Call:
    N = len(data.X)

    @jax.jit
    def mean_loss(X: Any, y: Any, W: Any, b: Any) -> Any:
        def add(sums: Any, x: Any, y: Any) -> Any:
            return jax.tree.map(jnp.add, sums, block(x, y, W, b))

        def on_block(i: Any, sums: Any) -> Any:
            return add(sums, *(jax.lax.dynamic_slice_in_dim(a, i * rows, rows) for a in (X, y)))

        sums = jnp.zeros((), W.dtype), jnp.zeros_like(W), jnp.zeros_like(b)
        sums = jax.lax.fori_loop(0, N // rows, on_block, sums) if rows < N else sums
        rest = N % rows if rows < N else N
        return [s / N for s in (add(sums, X[N - rest :], y[N - rest :]) if rest else sums)]

    arrays = jax.device_put((data.X, data.y, data.W, data.b))

    def call() -> Any:
        loss, dW, db = jax.block_until_ready(mean_loss(*arrays))
        return float(loss), dW, db

    return call


def trained(data: Data, function: Any, *arrays: Any) -> Call:
    """A call of ``W, b, loss = function(W, b, *arrays)`` on arrays of the device, left in `data` for the check."""
    data.W, data.b, *arrays = jax.device_put((data.W, data.b, *arrays))

    def call() -> float:
        data.W, data.b, loss = jax.block_until_ready(function(data.W, data.b, *arrays))
        return float(loss)

    return call


def sgd_step(data: Data, block: Block) -> Call:
    rate, N = data.lr / len(data.X), len(data.X)

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(W: Any, b: Any, X: Any, y: Any) -> Any:
        loss, dW, db = block(X, y, W, b)
        return W - rate * dW, b - rate * db, loss / N

    return trained(data, step, data.X, data.y)


def sgd_epoch(data: Data, block: Block, batch: int, whole: bool) -> Call:
    N, lr = len(data.order), data.lr
    steps = N // batch

    @partial(jax.jit, donate_argnums=(0, 1))
    def epoch(W: Any, b: Any, X: Any, y: Any, order: Any) -> Any:
        def take(a: Any, rows: Any) -> Any:
            return a.at[rows].get(mode="promise_in_bounds")

        def step(state: Any, x: Any, y: Any) -> Any:
            W, b, total = state
            loss, dW, db = block(x, y, W, b)
            return W - lr / len(y) * dW, b - lr / len(y) * db, total + loss

        def gathered(state: Any, rows: Any) -> Any:
            return step(state, take(X, rows), take(y, rows)), None

        state = W, b, jnp.zeros((), W.dtype)
        cut = order[: steps * batch].reshape(steps, batch)
        if whole:
            state, _ = jax.lax.scan(lambda state, xy: (step(state, *xy), None), state, (take(X, cut), take(y, cut)))
        else:
            state, _ = jax.lax.scan(gathered, state, cut)
        if N % batch:
            state, _ = gathered(state, order[steps * batch :])
        W, b, total = state
        return W, b, total / N

    return trained(data, epoch, data.X, data.y, data.order)


def predict(data: Data, layout: str) -> Call:
    @jax.jit
    def labels(X: Any, W: Any, b: Any) -> Any:
        return linear(X, W, b, layout).argmax(1 if layout == "rows" else 0)

    arrays = jax.device_put((data.X, data.W, data.b))
    return lambda: np.asarray(labels(*arrays))
