"""Written by `python -m tests.support.stub` from the signatures of the losses."""

# fmt: off

from typing import Any, Literal, overload

from numpy.typing import ArrayLike

from ._registry import LOSSES as LOSSES
from .reference import Array

__all__ = [
    "LOSSES",
    "crammer_singer",
    "cross_entropy",
    "epsilon_insensitive",
    "hinge",
    "huber",
    "linear_crammer_singer",
    "linear_cross_entropy",
    "linear_epsilon_insensitive",
    "linear_hinge",
    "linear_huber",
    "linear_logistic",
    "linear_ovr_hinge",
    "linear_ovr_modified_huber",
    "linear_ovr_perceptron",
    "linear_ovr_squared_hinge",
    "linear_sigmoid_squared_error",
    "linear_squared_epsilon_insensitive",
    "linear_squared_error",
    "logistic",
    "ovr_hinge",
    "ovr_modified_huber",
    "ovr_perceptron",
    "ovr_squared_hinge",
    "sigmoid_squared_error",
    "squared_epsilon_insensitive",
    "squared_error",
]

@overload
def cross_entropy(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[True] = True,
    label_smoothing: float = 0.0,
) -> tuple[float, Array]: ...
@overload
def cross_entropy(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[False],
    label_smoothing: float = 0.0,
) -> float: ...
@overload
def cross_entropy(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[True] = True,
    label_smoothing: float = 0.0,
) -> tuple[Array, Array]: ...
@overload
def cross_entropy(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[False], label_smoothing: float = 0.0,
) -> Array: ...
@overload
def cross_entropy(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: str = "mean", grad: bool = True, label_smoothing: float = 0.0,
) -> Any: ...

@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    label_smoothing: float = 0.0,
) -> tuple[float, Array, Array]: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    label_smoothing: float = 0.0,
) -> tuple[float, Array, None]: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, label_smoothing: float = 0.0,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, label_smoothing: float = 0.0,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], label_smoothing: float = 0.0,
) -> float: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    label_smoothing: float = 0.0,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    label_smoothing: float = 0.0,
) -> tuple[Array, Array, None]: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, label_smoothing: float = 0.0,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, label_smoothing: float = 0.0,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], label_smoothing: float = 0.0,
) -> Array: ...
@overload
def linear_cross_entropy(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: str = "mean", l1: float = 0.0,
    l2: float = 0.0, dX: bool = False, grad: bool = True, label_smoothing: float = 0.0,
) -> Any: ...

@overload
def hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[True] = True,
    margin: float = 1.0, p: int = 1,
) -> tuple[float, Array]: ...
@overload
def hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[False],
    margin: float = 1.0, p: int = 1,
) -> float: ...
@overload
def hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[True] = True, margin: float = 1.0,
    p: int = 1,
) -> tuple[Array, Array]: ...
@overload
def hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[False], margin: float = 1.0, p: int = 1,
) -> Array: ...
@overload
def hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: str = "mean", grad: bool = True, margin: float = 1.0, p: int = 1,
) -> Any: ...

@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True, margin: float = 1.0,
    p: int = 1,
) -> tuple[float, Array, Array]: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True, margin: float = 1.0,
    p: int = 1,
) -> tuple[float, Array, None]: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, margin: float = 1.0, p: int = 1,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, margin: float = 1.0, p: int = 1,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], margin: float = 1.0, p: int = 1,
) -> float: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True, margin: float = 1.0,
    p: int = 1,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True, margin: float = 1.0,
    p: int = 1,
) -> tuple[Array, Array, None]: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, margin: float = 1.0, p: int = 1,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, margin: float = 1.0, p: int = 1,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], margin: float = 1.0, p: int = 1,
) -> Array: ...
@overload
def linear_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: str = "mean", l1: float = 0.0,
    l2: float = 0.0, dX: bool = False, grad: bool = True, margin: float = 1.0, p: int = 1,
) -> Any: ...

