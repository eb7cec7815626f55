// What each instruction set provides: one table of functions, filled by isa/*.cpp from the same loops.
//
// Plain data only: this header is compiled for every instruction set, so an inline function in it could leak from a higher
// one into the baseline build.
#pragma once

#include "include/fastlc.h"
#include "runtime/parallel.h"

namespace fastlc {

struct Run {  // what a call carries from its entry to its kernels
  Cancel &cancel;
  Scratch &scratch, &partials, &gradient;
  int threads;  // read once, so that no change of the setting meets a call under way
};

// Rows of X and what they count for.
struct Rows {
  const int64_t *order;  // rows order[0 … n), or first … first + n without an order
  int64_t first;
  int64_t n;
  int64_t ahead;         // rows after these that will be wanted next, worth fetching
  double scale = 1;      // of losses and gradients: 1 / Σ weights for a mean
  int exponent = 0;      // weights are divided by 2^exponent before they meet `scale` (weights.h)
  bool counts = true;    // false: no row does, whatever the weights
};

// Each returns false if it was cancelled. Arguments have been checked.
template <class T>
struct Kernels {
  bool (*scores)(const fastlc_call &, Run &, T *out);
  bool (*predict)(const fastlc_call &, Run &, int64_t *out);
  bool (*predict_proba)(const fastlc_call &, Run &, T *out);
  bool (*softmax)(const fastlc_call &, Run &, T *out);
  bool (*log_softmax)(const fastlc_call &, Run &, T *out);
  bool (*sigmoid)(const fastlc_call &, Run &, T *out);
  bool (*loss)(const fastlc_call &, const Rows &, Run &, fastlc_gradients &out);  // of the data, without penalties
  // Returns the penalty and adds its gradient to dW (C, D), unless that is null.
  double (*penalty)(const fastlc_call &, T *dW);
  void (*sgd_step)(int64_t count, double lr, const fastlc_sgd &, T *W, const T *dW, T *velocity);
  // A mini-batch of sgd_epoch: updates W and b (which call.W and call.b are) and returns the loss.
  bool (*sgd_batch)(const fastlc_call &, const Rows &, Run &, double lr, const fastlc_sgd &, const fastlc_epoch &, double *loss);
  // What a step that leaves W and b as they are does to their averages.
  void (*average)(const fastlc_call &, const fastlc_epoch &);
  // Element by element, x and out of n: what the losses are made of, to measure its errors (elementwise.inl).
  void (*exp)(int64_t n, const T *x, T *out);
  void (*log)(int64_t n, const T *x, T *out);    // of normal positive numbers
  void (*log1p)(int64_t n, const T *x, T *out);  // of [0, 1]
  // What the machine can do, for the benchmark (roofline.inl).
  double (*multiply_add)(int64_t count);
  double (*read)(const T *, int64_t n, int64_t times);
};

struct LossInfo {
  fastlc_loss_description description;
  const char *(*expected)(int option, double value);  // null if the value will do, else what would
  bool (*weighs_classes)(const fastlc_call &);        // class weights are within the loss, not weights of rows
};

struct InstructionSet {
  const char *name;
  Kernels<float> float32;
  Kernels<double> float64;
  const LossInfo *losses;
  int loss_count;
};

}  // namespace fastlc
