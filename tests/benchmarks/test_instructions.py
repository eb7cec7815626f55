"""The guard's arithmetic: reading what callgrind writes, and judging counts. Nothing here runs valgrind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
if not FOLDER.is_dir():
    pytest.skip("the benchmarks are not part of an installed package", allow_module_level=True)
sys.path.insert(0, str(FOLDER.parent))

from benchmarks.instructions import STORED, Count, Row, compiler_of, kernel_calls, report, tiny_calls  # noqa: E402

DUMP = """# callgrind format
version: 1
positions: line
events: Ir

ob=/usr/lib/python
fn=call
0 1000
cob=/lib/_core.so
cfn=kernel
calls=1 0
0 77
0 3

ob=/lib/_core.so
fn=kernel
0 50
cob=/usr/lib/libc.so
cfn=memcpy
calls=2 10
0 20
0 7

ob=/usr/lib/libc.so
fn=memcpy
10 20

totals: 1080
"""


def test_a_dump_is_added_up_by_library_and_called_functions_once() -> None:
    assert Count.parse(DUMP.splitlines(keepends=True), "/lib/_core.so") == Count(extension=57, everything=1080)


@pytest.mark.parametrize(
    ("stored", "now", "verdict"),
    [
        (1000, 1000, ""),
        (1000, 1029, ""),
        (1000, 1031, "MORE"),
        (1000, 971, ""),
        (1000, 969, "fewer"),
        (None, 5, "new"),
        (5, None, "gone"),
    ],
)
def test_verdicts(stored: int | None, now: int | None, verdict: str) -> None:
    row = Row("case", stored, now, tolerance=0.03)
    assert row.verdict == verdict
    assert str(row).startswith("case")


def test_more_instructions_fail_and_are_named() -> None:
    text, well = report({"GCC 12": {"a": 100, "b": 100}}, {"GCC 12": {"a": 120, "b": 80}})
    assert not well
    assert "+20.0%  MORE" in text.splitlines()[-2]
    assert "1 take clearly fewer" in text


def test_fewer_new_and_gone_pass() -> None:
    text, well = report({"GCC 12": {"a": 100, "old": 1}}, {"GCC 12": {"a": 50, "new": 1}})
    assert well
    assert "None of 3 cases" in text
    assert "2 are new and not stored, or stored and gone" in text


def test_an_unknown_compiler_passes_and_is_said_to_be_unknown() -> None:
    text, well = report({"GCC 12": {"a": 100}}, {"GCC 99": {"a": 1000}})
    assert well
    assert "Nothing is stored for GCC 99" in text
    assert "1,000" in text
    assert "None of" not in text


def test_whole_calls_may_vary_more() -> None:
    section = "GCC 12, with Python 3.11"
    assert report({section: {"a": 100}}, {section: {"a": 109}})[1]
    assert not report({section: {"a": 100}}, {section: {"a": 111}})[1]


@pytest.mark.parametrize(("version", "name"), [("GCC 12.2.0", "GCC 12"), ("Clang 15.0.6 ", "Clang 15")])
def test_the_compiler_is_known_by_its_major_version(version: str, name: str) -> None:
    assert compiler_of(version) == name


def test_the_calls_are_calls_with_names_of_their_own() -> None:
    cases = [*kernel_calls(), *tiny_calls()]
    assert len({name for name, _ in cases}) == len(cases)
    for _, call in cases:
        call()


def test_the_stored_numbers_are_there() -> None:
    assert STORED.is_file()
