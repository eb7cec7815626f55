"""What a row of the registry of losses is, and how it becomes two public functions; the rows are in `fastlc.losses`."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import ArrayLike

from . import _core, reference


@dataclass(frozen=True, eq=False, repr=False)
class Loss:
    """A row of the registry; called, the loss on scores. Pickled and copied as its name, which leads back to it."""

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
    on_scores: Callable[..., Any]
    """``fastlc.hinge``, ``loss(S, y, …) -> loss, dS``; types of the options are known for that name alone."""
    linear: Callable[..., Any]
    """``fastlc.linear_hinge``, fused with the linear map: ``linear(X, y, W, b, …) -> loss, dW, db``."""
    reference: Callable[..., Any]
    """The oracle of `on_scores`."""
    linear_reference: Callable[..., Any]
    """The oracle of `linear`."""

    def __call__(self, S: ArrayLike, y: ArrayLike, **keywords: Any) -> Any:
        return self.on_scores(S, y, **keywords)

    def checked(
        self,
        function: str,
        class_weight: ArrayLike | None,
        pos_weight: ArrayLike | None,
        ignore_index: int | None,
        given: Mapping[str, float],
    ) -> tuple[Any, ...]:
        """All options in the order of the kernel, as given; TypeError for an argument that the loss has not."""
        if not given and class_weight is None and pos_weight is None and ignore_index is None:
            return self.defaults
        unknown = [name for name in given if name not in self.options]
        values = {"class_weight": class_weight, "pos_weight": pos_weight, "ignore_index": ignore_index}
        unknown += [name for name, value in values.items() if value is not None and name not in self.keywords]
        for name in unknown:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
        return tuple(given.get(name, default) for name, default in self.options.items())

    def __repr__(self) -> str:
        return f"fastlc.LOSSES[{self.name!r}]"

    def __reduce__(self) -> Any:
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


def register(name: str, module: dict[str, Any]) -> None:
    """Adds the row of the loss `name`, and defines its two functions in the namespace of their module.

    Their signatures are those of the reference, but that the fused one has only keywords of this loss.
    """
    oracle, linear_oracle = getattr(reference, name), getattr(reference, f"linear_{name}")
    kernel, targets, one_vs_rest, options = _core.losses[name]
    of_scores, of_linear = inspect.signature(oracle).parameters, inspect.signature(linear_oracle).parameters
    keywords = tuple(keyword for keyword in _KEYWORDS if keyword in of_scores)
    missing = {"options", *_KEYWORDS}.difference(keywords)
    common = [parameter for parameter in of_linear.values() if parameter.name not in missing]
    own = [*of_scores.values()][[*of_scores].index("grad") + 1 :]
    defaults = {option: of_scores[option].default for option in options}
    passed: dict[str, object] = {keyword: keyword if keyword in keywords else None for keyword in _KEYWORDS}
    passed |= {"kernel": kernel, "options": str(options).replace("'", "")}
    row = LOSSES[name] = Loss(
        name,
        kernel,
        targets,
        one_vs_rest,
        keywords,
        MappingProxyType(defaults),
        tuple(defaults.values()),
        _function(module, name, [*of_scores.values()], _CALL_ON_SCORES.format(**passed)),
        _function(module, f"linear_{name}", [*common, *own], _CALL.format(**passed)),
        oracle,
        linear_oracle,
    )
    _document(row.on_scores, row, _ON_SCORES, _EXAMPLE_ON_SCORES)
    _document(row.linear, row, _LINEAR, _EXAMPLE)


def _function(module: dict[str, Any], name: str, parameters: list[inspect.Parameter], call: str) -> Callable[..., Any]:
    """Defines a function by its text, as `dataclasses` does: all that tools ask of it is true, and calls are short."""
    taken = [p.replace(annotation=p.annotation.replace("Array", "ArrayLike")) for p in parameters]
    text = f"def {name}{inspect.Signature(taken, return_annotation='Any')}:\n    return {call}\n"
    file = f"<{module['__name__']}.{name}>"
    exec(compile(text, file, "exec", dont_inherit=True), module)
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file  # shown by tracebacks
    function: Callable[..., Any] = module[name]
    return function


def _document(function: Callable[..., Any], row: Loss, template: str, examples: Mapping[str, str]) -> None:
    """Gives a public function its docstring: the formula and the options' part are those of the reference."""
    formula, _, options = inspect.cleandoc(row.reference.__doc__ or "").partition("\n\nParameters\n----------\n")
    summary, _, details = formula.partition("\n\n")
    texts = {**_KEYWORDS, "class_weight": _CLASS_WEIGHT_OF_SCORES} if row.one_vs_rest else _KEYWORDS
    function.__doc__ = template.format(
        summary=summary,
        details=details,
        y=_Y[row.targets].format(
            binary="; 0 or 1 if C is 1" if row.one_vs_rest else "", vector=", (N,) if C is 1" if row.one_vs_rest else ""
        ),
        keywords="".join(text for keyword, text in texts.items() if keyword in row.keywords),
        options=f"\n{options}" if options else "",
        example=examples[row.targets[0]].format(name=function.__name__),
    )


_CALL_ON_SCORES = (
    "_core.loss({kernel}, S, y, sample_weight, {class_weight}, {pos_weight}, {ignore_index}, reduction, "
    "grad, {options})"
)
_CALL = (
    "_core.linear_loss({kernel}, X, y, W, b, sample_weight, {class_weight}, {pos_weight}, {ignore_index}, reduction, "
    "l1, l2, dX, grad, {options})"
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
_WEIGHTS = """sample_weight : (N,), dtype of the scores, optional
    v_i; rows of weight 0 contribute exactly 0, whatever they hold. A negative weight subtracts its row's loss and
    gradient, and itself from the divisor of a mean; the loss may then have no minimum.
{keywords}reduction : 'mean', 'sum' or 'none'
    'none' returns the loss of each row, with the gradients of their sum. If the divisor of a mean is zero, the loss
    and its gradients are 0."""
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
    False: return the loss alone.{options}

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
    False: return the loss alone.{options}

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
