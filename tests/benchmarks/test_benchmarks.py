"""The benchmarks measure what they say: every peer computes what the reference does, and the runner's output is whole.

Nothing here looks at a time.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from fastlc.losses import LOSSES

from ..support import child

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
if not FOLDER.is_dir():
    pytest.skip("the benchmarks are not part of an installed package", allow_module_level=True)
pytest.importorskip("threadpoolctl")
sys.path.insert(0, str(FOLDER.parent))

import benchmarks.run as runner  # noqa: E402
from benchmarks import peers, roofline  # noqa: E402
from benchmarks.cases import Case, cases, make_data  # noqa: E402
from benchmarks.memory import can_measure  # noqa: E402
from benchmarks.peers import LIBRARIES, Check, Peer, find_peers, optional  # noqa: E402
from benchmarks.peers.numpy_losses import CAREFUL  # noqa: E402
from benchmarks.report import LeftOut, Row, Timing, markdown, markdown_table, table  # noqa: E402
from benchmarks.roofline import Roofline  # noqa: E402

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
    *(Case("loss", 50, 33, 3, dtype, name) for name, dtype in zip(LOSSES, cycle(("float64", "float32")), strict=False)),
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
        import sys, warnings, fastlc
        sys.path.insert(0, {str(FOLDER.parent)!r})
        from benchmarks.cases import Case, make_data
        from benchmarks.peers import Check, find_peers

        warnings.filterwarnings("ignore", ".*torch.jit", DeprecationWarning)  # torch.compile uses it itself
        checked = 0
        for case, threads in {work}:
            check, (peers, failed) = Check(case, make_data(case)), find_peers(case, threads, [{library!r}])
            assert not failed or {library in MAY_LACK}, failed
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


def test_a_library_that_is_not_installed_has_no_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIBRARIES, "absent", optional("absent", "absent_peer"))
    for threads in (1, 2):
        found, failed = find_peers(SMALL[0], threads, ["fastlc", "absent"])
        assert [peer.library for peer in found] == ["fastlc"]
        assert str(failed["absent"]) == "No module named 'absent_peer'"


@pytest.mark.parametrize("error", [ImportError, RuntimeError, OSError, SystemExit, MemoryError])
def test_a_library_is_imported_once_however_it_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: type[BaseException]
) -> None:
    name = f"damaged_{error.__name__}"
    counted = f"with open({str(tmp_path / 'times')!r}, 'a') as file: file.write('.')"
    (tmp_path / f"{name}.py").write_text(f"{counted}\nraise {error.__name__}('no')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(LIBRARIES, name, optional(name, name))
    for threads in (1, 2):
        assert isinstance(find_peers(SMALL[0], threads, [name])[1][name], error)
    assert (tmp_path / "times").read_text() == "."


def test_ctrl_c_is_no_failure_of_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(case: Case, threads: int) -> list[Peer]:
        raise KeyboardInterrupt

    monkeypatch.setitem(LIBRARIES, "any", interrupted)
    with pytest.raises(KeyboardInterrupt):
        find_peers(SMALL[0], 1)


def test_a_failure_of_fastlc_is_none_of_a_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(case: Case, threads: int) -> list[Peer]:
        raise RuntimeError("ours")

    monkeypatch.setitem(LIBRARIES, "fastlc", broken)
    with pytest.raises(RuntimeError, match=r"^ours$"):
        find_peers(SMALL[0], 1)


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
    assert Roofline(case.read_bytes, {"float32": case.flops * 2}).seconds(case) == 1.0
    assert Roofline(case.read_bytes * 4, {"float32": case.flops / 3}).seconds(case) == pytest.approx(3.0)


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


# ---------------------------------------------------------------------------------------------------------------------
# Peers that fail, one at each stage, and what is left of the others
# ---------------------------------------------------------------------------------------------------------------------


class Broken(Exception):
    """What a library may raise: of any class, with a message of several lines."""

    def __init__(self, stage: str, code: int) -> None:
        super().__init__(f"at {stage}\nwith details", code)

    def __str__(self) -> str:
        return str(self.args[0])


def right(case: Case, data: Any) -> Any:
    (ours,) = LIBRARIES["fastlc"](case, 1)
    return ours.make(data)


def fails_at(stage: str, error: Callable[[], BaseException]) -> Callable[[Case, int], list[Peer]]:
    """A library that computes what fastlc does until `error` is raised."""

    def peers(case: Case, threads: int) -> list[Peer]:
        if stage == "variants":
            raise error()
        calls: Counter[str] = Counter()

        def make(data: Any) -> Any:
            calls["made"] += 1
            if calls["made"] == {"make": 1, "make again": 2, "make the finalist": 3}.get(stage):
                raise error()
            call = right(case, data)
            small = len(data.X) < case.N

            def run() -> Any:
                if small:
                    if stage == "check":
                        raise error()
                    if stage == "wrong check":
                        loss, *gradients = call()
                        return 2 * loss, *gradients
                    return call()
                calls["made" + str(calls["made"])] += 1
                if stage == "first call" and calls["made"] == 2:
                    raise error()
                if stage == "finalist" and calls["made"] == 3:
                    raise error()
                if stage == "rounds" and calls["made"] == 3 and calls["made3"] > 5:
                    raise error()
                if stage == "wrong on all rows" and calls["made"] == 3:
                    loss, *gradients = call()
                    return 2 * loss, *gradients
                return call()

            return run

        return [Peer("fake", "a variant", make)]

    return peers


STAGES = {
    "variants": "set up",
    "make": "checked",
    "check": "checked",
    "wrong check": "checked",
    "make again": "checked",
    "first call": "checked",
    "make the finalist": "called on all rows",
    "finalist": "called on all rows",
    "wrong on all rows": "called on all rows",
    "rounds": "timed",
}
CASE = Case("loss", 6000, 5, 3)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The libraries of the runner: fastlc, NumPy in one variant, and what a test adds; nothing takes long."""
    numpy_peers = LIBRARIES["numpy"]
    libraries = {"fastlc": LIBRARIES["fastlc"], "numpy": lambda case, threads: numpy_peers(case, threads)[:1]}
    monkeypatch.setattr(peers, "LIBRARIES", libraries)
    monkeypatch.setattr(runner, "measure_roofline", lambda threads: Roofline(1.0, {"float32": 1.0, "float64": 1.0}))
    monkeypatch.setattr(roofline, "RUN_BYTES", 10**4)
    monkeypatch.setattr(roofline, "RUN_MULTIPLY_ADDS", 10**4)
    monkeypatch.setattr(runner, "SAMPLE_SECONDS", 1e-6)
    monkeypatch.setattr(runner, "cases", lambda losses: [CASE, replace(CASE, loss="hinge"), replace(CASE, D=4)])
    runner.say.cache_clear()
    return libraries


