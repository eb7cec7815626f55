// Examples: which rows count, and for how much; their losses. How the features of a row are stored is none of their business:
// a type of features (dense.inl) says where a row is, and computes with a block of them.
//
// Rows are never copied to be gathered: a block holds where they are. Rows of weight 0 are left out here, so that whatever
// they hold, nan too, meets no arithmetic.
#pragma once

#include "kernels/columns.inl"
#include "kernels/labels.h"
#include "kernels/losses.h"
#include "kernels/weights.h"

namespace {

// Up to kBlockRows examples.
template <class T>
struct Examples {
  int64_t n;
  int64_t row[kBlockRows];  // their numbers
  // Padded with zeros to whole vectors:
  Int<T> label[kBlockRows];
  T factor[kBlockRows];       // weight times scale, of gradients
  double weight[kBlockRows];  // of losses, whose sum is better than T
};

// Examples with their features, of the type Features.
template <class Features>
struct Block : Examples<typename Features::Element> {
  typename Features::Row x[kBlockRows];
};

template <class Features>
using ProblemOf = fastlc::Problem<typename Features::Element>;

// Fills `block` with up to `most` rows that count, from position `begin` on; returns the position it came to.
template <class Features>
FASTLC_NOINLINE int64_t gather(const ProblemOf<Features> &problem, const Features &features, const fastlc::Batch &batch, int64_t begin,
                               int64_t end, int64_t most, Block<Features> &block) {
  using T = typename Features::Element;
  const T *sample_weight = problem.sample_weight;
  const T *class_weight = problem.weighs_rows_by_class ? problem.class_weight : nullptr;
  const bool all_alike = !sample_weight && !class_weight && !problem.labels.has_ignored;
  const int64_t last = batch.counts ? end : begin;
  int64_t n = 0, i = begin;
  with_labels(problem.labels, [&](const auto *labels) {
    auto add = [&](int64_t row, auto label) FASTLC_INLINE_LAMBDA {
      block.x[n] = features.row(row);
      block.row[n] = row;
      block.label[n++] = Int<T>(label);
    };
    auto label_of = [&](int64_t row) FASTLC_INLINE_LAMBDA { return labels ? read_once(labels + row) : 0; };
    if (all_alike) {
      const int64_t until = min_of(last, i + most);
      if (batch.order) {
        for (; i < until; ++i) {
          const int64_t row = row_in(batch.order, i, 0, problem.n);
          add(row, label_of(row));
        }
      } else {
        for (; i < until; ++i) add(batch.first + i, label_of(batch.first + i));
      }
      return;
    }
    for (; i < last && n < most; ++i) {
      const int64_t row = row_in(batch.order, i, batch.first, problem.n);
      const auto label = label_of(row);
      if (labels && is_ignored(problem.labels, label)) continue;
      double weight = sample_weight ? double(sample_weight[row]) : 1.0;
      if (weight == 0) continue;  // before it meets a class weight of nan
      const double of_class = class_weight ? double(weight_of_label(class_weight, label, problem.c)) : 1.0;
      weight = batch.exponent ? scaled_product(weight, of_class, batch.exponent) : weight * of_class;
      if (weight == 0) continue;
      block.weight[n] = weight;
      block.factor[n] = T(weight * batch.scale);
      add(row, label);
    }
  });
  block.n = n;
  const int64_t padded = round_up(n, kLanes<T>);
  if (all_alike) {
    for (int64_t r = 0; r < padded; r += kLanes<T>) {
      store(block.factor + r, broadcast<T>(T(batch.scale)));
      store_wide<T>(block.weight + r, broadcast_wide<T>(1));
    }
  }
  for (int64_t r = n; r < padded; ++r) {
    block.label[r] = 0;
    block.factor[r] = 0;
    block.weight[r] = 0;
  }
  return batch.counts ? i : end;
}

// Rows [begin, end) that are not in the block get zeros: the gradient of rows that count for nothing.
template <class T>
void zero_left_out(const Examples<T> &block, int64_t begin, int64_t end, T *out, int64_t d) {
  int64_t r = 0;
  for (int64_t i = begin; i < end; ++i) {
    if (r < block.n && block.row[r] == i) {
      ++r;
    } else {
      __builtin_memset(out + i * d, 0, sizeof(T) * static_cast<size_t>(d));
    }
  }
}

// Targets of the block's rows, transposed.
template <class T>
void targets_to_columns(const fastlc::Problem<T> &problem, const Examples<T> &block, T *columns, int64_t stride) {
  const T *y[kBlockRows];
  for (int64_t r = 0; r < block.n; ++r) y[r] = problem.targets + block.row[r] * problem.targets_stride;
  rows_to_columns(y, block.n, problem.c, columns, stride);
}

// The loss of rows [begin, end) of a block, begin and end whole vectors or the block's end: returns the weighted sum, not
// yet scaled; their scores become d loss / d scores. `out` may be null: (N) losses.
template <class T, template <class> class Loss>
FASTLC_NOINLINE double loss_of_columns(const fastlc::Problem<T> &problem, T *s, int64_t stride, int64_t classes, const Examples<T> &block,
                                       const T *targets, int64_t begin, int64_t end, T *out) {
  constexpr int L = kLanes<T>;
  const Loss<T> loss(problem);
  Wide<T> sum = {};
  auto for_each_vector = [&](auto truth) FASTLC_INLINE_LAMBDA {
    for (int64_t r = begin; r < end; r += L) {
      const Column<T> column{s + r, stride, classes};
      Vec<T> value = loss(column, truth(r));
      const Vec<T> factor = load(block.factor + r);
      const bool padded = r + L > block.n;  // exactly 0 there, whatever a weight of nan or inf has made of it
      const Mask<T> padding = lanes_from<T>(block.n - r);
      for (int64_t c = 0; c < classes; ++c) {
        const Vec<T> slope = column[c] * factor;
        column.set(c, padded ? select<T>(padding, Vec<T>{}, slope) : slope);
      }
      if (padded) value = select<T>(padding, Vec<T>{}, value);
      sum += widen<T>(value) * load_wide<T>(block.weight + r);
      if (out) {
        value *= factor;
        for (int64_t i = r; i < min_of(r + L, block.n); ++i) out[block.row[i]] = value[i - r];
      }
    }
    return sum_of<T>(sum);
  };
  if constexpr (Loss<T>::kInfo.kind & FASTLC_VALUES) {
    if (problem.targets) return for_each_vector([&](int64_t r) FASTLC_INLINE_LAMBDA { return Target<T>{targets + r, stride}; });
  }
  if constexpr (Loss<T>::kInfo.kind & FASTLC_LABELS) {
    return for_each_vector([&](int64_t r) FASTLC_INLINE_LAMBDA { return Label<T>{load_ints<T>(block.label + r)}; });
  }
  return 0;
}

template <class T>
using LossOfColumns = double (*)(const fastlc::Problem<T> &, T *, int64_t, int64_t, const Examples<T> &, const T *, int64_t, int64_t, T *);

#define FASTLC_COLUMNS(Loss) loss_of_columns<T, Loss>,
template <class T>
constexpr LossOfColumns<T> kLossOfColumns[] = {FASTLC_LOSSES(FASTLC_COLUMNS)};
#undef FASTLC_COLUMNS

}  // namespace
