"""What is decided from outside: instruction set and number of threads, by environment, machine and threadpoolctl."""

from __future__ import annotations

import importlib.util
import os

import pytest

import fastlc

from ..support import child

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


NUMBER = "import fastlc; print(fastlc.get_num_threads())"


@pytest.mark.parametrize(
    ("value", "most"),
    [("1", 1), ("2", 2), ("1,4", 1), ("2, 1", 2), (" 1 ", 1), ("1 ,2", 1), ("999", 999), ("9" * 30, 999)],
)
def test_omp_num_threads_limits_the_number_by_default(value, most) -> None:
    """Never above what there is: process pools say by it how many processors are left for a worker."""
    assert int(child.printed(NUMBER, OMP_NUM_THREADS=value)) == min(most, int(child.printed(NUMBER)))


@pytest.mark.parametrize("value", ["", "0", "-1", "many", "1.5", "1x", "1;2", ",1", "0,1", "-9" + "9" * 30])
def test_omp_num_threads_that_is_no_number_is_ignored(value) -> None:
    assert child.printed(NUMBER, OMP_NUM_THREADS=value) == child.printed(NUMBER)


@pytest.mark.parametrize(("own", "omp", "number"), [("3", "1", 3), ("1", "2", 1), ("50", "many", 50), ("", "1", 1)])
def test_our_own_variable_comes_before_omp_num_threads(own, omp, number) -> None:
    assert int(child.printed(NUMBER, FASTLC_NUM_THREADS=own, OMP_NUM_THREADS=omp)) == number


def test_set_num_threads_may_exceed_omp_num_threads() -> None:
    code = "import fastlc; fastlc.set_num_threads(5); print(fastlc.get_num_threads())"
    assert child.printed(code, OMP_NUM_THREADS="1") == "5"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no processor affinity")
def test_omp_num_threads_does_not_exceed_affinity() -> None:
    code = """
    import os, fastlc
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    print(fastlc.get_num_threads())
    """
    assert child.printed(code, OMP_NUM_THREADS="2") == "1"


def test_a_worker_of_a_process_pool_obeys_omp_num_threads() -> None:
    code = """
    import multiprocessing, os
    from concurrent.futures import ProcessPoolExecutor
    import fastlc
    fastlc.set_num_threads(3)
    os.environ["OMP_NUM_THREADS"] = "1"  # for the workers, which import fastlc anew
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        print(fastlc.get_num_threads(), pool.submit(fastlc.get_num_threads).result())
    """
    assert child.printed(code) == "3 1"


@pytest.mark.skipif(importlib.util.find_spec("joblib") is None, reason="joblib is not installed")
def test_a_worker_of_joblib_has_as_many_threads_as_it_was_given() -> None:
    code = """
    import warnings
    warnings.simplefilter("ignore")  # joblib's own
    import fastlc, joblib
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        print(*joblib.Parallel()(joblib.delayed(fastlc.get_num_threads)() for _ in range(2)))
    """
    assert child.printed(code) == "1 1"


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
