"""What the kernels are tried on: problems, shapes, the losses' options, memory layouts, and every function at once.

A problem is determined by its key, so that the slow oracle (`tests/support/oracle.py`) can remember its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import fastlc

if TYPE_CHECKING:
    from fastlc._registry import Loss

Array = NDArray[Any]

DTYPES = (np.float32, np.float64)
LABEL_DTYPES = tuple(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))

# Every size at which a kernel may change its ways: nothing, one, odd, one less and one more than a vector, a block of
# rows, of columns, of classes; few classes and many, few columns and many, and many rows.
SHAPES = [
    *[(0, 0, 0), (0, 3, 2), (1, 0, 1), (4, 0, 3), (5, 2, 1), (1, 1, 1), (1, 1, 2), (2, 1, 3), (3, 2, 2), (1, 784, 10)],
    *[(2, 3, 5), (3, 5, 7), (5, 7, 3), (7, 8, 8), (8, 15, 9), (15, 16, 10), (16, 17, 11), (17, 31, 12), (31, 33, 13)],
    *[
        (33, 64, 15),
        (64, 100, 16),
        (100, 63, 17),
        (255, 65, 10),
        (257, 31, 5),
        (60, 784, 10),
        (13, 784, 2),
        (9, 255, 1),
    ],
    *[(12, 20, 24), (20, 40, 31), (6, 9, 32), (14, 33, 33), (15, 17, 40), (28, 31, 48), (29, 12, 63), (3, 16, 64)],
    *[(16, 13, 65), (17, 48, 100), (8, 31, 128), (13, 40, 255), (14, 1024, 96), (5, 64, 1000), (3, 21, 3001)],
    *[
        (2, 5000, 3),
        (9, 5000, 10),
        (4, 5000, 70),
        (1000, 9, 4),
        (1029, 6, 33),
        (3001, 5, 10),
        (2049, 2, 1),
        (2100, 9, 60),
        (2100, 9, 130),
        (600, 17, 66),
    ],
]
# One of each kind, for losses whose way through the kernels is that of another.
SOME_SHAPES = [(0, 3, 2), (4, 0, 3), (5, 2, 1), (1, 1, 2), (7, 8, 8), (16, 17, 11), (100, 63, 17), (60, 784, 10)]
SOME_SHAPES += [(14, 33, 33), (16, 13, 65), (5, 64, 1000), (9, 5000, 10), (1029, 6, 33), (3001, 5, 10), (2049, 2, 1)]
# A few of each kind for what multiplies with many other choices.
FEW_SHAPES = [(7, 5, 3), (33, 17, 10), (6, 4, 1), (20, 31, 70)]


def random_shapes(count: int, seed: int) -> list[tuple[int, int, int]]:
    rng = np.random.default_rng(seed)
    return [tuple(int(n) for n in np.exp(rng.uniform(0, np.log(high), 3))) for high in [40, 150] * (count // 2)]


# ---------------------------------------------------------------------------------------------------------------------
# Losses
# ---------------------------------------------------------------------------------------------------------------------

SPECS: list[Loss] = [replace(spec, targets=kind) for spec in fastlc.LOSSES.values() for kind in spec.targets]
"""The registry, where a loss that takes labels or values is there for each: `targets` is "labels" or "values"."""


# A loss of each structure meets all shapes: softmax of labels and of targets, a sum over rivals and their maximum,
# columns each for itself with labels and with targets.
_THOROUGH = {"cross_entropy", "cross_entropy-values", "hinge", "crammer_singer", "logistic", "squared_error"}


def with_each(cases: list[Any], few: list[Any]) -> list[tuple[Loss, Any]]:
    """A loss of each structure with all cases, the others with a few of them."""
    return [(spec, case) for case in cases for spec in SPECS if spec_id(spec) in _THOROUGH or case in few]


def pair_id(pair: tuple[Loss, Any]) -> str:
    return f"{spec_id(pair[0])}-{pair[1]}"


def spec_id(spec: Loss) -> str:
    """Its name; that of a loss's second kind of targets says which."""
    return spec.name if spec.targets == fastlc.LOSSES[spec.name].targets[0] else f"{spec.name}-{spec.targets}"


