"""Compiles csrc/ with sanitizers, as setup.py does without: into the extension, or with a program of this folder.

What is made stays in build/, which git ignores, and is made again when a source, a header or a flag has changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

import pybind11  # noqa: E402

from setup import COMPILED, MACROS  # noqa: E402

PYTHON_ONLY = "csrc/python/module.cpp"


@dataclass(frozen=True)
class Sanitized:
    """How to compile: into build/`name`, with `flags` after those of setup.py."""

    name: str
    compiler: str
    sanitizers: str
    """As after -fsanitize=."""
    flags: tuple[str, ...] = ()
    kernel_flags: tuple[str, ...] = ()
    """For csrc/kernels/isa/ alone."""

    @property
    def folder(self) -> Path:
        return ROOT / "build" / self.name

    def works(self) -> bool:
        """Whether there is such a compiler, new enough and with the runtime of these sanitizers: a program starts."""
        if shutil.which(self.compiler) is None:
            return False
        entry = (
            "int LLVMFuzzerTestOneInput(const char *, unsigned long)" if "fuzzer" in self.sanitizers else "int main()"
        )
        with tempfile.TemporaryDirectory() as folder:
            source, program = Path(folder, "a.cpp"), Path(folder, "a")
            # simd.h says which compilers are too old
            code = f'#include "{ROOT}/csrc/kernels/simd.h"\nextern "C" {entry} {{ return 0; }}'
            source.write_text(code, encoding="utf-8")
            command = [
                *self._compile(),
                "-std=c++20",
                f"-I{ROOT}/csrc",
                "-DFASTLC_VECTOR_BYTES=16",
                source,
                "-o",
                program,
            ]
            made = subprocess.run(command, capture_output=True, check=False)
            return (
                made.returncode == 0
                and not subprocess.run([program, "-runs=1"], capture_output=True, check=False).returncode
            )

    def add_option(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--optional", action="store_true", help="no failure if the compiler cannot do it, but a notice"
        )

    def works_or_says_so(self, options: argparse.Namespace, looked_for: str) -> bool:
        if works := self.works():
            return works
        reason = f"{self.compiler} -fsanitize={self.sanitizers} does not work here"
        if options.optional:
            print(f"!!! NOT CHECKED: {reason}, so nobody has looked for {looked_for}")
            return False
        raise SystemExit(f"{reason}: not installed, or without these sanitizers' runtime")

    def program(self, source: str) -> Path:
        """The path of the program made of tests/native/`source` and of csrc/ without the bindings."""
        csrc = {path: flags for path, flags in COMPILED.items() if path != PYTHON_ONLY}
        own = str((HERE / source).relative_to(ROOT))
        return self.link(
            self._objects({own: ["-std=c++20", "-Wall", "-Wextra"]} | csrc), self.folder / Path(source).stem
        )

    def extension(self) -> Path:
        """The path of fastlc._core."""
        name = "_core" + sysconfig.get_config_var("EXT_SUFFIX")
        return self.link(self._objects(COMPILED), self.folder / name, "-shared")

    def _compile(self) -> list[str]:
        return [self.compiler, *self.flags, f"-fsanitize={self.sanitizers}", "-pthread"]

    def _objects(self, sources: dict[str, list[str]]) -> list[Path]:
        self.folder.mkdir(parents=True, exist_ok=True)
        include = ["csrc", pybind11.get_include(), sysconfig.get_paths()["include"]]
        same = [f"-I{path}" for path in include] + [f"-D{name}" for name, _ in MACROS]
        headers = [path for kind in ("*.h", "*.inl") for path in (ROOT / "csrc").rglob(kind)]

        def compile_one(source: str) -> Path:
            made = self.folder / (Path(source).stem + ".o")
            said = made.with_suffix(".command")
            kernel = self.kernel_flags if source.startswith("csrc/kernels/isa/") else ()
            command = [self.compiler, *sources[source], "-fPIC", *same, *self._compile()[1:], *kernel, "-c", source]
            newest = max(path.stat().st_mtime for path in [ROOT / source, *headers])
            known = said.exists() and said.read_text(encoding="utf-8") == str(command)
            if not (known and made.stat().st_mtime > newest):
                said.unlink(missing_ok=True)
                subprocess.run([*command, "-o", made], cwd=ROOT, check=True)
                said.write_text(str(command), encoding="utf-8")
            return made

        # the slowest first: the widest instruction set is the last
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(compile_one, reversed(sources)))

    def link(self, objects: Sequence[Path], made: Path, *flags: str) -> Path:
        """Links them, or compiles and links sources."""
        subprocess.run([*self._compile(), *flags, *objects, "-o", made], check=True)
        return made
