// Pieces of the rows, which threads share out, and the sums of their partial results in a fixed order.
#pragma once

#include "kernels/table.h"
#include "kernels/tuning.h"

namespace {

template <class F>
bool parallel(int64_t pieces, const fastlc::Run &run, F &&f) {
  auto call = [](void *arg, int64_t piece, int thread) { (*static_cast<F *>(arg))(piece, thread); };
  return fastlc::parallel_for(pieces, run.threads, call, &f, run.cancel);
}

// Into how many pieces to cut: by shape alone.
inline int64_t pieces_of(int64_t rows, int64_t work_per_row) {
  const int64_t by_work = plus(times(rows, work_per_row), kPieceWork / 2) / kPieceWork;
  return max_of(1, min_of(min_of(by_work, rows / kPieceRows), kMaxPieces));
}

// Partial gradients are sums of blocks in T. Where there are more than kBlocksOfSum, that many are added up, and those sums
// in double, so that the error does not grow with the rows: `sum` is emptied into `total`.
constexpr int64_t kBlocksOfSum = 32;
template <class T>
FASTLC_NOINLINE void empty_into(const T *sum, int64_t n, double *total, bool first) {
  if (first) {
    for (int64_t i = 0; i < n; ++i) total[i] = double(sum[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) total[i] += double(sum[i]);
  }
}
template <class T>
FASTLC_NOINLINE void round_to(const double *total, int64_t n, T *out) {
  for (int64_t i = 0; i < n; ++i) out[i] = T(total[i]);
}

}  // namespace
