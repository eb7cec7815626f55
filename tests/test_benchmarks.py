"""The benchmarks measure what they say: every peer computes what the reference does, and the runner's output is whole.

Nothing here looks at a time.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from fastlc.losses import LOSSES

from . import child

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
if not FOLDER.is_dir():
    pytest.skip("the benchmarks are not part of an installed package", allow_module_level=True)
pytest.importorskip("threadpoolctl")
sys.path.insert(0, str(FOLDER))

from cases import Case, cases, make_data  # noqa: E402
from limits import Limits  # noqa: E402
from numpy_losses import CAREFUL  # noqa: E402
from peers import LIBRARIES, Check, Peer, optional  # noqa: E402
from report import Row, Timing, markdown_table, table  # noqa: E402

# rows that are no multiple of any block; more classes than the few; a single row
SHAPES = [(2600, 33, 3), (1100, 20, 70), (1, 5, 4), (300, 700, 2)]
SMALL = [
    *(Case("loss", N, D, C, "float64", name) for name in LOSSES for N, D, C in SHAPES),
    *(Case("step", N, 50, 7, "float64", name) for name in LOSSES for N in (1, 32, 128)),
    *(Case("epoch", 200, 50, 7, "float64", name, batch=batch) for name in LOSSES for batch in (32, 64)),
    *(Case("predict", N, 50, 7, "float64") for N in (1, 100, 11000)),
    Case("loss", 2600, 33, 3),
    Case("loss", 2600, 33, 3, loss="hinge"),
]

# For libraries that may compile every shape: each loss and task, both dtypes, blocks cut short, many classes.
FEW = [
    Case("loss", 1100, 33, 3),
    Case("loss", 1100, 33, 3, "float64", "hinge"),
    *(Case("loss", 50, 33, 3, dtype, name) for name, dtype in zip(LOSSES, ("float64", "float32") * 9, strict=False)),
    Case("loss", 1100, 20, 70, "float64"),
    Case("step", 1, 50, 7),
    Case("step", 32, 50, 7, "float64", "hinge"),
    Case("epoch", 200, 50, 7, "float64", batch=64),
    Case("predict", 1, 50, 7, "float64"),
    Case("predict", 300, 50, 7),
]
FEWER = [case for case in FEW if case.N in (1, 200, 300)]
OTHERS = [name for name in LIBRARIES if name not in ("fastlc", "numpy")]
NEEDS = {
    "torch": ["torch"],
    "torch.compile": ["torch"],
    "torch linear_cross_entropy": ["torch"],
    "jax": ["jax"],
    "scikit-learn": ["sklearn"],
    "scikit-learn, one-vs-rest": ["sklearn"],
    "onnxruntime": ["onnx", "onnxruntime"],
    "cython": ["Cython"],
}
"""The packages without which a library has no peers; with them it must have some."""
MAY_LACK = {"torch.compile": "its compiler does not work here", "torch linear_cross_entropy": "this torch has none"}


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
@pytest.mark.parametrize("threads", [1, 3])
def test_fastlc_and_numpy_equal_the_reference(case: Case, threads: int) -> None:
    check = Check(case, make_data(case))
    peers = [peer for name in ("fastlc", "numpy") for peer in LIBRARIES[name](case, threads)]
    assert [peer.library for peer in peers[:2]] == ["fastlc", "numpy"]
    assert len({str(peer) for peer in peers}) == len(peers), "variants share a name"
    for peer in peers:
        check(peer)


@pytest.mark.parametrize("library", OTHERS)
def test_every_peer_that_is_installed_equals_the_reference(library: str) -> None:
    """In a process of its own: such libraries start threads and settings that other tests should not have to meet."""
    for package in NEEDS[library]:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    work = [(case, threads) for threads in (1, 2) for case in (FEWER if compiles_long(library, threads) else FEW)]
    code = f"""
        import sys, warnings
        sys.path.insert(0, {str(FOLDER)!r})
        from cases import Case, make_data
        from peers import LIBRARIES, Check

        warnings.filterwarnings("ignore", ".*torch.jit", DeprecationWarning)  # torch.compile uses it itself
        checked = 0
        for case, threads in {work}:
            check, peers = Check(case, make_data(case)), LIBRARIES[{library!r}](case, threads)
            assert len({{str(peer) for peer in peers}}) == len(peers), "variants share a name"
            for peer in peers:
                assert peer.library == {library!r}
                check(peer)
                checked += 1
        print(checked)
    """
    checked = int(child.printed(code))
    if not checked and library in MAY_LACK:
        pytest.skip(MAY_LACK[library])
    assert checked, "the library is installed, and no peer of it was found"


def compiles_long(library: str, threads: int) -> bool:
    """Whether every case would take too long."""
    return library == "torch.compile" or (library, threads) == ("jax", 1)


def test_a_library_that_is_not_installed_has_no_peers(capfd: pytest.CaptureFixture[str]) -> None:
    peers = optional("absent", "absent_peer")
    assert peers(SMALL[0], 1) == peers(SMALL[0], 2) == []
    assert capfd.readouterr().err.count("absent_peer is left out") == 1


def test_another_function_is_run_but_not_compared() -> None:
    case = Case("loss", 50, 5, 3, "float64")
    check = Check(case, make_data(case))
    calls: list[int] = []
    check(Peer("other", "", lambda data: lambda: calls.append(1) or (0.0, data.W, data.b), other_function="zero"))
    assert calls


def test_a_wrong_peer_is_refused() -> None:
    case = Case("loss", 50, 5, 3, "float64")
    check = Check(case, make_data(case))
    (ours,), (numpy, *_) = (LIBRARIES[name](case, 1) for name in ("fastlc", "numpy"))
    wrong = Peer("wrong", "", lambda data: lambda: (*ours.make(data)()[:2], data.b))
    check(numpy)
    with pytest.raises(AssertionError, match=r"wrong is off by .* in b"):
        check(wrong)


def test_a_loss_without_a_careful_version_uses_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(CAREFUL, "hinge")
    case = Case("loss", 300, 9, 4, "float64", "hinge")
    check = Check(case, make_data(case))
    for peer in LIBRARIES["numpy"](case, 1):
        check(peer)


def test_cases_have_distinct_names_and_cover_every_loss() -> None:
    names = [case.name for case in cases(LOSSES)]
    assert len(set(names)) == len(names)
    for loss in LOSSES:
        assert f"{loss} 60000x784x10" in names
        assert f"{loss} 20000x768x1000" in names


def test_limit_is_the_larger_of_memory_and_arithmetic() -> None:
    case = Case("loss", 100, 10, 5)
    assert Limits(case.read_bytes, {"float32": case.flops * 2}).seconds(case) == 1.0
    assert Limits(case.read_bytes * 4, {"float32": case.flops / 3}).seconds(case) == pytest.approx(3.0)


def test_ratio_is_the_median_of_the_rounds() -> None:
    row = Row("case", 1, 0.5, [Timing("fastlc", "", False, [1, 2, 4]), Timing("numpy", "rows", True, [3, 4, 20])], {})
    assert row.ratio(row.timings[1]) == 3
    header, (cells,) = table([row])
    assert dict(zip(header, cells, strict=False))["share of limit"] == "25%"
    assert len({len(line) for line in markdown_table(header, [cells]).splitlines()}) == 1


def test_runner_writes_json_and_markdown(tmp_path: Path) -> None:
    losses = list(LOSSES)[1:3]
    files = ["--json", str(tmp_path / "out.json"), "--markdown", str(tmp_path / "out.md")]
    options = ["--cases", "32x64x10", "--threads", "1", "--budget", "0.01", "--repeat", "2", "--losses", *losses]
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), *options, *files], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [row["case"] for row in report["rows"]] == [f"{loss} 32x64x10" for loss in losses]
    assert {"cpu", "cores", "date", "python", "versions", "blas", "instruction set"} <= report["machine"].keys()
    for row in report["rows"]:
        ours, *others = row["peers"]
        assert ours["library"] == "fastlc"
        assert {peer["library"] for peer in others} >= {"numpy"}
        assert all(peer["samples"] >= 2 and peer["median_ms"] > 0 for peer in row["peers"])
    markdown = (tmp_path / "out.md").read_text(encoding="utf-8")
    assert markdown.strip() == done.stdout.strip()
    assert len(re.findall(r"^\| \w+ 32x64x10 ", markdown, re.MULTILINE)) == len(losses)


def test_runner_names_the_cases_when_none_matches() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), "--cases", "no such case"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--list" in done.stderr
