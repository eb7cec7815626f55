"""The compiled kernels (csrc/python/module.cpp). Arguments are positional, in the order of the public functions."""

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .optim import SGDState
from .reference import Array

losses: dict[str, tuple[int, tuple[str, ...], bool, tuple[str, ...]]]
isas_built: tuple[str, ...]
isas_usable: tuple[str, ...]
compiler: str

def _set_converters(arrays: ModuleType, checks: ModuleType, /) -> None: ...
def scores(X: ArrayLike, W: ArrayLike, b: ArrayLike | None, out: Array | None, /) -> Array: ...
def predict(X: ArrayLike, W: ArrayLike, b: ArrayLike | None, /) -> NDArray[np.int64]: ...
def predict_proba(X: ArrayLike, W: ArrayLike, b: ArrayLike | None, /) -> Array: ...
def softmax(S: ArrayLike, /) -> Array: ...
def log_softmax(S: ArrayLike, /) -> Array: ...
def sigmoid(S: ArrayLike, /) -> Array: ...
def loss(
    kernel: int,
    S: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    class_weight: ArrayLike | None,
    pos_weight: ArrayLike | None,
    ignore_index: int | None,
    reduction: str,
    grad: bool,
    options: tuple[Any, ...],
    /,
) -> Any: ...
def linear_loss(
    kernel: int,
    X: ArrayLike,
    y: ArrayLike,
    W: ArrayLike,
    b: ArrayLike | None,
    sample_weight: ArrayLike | None,
    class_weight: ArrayLike | None,
    pos_weight: ArrayLike | None,
    ignore_index: int | None,
    reduction: str,
    l1: float,
    l2: float,
    dX: bool,
    grad: bool,
    options: tuple[Any, ...],
    /,
) -> Any: ...
def sgd_step(
    W: Array,
    dW: ArrayLike,
    lr: float,
    momentum: float,
    dampening: float,
    nesterov: bool,
    weight_decay: float,
    l1: float,
    l2: float,
    velocity: Array | None,
    /,
) -> None: ...
def sgd_epoch(
    kernel: int,
    X: ArrayLike,
    y: ArrayLike,
    W: Array,
    b: Array | None,
    lr: Any,
    batch_size: int,
    order: ArrayLike | None,
    state: SGDState | None,
    sample_weight: ArrayLike | None,
    class_weight: ArrayLike | None,
    pos_weight: ArrayLike | None,
    ignore_index: int | None,
    momentum: float,
    dampening: float,
    nesterov: bool,
    weight_decay: float,
    l1: float,
    l2: float,
    options: tuple[Any, ...],
    /,
) -> float: ...
def elementwise(function: str, x: ArrayLike, /) -> Array: ...
def multiply_add(dtype: str, count: int, /) -> float: ...
def read(a: ArrayLike, times: int, /) -> float: ...
def get_num_threads() -> int: ...
def set_num_threads(n: int, /) -> None: ...
def get_isa() -> str: ...
def _set_isa(name: str, /) -> None: ...
