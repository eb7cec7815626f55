"""The results of the benchmark: one `Row` a case and number of threads; how rows become JSON and markdown tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from .roofline import Roofline

TEXT_COLUMNS = {"case", "fastest peer", "library", "fastest variant"}
"""Flush left; the others hold numbers."""


@dataclass
class Timing:
    """One peer on one case."""

    library: str
    variant: str
    plain: bool
    samples: list[float]
    """Seconds a call, one a round."""
    note: str = ""
    """Not empty: it computes something else, and what."""
    memory: int | None = None
    """Bytes beyond the arrays of the case (`memory.py`), if it was measured."""

    @property
    def seconds(self) -> float:
        return median(self.samples)


@dataclass(frozen=True)
class LeftOut:
    """A peer that a row lacks, or whose memory it lacks."""

    peer: str
    when: str
    """What was done as it failed: set up, checked, …."""
    reason: str
    wrong: bool = False
    """Whether it failed by giving a wrong result."""


@dataclass
class Row:
    """A case on a number of threads; the first timing is fastlc's."""

    case: str
    threads: int
    limit: float
    """Seconds."""
    timings: list[Timing]
    tried: dict[str, float]
    """Seconds, roughly, of every variant: what was measured was chosen by these."""
    roofline: Roofline | None = None
    """What `limit` comes from."""
    left_out: list[LeftOut] = field(default_factory=list)

    def fastest(self, library: str, plain: bool = False) -> Timing | None:
        """The fastest variant of a library; `plain`: among the plain ones."""
        found = [t for t in self.timings if t.library == library and (t.plain or not plain)]
        return min(found, key=lambda timing: timing.seconds) if found else None

    def ratio(self, peer: Timing) -> float:
        """How many times as long the peer takes as fastlc: the median over the rounds."""
        return median(theirs / ours for ours, theirs in zip(self.timings[0].samples, peer.samples, strict=True))

    def as_dict(self) -> dict[str, Any]:
        ours = self.timings[0]
        return {
            "case": self.case,
            "threads": self.threads,
            "limit_ms": self.limit * 1e3,
            "roofline": asdict(self.roofline) if self.roofline else None,
            "share_of_limit": self.limit / ours.seconds,
            "peers": [
                {
                    "library": t.library,
                    "variant": t.variant,
                    "plain": t.plain,
                    "note": t.note,
                    "median_ms": t.seconds * 1e3,
                    "fastest_ms": min(t.samples) * 1e3,
                    "samples": len(t.samples),
                    "ratio_to_fastlc": self.ratio(t),
                    "memory_bytes": t.memory,
                }
                for t in self.timings
            ],
            "left_out": [asdict(peer) for peer in self.left_out],
            "tried_ms": {name: seconds * 1e3 for name, seconds in self.tried.items()},
        }


