// Dense rows: their scores, the gradients of W and b, and their own.
//
// The rows of a block are still in the L2 cache when the gradient reads them again; meanwhile the next block's rows are
// prefetched, which is the largest single gain there is.
#pragma once

#include "kernels/examples.inl"
#include "kernels/products.inl"
#include "kernels/update.inl"

namespace {

template <class T>
struct Dense;
template <class T>
using DenseBlock = Block<Dense<T>>;

// Scores of a block, transposed, over the features [first, d); meanwhile fetches features [0, ahead) of the next block's
// rows, a share in each pass.
template <class T>
FASTLC_NOINLINE void score_features(const DenseBlock<T> &block, const DenseBlock<T> &next, int64_t ahead, const T *w, int64_t w_stride,
                                    int64_t classes, int64_t first, int64_t d, const T *b, T *s, int64_t class_stride) {
  const int64_t all_lines = (ahead + kLine<T> - 1) / kLine<T>;
  if (block.n == 1) {  // as many chains of additions as there are registers, or each would wait for its last one
    for_blocks<2 * kDotClasses>(classes, [&]<int K>(int64_t c) {
      dot_tile<T, 1, K>(block.x, w + c * w_stride, w_stride, first, d, b ? b + c : nullptr, s + c * class_stride, class_stride,
                        next.x, 0, next.n > 0 && c == 0 ? all_lines : 0);
    });
    return;
  }
  for_blocks<kDotClasses>(classes, [&]<int K>(int64_t c) {
    constexpr int R = dot_rows(K);
    const T *wc = w + c * w_stride;
    const T *bc = b ? b + c : nullptr;
    T *sc = s + c * class_stride;
    const int64_t from = all_lines * c / classes, lines = all_lines * (c + K) / classes - from;
    int64_t r = 0;
    for (; r + R <= block.n; r += R) {
      dot_tile<T, R, K>(block.x + r, wc, w_stride, first, d, bc, sc + r, class_stride, next.x + r, from * kLine<T>,
                        r + R <= next.n ? lines : 0);
    }
    for (; r < block.n; ++r) {
      dot_tile<T, 1, K>(block.x + r, wc, w_stride, first, d, bc, sc + r, class_stride, next.x + r, from * kLine<T>,
                        r < next.n ? lines : 0);
    }
  });
}

template <class T>
void score_block(const DenseBlock<T> &block, const DenseBlock<T> &next, int64_t ahead, const T *w, int64_t w_stride, int64_t classes,
                 int64_t d, const T *b, T *s, int64_t class_stride) {
  constexpr int64_t most = kLongest * kLanes<T>;
  int64_t first = 0;
  do {
    const int64_t end = min_of(d, first + most);
    score_features(block, next, first == 0 ? ahead : 0, w, w_stride, classes, first, end, b, s, class_stride);
    first = end;
  } while (first < d);
}

// How many features of the next block's rows are fetched with the scores; the others are with the gradient.
template <class T>
FASTLC_INLINE int64_t fetched_before(int64_t d, int64_t classes) {
  return classes <= kFewestClasses || d <= kShortRow ? round_up(d / 2, kLine<T>) : 0;
}

// dW[i + k · d + j …] = Σ_r ds[k · stride + r] x[r][j …] for K classes and features from j on, V vectors at a time.
template <class T, int K, int V, class Finish>
FASTLC_INLINE int64_t gradient_tiles(const DenseBlock<T> &block, const DenseBlock<T> &next, const T *ds, int64_t stride, int64_t d,
                                     int64_t j, int64_t i, const Finish &finish, bool ahead) {
  constexpr int L = kLanes<T>;
  const int64_t lead = ahead ? min_of(block.n, next.n) : 0, fetched = fetched_before<T>(d, K);
  auto scalar = [=](int64_t r, int k) FASTLC_INLINE_LAMBDA { return ds[k * stride + r]; };
  for (; j + V * L <= d; j += V * L) {
    Vec<T> acc[K * V] = {};
    multiply<T, K, V>(
        lead, scalar,
        [&, j](int64_t r, int v) FASTLC_INLINE_LAMBDA {
          if (fetched == 0) {
            prefetch(next.x[r] + j + v * L);
          } else if (v % 2 == 0) {
            prefetch(next.x[r] + fetched + (j + v * L) / 2);
          }
          return load(block.x[r] + j + v * L);
        },
        acc);
    multiply<T, K, V>(
        block.n - lead, [&](int64_t r, int k) FASTLC_INLINE_LAMBDA { return scalar(lead + r, k); },
        [&, j](int64_t r, int v) FASTLC_INLINE_LAMBDA { return load(block.x[lead + r] + j + v * L); }, acc);
    FASTLC_UNROLL
    for (int k = 0; k < K; ++k) {
      FASTLC_UNROLL
      for (int v = 0; v < V; ++v) finish(i + k * d + j + v * L, acc[k * V + v]);
    }
  }
  if constexpr (V > 1) return gradient_tiles<T, K, V / 2>(block, next, ds, stride, d, j, i, finish, ahead);
  return j;
}

template <class T, class Finish>
FASTLC_NOINLINE void gradient_block(const DenseBlock<T> &block, const DenseBlock<T> &next, const T *s, int64_t stride,
                                    int64_t classes, int64_t d, const Finish finish) {
  for_blocks<kGradientClasses>(classes, [&]<int K>(int64_t c) {
    const T *ds = s + c * stride;
    const int64_t j = gradient_tiles<T, K, gradient_vectors(K)>(block, next, ds, stride, d, 0, c * d, finish, c == 0);
    if (j == d) return;
    Vec<T> acc[K] = {};
    multiply<T, K, 1>(
        block.n, [&](int64_t r, int k) FASTLC_INLINE_LAMBDA { return ds[k * stride + r]; },
        [&](int64_t r, int) FASTLC_INLINE_LAMBDA { return load_first(block.x[r] + j, d - j); }, acc);
    FASTLC_UNROLL
    for (int k = 0; k < K; ++k) finish((c + k) * d + j, acc[k], d - j);
  });
}

// db[c] (+)= Σ_r s[c · stride + r] over whole vectors; the padding is zero.
template <class T>
FASTLC_NOINLINE void bias_block(const T *s, int64_t stride, int64_t classes, int64_t n, T *db, bool first) {
  for (int64_t c = 0; c < classes; ++c) {
    Vec<T> sum = {};
    for (int64_t r = 0; r < n; r += kLanes<T>) sum += load(s + c * stride + r);
    const T total = sum_lanes<T, 1>(&sum)[0];
    db[c] = first ? total : db[c] + total;
  }
}

// dX[row[r], j …] = Σ_c s[c · stride + r] W[c, j …]
template <class T>
FASTLC_NOINLINE void input_gradient_block(const DenseBlock<T> &block, const T *s, int64_t stride, int64_t classes, const T *w,
                                          int64_t w_stride, int64_t d, T *dX) {
  constexpr int L = kLanes<T>, V = 2;
  for_blocks<kInputGradientRows>(block.n, [&]<int M>(int64_t r) {
    auto scalar = [=](int64_t c, int m) FASTLC_INLINE_LAMBDA { return s[c * stride + r + m]; };
    int64_t j = 0;
    for (; j + V * L <= d; j += V * L) {
      auto vector = [=](int64_t c, int v) FASTLC_INLINE_LAMBDA { return load(w + c * w_stride + j + v * L); };
      auto write = [&](const Vec<T> *acc) FASTLC_INLINE_LAMBDA {
        FASTLC_UNROLL
        for (int m = 0; m < M; ++m) {
          FASTLC_UNROLL
          for (int v = 0; v < V; ++v) store(dX + block.row[r + m] * d + j + v * L, acc[m * V + v]);
        }
      };
      Vec<T> acc[M * V] = {};
      if (classes > kLongest) {
        Vec<T> total[M * V] = {};
        multiply_parts<T, M, V>(classes, scalar, vector, total);
        write(total);
        continue;
      }
      multiply<T, M, V>(classes, scalar, vector, acc);
      write(acc);
    }
    for (; j < d; j += L) {
      const int64_t wide = min_of(L, d - j);
      Vec<T> acc[M] = {};
      multiply_long<T, M, 1>(
          classes, scalar,
          [=](int64_t c, int) FASTLC_INLINE_LAMBDA { return load_up_to(w + c * w_stride + j, wide); }, acc);
      FASTLC_UNROLL
      for (int m = 0; m < M; ++m) store_up_to(dX + block.row[r + m] * d + j, wide, acc[m]);
    }
  });
}

// X (n, d) with contiguous rows, `stride` elements apart.
//
// A type of features has these members. `next` is the block after this one, to be fetched meanwhile; it may be empty.
template <class T>
struct Dense {
  using Element = T;
  using Row = const T *;
  explicit Dense(const fastlc::Problem<T> &problem) : X(problem.X), stride(problem.X_stride), d(problem.d) {}

