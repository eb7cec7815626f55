// The C interface (fastlc.h): checks the values of the arguments, once, then calls the kernels of the instruction set in use.
#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

#include "api/dispatch.h"
#include "kernels/labels.h"
#include "kernels/weights.h"
#include "runtime/sizes.h"

namespace fastlc {
namespace {

__attribute__((format(printf, 2, 3))) fastlc_status refuse(const fastlc_call &call, const char *format, ...) {
  if (call.error && call.error_size) {
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(call.error, call.error_size, format, arguments);
    va_end(arguments);
  }
  return FASTLC_INVALID;
}

long long as_long(int64_t n) { return n; }  // what %lld prints

template <class T>
const Kernels<T> &kernels() {
  if constexpr (std::is_same_v<T, float>) {
    return instruction_set().float32;
  } else {
    return instruction_set().float64;
  }
}

// Calls f(call, T()) with a number of the call's dtype; what f throws becomes a status.
template <class F>
fastlc_status with_dtype(const fastlc_call *given, F f) {
  if (!given || given->size < sizeof(fastlc_call)) return FASTLC_INVALID;
  const fastlc_call &call = *given;
  if (call.n < 0 || call.d < 0 || call.c < 0) return refuse(call, "a shape is negative");
  if (call.n > 0 && std::max({times(call.n, call.d), times(call.n, call.c), times(call.c, call.d)}) == INT64_MAX) {
    return refuse(call, "a shape is beyond any memory");
  }
  try {
    if (call.dtype == FASTLC_FLOAT32) return f(call, float());
    if (call.dtype == FASTLC_FLOAT64) return f(call, double());
    return refuse(call, "dtype is unknown");
  } catch (const std::bad_alloc &) {
    return FASTLC_OUT_OF_MEMORY;
  }
}

// FASTLC_OK if none is NULL that has elements.
struct Needed {
  const char *name;
  const void *data;
  int64_t rows, columns;
};
template <size_t n>
fastlc_status check_needed(const fastlc_call &call, const Needed (&arrays)[n]) {
  for (const Needed &array : arrays) {
    if (!array.data && array.rows > 0 && array.columns > 0) return refuse(call, "%s is missing", array.name);
  }
  return FASTLC_OK;
}

struct Workspace {
  explicit Workspace(const fastlc_call &call)
      : cancel(call.cancel, call.cancel_arg), scratch(lent, sizeof lent), partials(lent_partials, sizeof lent_partials),
        run{cancel, scratch, partials, gradient, threads_of_call()} {}
  alignas(64) char lent[32 << 10], lent_partials[1 << 10];  // no malloc for what fits
  Cancel cancel;
  Scratch scratch, partials, gradient;
  Run run;
};

fastlc_status status_of(bool completed) { return completed ? FASTLC_OK : FASTLC_CANCELLED; }

// A number as kernels see it: one that is finite in double may be inf in float.
double in_dtype(const fastlc_call &call, double value) {
  return call.dtype == FASTLC_FLOAT32 ? static_cast<double>(static_cast<float>(value)) : value;
}

// FASTLC_OK if all are finite and >= 0.
struct Rate {
  const char *name;
  double value;
};
template <size_t n>
fastlc_status check_rates(const fastlc_call &call, const Rate (&rates)[n]) {
  for (const Rate &rate : rates) {
    if (!(rate.value >= 0 && std::isfinite(in_dtype(call, rate.value)))) {
      const bool too_large = std::isfinite(rate.value) && rate.value > 0;
      return refuse(call, "%s = %g, expected a finite number >= 0%s", rate.name, rate.value, too_large ? " in float32" : "");
    }
  }
  return FASTLC_OK;
}

// ---- Losses ---------------------------------------------------------------------------------------------------------

int kind_of(const fastlc_call &call) { return instruction_set().losses[call.loss].description.kind; }

fastlc_status check_labels(const fastlc_call &call, const Rows &rows) {
  if (call.labels_type < FASTLC_INT8 || call.labels_type > FASTLC_UINT64) return refuse(call, "labels_type is unknown");
  return with_labels(call, [&](const auto *labels) -> fastlc_status {
    if (!labels) return rows.n ? refuse(call, "y is missing, expected integer labels") : FASTLC_OK;
    const bool binary = call.c == 1 && (kind_of(call) & FASTLC_ONE_VS_REST);
    const uint64_t classes = binary ? 2 : static_cast<uint64_t>(call.c);
    auto is_outside = [&](auto label) { return static_cast<uint64_t>(label) >= classes && !is_ignored(call, label); };
    bool outside = false;
    if (rows.order) {
      for (int64_t i = 0; i < rows.n; ++i) outside |= is_outside(labels[row_in(rows.order, i, 0, call.n)]);
    } else {
      for (int64_t i = 0; i < rows.n; ++i) outside |= is_outside(labels[i]);
    }
    if (!outside) return FASTLC_OK;
    const long long end = static_cast<int64_t>(classes);
    for (int64_t i = 0; i < rows.n; ++i) {
      const int64_t row = row_in(rows.order, i, rows.first, call.n);
      const auto label = read_once(labels + row);
      if (!is_outside(label)) continue;
      if (std::is_same_v<decltype(label), const uint64_t>) {
        const unsigned long long positive = label;
        return refuse(call, "y[%lld] = %llu is outside [0, %lld)", as_long(row), positive, end);
      }
      return refuse(call, "y[%lld] = %lld is outside [0, %lld)", as_long(row), as_long(label), end);
    }
    return refuse(call, "y was changed while it was read");
  });
}

// Targets of a loss that takes probabilities: a row of weight 0 may hold anything, and nan comes out as nan.
template <class T>
fastlc_status check_probabilities(const fastlc_call &call, const Rows &rows) {
  const T *sample_weight = static_cast<const T *>(call.sample_weight);
  for (int64_t i = 0; i < rows.n && call.c > 0; ++i) {
    const int64_t row = row_in(rows.order, i, rows.first, call.n);
    const T *targets = static_cast<const T *>(call.targets) + row * call.targets_stride;
    int outside = 0;
    for (int64_t c = 0; c < call.c; ++c) outside |= (targets[c] < 0) | (targets[c] > 1);
    if (!outside || (sample_weight && sample_weight[row] == 0)) continue;
    int64_t c = 0;
    while (c + 1 < call.c && !(targets[c] < 0 || targets[c] > 1)) ++c;
    const double target = static_cast<double>(targets[c]);
    if (call.c > 1) return refuse(call, "y[%lld, %lld] = %g is outside [0, 1]", as_long(row), as_long(c), target);
    return refuse(call, "y[%lld] = %g is outside [0, 1]: labels are integers, convert them with y.astype(int)", as_long(row), target);
  }
  return FASTLC_OK;
}

template <class T>
fastlc_status check_loss(const fastlc_call &call, const Rows &rows) {
  if (call.loss < 0 || call.loss >= fastlc_loss_count()) return refuse(call, "loss = %d is unknown", call.loss);
  const LossInfo &loss = instruction_set().losses[call.loss];
  for (int i = 0; call.options && i < loss.description.n_options; ++i) {
    if (const char *expected = loss.expected(i, in_dtype(call, call.options[i]))) {
      return refuse(call, "%s = %g, expected %s", loss.description.option_names[i], call.options[i], expected);
    }
  }
  const fastlc_loss_description &info = loss.description;
  if (call.class_weight && !(info.kind & FASTLC_LABELS)) return refuse(call, "class_weight is for losses of labels");
  if (call.pos_weight && !(info.kind & FASTLC_ONE_VS_REST)) return refuse(call, "pos_weight is for one-vs-rest losses");
  if (call.targets || !(info.kind & FASTLC_LABELS)) {
    if (!(info.kind & FASTLC_VALUES)) return refuse(call, "y holds targets, %s expects integer labels", info.name);
    if (!call.targets && call.n && call.c) return refuse(call, "y is missing, expected float targets");
    if (call.labels) return refuse(call, "y holds labels and targets, expected one of them");
    if (call.has_ignore_index) return refuse(call, "ignore_index is for integer labels, y holds floats");
    return info.kind & FASTLC_PROBABILITIES ? check_probabilities<T>(call, rows) : FASTLC_OK;
  }
  return check_labels(call, rows);
}

// ---- What rows count for ----------------------------------------------------------------------------------------------

struct Divisor {  // value 2^exponent
  double value;
  int exponent;
};

// Calls f(v, k) for each row that counts, its weight and that of its class (1 without).
template <class T, class F>
void for_each_weight(const fastlc_call &call, const Rows &rows, F f) {
  const T *sample_weight = static_cast<const T *>(call.sample_weight), *class_weight = static_cast<const T *>(call.class_weight);
  with_labels(call, [&](const auto *labels) {
    auto of_row = [&](int64_t row) {
      const auto label = labels ? read_once(labels + row) : 0;
      if (labels && is_ignored(call, label)) return;
      const double v = sample_weight ? static_cast<double>(sample_weight[row]) : 1.0;
      if (v != 0) f(v, labels && class_weight ? static_cast<double>(weight_of_label(class_weight, label, call.c)) : 1.0);
    };
    if (rows.order) {
      for (int64_t i = 0; i < rows.n; ++i) of_row(row_in(rows.order, i, 0, call.n));
    } else {
      for (int64_t i = 0; i < rows.n; ++i) of_row(rows.first + i);
    }
  });
}

// The rows with what they count for: a scale of 1 / Σ weights in a mean, else 1; times 2^given_back. Where weights, their
// products or their sum leave the range of a double, or nearly, a power of two is taken off all of them.
template <class T>
Rows weighed(const fastlc_call &call, Rows rows, bool mean, int given_back, Divisor *divisor) {
  const LossInfo &loss = instruction_set().losses[call.loss];
  const bool divides_by_class = call.labels && (loss.description.kind & FASTLC_MEAN_BY_CLASS);
  const bool weighs_by_class = call.labels && !loss.weighs_classes(call);
  if (!mean && std::is_same_v<T, float>) {
    rows.scale = std::ldexp(1.0, given_back);
    return rows;
  }
  double sum = 0, size = 0, largest = 0;
  if (!call.sample_weight && !call.has_ignore_index && !(call.class_weight && (divides_by_class || weighs_by_class))) {
    sum = size = static_cast<double>(rows.n);
  } else {
    for_each_weight<T>(call, rows, [&](double v, double k) {
      const double divides = divides_by_class ? v * k : v, weight = weighs_by_class ? v * k : v;
      sum += divides;
      if (std::is_same_v<T, float>) return;  // whose products and sums are far within a double
      size += std::fabs(divides);
      largest = std::fabs(weight) > largest ? std::fabs(weight) : largest;
    });
  }
  rows.counts = !mean || sum != 0;
  rows.scale = !mean ? 1 : rows.counts ? 1 / sum : 0;  // 0 of inf, with which a weight of inf gives nan
  if (given_back) rows.scale = std::ldexp(rows.scale, given_back);
  *divisor = {sum, 0};
  constexpr double kHuge = 0x1p900;
  if (std::is_same_v<T, float> || (size > 1 / kHuge && size < kHuge && largest < kHuge)) return rows;

  int of_weights = INT_MIN, of_divisor = INT_MIN;
  bool finite = true;
  for_each_weight<T>(call, rows, [&](double v, double k) {
    finite = finite && is_finite(v) && is_finite(k);
    if (!finite) return;
    const double divides = divides_by_class ? k : 1, weight = weighs_by_class ? k : 1;
    if (divides != 0) of_divisor = std::max(of_divisor, exponent_of_product(v, divides));
    if (weight != 0) of_weights = std::max(of_weights, exponent_of_product(v, weight));
  });
  if (!finite) return rows;
  // The largest weight is then in [1, 4), and no scale is larger than its largest share.
  rows.exponent = of_weights == INT_MIN ? 0 : of_weights - 2;
  if (!mean) {
    rows.scale = std::ldexp(1.0, rows.exponent + given_back);
    return rows;
  }
  rows.counts = false;
  rows.scale = 0;
  if (of_divisor == INT_MIN) return rows;
  *divisor = {0, of_divisor};
  for_each_weight<T>(call, rows, [&](double v, double k) {
    divisor->value += scaled_product(v, divides_by_class ? k : 1, of_divisor);
  });
  if (divisor->value == 0) return rows;
  rows.counts = true;
  rows.scale = std::ldexp(1 / divisor->value, rows.exponent - of_divisor + given_back);
  return rows;
}

// Class weights that a loss multiplies its parts with: if they are so large or small that products could leave the dtype,
// copies of them without a power of two take their place.
template <class T>
struct ClassWeights {
  explicit ClassWeights(const fastlc_call &call) {
    const LossInfo &loss = instruction_set().losses[call.loss];
    if (!(call.class_weight || call.pos_weight) || !loss.weighs_classes(call)) return;
    const T *k = static_cast<const T *>(call.class_weight), *p = static_cast<const T *>(call.pos_weight);
    auto of = [](const T *weights, int64_t c) { return weights ? static_cast<double>(weights[c]) : 1.0; };
    int largest = INT_MIN;
    for (int64_t c = 0; c < call.c; ++c) {
      if (!is_finite(of(k, c)) || !is_finite(of(p, c))) return;
      const double positives = std::fabs(of(p, c)) > 1 ? of(p, c) : 1;
      if (of(k, c) != 0) largest = std::max(largest, exponent_of_product(of(k, c), positives));
    }
    constexpr int kComfortable = std::is_same_v<T, float> ? 60 : 500;
    if (largest == INT_MIN || std::abs(largest) < kComfortable) return;
    taken_off = largest - 1;
    scaled.reset(new T[static_cast<size_t>(call.c)]);
    for (int64_t c = 0; c < call.c; ++c) scaled[c] = static_cast<T>(scaled_product(of(k, c), 1, taken_off));
    in_divisor = call.labels && (loss.description.kind & FASTLC_MEAN_BY_CLASS);
  }
  // The call with them, put together in `copy` if it is another one.
  const fastlc_call &in(const fastlc_call &call, fastlc_call &copy) const {
    if (!scaled) return call;
    copy = call;
    copy.class_weight = scaled.get();
    return copy;
  }
  // The exponent to give back, but for a mean that has divided by it.
  int given_back(bool mean) const { return mean && in_divisor ? 0 : taken_off; }
  std::unique_ptr<T[]> scaled;
  int taken_off = 0;  // the exponent
  bool in_divisor = false;
};

// ---- Stochastic gradient descent ------------------------------------------------------------------------------------

fastlc_status check_sgd(const fastlc_call &call, const fastlc_sgd &sgd, bool has_velocity) {
  if (sgd.size < sizeof sgd) return refuse(call, "fastlc_sgd has %zu bytes, expected %zu", sgd.size, sizeof sgd);
  const fastlc_status status =
      check_rates(call, {{"momentum", sgd.momentum}, {"dampening", sgd.dampening}, {"weight_decay", sgd.weight_decay},
                         {"l1", sgd.l1}, {"l2", sgd.l2}});
  if (status != FASTLC_OK) return status;
  if (sgd.momentum >= 1 && (sgd.l1 != 0 || sgd.l2 != 0)) {
    return refuse(call, "l1 and l2 need momentum < 1, not %g", sgd.momentum);
  }
  if (sgd.nesterov && sgd.momentum == 0) return refuse(call, "nesterov needs momentum");
  if (sgd.nesterov && sgd.dampening != 0) return refuse(call, "nesterov needs dampening = 0, not %g", sgd.dampening);
  if (sgd.momentum != 0 && !has_velocity) return refuse(call, "momentum needs velocity");
  return FASTLC_OK;
}

template <class T>
fastlc_status check_epoch(const fastlc_call &call, const fastlc_sgd &sgd, const fastlc_epoch &epoch) {
  if (epoch.size < sizeof epoch) return refuse(call, "fastlc_epoch has %zu bytes, expected %zu", epoch.size, sizeof epoch);
  fastlc_status status = check_sgd(call, sgd, epoch.velocity_W && (!epoch.b || epoch.velocity_b));
  if (status != FASTLC_OK) return status;
  status = check_needed(call, {{"X", call.X, call.n, call.d}, {"W", epoch.W, call.c, call.d}, {"lr", epoch.lr, epoch.lr_size, 1}});
  if (status != FASTLC_OK) return status;
  if (epoch.first_step < 0) {
    return refuse(call, "step = %lld, expected at least 0", as_long(epoch.first_step));
  }
  if (epoch.average_W && epoch.average_from < 0) {
    return refuse(call, "average_from = %lld, expected at least 0", as_long(epoch.average_from));
  }
  if (epoch.batch_size < 1) {
    return refuse(call, "batch_size = %lld, expected at least 1", as_long(epoch.batch_size));
  }
  if (epoch.rows < 0 || (!epoch.order && epoch.rows > call.n)) {
    return refuse(call, "rows = %lld, X has %lld", as_long(epoch.rows), as_long(call.n));
  }
  if (epoch.order) {
    for (int64_t i = 0; i < epoch.rows; ++i) {
      const int64_t row = read_once(epoch.order + i);
      if (static_cast<uint64_t>(row) >= static_cast<uint64_t>(call.n)) {
        return refuse(call, "order[%lld] = %lld is outside [0, %lld)", as_long(i), as_long(row), as_long(call.n));
      }
    }
  }
  const int64_t batches = epoch.rows / epoch.batch_size + (epoch.rows % epoch.batch_size != 0);
  if (epoch.lr_size != 1 && epoch.lr_size != batches) {
    return refuse(call, "lr has %lld values, expected one for each of the %lld batches",
                  as_long(epoch.lr_size), as_long(batches));
  }
  for (int64_t i = 0; i < epoch.lr_size; ++i) {
    status = check_rates(call, {{"lr", epoch.lr[i]}});
    if (status != FASTLC_OK) return status;
  }
  status = check_loss<T>(call, {epoch.order, 0, epoch.rows, 0});
  if (status != FASTLC_OK) return status;
  const fastlc_loss_description &info = instruction_set().losses[call.loss].description;
  if (call.c == 1 && (info.kind & FASTLC_LABELS) && !(info.kind & FASTLC_ONE_VS_REST)) {
    return refuse(call, "W has 1 row: with one class %s is constant, expected at least 2 classes, or 'logistic' for labels 0 and 1",
                  info.name);
  }
  return FASTLC_OK;
}

// The mean of the means of batches; sums that stay in range whatever their exponents.
struct RunningMean {
  void add(double mean, Divisor divisor) {
    if (weight == 0) exponent = divisor.exponent;
    if (exponent != divisor.exponent) {
      const int most = std::max(exponent, divisor.exponent);
      total = std::ldexp(total, exponent - most);
      weight = std::ldexp(weight, exponent - most);
      divisor.value = std::ldexp(divisor.value, divisor.exponent - most);
      exponent = most;
    }
    total += mean * divisor.value;
    weight += divisor.value;
  }
  double value() const { return weight == 0 ? 0 : total / weight; }
  double total = 0, weight = 0;
  int exponent = 0;
};

template <class T>
fastlc_status run_epoch(const fastlc_call &given, const fastlc_sgd &sgd, fastlc_epoch &epoch) {
  const ClassWeights<T> classes(given);
  fastlc_call call = given;
  if (classes.scaled) call.class_weight = classes.scaled.get();
  call.W = epoch.W;
  call.W_stride = call.d;
  call.b = epoch.b;
  Workspace work(call);
  RunningMean mean;
  for (int64_t start = 0, n = 0; start < epoch.rows; start += n) {
    if (work.cancel.requested()) return FASTLC_CANCELLED;
    const int64_t left = epoch.rows - start;
    n = left < epoch.batch_size ? left : epoch.batch_size;
    Divisor divisor;
    const Rows batch = weighed<T>(call, {epoch.order ? epoch.order + start : nullptr, start, n, left - n}, true,
                                  classes.given_back(true), &divisor);
    if (batch.counts) {  // else W and b stay as they are
      const double lr = epoch.lr[epoch.lr_size == 1 ? 0 : epoch.steps];
      double loss;
      if (!kernels<T>().sgd_batch(call, batch, work.run, lr, sgd, epoch, &loss)) return FASTLC_CANCELLED;
      mean.add(loss, divisor);
    }
    if (epoch.average_W) kernels<T>().average(call, epoch);
    ++epoch.steps;
  }
  epoch.mean_loss = mean.value();
  return FASTLC_OK;
}

fastlc_status check_read(const fastlc_call &call, bool needs_W, const void *out, int64_t columns) {
  return check_needed(call, {{"X", call.X, call.n, call.d}, {"W", call.W, needs_W ? call.c : 0, call.d}, {"out", out, call.n, columns}});
}

}  // namespace
}  // namespace fastlc

