"""The losses as type checkers know them: the stub is current, mypy accepts right uses and refuses wrong ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastlc
from fastlc import LOSSES

from ..support import stub

# Arguments after those that every loss needs, and the type of the result.
ON_SCORES = {
    "": "tuple[float, Array]",
    'reduction="sum", sample_weight=[1.0, 0.5]': "tuple[float, Array]",
    'reduction="none"': "tuple[Array, Array]",
    "grad=False": "float",
    'reduction="none", grad=False': "Array",
}
LINEAR = {
    "": "tuple[float, Array, None]",
    "b": "tuple[float, Array, Array]",
    "dX=True": "tuple[float, Array, None, Array]",
    'b=b, dX=True, l1=0.1, l2=1, reduction="sum"': "tuple[float, Array, Array, Array]",
    "b, dX=True, grad=False": "float",
    'reduction="none"': "tuple[Array, Array, None]",
    'b, reduction="none"': "tuple[Array, Array, Array]",
    'reduction="none", dX=True': "tuple[Array, Array, None, Array]",
    'b, reduction="none", dX=True': "tuple[Array, Array, Array, Array]",
    'reduction="none", grad=False': "Array",
}
KEYWORDS = {"class_weight": "[1.0, 2.0, 3.0]", "pos_weight": "[1.0, 2.0, 3.0]", "ignore_index": "2"}
NUMBERS = {"margin": "0.5", "p": "2", "epsilon": "1", "label_smoothing": "0.1"}
HEAD = """\
import numpy as np
from numpy.typing import NDArray
from typing import Any, assert_type
import fastlc
from fastlc.reference import Array
S, labels, values = np.array([[1.0, 0.0, 2.0], [0.5, 1.5, 0.0]]), [0, 2], np.ones((2, 3))
X, W, b = np.ones((2, 4)), np.zeros((3, 4)), np.zeros(3)
dX, reduction = bool(1), str("mean")
"""


def own(spec: Any) -> list[str]:
    """Each keyword argument that this loss has and others have not, with a value."""
    return [
        f"{name}={value}" for name, value in {**KEYWORDS, **NUMBERS}.items() if name in (*spec.keywords, *spec.options)
    ]


def right() -> dict[str, str]:
    """Expressions and their types."""
    found = {}
    for name, spec in LOSSES.items():
        y = spec.targets[0]
        for more, result in (ON_SCORES | dict.fromkeys(own(spec), "tuple[float, Array]")).items():
            found[f"fastlc.{name}(S, {y}, {more})".replace(", )", ")")] = result
        for more, result in (LINEAR | dict.fromkeys(own(spec), "tuple[float, Array, None]")).items():
            found[f"fastlc.linear_{name}(X, {y}, W, {more})".replace(", )", ")")] = result
    return found


def wrong() -> list[str]:
    """Statements that are refused, by a type checker and by Python."""
    unknown = {**KEYWORDS, **NUMBERS, "margn": "1.0", "dx": "True"}
    found = []
    for name, spec in LOSSES.items():
        for keyword, value in unknown.items():
            if keyword not in (*spec.keywords, *spec.options):
                found.append(f"fastlc.{name}(S, {spec.targets[0]}, {keyword}={value})")
                found.append(f"fastlc.linear_{name}(X, {spec.targets[0]}, W, b, {keyword}={value})")
        found += [f"fastlc.{name}(S, {spec.targets[0]}, {option}='1')" for option in spec.options]
        found += [f"fastlc.linear_{name}(X, {spec.targets[0]}, W, {option}=None)" for option in spec.options]
    return [
        *found,
        "fastlc.hinge(S)",
        "fastlc.hinge(S, labels, 2.0)",
        "fastlc.hinge(S, labels, p=1.5)",
        "fastlc.hinge(S, labels, dX=True)",
        "fastlc.linear_hinge(X, labels)",
        "loss, dW = fastlc.linear_hinge(X, labels, W)",
        "loss, dW, db = fastlc.linear_hinge(X, labels, W, dX=True)",
        "loss, dS = fastlc.hinge(S, labels, grad=False)",
        "fastlc.linear_hinge(X, labels, W)[2].sum()",
        "fastlc.hinge(S, labels)[0].sum()",
    ]


def type_of(value: Any) -> str:
    """As written in an annotation."""
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(type_of, value))}]"
    return {np.ndarray: "Array", float: "float", type(None): "None"}[type(value)]


def test_the_stub_is_current() -> None:
    """`python -m tests.support.stub` writes it."""
    assert stub.PATH.read_text(encoding="utf-8") == stub.stub()


def test_what_is_called_right_returns_those_types() -> None:
    names: dict[str, Any] = {}
    exec(HEAD, names)
    for expression, result in right().items():
        assert type_of(eval(expression, names)) == result, expression


@pytest.mark.parametrize("statement", wrong())
def test_what_is_called_wrong_raises(statement) -> None:
    names: dict[str, Any] = {}
    exec(HEAD, names)
    with pytest.raises((TypeError, ValueError, AttributeError)):
        exec(statement, names)


def test_mypy_accepts_what_is_right_and_refuses_what_is_wrong(tmp_path) -> None:
    pytest.importorskip("mypy")
    lines = HEAD.splitlines()
    lines += [f"assert_type({expression}, {result})" for expression, result in right().items()]
    lines.append("assert_type(fastlc.linear_hinge(X, labels, W, dX=dX), Any)")
    lines.append("assert_type(fastlc.hinge(S, labels, reduction=reduction), Any)")
    lines.append('assert_type(fastlc.LOSSES["hinge"](S, labels), Any)')
    lines.append("assert_type(fastlc.lecture.jacobian.softmax(S), Array)")
    lines.append("assert_type(fastlc.lecture.points.make_rings()[1], NDArray[np.int64])")
    lines.append("assert_type(fastlc.gradcheck.gradcheck(fastlc.softmax, S).ok, bool)")
    lines.append("assert_type(fastlc.data.load_idx('path'), Array)")
    lines.append("assert_type(fastlc.reference.softmax(S), Array)")
    lines.append("lines: str = fastlc.plot.templates(W, (2, 2)).get_title() + fastlc.__version__")
    refused = set()
    for statement in [*wrong(), "fastlc.plots", "fastlc.plot.template", "fastlc.flatten(X)"]:
        lines.append(statement)
        refused.add(len(lines))
    (tmp_path / "user.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found_at = Path(fastlc.__file__).parents[1]
    installed = found_at.name in ("site-packages", "dist-packages")  # where mypy looks itself
    environment = {**os.environ, **({} if installed else {"MYPYPATH": str(found_at)})}
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", "user.py"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    errors = {int(line) for line in re.findall(r"^user\.py:(\d+): error: ", ran.stdout, re.MULTILINE)}
    assert ran.returncode == 1, ran.stdout + ran.stderr
    for line in sorted(errors ^ refused):
        pytest.fail(f"{lines[line - 1]} is {'refused' if line in errors else 'accepted'}:\n{ran.stdout[-3000:]}")