def exclusive(spec: Loss) -> bool:
    """Whether classes exclude each other."""
    return "class_weight" in spec.keywords and not spec.one_vs_rest


def is_constant(spec: Loss, classes: int) -> bool:
    """Whether training is refused, as there is nothing to learn: a single one of classes that exclude each other."""
    return classes == 1 and exclusive(spec)


def variants(spec: Loss) -> list[dict[str, Any]]:
    """Choices of a loss's own options to try, the defaults first; of labels the last ignores some."""
    if spec.targets == "labels":
        own = {
            "cross_entropy": [
                {"label_smoothing": 0.1},
                {"ignore_index": 1},
                {"label_smoothing": 1.0, "ignore_index": 0},
            ],
            "hinge": [{"p": 2}, {"margin": 0.4}, {"margin": -0.7, "p": 2, "ignore_index": 1}],
            "crammer_singer": [{"margin": 0.4}, {"margin": -0.7, "ignore_index": 1}],
        }
        return [{}, *own.get(spec.name, [{"ignore_index": 0}])]
    options = {
        "label_smoothing": [{"label_smoothing": 0.1}, {"label_smoothing": 1.0}],
        "epsilon": [{"epsilon": 0.7}, {"epsilon": 0.0}],
    }
    return [{}, *(choice for option in spec.options for choice in options.get(option, []))]


@dataclass(frozen=True)
class Problem:
    """Native, contiguous arrays of one dtype; y as the loss wants it."""

    X: Array
    y: Array
    W: Array
    b: Array
    S: Array
    """Scores for the losses on scores: not those of X, W and b, but of the same shape."""
    sample_weight: Array
    """With zeros among them."""
    class_weight: Array
    pos_weight: Array

    @property
    def dtype(self) -> Any:
        return self.X.dtype


def problem(shape: tuple[int, int, int], dtype: Any, spec: Loss | None = None, seed: int = 0) -> Problem:
    """A random problem for a loss, with scores of a few units, as in training; without a loss y are labels."""
    if spec is None:
        return _problem(shape, dtype, shape[2], seed)
    return _problem(shape, dtype, None if spec.targets == "values" else number_of_labels(spec, shape[2]), seed)


def number_of_labels(spec: Loss, classes: int) -> int:
    """If each class is held against the rest, a single one has labels 0 and 1."""
    return 2 if classes == 1 and spec.one_vs_rest else classes


@cache
def _problem(shape: tuple[int, int, int], dtype: Any, labels: int | None, seed: int) -> Problem:
    """`labels`: how many there are; None for targets that are floats."""
    N, D, C = shape
    rng = np.random.default_rng([N, D, C, seed])

    def normal(*size: int, scale: float = 1.0) -> Array:
        return (scale * rng.normal(size=size)).astype(dtype)

    weight = rng.uniform(0.2, 3, N)
    weight[1::4] = 0
    y = rng.random((N, C)).astype(dtype) if labels is None else rng.integers(0, max(labels, 1), N)
    made = Problem(
        X=normal(N, D),
        y=y,
        W=normal(C, D, scale=2 / max(D, 1) ** 0.5),
        b=normal(C),
        S=normal(N, C, scale=3.0),
        sample_weight=weight.astype(dtype),
        class_weight=rng.uniform(0.3, 2, C).astype(dtype),
        pos_weight=rng.uniform(0.3, 2, C).astype(dtype),
    )
    for array in vars(made).values():
        array.flags.writeable = False  # cached: shared by tests
    return made


def class_weight(spec: Loss, p: Problem) -> dict[str, Array]:
    """What weighs classes, as far as the loss has it."""
    return {name: getattr(p, name) for name in ("class_weight", "pos_weight") if name in spec.keywords}


def all_weights(spec: Loss, p: Problem) -> dict[str, Array]:
    return {"sample_weight": p.sample_weight, **class_weight(spec, p)}


