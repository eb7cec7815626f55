// A call of the C interface being put together from Python arguments, which arguments.h checks.
#pragma once

#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "api/dispatch.h"
#include "python/arguments.h"

namespace {

using namespace fastlc;

// A call being put together, with what must stay alive until it is done.
struct Call : fastlc_call {
  Call() : fastlc_call{} {
    size = sizeof(fastlc_call);
    X = &features;
    cancel = [](void *released) {  // leaves KeyboardInterrupt set
      return static_cast<ReleasedGil *>(released)->with_gil([] { return static_cast<int32_t>(PyErr_CheckSignals() != 0); });
    };
    error = sentence;
    error_size = sizeof sentence;
    sentence[0] = 0;
  }

  void take_X(py::handle value) {
    array_X = &arguments.floats(value, "X");
    expect_matrix(*array_X, "(N, D)");
    set_X(array_X->shape(0), array_X->shape(1));
  }
  void take_S(py::handle value) {
    array_X = &arguments.floats(value, "S");
    expect_matrix(*array_X, "(N, C)");
    set_X(array_X->shape(0), array_X->shape(1));
    c = d;
  }
  void take_model(py::handle value_W, py::handle value_b) {
    set_W(arguments.floats(value_W, "W", array_X));
    set_b(arguments.floats(value_b, "b", array_X));
  }
  void take_model_in_place(py::handle value_W, py::handle value_b) {
    set_W(arguments.in_place(value_W, "W", array_X));
    set_b(arguments.in_place(value_b, "b", array_X));
  }
  void take_targets(int kernel, py::handle value) {
    const fastlc_loss_description *info = fastlc_loss_info(kernel);
    if (!info) refuse("kernel = " + std::to_string(kernel) + " is unknown");
    loss = kernel;
    const bool takes_labels = info->kind & FASTLC_LABELS, takes_values = info->kind & FASTLC_VALUES;
    const bool one_score = c == 1 && info->kind & FASTLC_ONE_VS_REST;
    const Array &y = arguments.labels_or_targets(value, takes_labels, takes_values, one_score, *array_X, n, c);
    array_y = &y;
    if (y.is_float()) {
      if (y.ndim() == 1 && c == 1) {
        expect_vector(y, n);
      } else {
        expect_matrix(y, n, c);
      }
      targets = y.data();
      targets_stride = y.row_stride();
    } else {
      static constexpr fastlc_int_type types[] = {FASTLC_UINT8, FASTLC_INT8,   FASTLC_UINT8, FASTLC_INT16,
                                                  FASTLC_UINT16, FASTLC_INT32, FASTLC_UINT32};
      if (takes_values && y.ndim() == 2) {
        refuse("y has shape " + y.shape_text() + " and integers, expected (" + std::to_string(n) +
               ",) labels, or targets of the dtype of " + array_X->name);
      }
      expect_vector(y, n);
      labels = y.data();
      const int type = y.type();
      labels_type = type <= 6        ? types[type]
                    : y.item() == 8 ? (type % 2 ? FASTLC_INT64 : FASTLC_UINT64)
                                    : (type % 2 ? FASTLC_INT32 : FASTLC_UINT32);
    }
  }
  void take_ignore_index(py::handle value) {
    if (value.is_none()) return;
    has_ignore_index = 1;
    ignore_index = exact_integer(value, "ignore_index");
  }
  void take_weights(py::handle by_sample, py::handle by_class, py::handle of_positives) {
    array_sample_weight = &arguments.floats(by_sample, "sample_weight", array_X);
    expect_vector(*array_sample_weight, n);
    array_class_weight = &arguments.floats(by_class, "class_weight", array_X);
    expect_vector(*array_class_weight, c);
    array_pos_weight = &arguments.floats(of_positives, "pos_weight", array_X);
    expect_vector(*array_pos_weight, c);
    sample_weight = array_sample_weight->data();
    class_weight = array_class_weight->data();
    pos_weight = array_pos_weight->data();
  }
  void take_options(const py::tuple &values) {  // after the loss is known
    const fastlc_loss_description *info = fastlc_loss_info(loss);
    for (size_t i = 0; i < values.size() && i < static_cast<size_t>(info->n_options); ++i) {
      option_values[i] = number(values[i], info->option_names[i]);
    }
    options = option_values;
  }
  void take_reduction(py::handle value) {
    static const char *const names[] = {"mean", "sum", "none"};
    for (int i = 0; i < 3; ++i) {
      if (PyUnicode_Check(value.ptr()) && PyUnicode_CompareWithASCIIString(value.ptr(), names[i]) == 0) {
        reduction = static_cast<fastlc_reduction>(i);
        return;
      }
    }
    const std::string came = PyUnicode_Check(value.ptr()) ? " = " + std::string(py::repr(value)) + " is unknown"
                                                          : std::string(" is a ") + Py_TYPE(value.ptr())->tp_name;
    refuse("reduction" + came + ", choose from mean, sum, none");
  }

  // f(), which calls the C interface, without the GIL.
  template <class F>
  fastlc_status status_of(F f) {
    return arguments.compute([&](ReleasedGil &released) {
      cancel_arg = &released;
      return f();
    });
  }
  // Throws the exception of a status that is not OK.
  void expect_ok(fastlc_status status) const {
    if (status == FASTLC_CANCELLED && PyErr_Occurred()) throw py::error_already_set();
    if (status == FASTLC_CANCELLED) {  // by no exception: the workers are gone
      throw std::runtime_error("the process was forked inside this call, which cannot be completed in the child");
    }
    if (status == FASTLC_OUT_OF_MEMORY) throw std::bad_alloc();
    if (status != FASTLC_OK) refuse(sentence);
  }
  template <class F>
  void run(F f) {
    expect_ok(status_of(f));
  }

  py::array make(std::initializer_list<int64_t> shape) const {
    return empty_array(dtype == FASTLC_FLOAT32 ? kFloat : kDouble, shape);
  }

  // Where the array's elements are. A variable is an object: py::array makes one of no elements first.
  void *make_into(py::object &variable, std::initializer_list<int64_t> shape) const {
    py::array made = make(shape);
    void *data = made.mutable_data();
    variable = std::move(made);
    return data;
  }

  py::array make_zeros(std::initializer_list<int64_t> shape) const {
    py::array made = make(shape);
    std::memset(made.mutable_data(), 0, static_cast<size_t>(made.nbytes()));
    return made;
  }

  fastlc_features features = {sizeof(fastlc_features), FASTLC_DENSE, 0, nullptr};
  Arguments arguments;
  const Array *array_X, *array_W, *array_b, *array_y, *array_sample_weight, *array_class_weight, *array_pos_weight;

 private:
  void set_X(int64_t rows, int64_t columns) {
    dtype = array_X->type() == kFloat ? FASTLC_FLOAT32 : FASTLC_FLOAT64;
    n = rows;
    d = columns;
    features.data = array_X->data();
    features.stride = array_X->row_stride();
  }
  void set_W(const Array &array) {
    array_W = &array;
    if (!array) refuse_type(py::none(), "W", "an array");
    expect_matrix(array, "(C, D)");
    c = array.shape(0);
    if (array.shape(1) != d) refuse("W has " + std::to_string(array.shape(1)) + " columns, X has " + std::to_string(d));
    W = array.data();
    W_stride = array.row_stride();
  }
  void set_b(const Array &array) {
    array_b = &array;
    expect_vector(array, c);
    b = array.data();
  }

  double option_values[4] = {};
  char sentence[256];
};

}  // namespace
