"""What a row of the registry of losses is, and how it becomes two public functions; the rows are in `fastlc.losses`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, overload

from numpy.typing import ArrayLike

from . import _core, reference
from .reference import Array

Reduction = Literal["mean", "sum", "none"]


class ScoreLoss(Protocol):
    """A loss on scores: ``loss(S, y, …) -> loss, dS``."""

    __name__: str

    @overload
    def __call__(
        self,
        S: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = ...,
        class_weight: ArrayLike | None = ...,
        pos_weight: ArrayLike | None = ...,
        ignore_index: int | None = ...,
        reduction: Literal["mean", "sum"] = ...,
        grad: Literal[True] = ...,
        **options: float,
    ) -> tuple[float, Array]: ...
    @overload
    def __call__(
        self,
        S: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = ...,
        class_weight: ArrayLike | None = ...,
        pos_weight: ArrayLike | None = ...,
        ignore_index: int | None = ...,
        reduction: Literal["mean", "sum"] = ...,
        grad: Literal[False],
        **options: float,
    ) -> float: ...
    @overload
    def __call__(
        self,
        S: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = ...,
        class_weight: ArrayLike | None = ...,
        pos_weight: ArrayLike | None = ...,
        ignore_index: int | None = ...,
        reduction: str = ...,
        grad: bool = ...,
        **options: float,
    ) -> Any: ...


class LinearLoss(Protocol):
    """A loss fused with the linear map: ``linear_loss(X, y, W, b, …) -> loss, dW, db``."""

    __name__: str

    @overload
    def __call__(
        self,
        X: ArrayLike,
        y: ArrayLike,
        W: ArrayLike,
        b: ArrayLike | None = ...,
        *,
        sample_weight: ArrayLike | None = ...,
        class_weight: ArrayLike | None = ...,
        pos_weight: ArrayLike | None = ...,
        ignore_index: int | None = ...,
        reduction: Literal["mean", "sum"] = ...,
        l1: float = ...,
        l2: float = ...,
        dX: Literal[False] = ...,
        grad: Literal[True] = ...,
        **options: float,
    ) -> tuple[float, Array, Array | None]: ...
    @overload
    def __call__(
        self,
        X: ArrayLike,
        y: ArrayLike,
        W: ArrayLike,
        b: ArrayLike | None = ...,
        *,
        sample_weight: ArrayLike | None = ...,
        class_weight: ArrayLike | None = ...,
        pos_weight: ArrayLike | None = ...,
        ignore_index: int | None = ...,
        reduction: Literal["mean", "sum"] = ...,
        l1: float = ...,
        l2: float = ...,
        dX: Literal[False] = ...,
        grad: Literal[False],
        **options: float,
    ) -> float: ...
    @overload
    def __call__(
        self,
        X: ArrayLike,
        y: ArrayLike,
        W: ArrayLike,
        b: ArrayLike | None = ...,
        *,
        sample_weight: ArrayLike | None = ...,
        class_weight: ArrayLike | None = ...,
        pos_weight: ArrayLike | None = ...,
        ignore_index: int | None = ...,
        reduction: str = ...,
        l1: float = ...,
        l2: float = ...,
        dX: bool = ...,
        grad: bool = ...,
        **options: float,
    ) -> Any: ...


@dataclass(frozen=True)
class Loss:
    """A row of the registry."""

    name: str
    kernel: int
    """Its number in the extension."""
    targets: tuple[str, ...]
    """What y may hold: "labels", integers in [0, C); "values", floats of the shape of the scores; or either."""
    one_vs_rest: bool
    """A binary problem a class: class weights are those of scores, and if C is 1 labels are 0 or 1."""
    keywords: tuple[str, ...]
    """Those of class_weight, ignore_index and pos_weight that it has."""
    options: Mapping[str, float]
    """The loss's own keyword arguments and their defaults, in the order of the kernel."""
    defaults: tuple[float, ...]
    """The values of `options`."""
    on_scores: ScoreLoss
    linear: LinearLoss
    reference: Callable[..., Any]
    """The oracle of `on_scores`."""
    linear_reference: Callable[..., Any]
    """The oracle of `linear`."""

    def checked(
        self,
        function: str,
        class_weight: ArrayLike | None,
        pos_weight: ArrayLike | None,
        ignore_index: int | None,
        given: Mapping[str, float],
    ) -> tuple[Any, ...]:
        """All options in the order of the kernel, as given; TypeError for an argument that the loss has not."""
        unknown = [name for name in given if name not in self.options] if given else []
        if class_weight is not None and "class_weight" not in self.keywords:
            unknown.append("class_weight")
        if pos_weight is not None and "pos_weight" not in self.keywords:
            unknown.append("pos_weight")
        if ignore_index is not None and "ignore_index" not in self.keywords:
            unknown.append("ignore_index")
        for name in unknown:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
        return tuple({**self.options, **given}.values()) if given else self.defaults

    def __reduce__(self) -> Any:
        """A row is pickled and copied as its name, which leads back to it."""
        return loss_named, (self.name,)


