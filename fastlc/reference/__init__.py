"""The oracle: every function of fastlc in plain NumPy, written to be read.

Same names, signatures and meaning as the fast functions; tests hold the kernels to it. It imports NumPy alone,
computes in the dtype it is given (also ``longdouble``, which is how tests obtain a higher precision), stores every
score and makes no attempt at speed. Arguments are taken on trust: the fast functions are the ones that check them.

Shapes, here and everywhere: ``X (N, D)`` rows are examples; ``W (C, D)`` one row a class; ``b (C,)``;
``S = X Wᵀ + b (N, C)`` scores; ``y (N,)`` labels in ``[0, C)``, or float targets ``(N, C)``.
"""

from ._types import Array as Array
from .losses import *
from .scores import log_softmax as log_softmax
from .scores import predict as predict
from .scores import predict_proba as predict_proba
from .scores import scores as scores
from .scores import sigmoid as sigmoid
from .scores import softmax as softmax
from .sgd import sgd_epoch as sgd_epoch
from .sgd import sgd_step as sgd_step