def table(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Header and cells: fastlc, its limit, the fastest other library, then each library's time over fastlc's."""
    marks = footnotes(rows)
    columns = columns_of(rows)
    header = ["case", "threads", "fastlc ms", "limit ms", "share of limit", "fastest peer", "ms", "×"]
    header += [f"× {'plain ' if plain else ''}{library}" for library, plain in columns]
    cells = []
    for row in rows:
        ours = row.timings[0]
        line = [row.case, str(row.threads), milliseconds(ours.seconds)]
        line += [milliseconds(row.limit), f"{row.limit / ours.seconds:.0%}"]
        others = [peer for peer in row.timings if peer.library != ours.library]
        best = min(others, key=lambda peer: peer.seconds, default=None)
        line += [best.library, milliseconds(best.seconds), _times(row, best, marks)] if best else ["", "", ""]
        line += [_times(row, row.fastest(library, plain), marks) for library, plain in columns]
        cells.append(line)
    return header, cells


def memory_table(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Header and cells: MiB that each library needs beyond the arrays of the case; rows without are left out."""
    measured = [row for row in rows if any(t.memory is not None for t in row.timings)]
    libraries = list(dict.fromkeys(t.library for row in measured for t in row.timings))
    cells = []
    for row in measured:
        memory = {t.library: f"{t.memory / 2**20:.0f}" for t in row.timings if t.memory is not None}
        cells.append([row.case, str(row.threads), *(memory.get(library, "") for library in libraries)])
    return ["case", "threads", *libraries], cells


def variant_table(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Header and cells: which variant of a library was the fastest; only where it has several."""
    cells = []
    for library, plain in columns_of(rows):
        for row in rows:
            best = row.fastest(library, plain)
            if best and best.variant and not plain:
                cells.append([library, row.case, str(row.threads), best.variant])
    return ["library", "case", "threads", "fastest variant"], cells


def footnotes(rows: Sequence[Row]) -> dict[str, str]:
    """The mark of each note."""
    notes = dict.fromkeys(f"{t.library}: {t.note}" for row in rows for t in row.timings if t.note)
    return {note: f"[{i}]" for i, note in enumerate(notes, 1)}


def left_out_lists(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """A line for each peer that gave wrong results, and for each other failure, with the rows that it is missing in."""
    found: dict[LeftOut, list[Row]] = {}
    for row in rows:
        for peer in row.left_out:
            found.setdefault(peer, []).append(row)
    lines: tuple[list[str], list[str]] = [], []
    for peer, lacking in found.items():
        first = peer.reason.partition("\n")[0]
        where = [f"{row.case}, {threads_text(row.threads)}" for row in lacking[:3]]
        more = [f"{len(lacking) - 3} more"] if len(lacking) > 3 else []
        places = "" if len(lacking) == len(rows) > 1 else f" ({'; '.join(where + more)})"
        reason = first if len(first) <= 200 else f"{first[:200]} …"
        lines[not peer.wrong].append(f"- {peer.peer}, {peer.when}: {reason}{places}\n")
    return lines


def markdown(heading: str, rows: Sequence[Row]) -> str:
    """The report as text: times; footnotes; memory, where it was measured; the variants chosen; what was left out."""
    parts = [heading, markdown_table(*table(rows))]
    parts += ["".join(f"{mark} {note}  \n" for note, mark in footnotes(rows).items())]
    for title, (header, cells) in (
        ("Memory beyond the arrays of the case, MiB:", memory_table(rows)),
        ("The variants that were the fastest:", variant_table(rows)),
    ):
        parts += [title, markdown_table(header, cells)] if cells else []
    wrong, failed = left_out_lists(rows)
    for title, lines in ("WRONG RESULTS, and so without a time:", wrong), ("Left out:", failed):
        parts += [title, "".join(lines)] if lines else []
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def columns_of(rows: Sequence[Row]) -> list[tuple[str, bool]]:
    """Library, and whether its plain variants alone, of each column; a column of its own for those of NumPy."""
    libraries = dict.fromkeys(t.library for row in rows for t in row.timings if t.library != "fastlc")
    return [(name, plain) for name in libraries for plain in ([False, True] if name == "numpy" else [False])]


def _times(row: Row, peer: Timing | None, marks: Mapping[str, str]) -> str:
    return f"{row.ratio(peer):.2f}{marks.get(f'{peer.library}: {peer.note}', '')}" if peer else ""


def threads_text(n: int) -> str:
    return "1 thread" if n == 1 else f"{n} threads"


def milliseconds(seconds: float) -> str:
    """Three significant digits."""
    ms = seconds * 1e3
    return f"{ms:.0f}" if ms >= 100 else f"{ms:.3g}" if ms >= 0.01 else f"{ms:.2g}"


def markdown_table(header: list[str], cells: list[list[str]]) -> str:
    """A table that also reads well as plain text."""
    widths = [max(len(line[i]) for line in [header, *cells]) for i in range(len(header))]
    left = {i for i, name in enumerate(header) if name in TEXT_COLUMNS}

    def line(entries: list[str]) -> str:
        padded = [e.ljust(w) if i in left else e.rjust(w) for i, (e, w) in enumerate(zip(entries, widths, strict=True))]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * w if i in left else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    return "\n".join([line(header), line(rule), *(line(entries) for entries in cells)]) + "\n"