def run_main(folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, JSON and markdown."""
    files = ["--json", str(folder / "out.json"), "--markdown", str(folder / "out.md")]
    status = runner.main(["--threads", "1", "--budget", "0", "--repeat", "8", *files, *options])
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["out.json", "out.md"]
    return status, json.loads((folder / "out.json").read_text()), (folder / "out.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("stage", STAGES)
def test_a_peer_that_fails_is_left_out_with_its_reason(
    stage: str, fakes: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fakes["fake"] = fails_at(stage, lambda: Broken(stage, 3))
    fakes["good"] = lambda case, threads: [Peer("good", "", partial(right, case))]
    wrong = stage.startswith("wrong")
    status, report, text = run_main(tmp_path)
    assert status == (1 if wrong else 0)
    assert report["complete"]
    assert len(report["rows"]) == 3
    for row in report["rows"]:
        assert [peer["library"] for peer in row["peers"]] == ["fastlc", "numpy", "good"]
        assert all(peer["samples"] == 8 for peer in row["peers"])
        (left_out,) = row["left_out"]
        assert left_out["peer"] == ("fake" if stage == "variants" else "fake (a variant)")
        assert left_out["when"] == STAGES[stage]
        assert left_out["wrong"] == wrong
        assert wrong or left_out["reason"].endswith(f"Broken: at {stage}\nwith details")
    out, err = capsys.readouterr()
    assert out.strip() == text.strip()
    assert "NOT COMPLETE" not in text
    title = "WRONG RESULTS, and so without a time:" if wrong else "Left out:"
    start = f"- {left_out['peer']}, {STAGES[stage]}: "
    assert re.search(rf"^{title}\n\n{re.escape(start)}", text, re.MULTILINE)
    assert f"{left_out['peer']} is left out, when {STAGES[stage]}: " in err
    if wrong:
        assert "fake (a variant) " in text.partition(title)[2]
        assert re.search(r"is off by .* in loss|finds a loss of", text)
    else:
        assert f"Broken: at {stage}\n" in text
        assert "with details" not in text


@pytest.mark.parametrize("error", [SystemExit, MemoryError, AssertionError, BaseExceptionGroup])
def test_a_peer_may_fail_in_any_way(error: Any, fakes: dict[str, Any], tmp_path: Path) -> None:
    """An assertion of a library's own is no wrong result."""
    fakes["fake"] = fails_at(
        "rounds", lambda: error("mine", [ValueError()]) if error is BaseExceptionGroup else error("x")
    )
    status, report, _ = run_main(tmp_path)
    assert status == 0
    assert all(row["left_out"] and not row["left_out"][0]["wrong"] for row in report["rows"])


def test_the_next_variant_moves_up_for_one_that_fails(fakes: dict[str, Any], tmp_path: Path) -> None:
    def two(case: Case, threads: int) -> list[Peer]:
        (fast,) = fails_at("finalist", lambda: Broken("once more", 1))(case, threads)

        def slow(data: Any) -> Any:
            call = right(case, data)
            return lambda: (call(), call(), call(), call())[0]

        return [fast, Peer("fake", "slow", slow)]

    fakes["fake"] = two
    _, report, _ = run_main(tmp_path)
    for row in report["rows"]:
        assert [peer["variant"] for peer in row["peers"] if peer["library"] == "fake"] == ["slow"]


def test_memory_that_cannot_be_measured(fakes: dict[str, Any], tmp_path: Path) -> None:
    """Its process does not know the library."""
    if not can_measure():
        pytest.skip("the system does not tell the peak of a process's memory")
    fakes["fake"] = lambda case, threads: [Peer("fake", "", partial(right, case))]
    status, report, text = run_main(tmp_path, "--memory", "--cases", "hinge")
    assert status == 0
    (row,) = report["rows"]
    memory = {peer["library"]: peer["memory_bytes"] for peer in row["peers"]}
    assert memory["fastlc"] is not None
    assert memory["fake"] is None
    assert [peer["when"] for peer in row["left_out"]] == ["measured for its memory"]
    assert "- fake, measured for its memory: RuntimeError: its process ended with status 1: KeyError: 'fake'" in text


@pytest.mark.parametrize("stage", ["check", "wrong check", "first call", "rounds"])
def test_a_failure_of_fastlc_ends_the_run_and_keeps_the_rows(
    stage: str, fakes: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = fakes["fastlc"]

    def later(case: Case, threads: int) -> list[Peer]:
        if case.loss != "hinge":
            return ours(case, threads)
        (fake,) = fails_at(stage, lambda: Broken(stage, 3))(case, threads)
        return [replace(fake, library="fastlc", variant="")]

    fakes["fastlc"] = later
    if stage == "wrong check":
        assert run_main(tmp_path)[0] == 1
        assert re.search(r"error: hinge .*: fastlc is off by .* in loss", capsys.readouterr().err)
    else:
        with pytest.raises(Broken, match=f"at {stage}"):
            run_main(tmp_path)
        assert "NOT COMPLETE" in capsys.readouterr().out
    report = json.loads((tmp_path / "out.json").read_text())
    assert not report["complete"]
    assert [row["case"] for row in report["rows"]] == [CASE.name]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if not stage.startswith("wrong")])
