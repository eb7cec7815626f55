"""Who computes a case: libraries as functions with the same meaning, each in one or more variants.

To add a library, write a module here with ``variants(case, threads) -> {variant: make}`` and add its row to
`LIBRARIES`; one that cannot be imported, or fails in any other way, is left out with its reason. A ``make`` receives
the arrays of the case (`Data`, with W and b of its own if it changes them), may prepare whatever does not depend on
their values, and returns a call without arguments; that call is what is timed. Before it is, `Check` holds its result
to `fastlc.reference`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

import fastlc
from fastlc import reference
from fastlc.losses import LOSSES

from ..cases import Case, Data
from .numpy_peer import Call, Plan, linear_loss, plans
from .numpy_training import predict, predict_one, rank_one_step, sgd_epoch, sgd_step, step_plans


@dataclass(frozen=True)
class Peer:
    """One way to compute a case."""

    library: str
    variant: str
    make: Callable[[Data], Call]
    blas_threads: int = 1
    """On how many threads BLAS may run during the call."""
    plain: bool = False
    """NumPy as it is usually written with care, in contrast to what only experiment finds."""
    other_function: str = ""
    """Not empty: what it computes instead, being the nearest that the library has; it cannot equal the reference."""

    def __str__(self) -> str:
        return f"{self.library} ({self.variant})" if self.variant else self.library


def fastlc_peers(case: Case, threads: int) -> list[Peer]:
    def make(data: Data) -> Call:
        X, y, W, b = data.X, data.y, data.W, data.b
        if case.task == "loss":
            return partial(LOSSES[case.loss].linear, X, y, W, b)
        if case.task == "predict":
            return partial(fastlc.predict, X, W, b)
        sgd = partial(fastlc.sgd_epoch, X, y, W, b, loss=case.loss, lr=data.lr)
        if case.task == "step":
            return partial(sgd, batch_size=len(X))
        return partial(sgd, batch_size=case.batch, order=data.order)

    return [Peer("fastlc", "", make)]


def numpy_peers(case: Case, threads: int) -> list[Peer]:
    peer = partial(Peer, "numpy")
    if case.task == "loss":
        return [
            peer(
                str(plan),
                partial(linear_loss, case, plan=plan, threads=threads),
                blas_threads=1 if plan.threaded else threads,
                plain=plan.plain,
            )
            for plan in plans(case, threads)
        ]
    if case.task == "step":
        steps = [
            peer(str(plan), partial(sgd_step, case, plan=plan), threads, plan == Plan("rows"))
            for plan in step_plans(case.N)
        ]
        return [*steps, peer("rank one", rank_one_step)] if (case.N, case.loss) == (1, "cross_entropy") else steps
    if case.task == "epoch":
        return [
            peer(
                f"{plan}, gathered by {rows}",
                partial(sgd_epoch, case, plan=plan, gathered=rows),
                threads,
                plan == Plan("rows") and rows == case.batch,
            )
            for plan in step_plans(case.batch)
            for rows in (case.batch, 1024)
        ]
    if case.N == 1:
        return [peer("matrix times vector", predict_one), peer("rows", partial(predict, block=1), plain=True)]
    blocks = [rows for rows in (64, 100, 2048) if rows < case.N]
    peers = [peer("rows, whole", partial(predict, block=case.N), threads, plain=True)]
    peers += [peer(f"rows, blocks of {rows}", partial(predict, block=rows), threads) for rows in blocks]
    if threads > 1 and case.N > 10**4:
        shared = partial(predict, workers=threads)
        peers += [peer(f"rows, blocks of {rows}, Python threads", partial(shared, block=rows)) for rows in blocks]
    return peers


def optional(
    library: str, module: str, function: str = "variants", compiles: bool = False, other_function: str = ""
) -> Callable[[Case, int], list[Peer]]:
    """Peers from ``module.function(case, threads) -> {variant: make}``; raises what importing the module does.

    `compiles`: when first called with a shape, which must happen before anything is timed.
    """

    def peers(case: Case, threads: int) -> list[Peer]:
        found = import_once(module)
        if isinstance(found, BaseException):
            raise found
        variants = getattr(found, function)(case, threads)
        return [
            Peer(library, variant, called_once(make) if compiles else make, threads, other_function=other_function)
            for variant, make in variants.items()
        ]

    return peers


def called_once(make: Callable[[Data], Call]) -> Callable[[Data], Call]:
    """`make`, after a call that leaves W and b as they were."""

    def made(data: Data) -> Call:
        make(replace(data, W=data.W.copy(), b=data.b.copy()))()
        return make(data)

    return made


@cache
def import_once(module: str) -> ModuleType | Exception | SystemExit:
    """The module, or why there is none: a second attempt may take as long, and fail in another way."""
    try:
        return import_module(module, __name__)
    except (Exception, SystemExit) as error:
        return error


LIBRARIES: dict[str, Callable[[Case, int], list[Peer]]] = {
    "fastlc": fastlc_peers,
    "numpy": numpy_peers,
    "torch": optional("torch", ".torch_peer", "eager"),
    "torch.compile": optional("torch.compile", ".torch_peer", "compiled", compiles=True),
    "torch linear_cross_entropy": optional("torch linear_cross_entropy", ".torch_peer", "linear_cross_entropy"),
    "jax": optional("jax", ".jax_peer", compiles=True),
    "scikit-learn": optional("scikit-learn", ".sklearn_peer"),
    "scikit-learn, one-vs-rest": optional(
        "scikit-learn, one-vs-rest", ".sklearn_peer", "one_vs_rest", other_function="one-vs-rest, a step a row"
    ),
    "onnxruntime": optional("onnxruntime", ".onnx_peer"),
    "cython": optional("cython", ".cython_peer"),
}


def find_peers(
    case: Case, threads: int, libraries: Iterable[str] | None = None
) -> tuple[list[Peer], dict[str, Exception | SystemExit]]:
    """Every peer that can compute the case, fastlc first; and why a library could not say whether it has any."""
    peers, failed = [], {}
    for library in LIBRARIES if libraries is None else libraries:
        try:
            peers += LIBRARIES[library](case, threads)
        except (Exception, SystemExit) as error:
            if library == "fastlc":
                raise
            failed[library] = error
    return peers, failed


def own(case: Case, data: Data) -> Data:
    """The same arrays, but W and b copied if the task changes them."""
    return replace(data, W=data.W.copy(), b=data.b.copy()) if case.task in ("step", "epoch") else data


class WrongResult(AssertionError):
    """What a peer computes is not what it should be."""


class Check:
    """Holds peers to the reference on the first rows of a case."""

    TOLERANCE: ClassVar = {"float32": 5e-3, "float64": 1e-9}
    """Of the gradient's norm: in float32, rounding may move a score across the kink of a hinge."""

    def __init__(self, case: Case, data: Data) -> None:
        self.case = case
        self.data = data.first(case.validation_rows, lr=1 / case.D)
        self.expected = self._outcome(self._reference)

    def __call__(self, peer: Peer) -> None:
        """Raises WrongResult if the peer's result is not the reference's, unless it computes another function."""
        outcome = self._outcome(peer.make)
        if peer.other_function:
            return
        for name, want, got in zip(("loss", "W", "b"), self.expected, outcome, strict=False):
            if want is None:
                continue
            norm = float(np.linalg.norm(np.ravel(want)))
            error = float(np.linalg.norm(np.ravel(np.asarray(got) - want))) / (norm or 1.0)
            if not error <= self.TOLERANCE[self.case.dtype]:
                raise WrongResult(f"{self.case.name}: {peer} is off by {error:.1e} in {name}")

    def _outcome(self, make: Callable[[Data], Call]) -> tuple[Any, ...]:
        data = own(self.case, self.data)
        result = make(data)()
        if self.case.task == "loss":
            return tuple(result)
        if self.case.task == "predict":  # the chosen scores: labels may differ where rounding decides
            return (np.take_along_axis(reference.scores(data.X, data.W, data.b), result[:, None], axis=1),)
        return result, data.W, data.b

    def _reference(self, data: Data) -> Call:
        X, y, W, b = data.X, data.y, data.W, data.b
        if self.case.task == "loss":
            return partial(LOSSES[self.case.loss].linear_reference, X, y, W, b)
        if self.case.task == "predict":
            return partial(reference.predict, X, W, b)
        batch, order = (self.case.batch, data.order) if self.case.task == "epoch" else (len(X), None)
        return partial(reference.sgd_epoch, X, y, W, b, loss=self.case.loss, lr=data.lr, batch_size=batch, order=order)
