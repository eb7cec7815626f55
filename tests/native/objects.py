"""Arbitrary objects, for fuzz_python.py: all that Python, NumPy, pandas and PyTorch have, and objects that misbehave.

Each is an expression, so that a call can be printed, and evaluated again. Of what it is made, besides the names of this
file: `good`, the value that it takes the place of, and `call`, in which objects write down what they have done.
"""

from __future__ import annotations

import array
import collections
import contextlib
import ctypes
import datetime
import functools
import gc
import importlib
import importlib.util
import random
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

import fastlc

OPTIONAL = [name for name in ("pandas", "scipy", "torch") if importlib.util.find_spec(name)]
"""Of those whose objects are tried, the ones that are there."""


@dataclass
class Call:
    """What the objects of a call have done meanwhile."""

    rng: random.Random
    arguments: dict[str, Any] = field(default_factory=dict)
    raised: list[BaseException] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    """Arrays."""
    is_running: bool = False
    """Whether objects misbehave: not when others look at them, or an object does."""


# ---------------------------------------------------------------------------------------------------------------------
# Arrays
# ---------------------------------------------------------------------------------------------------------------------

DTYPES: list[Any] = [*"?bBhHiIlLqQefdgFDGO", "U3", "S3", "V8", "M8[s]", "m8[s]", ">f4", ">f8", ">i4", "f4", "f8", "i8"]
DTYPES += [[("a", "f4"), ("b", "i8")], *(["T"] if hasattr(np.dtypes, "StringDType") else [])]
SHAPES = [(), (0,), (1,), (3,), (6,), (0, 0), (6, 0), (0, 4), (6, 4), (3, 4), (6, 3), (4, 6), (6, 1), (1, 6), (6, 4, 1)]
SHAPES += [(2, 3, 4), (0, 3, 0), (2, 1, 3, 1)]
ELEMENTS = ["0", "1", "-1", "2", "0.5", "255", "2**31", "2**53 + 1", "-2**63", "1e-320", "3e38", "1.7e308", "np.nan"]
ELEMENTS += ["np.inf", "-np.inf"]


def is_array(value: Any) -> bool:
    """Not by isinstance, which an object may answer."""
    return issubclass(type(value), np.ndarray)


def root(a: Any) -> Any:
    """The array whose memory it is."""
    while is_array(a.base):
        a = a.base
    return a


def shape(good: Any) -> tuple[int, ...]:
    return good.shape if is_array(good) else ()


def floats(good: Any) -> Any:
    """The value as an array of its own."""
    return np.array(good if is_array(good) else [[0.5, 1, 2], [1, 0, 1]])


def filled(shape: tuple[int, ...], dtype: Any, value: Any) -> Any:
    made = np.zeros(shape, dtype)
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        made[...] = value
    return made


