// Blocks of rows transposed, so that lane i of a vector belongs to row i; and the way back.
#pragma once

#include "kernels/tuning.h"

namespace {

// The stride of columns of n elements: an odd number of vectors, or columns that lie powers of two apart get into each
// other's way in the cache.
template <class T>
int64_t column_stride(int64_t n) {
  return ((n + kLanes<T> - 1) / kLanes<T> | 1) * kLanes<T>;
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

}  // namespace
