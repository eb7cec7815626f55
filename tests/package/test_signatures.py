"""The interface as text: the same signatures as the reference, documented in full."""

from __future__ import annotations

import dataclasses
import inspect
import pydoc
import re
import sys
from operator import attrgetter
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest

import fastlc
from fastlc import LOSSES, optim, reference

# Whose signature and documentation are those of the reference.
FUNCTIONS = ["scores", "predict", "predict_proba", "softmax", "log_softmax", "sigmoid", "sgd_step", "sgd_epoch"]
LINEAR = [f"linear_{name}" for name in LOSSES]
SETTINGS = ["get_num_threads", "set_num_threads", "show_config"]
TRAINING = ["fit"]
SCHEDULES = ["constant", "step_decay", "exponential", "inverse_scaling", "cosine", "optimal"]


def parameters(function: Any, without_options: bool = False) -> list[tuple[str, Any, Any]]:
    """Names, kinds and defaults."""
    found = inspect.signature(function).parameters.values()
    return [(p.name, p.kind, p.default) for p in found if not (without_options and p.kind is p.VAR_KEYWORD)]


def test_what_is_public() -> None:
    callables = {name for name in fastlc.__all__ if inspect.isfunction(getattr(fastlc, name))}
    assert callables == {*FUNCTIONS, *SETTINGS, *TRAINING, *LOSSES, *LINEAR}
    assert {*fastlc.__all__} - callables == {"SGDState", "FitResult", "LOSSES", "optim", "reference"}
    others = {name for name, value in vars(fastlc).items() if inspect.isroutine(value) or inspect.isclass(value)}
    assert {name for name in others if not name.startswith("_")} <= {*fastlc.__all__}
    of_reference = {
        name for name, value in vars(reference).items() if not name.startswith("_") and inspect.isfunction(value)
    }
    assert of_reference == callables - {*SETTINGS, *TRAINING}


def test_what_is_public_in_optim() -> None:
    """Schedules are classes, named as the calls that they are printed as."""
    own = {name for name, value in vars(optim).items() if getattr(value, "__module__", "") == optim.__name__}
    assert {name for name in own if not name.startswith("_")} == {"SGDState", "ReduceOnPlateau", *SCHEDULES}
    assert all(inspect.isclass(getattr(optim, name)) for name in SCHEDULES)
    assert fastlc.optim is optim


@pytest.mark.parametrize("name", [*FUNCTIONS, *LOSSES])
def test_the_signature_is_that_of_the_reference(name) -> None:
    assert parameters(getattr(fastlc, name)) == parameters(getattr(reference, name))


every_loss = pytest.mark.parametrize("spec", LOSSES.values(), ids=LOSSES)


@every_loss
def test_the_signature_of_linear_losses(spec) -> None:
    """That of the reference, which is the same for all, without what the loss has not; then what is the loss's own."""
    on_scores = parameters(spec.on_scores)
    names = [name for name, *_ in on_scores]
    own = on_scores[names.index("grad") + 1 :]
    not_in_all = {"class_weight", "ignore_index", "pos_weight"}
    assert set(spec.keywords) == not_in_all & set(names)
    assert {name: default for name, _, default in own if name not in not_in_all} == dict(spec.options)
    common = parameters(spec.linear_reference, without_options=True)
    assert parameters(spec.linear) == [p for p in common if p[0] not in not_in_all - set(spec.keywords)] + own


@every_loss
def test_options_are_described_once(spec) -> None:
    """By the reference, with the default of its signature; both functions say the same, last of their parameters."""
    *_, options = (spec.reference.__doc__ or "").partition("Parameters\n    ----------\n")
    options = inspect.cleandoc(f"\n{options}")
    own = re.findall(r"^(\w+) : .*, default (.*)$", options, re.MULTILINE)
    assert own == [(name, repr(default)) for name, default in spec.options.items()]
    assert len(re.findall(r"^    \S", options, re.MULTILINE)) >= len(own)
    for function in (spec.on_scores, spec.linear):
        described = inspect.getdoc(function).split("Parameters\n----------\n")[1].split("\n\nReturns\n")[0]
        assert described.endswith(f"return the loss alone.\n{options}".rstrip())


STRUCTS = Path(__file__).resolve().parents[2] / "csrc" / "kernels" / "losses.h"


@pytest.mark.skipif(not STRUCTS.exists(), reason="the sources are not here")
def test_defaults_are_those_of_the_c_interface() -> None:
    """Written twice: in C a call without options has those of the struct, in Python those of the reference."""
    text = STRUCTS.read_text(encoding="utf-8")
    infos = re.findall(r'sizeof\(fastlc_loss_description\), "(\w+)", [A-Z_| ]+, \d, \{.*?\}, \{(.*?)\}\};', text)
    in_c = {name: [float(value) for value in defaults.split(",") if value] for name, defaults in infos}
    assert in_c == {spec.name: [*spec.options.values()] for spec in LOSSES.values()}


