"""NumPy as fast as it goes: the peer that fastlc has to beat, in several careful variants.

Common to all: every array is allocated beforehand and written with ``out=``, and nothing is computed twice. The
variants (`Plan`) differ in what decides NumPy's speed beyond that: how the scores lie, how many rows are worked on at
once, and who is parallel, BLAS or Python threads (NumPy releases the GIL). Which is best depends on the shape and the
machine, so the runner tries them all. What they rest on, measured:

- For few classes a BLAS spends as long on packing X as on multiplying it. OpenBLAS multiplies matrices with
  M·N·K ≤ 10⁶ as they are, so a block is cut into such pieces and one `np.matmul` runs over the stack of them
  (`Plan.pieces`). With a block that stays in the cache between its two products this halves the usual variants' time.
- BLAS writes rows of scores, (n, C), faster, the losses run faster on columns, (C, n): write rows, copy to columns.
- For many classes a block's scores are larger than the cache: the loss runs on strips of them (`Plan.strip`).
- OpenBLAS's threads wait for each other twice a block; Python threads that share the rows wait once.

Two classes are not special-cased as one logistic regression on the difference (a tenth faster at 60000×784×2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, TypeVar

import numpy as np

from ..cases import Array, Case, Data
from .numpy_losses import ScoreLoss, Scores, score_loss

Call = Callable[[], Any]
Result = TypeVar("Result")
Block = Callable[[Array, Array, float, Array, Array], float]


@dataclass(frozen=True)
class Plan:
    """A variant of loss and gradient."""

    layout: Literal["rows", "columns", "transposed"]
    """Scores are written as (n, C); or as (C, n); or as (n, C) and copied to (C, n)."""
    block: int = 0
    """Rows worked on at once; 0 for all."""
    pieces: int = 0
    """Not 0: blocks are multiplied as stacks of pieces of so many rows ('transposed' alone)."""
    strip: int = 0
    """Not 0: rows on which the loss runs at once ('rows' alone)."""
    threaded: bool = False
    """Python threads share the rows and BLAS runs on one thread, instead of BLAS being threaded."""

    @property
    def plain(self) -> bool:
        """Whether it is one of the four usual variants: rows or columns, whole or in blocks of 2048 rows."""
        return self.layout != "transposed" and self.block in (0, 2048) and not (self.strip or self.threaded)

    def __str__(self) -> str:
        words = [self.layout, f"blocks of {self.block}" if self.block else "whole"]
        words += [f"pieces of {self.pieces}"] if self.pieces else []
        words += [f"strips of {self.strip}"] if self.strip else []
        words += ["Python threads"] if self.threaded else []
        return ", ".join(words)


def plans(case: Case, threads: int) -> Iterator[Plan]:
    """The variants worth trying on a case."""
    if case.C > 64:
        tuned = [Plan("rows", strip=max(8, 2**17 // case.C)), Plan("rows", 1024)]
    else:
        # small enough for BLAS not to pack it, and for half a cache of 1 MB
        piece = min(10**6 // (case.D * case.C), 2**19 // (case.D * np.dtype(case.dtype).itemsize)) // 8 * 8
        stacks = [(piece, 1), (piece, 2), (piece, 4), (piece, 8), (piece // 2, 16), (64, 4)]
        tuned = [Plan("transposed", height * pieces, height) for height, pieces in stacks if height]
        tuned += [Plan("transposed", 2048), Plan("columns", 256)]
    tuned = [plan for plan in tuned if plan.block <= case.N]
    usual = [Plan("rows"), Plan("columns")]
    if case.N > 2048:
        usual += [Plan("rows", 2048), Plan("columns", 2048)]
    if threads > 1 and case.N * case.D * case.C > 10**7:
        yield from (replace(plan, threaded=True) for plan in [*tuned, Plan("rows", 2048)])
    yield from [*tuned, *usual]


@cache
def thread_pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers)


def shares(N: int, workers: int) -> list[range]:
    """N rows cut into one range a worker."""
    return [range(N * k // workers, N * (k + 1) // workers) for k in range(workers)]


def in_parallel(runs: list[Callable[[], Result]]) -> Callable[[], list[Result]]:
    """Calls all of them, the first on the caller's thread, and returns their results."""
    first, others = runs[0], runs[1:]
    if not others:
        return lambda: [first()]

    def call() -> list[Result]:
        futures = [thread_pool(len(others)).submit(run) for run in others]
        return [first(), *(future.result() for future in futures)]

    return call


