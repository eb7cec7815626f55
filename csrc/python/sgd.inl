// Stochastic gradient descent: a step, an epoch.
#pragma once

#include "python/call.h"

namespace {

fastlc_sgd sgd_of(py::handle momentum, py::handle dampening, py::handle nesterov, py::handle weight_decay, py::handle l1,
                  py::handle l2) {
  return {sizeof(fastlc_sgd), number(momentum, "momentum"), number(dampening, "dampening"), flag(nesterov, "nesterov"),
          number(weight_decay, "weight_decay"), number(l1, "l1"), number(l2, "l2")};
}

void sgd_step(py::handle W, py::handle dW, py::handle lr, py::handle momentum, py::handle dampening, py::handle nesterov,
              py::handle weight_decay, py::handle l1, py::handle l2, py::handle velocity) {
  Call call;
  const fastlc_sgd sgd = sgd_of(momentum, dampening, nesterov, weight_decay, l1, l2);
  const double rate = number(lr, "lr");
  const Array &weights = call.arguments.in_place(W, "W");
  if (!weights) refuse_type(W, "W", "a NumPy array");
  const Array &moving = call.arguments.in_place(velocity, "velocity", &weights);
  const Array &gradient = call.arguments.floats(dW, "dW", &weights, true);
  if (!gradient) refuse_type(dW, "dW", "an array");
  for (const Array *other : {&gradient, &moving}) {
    if (*other && other->shape_text() != weights.shape_text()) {
      refuse(std::string(other->name) + " has shape " + other->shape_text() + ", expected " + weights.shape_text());
    }
  }
  expect_no_overlap(weights, gradient);
  expect_no_overlap(weights, moving);
  expect_no_overlap(moving, gradient);
  call.dtype = weights.type() == kFloat ? FASTLC_FLOAT32 : FASTLC_FLOAT64;
  call.run([&] { return fastlc_sgd_step(&call, &sgd, weights.size(), rate, weights.data(), gradient.data(), moving.data()); });
}

// An attribute of an SGDState, or of an object like one.
py::object of_state(py::handle state, const char *name) {
  python_may_run();
  PyObject *value = PyObject_GetAttr(state.ptr(), attribute_name(name).ptr());
  if (!value && PyErr_ExceptionMatches(PyExc_AttributeError)) {
    PyErr_Clear();
    refuse_type(state, "state", "an SGDState");
  }
  if (!value) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(value);
}

double sgd_epoch(int kernel, py::handle X, py::handle y, py::handle W, py::handle b, py::handle lr, py::handle batch_size,
                 py::handle order, py::handle state, py::handle sample_weight, py::handle class_weight,
                 py::handle pos_weight, py::handle ignore_index, py::handle momentum, py::handle dampening, py::handle nesterov,
                 py::handle weight_decay, py::handle l1, py::handle l2, const py::tuple &options) {
  Call call;
  const fastlc_sgd sgd = sgd_of(momentum, dampening, nesterov, weight_decay, l1, l2);
  call.take_X(X);
  call.take_model_in_place(W, b);
  call.take_targets(kernel, y);
  call.take_ignore_index(ignore_index);
  call.take_weights(sample_weight, class_weight, pos_weight);
  call.take_options(options);

  fastlc_epoch epoch{};
  epoch.size = sizeof epoch;
  const Array *velocity_W = &Arguments::absent, *velocity_b = velocity_W, *average_W = velocity_W, *average_b = velocity_W;
  py::object step;  // as an integer of Python, which has room for more
  if (!state.is_none()) {
    auto own = [&](const char *name) { return of_state(state, name); };
    auto array = [&](const char *name) { return &call.arguments.in_place(own(name), name, call.array_X); };
    auto average = [&](const char *name) {
      const Array *taken = &call.arguments.in_place(own(name), name);
      if (*taken && taken->type() != kDouble) {
        throw py::type_error(std::string(name) + " has dtype float32, expected float64, in which averages are kept");
      }
      return taken;
    };
    velocity_W = array("velocity_W");
    velocity_b = array("velocity_b");
    step = python_integer(own("step"), "step");
    epoch.first_step = integer(step, "step");
    const py::object average_from = own("average_from");
    if (!average_from.is_none()) {
      epoch.average_from = integer(average_from, "average_from");
      average_W = average("average_W");
      average_b = average("average_b");
      if (!*average_W) refuse_type(py::none(), "average_W", "a NumPy array, as average_from is not None");
      if (call.b && !*average_b) refuse_type(py::none(), "average_b", "a NumPy array, as average_from is not None");
    }
  } else if (sgd.momentum != 0) {
    velocity_W = &call.arguments.own(call.make_zeros({call.c, call.d}), "velocity_W");
    if (call.b) velocity_b = &call.arguments.own(call.make_zeros({call.c}), "velocity_b");
  }
  for (const Array *like_W : {velocity_W, average_W}) expect_matrix(*like_W, call.c, call.d);
  for (const Array *like_b : {velocity_b, average_b}) {
    if (call.b) expect_vector(*like_b, call.c);
  }

  const Array &rows = call.arguments.row_numbers(order, "order");
  if (rows && rows.ndim() != 1) refuse("order has shape " + rows.shape_text() + ", expected (M,)");
  epoch.order = static_cast<const int64_t *>(rows.data());
  epoch.rows = rows ? rows.shape(0) : call.n;
  epoch.batch_size = integer(batch_size, "batch_size");
  const bool one_rate = PyFloat_CheckExact(lr.ptr());
  const double rate = one_rate ? number(lr, "lr") : 0;
  epoch.lr = &rate;
  epoch.lr_size = 1;
  const Array *rates = &Arguments::absent;
  if (!one_rate) {
    rates = &call.arguments.rates(lr, epoch.first_step, epoch.rows, epoch.batch_size);
    epoch.lr = static_cast<const double *>(rates->data());
    epoch.lr_size = rates->shape(0);
  }

  const Array *written[] = {call.array_W, call.array_b, velocity_W, velocity_b, average_W, average_b};
  const Array *read[] = {call.array_X, call.array_y, call.array_sample_weight, call.array_class_weight,
                         call.array_pos_weight, &rows, rates};
  for (const Array *const *a = written; a != written + 6; ++a) {
    for (const Array *const *b = written; b != a; ++b) expect_no_overlap(**a, **b);
    for (const Array *input : read) expect_no_overlap(**a, *input);
  }
  epoch.W = call.array_W->data();
  epoch.b = call.array_b->data();
  epoch.velocity_W = velocity_W->data();
  epoch.velocity_b = velocity_b->data();
  epoch.average_W = static_cast<double *>(average_W->data());
  epoch.average_b = static_cast<double *>(average_b->data());
  const fastlc_status status = call.status_of([&] { return fastlc_sgd_epoch(&call, &sgd, &epoch); });
  // The state learns of the steps taken also when the call is interrupted.
  if (!state.is_none() && epoch.steps) {
    py::error_scope interrupted;
    state.attr(attribute_name("step")) = step + py::int_(epoch.steps);
  }
  call.expect_ok(status);
  return epoch.mean_loss;
}

}  // namespace
