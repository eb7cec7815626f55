// The C interface (fastlc.h): takes the caller's structs, checks the values of the arguments, once, then calls the kernels of
// the instruction set in use.
#include <cstring>
#include <new>
#include <type_traits>

#include "api/checks.h"
#include "api/dispatch.h"
#include "api/structs.h"
#include "api/weighing.h"

namespace fastlc {
namespace {

template <class T>
const Kernels<T> &kernels() {
  if constexpr (std::is_same_v<T, float>) {
    return instruction_set().float32;
  } else {
    return instruction_set().float64;
  }
}

// Calls f(call, problem) with the problem in the call's dtype; what f throws becomes a status.
template <class F>
fastlc_status with_problem(const fastlc_call *given, F f) {
  fastlc_call copy;
  const fastlc_call *taken = take(given, &copy);
  if (!taken) {
    const bool has_error = given && given->size >= kFirstSize<fastlc_call> && given->size <= kLargestSize;
    return has_error ? refuse_struct(*given, "fastlc_call", given) : FASTLC_INVALID;
  }
  const fastlc_call &call = *taken;
  fastlc_features copy_of_X;
  const fastlc_features *X = take(call.X, &copy_of_X);
  if (call.X && !X) return refuse_struct(call, "fastlc_features", call.X);
  if (X && X->kind != FASTLC_DENSE) return refuse(call, "X is of kind %d, which is unknown", static_cast<int>(X->kind));
  if (call.n < 0 || call.d < 0 || call.c < 0) return refuse(call, "a shape is negative");
  if (call.n > 0 && std::max({times(call.n, call.d), times(call.n, call.c), times(call.c, call.d)}) == INT64_MAX) {
    return refuse(call, "a shape is beyond any memory");
  }
  try {
    if (call.dtype == FASTLC_FLOAT32) return f(call, problem_of<float>(call, X));
    if (call.dtype == FASTLC_FLOAT64) return f(call, problem_of<double>(call, X));
    return refuse(call, "dtype is unknown");
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

template <class T>
fastlc_status check_read(const fastlc_call &call, const Problem<T> &problem, bool needs_W, const void *out, int64_t columns) {
  return check_needed(call, {{"X", problem.X, call.n, call.d}, {"W", call.W, needs_W ? call.c : 0, call.d}, {"out", out, call.n, columns}});
}

// Counts the steps and writes the mean loss in `out`.
template <class T>
fastlc_status run_epoch(const fastlc_call &call, const Problem<T> &given, const fastlc_sgd &sgd, const fastlc_epoch &epoch,
                        fastlc_epoch &out) {
  const Trained<T> trained = {static_cast<T *>(epoch.W), static_cast<T *>(epoch.b), static_cast<T *>(epoch.velocity_W),
                              static_cast<T *>(epoch.velocity_b)};
  const ClassWeights<T> classes(given);
  Problem<T> problem = given;
  classes.put_into(problem);
  problem.W = trained.W;
  problem.W_stride = problem.d;
  problem.b = trained.b;
  Workspace work(call);
  RunningMean mean;
  for (int64_t start = 0, n = 0, steps = 0; start < epoch.rows; start += n) {
    if (work.cancel.requested()) return FASTLC_CANCELLED;
    const int64_t left = epoch.rows - start;
    n = left < epoch.batch_size ? left : epoch.batch_size;
    Divisor divisor;
    const Batch batch = weighed(problem, {epoch.order ? epoch.order + start : nullptr, start, n, left - n}, true,
                                classes.given_back(true), &divisor);
    const int64_t step = epoch.first_step + steps;
    if (batch.counts) {  // else W and b stay as they are
      const double lr = epoch.lr[epoch.lr_size == 1 ? 0 : steps];
      fastlc_sgd of_step = sgd;
      if (step == 0) of_step.dampening = 0;
      double loss;
      if (!kernels<T>().sgd_batch(problem, batch, work.run, lr, of_step, trained, &loss)) return FASTLC_CANCELLED;
      mean.add(loss, divisor);
    }
    if (epoch.average_W && step >= epoch.average_from) {
      const double share = 1 / (static_cast<double>(step - epoch.average_from) + 1);
      kernels<T>().average(problem.c * problem.d, trained.W, epoch.average_W, share);
      if (trained.b && epoch.average_b) kernels<T>().average(problem.c, trained.b, epoch.average_b, share);
    }
    out.steps = ++steps;
  }
  out.mean_loss = mean.value();
  return FASTLC_OK;
}

}  // namespace
}  // namespace fastlc

using namespace fastlc;

extern "C" {

int32_t fastlc_abi_version(void) { return FASTLC_ABI_VERSION; }

int32_t fastlc_loss_count(void) { return instruction_set().loss_count; }

const fastlc_loss_description *fastlc_loss_info(int32_t loss) {
  return loss < 0 || loss >= fastlc_loss_count() ? nullptr : &instruction_set().losses[loss].description;
}

int32_t fastlc_find_loss(const char *name) {
  for (int32_t loss = 0; name && loss < fastlc_loss_count(); ++loss) {
    if (std::strcmp(name, fastlc_loss_info(loss)->name) == 0) return loss;
  }
  return -1;
}

// Of the linear map, then of given scores; they differ in the kernel alone.
#define FASTLC_READ(kernel, needs_W)                                                                                      \
  fastlc_status fastlc_##kernel(const fastlc_call *given, void *out) {                                                    \
    return with_problem(given, [&](const fastlc_call &call, const auto &problem) -> fastlc_status {                       \
      using T = typename std::decay_t<decltype(problem)>::Element;                                                        \
      if (!needs_W && call.d != call.c) {                                                                                 \
        return refuse(call, "X holds scores, of which it has %lld columns and c is %lld", as_long(call.d),                \
                      as_long(call.c));                                                                                   \
      }                                                                                                                   \
      const fastlc_status status = check_read(call, problem, needs_W, out, call.c);                                       \
      if (status != FASTLC_OK) return status;                                                                             \
      Workspace work(call);                                                                                               \
      return status_of(kernels<T>().kernel(problem, work.run, static_cast<T *>(out)));                                    \
    });                                                                                                                   \
  }
FASTLC_READ(scores, true)
FASTLC_READ(softmax, false)
FASTLC_READ(log_softmax, false)
FASTLC_READ(sigmoid, false)
#undef FASTLC_READ

fastlc_status fastlc_predict(const fastlc_call *given, int64_t *out) {
  return with_problem(given, [&](const fastlc_call &call, const auto &problem) -> fastlc_status {
    using T = typename std::decay_t<decltype(problem)>::Element;
    if (call.c == 0) return refuse(call, "W has no rows");
    const fastlc_status status = check_read(call, problem, true, out, 1);
    if (status != FASTLC_OK) return status;
    Workspace work(call);
    return status_of(kernels<T>().predict(problem, work.run, out));
  });
}

fastlc_status fastlc_predict_proba(const fastlc_call *given, void *out) {
  return with_problem(given, [&](const fastlc_call &call, const auto &problem) -> fastlc_status {
    using T = typename std::decay_t<decltype(problem)>::Element;
    if (call.c == 0) return refuse(call, "W has no rows");
    const fastlc_status status = check_read(call, problem, true, out, call.c);
    if (status != FASTLC_OK) return status;
    Workspace work(call);
    return status_of(kernels<T>().predict_proba(problem, work.run, static_cast<T *>(out)));
  });
}

fastlc_status fastlc_loss(const fastlc_call *given, fastlc_gradients *given_out) {
  return with_problem(given, [&](const fastlc_call &call, auto problem) -> fastlc_status {
    using T = typename std::decay_t<decltype(problem)>::Element;
    fastlc_gradients copy;
    const fastlc_gradients *taken = take<fastlc_gradients>(given_out, &copy);
    if (!taken) return refuse_struct(call, "fastlc_gradients", given_out);
    const fastlc_gradients &out = *taken;
    if (!call.W && call.d != call.c) {
      return refuse(call, "W is missing; or X holds scores, of which it has %lld columns and c is %lld", as_long(call.d),
                    as_long(call.c));
    }
    fastlc_status status = check_needed(call, {{"X", problem.X, call.n, call.d}});
    if (status == FASTLC_OK) status = check_rates(call, {{"l1", call.l1}, {"l2", call.l2}});
    if (status != FASTLC_OK) return status;
    if (call.reduction != FASTLC_MEAN && call.reduction != FASTLC_SUM && call.reduction != FASTLC_NONE) {
      return refuse(call, "reduction is unknown");
    }
    if (!call.W && (out.dW || out.db)) return refuse(call, "dW and db need W");
    if (out.db && !out.dW) return refuse(call, "db needs dW");
    const bool regularised = call.l1 != 0 || call.l2 != 0;
    if (regularised && call.reduction == FASTLC_NONE) {
      return refuse(call, "reduction = 'none' leaves no place for l1 and l2");
    }
    problem.holds_scores = !call.W;
    Batch all{nullptr, 0, call.n, 0};
    status = take_loss(call, all, problem);
    if (status != FASTLC_OK) return status;

    const ClassWeights<T> classes(problem);
    classes.put_into(problem);
    const fastlc_reduction reduction = call.reduction;
    const bool mean = reduction == FASTLC_MEAN;
    Divisor divisor;
    all = weighed(problem, all, mean, classes.given_back(mean), &divisor);
    Workspace work(call);
    Gradients<T> gradients = {0, static_cast<T *>(out.losses), static_cast<T *>(out.dW), static_cast<T *>(out.db),
                              static_cast<T *>(out.dX)};
    if (gradients.losses) std::memset(gradients.losses, 0, sizeof(T) * static_cast<size_t>(call.n));
    if (!kernels<T>().loss(problem, all, work.run, gradients)) return FASTLC_CANCELLED;
    given_out->loss = reduction == FASTLC_NONE ? 0 : gradients.loss;  // of before: `cancel` may have changed the call
    if (regularised && !problem.holds_scores) given_out->loss += kernels<T>().penalty(problem, gradients.dW);
    return FASTLC_OK;
  });
}

fastlc_status fastlc_sgd_step(const fastlc_call *given, const fastlc_sgd *given_sgd, int64_t count, double lr, void *W,
                              const void *dW, void *velocity) {
  return with_problem(given, [&](const fastlc_call &call, const auto &problem) -> fastlc_status {
    using T = typename std::decay_t<decltype(problem)>::Element;
    fastlc_sgd copy;
    const fastlc_sgd *taken = take(given_sgd, &copy);
    if (!taken) return refuse_struct(call, "fastlc_sgd", given_sgd);
    const fastlc_sgd &sgd = *taken;
    fastlc_status status = check_rates(call, {{"lr", lr}});
    if (status == FASTLC_OK) status = check_sgd(call, sgd, velocity != nullptr);
    if (status == FASTLC_OK && count < 0) status = refuse(call, "count = %lld, expected at least 0", as_long(count));
    if (status == FASTLC_OK) status = check_needed(call, {{"W", W, count, 1}, {"dW", dW, count, 1}});
    if (status != FASTLC_OK) return status;
    kernels<T>().sgd_step(count, lr, sgd, static_cast<T *>(W), static_cast<const T *>(dW), static_cast<T *>(velocity));
    return FASTLC_OK;
  });
}

fastlc_status fastlc_sgd_epoch(const fastlc_call *given, const fastlc_sgd *given_sgd, fastlc_epoch *given_epoch) {
  return with_problem(given, [&](const fastlc_call &call, auto problem) -> fastlc_status {
    fastlc_sgd sgd;
    if (!take_copy(given_sgd, &sgd)) return refuse_struct(call, "fastlc_sgd", given_sgd);
    fastlc_epoch epoch;
    if (!take_copy(given_epoch, &epoch)) return refuse_struct(call, "fastlc_epoch", given_epoch);
    const fastlc_status status = take_epoch(call, sgd, epoch, problem);
    if (status != FASTLC_OK) return status;
    given_epoch->steps = 0;
    given_epoch->mean_loss = 0;
    return run_epoch(call, problem, sgd, epoch, *given_epoch);
  });
}

int32_t fastlc_get_num_threads(void) { return get_num_threads(); }
void fastlc_set_num_threads(int32_t n) { set_num_threads(n); }

}  // extern "C"
