// From Python arguments to pointers and shapes. A native array that kernels can read where it lies is taken as it is; what
// these checks decline goes to fastlc._arrays, in Python, which converts it or raises with a sentence. Shapes are checked
// here too, once the arrays are in hand.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "fastlc.h"

namespace fastlc {

namespace py = pybind11;

constexpr int kFloat = py::detail::npy_api::NPY_FLOAT_, kDouble = py::detail::npy_api::NPY_DOUBLE_;
constexpr int kInt64 = sizeof(long) == 8 ? py::detail::npy_api::NPY_LONG_ : py::detail::npy_api::NPY_LONGLONG_;

[[noreturn]] inline void refuse(const std::string &sentence) { throw py::value_error(sentence); }

// Calls a function of fastlc._arrays.
template <class... Arguments>
py::object slow_path(const char *function, Arguments &&...arguments) {
  return py::module_::import("fastlc._arrays").attr(function)(std::forward<Arguments>(arguments)...);
}

// An array argument; absent if `held` is empty.
class Array {
 public:
  Array() = default;
  Array(py::object held, const char *name) : name(name), held_(std::move(held)) {}

  explicit operator bool() const { return static_cast<bool>(held_); }
  bool is_array() const { return Py_TYPE(held_.ptr()) == py::detail::npy_api::get().PyArray_Type_; }
  bool is_array_or_subclass() const { return py::detail::npy_api::get().PyArray_Check_(held_.ptr()); }
  py::handle handle() const { return held_; }

  void *data() const { return held_ ? proxy()->data : nullptr; }
  int ndim() const { return proxy()->nd; }
  int64_t shape(int axis) const { return proxy()->dimensions[axis]; }
  int64_t stride(int axis) const { return proxy()->strides[axis]; }  // bytes
  int type() const { return py::detail::array_descriptor_proxy(proxy()->descr)->type_num; }
  bool has(int flags) const { return (proxy()->flags & flags) == flags; }
  bool is_native() const {
    const char order = py::detail::array_descriptor_proxy(proxy()->descr)->byteorder;
    return order == '=' || order == '|';
  }
  bool is_float() const { return type() == kFloat || type() == kDouble; }
  int64_t item() const {
    static constexpr int64_t sizes[] = {1, 1, 1, 2, 2, 4, 4, sizeof(long), sizeof(long), 8, 8, 4, 8};
    return sizes[type()];
  }
  bool has_contiguous_rows() const {
    return ndim() >= 1 && ndim() <= 2 && (shape(ndim() - 1) <= 1 || stride(ndim() - 1) == item());
  }
  int64_t row_stride() const { return stride(0) / item(); }

  std::string shape_text() const {
    std::string text = "(";
    for (int i = 0; i < ndim(); ++i) text += (i ? ", " : "") + std::to_string(shape(i));
    return text + (ndim() == 1 ? ",)" : ")");
  }

  const char *name = "";

