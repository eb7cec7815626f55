"""`fastlc` as a namespace: light to import, its larger modules reachable from it, and no name that is not meant."""

from __future__ import annotations

import ast
import sys
import types
from importlib.util import find_spec

import pytest

import fastlc

from ..support import child

LAZY = ["data", "gradcheck", "lecture", "plot"]
EAGER = {
    "_arrays", "_checks", "_config", "_core", "_labels", "_progress", "_registry", "_threadpoolctl", "_version",
    "functional", "losses", "optim", "reference", "solvers", "training",
}  # fmt: skip


def test_importing_fastlc_imports_numpy_and_its_own_light_modules() -> None:
    """Whatever is installed; threadpoolctl alone is told of fastlc if it is there."""
    code = """
        import sys, numpy.typing
        before = set(sys.modules)
        import fastlc
        print(sorted(set(sys.modules) - before))
    """
    added = set(ast.literal_eval(child.printed(code)))
    assert {name.split(".")[1] for name in added if name.startswith("fastlc.")} == EAGER
    packages = {name.split(".")[0] for name in added} - sys.stdlib_module_names
    assert packages <= {"fastlc", "threadpoolctl"}


@pytest.mark.parametrize("name", LAZY)
def test_a_larger_module_is_imported_when_it_is_first_used(name: str) -> None:
    if name == "plot":
        pytest.importorskip("matplotlib")
    code = f"""
        import sys, fastlc
        assert "fastlc.{name}" not in sys.modules
        print(fastlc.{name}.__name__, fastlc.{name} is sys.modules["fastlc.{name}"])
    """
    assert child.printed(code) == f"fastlc.{name} True"


def test_the_lecture_brings_its_modules() -> None:
    code = "import fastlc; print(*(getattr(fastlc.lecture, name).__name__ for name in fastlc.lecture.__all__))"
    assert child.printed(code) == " ".join(f"fastlc.lecture.{name}" for name in fastlc.lecture.__all__)


@pytest.mark.parametrize("name", ["plots", "_plot", "shapes", "flatten", "torch", "__wrapped__"])
def test_another_attribute_is_an_error(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^module 'fastlc' has no attribute '{name}'$") as caught:
        getattr(fastlc, name)
    assert (caught.value.name, caught.value.obj) == (name, fastlc)
    assert not hasattr(fastlc, name)


def test_all_of_all_is_there_and_no_more_is_imported_by_a_star() -> None:
    assert len(fastlc.__all__) == len(set(fastlc.__all__))
    namespace: dict[str, object] = {}
    exec("from fastlc import *", namespace)
    del namespace["__builtins__"]
    assert namespace == {name: getattr(fastlc, name) for name in fastlc.__all__}


def test_modules_of_the_star() -> None:
    """Functions and classes, and the two modules that are imported anyway."""
    modules = {name for name in fastlc.__all__ if isinstance(getattr(fastlc, name), types.ModuleType)}
    assert modules == {"optim", "reference"}


def test_dir_lists_what_is_public() -> None:
    code = "import fastlc; print([name for name in dir(fastlc) if not name.startswith('__')])"
    listed = ast.literal_eval(child.printed(code))
    assert listed == sorted(listed)
    lazy = {name for name in LAZY if name != "plot" or find_spec("matplotlib")}
    assert set(listed) == {*fastlc.__all__, *lazy}
    assert {"__version__", "__all__", "__doc__", "__path__"} <= set(dir(fastlc))


def test_without_matplotlib() -> None:
    """The extra is named where plot is used; and whoever walks through dir, as help does, is not stopped by it."""
    code = """
        import sys
        sys.modules["matplotlib"] = None
        import inspect, fastlc
        assert "plot" not in dir(fastlc)
        inspect.getmembers(fastlc)
        exec("from fastlc import *")
        for statement in ("fastlc.plot", "from fastlc import plot", "import fastlc.plot"):
            try:
                exec(statement)
            except ImportError as error:
                print(error)
    """
    message = "fastlc.plot needs Matplotlib: pip install 'fastlc[plot]'"
    assert child.printed(code).splitlines() == [message] * 3
