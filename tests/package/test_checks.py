"""What is taken for a number, an integer and a flag: the same by every function and for each of its arguments.

And what an object raises when it is asked for its value comes through.
"""

from __future__ import annotations

import array
import inspect
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import _checks

from ..support.cases import FUNCTIONS, Arguments, Raises, as_bytes, ones, working

NUMBERS = ("lr", "momentum", "dampening", "weight_decay", "l1", "l2", "label_smoothing", "margin", "p", "epsilon")
INTEGERS = ("ignore_index", "batch_size")
FLAGS = ("grad", "dX", "nesterov")
WRITTEN = {("sgd_step", "W"), ("sgd_step", "velocity"), ("sgd_epoch", "W"), ("sgd_epoch", "b")}


def arguments_of(function: str) -> list[str]:
    """All that a function has, those of the loss of an epoch included."""
    names = list(inspect.signature(getattr(fastlc, function)).parameters)
    return [*names[:-1], "margin", "p"] if function == "sgd_epoch" else names


def places(names: tuple[str, ...]) -> Any:
    """Every function that has one of the arguments, with each that it has."""
    return pytest.mark.parametrize(
        ("function", "name"), [(f, name) for f in FUNCTIONS for name in arguments_of(f) if name in names]
    )


def changed(function: str, name: str, value: Any) -> Arguments:
    """Arguments with which a function works, if `value` fits."""
    needs: Arguments = {"momentum": 0.5} if name == "nesterov" else {}
    if (function, name) == ("sgd_epoch", "pos_weight"):
        needs = {"loss": "logistic"}
    velocity = {"velocity": ones(3, 4)} if function == "sgd_step" else {}
    return {**working(function), **needs, **velocity, name: value}


