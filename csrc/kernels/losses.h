// The losses: each is one small struct, the mathematics of a column of scores and nothing else.
//
// Scores come transposed, classes down and examples across: lane i of every vector belongs to example i, so that a loss is
// written as for one example. `s[c]` is the score of class c; the loss is returned, and d loss / d s[c] is left in its
// place. Weights of rows, means and the sum over examples are the caller's.
//
// To add a loss: a struct here and its name in FASTLC_LOSSES; then CONTRIBUTING.md.
#pragma once

#include "kernels/simd.h"
#include "kernels/table.h"
#include "kernels/weights.h"

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

// Sums over the classes of the n vectors that terms(c) gives. Blocks of kSumClasses start at 0, and their sums are added
// exactly, so that a sum is off by kSumClasses roundings and two more at the most, however many classes there are.
constexpr int64_t kSumClasses = 64;
template <class T, int n>
struct Terms {
  Vec<T> of[n];
};
template <class T, int n, class F>
FASTLC_INLINE Terms<T, n> sums_over_classes(int64_t classes, F terms) {
  Terms<T, n> total = {}, lost = {};
  for (int64_t c = 0;;) {
    const int64_t end = min_of(classes, c + kSumClasses);
    Terms<T, n> block = {};
    for (; c < end; ++c) {
      const Terms<T, n> add = terms(c);
      FASTLC_UNROLL
      for (int i = 0; i < n; ++i) block.of[i] += add.of[i];
    }
    if (classes <= kSumClasses) return block;
    FASTLC_UNROLL
    for (int i = 0; i < n; ++i) add_exactly<T>(block.of[i], total.of[i], lost.of[i]);
    if (c < classes) continue;
    FASTLC_UNROLL
    for (int i = 0; i < n; ++i) total.of[i] = sum_with_lost<T>(total.of[i], lost.of[i]);
    return total;
  }
}
template <class T, class F>
FASTLC_INLINE Vec<T> sum_over_classes(int64_t classes, F term) {
  auto terms = [&](int64_t c) FASTLC_INLINE_LAMBDA { return Terms<T, 1>{{term(c)}}; };
  return sums_over_classes<T, 1>(classes, terms).of[0];
}

// s[c] becomes exp(s[c] − max); returns their sum. A nan or inf among the scores makes all of them nan.
template <class T>
FASTLC_INLINE Vec<T> exp_shifted(Column<T> s, Vec<T> *max) {
  const Vec<T> highest = *max = highest_of(s);
  return sum_over_classes<T>(s.classes, [&](int64_t c) FASTLC_INLINE_LAMBDA {
    const Vec<T> e = exp_of<T>(s[c] - highest);
    s.set(c, e);
    return e;
  });
}

// ---- Losses of all scores of a row together ---------------------------------------------------------------------------

// Whether a loss weighs by class itself. If not, the weight of a row's class is a weight of the row, which is the caller's.
struct WeighedByRow {
  static bool weighs_classes(bool, const double *) { return false; }
};

struct NoOptions {
  static const char *expected(int, double) { return nullptr; }
};

template <class T>
struct CrossEntropy {
  static constexpr fastlc_loss_description kInfo = {
      sizeof(fastlc_loss_description), "cross_entropy", FASTLC_LABELS | FASTLC_VALUES | FASTLC_MEAN_BY_CLASS, 1, {"label_smoothing"}, {0}};
  static const char *expected(int, double value) { return value >= 0 && value <= 1 ? nullptr : "a number in [0, 1]"; }
  static bool weighs_classes(bool targets, const double *options) { return targets || options[0] != 0; }
  explicit CrossEntropy(const fastlc::Problem<T> &problem) : smoothing(T(problem.options[0])), class_weight(problem.class_weight) {}

