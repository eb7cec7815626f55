// The C interface (fastlc.h): checks the values of the arguments, once, then calls the kernels of the instruction set in use.
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <type_traits>

#include "dispatch.h"
#include "labels.h"

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

// Calls f(T()) with the dtype of the call; what it throws becomes a status.
template <class F>
fastlc_status with_dtype(const fastlc_call *call, F f) {
  if (!call || call->size < sizeof(fastlc_call)) return FASTLC_INVALID;
  if (call->n < 0 || call->d < 0 || call->c < 0) return refuse(*call, "a shape is negative");
  try {
    if (call->dtype == FASTLC_FLOAT32) return f(float());
    if (call->dtype == FASTLC_FLOAT64) return f(double());
    return refuse(*call, "dtype is unknown");
  } catch (const std::bad_alloc &) {
    return FASTLC_OUT_OF_MEMORY;
  }
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

bool is_rate(double value) { return std::isfinite(value) && value >= 0; }

// FASTLC_OK if all are finite and >= 0.
struct Rate {
  const char *name;
  double value;
};
template <size_t n>
fastlc_status check_rates(const fastlc_call &call, const Rate (&rates)[n]) {
  for (const Rate &rate : rates) {
    if (!is_rate(rate.value)) return refuse(call, "%s = %g, expected a finite number >= 0", rate.name, rate.value);
  }
  return FASTLC_OK;
}

// ---- Losses ---------------------------------------------------------------------------------------------------------

int kind_of(const fastlc_call &call) { return instruction_set().losses[call.loss].description.kind; }

fastlc_status check_labels(const fastlc_call &call, const Rows &rows) {
  return with_labels(call, [&](const auto *labels) -> fastlc_status {
    if (!labels) return rows.n ? refuse(call, "y is missing, expected integer labels") : FASTLC_OK;
    const bool binary = call.c == 1 && (kind_of(call) & FASTLC_ONE_VS_REST);
    const uint64_t classes = binary ? 2 : static_cast<uint64_t>(call.c);
    auto is_outside = [&](auto label) { return static_cast<uint64_t>(label) >= classes && !is_ignored(call, label); };
    auto row_of = [&](int64_t i) { return rows.order ? rows.order[i] : rows.first + i; };
    bool outside = false;
    if (rows.order) {
      for (int64_t i = 0; i < rows.n; ++i) outside |= is_outside(labels[rows.order[i]]);
    } else {
      for (int64_t i = 0; i < rows.n; ++i) outside |= is_outside(labels[i]);
    }
    if (!outside) return FASTLC_OK;
    int64_t i = 0;
    while (!is_outside(labels[row_of(i)])) ++i;
    const long long row = row_of(i), end = static_cast<int64_t>(classes);
    if (std::is_same_v<decltype(labels), const uint64_t *>) {
      const unsigned long long label = labels[row_of(i)];
      return refuse(call, "y[%lld] = %llu is outside [0, %lld)", row, label, end);
    }
    return refuse(call, "y[%lld] = %lld is outside [0, %lld)", row, as_long(labels[row_of(i)]), end);
  });
}

fastlc_status check_loss(const fastlc_call &call, const Rows &rows) {
  if (call.loss < 0 || call.loss >= fastlc_loss_count()) return refuse(call, "loss = %d is unknown", call.loss);
  const LossInfo &loss = instruction_set().losses[call.loss];
  for (int i = 0; i < loss.description.n_options; ++i) {
    if (const char *expected = loss.expected(i, call.options[i])) {
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
    return FASTLC_OK;
  }
  return check_labels(call, rows);
}

// What the sum over rows is divided by.
template <class T>
double divisor_of(const fastlc_call &call, const Rows &rows) {
  const T *sample_weight = static_cast<const T *>(call.sample_weight);
  const bool by_class = (kind_of(call) & FASTLC_MEAN_BY_CLASS) && call.labels;
  const T *class_weight = by_class ? static_cast<const T *>(call.class_weight) : nullptr;
  if (!sample_weight && !class_weight && !call.has_ignore_index) return static_cast<double>(rows.n);
  return with_labels(call, [&](const auto *labels) {
    double sum = 0;
    for (int64_t i = 0; i < rows.n; ++i) {
      const int64_t row = rows.order ? rows.order[i] : rows.first + i;
      if (labels && is_ignored(call, labels[row])) continue;
      const double weight = sample_weight ? static_cast<double>(sample_weight[row]) : 1.0;
      sum += class_weight && weight != 0 ? weight * static_cast<double>(class_weight[labels[row]]) : weight;
    }
    return sum;
  });
}

double inverse_or_zero(double divisor) { return divisor == 0 ? 0 : 1 / divisor; }

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

fastlc_status check_epoch(const fastlc_call &call, const fastlc_sgd &sgd, const fastlc_epoch &epoch) {
  if (epoch.size < sizeof epoch) return refuse(call, "fastlc_epoch has %zu bytes, expected %zu", epoch.size, sizeof epoch);
  fastlc_status status = check_sgd(call, sgd, epoch.velocity_W && (!epoch.b || epoch.velocity_b));
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
      if (static_cast<uint64_t>(epoch.order[i]) >= static_cast<uint64_t>(call.n)) {
        return refuse(call, "order[%lld] = %lld is outside [0, %lld)", as_long(i),
                      as_long(epoch.order[i]), as_long(call.n));
      }
    }
  }
  const int64_t batches = epoch.rows / epoch.batch_size + (epoch.rows % epoch.batch_size != 0);
  if (epoch.lr_size != 1 && epoch.lr_size != batches) {
    return refuse(call, "lr has %lld values, expected one for each of the %lld batches",
                  as_long(epoch.lr_size), as_long(batches));
  }
  for (int64_t i = 0; i < epoch.lr_size; ++i) {
    if (!is_rate(epoch.lr[i])) return refuse(call, "lr = %g, expected a finite number >= 0", epoch.lr[i]);
  }
  return check_loss(call, {epoch.order, 0, epoch.rows, 0});
}

