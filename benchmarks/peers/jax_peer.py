"""JAX: one jitted function a case, by automatic differentiation and by hand, whole and in blocks of rows.

Arrays are put on the device, which here is the CPU, before anything is timed, and W and b stay there: a step donates
them and keeps what it returns. Every call ends by waiting for all results; as it does, dispatch is synchronous, which
spares a small call half its time and more (no other thread has to wake up).

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

from ..cases import Case, Data
from .numpy_peer import Call

Make = Callable[[Data], Call]
Block = Callable[[Any, Any, Any, Any], tuple[Any, Any, Any]]
"""``f(x, y, W, b) -> sum of losses, dW, db``."""
BLOCK_ROWS = 1024
"""A block of 256 is no faster."""


def variants(case: Case, threads: int) -> dict[str, Make]:
    use_threads(threads)
    jax.config.update("jax_enable_x64", case.dtype == "float64")
    found: dict[str, Make] = {}
    for layout in ("rows", "columns") if case.C <= 64 else ("rows",):
        if case.task == "predict":
            found[layout] = partial(predict, predict_function(layout))
            continue
        ways = {"autograd": partial(autograd, case.loss, layout)}
        if case.loss in BY_HAND:
            ways["by hand"] = partial(by_hand, case.loss, layout)
        for name, block in ways.items():
            name = f"{name}, {layout}"
            if case.task == "step":
                found[name] = partial(train, step_function(block), ("X", "y"))
            elif case.task == "epoch":
                for words, whole in ("gathered by batch", False), ("gathered whole", True):
                    epoch = epoch_function(block, case.batch, whole)
                    found[f"{name}, {words}"] = partial(train, epoch, ("X", "y", "order"))
            else:
                found[f"{name}, whole"] = partial(linear_loss, loss_function(block, case.N))
                if case.N > BLOCK_ROWS:
                    words = f"{name}, blocks of {BLOCK_ROWS}"
                    found[words] = partial(linear_loss, loss_function(block, BLOCK_ROWS))
    return found


@lru_cache(maxsize=1)
def use_threads(threads: int) -> None:
    """A new client, unless the last one has so many threads."""
    before = os.environ.get("NPROC")
    os.environ["NPROC"] = str(threads)
    try:
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        jax.extend.backend.clear_backends()
        jax.devices()
    finally:
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


def crammer_singer(S: Any, y: Any, axis: int) -> Any:
    right = classes(S, y, axis)
    rival = jnp.where(right, -jnp.inf, S).max(axis)
    return jnp.maximum(rival - jnp.where(right, S, 0).sum(axis) + 1, 0).sum()


def one_vs_rest(phi: Callable[[Any], Any]) -> Callable[[Any, Any, int], Any]:
    return lambda S, y, axis: phi(jnp.where(classes(S, y, axis), S, -S)).sum()


def modified_huber(z: Any) -> Any:
    return jnp.where(z >= -1, jnp.square(jnp.maximum(1 - z, 0)), -4 * z)


def huber(S: Any, y: Any, axis: int) -> Any:
    size = jnp.abs(S - (y if axis else y.T))
    return jnp.where(size <= 0.1, size * size / 2, 0.1 * size - 0.005).sum()


def beyond(S: Any, y: Any, axis: int) -> Any:
    return jnp.maximum(jnp.abs(S - (y if axis else y.T)) - 0.1, 0)


SCORE_LOSSES: dict[str, Callable[[Any, Any, int], Any]] = {
    "cross_entropy": cross_entropy,
    "hinge": hinge,
    "crammer_singer": crammer_singer,
    "logistic": one_vs_rest(lambda z: jax.nn.softplus(-z)),
    "ovr_hinge": one_vs_rest(lambda z: jnp.maximum(1 - z, 0)),
    "ovr_squared_hinge": one_vs_rest(lambda z: jnp.square(jnp.maximum(1 - z, 0))),
    "ovr_perceptron": one_vs_rest(lambda z: jnp.maximum(-z, 0)),
    "ovr_modified_huber": one_vs_rest(modified_huber),
    "squared_error": squared_error,
    "sigmoid_squared_error": sigmoid_squared_error,
    "huber": huber,
    "epsilon_insensitive": lambda S, y, axis: beyond(S, y, axis).sum(),
    "squared_epsilon_insensitive": lambda S, y, axis: jnp.square(beyond(S, y, axis)).sum(),
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


def loss_function(block: Block, rows: int) -> Any:
    """Mean loss, dW and db, in blocks of so many rows; the last one may be shorter."""

    @jax.jit
    def mean_loss(X: Any, y: Any, W: Any, b: Any) -> Any:
        def add(sums: Any, x: Any, y: Any) -> Any:
            return jax.tree.map(jnp.add, sums, block(x, y, W, b))

        def on_block(i: Any, sums: Any) -> Any:
            return add(sums, *(jax.lax.dynamic_slice_in_dim(a, i * rows, rows) for a in (X, y)))

        N = len(X)
        if rows >= N:
            sums = block(X, y, W, b)
        else:
            sums = jnp.zeros((), W.dtype), jnp.zeros_like(W), jnp.zeros_like(b)
            sums = jax.lax.fori_loop(0, N // rows, on_block, sums)
            if N % rows:
                sums = add(sums, X[-(N % rows) :], y[-(N % rows) :])
        return [s / N for s in sums]

    return mean_loss


def step_function(block: Block) -> Any:
    @partial(jax.jit, donate_argnums=(0, 1))
    def step(W: Any, b: Any, lr: Any, X: Any, y: Any) -> Any:
        loss, dW, db = block(X, y, W, b)
        rate = lr / len(X)
        return W - rate * dW, b - rate * db, loss / len(X)

    return step


def epoch_function(block: Block, batch: int, whole: bool) -> Any:
    """A scan over mini-batches; the permuted rows are gathered all before it, or each batch's within."""

    @partial(jax.jit, donate_argnums=(0, 1))
    def epoch(W: Any, b: Any, lr: Any, X: Any, y: Any, order: Any) -> Any:
        def take(a: Any, rows: Any) -> Any:
            return a.at[rows].get(mode="promise_in_bounds")

        def step(state: Any, batch: Any) -> Any:
            (W, b, total), (x, y) = state, batch
            loss, dW, db = block(x, y, W, b)
            rate = lr / len(y)
            return (W - rate * dW, b - rate * db, total + loss), None

        def gather_and_step(state: Any, rows: Any) -> Any:
            return step(state, (take(X, rows), take(y, rows)))

        N = len(order)
        state = W, b, jnp.zeros((), W.dtype)
        cut = order[: N // batch * batch].reshape(-1, batch)
        if whole:
            state, _ = jax.lax.scan(step, state, (take(X, cut), take(y, cut)))
        else:
            state, _ = jax.lax.scan(gather_and_step, state, cut)
        if N % batch:
            state, _ = gather_and_step(state, order[-(N % batch) :])
        W, b, total = state
        return W, b, total / N

    return epoch


def predict_function(layout: str) -> Any:
    return jax.jit(lambda X, W, b: linear(X, W, b, layout).argmax(1 if layout == "rows" else 0))


def on_device(arrays: Any) -> Any:
    """Copies that are complete: `jax.device_put` returns before, and the first call would wait for it."""
    return jax.block_until_ready(jax.device_put(arrays))


def linear_loss(function: Any, data: Data) -> Call:
    arrays = on_device((data.X, data.y, data.W, data.b))

    def call() -> Any:
        loss, dW, db = jax.block_until_ready(function(*arrays))
        return float(loss), dW, db

    return call


def train(function: Any, inputs: tuple[str, ...], data: Data) -> Call:
    """The updated W and b stay on the device; `data` refers to them."""
    data.W, data.b, *arrays = on_device([getattr(data, name) for name in ("W", "b", "lr", *inputs)])

    def call() -> float:
        data.W, data.b, loss = jax.block_until_ready(function(data.W, data.b, *arrays))
        return float(loss)

    return call


def predict(function: Any, data: Data) -> Call:
    arrays = on_device((data.X, data.W, data.b))
    return lambda: np.asarray(function(*arrays))
