"""The pages of docs/api that list losses, made from the registry: conf.py writes NAME.rst from each NAME.rst.in.

A line of a group's name in braces becomes the names of its losses, a line each: ``{exclusive}``, ``{one_vs_rest}`` and
``{regression}``; with ``linear_`` before the brace, those of the functions fused with the linear map.
"""

from __future__ import annotations

import re
from pathlib import Path

from fastlc import LOSSES

API = Path(__file__).parent / "api"
GROUPS = {
    "exclusive": [name for name, row in LOSSES.items() if "labels" in row.targets and not row.one_vs_rest],
    "one_vs_rest": [name for name, row in LOSSES.items() if row.one_vs_rest],
    "regression": [name for name, row in LOSSES.items() if "labels" not in row.targets],
}


def pages() -> dict[str, str]:
    """The text of each page of docs/api, by its name."""
    made = {path.stem: filled(path.read_text(encoding="utf-8")) for path in sorted(API.glob("*.rst.in"))}
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(API.glob("*.rst"))} | made


def filled(template: str) -> str:
    """The template with its groups as lists."""

    def names(found: re.Match[str]) -> str:
        return "".join(f"{found[1]}{name}\n" for name in GROUPS[found[2]])

    return re.sub(r"^( +(?:linear_)?)\{(\w+)\}\n", names, template, flags=re.MULTILINE)


def write() -> None:
    """Writes what is made, and leaves alone what has not changed, or all of it would be built again."""
    for path in API.glob("*.rst.in"):
        page, text = path.with_suffix(""), filled(path.read_text(encoding="utf-8"))
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
