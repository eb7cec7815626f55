"""Imports go one way: each module of the package has its layer, and imports what lies in layers below, or no module."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fastlc

LAYERS = [
    {"_version", "_checks", "_files", "_progress", "reference._types"},
    {"_threadpoolctl", "reference.scores"},
    {"reference.common"},
    {"reference.losses"},
    {"reference.sgd"},
    {"reference"},
    {"_arrays"},
    {"_core"},  # which is given to convert by _arrays what it declines
    {"_config", "_registry"},
    {"losses", "_labels"},
    {"functional"},
    {"optim"},
    {"solvers", "solvers.objective"},
    {"solvers.sgd"},
    {"training"},
    {"fastlc"},
    # Imported when used:
    {"data", "gradcheck", "lecture.jacobian", "lecture.points", "lecture.search", "lecture.shapes"},
    {"lecture", "plot"},
    {"demo"},
    {"__main__"},
]
"""From the lowest. `fastlc`, `reference`, `solvers` and `lecture` are what their __init__.py imports."""
EXTRAS = {
    "_progress": {"tqdm"},
    "_threadpoolctl": {"threadpoolctl"},
    "data": {"sklearn"},
    "demo": {"matplotlib", "sklearn"},
    "lecture.search": {"scipy"},
    "plot": {"matplotlib"},
}
"""Packages besides NumPy that a module may import."""

PACKAGE = Path(fastlc.__file__).parent
LAYER = {module: number for number, layer in enumerate(LAYERS) for module in layer}


def modules() -> dict[str, Path]:
    """The Python files of the package, by the names of the table."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] != "_benchmarks":  # the copy in a wheel
            found[".".join(parts).removesuffix("__init__").removesuffix(".") or "fastlc"] = path
    return found


MODULES = modules()


def imports(module: str) -> Iterator[str]:
    """Full names of the modules that a module imports, at its top or later, but not for types alone."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    package = ["fastlc"] if module == "fastlc" else ["fastlc", *module.split(".")]
    if MODULES[module].name != "__init__.py":
        package.pop()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{source}.{alias.name}".removeprefix("fastlc.")
                yield f"fastlc.{inner}" if source.startswith("fastlc") and inner in LAYER else source


def test_every_module_has_its_layer() -> None:
    """A new one too; and none is there twice."""
    assert sum(map(len, LAYERS)) == len(LAYER)
    assert {*MODULES} == {*LAYER} - {"_core"}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_come_from_below(module: str) -> None:
    for imported in imports(module):
        if imported.split(".")[0] == "fastlc":
            name = imported.removeprefix("fastlc.")
            assert LAYER[name] < LAYER[module], f"{module} imports {name}"
        else:
            allowed = {"numpy", *EXTRAS.get(module, ()), *sys.stdlib_module_names}
            assert imported.split(".")[0] in allowed, f"{module} imports {imported}"


@pytest.mark.parametrize("module", sorted(module for module in MODULES if module.split(".")[0] == "reference"))
def test_the_reference_imports_numpy_alone(module: str) -> None:
    """And itself."""
    allowed = {"fastlc", "numpy", "collections", "typing", "__future__"}
    assert {name.split(".")[0] for name in imports(module)} <= allowed
    own = {name for name in imports(module) if name.startswith("fastlc")}
    assert all(name.startswith("fastlc.reference") for name in own)


def test_an_import_in_a_function_is_seen() -> None:
    """And what a module in it is called, however it is imported."""
    assert "scipy.optimize" in set(imports("lecture.search"))
    assert {"fastlc", "fastlc.plot", "fastlc._files"} <= set(imports("demo"))
    assert {"fastlc.solvers.sgd", "fastlc.functional"} <= set(imports("training"))
    assert "fastlc.optim" not in set(imports("functional"))