// ---- The interface --------------------------------------------------------------------------------------------------

using namespace fastlc;

extern "C" {

int fastlc_loss_count(void) { return instruction_set().loss_count; }

const fastlc_loss_description *fastlc_loss_info(int loss) {
  return loss < 0 || loss >= fastlc_loss_count() ? nullptr : &instruction_set().losses[loss].description;
}

// Of the linear map, then of given scores; they differ in the kernel alone.
#define FASTLC_READ(kernel, needs_W)                                                                                      \
  fastlc_status fastlc_##kernel(const fastlc_call *given, void *out) {                                                    \
    return with_dtype(given, [&](const fastlc_call &call, auto zero) {                                                    \
      using T = decltype(zero);                                                                                           \
      const fastlc_status status = check_read(call, needs_W, out, call.c);                                                \
      if (status != FASTLC_OK) return status;                                                                             \
      Workspace work(call);                                                                                               \
      return status_of(kernels<T>().kernel(call, work.run, static_cast<T *>(out)));                                       \
    });                                                                                                                   \
  }
FASTLC_READ(scores, true)
FASTLC_READ(softmax, false)
FASTLC_READ(log_softmax, false)
FASTLC_READ(sigmoid, false)
#undef FASTLC_READ

fastlc_status fastlc_predict(const fastlc_call *given, int64_t *out) {
  return with_dtype(given, [&](const fastlc_call &call, auto zero) {
    if (call.c == 0) return refuse(call, "W has no rows");
    const fastlc_status status = check_read(call, true, out, 1);
    if (status != FASTLC_OK) return status;
    Workspace work(call);
    return status_of(kernels<decltype(zero)>().predict(call, work.run, out));
  });
}