def block_function(loss: ScoreLoss, plan: Plan, n: int, W: Array, W_T: Array, b: Array) -> Block:
    """``f(x, y, scale, dW, db) -> sum of losses`` on blocks of n rows, buffers included; W_T is Wᵀ in any layout."""
    C, D = W.shape
    ones, b_column = np.ones(n, W.dtype), b[:, None]

    if plan.layout == "rows":
        rows = np.empty((n, C), W.dtype)
        strip = plan.strip or n
        strips = [(Scores(rows[i : i + strip], columns=False), slice(i, i + strip)) for i in range(0, n, strip)]

        def on_rows(x: Array, y: Array, scale: float, dW: Array, db: Array) -> float:
            np.matmul(x, W_T, out=rows)
            total = 0.0
            for scores, part in strips:
                np.add(scores.S, b, out=scores.S)
                total += loss(scores, y[part], scale)
            np.matmul(rows.T, x, out=dW)
            np.dot(ones, rows, out=db)
            return total

        return on_rows

    columns = np.empty((C, n), W.dtype)
    scores = Scores(columns, columns=True)
    if plan.layout == "columns":

        def on_columns(x: Array, y: Array, scale: float, dW: Array, db: Array) -> float:
            np.matmul(W, x.T, out=columns)
            np.add(columns, b_column, out=columns)
            total = loss(scores, y, scale)
            np.matmul(columns, x, out=dW)
            np.dot(columns, ones, out=db)
            return total

        return on_columns

    height = plan.pieces if plan.pieces and n % plan.pieces == 0 else n
    stack = n // height
    rows = np.empty((stack, height, C), W.dtype)
    rows_as_columns = rows.reshape(n, C).T
    columns_stack = columns.reshape(C, stack, height).transpose(1, 0, 2)
    dW_stack = np.empty((stack, C, D), W.dtype)

    def transposed(x: Array, y: Array, scale: float, dW: Array, db: Array) -> float:
        x_stack = x.reshape(stack, height, D)
        np.matmul(x_stack, W_T, out=rows)
        np.add(rows_as_columns, b_column, out=columns)
        total = loss(scores, y, scale)
        if stack == 1:
            np.matmul(columns, x, out=dW)
        else:
            np.matmul(columns_stack, x_stack, out=dW_stack)
            np.add.reduce(dW_stack, axis=0, out=dW)
        np.dot(columns, ones, out=db)
        return total

    return transposed


def linear_loss(case: Case, data: Data, plan: Plan, threads: int) -> Call:
    """Mean loss, dW and db: the rows shared out to workers, each worker's in blocks, the gradients added."""
    X, y, W, b = data.X, data.y, data.W, data.b
    N, scale, loss = len(X), 1 / len(X), score_loss(case.loss)
    workers = min(threads, N) if plan.threaded else 1
    W_T = np.empty(W.shape[::-1], W.dtype) if plan.layout == "transposed" else W.T

    def worker(rows: range) -> Callable[[], tuple[float, Array, Array]]:
        block = min(plan.block or len(rows), len(rows))
        functions = {n: block_function(loss, plan, n, W, W_T, b) for n in {block, len(rows) % block} if n}
        starts = range(rows.start, rows.stop, block)
        work = [(functions[n], X[i : i + n], y[i : i + n]) for i in starts for n in [min(block, rows.stop - i)]]
        (first, x0, y0), rest = work[0], work[1:]
        dW, db = np.empty_like(W), np.empty_like(b)
        part_W, part_b = (np.empty_like(W), np.empty_like(b)) if rest else (dW, db)

        def run() -> tuple[float, Array, Array]:
            total = first(x0, y0, scale, dW, db)
            for function, x_block, y_block in rest:
                total += function(x_block, y_block, scale, part_W, part_b)
                np.add(dW, part_W, out=dW)
                np.add(db, part_b, out=db)
            return total * scale, dW, db

        return run

    calls = in_parallel([worker(rows) for rows in shares(N, workers)])

    def call() -> tuple[float, Array, Array]:
        if plan.layout == "transposed":
            np.copyto(W_T, W.T)
        (total, dW, db), *others = calls()
        for part, part_W, part_b in others:
            total += part
            np.add(dW, part_W, out=dW)
            np.add(db, part_b, out=db)
        return total, dW, db

    return call