@pytest.mark.parametrize("disguised", [False, True])
def test_ctrl_c_keeps_the_rows(
    stage: str, disguised: bool, fakes: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where a library makes an error of its own of it."""

    def interrupt() -> BaseException:
        if not disguised:
            return KeyboardInterrupt()
        error = RuntimeError("compilation failed")
        error.__context__ = KeyboardInterrupt()
        return error

    fakes["fake"] = lambda case, threads: fails_at(stage, interrupt)(case, threads) if case.loss == "hinge" else []
    status, report, text = run_main(tmp_path)
    assert status == 130
    assert not report["complete"]
    assert [row["case"] for row in report["rows"]] == [CASE.name]
    out, err = capsys.readouterr()
    assert "interrupted; rows so far: 1" in err
    assert out.strip() == text.strip()
    assert "NOT COMPLETE" in out
    assert CASE.name in out


def test_ctrl_c_while_memory_is_measured_keeps_the_times(
    fakes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "measure_memory", interrupted)
    status, report, _ = run_main(tmp_path, "--memory")
    assert status == 130
    assert [row["case"] for row in report["rows"]] == [CASE.name]


def test_ctrl_c_before_the_first_row_leaves_older_files(
    fakes: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(case: Case, threads: int) -> list[Peer]:
        raise KeyboardInterrupt

    fakes["numpy"] = interrupted
    (tmp_path / "out.json").write_text('"before"')
    (tmp_path / "out.md").write_text("before")
    assert run_main(tmp_path) == (130, "before", "before")
    assert capsys.readouterr().out == ""


def test_files_are_whole_after_every_row(fakes: dict[str, Any], tmp_path: Path) -> None:
    seen = []

    def looks(case: Case, threads: int) -> list[Peer]:
        if (tmp_path / "out.json").exists():
            report = json.loads((tmp_path / "out.json").read_text())
            text = (tmp_path / "out.md").read_text(encoding="utf-8")
            assert not report["complete"]
            assert "NOT COMPLETE" in text
            assert all(row["case"] in text for row in report["rows"])
            seen.append(len(report["rows"]))
        return []

    fakes["looks"] = looks
    assert run_main(tmp_path)[0] == 0
    assert seen == [1, 2]


def test_a_file_that_cannot_be_written_is_said_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, path in (("--json", "nowhere/out.json"), ("--markdown", "."), ("--chart", "out.doc")):
        with pytest.raises(SystemExit) as caught:
            runner.main([option, str(tmp_path / path)])
        assert caught.value.code == 2
        assert str(tmp_path / path) in capsys.readouterr().err


def test_left_out_peers_are_gathered() -> None:
    def row(case: str, *left_out: LeftOut) -> Row:
        return Row(case, 1, 0.5, [Timing("fastlc", "", False, [1.0])], {}, left_out=list(left_out))

    everywhere, once = LeftOut("jax", "set up", "ImportError: none"), LeftOut("torch", "timed", "E: a\nb")
    wrong = LeftOut("other", "checked", "off by 1", wrong=True)
    rows = [row("one", everywhere, once), *(row(name, everywhere, wrong) for name in ("two", "three", "four", "five"))]
    lists = markdown("heading", rows).partition("WRONG RESULTS, and so without a time:\n\n")[2]
    assert lists == (
        "- other, checked: off by 1 (two, 1 thread; three, 1 thread; four, 1 thread; 1 more)\n\n"
        "Left out:\n\n- jax, set up: ImportError: none\n- torch, timed: E: a (one, 1 thread)\n"
    )


def test_ctrl_c_in_a_terminal(tmp_path: Path) -> None:
    options = ["--cases", "predict 1", "--threads", "1", "--budget", "0.01", "--json", str(tmp_path / "out.json")]
    code = f"""
        import signal, sys
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.modules["torch"] = None  # whose cache of compiled code an interruption may damage
        from fastlc.__main__ import main
        sys.exit(main(["bench", *{options!r}]))
    """
    process = child.start(code)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "predict 1x784x10, 1 thread" in line and "left out" not in line:
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=child.ANTI_HANG)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["rows"][0]["case"] == "predict 1x784x10"
    assert "| predict 1x784x10 " in out
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_runner_names_the_cases_when_none_matches() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), "--cases", "no such case"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--list" in done.stderr