  FASTLC_INLINE Vec<T> operator()(Column<T> s, Label<T> y) const {
    const T each = smoothing / T(s.classes);
    if (smoothing != 0) {
      const Vec<T> wrong = broadcast<T>(each), right = broadcast<T>(T(1) - smoothing + each);
      return against(s, [&](int64_t c) FASTLC_INLINE_LAMBDA { return select<T>(y.is(c), right, wrong); });
    }
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

  FASTLC_INLINE Vec<T> operator()(Column<T> s, Target<T> y) const {
    const T each = smoothing / T(s.classes), rest = T(1) - smoothing;
    return against(s, [&](int64_t c) FASTLC_INLINE_LAMBDA { return y[c] * rest + each; });
  }

  // Against target(c), which with class weights do not add up to 1.
  template <class F>
  FASTLC_INLINE Vec<T> against(Column<T> s, F target) const {
    auto weighted = [&](int64_t c) FASTLC_INLINE_LAMBDA {
      return class_weight ? target(c) * class_weight[c] : target(c);
    };
    const Vec<T> max = highest_of(s);
    const Terms<T, 3> sums = sums_over_classes<T, 3>(s.classes, [&](int64_t c) FASTLC_INLINE_LAMBDA {
      const Vec<T> shifted = s[c] - max, t = weighted(c), e = exp_of<T>(shifted);
      s.set(c, e);
      return Terms<T, 3>{{e, t, select<T>(t == T(0), Vec<T>{}, t * shifted)}};  // nothing of a target of 0
    });
    const Vec<T> sum = sums.of[0], targets = sums.of[1], own = sums.of[2];
    const Vec<T> factor = targets / sum;
    for (int64_t c = 0; c < s.classes; ++c) s.set(c, s[c] * factor - weighted(c));
    return targets * log_of<T>(sum) - own;
  }

  T smoothing;
  const T *class_weight;
};

template <class T>
struct Hinge : WeighedByRow {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "hinge", FASTLC_LABELS, 2, {"margin", "p"}, {1, 1}};
  static const char *expected(int option, double value) {
    if (option == 0) return is_finite(value) ? nullptr : "a finite number";
    return value == 1 || value == 2 ? nullptr : "1 or 2";
  }
  explicit Hinge(const fastlc::Problem<T> &problem) : margin(T(problem.options[0])), squared(problem.options[1] == 2) {}

  FASTLC_INLINE Vec<T> operator()(Column<T> s, Label<T> y) const {
    const Vec<T> own = y.pick(s);
    const Terms<T, 2> sums = sums_over_classes<T, 2>(s.classes, [&](int64_t c) FASTLC_INLINE_LAMBDA {
      const Vec<T> m = s[c] - own + margin;
      const Mask<T> idle = (m <= T(0)) | y.is(c);  // nan is not idle
      const Vec<T> step = squared ? m * T(2) : select<T>(m > T(0), broadcast<T>(1), m);
      const Vec<T> slope = select<T>(idle, Vec<T>{}, step);
      s.set(c, slope);
      return Terms<T, 2>{{select<T>(idle, Vec<T>{}, squared ? m * m : m), slope}};
    });
    const Vec<T> loss = sums.of[0], slope = sums.of[1];
    for (int64_t c = 0; c < s.classes; ++c) s.set(c, select<T>(y.is(c), -slope, s[c]));
    return loss;
  }

  T margin;
  bool squared;
};

