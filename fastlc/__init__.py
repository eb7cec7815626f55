"""fastlc: linear classifiers at the speed of the machine.

A linear classifier is ``f(x, W) = W x + b``, a loss and gradient descent; here they are C++ kernels under NumPy arrays.
``X (N, D)`` rows are examples, ``W (C, D)`` has one row a class, ``b (C,)``, ``y (N,)`` labels in ``[0, C)``; float32
or float64. See `fastlc.reference` for the same functions in plain NumPy.
"""

from . import _threadpoolctl as _threadpoolctl
from . import optim as optim
from ._config import get_num_threads as get_num_threads
from ._config import set_num_threads as set_num_threads
from ._config import show_config as show_config
from ._version import __version__ as __version__
from .functional import log_softmax as log_softmax
from .functional import predict as predict
from .functional import predict_proba as predict_proba
from .functional import scores as scores
from .functional import sgd_epoch as sgd_epoch
from .functional import sgd_step as sgd_step
from .functional import sigmoid as sigmoid
from .functional import softmax as softmax
from .losses import *
from .optim import SGDState as SGDState
from .training import FitResult as FitResult
from .training import fit as fit