  // The row at an index.
  FASTLC_INLINE Row row(int64_t i) const { return X + i * stride; }

  // Rows of a block: X's part in about 256 KB, and a whole number of tiles and of vectors.
  int64_t block_rows(int64_t classes) const {
    constexpr int64_t unit = max_of(kDotRows, kLanes<T>);
    const int64_t by_x = kBlockOfX / times(max_of(d, 1), sizeof(T));
    const int64_t by_scores = kBlockOfScores / times(max_of(classes, 1), sizeof(T));
    return max_of(unit, min_of(kFewBlockRows, min_of(by_x, by_scores)) / unit * unit);
  }

  // The work of a row, in multiply-adds.
  int64_t work(int64_t classes) const { return times(classes, d); }

  // s[c · class_stride + r] = W[c] · x[r] + b[c], and any number in lanes without a row, up to the next whole vector, but not
  // nan or a denormal; b may be null. `reread`: the gradient will read the rows again.
  void scores(const DenseBlock<T> &block, const DenseBlock<T> &next, bool reread, const T *W, int64_t W_stride,
              int64_t classes, const T *b, T *s, int64_t class_stride) const {
    const int64_t padded = round_up(block.n, kLanes<T>), ahead = reread ? fetched_before<T>(d, classes) : d;
    if (padded > block.n) {
      for (int64_t c = 0; c < classes; ++c) store(s + c * class_stride + padded - kLanes<T>, Vec<T>{});
    }
    score_block(block, next, ahead, W, W_stride, classes, d, b, s, class_stride);
  }

  // finish(c · d + j, Σ_r s[c · stride + r] x[r][j …]) for each vector of the gradient of W.
  template <class Finish>
  void gradient(const DenseBlock<T> &block, const DenseBlock<T> &next, const T *s, int64_t stride, int64_t classes,
                const Finish &finish) const {
    gradient_block(block, next, s, stride, classes, d, finish);
  }

  // dX[row[r]] = Σ_c s[c · stride + r] W[c]
  void input_gradient(const DenseBlock<T> &block, const T *s, int64_t stride, int64_t classes, const T *W, int64_t W_stride,
                      T *dX) const {
    input_gradient_block(block, s, stride, classes, W, W_stride, d, dX);
  }

  const T *X;
  int64_t stride, d;
};

}  // namespace