LOSSES: dict[str, Loss] = {}


def loss_named(name: Any) -> Loss:
    """The row that the argument `loss` names."""
    if not isinstance(name, str):
        raise ValueError(f"loss is a {type(name).__name__}, choose from {', '.join(LOSSES)}")
    name = str.__str__(name)  # of a subclass, which may hash and compare otherwise
    if name not in LOSSES:
        raise ValueError(f"loss = {name!r} is unknown, choose from {', '.join(LOSSES)}")
    return LOSSES[name]


def register(name: str) -> tuple[ScoreLoss, LinearLoss]:
    """Adds the row of the loss `name` and returns its two public functions."""
    oracle, linear_oracle = getattr(reference, name), getattr(reference, f"linear_{name}")
    kernel, targets, one_vs_rest, option_names = _core.losses[name]
    signature = inspect.signature(oracle)
    options = {option: signature.parameters[option].default for option in option_names}
    defaults = tuple(float(value) for value in options.values())
    fused = f"linear_{name}"

    def on_scores(
        S: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        class_weight: ArrayLike | None = None,
        ignore_index: int | None = None,
        reduction: str = "mean",
        grad: bool = True,
        pos_weight: ArrayLike | None = None,
        **given: float,
    ) -> Any:
        values = row.checked(name, class_weight, pos_weight, ignore_index, given)
        return _core.loss(kernel, S, y, sample_weight, class_weight, pos_weight, ignore_index, reduction, grad, values)

    def linear(
        X: ArrayLike,
        y: ArrayLike,
        W: ArrayLike,
        b: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        class_weight: ArrayLike | None = None,
        ignore_index: int | None = None,
        reduction: str = "mean",
        l1: float = 0.0,
        l2: float = 0.0,
        dX: bool = False,
        grad: bool = True,
        pos_weight: ArrayLike | None = None,
        **given: float,
    ) -> Any:
        values = row.checked(fused, class_weight, pos_weight, ignore_index, given)
        return _core.linear_loss(
            kernel,
            X,
            y,
            W,
            b,
            sample_weight,
            class_weight,
            pos_weight,
            ignore_index,
            reduction,
            l1,
            l2,
            dX,
            grad,
            values,
        )

    keywords = tuple(keyword for keyword in _KEYWORDS if keyword in signature.parameters)
    row = LOSSES[name] = Loss(
        name, kernel, targets, one_vs_rest, keywords, options, defaults, on_scores, linear, oracle, linear_oracle
    )
    own = [signature.parameters[option] for option in options]
    _describe(on_scores, row, signature, own, _ON_SCORES)
    common = [
        parameter
        for parameter in inspect.signature(linear).parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
        and (parameter.name not in _KEYWORDS or parameter.name in row.keywords)
    ]
    _describe(linear, row, inspect.Signature([*common, *own]), own, _LINEAR, fused)
    return on_scores, linear


def _describe(
    function: Any,
    row: Loss,
    signature: inspect.Signature,
    options: list[inspect.Parameter],
    template: str,
    name: str | None = None,
) -> None:
    """Gives a public function the signature and docstring of its row, and the module where pickle finds it."""
    function.__name__ = function.__qualname__ = name or row.name
    function.__module__ = f"{__package__}.losses"
    function.__signature__ = signature
    summary, _, details = inspect.cleandoc(row.reference.__doc__ or "").partition("\n\n")
    texts = {**_KEYWORDS, "class_weight": _CLASS_WEIGHT_OF_SCORES} if row.one_vs_rest else _KEYWORDS
    function.__doc__ = template.format(
        summary=summary,
        details=details,
        y=_Y[row.targets].format(
            binary="; 0 or 1 if C is 1" if row.one_vs_rest else "", vector=", (N,) if C is 1" if row.one_vs_rest else ""
        ),
        keywords="".join(text for keyword, text in texts.items() if keyword in row.keywords),
        options="".join(_OPTION.format(option) for option in options),
        example=(_EXAMPLE if template is _LINEAR else _EXAMPLE_ON_SCORES)[row.targets[0]].format(
            name=function.__name__
        ),
    )


