"""What is refused, with which sentence: exactly these words, the right class, and nothing changed.

One table a group of functions; a row is the function, what is changed about a call that works, and the sentence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastlc

from ..support import bounds
from ..support.cases import FUNCTIONS, LAYOUTS, Arguments, as_bytes, ones, own_copy, targets_of, working

Row = tuple[str, Arguments | Callable[[], Arguments], str]

F32, F64 = np.float32, np.float64


def held(arguments: Arguments) -> dict[str, Any]:
    """The bytes of all arrays, those of a state included."""
    state = arguments.get("state")
    arrays = {**arguments, **(vars(state) if isinstance(state, fastlc.SGDState) else {})}
    return {name: a.tobytes() if isinstance(a, np.ndarray) else a for name, a in arrays.items() if name != "state"}


def assert_refused(function: str, changes: Any, error: type[Exception], message: str) -> None:
    arguments = {**working(function), **(changes() if callable(changes) else changes)}
    before = held(arguments)
    with pytest.raises(error) as caught:
        getattr(fastlc, function)(**arguments)
    assert str(caught.value) == message
    assert type(caught.value) is error
    assert held(arguments) == before


def table(rows: list[Row]) -> Any:
    return pytest.mark.parametrize(
        ("function", "changes", "message"), rows, ids=[f"{function}: {message}" for function, _, message in rows]
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_unchanged_call_works(function) -> None:
    getattr(fastlc, function)(**working(function))


# ---------------------------------------------------------------------------------------------------------------------
# Dtypes
# ---------------------------------------------------------------------------------------------------------------------

CONVERT = "expected float32 or float64: convert it with"


def _wrong_dtypes() -> list[Row]:
    rows: list[Row] = []
    for dtype in ("int64", "int32", "uint8", "bool", "float16", "complex128"):
        for function, name in (
            ("scores", "X"),
            ("linear_hinge", "X"),
            ("hinge", "S"),
            ("softmax", "S"),
            ("sgd_epoch", "X"),
        ):
            wrong = working(function)[name].astype(dtype)
            rows.append((function, {name: wrong}, f"{name} has dtype {dtype}, {CONVERT} {name}.astype(numpy.float32)"))
    rows.append(("scores", {"X": [[1, 2, 3, 4]]}, f"X has dtype int64, {CONVERT} numpy.array(X, numpy.float32)"))
    rows.append(("sgd_step", {"W": np.ones((3, 4), int)}, f"W has dtype int64, {CONVERT} W.astype(numpy.float32)"))
    linear = [f"linear_{name}" for name in fastlc.LOSSES]
    for function in ("scores", "predict", "predict_proba", "sgd_epoch", *linear):
        rows.append((function, {"W": ones(3, 4, dtype=F64)}, "W has dtype float64, X has float32: convert one of them"))
        rows.append((function, {"b": ones(3, dtype=F64)}, "b has dtype float64, X has float32: convert one of them"))
        rows.append((function, {"X": ones(6, 4, dtype=F64)}, "W has dtype float32, X has float64: convert one of them"))
    of_X = "expected float32, the dtype of X: convert it with"
    rows.append(("scores", {"W": np.ones((3, 4), int)}, f"W has dtype int64, {of_X} W.astype(numpy.float32)"))
    for function in (*fastlc.LOSSES, *linear, "sgd_epoch"):
        first = "S" if function in fastlc.LOSSES else "X"
        mixed = f"has dtype float64, {first} has float32: convert one of them"
        rows.append((function, {"sample_weight": ones(6, dtype=F64)}, f"sample_weight {mixed}"))
        spec = fastlc.LOSSES["hinge" if function == "sgd_epoch" else function.removeprefix("linear_")]
        for name in ("class_weight", "pos_weight"):
            if name in spec.keywords:
                rows.append((function, {name: ones(3, dtype=F64)}, f"{name} {mixed}"))
        if "ignore_index" in spec.keywords:
            for wrong, kind in ((1.5, "float"), ("1", "str"), ([1], "list")):
                sentence = f"ignore_index is a {kind}, expected an integer"
                rows.append((function, {"ignore_index": wrong}, sentence))
        if spec.targets == ("labels",):
            sentence = "y has dtype float64, expected integer labels: convert whole numbers with y.astype(int)"
            rows.append((function, {"y": ones(6, dtype=F64)}, sentence))
            rows.append((function, {"y": [0.0] * 6}, sentence.replace("y.astype(int)", "numpy.array(y, int)")))
            continue
        rows.append((function, {"y": ones(6, 3, dtype=F64)}, f"y {mixed}"))
        for dtype in ("float16", "complex128") if "labels" in spec.targets else ("int64", "bool"):
            sentence = f"y has dtype {dtype}, expected float32, the dtype of {first}: convert it with"
            rows.append((function, {"y": np.ones((6, 3), dtype)}, f"{sentence} y.astype(numpy.float32)"))
    rows += [
        ("scores", {"out": ones(6, 3, dtype=F64)}, "out has dtype float64, X has float32: convert one of them"),
        ("scores", {"out": [[0.0] * 3] * 6}, "out is a list, expected a NumPy array"),
        ("sgd_epoch", {"W": [[0.0] * 4] * 3}, "W is a list, expected a NumPy array"),
        ("sgd_epoch", {"b": [0.0] * 3}, "b is a list, expected a NumPy array"),
        ("sgd_epoch", {"order": ones(6, dtype=F64)}, "order has dtype float64, expected integers"),
        ("sgd_step", {"W": [[0.0] * 4] * 3}, "W is a list, expected a NumPy array"),
        ("sgd_step", {"dW": ones(3, 4, dtype=F64)}, "dW has dtype float64, W has float32: convert one of them"),
        ("sgd_step", {"velocity": [[0.0] * 4] * 3, "momentum": 0.5}, "velocity is a list, expected a NumPy array"),
        (
            "sgd_step",
            {"velocity": ones(3, 4, dtype=F64), "momentum": 0.5},
            "velocity has dtype float64, W has float32: convert one of them",
        ),
    ]
    return rows


@table(_wrong_dtypes())
def test_dtypes(function, changes, message) -> None:
    assert_refused(function, changes, TypeError, message)


# ---------------------------------------------------------------------------------------------------------------------
# Shapes and values
# ---------------------------------------------------------------------------------------------------------------------


def _wrong_shapes() -> list[Row]:
    rows: list[Row] = []
    linear = [f"linear_{name}" for name in fastlc.LOSSES]
    for function in ("scores", "predict", "predict_proba", "sgd_epoch", *linear):
        rows += [
            (function, {"X": ones(4)}, "X has shape (4,), expected (N, D)"),
            (function, {"X": ones(6, 4, 1)}, "X has shape (6, 4, 1), expected (N, D)"),
            (function, {"W": ones(4)}, "W has shape (4,), expected (C, D)"),
            (function, {"W": ones(3, 5)}, "W has 5 columns, X has 4"),
            (function, {"b": ones(4)}, "b has shape (4,), expected (3,)"),
            (function, {"b": ones(3, 1)}, "b has shape (3, 1), expected (3,)"),
        ]
    for function in (*fastlc.LOSSES, *linear, "sgd_epoch"):
        rows.append((function, {"sample_weight": ones(5)}, "sample_weight has shape (5,), expected (6,)"))
        rows.append((function, {"sample_weight": ones(6, 1)}, "sample_weight has shape (6, 1), expected (6,)"))
        targets = targets_of(function)
        if "values" in targets:
            rows.append((function, {"y": ones(6, 2)}, "y has shape (6, 2), expected (6, 3)"))
            if "labels" not in targets:  # else these are labels, as of floats
                rows.append((function, {"y": ones(6)}, "y has shape (6,), expected (6, 3)"))
        if "labels" not in targets:
            continue
        flat = "y has shape (6, 1), expected (6,)"
        if "values" in targets:
            first = "S" if function in fastlc.LOSSES else "X"
            flat = f"y has shape (6, 1) and integers, expected (6,) labels, or targets of the dtype of {first}"
            floats = {"y": ones(6, 3), "ignore_index": 1}
            rows.append((function, floats, "ignore_index is for integer labels, y holds floats"))
        if "pos_weight" in inspect.signature(getattr(fastlc, function)).parameters and function != "sgd_epoch":
            rows.append((function, {"pos_weight": ones(4)}, "pos_weight has shape (4,), expected (3,)"))
        rows += [
            (function, {"y": np.zeros(5, int)}, "y has shape (5,), expected (6,)"),
            (function, {"y": np.zeros((6, 1), int)}, flat),
            (function, {"class_weight": ones(2)}, "class_weight has shape (2,), expected (3,)"),
            (function, {"y": np.array([0, -1, 2, 3, 0, 0]), "ignore_index": -1}, "y[3] = 3 is outside [0, 3)"),
            (
                function,
                {"y": np.array([0, 1, 2, 255, 0, 0], np.uint8), "ignore_index": -1},
                "y[3] = 255 is outside [0, 3)",
            ),
            (function, {"y": np.array([0, 1, 2, 3, 0, 0])}, "y[3] = 3 is outside [0, 3)"),
            (function, {"y": np.array([0, 1, 2, 1, 0, -1], np.int8)}, "y[5] = -1 is outside [0, 3)"),
            (function, {"y": np.array([0, 255, 2, 1, 0, 1], np.uint8)}, "y[1] = 255 is outside [0, 3)"),
            (function, {"y": np.array([0, 1, 2, 1, 2**63, 1], np.uint64)}, f"y[4] = {2**63} is outside [0, 3)"),
            (function, {"y": np.array([0, 1, 2, 1, 2**32, 1])}, f"y[4] = {2**32} is outside [0, 3)"),
        ]
    for function in fastlc.LOSSES:
        rows.append((function, {"S": ones(3)}, "S has shape (3,), expected (N, C)"))
    for function in ("softmax", "log_softmax", "sigmoid"):
        rows.append((function, {"S": ones(2, 2, 2)}, "S has shape (2, 2, 2), expected (N, C) or (C,)"))
        rows.append((function, {"S": np.array(1.0)}, "S has shape (), expected (N, C) or (C,)"))
    for function in ("predict", "predict_proba"):
        rows.append((function, {"W": ones(0, 4), "b": None}, "W has no rows"))
    rows += [
        ("linear_hinge", {"W": ones(0, 4), "b": None}, "y[0] = 0 is outside [0, 0)"),
        ("hinge", {"S": ones(6, 1)}, "y[1] = 1 is outside [0, 1)"),
        *[(f"ovr_{loss}", {"S": ones(6, 1)}, "y[2] = 2 is outside [0, 2)") for loss in ("hinge", "perceptron")],
        ("linear_logistic", {"W": ones(1, 4), "b": None}, "y[2] = 2 is outside [0, 2)"),
        ("scores", {"out": ones(2, 2)}, "out has shape (2, 2), expected (6, 3)"),
        ("sgd_step", {"dW": ones(2, 4)}, "dW has shape (2, 4), expected (3, 4)"),
        ("sgd_step", {"velocity": ones(2, 4), "momentum": 0.5}, "velocity has shape (2, 4), expected (3, 4)"),
        ("sgd_epoch", {"lr": [0.1] * 4}, "lr has 4 values, expected one for each of the 3 batches"),
        ("sgd_epoch", {"lr": [0.1] * 2}, "lr has 2 values, expected one for each of the 3 batches"),
        ("sgd_epoch", {"order": np.array([0, 1, 2, 6])}, "order[3] = 6 is outside [0, 6)"),
        ("sgd_epoch", {"order": np.array([-1, 1, 2])}, "order[0] = -1 is outside [0, 6)"),
    ]
    return rows


@table(_wrong_shapes())
def test_shapes_and_labels(function, changes, message) -> None:
    assert_refused(function, changes, ValueError, message)


def test_labels_are_named_by_their_row_whatever_the_order() -> None:
    changes = {"y": np.array([0, 1, 2, 7, 0, 0]), "order": np.array([5, 4, 3])}
    assert_refused("sgd_epoch", changes, ValueError, "y[3] = 7 is outside [0, 3)")


def test_labels_in_a_large_problem() -> None:
    """Where the check is split among threads, the first label that is wrong is still the one named."""
    y = np.zeros(300_000, np.int32)
    y[[17, 250_000]] = 10
    X, W = ones(300_000, 2), ones(10, 2)
    with pytest.raises(ValueError, match=r"^y\[17\] = 10 is outside \[0, 10\)$"):
        fastlc.linear_cross_entropy(X, y, W)


NOT_FINITE = "expected a finite number >= 0"
STEP_OPTIONS = ("lr", "momentum", "dampening", "weight_decay", "l1", "l2")
VALUES: list[Row] = [
    *[("sgd_step", {name: value}, f"{name} = {value}, {NOT_FINITE}")
      for name in STEP_OPTIONS for value in (float("nan"), float("inf"), -0.5)],
    *[("sgd_epoch", {name: value}, f"{name} = {value}, {NOT_FINITE}")
      for name in STEP_OPTIONS for value in (float("nan"), float("inf"), -0.5)],
    *[("sgd_epoch", {"lr": lambda step, value=value: value if step else 0.1}, f"lr = {value}, {NOT_FINITE}")
      for value in (float("nan"), float("inf"), -0.5)],
    *[("linear_hinge", {name: value}, f"{name} = {value}, {NOT_FINITE}")
      for name in ("l1", "l2") for value in (float("nan"), float("inf"), -0.5)],
    *[(function, {"reduction": "avg"}, "reduction = 'avg' is unknown, choose from mean, sum, none")
      for function in ("hinge", "linear_hinge", "squared_error", "linear_squared_error")],
    ("linear_hinge", {"reduction": "none", "l2": 0.1}, "reduction = 'none' leaves no place for l1 and l2"),
    ("linear_hinge", {"reduction": "none", "l1": 0.1}, "reduction = 'none' leaves no place for l1 and l2"),
    *[(function, {"p": 3}, "p = 3, expected 1 or 2") for function in ("hinge", "linear_hinge", "sgd_epoch")],
    *[(function, {"margin": value}, f"margin = {value}, expected a finite number")
      for function in ("hinge", "linear_hinge", "sgd_epoch", "crammer_singer", "linear_crammer_singer")
      for value in (float("nan"), float("inf"))],
    *[(function, {"epsilon": value}, f"epsilon = {value}, {NOT_FINITE}")
      for function in ("huber", "linear_epsilon_insensitive", "squared_epsilon_insensitive")
      for value in (float("nan"), float("inf"), -1)],
    *[(function, {"label_smoothing": value}, f"label_smoothing = {value:g}, expected a number in [0, 1]")
      for function in ("cross_entropy", "linear_cross_entropy") for value in (-0.1, 1.5, float("nan"))],
    ("sgd_epoch", {"batch_size": 0}, "batch_size = 0, expected at least 1"),
    ("sgd_epoch", {"batch_size": -3}, "batch_size = -3, expected at least 1"),
    ("sgd_epoch", {"nesterov": True}, "nesterov needs momentum"),
    ("sgd_step", {"nesterov": True}, "nesterov needs momentum"),
    *[(function, {"momentum": 0.5, "dampening": 0.5, "nesterov": True}, "nesterov needs dampening = 0, not 0.5")
      for function in ("sgd_epoch", "sgd_step")],
    ("sgd_step", {"momentum": 0.5}, "momentum needs velocity"),
    ("sgd_epoch", {"loss": "foo"}, f"loss = 'foo' is unknown, choose from {', '.join(fastlc.LOSSES)}"),
]  # fmt: skip


@table(VALUES)
def test_values(function, changes, message) -> None:
    assert_refused(function, changes, ValueError, message)


def test_every_option_of_a_loss_refuses_values() -> None:
    """A new one brings here what it refuses."""
    options = {option for spec in fastlc.LOSSES.values() for option in spec.options}
    assert options <= {option for _, changes, _ in VALUES for option in changes}, "add rows to VALUES"


def test_the_losses_named_in_sentences() -> None:
    """All of them, in the order of the kernels."""
    assert list(fastlc.LOSSES) == list(bounds.LOSSES)


UNEXPECTED = "got an unexpected keyword argument"


@table(
    [
        *[(f, {"foo": 1}, f"{f}() {UNEXPECTED} 'foo'") for n in fastlc.LOSSES for f in (n, f"linear_{n}")],
        *[(f, {"margin": 1}, f"{f}() {UNEXPECTED} 'margin'") for f in ("cross_entropy", "linear_squared_error")],
        *[
            (f, {keyword: 1 if keyword == "ignore_index" else ones(3)}, f"{f}() {UNEXPECTED} {keyword!r}")
            for n, spec in fastlc.LOSSES.items()
            for keyword in ("class_weight", "ignore_index", "pos_weight")
            if keyword not in spec.keywords
            for f in (n, f"linear_{n}")
        ],
    ]
)
def test_unknown_options(function, changes, message) -> None:
    assert_refused(function, changes, TypeError, message)


@table(
    [
        (function, {option: value}, f"{option} is {came}, expected a number")
        for name, spec in fastlc.LOSSES.items()
        for option in spec.options
        for function in (name, f"linear_{name}", *(["sgd_epoch"] if name == "hinge" else []))
        for value, came in [
            ("1", "a str"),
            (True, "a bool"),
            (None, "a NoneType"),
            ([1.0], "a list"),
            (1j, "a complex"),
            (np.ones(3), "an array of shape (3,) and dtype float64"),
            (np.array(["1"]), "an array of shape (1,) and dtype <U1"),
        ]
    ]
)
def test_options_that_are_no_numbers(function, changes, message) -> None:
    assert_refused(function, changes, TypeError, message)


@pytest.mark.parametrize("option", [{"foo": 1}, {"epsilon": 0.1}, {"pos_weight": ones(3)}], ids=str)
def test_unknown_options_of_an_epoch(option) -> None:
    arguments = {**working("sgd_epoch"), **option}
    before = held(arguments)
    with pytest.raises(TypeError, match=rf"^\w+\(\) {UNEXPECTED} '{next(iter(option))}'$"):
        fastlc.sgd_epoch(**arguments)
    assert held(arguments) == before


# ---------------------------------------------------------------------------------------------------------------------
# Arrays that are written to
# ---------------------------------------------------------------------------------------------------------------------

SENTENCES = {
    "read-only": "is read-only",
    "fortran": "is not C-contiguous",
    "strided columns": "is not C-contiguous",
    "strided rows": "is not C-contiguous",
    "reversed rows": "is not C-contiguous",
    "misaligned": "is not aligned",
    "big-endian": "is not in native byte order",
}


def _unwritable() -> list[Row]:
    rows: list[Row] = []
    for function, name in (
        ("scores", "out"),
        ("sgd_epoch", "W"),
        ("sgd_epoch", "b"),
        ("sgd_step", "W"),
        ("sgd_step", "velocity"),
    ):
        array = {"out": ones(6, 3), "b": ones(3)}.get(name, ones(3, 4))
        for layout, sentence in SENTENCES.items():
            if name == "b" and layout == "fortran":
                continue  # one axis is contiguous in either order
            rows.append((function, {"momentum": 0.5} | {name: LAYOUTS[layout](array)}, f"{name} {sentence}"))
    return [(f, {k: v for k, v in c.items() if k != "momentum" or f == "sgd_step"}, m) for f, c, m in rows]


@table(_unwritable())
def test_arrays_that_cannot_be_written(function, changes, message) -> None:
    if function == "sgd_step":
        changes = {"velocity": ones(3, 4), **changes}
    assert_refused(function, changes, ValueError, message)


def _from_one(**shapes: tuple[int, tuple[int, ...]]) -> Callable[[], Arguments]:
    """Arrays of the given (start, shape) in one piece of memory."""

    def make() -> Arguments:
        memory = np.arange(64, dtype=F32)
        return {name: memory[at : at + int(np.prod(shape))].reshape(shape) for name, (at, shape) in shapes.items()}

    return make


@table(
    [
        ("scores", _from_one(out=(0, (6, 3)), X=(17, (6, 4))), "out overlaps X"),
        ("scores", _from_one(out=(0, (6, 3)), W=(0, (3, 4))), "out overlaps W"),
        ("scores", _from_one(out=(2, (6, 3)), b=(0, (3,))), "out overlaps b"),
        ("sgd_epoch", _from_one(X=(0, (6, 4)), W=(23, (3, 4))), "W overlaps X"),
        ("sgd_epoch", _from_one(X=(0, (6, 4)), b=(2, (3,))), "b overlaps X"),
        ("sgd_epoch", _from_one(sample_weight=(0, (6,)), W=(5, (3, 4))), "W overlaps sample_weight"),
        ("sgd_epoch", _from_one(class_weight=(0, (3,)), b=(2, (3,))), "b overlaps class_weight"),
        (
            "sgd_epoch",
            lambda: _from_one(pos_weight=(0, (3,)), b=(2, (3,)))() | {"loss": "logistic"},
            "b overlaps pos_weight",
        ),
        ("sgd_step", _from_one(W=(0, (3, 4)), dW=(11, (3, 4))), "W overlaps dW"),
        ("sgd_step", _from_one(W=(0, (3, 4)), dW=(0, (3, 4))), "W overlaps dW"),
    ]
)
def test_arrays_that_overlap_an_input(function, changes, message) -> None:
    assert_refused(function, changes, ValueError, message)


@pytest.mark.parametrize(
    ("function", "names", "changes"),
    [
        ("sgd_epoch", ("W", "b"), _from_one(W=(0, (3, 4)), b=(11, (3,)))),
        ("sgd_step", ("W", "velocity"), _from_one(W=(0, (3, 4)), velocity=(0, (3, 4)))),
        ("sgd_step", ("dW", "velocity"), _from_one(dW=(0, (3, 4)), velocity=(3, (3, 4)))),
    ],
)
def test_arrays_that_overlap_each_other(function, names, changes) -> None:
    arguments = {**working(function), **changes(), **({"momentum": 0.5} if function == "sgd_step" else {})}
    before = held(arguments)
    first, second = names
    with pytest.raises(ValueError, match=rf"^({first} overlaps {second}|{second} overlaps {first})$"):
        getattr(fastlc, function)(**arguments)
    assert held(arguments) == before


@pytest.mark.parametrize(
    ("function", "name", "shape", "into"),
    [
        *[("scores", "X", (6, 4), "out"), ("scores", "W", (3, 4), "out"), ("scores", "b", (3,), "out")],
        *[("sgd_step", "dW", (3, 4), "W"), ("sgd_epoch", "X", (6, 4), "W"), ("sgd_epoch", "y", (6,), "W")],
        *[("sgd_epoch", "sample_weight", (6,), "b"), ("sgd_epoch", "class_weight", (3,), "W")],
        *[("sgd_epoch", "order", (6,), "b"), ("sgd_epoch", "lr", (3,), "b")],
    ],
)
def test_arrays_in_no_layout_of_the_kernels_that_overlap(function, name, shape, into) -> None:
    """A copy is read, but the caller's array would be written all the same."""
    memory = np.zeros(64, F32)
    of = memory.view(np.int32) if name in ("y", "order") else memory
    read = of[: 2 * int(np.prod(shape))].reshape(*shape[:-1], 2 * shape[-1])[..., ::2]
    written = {"out": (6, 3), "W": (3, 4), "b": (3,)}[into]
    changes = {name: read, into: memory[: int(np.prod(written))].reshape(written)}
    assert_refused(function, changes, ValueError, f"{into} overlaps {name}")
    apart = {**working(function), **changes, into: ones(*written)}
    before = memory.tobytes()
    getattr(fastlc, function)(**apart)
    assert memory.tobytes() == before


