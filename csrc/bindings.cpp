// The Python extension fastlc._core: one table of functions over the C interface. Arguments come positionally, already
// named by the thin functions in fastlc/; arguments.h checks them. The GIL is released around every kernel.
#include <cstdlib>
#include <cstring>
#include <new>

#include "arguments.h"
#include "dispatch.h"
#include "parallel.h"

using namespace fastlc;

namespace {

// A call being put together, with what must stay alive until it is done.
struct Call : fastlc_call {
  Call() : fastlc_call{} {
    size = sizeof(fastlc_call);
    cancel = [](void *) {
      py::gil_scoped_acquire gil;
      return static_cast<int>(PyErr_CheckSignals() != 0);  // leaves KeyboardInterrupt set
    };
    error = sentence;
    error_size = sizeof sentence;
    sentence[0] = 0;
  }

  void take_X(py::handle value) {
    array_X = floats(value, "X");
    expect_matrix(array_X, "(N, D)");
    set_X(array_X.shape(0), array_X.shape(1));
  }
  void take_S(py::handle value) {
    array_X = floats(value, "S");
    expect_matrix(array_X, "(N, C)");
    set_X(array_X.shape(0), array_X.shape(1));
    c = d;
  }
  void take_model(py::handle value_W, py::handle value_b) {
    array_W = floats(value_W, "W", &array_X);
    expect_W();
    array_b = floats(value_b, "b", &array_X);
    expect_vector(array_b, c);
    W = array_W.data();
    W_stride = array_W.row_stride();
    b = array_b.data();
  }
  void expect_W() {
    if (!array_W) refuse_type(py::none(), "W", "an array");
    expect_matrix(array_W, "(C, D)");
    c = array_W.shape(0);
    if (array_W.shape(1) != d) {
      refuse("W has " + std::to_string(array_W.shape(1)) + " columns, X has " + std::to_string(d));
    }
  }
  void take_targets(int kernel, py::handle y) {
    const fastlc_loss_description *info = fastlc_loss_info(kernel);
    if (!info) refuse("kernel = " + std::to_string(kernel) + " is unknown");
    loss = kernel;
    const bool takes_labels = info->kind & FASTLC_LABELS, takes_values = info->kind & FASTLC_VALUES;
    if (y.is_none()) {
      refuse_type(y, "y", !takes_values ? "an array of labels" : !takes_labels ? "an array of targets" : "an array of labels or targets");
    }
    if (takes_values && (!takes_labels || holds_floats(y))) {
      array_y = floats(y, "y", &array_X);
      const bool vector = array_y.ndim() == 1 && c == 1;
      if (vector) {
        expect_vector(array_y, n);
      } else {
        expect_matrix(array_y, n, c);
      }
      targets = array_y.data();
      targets_stride = array_y.row_stride();
    } else {
      static constexpr fastlc_int_type types[] = {FASTLC_UINT8, FASTLC_INT8,   FASTLC_UINT8, FASTLC_INT16,
                                                  FASTLC_UINT16, FASTLC_INT32, FASTLC_UINT32};
      array_y = integers(y, "y", "integer labels", false);
      if (takes_values && array_y.ndim() == 2) {
        refuse("y has shape " + array_y.shape_text() + " and integers, expected (" + std::to_string(n) +
               ",) labels, or targets of the dtype of " + array_X.name);
      }
      expect_vector(array_y, n);
      labels = array_y.data();
      const int type = array_y.type();
      labels_type = type <= 6              ? types[type]
                    : array_y.item() == 8 ? (type % 2 ? FASTLC_INT64 : FASTLC_UINT64)
                                          : (type % 2 ? FASTLC_INT32 : FASTLC_UINT32);
    }
  }
  void take_ignore_index(py::handle value) {
    if (value.is_none()) return;
    has_ignore_index = 1;
    ignore_index = exact_integer(value, "ignore_index");
  }
  void take_weights(py::handle by_sample, py::handle by_class, py::handle of_positives) {
    array_sample_weight = floats(by_sample, "sample_weight", &array_X);
    expect_vector(array_sample_weight, n);
    array_class_weight = floats(by_class, "class_weight", &array_X);
    expect_vector(array_class_weight, c);
    array_pos_weight = floats(of_positives, "pos_weight", &array_X);
    expect_vector(array_pos_weight, c);
    sample_weight = array_sample_weight.data();
    class_weight = array_class_weight.data();
    pos_weight = array_pos_weight.data();
  }
  void take_options(const py::tuple &values) {
    for (size_t i = 0; i < values.size() && i < 4; ++i) option_values[i] = number(values[i], "option");
    options = option_values;
  }
  void take_reduction(py::handle value) {
    static const char *const names[] = {"mean", "sum", "none"};
    const char *text = PyUnicode_Check(value.ptr()) ? PyUnicode_AsUTF8(value.ptr()) : nullptr;
    for (int i = 0; i < 3; ++i) {
      if (text && std::strcmp(text, names[i]) == 0) {
        reduction = static_cast<fastlc_reduction>(i);
        return;
      }
    }
    PyErr_Clear();
    refuse("reduction = " + std::string(py::repr(value)) + " is unknown, choose from mean, sum, none");
  }

