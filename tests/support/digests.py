"""Digests of what the kernels compute: `python -m tests.support.digests` prints one a function, dtype, instruction set.

A change that should move no bit is held to that: the lines before and after are the same, on the same machine. The
shapes lie on both sides of the borders at which the kernels choose another loop; there are weights, orders, strides and
options. Every call is made with one thread and with three, whose bits must be the same.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

import fastlc
from fastlc import LOSSES, _core

SHAPES = [
    (0, 3, 2), (1, 1, 1), (1, 784, 10), (2, 5, 3), (3, 0, 4), (7, 33, 1), (16, 17, 5), (31, 64, 7), (33, 7, 13),
    (64, 130, 14), (100, 257, 26), (127, 65, 41), (129, 128, 60), (250, 31, 128), (260, 40, 129), (300, 9, 200),
    (512, 784, 10), (1000, 50, 3), (2100, 12, 45), (5000, 3, 2), (9, 5000, 3), (5, 4200, 150), (40, 16, 5000),
    (20000, 2, 2), (9000, 4, 140), (3000, 300, 10),
]  # fmt: skip
OPTIONS: dict[str, list[dict[str, float]]] = {
    "cross_entropy": [{}, {"label_smoothing": 0.1}],
    "hinge": [{}, {"p": 2}, {"margin": 0.5}],
    "crammer_singer": [{}, {"margin": 2.0}],
    "huber": [{"epsilon": 0.5}],
    "epsilon_insensitive": [{"epsilon": 0.2}],
}
TRAINING: list[dict[str, Any]] = [
    {}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, {"l1": 0.01, "l2": 0.1},
    {"momentum": 0.5, "dampening": 0.25, "l1": 0.001},
]  # fmt: skip


def digest(results: Any) -> bytes:
    """Of arrays, numbers and tuples of them."""
    if isinstance(results, tuple):
        return b"".join(map(digest, results))
    return b"" if results is None else np.asarray(results).tobytes()


def problems(dtype: Any) -> Iterator[dict[str, Any]]:
    for n, d, c in SHAPES:
        rng = np.random.default_rng([n, d, c])
        label_type: Any = [np.int64, np.int8, np.uint16, np.int32][n % 4] if c < 100 else np.int64
        wide = rng.normal(size=(n, 2 * d + 1)).astype(dtype)
        yield {
            "X": wide[:, : max(d, 0)] if n % 2 else np.ascontiguousarray(wide[:, :d]),
            "W": (rng.normal(size=(c, d)) / max(d, 1) ** 0.5).astype(dtype),
            "b": rng.normal(size=c).astype(dtype),
            "labels": rng.integers(0, c, n).astype(label_type),
            "values": rng.uniform(0, 1, size=(n, c)).astype(dtype),
            "v": np.where(rng.random(n) < 0.2, 0, rng.uniform(0.5, 2, n)).astype(dtype),
            "k": rng.uniform(0.5, 2, c).astype(dtype),
            "order": rng.integers(0, max(n, 1), n),
        }


def losses(p: dict[str, Any], name: str) -> Iterator[Any]:
    loss = LOSSES[name]
    S = fastlc.scores(p["X"], p["W"], p["b"])
    for kind in loss.targets:
        y = p[kind]
        weights: list[dict[str, Any]] = [{}, {"sample_weight": p["v"]}]
        if kind == "labels":
            weights += [{"class_weight": p["k"]}, {"ignore_index": 0, "sample_weight": p["v"], "class_weight": p["k"]}]
        if loss.one_vs_rest:
            weights += [{"pos_weight": p["k"], "sample_weight": p["v"]}]
        for options in OPTIONS.get(name, [{}]):
            for i, weight in enumerate(weights):
                for reduction in ("mean", "sum", "none") if i % 2 else ("mean",):
                    keywords = {**options, **weight, "reduction": reduction}
                    yield loss.on_scores(S, y, **keywords)
                    yield loss.linear(p["X"], y, p["W"], p["b"], dX=i % 2 == 0, **keywords)
            yield loss.linear(p["X"], y, p["W"], l1=0.1, l2=0.2, **options)
            yield loss.linear(p["X"], y, p["W"], p["b"], grad=False, **options)


def epochs(p: dict[str, Any], name: str) -> Iterator[Any]:
    loss = LOSSES[name]
    if len(p["W"]) == 1 and name in ("cross_entropy", "hinge", "crammer_singer"):  # refused: constant
        return
    for kind in loss.targets:
        for i, training in enumerate(TRAINING):
            for batch_size in (1, 32, 300):
                W, b = p["W"].copy(), p["b"].copy()
                state = fastlc.SGDState(W, b, average_from=1 if i % 2 else None)
                order = p["order"][: 12 * batch_size] if i else np.arange(min(len(p["X"]), 12 * batch_size))
                weights = {"sample_weight": p["v"]} if i == 2 else {}
                yield fastlc.sgd_epoch(
                    p["X"], p[kind], W, b, loss=name, lr=0.05, batch_size=batch_size, order=order, state=state,
                    **weights, **training,
                )  # fmt: skip
                yield W, b, state.velocity_W, state.velocity_b, state.average_W, state.average_b


def scored(p: dict[str, Any]) -> Iterator[Any]:
    for b in (None, p["b"]):
        S = fastlc.scores(p["X"], p["W"], b)
        yield S
        yield fastlc.predict(p["X"], p["W"], b)
        yield fastlc.predict_proba(p["X"], p["W"], b)
    yield fastlc.softmax(S), fastlc.log_softmax(S), fastlc.sigmoid(S)


def lines(isas: list[str]) -> Iterator[str]:
    for isa in isas:
        _core._set_isa(isa)
        for dtype in (np.float32, np.float64):
            families = {"scores": scored}
            families |= {name: lambda p, name=name: losses(p, name) for name in LOSSES}  # type: ignore[misc]
            families |= {f"sgd_epoch {name}": lambda p, name=name: epochs(p, name) for name in LOSSES}  # type: ignore[misc]
            for family, results in families.items():
                found = []
                for threads in (1, 3):
                    fastlc.set_num_threads(threads)
                    hashed = hashlib.sha256()
                    for p in problems(dtype):
                        for result in results(p):
                            hashed.update(digest(result))
                    found.append(hashed.hexdigest()[:16])
                same = "" if len(set(found)) == 1 else " DIFFERENT BITS ON THREE THREADS"
                yield f"{isa} {np.dtype(dtype).name} {family} {found[0]}{same}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Prints digests of what the kernels compute.")
    parser.add_argument("--isa", action="append", help="an instruction set; default: all that this machine has")
    for line in lines(parser.parse_args().isa or list(_core.isas_usable)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
