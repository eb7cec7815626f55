"""The results of the benchmark: one `Row` a case and number of threads; how rows become JSON and a markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass
class Timing:
    """One peer on one case."""

    library: str
    variant: str
    plain: bool
    samples: list[float]
    """Seconds a call, one a round."""

    @property
    def seconds(self) -> float:
        return median(self.samples)

    @property
    def label(self) -> str:
        return f"{self.library} plain" if self.plain else self.library


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
            "share_of_limit": self.limit / ours.seconds,
            "peers": [
                {
                    "library": t.library,
                    "variant": t.variant,
                    "plain": t.plain,
                    "median_ms": t.seconds * 1e3,
                    "fastest_ms": min(t.samples) * 1e3,
                    "samples": len(t.samples),
                    "ratio_to_fastlc": self.ratio(t),
                }
                for t in self.timings
            ],
            "tried_ms": {name: seconds * 1e3 for name, seconds in self.tried.items()},
        }


def table(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Header and cells: for each library but fastlc its best variant; for NumPy the best plain one too."""
    libraries = list(dict.fromkeys(t.library for row in rows for t in row.timings if t.library != "fastlc"))
    columns = [(name, plain) for name in libraries for plain in ([False, True] if name == "numpy" else [False])]
    header = ["case", "threads", "fastlc ms"]
    for name, plain in columns:
        header += [f"{'plain ' if plain else ''}{name} ms", "×"]
    header += ["limit ms", "share of limit", "best numpy"]
    cells = []
    for row in rows:
        ours = row.timings[0]
        line = [row.case, str(row.threads), milliseconds(ours.seconds)]
        for name, plain in columns:
            peer = row.fastest(name, plain)
            line += [milliseconds(peer.seconds), f"{row.ratio(peer):.2f}"] if peer else ["", ""]
        best = row.fastest("numpy")
        line += [milliseconds(row.limit), f"{row.limit / ours.seconds:.0%}", best.variant if best else ""]
        cells.append(line)
    return header, cells


def milliseconds(seconds: float) -> str:
    """Three significant digits."""
    ms = seconds * 1e3
    return f"{ms:.0f}" if ms >= 100 else f"{ms:.3g}" if ms >= 0.01 else f"{ms:.2g}"


def markdown_table(header: list[str], cells: list[list[str]]) -> str:
    """A table that also reads well as plain text."""
    widths = [max(len(line[i]) for line in [header, *cells]) for i in range(len(header))]
    left = {0, len(header) - 1}

    def line(entries: list[str]) -> str:
        padded = [e.ljust(w) if i in left else e.rjust(w) for i, (e, w) in enumerate(zip(entries, widths, strict=True))]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * w if i in left else "-" * (w - 1) + ":" for i, w in enumerate(widths)]
    return "\n".join([line(header), line(rule), *(line(entries) for entries in cells)]) + "\n"
