"""The progress bar of what takes long."""

from __future__ import annotations

from typing import Any


def progress_bar(function: str, total: int, description: str, unit: str) -> Any:
    """tqdm's, on standard error if that is a terminal; an ImportError says which function wanted it."""
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise ImportError(f"{function}(progress=True) needs tqdm: pip install 'fastlc[demo]'") from error
    return tqdm(total=total, desc=description, unit=unit, leave=False, disable=None)  # None: only on a terminal
