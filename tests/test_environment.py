"""What is decided from outside: instruction set and number of threads, by environment, machine and threadpoolctl."""

from __future__ import annotations

import importlib.util
import os

import pytest

import fastlc

from . import child

# ---------------------------------------------------------------------------------------------------------------------
# Instruction sets
# ---------------------------------------------------------------------------------------------------------------------


def test_an_unknown_instruction_set_in_the_environment() -> None:
    status, _, err = child.run("import fastlc", FASTLC_ISA="foo")
    assert status == 1
    last = err.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert "FASTLC_ISA=foo" in last
    assert all(name in last for name in fastlc._core.isas_usable)


@pytest.mark.parametrize("name", fastlc._core.isas_usable)
def test_an_instruction_set_in_the_environment(name) -> None:
    code = "import fastlc; print(fastlc._core.get_isa(), fastlc.show_config('dicts')['instruction sets']['in use'])"
    assert child.printed(code, FASTLC_ISA=name) == f"{name} {name}"


def test_an_unknown_instruction_set_by_the_private_switch() -> None:
    before = fastlc._core.get_isa()
    with pytest.raises(ValueError, match="foo"):
        fastlc._core._set_isa("foo")
    assert fastlc._core.get_isa() == before


# ---------------------------------------------------------------------------------------------------------------------
# Threads
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "error"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), ("a", TypeError)])
def test_numbers_that_are_none(number, error) -> None:
    before = fastlc.get_num_threads()
    with pytest.raises(error):
        fastlc.set_num_threads(number)
    assert fastlc.get_num_threads() == before


def test_the_number_by_default_is_at_most_that_of_the_processors() -> None:
    code = "import fastlc, os; print(1 <= fastlc.get_num_threads() <= os.cpu_count())"
    assert child.printed(code) == "True"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no processor affinity")
def test_the_number_by_default_obeys_affinity() -> None:
    code = """
    import os
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    import fastlc
    print(fastlc.get_num_threads())
    """
    assert child.printed(code) == "1"


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="this system does not list a process's threads")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_threads_are_started_for_large_work_alone(number) -> None:
    code = """
    import os, numpy as np, fastlc
    def started(N):
        before = len(os.listdir("/proc/self/task"))
        fastlc.linear_hinge(np.ones((N, 200), "f4"), np.zeros(N, int), np.ones((10, 200), "f4"))
        return len(os.listdir("/proc/self/task")) - before
    print(started(8), started(20_000), started(20_000))
    """
    assert child.printed(code, FASTLC_NUM_THREADS=str(number)) == f"0 {number - 1} 0"


@pytest.mark.parametrize("number", [1, 3, 50])
def test_the_number_from_the_environment(number) -> None:
    code = "import fastlc; print(fastlc.get_num_threads(), fastlc.show_config('dicts')['threads'])"
    assert child.printed(code, FASTLC_NUM_THREADS=str(number)) == f"{number} {number}"


@pytest.mark.parametrize("value", ["0", "-2", "many", "1.5", "2x"])
def test_a_number_in_the_environment_that_is_none(value) -> None:
    status, _, err = child.run("import fastlc", FASTLC_NUM_THREADS=value)
    assert status == 1
    last = err.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert f"FASTLC_NUM_THREADS={value}" in last


@pytest.mark.skipif(importlib.util.find_spec("threadpoolctl") is None, reason="threadpoolctl is not installed")
@pytest.mark.parametrize("first", ["import threadpoolctl, fastlc", "import fastlc, threadpoolctl"])
def test_threadpoolctl(first) -> None:
    code = f"""
    {first}
    fastlc.set_num_threads(3)
    entry, = [e for e in threadpoolctl.threadpool_info() if e["internal_api"] == "fastlc"]
    assert entry["num_threads"] == 3, entry
    with threadpoolctl.threadpool_limits(1):
        assert fastlc.get_num_threads() == 1
        entry, = [e for e in threadpoolctl.threadpool_info() if e["internal_api"] == "fastlc"]
        assert entry["num_threads"] == 1, entry
    assert fastlc.get_num_threads() == 3
    with threadpoolctl.threadpool_limits(2, user_api=entry["user_api"]):
        assert fastlc.get_num_threads() == 2
    assert fastlc.get_num_threads() == 3
    """
    child.printed(code)
