// Weights of rows and classes: the divisor of a mean, and a power of two taken off where weights, their products or their sum
// leave the range of the dtype.
#pragma once

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <type_traits>

#include "api/dispatch.h"
#include "kernels/labels.h"
#include "kernels/weights.h"

namespace fastlc {
namespace {

struct Divisor {  // value 2^exponent
  double value;
  int exponent;
};

// Whether the divisor of a mean has class weights in it.
template <class T>
bool mean_is_by_class(const Problem<T> &problem) {
  return problem.labels.data && (instruction_set().losses[problem.loss].description.kind & FASTLC_MEAN_BY_CLASS);
}

// Calls f(v, k) for each row that counts, its weight and that of its class (1 without).
template <class T, class F>
void for_each_weight(const Problem<T> &problem, const Batch &batch, F f) {
  const T *sample_weight = problem.sample_weight, *class_weight = problem.class_weight;
  with_labels(problem.labels, [&](const auto *labels) {
    auto of_row = [&](int64_t row) {
      const auto label = labels ? read_once(labels + row) : 0;
      if (labels && is_ignored(problem.labels, label)) return;
      const double v = sample_weight ? static_cast<double>(sample_weight[row]) : 1.0;
      if (v != 0) f(v, labels && class_weight ? static_cast<double>(weight_of_label(class_weight, label, problem.c)) : 1.0);
    };
    if (batch.order) {
      for (int64_t i = 0; i < batch.n; ++i) of_row(row_in(batch.order, i, 0, problem.n));
    } else {
      for (int64_t i = 0; i < batch.n; ++i) of_row(batch.first + i);
    }
  });
}

// The batch with its scale and exponent: a scale of 1 / Σ weights in a mean, else 1; times 2^given_back. Where weights, their
// products or their sum leave the range of a double, or nearly, a power of two is taken off all of them.
template <class T>
Batch weighed(const Problem<T> &problem, Batch batch, bool mean, int given_back, Divisor *divisor) {
  const bool divides_by_class = mean_is_by_class(problem);
  const bool weighs_by_class = problem.labels.data && problem.weighs_rows_by_class;
  if (!mean && std::is_same_v<T, float>) {
    batch.scale = std::ldexp(1.0, given_back);
    return batch;
  }
  double sum = 0, size = 0, largest = 0;
  if (!problem.sample_weight && !problem.labels.has_ignored && !(problem.class_weight && (divides_by_class || weighs_by_class))) {
    sum = size = static_cast<double>(batch.n);
  } else {
    for_each_weight<T>(problem, batch, [&](double v, double k) {
      const double divides = divides_by_class ? v * k : v, weight = weighs_by_class ? v * k : v;
      sum += divides;
      if (std::is_same_v<T, float>) return;  // whose products and sums are far within a double
      size += std::fabs(divides);
      largest = std::fabs(weight) > largest ? std::fabs(weight) : largest;
    });
  }
  batch.counts = !mean || sum != 0;
  batch.scale = !mean ? 1 : batch.counts ? 1 / sum : 0;  // 0 of inf, with which a weight of inf gives nan
  if (given_back) batch.scale = std::ldexp(batch.scale, given_back);
  *divisor = {sum, 0};
  constexpr double kHuge = 0x1p900;
  if (std::is_same_v<T, float> || (size > 1 / kHuge && size < kHuge && largest < kHuge)) return batch;

  int of_weights = INT_MIN, of_divisor = INT_MIN;
  bool finite = true;
  for_each_weight<T>(problem, batch, [&](double v, double k) {
    finite = finite && is_finite(v) && is_finite(k);
    if (!finite) return;
    const double divides = divides_by_class ? k : 1, weight = weighs_by_class ? k : 1;
    if (divides != 0) of_divisor = std::max(of_divisor, exponent_of_product(v, divides));
    if (weight != 0) of_weights = std::max(of_weights, exponent_of_product(v, weight));
  });
  if (!finite) return batch;
  // The largest weight is then in [1, 4), and no scale is larger than its largest share.
  batch.exponent = of_weights == INT_MIN ? 0 : of_weights - 2;
  if (!mean) {
    batch.scale = std::ldexp(1.0, batch.exponent + given_back);
    return batch;
  }
  batch.counts = false;
  batch.scale = 0;
  if (of_divisor == INT_MIN) return batch;
  *divisor = {0, of_divisor};
  for_each_weight<T>(problem, batch, [&](double v, double k) {
    divisor->value += scaled_product(v, divides_by_class ? k : 1, of_divisor);
  });
  if (divisor->value == 0) return batch;
  batch.counts = true;
  batch.scale = std::ldexp(1 / divisor->value, batch.exponent - of_divisor + given_back);
  return batch;
}

// Class weights that a loss multiplies its parts with: if they are so large or small that products could leave the dtype,
// copies of them without a power of two take their place.
template <class T>
struct ClassWeights {
  explicit ClassWeights(const Problem<T> &problem) {
    if (!(problem.class_weight || problem.pos_weight) || problem.weighs_rows_by_class) return;
    const T *k = problem.class_weight, *p = problem.pos_weight;
    auto of = [](const T *weights, int64_t c) { return weights ? static_cast<double>(weights[c]) : 1.0; };
    int largest = INT_MIN;
    for (int64_t c = 0; c < problem.c; ++c) {
      if (!is_finite(of(k, c)) || !is_finite(of(p, c))) return;
      const double positives = std::fabs(of(p, c)) > 1 ? of(p, c) : 1;
      if (of(k, c) != 0) largest = std::max(largest, exponent_of_product(of(k, c), positives));
    }
    constexpr int kComfortable = std::is_same_v<T, float> ? 60 : 500;
    if (largest == INT_MIN || std::abs(largest) < kComfortable) return;
    taken_off = largest - 1;
    scaled.reset(new T[static_cast<size_t>(problem.c)]);
    for (int64_t c = 0; c < problem.c; ++c) scaled[c] = static_cast<T>(scaled_product(of(k, c), 1, taken_off));
    in_divisor = mean_is_by_class(problem);
  }
  void put_into(Problem<T> &problem) const {
    if (scaled) problem.class_weight = scaled.get();
  }
  // The exponent to give back, but for a mean that has divided by it.
  int given_back(bool mean) const { return mean && in_divisor ? 0 : taken_off; }
  std::unique_ptr<T[]> scaled;
  int taken_off = 0;  // the exponent
  bool in_divisor = false;
};

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

}  // namespace
}  // namespace fastlc
