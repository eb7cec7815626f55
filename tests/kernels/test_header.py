"""The C interface, `csrc/include/fastlc.h`, as programs in C meet it: today, and after its structs have grown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CSRC = ROOT / "csrc"
PUBLIC = "include/fastlc.h"
CLIENT = ROOT / "tests" / "native" / "client.c"
C_COMPILER, COMPILER = os.environ.get("CC", "gcc"), os.environ.get("CXX", "g++")
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]

pytestmark = [
    *(
        pytest.mark.skipif(shutil.which(name) is None, reason=f"the compiler {name} was not found")
        for name in (C_COMPILER, COMPILER)
    ),
    pytest.mark.skipif(not CSRC.is_dir(), reason="the sources are not here"),
]

# ---------------------------------------------------------------------------------------------------------------------
# Layouts
# ---------------------------------------------------------------------------------------------------------------------

Field = tuple[int, int]
"""Offset and size, in bytes."""

# fmt: off
VERSION_2: dict[str, dict[str, Field]] = {
    "fastlc_features": {
        "size": (0, 8), "kind": (8, 4), "stride": (16, 8), "data": (24, 8),
    },
    "fastlc_call": {
        "size": (0, 8), "dtype": (8, 4), "loss": (12, 4), "n": (16, 8), "d": (24, 8), "c": (32, 8),
        "X": (40, 8), "W": (48, 8), "W_stride": (56, 8), "b": (64, 8), "options": (72, 8), "labels": (80, 8),
        "targets": (88, 8), "targets_stride": (96, 8), "labels_type": (104, 4), "has_ignore_index": (108, 4),
        "ignore_index": (112, 8), "sample_weight": (120, 8), "class_weight": (128, 8), "pos_weight": (136, 8),
        "l1": (144, 8), "l2": (152, 8), "reduction": (160, 4), "cancel": (168, 8), "cancel_arg": (176, 8),
        "error": (184, 8), "error_size": (192, 8),
    },
    "fastlc_gradients": {
        "size": (0, 8), "loss": (8, 8), "losses": (16, 8), "dW": (24, 8), "db": (32, 8), "dX": (40, 8),
    },
    "fastlc_sgd": {
        "size": (0, 8), "momentum": (8, 8), "dampening": (16, 8), "nesterov": (24, 4), "weight_decay": (32, 8),
        "l1": (40, 8), "l2": (48, 8),
    },
    "fastlc_epoch": {
        "size": (0, 8), "W": (8, 8), "b": (16, 8), "velocity_W": (24, 8), "velocity_b": (32, 8),
        "average_W": (40, 8), "average_b": (48, 8), "average_from": (56, 8), "first_step": (64, 8),
        "order": (72, 8), "rows": (80, 8), "batch_size": (88, 8), "lr": (96, 8), "lr_size": (104, 8),
        "mean_loss": (112, 8), "steps": (120, 8),
    },
    "fastlc_loss_description": {
        "size": (0, 8), "name": (8, 8), "kind": (16, 4), "n_options": (20, 4), "option_names": (24, 64),
        "option_defaults": (88, 64),
    },
}
"""Fields of version 2 on 64-bit systems, as programs have them compiled in: none of these numbers ever changes, and
fields that are added to a struct begin behind all of its fields here."""

CONSTANTS: dict[str, int] = {
    "FASTLC_OK": 0, "FASTLC_INVALID": 1, "FASTLC_OUT_OF_MEMORY": 2, "FASTLC_CANCELLED": 3, "FASTLC_FLOAT32": 1,
    "FASTLC_FLOAT64": 2, "FASTLC_INT8": 1, "FASTLC_UINT8": 2, "FASTLC_INT16": 3, "FASTLC_UINT16": 4,
    "FASTLC_INT32": 5, "FASTLC_UINT32": 6, "FASTLC_INT64": 7, "FASTLC_UINT64": 8, "FASTLC_MEAN": 0, "FASTLC_SUM": 1,
    "FASTLC_NONE": 2, "FASTLC_DENSE": 1, "FASTLC_LABELS": 1, "FASTLC_VALUES": 2, "FASTLC_ONE_VS_REST": 4,
    "FASTLC_MEAN_BY_CLASS": 8, "FASTLC_PROBABILITIES": 16, "FASTLC_MOST_OPTIONS": 8, "FASTLC_ABI_VERSION": 2,
}
"""Of version 2; none ever changes."""
# fmt: on


def without_comments(header: str) -> str:
    return re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)


def structs_of(header: str) -> dict[str, list[str]]:
    """Names of fields, in their order, by the name of their struct."""
    code = without_comments(header)
    found = re.findall(r"typedef struct \{(.*?)\} (\w+);", code, re.DOTALL)
    assert len(found) == len(re.findall(r"\b(?:struct|union)\b", code)), "a struct that this does not read"
    return {
        name: [field for line in body.split(";") if line.strip() for field in declared(line)] for body, name in found
    }


def declared(line: str) -> list[str]:
    """The names in a declaration: `const void *a`, `double a, b`, `int a[8]` or `int (*a)(void *)`."""
    if pointer := re.search(r"\(\*(\w+)\)", line):
        return [pointer[1]]
    names = [re.search(r"(\w+)\s*(?:\[\w+\])?\s*$", part) for part in line.split(",")]
    return [name[1] for name in names if name]


def constants_of(header: str) -> list[str]:
    bodies = re.findall(r"\benum \{(.*?)\}", without_comments(header), re.DOTALL)
    return [item.partition("=")[0].strip() for body in bodies for item in body.split(",")] + ["FASTLC_ABI_VERSION"]


@dataclass
class Layout:
    fields: dict[str, dict[str, Field]]
    sizes: dict[str, int]
    constants: dict[str, int]


def layout_of(header: str, folder: Path) -> Layout:
    """As the compiler for C sees it."""
    structs = structs_of(header)
    lines = ["#include <stdio.h>", '#include "fastlc.h"', "int main(void) {"]
    for name, fields in structs.items():
        lines.append(f'printf("{name} - %zu 0\\n", sizeof({name}));')
        for field in fields:
            at, size = f"offsetof({name}, {field})", f"sizeof((({name} *)0)->{field})"
            lines.append(f'printf("{name} {field} %zu %zu\\n", {at}, {size});')
    lines += [f'printf("constant {name} %d 0\\n", (int){name});' for name in constants_of(header)]
    (folder / "fastlc.h").write_text(header, encoding="utf-8")
    (folder / "layout.c").write_text("\n".join([*lines, "return 0; }", ""]), encoding="utf-8")
    subprocess.run([C_COMPILER, folder / "layout.c", "-o", folder / "layout"], check=True)
    printed = subprocess.run([folder / "layout"], capture_output=True, text=True, check=True).stdout
    layout = Layout({name: {} for name in structs}, {}, {})
    for name, field, number, size in (line.split() for line in printed.splitlines()):
        if name == "constant":
            layout.constants[field] = int(number)
        elif field == "-":
            layout.sizes[name] = int(number)
        else:
            layout.fields[name][field] = (int(number), int(size))
    return layout


def first_size(struct: str) -> int:
    return max(offset + size for offset, size in VERSION_2[struct].values())


def breaks(layout: Layout) -> list[str]:
    """A sentence for each way to break programs: those compiled against version 2, and, later, those of today."""
    found = [f"{name} is gone" for name in VERSION_2 if name not in layout.fields]
    for name, fields in layout.fields.items():
        pinned = VERSION_2.get(name, {})
        if not pinned:
            found.append(f"{name} is new: its fields belong into VERSION_2")
        elif next(iter(fields.items())) != ("size", (0, 8)):
            found.append(f"{name} does not begin with its size")
        found += [
            f"{name}.{field} is at {fields.get(field)}, not {where}"
            for field, where in pinned.items()
            if fields.get(field) != where
        ]
        # Fields that are added leave no hole: programs need not zero one, and the library looks at every byte.
        end = first_size(name) if pinned else 0
        for field, (offset, size) in fields.items():
            if field in pinned:
                continue
            if offset < end:
                found.append(f"{name}.{field} lies within version 2, where older programs have anything")
            elif offset > end:
                found.append(f"{name}.{field} has a hole of {offset - end} bytes before it")
            end = offset + size
        if end != layout.sizes[name]:
            found.append(f"{name} has {layout.sizes[name] - end} bytes behind its last field")
    found += [
        f"{name} is {layout.constants.get(name)}, not {value}"
        for name, value in CONSTANTS.items()
        if layout.constants.get(name) != value
    ]
    return found


def test_programs_of_version_2_find_every_field_and_constant(tmp_path: Path) -> None:
    header = (CSRC / PUBLIC).read_text(encoding="utf-8")
    layout = layout_of(header, tmp_path)
    assert breaks(layout) == []
    assert {name for fields in layout.fields.values() for name in fields} >= {"X", "cancel", "option_defaults"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  double momentum;", "  float momentum;", "fastlc_sgd.momentum is at (8, 4), not (8, 8)"),
        ("  int64_t first_step;", "", "fastlc_epoch.first_step is at None, not (64, 8)"),
        ("  int64_t rows;", "  int64_t more, rows;", "fastlc_epoch.rows is at (88, 8), not (80, 8)"),
        ("  int32_t nesterov;", "  int32_t nesterov, more;", "fastlc_sgd.more lies within version 2"),
        ("  void *dX;", "  void *dX; int32_t more;", "fastlc_gradients has 4 bytes behind its last field"),
        (
            "  void *dX;",
            "  void *dX; char more; int64_t last;",
            "fastlc_gradients.last has a hole of 7 bytes before it",
        ),
        ("  size_t size;                    /* sizeof(fastlc_sgd) */", "", "fastlc_sgd does not begin with its size"),
        ("FASTLC_DENSE = 1", "FASTLC_CSR = 1, FASTLC_DENSE", "FASTLC_DENSE is 2, not 1"),
        ("FASTLC_MEAN = 0", "FASTLC_MEAN = 3", "FASTLC_MEAN is 3, not 0"),
        ("FASTLC_UINT8,", "", "FASTLC_UINT8 is None, not 2"),
        ("/* Where a loss", "typedef struct { size_t size; } fastlc_more;\n/* Where a loss", "fastlc_more is new"),
        ("fastlc_sgd;", "fastlc_momentum;\n#define fastlc_sgd fastlc_momentum", "fastlc_sgd is gone"),
    ],
)
def test_what_breaks_them_is_found(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    header = (CSRC / PUBLIC).read_text(encoding="utf-8")
    assert header.count(old) == 1
    found = breaks(layout_of(header.replace(old, new), tmp_path))
    assert any(each.startswith(sentence) for each in found), found


def test_a_struct_that_is_written_otherwise_is_not_overlooked() -> None:
    with pytest.raises(AssertionError, match="a struct that this does not read"):
        structs_of("typedef struct { size_t size; } a;\nstruct b { int c; };")


def test_the_library_asks_for_the_sizes_of_version_2(tmp_path: Path) -> None:
    """And for none of the struct that the library itself fills."""
    sizes = {name: first_size(name) for name in VERSION_2} | {"fastlc_loss_description": 0}
    lines = [f"static_assert(fastlc::kFirstSize<{name}> == {size});" for name, size in sizes.items()]
    source = tmp_path / "sizes.cpp"
    source.write_text("\n".join(['#include "api/structs.h"', *lines, ""]), encoding="utf-8")
    subprocess.run([COMPILER, "-std=c++20", "-fsyntax-only", f"-I{CSRC}", source], check=True)


@pytest.mark.parametrize(("language", "standard"), [("c", "c99"), ("c", "c11"), ("c++", "c++11"), ("c++", "c++20")])
def test_the_header_needs_nothing_else(language: str, standard: str, tmp_path: Path) -> None:
    source = tmp_path / "alone.txt"
    source.write_text("#include <fastlc.h>\n#include <fastlc.h>\n", encoding="utf-8")
    compiler = C_COMPILER if language == "c" else COMPILER
    flags = [f"-std={standard}", *STRICT, "-fsyntax-only", f"-I{(CSRC / PUBLIC).parent}"]
    subprocess.run([compiler, "-x", language, *flags, source], check=True)


# ---------------------------------------------------------------------------------------------------------------------
# Growth
# ---------------------------------------------------------------------------------------------------------------------

LATER = {"later_number": "int64_t", "later_pointer": "const void *"}
"""Fields that a later version adds to every struct."""
ADDED = 16
"""Their bytes."""


def grown(header: str) -> str:
    fields = "".join(f"  {type_} {name};\n" for name, type_ in LATER.items())
    made, count = re.subn(r"\} (fastlc_\w+);", rf"{fields}}} \1;", header)
    assert count == len(structs_of(header))
    assert all(list(LATER) == names[-len(LATER) :] for names in structs_of(made).values())
    return made


@dataclass
class Version:
    """A library and a program, both compiled against one header; the program runs with either library."""

    folder: Path

    @property
    def program(self) -> Path:
        return self.folder / "client"

    def build(self) -> None:
        csrc = self.folder / "csrc"
        # The baseline alone, as fast as it compiles: instruction sets do not meet the caller's structs.
        sources = [*csrc.glob("api/*.cpp"), *csrc.glob("runtime/*.cpp"), csrc / "kernels/isa/baseline.cpp"]
        flags = ["-std=c++20", "-O0", "-w", "-fPIC", "-shared", "-pthread", f"-I{csrc}"]
        subprocess.run([COMPILER, *flags, *sources, "-o", self.folder / "libfastlc.so"], check=True)
        flags = ["-std=c99", *STRICT, "-Wstrict-prototypes", f"-I{csrc / 'include'}"]
        subprocess.run([C_COMPILER, *flags, CLIENT, "-o", self.program, f"-L{self.folder}", "-lfastlc"], check=True)

    def run(self, library: Version, spoiled: str = "") -> tuple[str, int]:
        """Output of the program with a library, but for the size of a description; and that."""
        environment = {**os.environ, "LD_LIBRARY_PATH": str(library.folder)}
        done = subprocess.run([self.program, spoiled], env=environment, capture_output=True, text=True, check=True)
        printed = re.search(r"fastlc_loss_description (\d+)\n", done.stdout)
        assert printed
        return done.stdout.replace(printed[0], ""), int(printed[1])


Versions = tuple[Version, Version]


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    """Today's, and a later one."""
    made = Version(tmp_path_factory.mktemp("today")), Version(tmp_path_factory.mktemp("later"))
    for version in made:
        shutil.copytree(CSRC, version.folder / "csrc")
    header = made[1].folder / "csrc" / PUBLIC
    header.write_text(grown(header.read_text(encoding="utf-8")), encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        list(pool.map(Version.build, made))
    return made


def statuses(printed: str) -> dict[str, tuple[int, str]]:
    """Status and sentence by function."""
    lines = re.findall(r'^(\w+): status (\d), "(.*)"$', printed, re.MULTILINE)
    return {function: (int(status), sentence) for function, status, sentence in lines}


FUNCTIONS = {"scores", "predict", "predict_proba", "softmax", "log_softmax", "sigmoid", "loss", "sgd_step", "sgd_epoch"}
TAKEN_BY = {
    "fastlc_call": FUNCTIONS,
    "fastlc_features": FUNCTIONS,
    "fastlc_gradients": {"loss"},
    "fastlc_sgd": {"sgd_step", "sgd_epoch"},
    "fastlc_epoch": {"sgd_epoch"},
}


def test_the_program_calls_every_function_with_every_struct(versions: Versions) -> None:
    today, _ = versions
    printed, size = today.run(today)
    assert statuses(printed) == dict.fromkeys(FUNCTIONS, (0, ""))
    assert size >= first_size("fastlc_loss_description")
    header = without_comments((CSRC / PUBLIC).read_text(encoding="utf-8"))
    client = CLIENT.read_text(encoding="utf-8")
    functions = re.findall(r"\b(fastlc_\w+)\(", header)
    assert len(functions) == len(FUNCTIONS) + 6
    assert [name for name in functions if f"{name}(" not in client] == []
    assert [name for name in TAKEN_BY if f"MAKE({name})" not in client] == []
    assert TAKEN_BY.keys() | {"fastlc_loss_description"} == structs_of(header).keys()


def test_a_program_of_today_runs_with_a_library_whose_structs_have_grown(versions: Versions) -> None:
    today, later = versions
    usual, size = today.run(today)
    printed, of_later = today.run(later)
    assert printed == usual
    assert of_later == size + ADDED


def test_a_later_program_runs_with_the_library_of_today(versions: Versions) -> None:
    """And can see that a field of a description is not there, by the size."""
    today, later = versions
    printed, size = later.run(today)
    assert (printed, size) == today.run(today)
    assert later.run(later) == (printed, size + ADDED)


@pytest.mark.parametrize("struct", TAKEN_BY)
def test_a_later_program_is_refused_if_it_uses_what_the_library_has_not(struct: str, versions: Versions) -> None:
    today, later = versions
    usual, _ = today.run(today)
    printed, _ = later.run(today, struct)
    found = statuses(printed)
    assert found.keys() == FUNCTIONS
    for function, (status, sentence) in found.items():
        assert status == (function in TAKEN_BY[struct]), function
        assert (struct in sentence) if status else not sentence, function
    if struct in ("fastlc_gradients", "fastlc_sgd", "fastlc_epoch"):  # the others came to nothing
        before = usual.partition(f"{min(TAKEN_BY[struct], key=usual.index)}: status")[0]
        assert printed.startswith(before)
    assert later.run(later, struct)[0] == usual  # a library that knows the field
