"""`fastlc/losses.pyi`: the signatures of the losses as type checkers read them, written from those that Python has.

    python -m tests.support.stub

`reduction`, `grad`, `dX` and b decide on the type of the result, so a loss has an overload for each of their choices;
the last is for choices made at run time.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastlc

PATH = Path(fastlc.__file__).with_name("losses.pyi")
_HEAD = '''\
"""Written by `python -m tests.support.stub` from the signatures of the losses."""

# fmt: off

from typing import Any, Literal, overload

from numpy.typing import ArrayLike

from ._registry import LOSSES as LOSSES
from .reference import Array

'''
_LOSSES = {'Literal["mean", "sum"] = "mean"': "float", 'Literal["none"]': "Array"}
"""The annotation of reduction, with its default, and the type of the loss."""
_GRADIENTS = {
    False: {("", ""): "Array"},
    True: {
        ("ArrayLike", "Literal[False] = False"): "Array, Array",
        ("None = None", "Literal[False] = False"): "Array, None",
        ("ArrayLike", "Literal[True]"): "Array, Array, Array",
        ("None = None", "Literal[True]"): "Array, None, Array",
    },
}
"""Of losses on scores and of fused ones: the annotations of b and dX, and the types of the gradients."""


def overloads(fused: bool) -> Iterator[tuple[dict[str, str], str]]:
    """Annotations of the parameters that decide on the type of the result, and that type."""
    for reduction, loss in _LOSSES.items():
        for (b, dX), gradients in _GRADIENTS[fused].items():
            decide = {"b": b, "reduction": reduction, "dX": dX, "grad": "Literal[True] = True"}
            yield decide, f"tuple[{loss}, {gradients}]"
        yield {"reduction": reduction, "grad": "Literal[False]"}, loss
    yield {}, "Any"


def definition(function: Callable[..., Any], decide: dict[str, str], result: str) -> str:
    """One overload."""
    parts, keyword_only = [], False
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            parts.append("*")
            keyword_only = True
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}".replace("'", '"')
        parts.append(f"{name}: {decide.get(name, f'{parameter.annotation}{default}')}")
    whole = ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)  # lines end between parameters
    lines = textwrap.fill(whole, 119, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    return f"def {function.__name__}(\n{lines},\n) -> {result}: ...".replace("\N{NO-BREAK SPACE}", " ")


def stub() -> str:
    """The file."""
    functions = [function for spec in fastlc.LOSSES.values() for function in (spec.on_scores, spec.linear)]
    names = "".join(f'    "{name}",\n' for name in sorted(fastlc.losses.__all__))
    text = f"{_HEAD}__all__ = [\n{names}]\n"
    for function in functions:
        text += "\n"
        for decide, result in overloads(fused="W" in inspect.signature(function).parameters):
            text += f"@overload\n{definition(function, decide, result)}\n"
    return text


if __name__ == "__main__":
    PATH.write_text(stub(), encoding="utf-8")
