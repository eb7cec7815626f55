// Blocks of rows: which rows of X take part, where they are, what they count for; and the way between rows and columns.
//
// Rows are never copied to be gathered: a block holds pointers to them. Rows of weight 0 are left out here, so that
// whatever they hold, nan too, meets no arithmetic.
#pragma once

#include "labels.h"
#include "losses.h"

namespace {

constexpr int kBlockRows = 480;  // a multiple of every number of lanes and rows in use

// The stride of columns of n elements: an odd number of vectors, or columns that lie powers of two apart get into each
// other's way in the cache.
template <class T>
int64_t column_stride(int64_t n) {
  return ((n + kLanes<T> - 1) / kLanes<T> | 1) * kLanes<T>;
}

template <class T>
struct Block {
  int64_t n;
  const T *x[kBlockRows];
  int64_t row[kBlockRows];
  Int<T> label[kBlockRows];  // with weight, padded with zeros to whole vectors
  T weight[kBlockRows];
};

#define FASTLC_WEIGHS_CLASSES(Loss) Loss<T>::weighs_classes,
template <class T>
constexpr bool (*kWeighsClasses[])(const fastlc_call &) = {FASTLC_LOSSES(FASTLC_WEIGHS_CLASSES)};
#undef FASTLC_WEIGHS_CLASSES

// Fills `block` with up to `most` rows that count, from position `begin` on; returns the position it came to.
template <class T>
FASTLC_NOINLINE int64_t gather(const fastlc_call &call, const fastlc::Rows &rows, double scale, int64_t begin, int64_t end,
                               int64_t most, Block<T> &block) {
  const T *X = static_cast<const T *>(call.X);
  const T *sample_weight = static_cast<const T *>(call.sample_weight);
  const bool by_row = call.class_weight && !kWeighsClasses<T>[call.loss](call);
  const T *class_weight = by_row ? static_cast<const T *>(call.class_weight) : nullptr;
  const int64_t last = scale == 0 ? begin : end;
  int64_t n = 0;
  const int64_t came_to = with_labels(call, [&](const auto *labels) {
    int64_t i = begin;
    for (; i < last && n < most; ++i) {
      const int64_t row = rows.order ? rows.order[i] : rows.first + i;
      if (labels && is_ignored(call, labels[row])) continue;
      const Int<T> label = labels ? Int<T>(labels[row]) : 0;
      T weight = sample_weight ? sample_weight[row] : T(1);
      if (class_weight && weight != 0) weight *= class_weight[label];  // of a row that counts: 0 · nan would
      if (weight == 0) continue;
      block.x[n] = X + row * call.X_stride;
      block.row[n] = row;
      block.label[n] = label;
      block.weight[n] = weight;
      ++n;
    }
    return i;
  });
  block.n = n;
  for (int64_t r = n; r < round_up(n, kLanes<T>); ++r) {
    block.label[r] = 0;
    block.weight[r] = 0;
  }
  return scale == 0 ? end : came_to;
}

// columns[j · stride + r] = x[r][j] for r in [0, n), j in [0, d); rows up to the next whole vector are set to 0.
template <class T>
FASTLC_NOINLINE void rows_to_columns(const T *const *x, int64_t n, int64_t d, T *columns, int64_t stride) {
  constexpr int L = kLanes<T>;
  for (int64_t r = 0; r < n; r += L) {
    for (int64_t j = 0; j < d; j += L) {
      Vec<T> v[L] = {};
      const int64_t wide = min_of(L, d - j);
      for (int64_t i = 0; i < min_of(L, n - r); ++i) v[i] = load_up_to(x[r + i] + j, wide);
      transpose_lanes<T>(v);
      for (int64_t i = 0; i < wide; ++i) store(columns + (j + i) * stride + r, v[i]);
    }
  }
}

// The way back: out[block.row[r] · out_stride + j] = columns[j · stride + r].
template <class T>
FASTLC_NOINLINE void columns_to_rows(const T *columns, int64_t stride, int64_t d, const int64_t *row, int64_t n, T *out,
                                     int64_t out_stride) {
  constexpr int L = kLanes<T>;
  for (int64_t r = 0; r < n; r += L) {
    for (int64_t j = 0; j < d; j += L) {
      Vec<T> v[L] = {};
      const int64_t wide = min_of(L, d - j);
      for (int64_t i = 0; i < wide; ++i) v[i] = load(columns + (j + i) * stride + r);
      transpose_lanes<T>(v);
      for (int64_t i = 0; i < min_of(L, n - r); ++i) {
        store_up_to(out + row[r + i] * out_stride + j, wide, v[i]);
      }
    }
  }
}

// Rows [begin, end) that are not in the block get zeros: the gradient of rows that count for nothing.
template <class T>
void zero_left_out(const Block<T> &block, int64_t begin, int64_t end, T *out, int64_t d) {
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
void targets_to_columns(const fastlc_call &call, const Block<T> &block, T *columns, int64_t stride) {
  const T *y[kBlockRows];
  for (int64_t r = 0; r < block.n; ++r) y[r] = static_cast<const T *>(call.targets) + block.row[r] * call.targets_stride;
  rows_to_columns(y, block.n, call.c, columns, stride);
}

// The loss of rows [begin, end) of a block, begin and end whole vectors or the block's end: returns the sum, weighted; their
// scores become d loss / d scores, weighted and scaled. `out` may be null: (N) losses.
template <class T, template <class> class Loss>
FASTLC_NOINLINE double loss_of_columns(const fastlc_call &call, double scale, T *s, int64_t stride, int64_t classes,
                                       const Block<T> &block, const T *targets, int64_t begin, int64_t end, T *out) {
  constexpr int L = kLanes<T>;
  const Loss<T> loss(call);
  Wide<T> sum = {};
  auto for_each_vector = [&](auto truth) FASTLC_INLINE_LAMBDA {
    for (int64_t r = begin; r < end; r += L) {
      const Column<T> column{s + r, stride, classes};
      Vec<T> value = loss(column, truth(r));
      const Vec<T> weight = load(block.weight + r);
      const Vec<T> factor = weight * T(scale);
      const Mask<T> padding = weight == T(0);
      value = select<T>(padding, Vec<T>{}, value * weight);
      sum += widen<T>(value);
      for (int64_t c = 0; c < classes; ++c) column.set(c, select<T>(padding, Vec<T>{}, column[c] * factor));
      if (out) {
        for (int64_t i = r; i < min_of(r + L, block.n); ++i) out[block.row[i]] = value[i - r];
      }
    }
    return sum_of<T>(sum);
  };
  if constexpr (Loss<T>::kInfo.kind & FASTLC_VALUES) {
    if (call.targets) return for_each_vector([&](int64_t r) FASTLC_INLINE_LAMBDA { return Target<T>{targets + r, stride}; });
  }
  if constexpr (Loss<T>::kInfo.kind & FASTLC_LABELS) {
    return for_each_vector([&](int64_t r) FASTLC_INLINE_LAMBDA { return Label<T>{load_ints<T>(block.label + r)}; });
  }
  return 0;
}

template <class T>
using LossOfColumns = double (*)(const fastlc_call &, double, T *, int64_t, int64_t, const Block<T> &, const T *, int64_t, int64_t, T *);

#define FASTLC_COLUMNS(Loss) loss_of_columns<T, Loss>,
template <class T>
constexpr LossOfColumns<T> kLossOfColumns[] = {FASTLC_LOSSES(FASTLC_COLUMNS)};
#undef FASTLC_COLUMNS

// What is read off the scores of rows [begin, end) of a block, without a loss.

template <class T>
struct WriteScores {
  T *out;
  void operator()(Column<T> s, const Block<T> &block, int64_t begin, int64_t end) const {
    columns_to_rows(s.data + begin, s.stride, s.classes, block.row + begin, end - begin, out, s.classes);
  }
};

template <class T>
struct WriteLabels {
  int64_t *out;
  void operator()(Column<T> all, const Block<T> &block, int64_t begin, int64_t end) const {
    constexpr int L = kLanes<T>;
    for (int64_t r = begin; r < end; r += L) {
      const Column<T> s{all.data + r, all.stride, all.classes};
      Vec<T> best = s[0];
      Mask<T> label = {};
      if (s.classes == 1) {
        label = (best > T(0)) & Int<T>(1);
      } else {
        for (int64_t c = 1; c < s.classes; ++c) {  // as np.argmax: the first of the highest, or the first nan
          const Vec<T> v = s[c];
          const Mask<T> better = ~(v <= best) & (best == best);
          best = select<T>(better, v, best);
          label = better ? (Mask<T>{} + Int<T>(c)) : label;
        }
      }
      for (int64_t i = r; i < min_of(r + L, end); ++i) out[block.row[i]] = label[i - r];
    }
  }
};

template <class T>
struct WriteProbabilities {
  T *out;
  void operator()(Column<T> all, const Block<T> &block, int64_t begin, int64_t end) const {
    constexpr int L = kLanes<T>;
    for (int64_t r = begin; r < end; r += L) {
      const Column<T> s{all.data + r, all.stride, all.classes};
      if (s.classes == 1) {
        const Vec<T> yes = sigmoid_of<T>(s[0]), no = sigmoid_of<T>(-s[0]);
        for (int64_t i = r; i < min_of(r + L, end); ++i) {
          out[2 * block.row[i]] = no[i - r];
          out[2 * block.row[i] + 1] = yes[i - r];
        }
      } else {
        Vec<T> max;
        const Vec<T> inverse = T(1) / exp_shifted(s, &max);
        for (int64_t c = 0; c < s.classes; ++c) s.set(c, s[c] * inverse);
      }
    }
    if (all.classes > 1) WriteScores<T>{out}(all, block, begin, end);
  }
};

template <class T>
struct WriteLogProbabilities {
  T *out;
  void operator()(Column<T> all, const Block<T> &block, int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end; r += kLanes<T>) {
      const Column<T> s{all.data + r, all.stride, all.classes};
      Vec<T> max = s[0], sum = {};
      for (int64_t c = 1; c < s.classes; ++c) max = select<T>(s[c] > max, s[c], max);
      for (int64_t c = 0; c < s.classes; ++c) sum += exp_of<T>(s[c] - max);
      const Vec<T> log_sum = log_of<T>(sum);
      for (int64_t c = 0; c < s.classes; ++c) s.set(c, (s[c] - max) - log_sum);
    }
    WriteScores<T>{out}(all, block, begin, end);
  }
};

template <class T>
struct WriteSigmoids {
  T *out;
  void operator()(Column<T> all, const Block<T> &block, int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end; r += kLanes<T>) {
      const Column<T> s{all.data + r, all.stride, all.classes};
      for (int64_t c = 0; c < s.classes; ++c) s.set(c, sigmoid_of<T>(s[c]));
    }
    WriteScores<T>{out}(all, block, begin, end);
  }
};

}  // namespace