def test_interleaved_arrays_do_not_overlap() -> None:
    """W lies between two rows of X: their extents cross, but no element is shared."""
    memory = np.random.default_rng(0).normal(size=6 * 20)
    X = memory.reshape(6, 20)[:, :4]
    W = memory[5:17].reshape(3, 4)
    y, apart = np.array([0, 1, 2, 0, 1, 2]), (own_copy(X), own_copy(W))
    fastlc.sgd_epoch(X, y, W, loss="hinge", lr=0.1, batch_size=2)
    fastlc.sgd_epoch(apart[0], y, apart[1], loss="hinge", lr=0.1, batch_size=2)
    assert W.tobytes() == apart[1].tobytes()
    assert X.tobytes() == apart[0].tobytes()


@pytest.mark.parametrize(
    ("function", "name", "element", "error", "message"),
    [
        ("sgd_epoch", "order", np.float32(1), TypeError, "order has dtype float32, expected integers"),
        ("sgd_epoch", "order", np.uint64(2**63), ValueError, "order holds 9223372036854775808, which does not fit"),
        ("hinge", "y", np.float16(1), TypeError, "y has dtype float16, expected integer labels: convert"),
        ("hinge", "y", np.float64("nan"), TypeError, r"y\[0\] is missing \(nan\), expected integer labels"),
        ("sgd_epoch", "lr", None, TypeError, r"lr\[0\] is a NoneType, expected a number"),
        ("hinge", "y", "a", TypeError, "y holds text, expected integer labels"),
        ("hinge", "y", 2**64, ValueError, "y holds an integer that does not fit int64"),
        ("scores", "X", b"a", TypeError, "X holds text, expected float32 or float64"),
    ],
)
def test_arrays_of_one_element_repeated(function, name, element, error, message) -> None:
    """Looked through once, however often it is repeated: 2⁶⁰ times would take decades."""
    of_python = element is None or isinstance(element, (str, bytes, int))
    value = np.broadcast_to(np.array(element, object if of_python else None), 2**59)
    with pytest.raises(error, match=f"^{message}"):
        getattr(fastlc, function)(**{**working(function), name: value})


