// Scores, and readouts of them.
#pragma once

#include "python/call.h"

namespace {

py::object scores(py::handle X, py::handle W, py::handle b, py::handle out) {
  Call call;
  call.take_X(X);
  call.take_model(W, b);
  if (out.is_none()) {
    py::array made = call.make({call.n, call.c});
    call.run([&, data = made.mutable_data()] { return fastlc_scores(&call, data); });
    return made;
  }
  const Array &given = call.arguments.in_place(out, "out", call.array_X);
  expect_matrix(given, call.n, call.c);
  for (const Array *input : {call.array_X, call.array_W, call.array_b}) expect_no_overlap(given, *input);
  call.run([&] { return fastlc_scores(&call, given.data()); });
  return py::reinterpret_borrow<py::object>(out);
}

py::array predict(py::handle X, py::handle W, py::handle b) {
  Call call;
  call.take_X(X);
  call.take_model(W, b);
  py::array out = empty_array(kInt64, {call.n});
  call.run([&, data = static_cast<int64_t *>(out.mutable_data())] { return fastlc_predict(&call, data); });
  return out;
}

py::array predict_proba(py::handle X, py::handle W, py::handle b) {
  Call call;
  call.take_X(X);
  call.take_model(W, b);
  py::array out = call.make({call.n, call.c == 1 ? 2 : call.c});
  call.run([&, data = out.mutable_data()] { return fastlc_predict_proba(&call, data); });
  return out;
}

template <fastlc_status (*function)(const fastlc_call *, void *)>
py::array of_scores(py::handle S) {
  Call call;
  const Array &a = call.arguments.floats(S, "S");
  if (a.ndim() != 1 && a.ndim() != 2) refuse("S has shape " + a.shape_text() + ", expected (N, C) or (C,)");
  const bool row = a.ndim() == 1;
  call.dtype = a.type() == kFloat ? FASTLC_FLOAT32 : FASTLC_FLOAT64;
  call.features.data = a.data();
  call.n = row ? 1 : a.shape(0);
  call.d = call.c = a.shape(row ? 0 : 1);
  call.features.stride = row ? call.c : a.row_stride();
  py::array out = row ? call.make({call.c}) : call.make({call.n, call.c});
  call.run([&, data = out.mutable_data()] { return function(&call, data); });
  return out;
}

}  // namespace