@overload
def crammer_singer(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[True] = True,
    margin: float = 1.0,
) -> tuple[float, Array]: ...
@overload
def crammer_singer(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[False],
    margin: float = 1.0,
) -> float: ...
@overload
def crammer_singer(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[True] = True, margin: float = 1.0,
) -> tuple[Array, Array]: ...
@overload
def crammer_singer(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[False], margin: float = 1.0,
) -> Array: ...
@overload
def crammer_singer(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: str = "mean", grad: bool = True, margin: float = 1.0,
) -> Any: ...

@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True, margin: float = 1.0,
) -> tuple[float, Array, Array]: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True, margin: float = 1.0,
) -> tuple[float, Array, None]: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, margin: float = 1.0,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, margin: float = 1.0,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], margin: float = 1.0,
) -> float: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True, margin: float = 1.0,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True, margin: float = 1.0,
) -> tuple[Array, Array, None]: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, margin: float = 1.0,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True, margin: float = 1.0,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], margin: float = 1.0,
) -> Array: ...
@overload
def linear_crammer_singer(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: str = "mean", l1: float = 0.0,
    l2: float = 0.0, dX: bool = False, grad: bool = True, margin: float = 1.0,
) -> Any: ...

@overload
def logistic(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array]: ...
@overload
def logistic(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def logistic(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array]: ...
@overload
def logistic(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def logistic(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: str = "mean", grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array]: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None]: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None]: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def linear_logistic(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: str = "mean", l1: float = 0.0,
    l2: float = 0.0, dX: bool = False, grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def ovr_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array]: ...
@overload
def ovr_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def ovr_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array]: ...
@overload
def ovr_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def ovr_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: str = "mean", grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array]: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None]: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None]: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def linear_ovr_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: str = "mean", l1: float = 0.0,
    l2: float = 0.0, dX: bool = False, grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def ovr_squared_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array]: ...
@overload
def ovr_squared_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def ovr_squared_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array]: ...
@overload
def ovr_squared_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def ovr_squared_hinge(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: str = "mean", grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array]: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None]: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None]: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def linear_ovr_squared_hinge(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: str = "mean", l1: float = 0.0,
    l2: float = 0.0, dX: bool = False, grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def ovr_perceptron(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array]: ...
@overload
def ovr_perceptron(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def ovr_perceptron(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array]: ...
@overload
def ovr_perceptron(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def ovr_perceptron(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: str = "mean", grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array]: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None]: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None]: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def linear_ovr_perceptron(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: str = "mean", l1: float = 0.0,
    l2: float = 0.0, dX: bool = False, grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def ovr_modified_huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array]: ...
@overload
def ovr_modified_huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean", grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def ovr_modified_huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array]: ...
@overload
def ovr_modified_huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: Literal["none"], grad: Literal[False],
    pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def ovr_modified_huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, class_weight: ArrayLike | None = None,
    ignore_index: int | None = None, reduction: str = "mean", grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array]: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None]: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["mean", "sum"] = "mean",
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> float: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False, grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None]: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    pos_weight: ArrayLike | None = None,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: Literal["none"],
    l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False], pos_weight: ArrayLike | None = None,
) -> Array: ...
@overload
def linear_ovr_modified_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    class_weight: ArrayLike | None = None, ignore_index: int | None = None, reduction: str = "mean", l1: float = 0.0,
    l2: float = 0.0, dX: bool = False, grad: bool = True, pos_weight: ArrayLike | None = None,
) -> Any: ...

@overload
def squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[True] = True,
) -> tuple[float, Array]: ...
@overload
def squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[False],
) -> float: ...
@overload
def squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[True] = True,
) -> tuple[Array, Array]: ...
@overload
def squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[False],
) -> Array: ...
@overload
def squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean", grad: bool = True,
) -> Any: ...

@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True,
) -> tuple[float, Array, Array]: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True,
) -> tuple[float, Array, None]: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False,
    grad: Literal[False],
) -> float: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True,
) -> tuple[Array, Array, None]: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False],
) -> Array: ...
@overload
def linear_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: str = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: bool = True,
) -> Any: ...

