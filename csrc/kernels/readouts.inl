// Readouts: labels, probabilities and the like of the scores of a block, without a loss.
#pragma once

#include "kernels/examples.inl"

namespace {

// Each is called with the scores of a block and the rows [begin, end) of it.

template <class T>
struct WriteScores {
  T *out;
  void operator()(Column<T> s, const Examples<T> &block, int64_t begin, int64_t end) const {
    columns_to_rows(s.data + begin, s.stride, s.classes, block.row + begin, end - begin, out, s.classes);
  }
};

template <class T>
struct WriteLabels {
  int64_t *out;
  void operator()(Column<T> all, const Examples<T> &block, int64_t begin, int64_t end) const {
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
  void operator()(Column<T> all, const Examples<T> &block, int64_t begin, int64_t end) const {
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
  void operator()(Column<T> all, const Examples<T> &block, int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end; r += kLanes<T>) {
      const Column<T> s{all.data + r, all.stride, all.classes};
      const Vec<T> max = highest_of(s);
      const Vec<T> log_sum = log_of<T>(sum_over_classes<T>(
          s.classes, [&](int64_t c) FASTLC_INLINE_LAMBDA { return exp_of<T>(s[c] - max); }));
      for (int64_t c = 0; c < s.classes; ++c) s.set(c, (s[c] - max) - log_sum);
    }
    WriteScores<T>{out}(all, block, begin, end);
  }
};

template <class T>
struct WriteSigmoids {
  T *out;
  void operator()(Column<T> all, const Examples<T> &block, int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < end; r += kLanes<T>) {
      const Column<T> s{all.data + r, all.stride, all.classes};
      for (int64_t c = 0; c < s.classes; ++c) s.set(c, sigmoid_of<T>(s[c]));
    }
    WriteScores<T>{out}(all, block, begin, end);
  }
};

}  // namespace
