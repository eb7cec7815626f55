"""The registry of losses: one row a loss; tests, benchmarks and documentation iterate over it.

A row joins a C++ struct (`csrc/kernels/losses.h`) and a function of `fastlc.reference` under one name, and gives the two public
functions: the loss on scores, and the loss fused with the linear map. Signature and formula come from the reference, so
they are written once. `fastlc` exports all names of this file.
"""

from ._registry import LOSSES as LOSSES
from ._registry import register as _register

cross_entropy, linear_cross_entropy = _register("cross_entropy")
hinge, linear_hinge = _register("hinge")
crammer_singer, linear_crammer_singer = _register("crammer_singer")
logistic, linear_logistic = _register("logistic")
ovr_hinge, linear_ovr_hinge = _register("ovr_hinge")
ovr_squared_hinge, linear_ovr_squared_hinge = _register("ovr_squared_hinge")
ovr_perceptron, linear_ovr_perceptron = _register("ovr_perceptron")
ovr_modified_huber, linear_ovr_modified_huber = _register("ovr_modified_huber")
squared_error, linear_squared_error = _register("squared_error")
sigmoid_squared_error, linear_sigmoid_squared_error = _register("sigmoid_squared_error")
huber, linear_huber = _register("huber")
epsilon_insensitive, linear_epsilon_insensitive = _register("epsilon_insensitive")
squared_epsilon_insensitive, linear_squared_epsilon_insensitive = _register("squared_epsilon_insensitive")
