"""The name of an array."""

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