  // Runs f(), which calls the C interface, without the GIL; what goes wrong becomes an exception.
  template <class F>
  void run(F f) {
    fastlc_status status;
    {
      py::gil_scoped_release nogil;
      status = f();
    }
    if (status == FASTLC_CANCELLED) throw py::error_already_set();
    if (status == FASTLC_OUT_OF_MEMORY) throw std::bad_alloc();
    if (status != FASTLC_OK) refuse(sentence);
  }

  py::array make(std::initializer_list<int64_t> shape) const {
    return empty_array(dtype == FASTLC_FLOAT32 ? kFloat : kDouble, shape);
  }

  py::array make_zeros(std::initializer_list<int64_t> shape) const {
    py::array made = make(shape);
    std::memset(made.mutable_data(), 0, static_cast<size_t>(made.nbytes()));
    return made;
  }

  Array array_X, array_W, array_b, array_y, array_sample_weight, array_class_weight, array_pos_weight;

 private:
  void set_X(int64_t rows, int64_t columns) {
    dtype = array_X.type() == kFloat ? FASTLC_FLOAT32 : FASTLC_FLOAT64;
    X = array_X.data();
    n = rows;
    d = columns;
    X_stride = array_X.row_stride();
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
  const Array given = in_place(out, "out", &call.array_X);
  expect_matrix(given, call.n, call.c);
  for (const Array *input : {&call.array_X, &call.array_W, &call.array_b}) expect_no_overlap(given, *input);
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
  call.array_X = floats(S, "S");
  const Array &a = call.array_X;
  if (a.ndim() != 1 && a.ndim() != 2) refuse("S has shape " + a.shape_text() + ", expected (N, C) or (C,)");
  const bool row = a.ndim() == 1;
  call.dtype = a.type() == kFloat ? FASTLC_FLOAT32 : FASTLC_FLOAT64;
  call.X = a.data();
  call.n = row ? 1 : a.shape(0);
  call.d = call.c = a.shape(row ? 0 : 1);
  call.X_stride = row ? call.c : a.row_stride();
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
                py::handle pos_weight, py::handle ignore_index, py::handle reduction, bool grad, const py::tuple &options) {
  Call call;
  call.take_reduction(reduction);
  call.take_S(S);
  call.take_targets(kernel, y);
  call.take_ignore_index(ignore_index);
  call.take_weights(sample_weight, class_weight, pos_weight);
  call.take_options(options);
  fastlc_gradients out{};
  py::array losses, dS;
  if (call.reduction == FASTLC_NONE) out.losses = (losses = call.make({call.n})).mutable_data();
  if (grad) out.dX = (dS = call.make({call.n, call.c})).mutable_data();
  call.run([&] { return fastlc_loss(&call, &out); });
  return grad ? result_of(call, losses, out.loss, {dS}) : result_of(call, losses, out.loss, {});
}

py::object linear_loss(int kernel, py::handle X, py::handle y, py::handle W, py::handle b, py::handle sample_weight,
                       py::handle class_weight, py::handle pos_weight, py::handle ignore_index, py::handle reduction,
                       py::handle l1, py::handle l2, bool want_dX, bool grad, const py::tuple &options) {
  Call call;
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
  py::array losses, dW, dX;
  py::object db = py::none();
  if (call.reduction == FASTLC_NONE) out.losses = (losses = call.make({call.n})).mutable_data();
  if (grad) {
    out.dW = (dW = call.make({call.c, call.d})).mutable_data();
    if (call.array_b) {
      py::array bias = call.make({call.c});
      out.db = bias.mutable_data();
      db = bias;
    }
    if (want_dX) out.dX = (dX = call.make({call.n, call.d})).mutable_data();
  }
  call.run([&] { return fastlc_loss(&call, &out); });
  if (!grad) return result_of(call, losses, out.loss, {});
  return want_dX ? result_of(call, losses, out.loss, {dW, db, dX}) : result_of(call, losses, out.loss, {dW, db});
}

// ---- Stochastic gradient descent ------------------------------------------------------------------------------------

fastlc_sgd sgd_of(py::handle momentum, py::handle dampening, bool nesterov, py::handle weight_decay, py::handle l1,
                  py::handle l2) {
  return {sizeof(fastlc_sgd), number(momentum, "momentum"), number(dampening, "dampening"), nesterov,
          number(weight_decay, "weight_decay"), number(l1, "l1"), number(l2, "l2")};
}

void sgd_step(py::handle W, py::handle dW, py::handle lr, py::handle momentum, py::handle dampening, bool nesterov,
              py::handle weight_decay, py::handle l1, py::handle l2, py::handle velocity) {
  Call call;
  const fastlc_sgd sgd = sgd_of(momentum, dampening, nesterov, weight_decay, l1, l2);
  const double rate = number(lr, "lr");
  const Array weights = in_place(W, "W");
  if (!weights) refuse_type(W, "W", "a NumPy array");
  const Array moving = in_place(velocity, "velocity", &weights);
  const Array gradient = floats(dW, "dW", &weights, true);
  if (!gradient) refuse_type(dW, "dW", "an array");
  int64_t count = 1;
  for (int i = 0; i < weights.ndim(); ++i) count *= weights.shape(i);
  for (const Array *other : {&gradient, &moving}) {
    if (*other && other->shape_text() != weights.shape_text()) {
      refuse(std::string(other->name) + " has shape " + other->shape_text() + ", expected " + weights.shape_text());
    }
  }
  expect_no_overlap(weights, gradient);
  expect_no_overlap(weights, moving);
  expect_no_overlap(moving, gradient);
  call.dtype = weights.type() == kFloat ? FASTLC_FLOAT32 : FASTLC_FLOAT64;
  call.run([&] { return fastlc_sgd_step(&call, &sgd, count, rate, weights.data(), gradient.data(), moving.data()); });
}

double sgd_epoch(int kernel, py::handle X, py::handle y, py::handle W, py::handle b, py::handle lr, py::handle batch_size,
                 py::handle order, py::handle state, py::handle sample_weight, py::handle class_weight,
                 py::handle pos_weight, py::handle ignore_index, py::handle momentum, py::handle dampening, bool nesterov,
                 py::handle weight_decay, py::handle l1, py::handle l2, const py::tuple &options) {
  Call call;
  const fastlc_sgd sgd = sgd_of(momentum, dampening, nesterov, weight_decay, l1, l2);
  call.take_X(X);
  call.array_W = in_place(W, "W", &call.array_X);
  call.expect_W();
  call.array_b = in_place(b, "b", &call.array_X);
  expect_vector(call.array_b, call.c);
  call.take_targets(kernel, y);
  call.take_ignore_index(ignore_index);
  call.take_weights(sample_weight, class_weight, pos_weight);
  call.take_options(options);

  fastlc_epoch epoch{};
  epoch.size = sizeof epoch;
  Array velocity_W, velocity_b, average_W, average_b;
  if (!state.is_none()) {
    velocity_W = in_place(state.attr("velocity_W"), "velocity_W", &call.array_X);
    velocity_b = in_place(state.attr("velocity_b"), "velocity_b", &call.array_X);
    epoch.first_step = integer(state.attr("step"), "step");
    const py::object average_from = state.attr("average_from");
    if (!average_from.is_none()) {
      epoch.average_from = integer(average_from, "average_from");
      average_W = in_place(state.attr("average_W"), "average_W", &call.array_X);
      average_b = in_place(state.attr("average_b"), "average_b", &call.array_X);
      if (!average_W) refuse_type(py::none(), "average_W", "a NumPy array, as average_from is not None");
      if (call.array_b && !average_b) refuse_type(py::none(), "average_b", "a NumPy array, as average_from is not None");
    }
  } else if (sgd.momentum != 0) {
    velocity_W = Array(call.make_zeros({call.c, call.d}), "velocity_W");
    if (call.array_b) velocity_b = Array(call.make_zeros({call.c}), "velocity_b");
  }
  for (const Array *like_W : {&velocity_W, &average_W}) expect_matrix(*like_W, call.c, call.d);
  for (const Array *like_b : {&velocity_b, &average_b}) {
    if (call.array_b) expect_vector(*like_b, call.c);
  }

  const Array rows = integers(order, "order", "integers", true);
  if (rows && rows.ndim() != 1) refuse("order has shape " + rows.shape_text() + ", expected (M,)");
  epoch.order = static_cast<const int64_t *>(rows.data());
  epoch.rows = rows ? rows.shape(0) : call.n;
  epoch.batch_size = integer(batch_size, "batch_size");
  const bool one_rate = PyFloat_Check(lr.ptr());
  const double rate = one_rate ? number(lr, "lr") : 0;
  const Array rates = one_rate ? Array() : Array(slow_path("rates", lr, epoch.first_step, epoch.rows, epoch.batch_size), "lr");
  epoch.lr = one_rate ? &rate : static_cast<const double *>(rates.data());
  epoch.lr_size = one_rate ? 1 : rates.shape(0);

  const Array *written[] = {&call.array_W, &call.array_b, &velocity_W, &velocity_b, &average_W, &average_b};
  const Array *read[] = {&call.array_X, &call.array_y, &call.array_sample_weight, &call.array_class_weight,
                         &call.array_pos_weight, &rows};
  for (const Array *const *a = written; a != written + 6; ++a) {
    for (const Array *const *b = written; b != a; ++b) expect_no_overlap(**a, **b);
    for (const Array *input : read) expect_no_overlap(**a, *input);
  }
  epoch.W = call.array_W.data();
  epoch.b = call.array_b.data();
  epoch.velocity_W = velocity_W.data();
  epoch.velocity_b = velocity_b.data();
  epoch.average_W = average_W.data();
  epoch.average_b = average_b.data();
  // The state learns of the steps taken also when the call is interrupted.
  fastlc_status status;
  {
    py::gil_scoped_release nogil;
    status = fastlc_sgd_epoch(&call, &sgd, &epoch);
  }
  if (!state.is_none() && epoch.steps) {
    py::error_scope interrupted;
    const py::object before = state.attr("step");
    state.attr("step") = before + py::int_(epoch.steps);
  }
  call.run([&] { return status; });
  return epoch.mean_loss;
}

// ---- What the losses are made of, to measure its errors ----------------------------------------------------------------

py::array elementwise(const std::string &function, py::handle x) {
  const Array array = floats(x, "x", nullptr, true);
  if (array.ndim() != 1) refuse("x has shape " + array.shape_text() + ", expected (N,)");
  py::array out = empty_array(array.type(), {array.shape(0)});
  auto apply = [&](const auto &kernels, auto zero) {
    using T = decltype(zero);
    const auto f = function == "exp" ? kernels.exp : function == "log" ? kernels.log : function == "log1p" ? kernels.log1p : nullptr;
    if (!f) refuse("function = '" + function + "' is unknown, choose from exp, log, log1p");
    f(array.shape(0), static_cast<const T *>(array.data()), static_cast<T *>(out.mutable_data()));
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
  py::gil_scoped_release nogil;
  return is_double ? set.float64.multiply_add(count) : set.float32.multiply_add(count);
}

double read_all(py::handle a, int64_t times) {
  const Array array = floats(a, "a", nullptr, true);
  int64_t n = 1;
  for (int i = 0; i < array.ndim(); ++i) n *= array.shape(i);
  const InstructionSet &set = instruction_set();
  py::gil_scoped_release nogil;
  return array.type() == kDouble ? set.float64.read(static_cast<const double *>(array.data()), n, times)
                                 : set.float32.read(static_cast<const float *>(array.data()), n, times);
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