def test_the_step_of_a_state_may_be_of_any_integer_type() -> None:
    """A narrow one has no room for the steps to come."""
    for step in (np.int8(127), np.array(255, np.uint8), 2**62):
        state = fastlc.SGDState(ones(3, 4), ones(3))
        state.step = step  # type: ignore[assignment]
        fastlc.sgd_epoch(**{**working("sgd_epoch"), "state": state})
        assert state.step == int(step) + 3
        assert type(state.step) is int


@pytest.mark.parametrize(
    "state", [((2, 4), (3,), F32), ((3, 4), (2,), F32), ((3, 4), (3,), F64), ((3, 4), None, F32)], ids=str
)
def test_a_state_of_other_weights(state) -> None:
    W_shape, b_shape, dtype = state
    made = fastlc.SGDState(ones(*W_shape, dtype=dtype), None if b_shape is None else ones(*b_shape, dtype=dtype))
    arguments = {**working("sgd_epoch"), "state": made, "momentum": 0.5}
    before = held(arguments)
    with pytest.raises((TypeError, ValueError), match=r"velocity|state"):
        fastlc.sgd_epoch(**arguments)
    assert held(arguments) == before


# ---------------------------------------------------------------------------------------------------------------------
# The commonest mistakes: the sentence says what is expected, and how to get there
# ---------------------------------------------------------------------------------------------------------------------

