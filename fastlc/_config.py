"""What fastlc was built with and runs on: version, compiler, instruction sets, threads, optional packages."""

from __future__ import annotations

import platform
from typing import Any, Literal, overload

import numpy as np

from . import _core
from ._version import __version__

_OPTIONAL = ("scikit-learn", "scipy", "matplotlib", "tqdm", "threadpoolctl", "torch", "dask")


def get_num_threads() -> int:
    """Number of threads that a call may use; see `set_num_threads`.

    Examples
    --------
    >>> import fastlc
    >>> fastlc.get_num_threads() >= 1
    True
    """
    return _core.get_num_threads()


def set_num_threads(n: int) -> None:
    """Sets the number of threads that a call may use, ≥ 1; more than there are cores is allowed.

    The default is the environment variable ``FASTLC_NUM_THREADS``; else the number of processors that this process may
    use (its affinity and its cgroup's quota), and at most ``OMP_NUM_THREADS``, by which joblib, Dask and others share
    the processors out among their workers (of a list such as ``4,2`` the first number; what is no positive integer is
    ignored). Both are read when fastlc is imported. Results do not depend on the number: they are the same to the bit.

    Examples
    --------
    >>> import fastlc
    >>> before = fastlc.get_num_threads()
    >>> fastlc.set_num_threads(1)
    >>> fastlc.get_num_threads()
    1
    >>> fastlc.set_num_threads(before)
    """
    _core.set_num_threads(n)


@overload
def show_config(mode: Literal["stdout"] = ...) -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, Any]: ...
def show_config(mode: Literal["stdout", "dicts"] = "stdout") -> dict[str, Any] | None:
    """Prints how fastlc was built and what it uses here; ``mode='dicts'`` returns it, as `numpy.show_config` does.

    Examples
    --------
    >>> import fastlc
    >>> sorted(fastlc.show_config("dicts")["instruction sets"])
    ['built', 'in use', 'usable']
    """
    config = {
        "fastlc": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "compiler": _core.compiler,
        "instruction sets": {
            "built": list(_core.isas_built),
            "usable": list(_core.isas_usable),
            "in use": _core.get_isa(),
        },
        "threads": _core.get_num_threads(),
        "optional packages": {name: _installed_version(name) for name in _OPTIONAL},
    }
    if not isinstance(mode, str):
        raise ValueError(f"mode is a {type(mode).__name__}, choose from stdout, dicts")
    if mode == "dicts":
        return config
    if mode != "stdout":
        raise ValueError(f"mode = {mode!r} is unknown, choose from stdout, dicts")
    for key, value in config.items():
        if isinstance(value, dict):
            print(f"{key}:")
            for name, entry in value.items():
                print(f"  {name}: {', '.join(entry) if isinstance(entry, list) else entry}")
        else:
            print(f"{key}: {value}")
    return None


def _installed_version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # slow to import, and only needed here

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