 private:
  py::detail::PyArray_Proxy *proxy() const { return py::detail::array_proxy(held_.ptr()); }
  py::object held_;
};

constexpr int kAligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_, kWriteable = py::detail::npy_api::NPY_ARRAY_WRITEABLE_,
              kContiguous = py::detail::npy_api::NPY_ARRAY_C_CONTIGUOUS_;

inline const char *dtype_name(int type) { return type == kFloat ? "float32" : "float64"; }

// Floats with contiguous rows, or contiguous as a whole: of the dtype of `like`, or of either if there is none.
inline Array floats(py::handle value, const char *name, const Array *like = nullptr, bool contiguous = false) {
  if (value.is_none() && like) return {};
  const Array array(py::reinterpret_borrow<py::object>(value), name);
  const bool good = array.is_array() && array.is_float() && (!like || array.type() == like->type()) &&
                    array.is_native() && array.has(kAligned) &&
                    (contiguous ? array.has(kContiguous) : array.has_contiguous_rows());
  if (good) return array;
  if (like) return {slow_path("floats", value, name, dtype_name(like->type()), like->name), name};
  return {slow_path("floats", value, name), name};
}

// Integers, one axis, contiguous; int64 if `wide`.
inline Array integers(py::handle value, const char *name, const char *what, bool wide) {
  if (value.is_none()) return {};
  Array array(py::reinterpret_borrow<py::object>(value), name);
  const bool good = array.is_array() && array.type() >= 0 && array.type() <= 10 && array.is_native() &&
                    array.has(kAligned) && array.ndim() == 1 && array.has_contiguous_rows() &&
                    (!wide || (array.item() == 8 && array.type() % 2 == 1));
  return good ? array : Array(slow_path("integers", value, name, what, wide), name);
}

// Whether an array, or what would become of a sequence, holds floats rather than integers.
inline bool holds_floats(py::handle value) {
  const Array array(py::reinterpret_borrow<py::object>(value), "y");
  return array.is_array() ? array.type() > 10 : slow_path("holds_floats", value).cast<bool>();
}

// An array that will be written where it lies: never converted. Of the dtype of `like`, or float32 or float64.
inline Array in_place(py::handle value, const char *name, const Array *like = nullptr) {
  if (value.is_none()) return {};
  Array array(py::reinterpret_borrow<py::object>(value), name);
  const bool good = array.is_array_or_subclass() && array.is_float() && (!like || array.type() == like->type()) &&
                    array.is_native() && array.has(kAligned | kWriteable | kContiguous);
  if (!good) {
    if (like) slow_path("refuse_in_place", value, name, dtype_name(like->type()), like->name);
    slow_path("refuse_in_place", value, name);
  }
  return array;
}

// A new array, as np.empty, without the vectors and lookups of pybind11's own constructor.
inline py::array empty_array(int type, std::initializer_list<int64_t> shape) {
  const py::detail::npy_api &numpy = py::detail::npy_api::get();
  py::ssize_t dimensions[2] = {};
  int n = 0;
  for (int64_t size : shape) dimensions[n++] = static_cast<py::ssize_t>(size);
  PyObject *descriptor = numpy.PyArray_DescrFromType_(type);  // the constructor takes it over
  PyObject *made = numpy.PyArray_NewFromDescr_(numpy.PyArray_Type_, descriptor, n, dimensions, nullptr, nullptr, 0, nullptr);
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::array>(made);
}

// ---- Shapes ---------------------------------------------------------------------------------------------------------

inline void expect_matrix(const Array &a, const char *shape) {
  if (a.ndim() != 2) refuse(std::string(a.name) + " has shape " + a.shape_text() + ", expected " + shape);
}
inline void expect_vector(const Array &a, int64_t n) {
  if (a && !(a.ndim() == 1 && a.shape(0) == n)) {
    refuse(std::string(a.name) + " has shape " + a.shape_text() + ", expected (" + std::to_string(n) + ",)");
  }
}
inline void expect_matrix(const Array &a, int64_t rows, int64_t columns) {
  if (a && !(a.ndim() == 2 && a.shape(0) == rows && a.shape(1) == columns)) {
    refuse(std::string(a.name) + " has shape " + a.shape_text() + ", expected (" + std::to_string(rows) + ", " +
           std::to_string(columns) + ")");
  }
}

// ---- Overlap --------------------------------------------------------------------------------------------------------

inline void expect_no_overlap(const Array &written, const Array &other) {
  if (!written || !other) return;
  auto extent = [](const Array &a, const char **low, const char **high) {
    *low = *high = static_cast<const char *>(a.data());
    for (int i = 0; i < a.ndim(); ++i) {
      if (a.shape(i) == 0) return false;
      (a.stride(i) < 0 ? *low : *high) += a.stride(i) * (a.shape(i) - 1);
    }
    *high += a.item();
    return true;
  };
  const char *low, *high, *other_low, *other_high;
  if (!extent(written, &low, &high) || !extent(other, &other_low, &other_high)) return;
  if (low < other_high && other_low < high) {  // the extents do; do the elements?
    slow_path("refuse_overlap", written.handle(), written.name, other.handle(), other.name);
  }
}

// ---- Scalars --------------------------------------------------------------------------------------------------------

[[noreturn]] inline void refuse_type(py::handle value, const char *name, const char *expected) {
  throw py::type_error(std::string(name) + " is a " + Py_TYPE(value.ptr())->tp_name + ", expected " + expected);
}

inline double number(py::handle value, const char *name) {
  const double number = PyFloat_AsDouble(value.ptr());
  if (number == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    refuse_type(value, name, "a number");
  }
  return number;
}

inline int64_t integer(py::handle value, const char *name) {
  const Py_ssize_t integer = PyNumber_AsSsize_t(value.ptr(), nullptr);  // clipped to the range
  if (integer == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    refuse_type(value, name, "an integer");
  }
  return integer;
}

// Not clipped to the range.
inline int64_t exact_integer(py::handle value, const char *name) {
  const int64_t clipped = integer(value, name);
  if (PyNumber_AsSsize_t(value.ptr(), PyExc_OverflowError) == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    refuse(name + (" = " + std::string(py::str(value))) + ", expected a number that fits int64");
  }
  return clipped;
}

}  // namespace fastlc
