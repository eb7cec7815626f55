// From Python arguments to pointers and shapes. A native array that kernels can read where it lies is taken as it is; what
// these checks decline goes to converters in Python, which convert it or raise with a sentence.
// Shapes are checked here too, once the arrays are in hand.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <atomic>
#include <string>

#include "include/fastlc.h"
#include "python/gil.h"

namespace fastlc {

namespace py = pybind11;

constexpr int kFloat = py::detail::npy_api::NPY_FLOAT_, kDouble = py::detail::npy_api::NPY_DOUBLE_;
constexpr int kInt64 = sizeof(long) == 8 ? py::detail::npy_api::NPY_LONG_ : py::detail::npy_api::NPY_LONGLONG_;
constexpr int kAligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_, kWriteable = py::detail::npy_api::NPY_ARRAY_WRITEABLE_,
              kContiguous = py::detail::npy_api::NPY_ARRAY_C_CONTIGUOUS_;

[[noreturn]] inline void refuse(const std::string &sentence) { throw py::value_error(sentence); }

// Counts what may run Python code, the caller's too. The fast checks look at exact types and run none.
inline std::atomic<uint64_t> python_runs{0};
inline void python_may_run() { python_runs.fetch_add(1, std::memory_order_relaxed); }

// The modules that convert or refuse what the fast checks decline. The package hands them over when it is imported, so that
// this layer does not import what lies above it. Kept for good: a call may be under way while the interpreter ends.
struct Converters {
  PyObject *arrays = nullptr, *checks = nullptr;
};
inline Converters converters;

// The name of an attribute: the same object each time, or Python's cache of attributes would keep thousands of copies.
inline py::object attribute_name(const char *name) {
  PyObject *interned = PyUnicode_InternFromString(name);
  if (!interned) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(interned);
}

// Calls a function of one of them.
template <class... Parameters>
py::object slow_path(PyObject *module, const char *function, Parameters &&...parameters) {
  python_may_run();
  return py::handle(module).attr(attribute_name(function))(std::forward<Parameters>(parameters)...);
}

inline const char *dtype_name(int type) { return type == kFloat ? "float32" : "float64"; }

// NumPy's functions. Set when the module is imported: to look them up, pybind11 releases the GIL.
inline const py::detail::npy_api *numpy;

inline bool is_array(py::handle value) { return Py_TYPE(value.ptr()) == numpy->PyArray_Type_; }
inline bool is_array_or_subclass(py::handle value) { return numpy->PyArray_Check_(value.ptr()); }

// An array as it was when it was taken: Python code that runs later may give it other memory and another shape. Made and
// kept by Arguments. False if the argument was None.
class Array {
 public:
  explicit operator bool() const { return held_; }
  py::handle handle() const { return held_; }

  void *data() const { return data_; }
  int ndim() const { return ndim_; }
  int64_t shape(int axis) const { return axes_[axis].size; }
  int64_t size() const {
    int64_t size = 1;
    for (int i = 0; i < ndim_; ++i) size *= shape(i);
    return size;
  }
  int64_t stride(int axis) const { return axes_[axis].stride; }  // bytes
  int type() const { return type_; }
  bool has(int flags) const { return (flags_ & flags) == flags; }
  bool is_native() const { return order_ == '=' || order_ == '|'; }
  bool is_float() const { return type() == kFloat || type() == kDouble; }
  bool is_integer() const { return type() >= 0 && type() <= 10; }  // or boolean
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

  const char *name;
  const Array *given;  // what this is a conversion of; null if the argument is used as it is, or was no array

 private:
  friend class Arguments;

  void take(py::handle array, const char *its_name) {
    const py::detail::PyArray_Proxy *now = py::detail::array_proxy(array.ptr());
    const py::detail::PyArrayDescr_Proxy *dtype = py::detail::array_descriptor_proxy(now->descr);
    name = its_name;
    given = nullptr;
    data_ = now->data;
    ndim_ = now->nd;
    type_ = dtype->type_num;
    order_ = dtype->byteorder;
    flags_ = now->flags;
    axes_ = few_;
    if (ndim_ > 0 && ndim_ <= 2) {
      few_[0] = {now->dimensions[0], now->strides[0]};
      if (ndim_ == 2) few_[1] = {now->dimensions[1], now->strides[1]};
    } else if (ndim_ > 2) {
      axes_ = new Axis[static_cast<size_t>(ndim_)];
      for (int i = 0; i < ndim_; ++i) axes_[i] = {now->dimensions[i], now->strides[i]};
    }
    held_ = array.inc_ref().ptr();
  }
  void release() const {
    if (axes_ != few_) delete[] axes_;
    py::handle(held_).dec_ref();
  }
  bool is_unchanged() const {
    const py::detail::PyArray_Proxy *now = py::detail::array_proxy(held_);
    const py::detail::PyArrayDescr_Proxy *dtype = py::detail::array_descriptor_proxy(now->descr);
    if (now->data != data_ || now->nd != ndim_ || now->flags != flags_ || dtype->type_num != type_ ||
        dtype->byteorder != order_) {
      return false;
    }
    for (int i = 0; i < ndim_; ++i) {
      if (now->dimensions[i] != axes_[i].size || now->strides[i] != axes_[i].stride) return false;
    }
    return true;
  }