@every_loss
def test_losses_are_functions_as_others(spec) -> None:
    """To what asks a function for its module, code, defaults and types: help, Sphinx, doctest, IPython, joblib."""
    for function in (spec.on_scores, spec.linear):
        assert inspect.isfunction(function)
        assert function.__module__ == "fastlc.losses"
        assert function.__globals__ is vars(fastlc.losses)  # doctest takes it for one that the module defines
        assert "__signature__" not in vars(function)
        assert function.__code__.co_name == function.__name__ == function.__qualname__
        assert inspect.getsource(function).startswith(f"def {function.__name__}(")
        assert {*get_type_hints(function)} == {*inspect.signature(function).parameters, "return"}
        text = pydoc.plain(pydoc.render_doc(function))
        assert text.startswith(f"Python Library Documentation: function {function.__name__} in module fastlc.losses")
        assert f"\n{function.__name__}({'S' if function is spec.on_scores else 'X'}: 'ArrayLike', y: " in text


@every_loss
def test_a_row_is_frozen_and_called_as_the_loss_on_scores(spec) -> None:
    S, y = np.array([[0.5, -1.0]]), [0] if "labels" in spec.targets else [[1.0, 0.0]]
    for how in ({}, {"reduction": "none", "sample_weight": [2.0]}, dict(spec.options)):
        got, want = spec(S, y, **how), spec.on_scores(S, y, **how)
        assert np.array_equal(got[0], want[0])
        assert np.array_equal(got[1], want[1])
    assert isinstance(spec(S, y, grad=False), float)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.linear = spec.on_scores
    with pytest.raises(TypeError, match="does not support item assignment"):
        spec.options["foo"] = 1.0
    assert repr(spec) == f"fastlc.LOSSES[{spec.name!r}]"
    assert {spec: 1}[eval(repr(spec))] == 1


@every_loss
def test_a_row_of_the_registry_names_its_functions(spec) -> None:
    assert LOSSES[spec.name] is spec
    assert getattr(fastlc, spec.name) is spec.on_scores
    assert getattr(fastlc, f"linear_{spec.name}") is spec.linear
    assert getattr(reference, spec.name) is spec.reference
    assert getattr(reference, f"linear_{spec.name}") is spec.linear_reference
    assert spec.on_scores.__name__ == spec.name
    assert spec.linear.__name__ == f"linear_{spec.name}"


@pytest.mark.parametrize("name", [*FUNCTIONS, *SETTINGS, *TRAINING, *LOSSES, *LINEAR])
def test_functions_are_where_they_say(name) -> None:
    """Where pickle looks for them (`test_pickling.py`)."""
    function = getattr(fastlc, name)
    assert getattr(sys.modules[function.__module__], function.__qualname__) is function


@pytest.mark.parametrize("name", [*FUNCTIONS, *TRAINING, *LOSSES, *LINEAR, *(f"optim.{name}" for name in SCHEDULES)])
def test_documentation_has_its_sections(name) -> None:
    function = attrgetter(name)(fastlc)
    text = inspect.getdoc(function) or ""
    sections = ["Parameters", "Raises"] if name == "sgd_step" else ["Parameters", "Returns", "Raises"]
    for section in sections:
        assert f"{section}\n{'-' * len(section)}\n" in text, f"{name} has no section {section}"
    described = text.split("Parameters\n")[1].split("Raises\n")[0]
    for parameter in inspect.signature(function).parameters:
        assert re.search(rf"^\**(\w+, )*{parameter}\b", described, re.MULTILINE), (
            f"{name} does not describe {parameter}"
        )


@pytest.mark.parametrize(
    "name",
    [
        *[*FUNCTIONS, *SETTINGS, *TRAINING, "SGDState", "FitResult", *LINEAR],
        *["optim.ReduceOnPlateau", *(f"optim.{name}" for name in SCHEDULES)],
    ],
)
def test_documentation_has_an_example_or_is_short(name) -> None:
    text = inspect.getdoc(attrgetter(name)(fastlc)) or ""
    assert "Examples\n--------\n>>> " in text or (text and "\n" not in text), name


def test_the_configuration_is_printed_and_returned(capsys: pytest.CaptureFixture[str]) -> None:
    config = fastlc.show_config("dicts")
    assert fastlc.show_config() is None
    out = capsys.readouterr().out
    for value in (fastlc.__version__, config["compiler"], *config["instruction sets"]["usable"], "threads"):
        assert str(value) in out
    assert config["instruction sets"]["in use"] in config["instruction sets"]["usable"]
    assert set(config["instruction sets"]["usable"]) <= set(config["instruction sets"]["built"])
    assert "baseline" in config["instruction sets"]["usable"]
    with pytest.raises(ValueError, match=r"^mode = 'foo' is unknown, choose from stdout, dicts$"):
        fastlc.show_config("foo")  # type: ignore[call-overload]