LABELS = {
    f: fastlc.LOSSES["hinge" if f == "sgd_epoch" else f.removeprefix("linear_")]
    for f in FUNCTIONS
    if "y" in working(f) and "labels" in targets_of(f)
}
"""The functions whose y may be labels, and their losses."""


def expected_of(function: str, labels: str = "integer labels") -> str:
    """What a function expects of y, in a sentence."""
    return labels + " or float targets of shape (6, 3)" * ("values" in LABELS[function].targets)


@pytest.mark.parametrize("function", LABELS)
@pytest.mark.parametrize("dtype", [F32, F64, np.float16, object])
def test_labels_of_floats(function, dtype) -> None:
    """Of the dtype of the scores or of another, in an array or a list: what NumPy reads from a file."""
    name = np.dtype(dtype).name
    sentence = f"y has dtype {name}, expected {expected_of(function)}: convert whole numbers with y.astype(int)"
    labels = np.array([0.0, 1, 2, 0, 1, 2]).astype(dtype)
    assert_refused(function, {"y": labels}, TypeError, sentence)
    assert_refused(function, {"y": labels[::-1]}, TypeError, sentence)
    if dtype is F64:
        in_a_list = sentence.replace("y.astype(int)", "numpy.array(y, int)")  # which has no method
        assert_refused(function, {"y": labels.tolist()}, TypeError, in_a_list)
    broken = np.array([0.0, 1, 2, 0, 1.5, 2]).astype(dtype)
    none = ", but y[4] = 1.5 is none; a regression has losses such as 'squared_error'" if dtype is not object else ""
    assert_refused(function, {"y": broken}, TypeError, sentence + none)
    getattr(fastlc, function)(**{**working(function), "y": labels.astype(int)})