fastlc_status fastlc_predict_proba(const fastlc_call *given, void *out) {
  return with_dtype(given, [&](const fastlc_call &call, auto zero) {
    using T = decltype(zero);
    if (call.c == 0) return refuse(call, "W has no rows");
    const fastlc_status status = check_read(call, true, out, call.c);
    if (status != FASTLC_OK) return status;
    Workspace work(call);
    return status_of(kernels<T>().predict_proba(call, work.run, static_cast<T *>(out)));
  });
}

fastlc_status fastlc_loss(const fastlc_call *given, fastlc_gradients *out) {
  return with_dtype(given, [&](const fastlc_call &checked, auto zero) {
    using T = decltype(zero);
    Rows rows{nullptr, 0, checked.n, 0};
    if (!out) return refuse(checked, "gradients is missing");
    if (!checked.W && checked.d != checked.c) {
      return refuse(checked, "W is missing; or X holds scores, of which it has %lld columns and c is %lld", as_long(checked.d),
                    as_long(checked.c));
    }
    fastlc_status status = check_needed(checked, {{"X", checked.X, checked.n, checked.d}});
    if (status == FASTLC_OK) status = check_rates(checked, {{"l1", checked.l1}, {"l2", checked.l2}});
    if (status != FASTLC_OK) return status;
    if (checked.reduction != FASTLC_MEAN && checked.reduction != FASTLC_SUM && checked.reduction != FASTLC_NONE) {
      return refuse(checked, "reduction is unknown");
    }
    if (!checked.W && (out->dW || out->db)) return refuse(checked, "dW and db need W");
    if (out->db && !out->dW) return refuse(checked, "db needs dW");
    const bool regularised = checked.l1 != 0 || checked.l2 != 0;
    if (regularised && checked.reduction == FASTLC_NONE) {
      return refuse(checked, "reduction = 'none' leaves no place for l1 and l2");
    }
    status = check_loss<T>(checked, rows);
    if (status != FASTLC_OK) return status;

    const ClassWeights<T> classes(checked);
    fastlc_call copy;
    const fastlc_call &call = classes.in(checked, copy);
    const bool mean = call.reduction == FASTLC_MEAN;
    Divisor divisor;
    rows = weighed<T>(call, rows, mean, classes.given_back(mean), &divisor);
    Workspace work(call);
    if (out->losses) std::memset(out->losses, 0, sizeof(T) * static_cast<size_t>(call.n));
    if (!kernels<T>().loss(call, rows, work.run, *out)) return FASTLC_CANCELLED;
    if (call.reduction == FASTLC_NONE) out->loss = 0;
    if (regularised && call.W) out->loss += kernels<T>().penalty(call, static_cast<T *>(out->dW));
    return FASTLC_OK;
  });
}

