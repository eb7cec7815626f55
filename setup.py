"""What is compiled: the kernels once per instruction set, everything else once for the baseline; one extension.

And what an installed package has besides: a copy of the benchmarks, for `python -m fastlc bench`.
"""

import os
import platform
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from glob import glob

import pybind11
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

FLAGS = ["-std=c++20", "-O3", "-Wall", "-Wextra", "-Wno-psabi", "-fvisibility=hidden", "-g0"]
KERNEL_FLAGS = ["-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"]
X86 = platform.machine().lower() in ("x86_64", "amd64")
INSTRUCTION_SETS = {"baseline": []}
if X86:
    INSTRUCTION_SETS["avx2"] = ["-mavx2", "-mfma"]
    INSTRUCTION_SETS["avx512"] = [
        "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mprefer-vector-width=512",
    ]  # fmt: skip
MACROS = [("FASTLC_X86", None)] if X86 else []
# Each source and its flags. tests/native/ compiles the same, with sanitizers.
COMPILED = dict.fromkeys(
    ["csrc/api/api.cpp", "csrc/api/dispatch.cpp", "csrc/python/module.cpp", "csrc/runtime/parallel.cpp"], FLAGS
)
COMPILED |= {f"csrc/kernels/isa/{name}.cpp": FLAGS + KERNEL_FLAGS + flags for name, flags in INSTRUCTION_SETS.items()}


class BuildExt(build_ext):
    """Compiles each source with the flags of its instruction set, side by side, then links them into one extension."""

    def build_extension(self, ext):
        self.check_compiler()
        out_of_date = self.force or not os.path.exists(self.get_ext_fullpath(ext.name))
        built = 0 if out_of_date else os.path.getmtime(self.get_ext_fullpath(ext.name))
        if all(os.path.getmtime(path) <= built for path in [*ext.sources, *ext.depends]):
            return

        def compile_one(source):
            return self.compiler.compile(
                [source],
                output_dir=self.build_temp,
                macros=ext.define_macros,
                include_dirs=ext.include_dirs,
                debug=self.debug,
                extra_postargs=COMPILED[source],
            )

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = [made for some in pool.map(compile_one, ext.sources) for made in some]
        self.compiler.link_shared_object(
            objects,
            self.get_ext_fullpath(ext.name),
            extra_postargs=ext.extra_link_args,
            debug=self.debug,
            build_temp=self.build_temp,
            target_lang="c++",
        )

    def check_compiler(self):
        command = (getattr(self.compiler, "compiler_so_cxx", None) or self.compiler.compiler_so)[0]
        need = "fastlc is compiled from C++20: it needs GCC >= 12 or Clang >= 15"
        if shutil.which(command) is None:
            raise SystemExit(f"{need}, and the compiler {command!r} was not found; name another one with CXX=… CC=…")
        macros = subprocess.run(
            [command, "-dM", "-E", "-x", "c++", "-"], input="", capture_output=True, text=True, check=False
        ).stdout
        defined = dict(line.split(" ", 2)[1:] for line in macros.splitlines() if line.count(" ") > 1)
        clang, gcc = int(defined.get("__clang_major__", 0)), int(defined.get("__GNUC__", 0))
        if not (clang >= 15 or (not clang and gcc >= 12)):
            found = f"Clang {clang}" if clang else f"GCC {gcc}" if gcc else "neither"
            raise SystemExit(f"{need}, and {command!r} is {found}; name another one with CXX=… CC=…")


class BuildPy(build_py):
    """Copies the benchmarks into the package, unless that is used where it lies, beside them."""

    def run(self):
        super().run()
        if not self.editable_mode:
            for source, target in self.benchmarks().items():
                self.mkpath(os.path.dirname(target))
                self.copy_file(source, target)

    def benchmarks(self):
        return {
            source: os.path.join(self.build_lib, "fastlc", f"_{source}")
            for pattern in ("benchmarks/**/*.py", "benchmarks/**/*.pyx")
            for source in glob(pattern, recursive=True)
            if not os.path.basename(source).startswith("test_")
        }

    def get_outputs(self, include_bytecode=True):
        copied = [] if self.editable_mode else list(self.benchmarks().values())
        return super().get_outputs(include_bytecode) + copied


if __name__ == "__main__":
    setup(
        cmdclass={"build_ext": BuildExt, "build_py": BuildPy},
        ext_modules=[
            Extension(
                "fastlc._core",
                sources=list(COMPILED),
                depends=["setup.py", *glob("csrc/**/*.h", recursive=True), *glob("csrc/**/*.inl", recursive=True)],
                include_dirs=["csrc", pybind11.get_include()],
                define_macros=MACROS,
                extra_link_args=["-pthread"],
                language="c++",
            )
        ],
    )