@pytest.mark.parametrize("function", LABELS)
def test_labels_of_floats_if_there_is_one_class(function) -> None:
    """Where each class is held against the rest, and floats are taken, (N,) are the targets of its scores."""
    one = {"S": ones(6, 1)} if "S" in working(function) else {"W": ones(1, 4), "b": ones(1)}
    arguments = {**working(function), **one, "y": ones(6), **({"state": None} if function == "sgd_epoch" else {})}
    if LABELS[function].name == "logistic":
        getattr(fastlc, function)(**arguments)
        return
    with pytest.raises(TypeError, match=r"^y has dtype float32, expected integer labels.*y\.astype\(int\)$"):
        getattr(fastlc, function)(**arguments)


@pytest.mark.parametrize("function", LABELS)
def test_labels_of_text(function) -> None:
    names = ["ant", "bee", "cat", "ant", "bee", "cat"]
    sentence = f"y holds text, expected {expected_of(function)}: classes, y = numpy.unique(y, return_inverse=True)"
    pandas = pytest.importorskip("pandas")
    arrays = [np.array(names), np.array(names, "S"), np.array(names, object), np.array(names, np.dtypes.StringDType())]
    for y in (names, *arrays, pandas.Series(names), pandas.Series(names, dtype="category")):
        assert_refused(function, {"y": y}, TypeError, sentence)
    column = f"y holds text, expected {expected_of(function, 'integer labels of shape (6,)')}"
    column += ": classes, y = numpy.unique(numpy.ravel(y), return_inverse=True)"
    for y in (np.array(names)[:, None], pandas.DataFrame({"name": names})):
        assert_refused(function, {"y": y}, TypeError, column)
    numbered = np.unique(names, return_inverse=True)[1]
    getattr(fastlc, function)(**{**working(function), "y": numbered})