@overload
def sigmoid_squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[True] = True,
) -> tuple[float, Array]: ...
@overload
def sigmoid_squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[False],
) -> float: ...
@overload
def sigmoid_squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[True] = True,
) -> tuple[Array, Array]: ...
@overload
def sigmoid_squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[False],
) -> Array: ...
@overload
def sigmoid_squared_error(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean", grad: bool = True,
) -> Any: ...

@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True,
) -> tuple[float, Array, Array]: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True,
) -> tuple[float, Array, None]: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False,
    grad: Literal[False],
) -> float: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True,
) -> tuple[Array, Array, None]: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False],
) -> Array: ...
@overload
def linear_sigmoid_squared_error(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: str = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: bool = True,
) -> Any: ...

@overload
def huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array]: ...
@overload
def huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[False], epsilon: float = 0.1,
) -> float: ...
@overload
def huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[Array, Array]: ...
@overload
def huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[False], epsilon: float = 0.1,
) -> Array: ...
@overload
def huber(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean", grad: bool = True,
    epsilon: float = 0.1,
) -> Any: ...

@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, Array]: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, None]: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False,
    grad: Literal[False], epsilon: float = 0.1,
) -> float: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[Array, Array, None]: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    epsilon: float = 0.1,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    epsilon: float = 0.1,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False],
    epsilon: float = 0.1,
) -> Array: ...
@overload
def linear_huber(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: str = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: bool = True,
    epsilon: float = 0.1,
) -> Any: ...

@overload
def epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array]: ...
@overload
def epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[False], epsilon: float = 0.1,
) -> float: ...
@overload
def epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[Array, Array]: ...
@overload
def epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[False], epsilon: float = 0.1,
) -> Array: ...
@overload
def epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean", grad: bool = True,
    epsilon: float = 0.1,
) -> Any: ...

@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, Array]: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, None]: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False,
    grad: Literal[False], epsilon: float = 0.1,
) -> float: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[Array, Array, None]: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    epsilon: float = 0.1,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    epsilon: float = 0.1,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False],
    epsilon: float = 0.1,
) -> Array: ...
@overload
def linear_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: str = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: bool = True,
    epsilon: float = 0.1,
) -> Any: ...

@overload
def squared_epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array]: ...
@overload
def squared_epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["mean", "sum"] = "mean",
    grad: Literal[False], epsilon: float = 0.1,
) -> float: ...
@overload
def squared_epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[Array, Array]: ...
@overload
def squared_epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: Literal["none"],
    grad: Literal[False], epsilon: float = 0.1,
) -> Array: ...
@overload
def squared_epsilon_insensitive(
    S: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None, reduction: str = "mean", grad: bool = True,
    epsilon: float = 0.1,
) -> Any: ...

@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, Array]: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, None]: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, Array, Array]: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: Literal[True],
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[float, Array, None, Array]: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["mean", "sum"] = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False,
    grad: Literal[False], epsilon: float = 0.1,
) -> float: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[Array, Array, Array]: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[False] = False,
    grad: Literal[True] = True, epsilon: float = 0.1,
) -> tuple[Array, Array, None]: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    epsilon: float = 0.1,
) -> tuple[Array, Array, Array, Array]: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: Literal[True], grad: Literal[True] = True,
    epsilon: float = 0.1,
) -> tuple[Array, Array, None, Array]: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: Literal["none"], l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: Literal[False],
    epsilon: float = 0.1,
) -> Array: ...
@overload
def linear_squared_epsilon_insensitive(
    X: ArrayLike, y: ArrayLike, W: ArrayLike, b: ArrayLike | None = None, *, sample_weight: ArrayLike | None = None,
    reduction: str = "mean", l1: float = 0.0, l2: float = 0.0, dX: bool = False, grad: bool = True,
    epsilon: float = 0.1,
) -> Any: ...
