// Scores that are given, as a type of features: losses on them, softmax and its kin. Blocks of rows are transposed, worked on
// vertically with the same code as everywhere, and transposed back.
#pragma once

#include "kernels/few_classes.inl"

namespace {

// S (n, c), which the problem holds as X.
template <class T>
struct GivenScores {
  using Element = T;
  using Row = const T *;
  explicit GivenScores(const fastlc::Problem<T> &problem) : S(problem.X), stride(problem.X_stride) {}

  FASTLC_INLINE Row row(int64_t i) const { return S + i * stride; }
  int64_t block_rows(int64_t classes) const {
    constexpr int64_t L = kLanes<T>;
    return max_of(L, min_of(kFewBlockRows, kBlockOfGiven / times(max_of(classes, 1), sizeof(T))) / L * L);
  }
  int64_t work(int64_t classes) const { return times(classes, kGivenWork); }
  void scores(const Block<GivenScores> &block, const Block<GivenScores> &, bool, const T *, int64_t, int64_t classes,
              const T *, T *s, int64_t class_stride) const {
    rows_to_columns(block.x, block.n, classes, s, class_stride);
  }
  template <class Finish>
  void gradient(const Block<GivenScores> &, const Block<GivenScores> &, const T *, int64_t, int64_t, const Finish &) const {}
  void input_gradient(const Block<GivenScores> &block, const T *s, int64_t stride_of_s, int64_t classes, const T *, int64_t,
                      T *dS) const {
    columns_to_rows(s, stride_of_s, classes, block.row, block.n, dS, classes);
  }

  const T *S;
  int64_t stride;
};

}  // namespace