  struct Axis {
    int64_t size, stride;
  };

  PyObject *held_;
  void *data_;
  int ndim_, type_, flags_;
  char order_;
  Axis few_[2], *axes_;  // those few, or more
};

// A new array, as np.empty, without the vectors and lookups of pybind11's own constructor.
inline py::array empty_array(int type, std::initializer_list<int64_t> shape) {
  py::ssize_t dimensions[2] = {};
  int n = 0;
  for (int64_t size : shape) dimensions[n++] = static_cast<py::ssize_t>(size);
  PyObject *descriptor = numpy->PyArray_DescrFromType_(type);  // the constructor takes it over
  PyObject *made =
      numpy->PyArray_NewFromDescr_(numpy->PyArray_Type_, descriptor, n, dimensions, nullptr, nullptr, 0, nullptr);
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::array>(made);
}

// The arrays of a call. Whatever leads to a kernel takes its arrays here, and releases the GIL by compute(), the only place
// that can: if Python code may have run meanwhile, all of them are looked at again, so that they are still as they were taken.
class Arguments {
 public:
  Arguments() = default;
  Arguments(const Arguments &) = delete;
  Arguments &operator=(const Arguments &) = delete;
  ~Arguments() {
    while (count_) arrays_[--count_].release();
  }

  static inline const Array absent{};

  // Floats with contiguous rows, or contiguous as a whole: of the dtype of `like`, or of either if there is none.
  const Array &floats(py::handle value, const char *name, const Array *like = nullptr, bool contiguous = false) {
    if (value.is_none() && like) return absent;
    const Array *given = keep_if_array(value, name);
    if (given && is_array(value) && are_floats(*given, like, contiguous)) return *given;
    if (like) return keep(slow_path(converters.arrays, "floats", value, name, dtype_name(like->type()), like->name), name, given);
    return keep(slow_path(converters.arrays, "floats", value, name), name, given);
  }

  // Numbers of rows, int64, along one axis, contiguous.
  const Array &row_numbers(py::handle value, const char *name) {
    if (value.is_none()) return absent;
    const Array *given = keep_if_array(value, name);
    if (given && is_array(value) && are_integers(*given) && given->item() == 8 && given->type() % 2 == 1) return *given;
    return keep(slow_path(converters.arrays, "row_numbers", value, name), name, given);
  }

  // y: labels, integers along one axis; or targets, floats of the dtype of `like`. Where both may come, floats along one axis
  // are targets if there is `one_score` a row. `rows` and `columns`: those of targets, for sentences.
  const Array &labels_or_targets(py::handle y, bool labels, bool targets, bool one_score, const Array &like, int64_t rows,
                                 int64_t columns) {
    const Array *given = keep_if_array(y, "y");
    if (given && is_array(y)) {
      const bool taken_for_labels = labels && (!targets || given->is_integer() || (given->ndim() == 1 && !one_score));
      if (taken_for_labels ? are_integers(*given) : are_floats(*given, &like, false)) return *given;
    }
    return keep(slow_path(converters.arrays, "labels_or_targets", y, labels, targets, one_score, dtype_name(like.type()), like.name,
                          py::make_tuple(rows, columns)), "y", given);
  }

  // Learning rates, one or one a batch.
  const Array &rates(py::handle lr, int64_t first_step, int64_t rows, int64_t batch_size) {
    const Array *given = keep_if_array(lr, "lr");
    return keep(slow_path(converters.arrays, "rates", lr, first_step, rows, batch_size), "lr", given);
  }

  // An array that will be written where it lies: never converted. Of the dtype of `like`, or float32 or float64.
  const Array &in_place(py::handle value, const char *name, const Array *like = nullptr) {
    if (value.is_none()) return absent;
    const Array *array = keep_if_array(value, name);
    const bool good = array && are_floats(*array, like, true) && array->has(kWriteable);
    if (good && is_array(value)) return *array;
    if (like) {
      slow_path(converters.arrays, "check_in_place", value, name, dtype_name(like->type()), like->name);
    } else {
      slow_path(converters.arrays, "check_in_place", value, name);
    }
    if (!good) refuse(std::string(name) + " cannot be written where it lies");
    return *array;
  }

  // An array that needs no check.
  const Array &own(py::handle array, const char *name) { return keep(array, name); }

  // f(released) without the GIL, which `released` can take meanwhile.
  template <class F>
  auto compute(F f) const {
    const bool may_differ = python_runs.load(std::memory_order_relaxed) != runs_before_;
    for (int i = 0; i < count_ && may_differ; ++i) {
      if (!arrays_[i].is_unchanged()) refuse(std::string(arrays_[i].name) + " was changed while the arguments were read");
    }
    ReleasedGil released;
    return f(released);
  }