@pytest.mark.parametrize("function", LABELS)
def test_labels_that_are_missing(function) -> None:
    pandas = pytest.importorskip("pandas")
    labels = [0, 1, None, 0, 1, 2]
    missing: list[tuple[Any, str]] = [(labels, "None"), (np.array(labels, object), "None")]
    missing += [(np.array([0, 1, np.nan, 0, 1, 2], dtype), "nan") for dtype in (F32, F64, np.float16)]
    missing += [(pandas.Series(labels), "nan"), (pandas.array([0, 1, pandas.NA, 0, 1, 2], dtype=object), "<NA>")]
    way = "leave such rows out, or give them an integer of their own as ignore_index"
    for y, shown in missing:
        sentence = f"y[2] is missing ({shown}), expected {expected_of(function)}: {way}"
        assert_refused(function, {"y": y}, TypeError, sentence)
    with pytest.raises(TypeError, match=r"^y\[2\] is missing \((nan|<NA>)\), expected integer labels"):
        getattr(fastlc, function)(**{**working(function), "y": pandas.Series(labels, dtype="Int64")})
    getattr(fastlc, function)(**{**working(function), "y": pandas.Series([0, 1, 2, 0, 1, 2], dtype="Int64")})


@pytest.mark.parametrize("function", LABELS)
@pytest.mark.parametrize("y", [None, 3, 0.5, np.int64(3), "abc", {0, 1}], ids=repr)
def test_labels_that_are_no_array(function, y) -> None:
    sentence = f"y is a {type(y).__name__}, expected an array of {expected_of(function)}"
    assert_refused(function, {"y": y}, TypeError, sentence)


