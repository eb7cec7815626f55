"""The threads of the library under ThreadSanitizer: threads.cpp, compiled with csrc/ and run.

python tests/native/threads.py [--seconds 60] [--optional]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

from build import Sanitized

BUILD = Sanitized(
    name="threads",
    compiler=os.environ.get("CXX", "g++"),
    sanitizers="thread",
    flags=("-O1", "-g1", "-fno-omit-frame-pointer"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long callers compute, roughly")
    BUILD.add_option(parser)
    options = parser.parse_args()
    if not BUILD.works_or_says_so(options, "data races"):
        return 0
    start = time.monotonic()
    program = BUILD.program("threads.cpp")
    print(f"Compiled in {time.monotonic() - start:.0f} s.", flush=True)
    environment = {**os.environ, "TSAN_OPTIONS": "halt_on_error=1"}
    planted = subprocess.run([program, "race"], env=environment, capture_output=True, text=True, check=False)
    if planted.returncode == 0 or "data race" not in planted.stderr:
        raise SystemExit(f"A planted race was not reported:\n{planted.stderr}")
    print("A planted race is reported.", flush=True)
    status = subprocess.run([program, str(options.seconds)], env=environment, check=False).returncode
    print(f"{f'FINDINGS, see above (status {status})' if status else 'No findings'}; {time.monotonic() - start:.0f} s.")
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