template <class T>
struct CrammerSinger : WeighedByRow {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "crammer_singer", FASTLC_LABELS, 1, {"margin"}, {1}};
  static const char *expected(int, double value) { return is_finite(value) ? nullptr : "a finite number"; }
  explicit CrammerSinger(const fastlc::Problem<T> &problem) : margin(T(problem.options[0])) {}

  FASTLC_INLINE Vec<T> operator()(Column<T> s, Label<T> y) const {
    if (s.classes == 1) {
      s.set(0, Vec<T>{});
      return Vec<T>{};
    }
    Vec<T> own = {}, rival = broadcast<T>(-T(__builtin_inf()));
    Mask<T> who = y.is(0) & Int<T>(1);  // the first that is not the label, until one is higher
    for (int64_t c = 0; c < s.classes; ++c) {
      const Vec<T> v = s[c];
      const Mask<T> is_own = y.is(c), better = ~(v <= rival) & (rival == rival) & ~is_own;  // nan is higher than all
      own = select<T>(is_own, v, own);
      rival = select<T>(better, v, rival);
      who = better ? (Mask<T>{} + Int<T>(c)) : who;
    }
    const Vec<T> m = rival - own + margin;
    const Mask<T> idle = m <= T(0);
    const Vec<T> slope = select<T>(idle, Vec<T>{}, select<T>(m > T(0), broadcast<T>(1), m));
    for (int64_t c = 0; c < s.classes; ++c) {
      s.set(c, select<T>(y.is(c), -slope, select<T>(who == Int<T>(c), slope, Vec<T>{})));
    }
    return select<T>(idle, Vec<T>{}, m);
  }

  T margin;
};

// ---- One-vs-rest: a sum over scores, each of a binary problem of its own ------------------------------------------------

// Self::of_margin(z, &slope) is the loss of a score s at z = s if the row is of its class and at z = −s if not. A single
// score tells label 1 from label 0.
template <class T, class Self>
struct OneVsRest : NoOptions {
  static bool weighs_classes(bool, const double *) { return true; }
  explicit OneVsRest(const fastlc::Problem<T> &problem) : class_weight(problem.class_weight), pos_weight(problem.pos_weight) {}

  FASTLC_INLINE Vec<T> operator()(Column<T> s, Label<T> y) const {
    const int64_t first = s.classes == 1;
    return sum_over_classes<T>(s.classes, [&](int64_t c) FASTLC_INLINE_LAMBDA {
      const Mask<T> own = y.is(c + first);
      const Vec<T> v = s[c];
      Vec<T> slope, value = static_cast<const Self *>(this)->of_margin(select<T>(own, v, -v), &slope);
      slope = select<T>(own, slope, -slope);
      if (class_weight || pos_weight) {
        const Vec<T> weight = select<T>(own, broadcast<T>(positives_of(c)), broadcast<T>(1)) * weight_of(c);
        value *= weight;
        slope *= weight;
      }
      s.set(c, slope);
      return value;
    });
  }

  FASTLC_INLINE T weight_of(int64_t c) const { return class_weight ? class_weight[c] : T(1); }
  FASTLC_INLINE T positives_of(int64_t c) const { return pos_weight ? pos_weight[c] : T(1); }

  const T *class_weight, *pos_weight;
};

template <class T>
struct Logistic : OneVsRest<T, Logistic<T>> {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "logistic", FASTLC_LABELS | FASTLC_VALUES | FASTLC_ONE_VS_REST | FASTLC_PROBABILITIES, 0, {}, {}};
  using OneVsRest<T, Logistic>::OneVsRest;
  using OneVsRest<T, Logistic>::operator();

  // log(1 + e^−z), with −σ(−z).
  FASTLC_INLINE Vec<T> of_margin(Vec<T> z, Vec<T> *slope) const {
    Vec<T> inverse;
    const Vec<T> e = exp_of<T>(-abs_of<T>(z)), tail = log1p_of<T>(e, &inverse);
    *slope = -select<T>(z < T(0), inverse, e * inverse);
    return select<T>(z < T(0), -z, Vec<T>{}) + tail;
  }

  // (1 − t) log(1 + e^s) + p t log(1 + e^−s), where a part of 0 is none, of a score of ±inf too.
  FASTLC_INLINE Vec<T> operator()(Column<T> s, Target<T> y) const {
    return sum_over_classes<T>(s.classes, [&](int64_t c) FASTLC_INLINE_LAMBDA {
      const Vec<T> v = s[c], t = y[c];
      const Vec<T> no = (T(1) - t) * this->weight_of(c), yes = t * this->positives_of(c) * this->weight_of(c);
      Vec<T> inverse;
      const Vec<T> e = exp_of<T>(-abs_of<T>(v)), tail = log1p_of<T>(e, &inverse);
      const Mask<T> below = v < T(0);
      s.set(c, no * select<T>(below, e * inverse, inverse) - yes * select<T>(below, inverse, e * inverse));
      const Vec<T> up = select<T>(below, Vec<T>{}, v) + tail, down = select<T>(below, -v, Vec<T>{}) + tail;
      return select<T>(no == T(0), Vec<T>{}, no * up) + select<T>(yes == T(0), Vec<T>{}, yes * down);
    });
  }
};