template <class T>
fastlc_status run_epoch(fastlc_call call, const fastlc_sgd &sgd, fastlc_epoch &epoch) {
  call.W = epoch.W;
  call.W_stride = call.d;
  call.b = epoch.b;
  Workspace work(call);
  double total = 0, weight = 0;
  for (int64_t start = 0; start < epoch.rows; start += epoch.batch_size) {
    if (work.cancel.requested()) return FASTLC_CANCELLED;
    const int64_t left = epoch.rows - start;
    const int64_t n = left < epoch.batch_size ? left : epoch.batch_size;
    const Rows batch{epoch.order ? epoch.order + start : nullptr, start, n, left - n};
    const double divisor = divisor_of<T>(call, batch);
    const double lr = epoch.lr[epoch.lr_size == 1 ? 0 : epoch.steps];
    double loss;
    if (!kernels<T>().sgd_batch(call, batch, inverse_or_zero(divisor), work.run, lr, sgd, epoch, &loss)) {
      return FASTLC_CANCELLED;
    }
    total += loss * divisor;
    weight += divisor;
    ++epoch.steps;
  }
  epoch.mean_loss = total * inverse_or_zero(weight);
  return FASTLC_OK;
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

// These differ in the kernel alone.
#define FASTLC_READ(kernel)                                                           \
  fastlc_status fastlc_##kernel(const fastlc_call *call, void *out) {                 \
    return with_dtype(call, [&](auto zero) {                                          \
      using T = decltype(zero);                                                       \
      Workspace work(*call);                                                          \
      return status_of(kernels<T>().kernel(*call, work.run, static_cast<T *>(out)));  \
    });                                                                               \
  }
FASTLC_READ(scores)
FASTLC_READ(softmax)
FASTLC_READ(log_softmax)
FASTLC_READ(sigmoid)
#undef FASTLC_READ

