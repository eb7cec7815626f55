"""fastlc: linear classifiers at the speed of the machine.

A linear classifier is ``f(x, W) = W x + b``, a loss and gradient descent; here they are C++ kernels under NumPy arrays.
``X (N, D)`` rows are examples, ``W (C, D)`` has one row a class, ``b (C,)``, ``y (N,)`` labels in ``[0, C)``; float32 or
float64. See `fastlc.reference` for the same functions in plain NumPy.
"""

from ._config import get_num_threads, set_num_threads, show_config
from ._version import __version__
from .functional import log_softmax, predict, predict_proba, scores, sgd_epoch, sgd_step, sigmoid, softmax
from .losses import (
    LOSSES,
    cross_entropy,
    hinge,
    linear_cross_entropy,
    linear_hinge,
    linear_sigmoid_squared_error,
    linear_squared_error,
    sigmoid_squared_error,
    squared_error,
)
from .optim import SGDState
