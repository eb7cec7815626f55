"""The registry of losses: one row a loss; tests, benchmarks and documentation iterate over it.

A row joins a C++ struct (`csrc/losses.h`) and a function of `fastlc.reference` under one name, and gives the two public
functions: the loss on scores, and the loss fused with the linear map. Signature and formula come from the reference, so
they are written once. `fastlc` exports all names of this file.
"""

from ._registry import LOSSES as LOSSES
from ._registry import register as _register

cross_entropy, linear_cross_entropy = _register("cross_entropy", "labels")
hinge, linear_hinge = _register("hinge", "labels")
squared_error, linear_squared_error = _register("squared_error", "values")
sigmoid_squared_error, linear_sigmoid_squared_error = _register("sigmoid_squared_error", "values")
