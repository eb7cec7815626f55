// Probes, for those who measure: the errors of exp and log, and the speed of the machine.
#pragma once

#include <string>
#include <utility>

#include "python/call.h"

namespace {

py::array elementwise(const std::string &function, py::handle x) {
  Arguments arguments;
  const Array &array = arguments.floats(x, "x", nullptr, true);
  if (array.ndim() != 1) refuse("x has shape " + array.shape_text() + ", expected (N,)");
  py::array out = empty_array(array.type(), {array.shape(0)});
  auto apply = [&](const auto &kernels, auto zero) {
    using T = decltype(zero);
    const auto f = function == "exp"     ? kernels.exp
                   : function == "log"   ? kernels.log
                   : function == "log1p" ? kernels.log1p
                                         : nullptr;
    if (!f) refuse("function = '" + function + "' is unknown, choose from exp, log, log1p");
    arguments.compute([&, result = static_cast<T *>(out.mutable_data())](ReleasedGil &) {
      f(array.shape(0), static_cast<const T *>(array.data()), result);
    });
  };
  if (array.type() == kFloat) {
    apply(instruction_set().float32, float());
  } else {
    apply(instruction_set().float64, double());
  }
  return out;
}

double multiply_add(py::object dtype, int64_t count) {
  const bool is_double = py::dtype::from_args(std::move(dtype)).num() == kDouble;
  const InstructionSet &set = instruction_set();
  return Arguments().compute([&](ReleasedGil &) {
    return is_double ? set.float64.multiply_add(count) : set.float32.multiply_add(count);
  });
}

double read_all(py::handle a, int64_t times) {
  Arguments arguments;
  const Array &array = arguments.floats(a, "a", nullptr, true);
  const InstructionSet &set = instruction_set();
  return arguments.compute([&, n = array.size()](ReleasedGil &) {
    return array.type() == kDouble ? set.float64.read(static_cast<const double *>(array.data()), n, times)
                                   : set.float32.read(static_cast<const float *>(array.data()), n, times);
  });
}

}  // namespace
