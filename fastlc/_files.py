"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file beside `path` to be written instead, with the same ending, which then takes its place.

    Whatever interrupts, there is the old content or the new one under the name, and nothing else beside it. Pipes and
    devices, which nothing can take the place of, are written themselves.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    path = path.resolve()  # where a link leads to, so that it stays one
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield part
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
