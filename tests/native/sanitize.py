"""The tests of the extension under AddressSanitizer and UndefinedBehaviorSanitizer, and a look for what it leaks.

    python tests/native/sanitize.py [--every 12] [--optional] [arguments of pytest, to run just these tests]

The extension is compiled with both by GCC; beside it, a copy of the package and its tests run in a Python that has the
sanitizers' runtime preloaded. First, faults are planted in that very Python, and have to be reported. Of the tests one
in twelve runs, chosen by a hash of its name, so that all shapes, dtypes and instruction sets are met in a minute.

What this does not see: GCC does not instrument the masked loads and stores at the end of rows in AVX2 and AVX-512. The
fuzzer does: there, arrays end where the memory does (fuzz.cpp).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from build import ROOT, Sanitized

BUILD = Sanitized(
    name="sanitize",
    compiler=os.environ.get("CXX", "g++"),
    sanitizers="address,undefined",
    flags=("-O1", "-g1", "-fno-omit-frame-pointer", "-fno-sanitize-recover=undefined"),
)
OTHERS = ["benchmarks", "docs", "support", "peers/test_against_*.py"]
OTHERS += [f"package/test_{name}.py" for name in ("data", "demo", "gradcheck", "imports", "namespace", "optim")]
OTHERS += [f"package/test_{name}.py" for name in ("pickling", "plot", "points", "reference", "signatures")]
OTHERS += [f"package/test_{name}.py" for name in ("solvers*", "training", "types")]
OTHERS += [f"kernels/test_{name}.py" for name in ("accuracy", "endurance", "long_sums", "rates")]
OTHERS += [f"kernels/test_{name}.py" for name in ("allocations", "changed_arrays", "finalization", "sizes")]
"""Rooms and files of tests/ that are not about the extension; or not about a sanitized one: they are long, limit
memory, replace what allocates, race on purpose or end the interpreter."""
SLOW = "not the_same_bits and not other_threads_run_meanwhile and not signal_handler_inside"
"""Large work, many times: threads.py and the fuzzer look at the same."""
SECONDS = 15
"""For threads.cpp, which computes on the C interface from several threads. calls.cpp takes none."""
LEAKS = "tests/kernels/test_lifetimes.py"
"""Calls every function thousands of times, also with what it refuses."""

SAMPLE = """
import os, zlib
def pytest_collection_modifyitems(items):
    share, of = int(os.environ["SHARE"]), int(os.environ["OF"])
    items[:] = [item for item in items if zlib.crc32(item.nodeid.encode()) % of == share]
"""
PLANTED = """
extern "C" int overflow(int n) { return n + 1; }
extern "C" void leak() { char *volatile lost = new char[1000]; lost = nullptr; }
"""
BEYOND = """
import numpy as np, fastlc
X = np.ones((8, 64), "f4")
fastlc.scores(np.lib.stride_tricks.as_strided(X, (9, 64)), np.ones((3, 64), "f4"))
"""
OVERFLOW = "import ctypes; ctypes.CDLL('./planted.so').overflow(2**31 - 1)"
LEAK = "import ctypes; ctypes.CDLL('./planted.so').leak()"


class Sandbox:
    """A folder with the package, the sanitized extension and the tests; and how Python is run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("fastlc", "tests", "benchmarks"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        shutil.copy(BUILD.extension(), folder / "fastlc")
        (folder / "sample.py").write_text(SAMPLE, encoding="utf-8")
        (folder / "planted.cpp").write_text(PLANTED, encoding="utf-8")
        BUILD.link([folder / "planted.cpp"], folder / "planted.so", "-shared", "-fPIC")
        # The sanitizer finds what C++ throws with in its standard library, which Python, being C, has not loaded. And
        # Python's own allocator would hide where an array ends.
        libraries = [
            subprocess.run([BUILD.compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
            for name in ("libasan.so", "libstdc++.so")
        ]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FASTLC_")},
            "LD_PRELOAD": " ".join(library.stdout.strip() for library in libraries),
            "PYTHONMALLOC": "malloc",
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        }

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def leaked(self, *arguments: str) -> str:
        """What the process lost that the extension, or the planted library, had allocated.

        Of the rest Python loses some by itself. What is allocated by Python and not given back by the bindings is the
        business of tests/kernels/test_lifetimes.py.
        """
        process = self.start(
            *arguments, ASAN_OPTIONS="detect_leaks=1", LSAN_OPTIONS=f"exitcode=0:log_path={self.folder}/lsan"
        )
        out, _ = process.communicate()
        if process.returncode:
            raise SystemExit(out)
        blocks = (self.folder / f"lsan.{process.pid}").read_text(encoding="utf-8").split("\n\n")
        return "\n\n".join(block for block in blocks if "_core." in block or "planted." in block)


def check_that_faults_are_seen(sandbox: Sandbox) -> None:
    for code, report in [(BEYOND, "heap-buffer-overflow"), (OVERFLOW, "signed integer overflow")]:
        process = sandbox.start("-c", code)
        out, _ = process.communicate()
        if process.returncode == 0 or report not in out:
            raise SystemExit(f"A planted fault was not reported, expected {report!r}:\n{code}\n{out}")
    if "1000 byte(s)" not in sandbox.leaked("-c", LEAK):
        raise SystemExit("A planted leak was not reported")
    print("Planted faults are reported: a read beyond an array, an integer overflow, a leak.", flush=True)


def run_tests(sandbox: Sandbox, every: int, given: Sequence[str]) -> bool:
    """Whether all pass."""
    pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    if given:
        running = [sandbox.start(*pytest, *given)]
    else:
        pytest += ["-p", "sample", "-k", SLOW, *(f"--ignore-glob=tests/{name}" for name in OTHERS)]
        processes = os.cpu_count() or 1
        running = [sandbox.start(*pytest, SHARE=str(share), OF=str(every * processes)) for share in range(processes)]
    well = True
    for process in running:
        out, _ = process.communicate()
        lines = out.splitlines()
        print("\n".join(lines if process.returncode or given else lines[-1:]), flush=True)
        well = well and process.returncode == 0
    return well


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--every", type=int, default=12, metavar="N", help="run one test in N (default 12)")
    BUILD.add_option(parser)
    options, given = parser.parse_known_args()
    if not BUILD.works_or_says_so(options, "memory errors, undefined behaviour and leaks"):
        return 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder))
        print(f"Compiled in {time.monotonic() - start:.0f} s.", flush=True)
        check_that_faults_are_seen(sandbox)
        well = run_tests(sandbox, options.every, given)
        if not given:
            for command in ([BUILD.program("calls.cpp")], [BUILD.program("threads.cpp"), str(SECONDS)]):
                well = subprocess.run(command, check=False).returncode == 0 and well
            leaked = sandbox.leaked("-m", "pytest", "-q", "-p", "no:cacheprovider", LEAKS)
            well = well and not leaked
            print(leaked or "No leaks.")
    print(f"{'No findings' if well else 'FINDINGS, see above'}; {time.monotonic() - start:.0f} s.")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
