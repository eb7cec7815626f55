// The table of functions that each instruction set provides, filled by isa/*.cpp from the same loops.
//
// Plain data only: this header is compiled for every instruction set, so an inline function in it could leak from a higher
// one into the baseline build.
#pragma once

#include "kernels/problem.h"
#include "runtime/parallel.h"

namespace fastlc {

struct Run {  // of a call, from its entry to its kernels: workspaces and threads
  Cancel &cancel;
  Scratch &scratch, &partials, &gradient;
  int threads;  // read once, so that no change of the setting meets a call under way
};

// Those that return a bool return false if they were cancelled. Arguments have been checked.
template <class T>
struct Kernels {
  bool (*scores)(const Problem<T> &, Run &, T *out);
  bool (*predict)(const Problem<T> &, Run &, int64_t *out);
  bool (*predict_proba)(const Problem<T> &, Run &, T *out);
  bool (*softmax)(const Problem<T> &, Run &, T *out);
  bool (*log_softmax)(const Problem<T> &, Run &, T *out);
  bool (*sigmoid)(const Problem<T> &, Run &, T *out);
  bool (*loss)(const Problem<T> &, const Batch &, Run &, Gradients<T> &out);  // of the data, without penalties
  // Returns the penalty and adds its gradient to dW (C, D), unless that is null.
  double (*penalty)(const Problem<T> &, T *dW);
  void (*sgd_step)(int64_t count, double lr, const fastlc_sgd &, T *W, const T *dW, T *velocity);
  // A mini-batch of sgd_epoch: updates W and b, which are also those of the problem, and returns the loss.
  bool (*sgd_batch)(const Problem<T> &, const Batch &, Run &, double lr, const fastlc_sgd &, const Trained<T> &, double *loss);
  // average += share (weights − average), for `count` elements.
  void (*average)(int64_t count, const T *weights, double *average, double share);
  // Element by element, x and out of n: the functions in the losses, to measure their errors (elementwise.inl).
  void (*exp)(int64_t n, const T *x, T *out);
  void (*log)(int64_t n, const T *x, T *out);    // of normal positive numbers
  void (*log1p)(int64_t n, const T *x, T *out);  // of [0, 1]
  // The most that the machine can do, for the benchmark (roofline.inl).
  double (*multiply_add)(int64_t count);
  double (*read)(const T *, int64_t n, int64_t times);
};

struct LossInfo {
  fastlc_loss_description description;
  const char *(*expected)(int option, double value);  // null if the value will do, else what would
  bool (*weighs_classes)(bool targets, const double *options);  // class weights are within the loss, not weights of rows
};

struct InstructionSet {
  const char *name;
  Kernels<float> float32;
  Kernels<double> float64;
  const LossInfo *losses;
  int loss_count;
};

}  // namespace fastlc