template <class T>
struct OvrHinge : OneVsRest<T, OvrHinge<T>> {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "ovr_hinge", FASTLC_LABELS | FASTLC_ONE_VS_REST, 0, {}, {}};
  using OneVsRest<T, OvrHinge>::OneVsRest;
  FASTLC_INLINE Vec<T> of_margin(Vec<T> z, Vec<T> *slope) const {
    const Mask<T> idle = z > T(1);  // nan is not idle
    *slope = select<T>(idle, Vec<T>{}, select<T>(z <= T(1), broadcast<T>(-1), z));
    return select<T>(idle, Vec<T>{}, T(1) - z);
  }
};

template <class T>
struct OvrSquaredHinge : OneVsRest<T, OvrSquaredHinge<T>> {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "ovr_squared_hinge", FASTLC_LABELS | FASTLC_ONE_VS_REST, 0, {}, {}};
  using OneVsRest<T, OvrSquaredHinge>::OneVsRest;
  FASTLC_INLINE Vec<T> of_margin(Vec<T> z, Vec<T> *slope) const {
    const Vec<T> m = select<T>(z > T(1), Vec<T>{}, T(1) - z);
    *slope = m * T(-2);
    return m * m;
  }
};

template <class T>
struct OvrPerceptron : OneVsRest<T, OvrPerceptron<T>> {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "ovr_perceptron", FASTLC_LABELS | FASTLC_ONE_VS_REST, 0, {}, {}};
  using OneVsRest<T, OvrPerceptron>::OneVsRest;
  FASTLC_INLINE Vec<T> of_margin(Vec<T> z, Vec<T> *slope) const {
    const Mask<T> idle = z > T(0);
    *slope = select<T>(idle, Vec<T>{}, select<T>(z <= T(0), broadcast<T>(-1), z));
    return select<T>(idle, Vec<T>{}, -z);
  }
};

template <class T>
struct OvrModifiedHuber : OneVsRest<T, OvrModifiedHuber<T>> {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "ovr_modified_huber", FASTLC_LABELS | FASTLC_ONE_VS_REST, 0, {}, {}};
  using OneVsRest<T, OvrModifiedHuber>::OneVsRest;
  FASTLC_INLINE Vec<T> of_margin(Vec<T> z, Vec<T> *slope) const {
    const Mask<T> far = z < T(-1);
    const Vec<T> m = select<T>(z >= T(1), Vec<T>{}, T(1) - z);
    *slope = select<T>(far, broadcast<T>(-4), m * T(-2));
    return select<T>(far, z * T(-4), m * m);
  }
};

// ---- Regression: a sum over scores, each with a target of its own -------------------------------------------------------

// Self::of_score(s, y, &slope).
template <class T, class Self>
struct Regression : WeighedByRow {
  FASTLC_INLINE Vec<T> operator()(Column<T> s, Target<T> y) const {
    return sum_over_classes<T>(s.classes, [&](int64_t c) FASTLC_INLINE_LAMBDA {
      Vec<T> slope;
      const Vec<T> value = static_cast<const Self *>(this)->of_score(s[c], y[c], &slope);
      s.set(c, slope);
      return value;
    });
  }
};

template <class T>
struct SquaredError : Regression<T, SquaredError<T>>, NoOptions {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "squared_error", FASTLC_VALUES, 0, {}, {}};
  explicit SquaredError(const fastlc::Problem<T> &) {}
  FASTLC_INLINE Vec<T> of_score(Vec<T> s, Vec<T> y, Vec<T> *slope) const {
    const Vec<T> residual = s - y;
    *slope = residual * T(2);
    return residual * residual;
  }
};

