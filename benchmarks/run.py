"""The benchmark: every case, fastlc beside its peers, on the same arrays, in one process.

    python benchmarks/run.py [--cases REGEX] [--threads 1 2] [--json FILE] [--markdown FILE]

For each case and number of threads: every peer is checked against the reference, then tried briefly; the best variant
of each library (and the best plain one) is measured against fastlc, interleaved: A, B, C, A, B, C, …, warm, the garbage
collector off. Reported are medians, and the median of the ratios within a round, which a machine that changes speed
leaves alone; beside them the share of what the machine allows (`roofline.py`), measured in the same rounds.

A peer that fails is left out, and the report says why; so is one that gives a wrong result, but then the exit status is
1, as it is if fastlc fails. The files are written anew after every row; Ctrl-C prints the rows so far (status 130).

Run it on an idle machine: BLAS threads that must share a core wait for each other, and lose not a share but a factor.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from itertools import repeat
from pathlib import Path
from time import perf_counter
from typing import Any

from threadpoolctl import ThreadpoolController

import fastlc
from fastlc._files import whole
from fastlc.losses import LOSSES

if not __package__:  # python benchmarks/run.py
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    __package__ = "benchmarks"

from .cases import DEFAULT_LOSSES, Case, Data, cases, make_data
from .machine import cpu_count, describe_machine
from .memory import AUTOMATIC_SCORES, measure_memory
from .peers import Check, Peer, WrongResult, find_peers, own
from .peers.numpy_peer import Call
from .report import LeftOut, Row, Timing, markdown, threads_text
from .roofline import Gauge, Roofline, measure_roofline

SAMPLE_SECONDS = 0.01
"""Shorter calls are repeated within a sample."""
WARM_SECONDS = 0.05
"""Of calls that do not count, before a sample on several threads: a virtual core that has rested is slow at first."""
GAUGE_RUNS = 5
"""Of the roofline, before the first round."""


class Stopwatch:
    """Times calls of peers, each with the BLAS threads that it is allowed."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.blas = ThreadpoolController().select(user_api="blas")
        self.last: Call | None = None

    def sample(self, peer: Peer, call: Call, calls: int = 1, warm: bool = True) -> float:
        """Seconds a call, the mean of `calls`; before them some that do not count, if `warm`."""
        with self.blas.limit(limits=peer.blas_threads):
            if self.threads > 1 and call is not self.last:
                settle()
            self.last = call
            if warm:
                end = perf_counter() + (WARM_SECONDS if self.threads > 1 else 0)
                call()
                while perf_counter() < end:
                    call()
            start = perf_counter()
            for _ in repeat(None, calls):
                call()
            return (perf_counter() - start) / calls


def settle(longest: float = 1.0) -> None:
    """Waits until the process rests: OpenBLAS's threads spin for 0.1 s after a call, and would slow the next peer."""
    end = perf_counter() + longest
    while perf_counter() < end:
        before = time.process_time()
        time.sleep(0.01)
        if time.process_time() - before < 0.001:
            return


def calls_per_sample(seconds: float) -> int:
    return max(1, min(10**5, round(SAMPLE_SECONDS / max(seconds, 1e-7))))


