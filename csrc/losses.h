// The losses: each is one small struct, the mathematics of a column of scores and nothing else.
//
// Scores come transposed, classes down and examples across: lane i of every vector belongs to example i, so that a loss is
// written as for one example. `s[c]` is the score of class c; the loss is returned, and d loss / d s[c] is left in its
// place. Weights, means and the sum over examples are the caller's.
//
// To add a loss: a struct here and its name in FASTLC_LOSSES; then CONTRIBUTING.md.
#pragma once

#include "kernels.h"
#include "simd.h"

namespace {

// kLanes examples: (C) vectors, `stride` elements apart.
template <class T>
struct Column {
  T *data;
  int64_t stride;
  int64_t classes;
  FASTLC_INLINE Vec<T> operator[](int64_t c) const { return load(data + c * stride); }
  FASTLC_INLINE void set(int64_t c, Vec<T> v) const { store(data + c * stride, v); }
};

template <class T>
struct Label {  // the label of each example
  Mask<T> label;
  FASTLC_INLINE Mask<T> is(int64_t c) const { return label == Int<T>(c); }
  FASTLC_INLINE Vec<T> pick(Column<T> s) const {  // s[y]
    Vec<T> picked = {};
    for (int64_t c = 0; c < s.classes; ++c) picked = select<T>(is(c), s[c], picked);
    return picked;
  }
};

template <class T>
struct Target {  // the target of each score
  const T *data;
  int64_t stride;
  FASTLC_INLINE Vec<T> operator[](int64_t c) const { return load(data + c * stride); }
};

template <class T>
FASTLC_INLINE Vec<T> highest_of(Column<T> s) {
  Vec<T> highest = s[0];
  for (int64_t c = 1; c < s.classes; ++c) {
    const Vec<T> v = s[c];
    highest = select<T>(v > highest, v, highest);
  }
  return highest;
}

// s[c] becomes exp(s[c] − max); returns their sum. A nan or inf among the scores makes all of them nan.
template <class T>
FASTLC_INLINE Vec<T> exp_shifted(Column<T> s, Vec<T> *max) {
  *max = highest_of(s);
  Vec<T> sum = {};
  for (int64_t c = 0; c < s.classes; ++c) {
    const Vec<T> e = exp_of<T>(s[c] - *max);
    s.set(c, e);
    sum += e;
  }
  return sum;
}

struct WeighedByRow {  // the weight of a row's class is the row's, as is its sample weight; weighting is the caller's
  static bool weighs_classes(const double *) { return false; }
};

template <class T>
struct CrossEntropy {
  static constexpr fastlc_loss_description kInfo = {"cross_entropy", 0, 1, 1, {"label_smoothing"}};
  static const char *expected(int, double value) { return value >= 0 && value <= 1 ? nullptr : "a number in [0, 1]"; }
  static bool weighs_classes(const double *options) { return options[0] != 0; }
  CrossEntropy(const double *options, const T *class_weight) : smoothing(T(options[0])), class_weight(class_weight) {}

  FASTLC_INLINE Vec<T> operator()(Column<T> s, Label<T> y) const {
    if (smoothing != 0) return smoothed(s, y);
    const Vec<T> own = y.pick(s);
    Vec<T> max;
    const Vec<T> sum = exp_shifted(s, &max);
    const Vec<T> inverse = T(1) / sum;
    for (int64_t c = 0; c < s.classes; ++c) {
      const Vec<T> p = s[c] * inverse;
      s.set(c, select<T>(y.is(c), p - T(1), p));
    }
    return log_of<T>(sum) - (own - max);
  }

  // Against the targets t[c] = k[c] ((1 − ε) [c = y] + ε / C), which do not add up to 1.
  FASTLC_INLINE Vec<T> smoothed(Column<T> s, Label<T> y) const {
    const T each = smoothing / T(s.classes);
    const Vec<T> wrong = broadcast<T>(each), right = broadcast<T>(T(1) - smoothing + each);
    auto target = [&](int64_t c) FASTLC_INLINE_LAMBDA {
      const Vec<T> t = select<T>(y.is(c), right, wrong);
      return class_weight ? t * class_weight[c] : t;
    };
    const Vec<T> max = highest_of(s);
    Vec<T> sum = {}, targets = {}, own = {};
    for (int64_t c = 0; c < s.classes; ++c) {
      const Vec<T> shifted = s[c] - max, t = target(c), e = exp_of<T>(shifted);
      own += t * shifted;
      targets += t;
      sum += e;
      s.set(c, e);
    }
    const Vec<T> factor = targets / sum;
    for (int64_t c = 0; c < s.classes; ++c) s.set(c, s[c] * factor - target(c));
    return targets * log_of<T>(sum) - own;
  }

  T smoothing;
  const T *class_weight;
};

template <class T>
struct Hinge : WeighedByRow {
  static constexpr fastlc_loss_description kInfo = {"hinge", 0, 0, 2, {"margin", "p"}};
  static const char *expected(int option, double value) {
    if (option == 0) return value - value == 0 ? nullptr : "a finite number";
    return value == 1 || value == 2 ? nullptr : "1 or 2";
  }
  Hinge(const double *options, const T *) : margin(T(options[0])), squared(options[1] == 2) {}

  FASTLC_INLINE Vec<T> operator()(Column<T> s, Label<T> y) const {
    const Vec<T> own = y.pick(s);
    Vec<T> loss = {}, slope = {};
    for (int64_t c = 0; c < s.classes; ++c) {
      const Vec<T> m = s[c] - own + margin;
      const Mask<T> idle = (m <= T(0)) | y.is(c);  // nan is not idle
      const Vec<T> step = squared ? m * T(2) : select<T>(m > T(0), broadcast<T>(1), m);
      const Vec<T> d = select<T>(idle, Vec<T>{}, step);
      loss += select<T>(idle, Vec<T>{}, squared ? m * m : m);
      slope += d;
      s.set(c, d);
    }
    for (int64_t c = 0; c < s.classes; ++c) s.set(c, select<T>(y.is(c), -slope, s[c]));
    return loss;
  }

  T margin;
  bool squared;
};

template <class T>
struct SquaredError : WeighedByRow {
  static constexpr fastlc_loss_description kInfo = {"squared_error", 1, 0, 0, {}};
  static const char *expected(int, double) { return nullptr; }
  SquaredError(const double *, const T *) {}

  FASTLC_INLINE Vec<T> operator()(Column<T> s, Target<T> y) const {
    Vec<T> loss = {};
    for (int64_t c = 0; c < s.classes; ++c) {
      const Vec<T> residual = s[c] - y[c];
      loss += residual * residual;
      s.set(c, residual * T(2));
    }
    return loss;
  }
};

template <class T>
struct SigmoidSquaredError : WeighedByRow {
  static constexpr fastlc_loss_description kInfo = {"sigmoid_squared_error", 1, 0, 0, {}};
  static const char *expected(int, double) { return nullptr; }
  SigmoidSquaredError(const double *, const T *) {}

  FASTLC_INLINE Vec<T> operator()(Column<T> s, Target<T> y) const {
    Vec<T> loss = {};
    for (int64_t c = 0; c < s.classes; ++c) {
      Vec<T> slope;
      const Vec<T> residual = sigmoid_of<T>(s[c], &slope) - y[c];
      loss += residual * residual;
      s.set(c, residual * slope * T(2));
    }
    return loss;
  }
};

#define FASTLC_LOSSES(X) X(CrossEntropy) X(Hinge) X(SquaredError) X(SigmoidSquaredError)

}  // namespace
