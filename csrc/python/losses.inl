// Losses: of given scores, and fused with the linear map.
#pragma once

#include "python/call.h"

namespace {

// (loss, *gradients), or the loss alone if there are none.
py::object result_of(const Call &call, const py::object &losses, double loss, std::initializer_list<py::object> gradients) {
  py::object value = call.reduction == FASTLC_NONE ? losses : py::float_(loss);
  if (gradients.size() == 0) return value;
  py::tuple result(1 + gradients.size());
  result[0] = value;
  size_t i = 1;
  for (const py::object &gradient : gradients) result[i++] = gradient;
  return result;
}

py::object loss(int kernel, py::handle S, py::handle y, py::handle sample_weight, py::handle class_weight,
                py::handle pos_weight, py::handle ignore_index, py::handle reduction, py::handle grad,
                const py::tuple &options) {
  Call call;
  const bool wants_gradients = flag(grad, "grad");
  call.take_reduction(reduction);
  call.take_S(S);
  call.take_targets(kernel, y);
  call.take_ignore_index(ignore_index);
  call.take_weights(sample_weight, class_weight, pos_weight);
  call.take_options(options);
  fastlc_gradients out{};
  out.size = sizeof out;
  py::object losses, dS;
  if (call.reduction == FASTLC_NONE) out.losses = call.make_into(losses, {call.n});
  if (wants_gradients) out.dX = call.make_into(dS, {call.n, call.c});
  call.run([&] { return fastlc_loss(&call, &out); });
  return wants_gradients ? result_of(call, losses, out.loss, {dS}) : result_of(call, losses, out.loss, {});
}

py::object linear_loss(int kernel, py::handle X, py::handle y, py::handle W, py::handle b, py::handle sample_weight,
                       py::handle class_weight, py::handle pos_weight, py::handle ignore_index, py::handle reduction,
                       py::handle l1, py::handle l2, py::handle want_dX, py::handle grad, const py::tuple &options) {
  Call call;
  const bool wants_dX = flag(want_dX, "dX"), wants_gradients = flag(grad, "grad");
  call.take_reduction(reduction);
  call.take_X(X);
  call.take_model(W, b);
  call.take_targets(kernel, y);
  call.take_ignore_index(ignore_index);
  call.take_weights(sample_weight, class_weight, pos_weight);
  call.take_options(options);
  call.l1 = number(l1, "l1");
  call.l2 = number(l2, "l2");
  fastlc_gradients out{};
  out.size = sizeof out;
  py::object losses, dW, db = py::none(), dX;
  if (call.reduction == FASTLC_NONE) out.losses = call.make_into(losses, {call.n});
  if (wants_gradients) {
    out.dW = call.make_into(dW, {call.c, call.d});
    if (call.b) out.db = call.make_into(db, {call.c});
    if (wants_dX) out.dX = call.make_into(dX, {call.n, call.d});
  }
  call.run([&] { return fastlc_loss(&call, &out); });
  if (!wants_gradients) return result_of(call, losses, out.loss, {});
  return wants_dX ? result_of(call, losses, out.loss, {dW, db, dX}) : result_of(call, losses, out.loss, {dW, db});
}

}  // namespace
