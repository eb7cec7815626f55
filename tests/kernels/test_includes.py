"""The directions of includes in csrc/: its folders are layers; and kernels see no code of the standard library."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSRC = Path(__file__).resolve().parents[2] / "csrc"

LAYERS = [("include", "runtime"), ("kernels",), ("api",), ("python",)]
"""From the lowest: a file includes files of its own folder, without circles, and of folders in lower layers."""
PUBLIC = "include/fastlc.h"
"""The only header of its folder: installed, it is alone."""
OF_PUBLIC = {"stddef.h", "stdint.h"}
OF_KERNELS = {"stddef.h", "stdint.h", "immintrin.h", "cstddef", "cstdint", "utility"}
"""The headers from outside of csrc/ that kernels see, also through others: macros, types and intrinsics, but no inline
function, of which the linker could keep for all the one of a higher instruction set (<utility> is there for
std::integer_sequence)."""
OF_PYTHON = re.compile(r"Python\.h|pybind11/.*")

pytestmark = pytest.mark.skipif(not CSRC.is_dir(), reason="the sources are not here")

INCLUDE = re.compile(r"^[ \t]*#[ \t]*(?:include|import)\b[ \t]*(.*)$", re.MULTILINE)
Sources = dict[str, str]
"""Texts of files by their paths in csrc/."""


def read_sources() -> Sources:
    paths = sorted(path for path in CSRC.rglob("*") if path.is_file())
    return {path.relative_to(CSRC).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def included(text: str) -> tuple[list[str], list[str], list[str]]:
    """Of csrc/ (in quotes), of elsewhere (in angles), and what is neither."""
    written = [match[1].partition("//")[0].partition("/*")[0].strip() for match in INCLUDE.finditer(text)]
    own = [name[1:-1] for name in written if re.fullmatch('"[^"]+"', name)]
    foreign = [name[1:-1] for name in written if re.fullmatch("<[^>]+>", name)]
    return own, foreign, [name for name in written if name[1:-1] not in own + foreign]


def folder(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def violations(sources: Sources) -> list[str]:
    """A sentence for each."""
    found = []
    level = {name: i for i, names in enumerate(LAYERS) for name in names}
    graph: dict[str, list[str]] = {}
    for path, text in sources.items():
        own, foreign, neither = included(text)
        found += [f"{path} includes {name}, which is neither in quotes nor in angles" for name in neither]
        graph[path] = [name for name in own if name in sources]
        found += [f'{path} includes "{name}", expected a path from csrc/' for name in own if name not in sources]
        if folder(path) not in level:
            found.append(f"{path} is in none of the layers")
            continue
        for name in graph[path]:
            if folder(name) != folder(path) and not level.get(folder(name), len(LAYERS)) < level[folder(path)]:
                found.append(f"{path} includes {name}, which is not in a lower layer")
        if folder(path) != "python":
            found += [f"{path} includes <{name}>" for name in foreign if OF_PYTHON.fullmatch(name)]
        if folder(path) == folder(PUBLIC):
            if path != PUBLIC:
                found.append(f"{path} is another header than {PUBLIC}")
            found += [f"{path} includes {name}" for name in [*own, *(set(foreign) - OF_PUBLIC)]]
    found += [f"{' includes '.join(circle)}, a circle" for circle in circles(graph)]
    for path in reachable(graph, [path for path in graph if folder(path) == "kernels"]):
        _, foreign, _ = included(sources[path])
        found += [f"{path}, which kernels see, includes <{name}>" for name in foreign if name not in OF_KERNELS]
    return found


def reachable(graph: dict[str, list[str]], first: list[str]) -> list[str]:
    seen: dict[str, None] = dict.fromkeys(first)
    left = list(first)
    while left:
        new = [name for name in graph[left.pop()] if name not in seen]
        seen.update(dict.fromkeys(new))
        left += new
    return list(seen)


def circles(graph: dict[str, list[str]]) -> list[list[str]]:
    """Paths that end where they begin, each once."""
    found: list[list[str]] = []
    done: set[str] = set()

    def visit(path: str, above: list[str]) -> None:
        if path in above:
            found.append([*above[above.index(path) :], path])
        elif path not in done:
            for name in graph[path]:
                visit(name, [*above, path])
            done.add(path)

    for path in graph:
        visit(path, [])
    return found


def test_includes_point_down() -> None:
    sources = read_sources()
    assert {folder(path) for path in sources} == {name for names in LAYERS for name in names}
    assert violations(sources) == []


def test_files_are_found_with_all_that_they_include() -> None:
    lines = ['#include "a/b.h"  // why', "  # include <c>", "#include MACRO", '// #include "no.h"', '#include"d.h"']
    assert included("\n".join(lines)) == (["a/b.h", "d.h"], ["c"], ["MACRO"])
    sources = read_sources()
    assert sum(len(included(text)[0]) for text in sources.values()) > 50
    seen = reachable({path: included(text)[0] for path, text in sources.items()}, ["kernels/isa/baseline.cpp"])
    assert {"kernels/simd.h", "runtime/parallel.h", "runtime/sizes.h", PUBLIC} <= set(seen)


@pytest.mark.parametrize(
    ("path", "line", "sentence"),
    [
        ("runtime/parallel.h", '#include "kernels/table.h"', "runtime/parallel.h includes kernels/table.h, which"),
        ("kernels/table.h", '#include "api/dispatch.h"', "kernels/table.h includes api/dispatch.h, which is not"),
        ("api/structs.h", '#  include "python/gil.h"', "api/structs.h includes python/gil.h, which is not in a lower"),
        ("kernels/simd.h", '#include "kernels/losses.h"', "kernels/losses.h includes kernels/simd.h"),
        ("api/checks.h", '#include "api/checks.h"', "api/checks.h includes api/checks.h, a circle"),
        ("runtime/sizes.h", '#include "include/fastlc.h"', "runtime/sizes.h includes include/fastlc.h, which is not"),
        (PUBLIC, '#include "runtime/sizes.h"', "include/fastlc.h includes runtime/sizes.h"),
        (PUBLIC, "#include <stdbool.h>", "include/fastlc.h includes stdbool.h"),
        ("include/more.h", "", "include/more.h is another header than include/fastlc.h"),
        ("api/api.cpp", "#include <Python.h>", "api/api.cpp includes <Python.h>"),
        ("runtime/parallel.cpp", "#include <pybind11/numpy.h>", "runtime/parallel.cpp includes <pybind11/numpy.h>"),
        ("kernels/isa/avx2.cpp", "#include <algorithm>", "avx2.cpp, which kernels see, includes <algorithm>"),
        ("kernels/labels.h", "#include <cmath>", "kernels/labels.h, which kernels see, includes <cmath>"),
        ("runtime/parallel.h", "#include <vector>", "runtime/parallel.h, which kernels see, includes <vector>"),
        ("api/api.cpp", '#include "checks.h"', 'api/api.cpp includes "checks.h", expected a path from csrc/'),
        ("api/api.cpp", '#include "../runtime/sizes.h"', 'includes "../runtime/sizes.h", expected a path from csrc/'),
        ("api/api.cpp", "#include FASTLC_HEADER", "includes FASTLC_HEADER, which is neither"),
        ("gpu/table.h", "", "gpu/table.h is in none of the layers"),
        ("all.h", "", "all.h is in none of the layers"),
        ("api/api.cpp", '#include "gpu/table.h"', 'includes "gpu/table.h", expected a path from csrc/'),
    ],
)
def test_what_points_elsewhere_is_found(path: str, line: str, sentence: str) -> None:
    sources = read_sources()
    sources[path] = f"{sources.get(path, '')}\n{line}\n"
    assert any(sentence in each for each in violations(sources)), violations(sources)
