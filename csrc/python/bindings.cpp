// The Python extension fastlc._core: one table of functions over the C interface. Arguments come positionally, already
// named by the thin functions in fastlc/; arguments.h checks them. The GIL is released around every kernel (gil.h).
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "api/dispatch.h"
#include "python/arguments.h"
#include "runtime/parallel.h"

using namespace fastlc;

namespace {

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
  // What went wrong becomes an exception.
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

// ---- Scores ---------------------------------------------------------------------------------------------------------

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

// ---- Losses ---------------------------------------------------------------------------------------------------------

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

// ---- Stochastic gradient descent ------------------------------------------------------------------------------------

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

// What a state has, or would have if it were one.
py::object of_state(py::handle state, const char *name) {
  python_may_run();
  PyObject *value = PyObject_GetAttrString(state.ptr(), name);
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
    state.attr("step") = step + py::int_(epoch.steps);
  }
  call.expect_ok(status);
  return epoch.mean_loss;
}

// ---- What the losses are made of, to measure its errors ----------------------------------------------------------------

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

// ---- What the machine can do, for the benchmark ------------------------------------------------------------------------

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

// ---- Set-up ---------------------------------------------------------------------------------------------------------

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> instruction_sets(bool usable) {
  std::vector<std::string> names;
  for (int i = 0; i < kInstructionSetCount; ++i) {
    if (!usable || is_usable(*kInstructionSets[i])) names.push_back(kInstructionSets[i]->name);
  }
  return names;
}

void set_isa(const std::string &name) {
  if (!set_instruction_set(name.c_str())) {
    refuse("instruction set " + name + " is not usable here, choose from " + joined(instruction_sets(true)));
  }
}

void set_threads(py::handle n) {
  const int64_t threads = integer(n, "n");
  if (threads < 1) refuse("n = " + std::to_string(threads) + ", expected at least 1");
  fastlc_set_num_threads(static_cast<int>(threads < 1 << 20 ? threads : 1 << 20));
}

void read_environment() {
  const char *isa = std::getenv("FASTLC_ISA");
  if (!set_instruction_set(isa)) {
    throw py::import_error("FASTLC_ISA=" + std::string(isa) + " is not usable here, choose from " +
                           joined(instruction_sets(true)));
  }
  const char *threads = std::getenv("FASTLC_NUM_THREADS");
  if (threads && *threads) {
    char *end;
    const long n = std::strtol(threads, &end, 10);
    if (*end || n < 1) throw py::import_error("FASTLC_NUM_THREADS=" + std::string(threads) + " is not an integer >= 1");
    fastlc_set_num_threads(static_cast<int>(n < 1 << 20 ? n : 1 << 20));
  }
  // Set by who starts several processes, to share the processors out. Not ours: no reason to complain.
  if (const char *omp = std::getenv("OMP_NUM_THREADS")) {
    char *end;
    const long n = std::strtol(omp, &end, 10);  // the first of a list, which is for nested parallelism
    while (*end == ' ') ++end;
    if (n >= 1 && (*end == 0 || *end == ',')) limit_default_num_threads(static_cast<int>(n < 1 << 20 ? n : 1 << 20));
  }
}

py::tuple tuple_of(const std::vector<std::string> &names) {
  py::tuple tuple(names.size());
  for (size_t i = 0; i < names.size(); ++i) tuple[i] = names[i];
  return tuple;
}

}  // namespace

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "The compiled kernels of fastlc; see fastlc.functional and fastlc.losses for their documentation.";
  numpy = &py::detail::npy_api::get();
  read_environment();

  m.def("scores", &scores);
  m.def("predict", &predict);
  m.def("predict_proba", &predict_proba);
  m.def("softmax", &of_scores<fastlc_softmax>);
  m.def("log_softmax", &of_scores<fastlc_log_softmax>);
  m.def("sigmoid", &of_scores<fastlc_sigmoid>);
  m.def("loss", &loss);
  m.def("linear_loss", &linear_loss);
  m.def("sgd_step", &sgd_step);
  m.def("sgd_epoch", &sgd_epoch);

  m.def("elementwise", &elementwise);
  m.def("multiply_add", &multiply_add);
  m.def("read", &read_all);

  m.def("get_num_threads", &fastlc_get_num_threads);
  m.def("set_num_threads", &set_threads);
  m.def("get_isa", [] { return instruction_set().name; });
  m.def("_set_isa", &set_isa);  // for tests, which walk through all of them; not while another thread computes
  m.attr("isas_built") = tuple_of(instruction_sets(false));
  m.attr("isas_usable") = tuple_of(instruction_sets(true));
#ifdef __clang__
  m.attr("compiler") = "Clang " __clang_version__;
#else
  m.attr("compiler") = "GCC " __VERSION__;
#endif

  py::dict losses;  // name: (kernel, what y holds, whether one-vs-rest, names of its options)
  for (int i = 0; i < fastlc_loss_count(); ++i) {
    const fastlc_loss_description *info = fastlc_loss_info(i);
    py::tuple options(static_cast<size_t>(info->n_options));
    for (int k = 0; k < info->n_options; ++k) options[static_cast<size_t>(k)] = info->option_names[k];
    py::list targets;
    if (info->kind & FASTLC_LABELS) targets.append("labels");
    if (info->kind & FASTLC_VALUES) targets.append("values");
    losses[info->name] = py::make_tuple(i, py::tuple(targets), (info->kind & FASTLC_ONE_VS_REST) != 0, options);
  }
  m.attr("losses") = losses;
}
