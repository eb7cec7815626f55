// Checks of the values of arguments, each with a sentence for who made the mistake. Shapes and types are the bindings'.
#pragma once

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <type_traits>

#include "api/dispatch.h"
#include "api/structs.h"
#include "kernels/labels.h"

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

// Says why take() has declined a struct of this name.
template <class Struct>
fastlc_status refuse_struct(const fastlc_call &call, const char *name, const Struct *given) {
  if (!given) return refuse(call, "%s is missing", name);
  if (given->size >= kFirstSize<Struct> && given->size <= kLargestSize) {
    return refuse(call, "%s has fields that this library does not know, which are not 0", name);
  }
  return refuse(call, "%s has %zu bytes, expected at least %zu", name, given->size, kFirstSize<Struct>);
}

long long as_long(int64_t n) { return n; }  // what %lld prints

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

// A number in the dtype of the kernels: one that is finite in double may be inf in float.
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

fastlc_status check_labels(const fastlc_call &call, const Labels &given, bool one_vs_rest, const Batch &rows) {
  if (!given.data) return rows.n ? refuse(call, "y is missing, expected integer labels") : FASTLC_OK;
  if (given.type < FASTLC_INT8 || given.type > FASTLC_UINT64) return refuse(call, "labels_type is unknown");
  return with_labels(given, [&](const auto *labels) -> fastlc_status {
    const bool binary = call.c == 1 && one_vs_rest;
    const uint64_t classes = binary ? 2 : static_cast<uint64_t>(call.c);
    auto is_outside = [&](auto label) { return static_cast<uint64_t>(label) >= classes && !is_ignored(given, label); };
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
fastlc_status check_probabilities(const fastlc_call &call, const Problem<T> &problem, const Batch &rows) {
  const T *sample_weight = problem.sample_weight;
  for (int64_t i = 0; i < rows.n && call.c > 0; ++i) {
    const int64_t row = row_in(rows.order, i, rows.first, call.n);
    const T *targets = problem.targets + row * problem.targets_stride;
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

// Checks the loss and its arguments for the rows of a batch, and completes the problem by what depends on it.
template <class T>
fastlc_status take_loss(const fastlc_call &call, const Batch &rows, Problem<T> &problem) {
  if (call.loss < 0 || call.loss >= fastlc_loss_count()) return refuse(call, "loss = %d is unknown", call.loss);
  const LossInfo &loss = instruction_set().losses[call.loss];
  for (int i = 0; call.options && i < loss.description.n_options; ++i) {
    if (const char *expected = loss.expected(i, in_dtype(call, call.options[i]))) {
      return refuse(call, "%s = %g, expected %s", loss.description.option_names[i], call.options[i], expected);
    }
  }
  const fastlc_loss_description &info = loss.description;
  problem.loss = call.loss;
  problem.options = call.options ? call.options : info.option_defaults;
  problem.weighs_rows_by_class = !loss.weighs_classes(call.targets != nullptr, problem.options);
  if (call.class_weight && !(info.kind & FASTLC_LABELS)) return refuse(call, "class_weight is for losses of labels");
  if (call.pos_weight && !(info.kind & FASTLC_ONE_VS_REST)) return refuse(call, "pos_weight is for one-vs-rest losses");
  if (call.targets || !(info.kind & FASTLC_LABELS)) {
    if (!(info.kind & FASTLC_VALUES)) return refuse(call, "y holds targets, %s expects integer labels", info.name);
    if (!call.targets && call.n && call.c) return refuse(call, "y is missing, expected float targets");
    if (call.labels) return refuse(call, "y holds labels and targets, expected one of them");
    if (call.has_ignore_index) return refuse(call, "ignore_index is for integer labels, y holds floats");
    return info.kind & FASTLC_PROBABILITIES ? check_probabilities(call, problem, rows) : FASTLC_OK;
  }
  return check_labels(call, problem.labels, info.kind & FASTLC_ONE_VS_REST, rows);
}

fastlc_status check_sgd(const fastlc_call &call, const fastlc_sgd &sgd, bool has_velocity) {
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

// Checks the arguments of an epoch, and completes the problem.
template <class T>
fastlc_status take_epoch(const fastlc_call &call, const fastlc_sgd &sgd, const fastlc_epoch &epoch, Problem<T> &problem) {
  fastlc_status status = check_sgd(call, sgd, epoch.velocity_W && (!epoch.b || epoch.velocity_b));
  if (status != FASTLC_OK) return status;
  status = check_needed(call, {{"X", problem.X, call.n, call.d}, {"W", epoch.W, call.c, call.d}, {"lr", epoch.lr, epoch.lr_size, 1}});
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
  status = take_loss(call, {epoch.order, 0, epoch.rows, 0}, problem);
  if (status != FASTLC_OK) return status;
  const fastlc_loss_description &info = instruction_set().losses[call.loss].description;
  if (call.c == 1 && (info.kind & FASTLC_LABELS) && !(info.kind & FASTLC_ONE_VS_REST)) {
    return refuse(call, "W has 1 row: with one class %s is constant, expected at least 2 classes, or 'logistic' for labels 0 and 1",
                  info.name);
  }
  return FASTLC_OK;
}

}  // namespace
}  // namespace fastlc