fastlc_status fastlc_sgd_step(const fastlc_call *given, const fastlc_sgd *sgd, int64_t count, double lr, void *W,
                              const void *dW, void *velocity) {
  return with_dtype(given, [&](const fastlc_call &call, auto zero) {
    using T = decltype(zero);
    if (!sgd) return refuse(call, "fastlc_sgd is missing");
    fastlc_status status = check_rates(call, {{"lr", lr}});
    if (status == FASTLC_OK) status = check_sgd(call, *sgd, velocity != nullptr);
    if (status == FASTLC_OK && count < 0) status = refuse(call, "count = %lld, expected at least 0", as_long(count));
    if (status == FASTLC_OK) status = check_needed(call, {{"W", W, count, 1}, {"dW", dW, count, 1}});
    if (status != FASTLC_OK) return status;
    kernels<T>().sgd_step(count, lr, *sgd, static_cast<T *>(W), static_cast<const T *>(dW), static_cast<T *>(velocity));
    return FASTLC_OK;
  });
}

fastlc_status fastlc_sgd_epoch(const fastlc_call *given, const fastlc_sgd *sgd, fastlc_epoch *epoch) {
  return with_dtype(given, [&](const fastlc_call &call, auto zero) {
    using T = decltype(zero);
    if (!sgd) return refuse(call, "fastlc_sgd is missing");
    if (!epoch) return refuse(call, "fastlc_epoch is missing");
    epoch->steps = 0;
    epoch->mean_loss = 0;
    const fastlc_status status = check_epoch<T>(call, *sgd, *epoch);
    return status == FASTLC_OK ? run_epoch<T>(call, *sgd, *epoch) : status;
  });
}

int fastlc_get_num_threads(void) { return get_num_threads(); }
void fastlc_set_num_threads(int n) { set_num_threads(n); }

}  // extern "C"