template <class T>
struct SigmoidSquaredError : Regression<T, SigmoidSquaredError<T>>, NoOptions {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "sigmoid_squared_error", FASTLC_VALUES, 0, {}, {}};
  explicit SigmoidSquaredError(const fastlc::Problem<T> &) {}
  FASTLC_INLINE Vec<T> of_score(Vec<T> s, Vec<T> y, Vec<T> *slope) const {
    Vec<T> derivative;
    const Vec<T> residual = sigmoid_of<T>(s, &derivative) - y;
    *slope = residual * derivative * T(2);
    return residual * residual;
  }
};

// The option of the losses that follow.
struct Epsilon {
  static const char *expected(int, double value) {
    return is_finite(value) && value >= 0 ? nullptr : "a finite number >= 0";
  }
};

template <class T>
struct Huber : Regression<T, Huber<T>>, Epsilon {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "huber", FASTLC_VALUES, 1, {"epsilon"}, {0.1}};
  explicit Huber(const fastlc::Problem<T> &problem) : epsilon(T(problem.options[0])) {}
  FASTLC_INLINE Vec<T> of_score(Vec<T> s, Vec<T> y, Vec<T> *slope) const {
    const Vec<T> residual = s - y, size = abs_of<T>(residual);
    *slope = clamp<T>(residual, broadcast<T>(-epsilon), broadcast<T>(epsilon));
    return select<T>(size <= epsilon, residual * residual * T(0.5), (size - epsilon * T(0.5)) * epsilon);
  }
  T epsilon;
};

template <class T>
struct EpsilonInsensitive : Regression<T, EpsilonInsensitive<T>>, Epsilon {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "epsilon_insensitive", FASTLC_VALUES, 1, {"epsilon"}, {0.1}};
  explicit EpsilonInsensitive(const fastlc::Problem<T> &problem) : epsilon(T(problem.options[0])) {}
  FASTLC_INLINE Vec<T> of_score(Vec<T> s, Vec<T> y, Vec<T> *slope) const {
    const Vec<T> residual = s - y, m = abs_of<T>(residual) - epsilon;
    const Mask<T> idle = m <= T(0);
    const Vec<T> sign = select<T>(residual > T(0), broadcast<T>(1), select<T>(residual < T(0), broadcast<T>(-1), residual));
    *slope = select<T>(idle, Vec<T>{}, sign);
    return select<T>(idle, Vec<T>{}, m);
  }
  T epsilon;
};

template <class T>
struct SquaredEpsilonInsensitive : Regression<T, SquaredEpsilonInsensitive<T>>, Epsilon {
  static constexpr fastlc_loss_description kInfo = {sizeof(fastlc_loss_description), "squared_epsilon_insensitive", FASTLC_VALUES, 1, {"epsilon"}, {0.1}};
  explicit SquaredEpsilonInsensitive(const fastlc::Problem<T> &problem) : epsilon(T(problem.options[0])) {}
  FASTLC_INLINE Vec<T> of_score(Vec<T> s, Vec<T> y, Vec<T> *slope) const {
    const Vec<T> residual = s - y, beyond = abs_of<T>(residual) - epsilon;
    const Vec<T> m = select<T>(beyond <= T(0), Vec<T>{}, beyond);
    *slope = select<T>(residual < T(0), m * T(-2), m * T(2));
    return m * m;
  }
  T epsilon;
};

#define FASTLC_LOSSES(X)                                                                                            \
  X(CrossEntropy) X(Hinge) X(CrammerSinger)                                                                         \
  X(Logistic) X(OvrHinge) X(OvrSquaredHinge) X(OvrPerceptron) X(OvrModifiedHuber)                                   \
  X(SquaredError) X(SigmoidSquaredError) X(Huber) X(EpsilonInsensitive) X(SquaredEpsilonInsensitive)

}  // namespace