def some(a: Any, value: Any) -> Any:
    """An array with another element somewhere."""
    a = floats(a)
    a.flat[a.size // 2 : a.size // 2 + 1] = filled((1,), a.dtype, value)
    return a


def strided(a: Any) -> Any:
    a = floats(a)
    big = np.zeros([2 * n for n in a.shape], a.dtype)
    where = tuple(slice(None, None, 2) for _ in a.shape)
    big[where] = a
    return big[where]


def unaligned(a: Any) -> Any:
    a = floats(a)
    room = np.zeros(a.nbytes + 1, np.uint8)
    moved = room[1:].view(a.dtype).reshape(a.shape)
    moved[...] = a
    return moved


def read_only(a: Any) -> Any:
    a = floats(a)
    a.flags.writeable = False
    return a


def big_endian(a: Any) -> Any:
    a = floats(a)
    return a.astype(a.dtype.newbyteorder(">"))


def within_itself(a: Any) -> Any:
    """An array whose rows share elements."""
    a = floats(a)
    if a.size == 0:
        return a
    return np.lib.stride_tricks.as_strided(np.resize(a, sum(a.shape) + 1), a.shape, [a.itemsize] * a.ndim)


def view_of_views(a: Any, depth: int) -> Any:
    a = floats(a)
    for _ in range(depth):
        a = np.ndarray.__new__(type("View", (np.ndarray,), {}), a.shape, a.dtype, a)
    return a


def memory_of(call: Call, good: Any) -> Any:
    """An array in the memory of another argument."""
    others = [np.asarray(a) for a in call.arguments.values() if is_array(a)]
    others = [a for a in others if a.dtype.kind in "fi" and a.flags.c_contiguous]
    if not others or not is_array(good):
        return good
    other = call.rng.choice(others)
    flat = other.reshape(-1)
    size = flat.nbytes // good.itemsize
    if not size:
        return good
    whole = flat[: size * good.itemsize // flat.itemsize].view(good.dtype)
    if good.size <= size:
        return whole[: good.size].reshape(good.shape)
    return np.broadcast_to(whole[:1], good.shape)


def object_array(element: Any, n: int) -> Any:
    made = np.empty(n, object)
    for i in range(n):
        made[i] = element
    return made


class Interface:
    """An array by its interface alone."""

    def __init__(self, a: Any, **changes: Any) -> None:
        self.a = np.ascontiguousarray(a)
        self.__array_interface__ = {**self.a.__array_interface__, **changes}


def nested(depth: int) -> Any:
    made: Any = 1.0
    for _ in range(depth):
        made = [made]
    return made


def endless() -> Any:
    made: list[Any] = []
    made.append(made)
    return made


# ---------------------------------------------------------------------------------------------------------------------
# Objects that misbehave when they are asked
# ---------------------------------------------------------------------------------------------------------------------


class TwoArguments(ValueError):
    def __init__(self, what: str, why: str) -> None:
        super().__init__(what, why)


class Own(BaseException):
    pass


ERRORS: dict[str, Callable[[], BaseException]] = {
    "TwoArguments": lambda: TwoArguments("mine", "mine"),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", b"a", 0, 1, "mine"),
    "Own": lambda: Own("mine"),
    **{
        kind.__name__: functools.partial(kind, "mine")
        for kind in (KeyboardInterrupt, MemoryError, SystemExit, TypeError, ValueError, OverflowError, AttributeError)
    },
    **{kind.__name__: functools.partial(kind, "mine") for kind in (RuntimeError, IndexError, StopIteration, OSError)},
    **{kind.__name__: functools.partial(kind, "mine") for kind in (RecursionError, DeprecationWarning, GeneratorExit)},
}
METHODS = ["__float__", "__index__", "__bool__", "__len__", "__getitem__", "__iter__", "__array__", "__array_ufunc__"]
METHODS += ["__array_function__", "__call__", "__repr__", "__str__", "__format__", "__eq__", "__hash__", "__lt__"]
METHODS += [
    "__contains__",
    "__int__",
    "__complex__",
    "__getattr__",
    "__add__",
    "__mul__",
    "__rmul__",
    "toarray",
    "update",
]
PROPERTIES = ["__array_interface__", "__array_struct__", "__array_priority__", "__class__", "ndim", "shape", "dtype"]
PROPERTIES += ["__name__", "velocity_W", "step", "average_from", "size", "T"]
WRONG = ["None", "'text'", "b'1'", "10**400", "-1", "2**63", "np.nan", "1j", "object()", "[]"]
WRONG += ["[1.0, 2.0]", "{}", "np.ones((2, 2))", "np.array('x')", "np.ma.masked", "Fraction(1, 2)", "()", "float"]
CHANGES = ["resize", "setstate", "reshape", "retype", "lock", "unlock", "write nan", "write -1", "write 100"]
CHANGES += ["threads", "call", "collect", "state", "isa"]
ACTIONS = [f"raise {error}" for error in ERRORS] + [f"return {value}" for value in WRONG] + CHANGES
BASES = ["object", "float", "int", "str", "list", "tuple", "dict", "np.ndarray", "np.float32", "Fraction"]


def hostile(call: Call, good: Any, method: str, action: str, base: str = "object") -> Any:
    """An object that does something when it is asked by a method, and then answers as if it stood for `good`."""

    def ask(self: Any, *_: Any, **__: Any) -> Any:
        what, _, which = action.partition(" ")
        if call.is_running and what == "raise":
            error = ERRORS[which]()
            error.add_note(method)
            call.raised.append(error)
            raise error
        if call.is_running and what == "return":
            return value_of(which, call, good)
        if call.is_running:
            call.is_running = False
            change(call, action)
            call.is_running = True
        return ANSWERS.get(method, lambda good: good)(good)

    namespace = {method: property(ask) if method in PROPERTIES else ask}
    of = value_of(base, call, good)
    made = type("Hostile", (of,), namespace)
    if of is np.ndarray:
        return floats(good).view(made)
    of_its_kind = {float: 0.5, int: 2, str: "mean", list: [0.5, 1.0], tuple: (1.0, 2.0), dict: {1: 2}, np.float32: 0.5}
    return made(of_its_kind[of]) if of in of_its_kind else made()


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "__float__": lambda good: 0.5,
    "__int__": lambda good: 2,
    "__index__": lambda good: 2,
    "__bool__": lambda good: True,
    "__len__": lambda good: 3,
    "__iter__": lambda good: iter([0.5, 1.0, 2.0]),
    "__call__": lambda good: 0.1,
    "__array__": lambda good: floats(good),
    "__array_interface__": lambda good: floats(good).__array_interface__,
    "__array_struct__": lambda good: floats(good).__array_struct__,
    "__hash__": lambda good: hash("hinge"),
    "ndim": lambda good: 0,
    "shape": lambda good: (),
    "dtype": lambda good: np.dtype("f4"),
    "__class__": lambda good: np.ndarray,
    "__repr__": lambda good: "mine",
    "__str__": lambda good: "mine",
    "__format__": lambda good: "mine",
}


def change(call: Call, action: str) -> None:
    """Changes an array of the arguments, or something of the library, while they are read.

    No list: NumPy itself crashes when one is shortened that it makes an array of.
    """
    state = call.arguments.get("state")
    of_state = list(vars(state).values()) if type(state) is fastlc.SGDState else []
    arrays = [a for a in [*call.arguments.values(), *of_state] if type(a) is np.ndarray]
    a = call.rng.choice(arrays) if arrays else np.zeros(3)
    call.changed.append(root(a))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecated, some of it, but possible
            match action.split():
                case ["resize"]:
                    a.resize((1,) * a.ndim, refcheck=False)
                case ["setstate"]:
                    a.__setstate__((1, (1,), a.dtype, False, bytes(a.itemsize)))
                case ["reshape"]:
                    a.shape = a.shape[::-1] if a.ndim > 1 else (a.size, 1)
                case ["retype"]:
                    a.dtype = np.int32 if a.itemsize == 4 else np.float64
                case ["lock"] | ["unlock"]:
                    a.flags.writeable = action == "unlock"
                case ["write", value]:
                    a[...] = float(value)
                case ["threads"]:
                    fastlc.set_num_threads(call.rng.choice([1, 2, 5]))
                case ["isa"]:
                    fastlc._core._set_isa(call.rng.choice(fastlc._core.isas_usable))
                case ["call"]:
                    fastlc.linear_hinge(np.ones((9, 4)), np.zeros(9, int), np.ones((3, 4)))
                case ["collect"]:
                    gc.collect()
                case ["state"] if state is not None:
                    state.velocity_W = state.average_W = state.velocity_b = None
    except (TypeError, ValueError, AttributeError, OverflowError):
        pass  # of an array that cannot be changed in that way


# ---------------------------------------------------------------------------------------------------------------------
# Kinds: expressions with choices
# ---------------------------------------------------------------------------------------------------------------------

PLAIN = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "0.5",
    "-0.0",
    "1e308",
    "5e-324",
    "1e-50",
    "np.nan",
    "np.inf",
    "-np.inf",
    "255",
    "256",
]
PLAIN += ["2**31 - 1", "2**31", "2**32", "2**63 - 1", "2**63", "2**64", "-2**63 - 1", "10**400", "-10**5000", "1j"]
PLAIN += ["True", "False", "None", "...", "NotImplemented", "Fraction(1, 3)", "Fraction(10**400)", "Decimal('0.5')"]
PLAIN += ["Decimal('nan')", "Decimal('snan')", "Decimal('inf')", "Decimal('1e999')", "''", "'1'", "'mean'", "'sum'"]
PLAIN += ["'none'", "'hinge'", "'logistic'", "'squared_error'", "'\\ud800'", "'\\0'", "'é'", "b''", "b'1'", "b'\\xff'"]
PLAIN += ["bytearray(b'1')", "memoryview(b'12')", "[]", "[[]]", "[[], []]", "()", "{}", "{1: 1.0}", "{'balanced'}"]
PLAIN += ["'balanced'", "set()", "frozenset([1])", "range(3)", "range(6)", "range(10**18)", "iter([1.0])", "object()"]
PLAIN += ["(i for i in range(3))", "int", "float", "np.ndarray", "np.float32", "types", "fastlc", "lambda *_: 1"]
PLAIN += [
    "lambda *step: 0.1",
    "lambda *step: 'a'",
    "lambda *step: [0.1]",
    "lambda *step: None",
    "slice(3)",
    "nested(40)",
]
PLAIN += [
    "nested(100)",
    "nested(3000)",
    "endless()",
    "[1.0, [2.0, 3.0]]",
    "[None] * 3",
    "[np.nan, None]",
    "['a', 'b', 'c']",
]
PLAIN += ["[1, 2.5, '3']", "[10**400] * 3", "[True, False, True]", "[0, 1, 2]", "[1.0, 2.0, 3.0]", "[2**63, 0, 1]"]
PLAIN += ["[-1, 2**63]", "[np.ones(3), np.ones(2)]", "[Fraction(1, 2)] * 3", "[Decimal('0.5')] * 6", "[1j, 2j, 3j]"]
PLAIN += ["collections.UserList([1.0, 2.0])", "collections.deque([1.0])", "array.array('f', [1, 2, 3])"]
PLAIN += ["array.array('b', b'123456')", "(ctypes.c_float * 3)()", "ctypes.c_double(1)", "ctypes.c_void_p()"]
PLAIN += ["types.SimpleNamespace()", "types.MappingProxyType({})", "datetime.date(2000, 1, 1)", "datetime.timedelta(1)"]
PLAIN += [
    "functools.partial(float)",
    "np.ma.masked",
    "np.random.default_rng(0)",
    "np.random.RandomState(0)",
    "np.dtype('f4')",
]
PLAIN += ["ValueError('mine')", "fastlc.SGDState(np.ones((3, 4), 'f4'))", "fastlc.SGDState", "fastlc.LOSSES['hinge']"]
PLAIN += ["fastlc.optim.constant(0.1)", "fastlc.optim.constant", "fastlc.optim.ReduceOnPlateau(0.1)"]
OF_PACKAGES = {
    "pandas": [
        *["pandas.DataFrame(floats(good))", "pandas.Series(floats(good).ravel())", "pandas.NA", "pandas.NaT"],
        *["pandas.Series([1, None, 2], dtype='Int64')", "pandas.Categorical(['a', 'b', 'a'])", "pandas.Timestamp(0)"],
        *[
            "pandas.DataFrame({'a': [1.0] * 6, 'b': ['x'] * 6})",
            "pandas.Series(['a', None, 'b'])",
            "pandas.Index([0, 1])",
        ],
        *[
            "pandas.arrays.SparseArray([0.0, 1.0])",
            "pandas.Series([True] * 6)",
            "[pandas.NA] * 3",
            "pandas.DataFrame()",
        ],
    ],
    "scipy": [
        *[
            "scipy.sparse.csr_matrix(np.atleast_2d(floats(good)))",
            "scipy.sparse.coo_array(np.atleast_2d(floats(good)))",
        ],
    ],
    "torch": [
        *["torch.ones(6, 4)", "torch.ones(3, 4, dtype=torch.float64)", "torch.ones(6, requires_grad=True)"],
        *["torch.ones(3, dtype=torch.bfloat16)", "torch.tensor(0.5)", "torch.tensor(2)", "torch.tensor(True)"],
        *[
            "torch.ones(6, 4, device='meta')",
            "torch.eye(4).to_sparse()",
            "torch.arange(6)",
            "torch.ones(3, dtype=torch.cfloat)",
        ],
        *[
            "torch.tensor(np.atleast_1d(floats(good)).copy())",
            "torch.ones(4, 6).T",
            "torch.ones(3) * 1j",
            "[torch.ones(3)] * 3",
        ],
        *["torch.tensor(1.0, requires_grad=True)", "torch.ones(2, 3).conj()", "torch.nn.Linear(2, 3)"],
    ],
}
TEMPLATES = {
    "scalar of a dtype": "filled((), {dtype!r}, {element})[()]",
    "array without axes": "filled((), {dtype!r}, {element})",
    "array of a dtype": "filled(shape(good), {dtype!r}, {element})",
    "array of a shape": "filled({shape}, floats(good).dtype, {element})",
    "array of a dtype and a shape": "filled({shape}, {dtype!r}, {element})",
    "element": "some(good, {element})",
    "all elements": "filled(shape(good), floats(good).dtype, {element})",
    "layout": "{layout}",
    "like an array": "{like}",
    "memory of another argument": "memory_of(call, good)",
    "huge": "{huge}",
    "hostile": "hostile(call, good, {method!r}, {action!r})",
    "hostile in a list": "[hostile(call, good, {method!r}, {action!r})] * {n}",
    "hostile in an array": "object_array(hostile(call, good, {method!r}, {action!r}), {n})",
    "hostile subclass": "hostile(call, good, {method!r}, {action!r}, {base!r})",
    "schedule": "lambda *step: hostile(call, good, {method!r}, {action!r})",
    "plain": "{plain}",
    "of packages": "{of_packages}",
}
CHOICES: dict[str, list[Any]] = {
    "dtype": DTYPES,
    "shape": SHAPES,
    "element": ELEMENTS,
    "method": METHODS + PROPERTIES,
    "action": ACTIONS,
    "base": BASES,
    "n": [1, 3, 6],
    "plain": PLAIN,
    "of_packages": [text for name, texts in OF_PACKAGES.items() if name in OPTIONAL for text in texts] or ["None"],
    "layout": [
        *["np.asfortranarray(floats(good))", "floats(good)[::-1]", "floats(good)[..., ::-1]"],
        "floats(good).T.copy().T",
        *["strided(good)", "unaligned(good)", "read_only(good)", "big_endian(good)", "within_itself(good)"],
        *["view_of_views(good, 3)", "view_of_views(good, 90)", "np.broadcast_to(floats(good)[:1], floats(good).shape)"],
        *["floats(good).view(np.memmap)", "np.broadcast_to(floats(good).dtype.type(1), floats(good).shape)"],
        "floats(good)[:0]",
        *["floats(good)[None]", "floats(good)[..., None]", "floats(good).T", "floats(good).ravel()"],
        "floats(good)[1:]",
    ],
    "like": [
        *["floats(good).tolist()", "tuple(floats(good))", "list(floats(good))", "memoryview(floats(good))"],
        *["np.matrix(np.atleast_2d(floats(good)).reshape(1, -1))", "np.ma.masked_array(floats(good))"],
        *["np.ma.masked_array(floats(good), True)", "floats(good).view(np.recarray)", "floats(good).astype(object)"],
        *["Interface(floats(good))", "Interface(floats(good), shape=(-1,))", "Interface(floats(good), typestr='<f2')"],
        *["Interface(floats(good), shape=(2**62,), strides=(0,))", "Interface(floats(good), data=None)"],
        *["bytearray(floats(good).tobytes())", "floats(good).tobytes()", "np.char.asarray(['a', 'b', 'c'])"],
        *["array.array('d', floats(good).ravel().tolist())", "floats(good).flat", "iter(floats(good))"],
    ],
    "huge": [
        *["np.broadcast_to(floats(good).dtype.type(1), (2**40, 4))", "np.broadcast_to(np.float32(1), (2**40,))"],
        *["np.broadcast_to(np.float32(1), (2**30, 2**30))", "np.broadcast_to(floats(good).dtype.type(1), (6, 2**50))"],
        *["np.zeros((0, 2**40), floats(good).dtype)", "np.zeros((2**40, 0), floats(good).dtype)"],
        "np.zeros((0, 2**60), 'f4')",
        *["np.zeros((2**59, 0), 'f4')", "np.broadcast_to(np.int64(1), (2**40,))"],
        "np.broadcast_to(np.float64(1), 2**59)",
    ],
}  # fmt: skip


def expression(rng: random.Random) -> tuple[str, str]:
    """A kind of object, and one of that kind."""
    kind = rng.choice(list(TEMPLATES))
    return kind, TEMPLATES[kind].format(**{name: rng.choice(values) for name, values in CHOICES.items()})


def value_of(text: str, call: Call, good: Any) -> Any:
    """What an expression stands for; if it has no such value, the good one."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return eval(compiled(text), globals() | {"call": call, "good": good})
        except (TypeError, ValueError, OverflowError, AttributeError, NotImplementedError):
            if not any(name in text for name in ("hostile", *OF_PACKAGES)):
                raise
            return good  # of a class that cannot be made so, or an array that a package does not take


@functools.lru_cache(20_000)
def compiled(text: str) -> types.CodeType:
    return compile(text, f"<{text}>", "eval")


def import_optional() -> None:
    """Imports what takes seconds."""
    for name in OPTIONAL:
        globals()[name] = importlib.import_module(name)
    if "scipy" in OPTIONAL:
        importlib.import_module("scipy.sparse")


_ = (array, collections, ctypes, datetime, Decimal, Fraction)  # for the expressions
