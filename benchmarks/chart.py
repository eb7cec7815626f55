"""The results of the benchmark as one picture: how many times as long as fastlc each library takes, case by case.

A panel for each number of threads; bars start at fastlc's time, on a logarithmic axis, so that twice as fast and twice
as slow are equally long. Needs Matplotlib, so the runner imports this module only to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from .report import Row, Timing, columns_of, footnotes, milliseconds, threads_text

COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#F0E442", "#999999")
"""Okabe and Ito's: people with any kind of colour vision can tell them apart. Used anew, hatched, from the ninth on."""
FARTHEST = 100.0
"""Longer bars are cut here; their labels say how long they are."""
Column = tuple[str, bool]


def draw(rows: Sequence[Row], machine: Mapping[str, Any], path: Path) -> None:
    """Saves the picture; the name of the file says in which format."""
    figure(rows, machine).savefig(path, dpi=130)


def figure(rows: Sequence[Row], machine: Mapping[str, Any]) -> Figure:
    columns = columns_of(rows)
    counts = sorted({row.threads for row in rows})
    places, height = _places(rows, columns)
    marks = footnotes(rows)
    inches = 0.13 * height + 1.9 + 0.16 * len(marks)
    drawn = Figure(figsize=(3.2 + 4.6 * len(counts), inches), layout="constrained")
    drawn.suptitle(
        "How many times as long as fastlc other libraries take\n"
        f"{machine['cpu']}, {machine['cores']} cores, {machine['date'][:10]}",
        fontsize=11,
    )
    panels = drawn.subplots(1, len(counts), sharex=True, sharey=True, squeeze=False)[0]
    for ax, threads in zip(panels, counts, strict=True):
        _panel(ax, [row for row in rows if row.threads == threads], columns, places, marks)
        ax.set_title(threads_text(threads), fontsize=10)
    _axes(panels[0], rows, places, height)
    handles: list[Any] = [Patch(label=_name(column), **_style(i)) for i, column in enumerate(columns)]
    handles += [
        Line2D([], [], color="black", linewidth=1, label="fastlc (time at the left)"),
        Line2D([], [], color="black", marker="|", markersize=9, markeredgewidth=2.5, linestyle="", label="the limit"),
    ]
    notes = "\n".join(f"{mark} {note}" for note, mark in marks.items())
    drawn.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(len(handles), 2 + 2 * len(counts)),
        fontsize=8,
        frameon=False,
        title=notes or None,
        title_fontsize=8,
    )
    return drawn


def _places(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[dict[str, tuple[float, float]], float]:
    """Where each case begins and ends, a unit for each bar of its fullest panel, and where all of them end."""
    most: dict[str, int] = {}
    for row in rows:
        most[row.case] = max(len(_bars(row, columns)), most.get(row.case, 1))
    places, y = {}, 0.0
    for case, bars in most.items():
        places[case] = (y, y + bars)
        y += bars + 0.9
    return places, y


def _panel(
    ax: Axes,
    rows: Sequence[Row],
    columns: Sequence[Column],
    places: Mapping[str, tuple[float, float]],
    marks: Mapping[str, str],
) -> None:
    ax.axvline(1, color="black", linewidth=1, zorder=3)
    for row in rows:
        top, bottom = places[row.case]
        ours = row.timings[0].seconds
        ax.vlines(row.limit / ours, top, bottom, color="black", linewidth=2.5, zorder=3)
        at_left: dict[str, Any] = {"transform": ax.get_yaxis_transform(), "va": "center"}
        ax.text(0.015, (top + bottom) / 2, f"{milliseconds(ours)} ms", fontsize=7.5, **at_left)
        for place, (i, peer) in enumerate(_bars(row, columns)):
            y, times = top + place + 0.5, row.ratio(peer)
            shown = min(max(times, 1 / FARTHEST), FARTHEST)
            ax.barh(y, shown - 1, left=1, height=0.92, **_style(i))
            mark = marks.get(f"{peer.library}: {peer.note}", "")
            label = f"{times:.2f}×  {milliseconds(peer.seconds)} ms {mark}"
            ax.annotate(label, (max(shown, 1.0), y), (3, 0), textcoords="offset points", fontsize=6.5, va="center")


def _bars(row: Row, columns: Sequence[Column]) -> list[tuple[int, Timing]]:
    """The columns that the row has, each timing once: the fastest NumPy may be the usual one."""
    found = {id(peer): (i, peer) for i, column in reversed(list(enumerate(columns))) if (peer := row.fastest(*column))}
    return sorted(found.values(), key=lambda bar: bar[0])


def _axes(ax: Axes, rows: Sequence[Row], places: Mapping[str, tuple[float, float]], height: float) -> None:
    """Shared by all panels."""
    ratios = [row.ratio(peer) for row in rows for peer in row.timings]
    shares = [row.limit / row.timings[0].seconds for row in rows]
    least = max(min([*ratios, *shares, 0.5]), 1 / FARTHEST)
    ax.set_xscale("log")
    ax.set_xlim(least / 4, min(max([*ratios, 2.0]), FARTHEST) * 8)  # room for the labels at both ends
    ax.set_ylim(height - 0.5, -0.4)
    ax.set_yticks([(top + bottom) / 2 for top, bottom in places.values()], list(places), fontsize=8)
    for panel in ax.figure.axes:
        panel.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}×"))
        panel.tick_params(axis="x", labelsize=7.5)
        panel.tick_params(axis="y", length=0)
        panel.grid(axis="x", color="0.9", linewidth=0.6)
        panel.set_axisbelow(True)
        panel.spines[["top", "right", "left"]].set_visible(False)


def _name(column: Column) -> str:
    library, plain = column
    return f"{library}, as usually written" if plain else library


def _style(i: int) -> dict[str, Any]:
    hatch = "////" if i >= len(COLOURS) else None
    return {"facecolor": COLOURS[i % len(COLOURS)], "edgecolor": "white", "hatch": hatch, "linewidth": 0}
