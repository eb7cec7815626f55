// The two inner loops, where nearly all time goes. Everything around them brings data to them.
//
//   dot_tile    R rows × K classes of scores, the features in the vector lanes: for few classes, straight from X and W.
//   multiply    acc[M][V] += Σ_k a(k, m) · b(k, v): an outer product a step. The gradient (k runs over rows, lanes over
//               features), dX (k over classes), and all products of the many-class path.
//
// Accumulators stay in registers: an instruction set with 32 of them takes up to 28, one with 16 up to 12.
#pragma once

#include "kernels/tuning.h"

namespace {

// The longest chain of additions: a longer sum is one of parts, or its error would grow with its length.
constexpr int64_t kLongest = 1024;

// Lane l of `sums` is element i + l of a tile, (classes, R rows); n of them count.
template <class T, int R, int n>
FASTLC_INLINE void store_sums(T *s, int64_t class_stride, int i, Vec<T> sums) {
  constexpr int together = R < n ? R : n;
  FASTLC_UNROLL
  for (int l = 0; l < n; l += together) {
    const char *from = reinterpret_cast<const char *>(&sums) + l * sizeof(T);
    __builtin_memcpy(s + (i + l) / R * class_stride + (i + l) % R, from, together * sizeof(T));
  }
}

// s[k · class_stride + r] = x[r] · w[k] + b[k] over the features [first, d), added to what s holds if `first` is not 0. Each
// score is one chain of additions over the features and the same tree over the lanes, whatever the tile: a row's scores do
// not depend on its neighbours. Meanwhile fetches so many lines of each ahead[r].
template <class T, int R, int K>
FASTLC_INLINE void dot_tile(const T *const *x, const T *w, int64_t w_stride, int64_t first, int64_t d, const T *b, T *s,
                            int64_t class_stride, const T *const *ahead, int64_t from, int64_t lines) {
  constexpr int L = kLanes<T>;
  Vec<T> acc[K * R];
  FASTLC_UNROLL
  for (int k = 0; k < K; ++k) {
    const Vec<T> start = b && first == 0 ? first_lane(b[k]) : Vec<T>{};
    FASTLC_UNROLL
    for (int r = 0; r < R; ++r) acc[k * R + r] = start;
  }
  auto accumulate = [&](auto at) FASTLC_INLINE_LAMBDA {
    Vec<T> wv[K];
    FASTLC_UNROLL
    for (int k = 0; k < K; ++k) wv[k] = at(w + k * w_stride);
    FASTLC_UNROLL
    for (int r = 0; r < R; ++r) {
      const Vec<T> xv = at(x[r]);
      FASTLC_UNROLL
      for (int k = 0; k < K; ++k) acc[k * R + r] += xv * wv[k];
    }
  };
  int64_t j = first;
  for (int64_t line = 0; line < lines && j + L <= d; ++line, j += L) {
    FASTLC_UNROLL
    for (int r = 0; r < R; ++r) prefetch(ahead[r] + from + line * kLine<T>);
    accumulate([j](const T *p) FASTLC_INLINE_LAMBDA { return load(p + j); });
  }
  for (; j + L <= d; j += L) accumulate([j](const T *p) FASTLC_INLINE_LAMBDA { return load(p + j); });
  if (j < d) accumulate([j, d](const T *p) FASTLC_INLINE_LAMBDA { return load_first(p + j, d - j); });

  if (first != 0) {  // a lane of each sum takes what there is
    FASTLC_UNROLL
    for (int i = 0; i < R * K; ++i) acc[i] += first_lane(s[i / R * class_stride + i % R]);
  }
  constexpr int whole = R * K / L * L, rest = R * K - whole;
  FASTLC_UNROLL
  for (int i = 0; i < whole; i += L) store_sums<T, R, L>(s, class_stride, i, sum_lanes<T, L>(acc + i));
  if constexpr (rest > 0) store_sums<T, R, rest>(s, class_stride, whole, sum_lanes<T, rest>(acc + whole));
}

// acc[m · V + v] += Σ_{k < n} a(k, m) · b(k, v), where a gives a scalar and b a vector.
template <class T, int M, int V, class A, class B>
FASTLC_INLINE void multiply(int64_t n, A a, B b, Vec<T> *acc) {
  for (int64_t k = 0; k < n; ++k) {
    Vec<T> bv[V];
    FASTLC_UNROLL
    for (int v = 0; v < V; ++v) bv[v] = b(k, v);
    FASTLC_UNROLL
    for (int m = 0; m < M; ++m) {
      const T scalar = a(k, m);
      FASTLC_UNROLL
      for (int v = 0; v < V; ++v) acc[m * V + v] += scalar * bv[v];
    }
  }
}

// The same for an n that may be any: parts of kLongest are added exactly, so that the error does not grow with n.
template <class T, int M, int V, class A, class B>
FASTLC_NOINLINE void multiply_parts(int64_t n, A a, B b, Vec<T> *total) {
  Vec<T> lost[M * V] = {};
  for (int64_t from = 0; from < n; from += kLongest) {
    Vec<T> part[M * V] = {};
    multiply<T, M, V>(
        min_of(kLongest, n - from), [&](int64_t k, int m) FASTLC_INLINE_LAMBDA { return a(from + k, m); },
        [&](int64_t k, int v) FASTLC_INLINE_LAMBDA { return b(from + k, v); }, part);
    FASTLC_UNROLL
    for (int i = 0; i < M * V; ++i) add_exactly<T>(part[i], total[i], lost[i]);
  }
  for (int i = 0; i < M * V; ++i) total[i] = sum_with_lost<T>(total[i], lost[i]);
}
template <class T, int M, int V, class A, class B>
FASTLC_INLINE void multiply_long(int64_t n, A a, B b, Vec<T> *acc) {
  if (n <= kLongest) return multiply<T, M, V>(n, a, b, acc);
  Vec<T> total[M * V] = {};  // or acc would have an address, and be in memory
  multiply_parts<T, M, V>(n, a, b, total);
  FASTLC_UNROLL
  for (int i = 0; i < M * V; ++i) acc[i] = total[i];
}

// Calls f.template operator()<K>(start) over [0, n) in blocks of as equal a size K ≤ most as there can be.
template <int most, int K = most, class F>
FASTLC_INLINE void for_block_of(int64_t size, int64_t start, F &&f) {
  if (size == K) {
    f.template operator()<K>(start);
  } else if constexpr (K > 1) {
    for_block_of<most, K - 1>(size, start, f);
  }
}
template <int most, class F>
FASTLC_INLINE void for_blocks(int64_t n, F &&f) {
  const int64_t blocks = (n + most - 1) / most;
  for (int64_t i = 0; i < blocks; ++i) for_block_of<most>(n * (i + 1) / blocks - n * i / blocks, n * i / blocks, f);
}

}  // namespace
