"""The workloads of the benchmark, as data: what is computed, on which shape, in which dtype.

A case knows its arrays (`make_data`) and the least that any program must do for it (`flops`, `read_bytes`); who
computes it is the business of `peers/`. To measure another shape, loss or task, add a row here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fastlc.losses import LOSSES

Array = NDArray[Any]
Task = Literal["loss", "step", "epoch", "predict"]

MAX_REFERENCE_SCORES = 2**21
"""Validation runs on so many scores at most: the reference stores several copies of them."""


@dataclass(frozen=True)
class Case:
    """One workload: `task` on N rows of D features and C classes.

    ===========  ===================================================================================================
    ``loss``     loss, dW and db of `loss` on all rows
    ``step``     one step of SGD on a mini-batch of all N rows: W and b updated in place, the mean loss returned
    ``epoch``    SGD over the rows in permuted order, mini-batches of `batch`: likewise
    ``predict``  the label of each row
    ===========  ===================================================================================================
    """

    task: Task
    N: int
    D: int
    C: int
    dtype: str = "float32"
    loss: str = "cross_entropy"
    batch: int = 0
    threads: Literal["one and all", "one", "all"] = "one and all"
    """On how many threads the runner measures it unless it is told."""

    @property
    def name(self) -> str:
        shape = f"{self.N}x{self.D}x{self.C}"
        words = {
            "loss": [self.loss, shape],
            "step": ["step", self.loss, shape],
            "epoch": ["epoch", self.loss, shape, f"batch {self.batch}"],
            "predict": ["predict", shape],
        }[self.task]
        return " ".join(words if self.dtype == "float32" else [*words, self.dtype])

    @property
    def flops(self) -> float:
        """Two products of X with a matrix of C rows, scores and gradient; for predictions one."""
        return (2.0 if self.task == "predict" else 4.0) * self.N * self.D * self.C

    @property
    def read_bytes(self) -> float:
        """X and W, each read once."""
        return np.dtype(self.dtype).itemsize * float(self.D) * (self.N + self.C)

    @property
    def validation_rows(self) -> int:
        """So many rows that blocks of every size are met, whole and cut, within `MAX_REFERENCE_SCORES`."""
        return max(1, min(self.N, 5003, MAX_REFERENCE_SCORES // self.C))


@dataclass
class Data:
    """The arrays of a case; every peer is given the same ones. Steps and epochs change copies of W and b."""

    X: Array
    y: Array
    W: Array
    b: Array
    order: Array
    lr: float

    def first(self, rows: int, lr: float) -> Data:
        """The first rows alone."""
        order = self.order[self.order < rows]
        return Data(np.ascontiguousarray(self.X[:rows]), self.y[:rows].copy(), self.W, self.b, order, lr)


def make_data(case: Case, seed: int = 0) -> Data:
    """Random arrays with scores of a natural size.

    The learning rate is so small that a step repeated a million times leaves W as it was: what a step costs must not
    depend on how often it has run (saturated scores would give denormal gradients).
    """
    rng = np.random.default_rng(seed)
    dtype = np.dtype(case.dtype)
    X = rng.standard_normal((case.N, case.D), dtype=dtype.type)
    W = rng.standard_normal((case.C, case.D), dtype=dtype.type)
    W *= dtype.type(case.D**-0.5)
    b = rng.standard_normal(case.C, dtype=dtype.type)
    if "labels" in LOSSES[case.loss].targets:
        y = rng.integers(0, case.C, case.N)
    else:
        y = rng.random((case.N, case.C), dtype=dtype.type)
    return Data(X, y, W, b, rng.permutation(case.N), lr=1e-12)


DEFAULT_LOSSES = ("cross_entropy", "hinge")


def cases(losses: Iterable[str] = DEFAULT_LOSSES) -> list[Case]:
    """Every workload; the loss and its gradient for each of `losses` (any name of `fastlc.losses.LOSSES`)."""
    names = tuple(losses)
    return [
        # few classes
        *(Case("loss", 60000, 784, 10, loss=name) for name in names),
        *(Case("loss", 60000, 784, 10, "float64", name) for name in names),
        *(Case("loss", 60000, 784, 2, loss=name) for name in names),
        *(Case("loss", 50000, 128, 2, loss=name) for name in names),
        *(Case("loss", 600000, 64, 10, loss=name) for name in names),
        *(Case("loss", 256, 784, 10, loss=name) for name in names),
        *(Case("loss", 32, 64, 10, loss=name) for name in names),
        # many classes
        *(Case("loss", 20000, 768, 1000, loss=name) for name in names),
        Case("loss", 4096, 1024, 30000, loss=names[0], threads="all"),  # seconds a call: one loss is enough
        # training
        *(Case("step", batch, 784, 10, loss=names[0], threads="one") for batch in (1, 32, 256)),
        *(Case("epoch", 60000, 784, 10, loss=names[0], batch=batch, threads="one") for batch in (32, 256)),
        # prediction
        *(Case("predict", rows, 784, 10, threads="one") for rows in (1, 100)),
        Case("predict", 100000, 784, 10),
    ]
