"""What is documented is run: the examples in docstrings, and the Python of README.md and CONTRIBUTING.md."""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import fastlc

ROOT = Path(__file__).parents[1]
MODULES = sorted(module.name for module in pkgutil.iter_modules(fastlc.__path__, "fastlc."))
PUBLIC = sorted(
    name
    for name, value in vars(fastlc).items()
    if not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value))
)


def _run(test: doctest.DocTest) -> int:
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(test)
    assert runner.failures == 0, test.name
    return runner.tries


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("fastlc._core", "fastlc.__main__")])
def test_examples_of_module(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for test in doctest.DocTestFinder().find(importlib.import_module(name)):
        _run(test)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_function_has_an_example_that_runs(name):
    # DocTestFinder looks at what a module defines, and the losses are made, not defined.
    value = getattr(fastlc, name)
    tries = sum(_run(test) for test in doctest.DocTestFinder().find(value, name) if test.examples)
    assert tries > 0, f"{name} has no example"


def _python_blocks(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="an installed package has no README beside it")
def test_readme_python_runs(capsys):
    blocks = _python_blocks(ROOT / "README.md")
    assert blocks
    namespace = {"np": np}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)
