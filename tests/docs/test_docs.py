"""What is documented is run: the examples in docstrings, and the Python of README.md, CONTRIBUTING.md and docs/*.md.

And it is all that there is: every public name is on a page of docs/api, as is every option of the command line.
"""

import doctest
import importlib
import inspect
import pkgutil
import re
import runpy
import textwrap
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import fastlc
import fastlc.__main__ as cli

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(fastlc.__path__, "fastlc.")
    if "_benchmarks" not in module.name  # the copy in a wheel
)
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
    tests = doctest.DocTestFinder().find(importlib.import_module(name))
    for test in tests:
        _run(test)
    if name == "fastlc.losses":  # whose functions are made
        assert len([test for test in tests if test.examples]) == 2 * len(fastlc.LOSSES)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_function_has_an_example_that_runs(name):
    value = getattr(fastlc, name)
    tries = sum(_run(test) for test in doctest.DocTestFinder().find(value, name) if test.examples)
    assert tries > 0, f"{name} has no example"


# ---------------------------------------------------------------------------------------------------------------------
# Pages
# ---------------------------------------------------------------------------------------------------------------------

in_a_checkout = pytest.mark.skipif(not (ROOT / "docs").exists(), reason="an installed package has no docs beside it")


def _python_blocks(path: Path) -> list[str]:
    blocks = re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    return [textwrap.dedent(block) for block in blocks]  # that of a list is indented


PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
    if path.exists() and _python_blocks(path)
]


@in_a_checkout
def test_pages_have_python_to_run():
    assert {"README.md", "docs/getting-started.md"} <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_python_of_a_page_runs(page, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    namespace = {"np": np}
    for block in _python_blocks(ROOT / page):
        exec(compile(block, page, "exec"), namespace)


def _api() -> dict[str, str]:
    """The pages of docs/api, also those that a build makes of the registry."""
    return runpy.run_path(str(ROOT / "docs/pages.py"))["pages"]()


@in_a_checkout
def test_examples_of_the_api_pages_run():
    for page, text in _api().items():
        tries = _run(doctest.DocTestParser().get_doctest(text, {}, page, page, 0))
        assert tries >= text.count(">>> "), page


# ---------------------------------------------------------------------------------------------------------------------
# The API
# ---------------------------------------------------------------------------------------------------------------------

# What the others define is a name of `fastlc` or of `fastlc.reference`, or what `python -m fastlc` runs.
INTERNAL = ("fastlc._", "fastlc.demo", "fastlc.functional", "fastlc.losses", "fastlc.solvers", "fastlc.training")
INTERNAL += ("fastlc.reference.",)
PACKAGES = {"fastlc.lecture"}  # of modules, with nothing of their own
INTERFACE = ["fastlc", *(name for name in MODULES if not name.startswith(INTERNAL) and name not in PACKAGES)]


def _own(module: ModuleType) -> dict[str, object]:
    """The public functions and classes that a module, or one in it, defines."""
    return {
        f"{module.__name__}.{name}": value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__.startswith(module.__name__)
    }


def _listed() -> list[str]:
    """The full names in the tables, and in the data directives, of docs/api."""
    names = []
    for text in _api().values():
        module, in_table = "", False
        for line in text.splitlines():
            if found := re.match(r"\.\. currentmodule:: (\S+)$", line):
                module = found[1]
            elif found := re.match(r"\.\. data:: (\w+)$", line):
                names.append(f"{module}.{found[1]}")
            if line and not line.startswith(" "):
                in_table = line == ".. autosummary::"
            elif in_table and (found := re.match(r" +(\w+)$", line)):
                names.append(f"{module}.{found[1]}")
    return names


def _value(name: str) -> object:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute, None)


@in_a_checkout
def test_every_loss_is_in_one_group_and_every_group_is_filled_in():
    pages = runpy.run_path(str(ROOT / "docs/pages.py"))
    assert sorted(name for group in pages["GROUPS"].values() for name in group) == sorted(fastlc.LOSSES)
    for text in _api().values():
        assert not re.search(r"\{\w+\}$", text, re.MULTILINE)


@in_a_checkout
def test_what_the_api_lists_exists_and_is_listed_once():
    names = _listed()
    assert "fastlc.LOSSES" in names
    assert sorted(set(names)) == sorted(names)
    for name in names:
        assert _value(name) is not None, name


@in_a_checkout
@pytest.mark.parametrize("name", INTERFACE)
def test_every_public_name_is_on_a_page_of_the_api(name):
    own = _own(importlib.import_module(name))
    assert own
    listed = {id(_value(listed)) for listed in _listed()}
    assert [public for public, value in own.items() if id(value) not in listed] == []


@in_a_checkout
def test_every_option_is_on_the_page_of_the_command_line():
    """Each under the heading of its command."""
    text = (ROOT / "docs/api/command-line.rst").read_text(encoding="utf-8")
    _, *parts = re.split(r"^(\w+)\n-+\n", text, flags=re.MULTILINE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    documented = {name: re.findall(r"^--[\w-]+", section, re.MULTILINE) for name, section in sections.items()}
    commands = next(action for action in cli._parser()._actions if action.dest == "command").choices
    options = {name: list(parser._option_string_actions) for name, parser in commands.items()}
    runner = (ROOT / "benchmarks/run.py").read_text(encoding="utf-8")  # which has a parser of its own
    options["bench"] = re.findall(r"^ +add\(\s*\"(--[\w-]+)\"", runner, re.MULTILINE)
    assert len(options["bench"]) > 5
    for name in options.keys() | documented.keys():
        assert set(documented[name]) == set(options[name]) - {"-h", "--help"}, name