def leave_out(left_out: list[LeftOut], peer: Peer | str, when: str, error: BaseException) -> None:
    """Notes a peer that has failed, or a library that has no peers; unless that was fastlc, or meant for all of us."""
    cause: BaseException | None = error
    while cause is not None:  # some libraries make something else of Ctrl-C
        if isinstance(cause, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        cause = cause.__cause__ or cause.__context__
    if isinstance(peer, Peer) and peer.library == "fastlc":
        raise error
    reason = "".join(traceback.format_exception_only(error)).strip()
    left_out.append(LeftOut(str(peer), when, reason, isinstance(error, WrongResult)))
    say(f"{peer} is left out, when {when}: {reason}")


@cache
def say(text: str) -> None:
    """On standard error, once."""
    print(text, file=sys.stderr)


@contextmanager
def without(left_out: list[LeftOut], peer: Peer, when: str) -> Iterator[None]:
    """What fails within costs this peer its place, and no other one."""
    try:
        yield
    except (Exception, SystemExit) as error:
        leave_out(left_out, peer, when, error)


def try_all(case: Case, data: Data, watch: Stopwatch, check: Check, left_out: list[LeftOut]) -> dict[Peer, float]:
    """Rough seconds of every peer, once it was checked; one clearly behind its library's best is called only once."""
    tried: dict[Peer, float] = {}
    peers, failed = find_peers(case, watch.threads)
    for library, error in failed.items():
        leave_out(left_out, library, "set up", error)
    for peer in peers:
        with without(left_out, peer, "checked"):
            check(peer)
            call = peer.make(own(case, data))
            best = min((t for other, t in tried.items() if other.library == peer.library), default=float("inf"))
            seconds = watch.sample(peer, call, warm=False)
            if seconds < min(1.5 * best, 1.0) or seconds < 1e-3:
                seconds = watch.sample(peer, call, warm=False)
            if seconds < min(1.5 * best, 0.1):
                calls = calls_per_sample(seconds)
                seconds = min(watch.sample(peer, call, calls, warm=False) for _ in range(2))
            tried[peer] = seconds
    return tried


def prepare(case: Case, data: Data, tried: dict[Peer, float], left_out: list[LeftOut]) -> dict[Peer, Call]:
    """The calls of the finalists; another one moves up for one that fails, and `tried` loses it.

    Peers were checked on some rows; on all of them their losses must be that of fastlc, the first.
    """
    calls: dict[Peer, Call] = {}
    loss: float | None = None
    while missing := [peer for peer in finalists(tried) if peer not in calls]:
        for peer in missing:
            with without(left_out, peer, "called on all rows"):
                call = peer.make(own(case, data))
                if case.task == "loss":
                    found = float(call()[0])
                    loss = found if loss is None else loss
                    if not peer.other_function and not abs(found - loss) <= 1e-3 * abs(loss):
                        raise WrongResult(f"{case.name}: {peer} finds a loss of {found}, fastlc of {loss}")
                calls[peer] = call
            if peer not in calls:
                del tried[peer]
    return {peer: calls[peer] for peer in finalists(tried)}


def finalists(tried: dict[Peer, float]) -> list[Peer]:
    """fastlc; of each other library the fastest variant, a second one if they are close, and the fastest plain one."""
    chosen: list[Peer] = []
    for library in dict.fromkeys(peer.library for peer in tried):
        first, *others = sorted((peer for peer in tried if peer.library == library), key=lambda peer: tried[peer])
        close = [peer for peer in others if tried[peer] < min(1.15 * tried[first], 0.2)][:1]
        plain = [peer for peer in [first, *others] if peer.plain][:1]
        chosen += dict.fromkeys([first, *close, *plain])
    return chosen


def measure(case: Case, data: Data, watch: Stopwatch, check: Check, budget: float, rounds: int) -> Row:
    """Tries all peers, then times the finalists in turns for `budget` seconds, and at least so many rounds."""
    fastlc.set_num_threads(watch.threads)
    left_out: list[LeftOut] = []
    tried = try_all(case, data, watch, check, left_out)
    calls = prepare(case, data, tried, left_out)
    samples: dict[Peer, list[float]] = {peer: [] for peer in calls}
    ours = next(iter(samples.values()))
    gauge = Gauge(watch.threads, [data.X, data.W], [case.dtype])
    end = perf_counter() + budget
    while len(ours) < rounds or perf_counter() < end:
        if watch.threads > 1:
            settle()
        for _ in range(1 if ours else GAUGE_RUNS):
            gauge.run()
        for peer, times in samples.items():
            with without(left_out, peer, "timed"):
                seconds = watch.sample(peer, calls[peer], calls_per_sample(tried[peer]), warm=tried[peer] < 0.2)
                times.append(seconds)
        samples = {peer: times for peer, times in samples.items() if len(times) == len(ours)}
    timings = [Timing(p.library, p.variant, p.plain, times, p.other_function) for p, times in samples.items()]
    limit = gauge.best.seconds(case)
    return Row(case.name, watch.threads, limit, timings, {str(p): t for p, t in tried.items()}, gauge.best, left_out)


def add_memory(case: Case, row: Row) -> None:
    """Of the fastest variant of each library."""
    for library in dict.fromkeys(timing.library for timing in row.timings):
        fastest = row.fastest(library)
        if fastest:
            try:
                fastest.memory = measure_memory(case, row.threads, library, fastest.variant)
            except RuntimeError as error:
                name = f"{library} ({fastest.variant})" if fastest.variant else library
                leave_out(row.left_out, name, "measured for its memory", error)


def run(
    selected: Sequence[Case], threads: Sequence[int] | None, budget: float, rounds: int, memory: bool | None = None
) -> Iterator[Row | dict[int, Roofline]]:
    """First the rooflines, by number of threads; then a row for each case and number of threads.

    `memory`: whether to measure it too; None: for cases with many scores.
    """
    every = sorted(set(threads or (1, cpu_count())))
    rooflines = {n: measure_roofline(n) for n in every}
    yield rooflines
    data, key = None, None
    for case in selected:
        new_key = (case.N, case.D, case.C, case.dtype, LOSSES[case.loss].targets)
        if data is None or key != new_key:
            data, key = None, new_key  # the old arrays go before the new ones come
            data = make_data(case)
        check = Check(case, data)
        default = {"one": every[:1], "all": every[-1:], "one and all": every}[case.threads]
        for n in every if threads else default:
            watch = Stopwatch(n)
            with watch.blas.limit(limits=n):
                row = measure(case, data, watch, check, budget, rounds)
            try:
                if case.N * case.C > AUTOMATIC_SCORES if memory is None else memory:
                    add_memory(case, row)
            except KeyboardInterrupt:
                yield row  # whose times are there
                raise
            yield row


def warn_if_busy(rooflines: dict[int, Roofline]) -> None:
    """Cores that are all ours multiply at about the same rate together as one by one."""
    least, most = min(rooflines), max(rooflines)
    share = rooflines[most].flops_per_second["float32"] / rooflines[least].flops_per_second["float32"] / (most / least)
    if share < 0.75 and most <= cpu_count():
        print(f"{most} threads reach {share:.0%} of what they should: is the machine busy?", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status. 0: done; 1: wrong results; 2: an argument; 130: stopped by Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m fastlc bench", description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--cases", default="", metavar="REGEX", help="which cases, by a regular expression on their names")
    add("--threads", type=int, nargs="+", metavar="N", help="default: 1 and all cores, as the case asks")
    add(
        "--losses", nargs="+", default=DEFAULT_LOSSES, choices=list(LOSSES), metavar="NAME", help="default: %(default)s"
    )
    add(
        "--budget",
        type=float,
        default=2.0,
        metavar="SECONDS",
        help="a case and number of threads (%(default)s)",
    )
    add("--repeat", type=int, default=3, metavar="N", help="rounds at least (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write every figure, the machine and versions")
    add("--markdown", type=Path, metavar="FILE", help="write the tables")
    add("--chart", type=Path, metavar="FILE", help="draw the times relative to fastlc: .png, .svg or .pdf")
    add(
        "--memory",
        action=argparse.BooleanOptionalAction,
        help=f"measure it too, or not (default: of cases with more than {AUTOMATIC_SCORES:,} scores)",
    )
    add("--list", action="store_true", help="print the names of the cases and stop")
    options = parser.parse_args(arguments)
    selected = [case for case in cases(options.losses) if re.search(options.cases, case.name)]
    if not selected:
        parser.error(f"no case matches {options.cases!r}; --list shows them all")
    if options.list:
        print("\n".join(case.name for case in selected))
        return 0
    for path in (options.json, options.markdown, options.chart):
        pipe = path and path.exists() and not path.is_file()
        if path and (path.is_dir() or not os.access(path if pipe else path.parent, os.W_OK)):
            parser.error(f"cannot write {path}: is its folder there and writable?")
    if options.chart and options.chart.suffix not in (".png", ".svg", ".pdf"):
        parser.error(f"--chart {options.chart}: expected a file name that ends in .png, .svg or .pdf")

    if options.chart:
        try:
            from .chart import draw  # Matplotlib is needed for nothing else
        except ImportError:
            parser.error("--chart needs Matplotlib: pip install 'fastlc[plot]'")

    threads_before, started = fastlc.get_num_threads(), perf_counter()
    machine = describe_machine()
    rooflines: dict[int, Roofline] = {}
    rows: list[Row] = []

    def text(complete: bool) -> str:
        heading = f"{machine['cpu']}, {machine['cores']} cores, {machine['date'][:10]}"
        for n, roofline in rooflines.items():
            peaks = ", ".join(f"{dtype} {peak / 1e9:.0f} GFLOP/s" for dtype, peak in roofline.flops_per_second.items())
            heading += f"  \nlimits on {threads_text(n)}: DRAM {roofline.bytes_per_second / 1e9:.0f} GB/s, {peaks}"
        return markdown(heading if complete else f"{heading}  \nNOT COMPLETE", rows)

    def save(complete: bool, last: bool = False) -> None:
        report: dict[str, Any] = {
            "machine": machine,
            "complete": complete,
            "seconds": perf_counter() - started,
            "rooflines": {n: asdict(roofline) for n, roofline in rooflines.items()},
            "rows": [row.as_dict() for row in rows],
        }
        for path, content in (options.markdown, text(complete)), (options.json, json.dumps(report, indent=1)):
            if path and (last or path.is_file() or not path.exists()):  # a pipe gets it once
                with whole(path) as file:
                    file.write_text(content, encoding="utf-8")

    status, complete = 1, False
    gc.collect()
    gc.disable()
    try:
        for result in run(selected, options.threads, options.budget, options.repeat, options.memory):
            if isinstance(result, Row):
                rows.append(result)
                save(complete=False)
                print(
                    f"{perf_counter() - started:4.0f} s  {result.case}, {threads_text(result.threads)}", file=sys.stderr
                )
            else:
                rooflines = result
                warn_if_busy(rooflines)
        complete = True
        status = 1 if any(peer.wrong for row in rows for peer in row.left_out) else 0
    except KeyboardInterrupt:
        print(f"\ninterrupted; rows so far: {len(rows)}", file=sys.stderr)
        status = 130
    except WrongResult as error:  # of fastlc
        print(f"\nerror: {error}", file=sys.stderr)
    finally:  # whatever else may have failed
        gc.enable()
        fastlc.set_num_threads(threads_before)
        if rows:
            print(text(complete), flush=True)
            save(complete, last=True)
            if options.chart:
                with whole(options.chart) as file:
                    draw(rows, machine, file)
    return status


if __name__ == "__main__":
    sys.exit(main())