def assert_refused(function: str, name: str, value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        getattr(fastlc, function)(**changed(function, name, value))
    assert type(caught.value) is error


def result(function: str, name: str, value: Any) -> Any:
    """What a function returns and what it leaves in the arrays that it writes."""
    arguments = changed(function, name, value)
    returned = getattr(fastlc, function)(**arguments)
    return as_bytes(returned), [as_bytes(a) for key, a in arguments.items() if (function, key) in WRITTEN]


class Converted:
    """An object that stands for a value by one of its methods."""

    def __new__(cls, method: str, value: Any) -> Any:
        return object.__new__(type("Converted", (), {method: lambda self: value}))


class Pretends:
    """An object that says of itself what is not so, as a mock does."""

    def __new__(cls, **attributes: Any) -> Any:
        made = {name: property(lambda self, value=value: value) for name, value in attributes.items()}
        return object.__new__(type("Pretends", (), made))


class Lies(np.ndarray):
    """An array that says that it has another dtype."""

    @property
    def dtype(self) -> Any:
        return "none"


NO_NUMBERS: list[Any] = [
    *[None, True, False, "1", "", b"1", bytearray(b"1"), memoryview(b"1"), array.array("b", b"1"), 1j],
    *[np.str_("1"), np.bytes_(b"1"), np.bool_(True), np.complex64(1), np.void(b"1"), np.timedelta64(1, "s")],
    *[np.datetime64("1970-01-02"), np.array([1]), np.array([[1.0]]), np.array(True), np.array("1"), np.array(1j)],
    *[np.ma.masked, np.ma.masked_array(1.0), [1], (1.0,), {1: 1}, {1}, range(1), timedelta(1), object(), int],
    *[NotImplemented, ..., Pretends(__class__=np.ndarray), Pretends(__class__=float), Pretends(ndim=np.ones((2, 2)))],
    *[np.ones(1).view(Lies), np.ones((), bool).view(Lies)],
]
NO_FLAGS: list[Any] = [
    *["True", "False", "no", "", b"", bytearray(), None, 1.0, 0.0, 2, -1, 10**400, 1j, Decimal(1), Fraction(1)],
    *[np.str_("1"), np.float32(1), np.int8(2), np.complex64(1), np.timedelta64(1, "s"), np.array([True])],
    *[np.array(["False"]), np.array(1.0), np.array("1"), np.ma.masked, [], [True], (), {}, set(), range(1), object()],
    *[NotImplemented, ..., Pretends(__class__=np.ndarray), Pretends(__class__=bool), np.ones(1).view(Lies)],
]


def described(value: Any) -> str:
    return f"{type(value).__name__} {value!r}"[:40]


@places(NUMBERS)
def test_no_numbers(function, name) -> None:
    if (function, name) == ("sgd_epoch", "lr"):
        return  # may be one for each batch, or a function: below
    for value in NO_NUMBERS:
        assert_refused(function, name, value, TypeError, rf"^{name} is an? .*, expected a number")


@places(NUMBERS)
def test_numbers_of_any_kind(function, name) -> None:
    """NumPy's scalars and arrays without axes, decimals, fractions, and whatever has __float__ or __index__."""
    expected = result(function, name, 1.0)
    values = [1, np.float64(1), np.float32(1), np.float16(1), np.longdouble(1), np.int8(1), np.uint64(1)]
    values += [np.array(1.0), np.array(1), Decimal(1), Fraction(1), Converted("__float__", 1.0), np.ones(()).view(Lies)]
    for value in [*values, Converted("__index__", 1)]:
        assert result(function, name, value) == expected, described(value)


@places(NUMBERS)
def test_numbers_beyond_a_float(function, name) -> None:
    for value in (10**400, -(10**5000), Fraction(10**400), Converted("__index__", 10**400)):
        assert_refused(function, name, value, ValueError, rf"^{name} is too large for a float, expected a number")


@places(NUMBERS)
def test_numbers_that_have_no_float(function, name) -> None:
    """The error is of code that is not written in Python, and knows nothing of the argument."""
    message = rf"^{name} is a Decimal, expected a number.*: cannot convert signaling NaN to float$"
    assert_refused(function, name, Decimal("snan"), ValueError, message)


@places(INTEGERS)
def test_no_integers(function, name) -> None:
    for value in [*NO_NUMBERS, 1.0, np.float32(1), np.array(1.0), Decimal(1), Fraction(1)]:
        if value is None and name == "ignore_index":
            continue
        assert_refused(function, name, value, TypeError, rf"^{name} is an? .*, expected an integer$")


@places(INTEGERS)
def test_integers_of_any_kind(function, name) -> None:
    expected = result(function, name, 2)
    for value in (np.int8(2), np.uint64(2), np.array(2), Converted("__index__", 2)):
        assert result(function, name, value) == expected, described(value)


@places(INTEGERS)
def test_integers_beyond_int64(function, name) -> None:
    """A batch size beyond is all rows; an index that no label can have is a mistake."""
    for value in (2**63, 10**400, 10**5000, Converted("__index__", 10**5000)):
        if name == "batch_size":
            assert result(function, name, value) == result(function, name, 6)
        else:
            assert_refused(function, name, value, ValueError, rf"^{name} .*, expected a number that fits int64$")


@places(FLAGS)
def test_no_flags(function, name) -> None:
    for value in NO_FLAGS:
        assert_refused(function, name, value, TypeError, rf"^{name} is an? .*, expected True or False$")


@places(FLAGS)
@pytest.mark.parametrize("flag", [True, False])
def test_flags_of_any_kind(function, name, flag) -> None:
    expected = result(function, name, flag)
    for value in (np.bool_(flag), np.array(flag), int(flag), np.int8(flag), Converted("__bool__", flag)):
        assert result(function, name, value) == expected, described(value)


# ---------------------------------------------------------------------------------------------------------------------
# Errors of the caller's own code
# ---------------------------------------------------------------------------------------------------------------------

ERRORS = [KeyboardInterrupt("mine"), MemoryError("mine"), SystemExit("mine"), ValueError("mine"), RuntimeError("mine")]
ERRORS += [OverflowError("mine"), AttributeError("mine"), UnicodeDecodeError("utf-8", b"a", 0, 1, "mine")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@places((*NUMBERS, *INTEGERS, *FLAGS))
def test_errors_of_a_scalar_come_through(function, name, error) -> None:
    methods = ["__float__", "__index__"] if name in NUMBERS else ["__index__"] if name in INTEGERS else ["__bool__"]
    for method in methods:
        with pytest.raises(type(error)) as caught:
            getattr(fastlc, function)(**changed(function, name, Raises(error, method)))
        assert caught.value is error
        refusal = Raises(TypeError("mine"), method)  # that it is none: ours to say
        assert_refused(function, name, refusal, TypeError, rf"^{name} is a Raises, expected (a number|an integer|True)")


ARRAYS = ["X", "S", "W", "b", "y", "sample_weight", "class_weight", "pos_weight", "dW", "order", "lr"]
SCALAR = ("sgd_step", "lr")
READ = [(f, n) for f in FUNCTIONS for n in arguments_of(f) if n in ARRAYS and (f, n) not in {*WRITTEN, SCALAR}]


@pytest.mark.parametrize("error", [*ERRORS, TypeError("mine")], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("function", "name"), READ)
def test_errors_of_an_array_come_through(function, name, error) -> None:
    """Of an object that would become one, and of an element of a list."""
    for value in (Raises(error, "__array__"), [Raises(error, "__array__")] * 3):
        with pytest.raises(type(error)) as caught:
            getattr(fastlc, function)(**changed(function, name, value))
        assert caught.value is error
    if name not in ("X", "S", "y", "order") and not isinstance(error, TypeError):
        with pytest.raises(type(error)) as caught:
            getattr(fastlc, function)(**changed(function, name, [Raises(error, "__float__")] * 3))
        assert caught.value is error


@pytest.mark.parametrize("error", [*ERRORS, TypeError("mine")], ids=lambda error: type(error).__name__)
def test_errors_of_a_schedule_come_through(error) -> None:
    with pytest.raises(type(error)) as caught:
        fastlc.sgd_epoch(**changed("sgd_epoch", "lr", Raises(error, "__call__")))
    assert caught.value is error
    if not isinstance(error, TypeError):
        with pytest.raises(type(error)) as caught:
            fastlc.sgd_epoch(**changed("sgd_epoch", "lr", lambda step: Raises(error, "__float__")))
        assert caught.value is error


@pytest.mark.parametrize("value", ["state", 1, {}, fastlc.SGDState], ids=str)
def test_a_state_that_is_none(value) -> None:
    assert_refused("sgd_epoch", "state", value, TypeError, r"^state is a \w+, expected an SGDState$")


@pytest.mark.parametrize("function", ["hinge", "linear_squared_error", "sgd_epoch"])
@pytest.mark.parametrize("value", [None, 1, ["mean"], {}, b"mean", -(10**5000)], ids=lambda value: type(value).__name__)
def test_names_that_are_no_text(function, value) -> None:
    name = "loss" if function == "sgd_epoch" else "reduction"
    assert_refused(function, name, value, ValueError, rf"^{name} is a {type(value).__name__}, choose from ")


def test_a_seed() -> None:
    for value in (True, np.bool_(False)):
        with pytest.raises(TypeError, match=r"^seed is a bool_?, expected an integer, a Generator or None$"):
            _checks.generator(value)  # type: ignore[arg-type]
    for seed in (-1, np.int8(-1)):
        with pytest.raises(ValueError, match=r"^seed = -1: expected non-negative integer$"):
            _checks.generator(seed)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^seed = -9223372036854775808: "):
        _checks.generator(-(10**5000))
    endless: Any = []
    endless.append(endless)
    for no_seed in ("1", 1.0, [1], np.array([[1]]).view(np.matrix), endless, {}):  # of some NumPy makes a crash
        with pytest.raises(TypeError, match=r"^seed is an? .*, expected an integer, a Generator or None$"):
            _checks.generator(no_seed)  # type: ignore[arg-type]
    for same in (np.uint64(3), np.array(3), Converted("__index__", 3), np.random.SeedSequence(3), np.random.PCG64(3)):
        assert _checks.generator(same).random() == np.random.default_rng(3).random()
    with pytest.raises(ValueError, match=r"^mine$"):
        _checks.generator(Raises(ValueError("mine"), "__index__"))


def test_a_name_that_compares_otherwise() -> None:
    class Name(str):
        __slots__ = ()

        def __hash__(self) -> Any:
            return 0.5

    assert result("sgd_epoch", "loss", Name("hinge")) == result("sgd_epoch", "loss", "hinge")


@pytest.mark.parametrize("mode", [None, 1, b"dicts", np.ones(3), np.zeros(0), {}], ids=lambda mode: type(mode).__name__)
def test_a_mode_that_is_no_text(mode) -> None:
    with pytest.raises(ValueError, match=rf"^mode is a {type(mode).__name__}, choose from stdout, dicts$"):
        fastlc.show_config(mode)


def test_a_state_of_weights_that_say_they_have_another_dtype() -> None:
    state = fastlc.SGDState(ones(3, 4).view(Lies), ones(3).view(Lies), average_from=0)
    assert state.velocity_W.dtype == np.float32
    with pytest.raises(TypeError, match=r"^b has dtype float64, W has float32: convert one of them$"):
        fastlc.SGDState(ones(3, 4).view(Lies), np.ones(3).view(Lies))


@pytest.mark.parametrize(("function", "name"), sorted(WRITTEN))
def test_an_array_that_says_it_has_another_dtype(function, name) -> None:
    made = []
    for lies in (False, True):
        array = ones(*((3,) if name == "b" else (3, 4)))
        getattr(fastlc, function)(**changed(function, name, array.view(Lies) if lies else array))
        made.append(array.tobytes())
    assert made[0] == made[1]


# ---------------------------------------------------------------------------------------------------------------------
# Rates
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lr", "error"),
    [
        *[(value, TypeError) for value in ("0.1", b"0.1", bytearray(b"1"), None, True, 1j, {}, {0.1}, iter([0.1] * 3))],
        *[(value, TypeError) for value in (np.timedelta64(1, "s"), np.datetime64("1970-01-02"), np.bool_(True))],
        *[([value] * 3, TypeError) for value in ("0.1", b"0.1", None, True, 1j, object())],
        *[(np.full(3, 0.1).astype(dtype), TypeError) for dtype in ("bool", "complex64", "U3", "S3", "m8[s]", "M8[s]")],
        (np.ma.masked_array([0.1] * 3, [1, 0, 0]), TypeError),
        *[(lambda step, value=value: value, TypeError) for value in ("0.1", None, True, 1j, [0.1], np.array([0.1]))],
        *[(value, ValueError) for value in (10**400, [10**400] * 3, lambda step: 10**400)],
        *[(value, ValueError) for value in ([[0.1] * 3], np.ones((3, 1)))],
        ([[0.1], [0.1, 0.2]], ValueError),
    ],
    ids=lambda value: described(value),
)
def test_no_rates(lr, error) -> None:
    assert_refused("sgd_epoch", "lr", lr, error, r"^lr(\(step\)|\[\d\])? ")


def test_rates_of_any_kind() -> None:
    expected = result("sgd_epoch", "lr", [0.5, 0.25, 1.0])
    three = [0.5, 0.25, 1]
    rates: list[Any] = [three, tuple(three), [Decimal("0.5"), Fraction(1, 4), 1], array.array("f", three)]
    rates += [np.array(three, dtype) for dtype in ("f2", ">f4", "f8", "O")]
    for lr in [*rates, lambda step: [Decimal("0.5"), np.float32(0.25), 1][step]]:
        assert result("sgd_epoch", "lr", lr) == expected, described(lr)


# ---------------------------------------------------------------------------------------------------------------------
# Lists
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "name"), [(f, name) for f, name in READ if name not in ("X", "S", "y", "order", "lr")]
)
def test_lists_of_no_numbers(function, name) -> None:
    shape = (3, 4) if name in ("W", "dW") else (6,) if name == "sample_weight" else (3,)
    for element in (None, "1", b"1", True, 1j, [None], {}, object(), np.timedelta64(1, "s")):
        value = np.broadcast_to(np.array(element, object), shape).tolist()
        sentence = rf"^{name}(\[[\d, ]+\])? (is|has|holds) .*, expected (a number|numbers)$"
        assert_refused(function, name, value, TypeError, sentence)
    for element in (10**400, 1e300):
        value = np.full(shape, element, object).tolist()
        assert_refused(function, name, value, ValueError, rf"^{name}(\[[\d, ]+\])? (is|holds a number) too large for ")
    good = np.full(shape, Fraction(1, 2), object).tolist()
    assert result(function, name, good) == result(function, name, np.full(shape, 0.5, np.float32))