@pytest.mark.parametrize("function", LABELS)
def test_labels_that_are_true_or_false(function) -> None:
    y = np.array([False, True] * 3)
    expected = getattr(fastlc, function)(**{**working(function), "y": y.astype(int)})
    for given in (y, y.tolist()):
        assert as_bytes(getattr(fastlc, function)(**{**working(function), "y": given})) == as_bytes(expected)


@pytest.mark.parametrize("function", LABELS)
def test_labels_one_hot(function) -> None:
    """As floats they are targets, or of the wrong shape."""
    if "values" in LABELS[function].targets:
        getattr(fastlc, function)(**{**working(function), "y": np.eye(3, dtype=F32)[[0, 1, 2, 0, 1, 2]]})
        return
    sentence = "y has dtype float32 and shape (6, {}), expected integer labels of shape (6,): {}"
    one_hot, column = np.eye(3, dtype=F32)[[0, 1, 2, 0, 1, 2]], np.ones((6, 1), F32)
    rows = sentence.format(3, "numpy.argmax(y, axis=1) makes them of one-hot rows")
    assert_refused(function, {"y": one_hot}, TypeError, rows)
    whole = sentence.format(1, "convert whole numbers with numpy.ravel(y).astype(int)")
    assert_refused(function, {"y": column}, TypeError, whole)
    getattr(fastlc, function)(**{**working(function), "y": np.argmax(one_hot, axis=1)})
    getattr(fastlc, function)(**{**working(function), "y": np.ravel(column).astype(int)})


@pytest.mark.parametrize("function", LABELS)
@pytest.mark.parametrize("labels", [[0, 1, 2**63, 0, -1, 2**70], [10**400] * 6], ids=["2**70", "10**400"])
def test_labels_beyond_int64(function, labels) -> None:
    assert_refused(function, {"y": labels}, ValueError, "y holds an integer that does not fit int64")


WAYS = {
    dict: ": [class_weight[c] for c in range(C)]",
    str: ": balanced are len(y) / (C * numpy.bincount(y)), as pos_weight if the loss is one-vs-rest",
}


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (f, name)
        for f in FUNCTIONS
        for name in ("class_weight", "pos_weight", "sample_weight")
        if name in inspect.signature(getattr(fastlc, f)).parameters and (f, name) != ("sgd_epoch", "pos_weight")
    ],
)
def test_weights_as_scikit_learn_has_them(function, name) -> None:
    like, shape = ("S" if "S" in working(function) else "X"), "(N,)" if name == "sample_weight" else "(C,)"
    for value in ({0: 1.0, 1: 2.0, 2: 1.0}, "balanced", {1.0, 2.0}, b"balanced"):
        sentence = f"{name} is a {type(value).__name__}, expected an array {shape} of float32, the dtype of {like}"
        way = WAYS.get(type(value), "") if name == "class_weight" else ""
        assert_refused(function, {name: value}, TypeError, sentence + way)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if "X" in working(f)])
