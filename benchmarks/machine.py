"""What a benchmark ran on: processor, cores, versions, date. Figures without it mean nothing."""

from __future__ import annotations

import datetime
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

import fastlc


def cpu_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def version_of(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


PACKAGES = ("numpy", "threadpoolctl", "torch", "jax", "jaxlib", "scikit-learn", "onnx", "onnxruntime", "cython")


def describe_machine(packages: tuple[str, ...] = PACKAGES) -> dict[str, Any]:
    config = fastlc.show_config("dicts")
    blas = [f"{lib['internal_api']} {lib['version']}" for lib in threadpool_info() if lib["user_api"] == "blas"]
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cpu": cpu_model(),
        "cores": cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {
            "fastlc": config["fastlc"],
            **{name: version for name in packages if (version := version_of(name)) is not None},
        },
        "blas": sorted(set(blas)),
        "compiler": config["compiler"],
        "instruction set": config["instruction sets"]["in use"],
    }
