"""fastlc: linear classifiers at the speed of the machine.

A linear classifier is ``f(x, W) = W x + b``, a loss and gradient descent; here they are C++ kernels under NumPy arrays.
``X (N, D)`` rows are examples, ``W (C, D)`` has one row a class, ``b (C,)``, ``y (N,)`` labels in ``[0, C)``; float32
or float64. See `fastlc.reference` for the same functions in plain NumPy.

`fastlc.data`, `fastlc.gradcheck`, `fastlc.lecture` and `fastlc.plot` are imported when they are first used.
"""

from typing import TYPE_CHECKING

from . import _arrays, _checks, _core, _threadpoolctl, losses, optim, reference
from ._config import get_num_threads, set_num_threads, show_config
from ._version import __version__ as __version__
from .functional import log_softmax, predict, predict_proba, scores, sgd_epoch, sgd_step, sigmoid, softmax
from .losses import *
from .optim import SGDState
from .training import FitResult, fit

_core._set_converters(_arrays, _checks)

__all__ = [
    "FitResult",
    "SGDState",
    "fit",
    "get_num_threads",
    "log_softmax",
    "optim",
    "predict",
    "predict_proba",
    "reference",
    "scores",
    "set_num_threads",
    "sgd_epoch",
    "sgd_step",
    "show_config",
    "sigmoid",
    "softmax",
]
__all__ += losses.__all__

if TYPE_CHECKING:
    from . import data as data
    from . import gradcheck as gradcheck
    from . import lecture as lecture
    from . import plot as plot
else:
    _NEEDS = {"data": "numpy", "gradcheck": "numpy", "lecture": "numpy", "plot": "matplotlib"}
    """Modules imported when first used, and the package without which they cannot be."""

    def __getattr__(name):
        from importlib import import_module

        if name in _NEEDS:
            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        """The public names; of the modules those that can be imported, since `help` and others get each of them."""
        from importlib.util import find_spec

        own = [name for name in globals() if name.startswith("__")]
        return sorted([*own, *__all__, *(name for name, package in _NEEDS.items() if find_spec(package))])
