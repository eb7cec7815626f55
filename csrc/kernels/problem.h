// The arguments of a call as the kernels take them: typed, checked, of this library's own layout. Built once, in api/.
//
// Plain data only: this header is compiled for every instruction set, so an inline function in it could leak from a higher
// one into the baseline build.
#pragma once

#include "include/fastlc.h"

namespace fastlc {

// Labels (n) in the integer type that they came in; null: none.
struct Labels {
  const void *data;
  fastlc_int_type type;
  bool has_ignored;  // rows of this label count for nothing
  int64_t ignored;
};

// Shapes as in fastlc.h.
template <class T>
struct Problem {
  using Element = T;
  int64_t n, d, c;
  const T *X;  // (n, d), dense
  int64_t X_stride;
  bool holds_scores;  // X (n, c) are scores, and there is no W: not to be told by W, which is null too where it has no elements
  const T *W;         // (c, d)
  int64_t W_stride;
  const T *b;  // (c), or null

  int loss;
  const double *options;  // all of the loss's
  Labels labels;
  const T *targets;  // (n, c), or null
  int64_t targets_stride;
  const T *sample_weight;   // (n), or null
  const T *class_weight;    // (c), or null
  const T *pos_weight;      // (c), or null
  bool weighs_rows_by_class;  // class weights are weights of rows, by their labels; else they are within the loss
  double l1, l2;
};

// Rows of X that a loss or a step is about, a mini-batch or all of them, and what they count for.
struct Batch {
  const int64_t *order;  // rows order[0 … n), or first … first + n without an order
  int64_t first;
  int64_t n;
  int64_t ahead;         // rows after these that are wanted next, worth fetching
  double scale = 1;      // of losses and gradients: 1 / Σ weights for a mean
  int exponent = 0;      // weights are divided by 2^exponent before they meet `scale` (weights.h)
  bool counts = true;    // false: no row does, whatever the weights
};

// Outputs of a loss; null: not wanted.
template <class T>
struct Gradients {
  double loss;
  T *losses;        // (n)
  T *dW, *db, *dX;  // (c, d), (c), (n, d)
};

// Weights in training, updated in place; null: none.
template <class T>
struct Trained {
  T *W, *b;                    // (c, d), (c)
  T *velocity_W, *velocity_b;
};

}  // namespace fastlc