def own_copy(a: Array) -> Array:
    """A writable contiguous copy."""
    return np.array(a, order="C", subok=False)


class Raises:
    """An object that raises when it is asked for its value by any of the methods."""

    def __new__(cls, error: BaseException, *methods: str) -> Any:
        def ask(self: Any, *_: Any, **__: Any) -> Any:
            raise error

        return object.__new__(type("Raises", (), dict.fromkeys(methods, ask)))


# ---------------------------------------------------------------------------------------------------------------------
# Layouts: functions that store the values of an array in another way
# ---------------------------------------------------------------------------------------------------------------------


def _padding(a: Array) -> Any:
    """What lies between the elements of a strided array: if a kernel reads it, the result shows it."""
    return np.nan if a.dtype.kind == "f" else np.iinfo(a.dtype).max


def _placed(a: Array, shape: list[int], where: tuple[slice, ...]) -> Array:
    big = np.full(shape, _padding(a), a.dtype)
    big[where] = a
    return big[where]


def _strided_rows(a: Array) -> Array:
    return _placed(a, [2 * a.shape[0], *a.shape[1:]], (slice(None, None, 2),))


def _strided_columns(a: Array) -> Array:
    return _placed(a, [*a.shape[:-1], 3 * a.shape[-1]], (..., slice(1, None, 3)))


def _sliced_columns(a: Array) -> Array:
    return _placed(a, [*a.shape[:-1], a.shape[-1] + 5], (..., slice(2, 2 + a.shape[-1])))


def _reversed_rows(a: Array) -> Array:
    return own_copy(a[::-1])[::-1]


def _reversed_columns(a: Array) -> Array:
    return own_copy(a[..., ::-1])[..., ::-1]


def _read_only(a: Array) -> Array:
    copy = own_copy(a)
    copy.flags.writeable = False
    return copy


def _at_offset(a: Array, offset: int) -> Array:
    """At `offset` bytes behind an address that a vector register likes."""
    room = np.zeros(a.nbytes + 64 + offset, np.uint8)
    start = -room.ctypes.data % 64 + offset
    moved = room[start : start + a.nbytes].view(a.dtype).reshape(a.shape)
    moved[...] = a
    return moved


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "fortran": np.asfortranarray,
    "strided rows": _strided_rows,
    "strided columns": _strided_columns,
    "sliced columns": _sliced_columns,
    "reversed rows": _reversed_rows,
    "reversed columns": _reversed_columns,
    "reversed both": lambda a: own_copy(a[::-1, ..., ::-1])[::-1, ..., ::-1] if a.ndim > 1 else _reversed_rows(a),
    "read-only": _read_only,
    "misaligned": lambda a: _at_offset(a, 1),
    "one element off": lambda a: _at_offset(a, a.itemsize),
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
}


# ---------------------------------------------------------------------------------------------------------------------
# Every function at once, as bytes
# ---------------------------------------------------------------------------------------------------------------------


def as_bytes(result: Any) -> Any:
    """A result as something that compares bit for bit, nan and the sign of zero included."""
    if isinstance(result, tuple):
        return tuple(as_bytes(part) for part in result)
    if isinstance(result, np.ndarray):
        return type(result), result.dtype.str, result.shape, result.tobytes()
    return type(result), np.float64(result).tobytes() if isinstance(result, float) else result


Calls = Iterator[tuple[str, Callable[[], Any]]]


def calls_without_loss(p: Problem) -> Calls:
    """Everything that computes and is no loss, on the arrays of `p` as they lie in memory."""
    for f in (fastlc.scores, fastlc.predict, fastlc.predict_proba):
        yield f.__name__, partial(f, p.X, p.W, p.b)
    for f in (fastlc.softmax, fastlc.log_softmax, fastlc.sigmoid):
        yield f.__name__, partial(f, p.S)

    def step() -> Any:
        W, velocity = own_copy(p.W).astype(p.W.dtype.newbyteorder("=")), np.ones(p.W.shape, p.W.dtype.newbyteorder("="))
        how = {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01, "l1": 1e-3, "l2": 0.5}
        fastlc.sgd_step(W, p.W, 0.1, velocity=velocity, **how)
        return W, velocity

    yield "sgd_step", step


