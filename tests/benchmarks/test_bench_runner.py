"""The runner's parts beside the peers: roofline, memory, tables, the chart, and ``python -m fastlc bench``.

Nothing here looks at a time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import _core
from fastlc.__main__ import main

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
if not FOLDER.is_dir():
    pytest.skip("the benchmarks are not beside the tests", allow_module_level=True)
pytest.importorskip("threadpoolctl")
sys.path.insert(0, str(FOLDER.parent))

from benchmarks import memory, roofline  # noqa: E402
from benchmarks.cases import Case, make_data  # noqa: E402
from benchmarks.memory import can_measure, measure_memory  # noqa: E402
from benchmarks.report import Row, Timing, markdown, memory_table, table, variant_table  # noqa: E402
from benchmarks.roofline import Gauge, Roofline  # noqa: E402

MACHINE = {"cpu": "a processor", "cores": 2, "date": "2030-01-01T00:00:00"}


def _rows() -> list[Row]:
    timings = [
        Timing("fastlc", "", False, [2e-3, 2e-3], memory=3 * 2**20),
        Timing("numpy", "rows", True, [6e-3, 6e-3]),
        Timing("numpy", "columns", False, [4e-3, 4e-3], memory=5 * 2**20),
        Timing("other", "", False, [1e-3, 1e-3], "one-vs-rest"),
    ]
    few = [Timing("fastlc", "", False, [1.0]), Timing("numpy", "rows", True, [500.0])]
    return [
        Row("a case", 1, 1e-3, timings, {}, Roofline(1.0, {"float32": 1.0})),
        Row("another", 2, 0.5, few, {}),
    ]


def test_multiply_adds_and_reads_are_carried_out(isa: str, dtype: Any) -> None:
    name = np.dtype(dtype).name
    assert _core.multiply_add(name, 10**5) == 1.0
    assert _core.multiply_add(name, 0) != 1.0
    for size in (0, 1, 7, 100, 1023, 4097):
        a = np.arange(size, dtype=dtype)
        assert _core.read(a, 3) == 3 * a.sum()
    assert _core.read(np.ones((30, 41), dtype), 1) == 30 * 41


@pytest.mark.parametrize("threads", [1, 3])
def test_gauge_keeps_the_best_run(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(roofline, "RUN_BYTES", 10**5)
    monkeypatch.setattr(roofline, "RUN_MULTIPLY_ADDS", 10**5)
    case = Case("loss", 100, 50, 7, "float64")
    data = make_data(case)
    gauge = Gauge(threads, [data.X, data.W], [case.dtype])
    before = gauge.best
    for _ in range(3):
        gauge.run()
        assert gauge.best.bytes_per_second >= before.bytes_per_second
        assert gauge.best.flops_per_second["float64"] >= before.flops_per_second["float64"]
        before = gauge.best
    assert 0 < gauge.best.seconds(case) < np.inf


@pytest.mark.skipif(not can_measure(), reason="the system does not tell the peak of a process's memory")
def test_memory_of_a_peer_is_that_of_its_scores() -> None:
    case = Case("loss", 20000, 10, 1000)
    scores = case.N * case.C * 4
    ours, numpy = (measure_memory(case, 1, *peer) for peer in (("fastlc",), ("numpy", "rows, whole")))
    assert ours is not None
    assert numpy is not None
    assert numpy >= scores > 2 * ours


@pytest.mark.skipif(not can_measure(), reason="the system does not tell the peak of a process's memory")
def test_memory_of_a_peer_that_fails_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match=r"^its process ended with status 1: .*no such variant"):
        measure_memory(Case("loss", 10, 3, 2), 1, "fastlc", "no such variant")
    monkeypatch.setattr(memory, "TIMEOUT", 0.01)
    with pytest.raises(RuntimeError, match=r"^its process took more than 0 s$"):
        measure_memory(Case("loss", 10, 3, 2), 1, "fastlc")


def test_tables_show_ratios_notes_memory_and_variants() -> None:
    rows = _rows()
    header, cells = table(rows)
    first = dict(zip(header, cells[0], strict=True))
    assert first["fastest peer"] == "other"
    assert (first["share of limit"], first["×"]) == ("50%", "0.50[1]")
    assert [first[f"× {name}"] for name in ("numpy", "plain numpy", "other")] == ["2.00", "3.00", "0.50[1]"]
    assert cells[1][header.index("× other")] == ""
    assert memory_table(rows) == (
        ["case", "threads", "fastlc", "numpy", "other"],
        [["a case", "1", "3", "5", ""]],
    )
    assert variant_table(rows)[1] == [["numpy", "a case", "1", "columns"], ["numpy", "another", "2", "rows"]]
    assert "[1] other: one-vs-rest" in markdown("heading", rows)


def test_row_as_json_is_whole() -> None:
    row = json.loads(json.dumps(_rows()[0].as_dict()))
    assert row["roofline"] == {"bytes_per_second": 1.0, "flops_per_second": {"float32": 1.0}}
    assert [(peer["library"], peer["samples"], peer["memory_bytes"]) for peer in row["peers"]] == [
        ("fastlc", 2, 3 * 2**20),
        ("numpy", 2, None),
        ("numpy", 2, 5 * 2**20),
        ("other", 2, None),
    ]
    assert row["peers"][3]["note"] == "one-vs-rest"


def test_chart_has_a_panel_a_number_of_threads_and_a_bar_a_library(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from benchmarks.chart import draw, figure

    drawn = figure(_rows(), MACHINE)
    assert [ax.get_title() for ax in drawn.axes] == ["1 thread", "2 threads"]
    assert [len(ax.patches) for ax in drawn.axes] == [3, 1]
    assert max(bar.get_x() + bar.get_width() for bar in drawn.axes[1].patches) == pytest.approx(100)
    draw(_rows(), MACHINE, tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes()[:4] == b"\x89PNG"


def test_bench_is_the_runner(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fastlc", "bench"]
    environment = {"PYTHONPATH": str(Path(fastlc.__file__).parents[1])}
    for option, part in (("--help", "--budget SECONDS"), ("--list", "cross_entropy 60000x784x10")):
        ours, theirs = (
            subprocess.check_output([*start, option], env=environment, cwd=tmp_path, text=True)
            for start in (command, [sys.executable, str(FOLDER / "run.py")])
        )
        assert ours == theirs
        assert part in ours


def test_bench_without_benchmarks_says_where_it_looked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fastlc, "__file__", str(tmp_path / "fastlc" / "__init__.py"))
    assert main(["bench", "--list"]) == 2
    assert str(tmp_path / "benchmarks") in capsys.readouterr().err