def test_features_of_a_frame(function) -> None:
    """A column of something else makes objects of all, which cannot be converted while it is there."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(working(function)["X"], columns=list("abcd"))
    colours = ["red", None, "blue"] * 2
    texts = ": leave columns of text out, or make numbers of them"
    text = f"X holds text (X[0, 3] = 'red'), expected float32 or float64{texts}"
    columns: list[tuple[Any, str]] = [(colours, text), (pandas.Series(colours, dtype="category"), text)]
    columns.append((pandas.Timestamp("2000-01-01"), "X[0, 3] is a Timestamp, expected a number"))
    columns.append((np.array([1, 2, None] * 2, object), "X[2, 3] is missing (None), expected a number"))
    columns.append((pandas.array([1, 2, None] * 2, "Int64"), "X[2, 3] is missing (<NA>), expected a number"))
    for column, sentence in columns:
        assert_refused(function, {"X": frame.assign(d=column)}, TypeError, sentence)
    lists = np.empty(6, object)
    lists[:] = list(working(function)["X"])
    assert_refused(function, {"X": lists}, TypeError, "X[0] is a ndarray, expected a number")
    for mixed in (frame.assign(d=True), frame.assign(d=pandas.array([1] * 6, "Int64"))):
        assert_refused(function, {"X": mixed}, TypeError, f"X has dtype object, {CONVERT} X.astype(numpy.float32)")
        getattr(fastlc, function)(**{**working(function), "X": mixed.astype(np.float32)})


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if "X" in working(f)])
def test_features_in_lists(function) -> None:
    X = [[1, 2, 3, 4]] * 6
    assert_refused(function, {"X": X}, TypeError, f"X has dtype int64, {CONVERT} numpy.array(X, numpy.float32)")
    getattr(fastlc, function)(**{**working(function), "X": np.array(X, np.float32)})
    text = (
        f"X holds text (X[0, 0] = '1'), {CONVERT.partition(':')[0]}: leave columns of text out, or make numbers of them"
    )
    assert_refused(function, {"X": [["1", "2", "3", "4"]] * 6}, TypeError, text)
    assert_refused(function, {"X": [[1.0, None, 3, 4]] * 6}, TypeError, "X[0, 1] is a NoneType, expected a number")


MASKS = [np.array([True, False] * 3), [True, False] * 3, (True,), np.True_, np.ones((6, 1), bool), np.zeros(0, bool)]


@pytest.mark.parametrize("mask", MASKS, ids=str)
def test_a_mask_is_no_order(mask) -> None:
    sentence = "order is boolean, expected numbers of rows: numpy.flatnonzero(mask) gives those of a mask"
    assert_refused("sgd_epoch", {"order": mask}, TypeError, sentence)


@table(
    [
        ("sgd_epoch", {"order": np.array(["1", "2"])}, "order holds text, expected integers"),
        ("sgd_epoch", {"order": [0, None]}, "order[1] is missing (None), expected integers"),
        ("sgd_epoch", {"order": "012"}, "order is a str, expected an array of integers"),
        ("sgd_epoch", {"order": {0: 1}}, "order is a dict, expected an array of integers"),
        ("sgd_epoch", {"order": np.zeros(2, complex)}, "order has dtype complex128, expected integers"),
    ]
)
def test_orders_that_are_none(function, changes, message) -> None:
    assert_refused(function, changes, TypeError, message)


@table(
    [
        ("sgd_epoch", {"order": [10**400]}, "order holds an integer that does not fit int64"),
        ("sgd_epoch", {"order": np.array([0, 2**63], np.uint64)}, f"order holds {2**63}, which does not fit int64"),
        ("sgd_epoch", {"order": np.zeros((2, 2), int)}, "order has shape (2, 2), expected (M,)"),
    ]
)
def test_orders_of_other_integers(function, changes, message) -> None:
    assert_refused(function, changes, ValueError, message)


def _masked() -> list[Row]:
    places = [("scores", "out"), ("sgd_step", "W"), ("sgd_step", "velocity"), ("sgd_epoch", "W"), ("sgd_epoch", "b")]
    arrays = {"out": ones(6, 3), "b": ones(3)}
    in_place = [
        (f, {name: np.ma.masked_array(arrays.get(name, ones(3, 4)))}, f"{name} is a masked array, expected a plain one")
        for f, name in places
    ]
    rows = [(f, changes, f"{sentence}, such as {next(iter(changes))}.data") for f, changes, sentence in in_place]
    for function in FUNCTIONS:
        for name, value in working(function).items():
            if isinstance(value, np.ndarray) and (function, name) not in places:
                fill = f"{name} is a masked array, expected a plain one: fill it first with {name}.filled()"
                rows.append((function, {name: np.ma.masked_array(value)}, fill))
    return rows


@table(_masked())
def test_masked_arrays(function, changes, message) -> None:
    assert_refused(function, changes, TypeError, message)


@pytest.mark.parametrize("name", ["velocity_W", "velocity_b", "average_W", "average_b"])
def test_masked_arrays_of_a_state(name) -> None:
    state = fastlc.SGDState(ones(3, 4), ones(3), average_from=0)
    setattr(state, name, np.ma.masked_array(getattr(state, name)))
    sentence = f"{name} is a masked array, expected a plain one, such as {name}.data"
    assert_refused("sgd_epoch", {"state": state, "momentum": 0.5}, TypeError, sentence)


def test_other_subclasses_are_written_in_place() -> None:
    W, expected = ones(3, 4).view(np.memmap), ones(3, 4)
    fastlc.sgd_step(W, ones(3, 4), 0.1)
    fastlc.sgd_step(expected, ones(3, 4), 0.1)
    np.testing.assert_array_equal(W, expected)
