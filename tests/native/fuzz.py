"""Fuzzes the C interface (fuzz.cpp) for a while: ``python tests/native/fuzz.py --seconds 3600``.

A fault is planted first, and has to be reported. Prints how many calls were tried, how much of the compiled code they
reached, and what was found; exits with 1 if anything was. Inputs that reached something new are kept in a folder of
their own, from where the next run goes on; an input that fails is written there too, and ``--input FILE`` repeats it.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from build import Sanitized

NEWEST = [f"clang++-{version}" for version in range(25, 14, -1)]
"""As Debian calls them."""
BUILD = Sanitized(
    name="fuzz",
    compiler=next((name for name in NEWEST if shutil.which(name)), "clang++"),
    sanitizers="address,undefined,fuzzer",
    flags=("-O1", "-g1", "-fno-omit-frame-pointer", "-fno-sanitize-recover=undefined"),
    # Guard pages see more of vector code than AddressSanitizer, with which Clang takes minutes to compile it.
    kernel_flags=("-fno-sanitize=address,undefined",),
)


def check_that_a_fault_is_seen(program: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "seed").write_bytes(random.Random(0).randbytes(200))
        command = [program, folder, "-runs=2000", "-seed=1", "-max_len=256", f"-artifact_prefix={folder}/"]
        environment = {**os.environ, "FASTLC_FUZZ_PLANT": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    # On another thread than the first, libFuzzer may come too late to say so.
    if "SEGV" not in done.stderr and done.returncode != -signal.SIGSEGV:
        raise SystemExit(f"A planted fault was not reported:\n{done.stderr}")
    print("A planted fault is reported: a row too many.", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=60, help="default: %(default)s")
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir(), "fastlc-fuzz"), metavar="FOLDER")
    parser.add_argument("--input", type=Path, metavar="FILE", help="repeat this one")
    BUILD.add_option(parser)
    given = parser.parse_args()
    if not BUILD.works_or_says_so(given, "what only a fuzzer finds"):
        return 0
    program = BUILD.program("fuzz.cpp")
    if given.input:
        return subprocess.run([program, given.input], check=False).returncode
    given.corpus.mkdir(parents=True, exist_ok=True)
    check_that_a_fault_is_seen(program)
    for i in range(200):  # long enough for all the choices of a call, which libFuzzer would take hours to come to
        Path(given.corpus, f"seed-{i}").write_bytes(random.Random(i).randbytes(200))
    limits = [f"-max_total_time={given.seconds}", "-max_len=256", "-len_control=0", "-rss_limit_mb=4096"]
    limits.append("-print_final_stats=1")
    command = [program, given.corpus, f"-artifact_prefix={given.corpus}/failed-", *limits]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    if done.returncode:
        print(done.stderr[-6000:], file=sys.stderr)
    calls = re.search(r"number_of_executed_units: *(\d+)", done.stderr)
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", done.stderr)
    edges, _, inputs = reached[-1] if reached else ("no", "", "no")
    print(f"{calls[1] if calls else 'no'} calls in {given.seconds} s, {edges} branches reached by {inputs} inputs: "
          f"{'a failure, see above' if done.returncode else 'nothing found'}")  # fmt: skip
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