 private:
  // An array, and the arrays that it is a view of, whose memory it has.
  const Array &keep(py::handle array, const char *name, const Array *given = nullptr) {
    Array &kept = add(array, name);
    kept.given = given;
    if (py::detail::array_proxy(array.ptr())->base) keep_bases(array, name);
    return kept;
  }
  const Array *keep_if_array(py::handle value, const char *name) {
    return is_array_or_subclass(value) ? &keep(value, name) : nullptr;
  }
  void keep_bases(py::handle array, const char *name) {
    for (PyObject *base; (base = py::detail::array_proxy(array.ptr())->base) && is_array_or_subclass(base); array = base) {
      add(base, name);
    }
  }
  Array &add(py::handle array, const char *name) {
    if (count_ == kMost) refuse(std::string(name) + " is a view of a view of too many views, expected a copy");
    arrays_[count_].take(array, name);
    return arrays_[count_++];
  }

  static bool are_floats(const Array &a, const Array *like, bool contiguous) {
    return a.is_float() && (!like || a.type() == like->type()) && a.is_native() && a.has(kAligned) &&
           (contiguous ? a.has(kContiguous) : a.has_contiguous_rows());
  }
  static bool are_integers(const Array &a) {
    return a.is_integer() && a.is_native() && a.has(kAligned) && a.ndim() == 1 && a.has_contiguous_rows();
  }

  static constexpr int kMost = 64;  // thirteen arguments, what they were converted to, and their bases
  Array arrays_[kMost];             // the first `count_` are alive
  int count_ = 0;
  const uint64_t runs_before_ = python_runs.load(std::memory_order_relaxed);
};

// ---- Shapes ---------------------------------------------------------------------------------------------------------

inline void expect_matrix(const Array &a, const char *shape) {
  if (a.ndim() != 2) refuse(std::string(a.name) + " has shape " + a.shape_text() + ", expected " + shape);
}
inline void expect_vector(const Array &a, int64_t n) {
  if (a && !(a.ndim() == 1 && a.shape(0) == n)) {
    refuse(std::string(a.name) + " has shape " + a.shape_text() + ", expected (" + std::to_string(n) + ",)");
  }
}
inline std::string shape_text(int64_t rows, int64_t columns) {
  return "(" + std::to_string(rows) + ", " + std::to_string(columns) + ")";
}
inline void expect_matrix(const Array &a, int64_t rows, int64_t columns) {
  if (a && !(a.ndim() == 2 && a.shape(0) == rows && a.shape(1) == columns)) {
    refuse(std::string(a.name) + " has shape " + a.shape_text() + ", expected " + shape_text(rows, columns));
  }
}

// ---- Overlap --------------------------------------------------------------------------------------------------------

inline void expect_no_overlap(const Array &written, const Array &other) {
  if (!written || !other) return;
  if (other.given) expect_no_overlap(written, *other.given);  // which would change, though not what is read
  auto extent = [](const Array &a, const char **low, const char **high) {
    if (!a.is_float() && !a.is_integer()) return false;  // it has been changed since: no array that was converted
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
    slow_path(converters.arrays, "refuse_overlap", written.handle(), written.name, other.handle(), other.name);
  }
}

// ---- Scalars: exact floats, ints and bools are taken here, whatever else fastlc._checks says ------------------------------

[[noreturn]] inline void refuse_type(py::handle value, const char *name, const char *expected) {
  throw py::type_error(std::string(name) + " is a " + Py_TYPE(value.ptr())->tp_name + ", expected " + expected);
}

inline double number(py::handle value, const char *name) {
  if (PyFloat_CheckExact(value.ptr())) return PyFloat_AS_DOUBLE(value.ptr());
  if (PyLong_CheckExact(value.ptr())) {
    const double number = PyLong_AsDouble(value.ptr());
    if (number != -1 || !PyErr_Occurred()) return number;
    PyErr_Clear();  // too large
  }
  return slow_path(converters.checks, "number", value, name, "a number").cast<double>();
}

inline py::object python_integer(py::handle value, const char *name) {
  if (PyLong_CheckExact(value.ptr())) return py::reinterpret_borrow<py::object>(value);
  return slow_path(converters.checks, "integer", value, name);
}

// Clipped to the range.
inline int64_t integer(py::handle value, const char *name) {
  return PyNumber_AsSsize_t(python_integer(value, name).ptr(), nullptr);
}

// Not clipped to the range.
inline int64_t exact_integer(py::handle value, const char *name) {
  const py::object taken = python_integer(value, name);
  const int64_t exact = PyNumber_AsSsize_t(taken.ptr(), PyExc_OverflowError);
  if (exact == -1 && PyErr_Occurred()) {
    PyErr_Clear();
    const py::object text = py::reinterpret_steal<py::object>(PyObject_Str(taken.ptr()));
    if (!text) PyErr_Clear();  // thousands of digits, which Python does not write
    refuse(name + (text ? " = " + text.cast<std::string>() : " is far too large") + ", expected a number that fits int64");
  }
  return exact;
}

inline bool flag(py::handle value, const char *name) {
  if (value.ptr() == Py_True || value.ptr() == Py_False) return value.ptr() == Py_True;
  return slow_path(converters.checks, "flag", value, name).cast<bool>();
}

}  // namespace fastlc
