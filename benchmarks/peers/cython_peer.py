"""Cython: the loops of `cython_peer.pyx`, built when first used, into `benchmarks/build`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from Cython.Build import cythonize
from setuptools import Distribution, Extension

from ..cases import Case, Data
from .numpy_peer import Call

SOURCE = Path(__file__).with_suffix(".pyx")
FOLDER = SOURCE.parent / "build"
FLAGS = ["-O3", "-march=native", "-fopenmp"]
C_TYPES = {"float32": "float", "float64": "double"}
"""By which a function of fused types is chosen beforehand."""


def variants(case: Case, threads: int) -> dict[str, Callable[[Data], Call]]:
    loops = build()
    if isinstance(loops, str):
        raise RuntimeError(loops)
    found: dict[str, Callable[[Data], Call]] = {}
    for n in sorted({1, threads}):  # for a few rows, threads cost more than they bring
        name = f"loops, {n} threads"
        if case.task == "predict":
            found[name] = partial(predict, loops, n)
        elif case.task == "loss" and case.loss in ("cross_entropy", "hinge"):
            found[name] = partial(linear_loss, loops, case.loss == "hinge", n)
    return found


@cache
def build() -> Any:
    """The compiled module; built again if the source is newer. Why there is none, as text, without a compiler."""
    extension = Extension("cython_loops", [str(SOURCE)], extra_compile_args=FLAGS, extra_link_args=["-fopenmp"])
    try:
        modules = cythonize([extension], build_dir=str(FOLDER), quiet=True)
        command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
        command.build_lib, command.build_temp = str(FOLDER), str(FOLDER / "temp")
        command.ensure_finalized()
        command.run()
        (path,) = command.get_outputs()
    except (Exception, SystemExit) as error:
        return f"it does not compile here: {type(error).__name__}: {error}"
    spec = spec_from_file_location("cython_loops", path, loader=ExtensionFileLoader("cython_loops", path))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def linear_loss(loops: Any, hinge: bool, threads: int, data: Data) -> Call:
    X, y, W, b = data.X, data.y, data.W, data.b
    N, workers = len(X), min(threads, len(X))
    dW, db = np.empty((workers, *W.shape), W.dtype), np.empty((workers, *b.shape), b.dtype)
    losses, on_rows = np.empty(workers), loops.linear_loss[C_TYPES[X.dtype.name]]

    def call() -> Any:
        on_rows(X, y, W, b, dW, db, losses, hinge)
        return losses.sum() / N, dW.sum(axis=0) / N, db.sum(axis=0) / N

    return call


def predict(loops: Any, threads: int, data: Data) -> Call:
    X, W, b = data.X, data.W, data.b
    labels, on_rows = np.empty(len(X), np.int64), loops.predict[C_TYPES[X.dtype.name]]

    def call() -> Any:
        on_rows(X, W, b, labels, threads)
        return labels

    return call