fastlc_status fastlc_predict(const fastlc_call *call, int64_t *out) {
  return with_dtype(call, [&](auto zero) {
    if (call->c == 0) return refuse(*call, "W has no rows");
    Workspace work(*call);
    return status_of(kernels<decltype(zero)>().predict(*call, work.run, out));
  });
}

fastlc_status fastlc_predict_proba(const fastlc_call *call, void *out) {
  return with_dtype(call, [&](auto zero) {
    using T = decltype(zero);
    if (call->c == 0) return refuse(*call, "W has no rows");
    Workspace work(*call);
    return status_of(kernels<T>().predict_proba(*call, work.run, static_cast<T *>(out)));
  });
}

fastlc_status fastlc_loss(const fastlc_call *call, fastlc_gradients *out) {
  return with_dtype(call, [&](auto zero) {
    using T = decltype(zero);
    const Rows rows{nullptr, 0, call->n, 0};
    if (!call->W && call->d != call->c) {
      return refuse(*call, "scores have %lld columns, c is %lld", as_long(call->d), as_long(call->c));
    }
    fastlc_status status = check_rates(*call, {{"l1", call->l1}, {"l2", call->l2}});
    if (status != FASTLC_OK) return status;
    if (call->reduction != FASTLC_MEAN && call->reduction != FASTLC_SUM && call->reduction != FASTLC_NONE) {
      return refuse(*call, "reduction is unknown");
    }
    if (!call->W && (out->dW || out->db)) return refuse(*call, "dW and db need W");
    if (out->db && !out->dW) return refuse(*call, "db needs dW");
    const bool regularised = call->l1 != 0 || call->l2 != 0;
    if (regularised && call->reduction == FASTLC_NONE) {
      return refuse(*call, "reduction = 'none' leaves no place for l1 and l2");
    }
    status = check_loss(*call, rows);
    if (status != FASTLC_OK) return status;

    const double scale = call->reduction == FASTLC_MEAN ? inverse_or_zero(divisor_of<T>(*call, rows)) : 1;
    Workspace work(*call);
    if (out->losses) std::memset(out->losses, 0, sizeof(T) * static_cast<size_t>(call->n));
    if (!kernels<T>().loss(*call, rows, scale, work.run, *out)) return FASTLC_CANCELLED;
    if (call->reduction == FASTLC_NONE) out->loss = 0;
    if (regularised && call->W) out->loss += kernels<T>().penalty(*call, static_cast<T *>(out->dW));
    return FASTLC_OK;
  });
}

fastlc_status fastlc_sgd_step(const fastlc_call *call, const fastlc_sgd *sgd, int64_t count, double lr, void *W,
                              const void *dW, void *velocity) {
  return with_dtype(call, [&](auto zero) {
    using T = decltype(zero);
    fastlc_status status = check_rates(*call, {{"lr", lr}});
    if (status == FASTLC_OK) status = check_sgd(*call, *sgd, velocity != nullptr);
    if (status != FASTLC_OK) return status;
    kernels<T>().sgd_step(count, lr, *sgd, static_cast<T *>(W), static_cast<const T *>(dW), static_cast<T *>(velocity));
    return FASTLC_OK;
  });
}

fastlc_status fastlc_sgd_epoch(const fastlc_call *call, const fastlc_sgd *sgd, fastlc_epoch *epoch) {
  return with_dtype(call, [&](auto zero) {
    epoch->steps = 0;
    epoch->mean_loss = 0;
    const fastlc_status status = check_epoch(*call, *sgd, *epoch);
    return status == FASTLC_OK ? run_epoch<decltype(zero)>(*call, *sgd, *epoch) : status;
  });
}

int fastlc_get_num_threads(void) { return get_num_threads(); }
void fastlc_set_num_threads(int n) { set_num_threads(n); }

}  // extern "C"