def calls_of_loss(spec: Loss, p: Problem, options: dict[str, Any]) -> Calls:
    """Every use of a loss, on the arrays of `p` as they lie in memory; y must be what the loss wants."""
    weights = all_weights(spec, p)
    for reduction in ("mean", "none"):
        how = {**weights, "reduction": reduction, **options}
        yield f"{spec.name} {reduction}", lambda how=how: spec.on_scores(p.S, p.y, **how)
        yield f"linear_{spec.name} {reduction}", lambda how=how: spec.linear(p.X, p.y, p.W, p.b, dX=True, **how)
    yield f"linear_{spec.name} penalised", lambda: spec.linear(p.X, p.y, p.W, l1=0.01, l2=0.1, **options)
    yield f"linear_{spec.name} loss alone", lambda: spec.linear(p.X, p.y, p.W, p.b, grad=False, **weights, **options)
    for batch_size in () if is_constant(spec, len(p.W)) else (1, max(2, len(p.X) // 3)):
        yield f"sgd_epoch {spec.name} {batch_size}", lambda size=batch_size: epoch(spec, p, size, **weights, **options)


def epoch(spec: Loss, p: Problem, batch_size: int, /, **options: Any) -> Any:
    """An epoch in shuffled order from the weights of `p`: what it returns and what it leaves."""
    native = p.W.dtype.newbyteorder("=")
    W, b = own_copy(p.W).astype(native), own_copy(p.b).astype(native)
    state = fastlc.SGDState(W, b, average_from=1)
    order = np.random.default_rng(0).permutation(len(p.X))[:300]
    how = {"loss": spec.name, "lr": 0.01, "momentum": 0.5, "dampening": 0.25, "weight_decay": 0.1, "l2": 0.2}
    mean = fastlc.sgd_epoch(p.X, p.y, W, b, batch_size=batch_size, order=order, state=state, **how, **options)
    return mean, W, b, state.velocity_W, state.velocity_b, state.average_W, state.average_b, state.step


# ---------------------------------------------------------------------------------------------------------------------
# A call of each function that works, to be changed a little
# ---------------------------------------------------------------------------------------------------------------------

Arguments = dict[str, Any]

FUNCTIONS = ["scores", "predict", "predict_proba", "softmax", "log_softmax", "sigmoid", "sgd_step", "sgd_epoch"]
FUNCTIONS += [prefix + name for name in fastlc.LOSSES for prefix in ("", "linear_")]


def ones(*shape: int, dtype: Any = np.float32) -> Any:
    return np.ones(shape, dtype)


def targets_of(function: str) -> tuple[str, ...]:
    """What y of a function may be: of a loss, or of the loss with which `working` calls it."""
    return fastlc.LOSSES["hinge" if function == "sgd_epoch" else function.removeprefix("linear_")].targets


def working(function: str) -> Arguments:
    """Arguments with which `function` works: 6 rows, 4 columns, 3 classes, float32."""
    y = np.array([0, 1, 2, 0, 1, 2])
    linear = {"X": ones(6, 4), "W": ones(3, 4), "b": ones(3)}
    if function in ("scores", "predict", "predict_proba"):
        return linear
    if function in ("softmax", "log_softmax", "sigmoid"):
        return {"S": ones(6, 3)}
    if function == "sgd_step":
        return {"W": ones(3, 4), "dW": ones(3, 4), "lr": 0.1}
    if function == "sgd_epoch":
        state = fastlc.SGDState(ones(3, 4), ones(3))
        return {**linear, "y": y, "loss": "hinge", "lr": 0.1, "batch_size": 2, "state": state}
    first = linear if function.startswith("linear_") else {"S": ones(6, 3)}
    return {**first, "y": y if "labels" in targets_of(function) else ones(6, 3)}