_Y: dict[tuple[str, ...], str] = {
    ("labels",): "y : (N,) integers\n    The label of each row, in [0, C){binary}.",
    ("values",): "y : (N, C), or (N,) if C is 1, dtype of the scores\n    The target of each score.",
    ("labels", "values"): """y : (N,) integers, or (N, C) of the dtype of the scores
    The label of each row, in [0, C){binary}; or the target of each score{vector}.""",
}
_KEYWORDS = {
    "class_weight": """class_weight : (C,), dtype of the scores, optional
    k_c; what a row of class c counts for. Scikit-learn's 'balanced' are ``N / (C * numpy.bincount(y))``.
""",
    "pos_weight": """pos_weight : (C,), dtype of the scores, optional
    p_c; a factor of score c in its own rows, as class_weight of scikit-learn's SGDClassifier is.
""",
    "ignore_index": "ignore_index : int, optional\n    Rows with this label count for nothing, as with weight 0.\n",
}
_CLASS_WEIGHT_OF_SCORES = (
    "class_weight : (C,), dtype of the scores, optional\n    k_c; what the score of class c counts for, in every row.\n"
)
_OPTION = "\n{0.name} : {0.annotation}, default {0.default}\n    Of the formula above."
_WEIGHTS = """sample_weight : (N,), dtype of the scores, optional
    v_i; rows of weight 0 contribute exactly 0, whatever they hold. A negative weight subtracts its row's loss and
    gradient, and itself from the divisor of a mean; the loss may then have no minimum.
{keywords}reduction : 'mean', 'sum' or 'none'
    'none' returns the loss of each row, with the gradients of their sum. If the divisor of a mean is zero, the loss
    and its gradients are 0.{options}"""
_ON_SCORES = (
    """{summary}

{details}

Parameters
----------
S : (N, C) float32 or float64
    Scores.
{y}
"""
    + _WEIGHTS
    + """
grad : bool
    False: return the loss alone.

Returns
-------
loss : float, or (N,) array if reduction is 'none'
    Summed in float64.
dS : (N, C) array, dtype of S

Raises
------
TypeError, ValueError
    If an argument does not fit; the message names it, what was expected and what came.

Examples
--------
{example}
"""
)
_LINEAR = (
    """{summary}

On the scores ``S = X Wᵀ + b``, fused with the linear map: X is read once, and the scores are never stored. Memory:
beyond its results a call needs 64 MB at most, or a little more on many threads, however many rows there are; and where
blocks of rows are many (256 rows or more), 16 bytes for each element of W at most, in which their gradients are summed.

{details}

Parameters
----------
X : (N, D) float32 or float64
    One example a row; used in place if its rows are contiguous.
{y}
W : (C, D), dtype of X
b : (C,), dtype of X, optional
"""
    + _WEIGHTS
    + """
l1, l2 : float
    Adds ``l1 · ‖W‖₁ + l2/2 · ‖W‖²`` to the loss (not with reduction 'none'); the bias is not regularised.
dX : bool
    True: return the gradient of X too.
grad : bool
    False: return the loss alone.

Returns
-------
loss : float, or (N,) array if reduction is 'none'
    Summed in float64.
dW : (C, D) array, dtype of X
db : (C,) array, dtype of X; None without b
dX : (N, D) array, dtype of X
    Only with ``dX=True``.

Raises
------
TypeError, ValueError
    If an argument does not fit; the message names it, what was expected and what came.

Examples
--------
{example}
"""
)
_EXAMPLE_ON_SCORES = {
    "labels": """>>> import numpy as np, fastlc
>>> S, y = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0]]), np.array([0, 1])
>>> loss, dS = fastlc.{name}(S, y)
>>> dS.shape
(2, 3)""",
    "values": """>>> import numpy as np, fastlc
>>> S, y = np.array([[3.2], [1.3]]), np.array([[0.0], [1.0]])
>>> loss, dS = fastlc.{name}(S, y)
>>> dS.shape
(2, 1)""",
}
_EXAMPLE = {
    "labels": """>>> import numpy as np, fastlc
>>> X, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 2])
>>> loss, dW, db = fastlc.{name}(X, y, W=np.zeros((3, 2)), b=np.zeros(3))
>>> dW.shape, db.shape
((3, 2), (3,))""",
    "values": """>>> import numpy as np, fastlc
>>> X, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0], [1.0]])
>>> loss, dW, db = fastlc.{name}(X, y, W=np.zeros((1, 2)), b=np.zeros(1))
>>> dW.shape, db.shape
((1, 2), (1,))""",
}
