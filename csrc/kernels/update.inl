// Epilogues, which take a finished vector of the gradient: it is stored, or steps the weights at once. Penalties. Averages of
// the weights.
#pragma once

#include "kernels/simd.h"
#include "kernels/table.h"

namespace {

// An epilogue is called with a vector of the gradient, at element i of (C, D); n of its lanes count if they are fewer than
// all.

template <class T>
struct StoreGradient {
  T *dW;
  bool first;  // else it is added to what dW holds: a block's sum starts at 0, or its rows would meet a sum of many more
  FASTLC_INLINE void operator()(int64_t i, Vec<T> g) const { store(dW + i, first ? g : load(dW + i) + g); }
  FASTLC_INLINE void operator()(int64_t i, Vec<T> g, int64_t n) const {
    store_first(dW + i, n, first ? g : load_first(dW + i, n) + g);
  }
};

// Stochastic gradient descent, see fastlc_sgd. `plain`: the rate alone, without what would take longer to
// ask for than the step.
template <class T, bool plain>
struct Descend {
  Descend(double lr, const fastlc_sgd &sgd, T *W, T *velocity)
      : rate(T(lr)), momentum(T(sgd.momentum)), gain(T(1 - sgd.dampening)), decay(T(sgd.weight_decay)),
        shrink(sgd.l1 == 0 ? T(0) : T(reach(lr, sgd) * sgd.l1)),
        contract(sgd.l2 == 0 ? T(1) : T(1 / (1 + reach(lr, sgd) * sgd.l2))), nesterov(sgd.nesterov),
        W(W), velocity(sgd.momentum != 0 ? velocity : nullptr) {}
  // As far as a gradient moves the weights in the end: the proximal step must keep pace with it.
  static double reach(double lr, const fastlc_sgd &sgd) {
    return sgd.momentum == 0 ? lr : lr * (1 - sgd.dampening) / (1 - sgd.momentum);
  }
  FASTLC_INLINE void operator()(int64_t i, Vec<T> g) const {
    auto load_whole = [](const T *p) FASTLC_INLINE_LAMBDA { return load(p); };
    update(i, g, load_whole, [](T *p, Vec<T> v) FASTLC_INLINE_LAMBDA { store(p, v); });
  }
  FASTLC_INLINE void operator()(int64_t i, Vec<T> g, int64_t n) const {
    auto load_part = [n](const T *p) FASTLC_INLINE_LAMBDA { return load_first(p, n); };
    update(i, g, load_part, [n](T *p, Vec<T> v) FASTLC_INLINE_LAMBDA { store_first(p, n, v); });
  }
  template <class Load, class Store>
  FASTLC_INLINE void update(int64_t i, Vec<T> g, Load load_at, Store store_at) const {
    Vec<T> w = load_at(W + i);
    if constexpr (plain) {
      store_at(W + i, w - rate * g);
      return;
    }
    if (decay != 0) g += decay * w;
    if (velocity) {
      const Vec<T> v = momentum * load_at(velocity + i) + gain * g;
      store_at(velocity + i, v);
      g = nesterov ? g + momentum * v : v;
    }
    w -= rate * g;
    if (shrink != 0) {
      const Vec<T> size = abs_of<T>(w) - shrink;
      w = select<T>(size <= T(0), Vec<T>{}, select<T>(w < T(0), -size, size));
    }
    if (contract != 1) w *= contract;
    store_at(W + i, w);
  }

  T rate, momentum, gain, decay, shrink, contract;
  bool nesterov;
  T *W, *velocity;
};

template <class T, bool plain>
void descend(int64_t count, const T *dW, const Descend<T, plain> finish) {
  int64_t i = 0;
  for (; i + kLanes<T> <= count; i += kLanes<T>) finish(i, load(dW + i));
  if (i < count) finish(i, load_first(dW + i, count - i), count - i);
}

inline bool is_plain(const fastlc_sgd &sgd) {
  return sgd.momentum == 0 && sgd.weight_decay == 0 && sgd.l1 == 0 && sgd.l2 == 0;
}

template <class T>
double penalty(const fastlc::Problem<T> &problem, T *dW) {
  constexpr int L = kLanes<T>;
  const T l1 = T(problem.l1), l2 = T(problem.l2);
  Wide<T> squares = {}, absolutes = {};
  for (int64_t c = 0; c < problem.c; ++c) {
    const T *w = problem.W + c * problem.W_stride;
    for (int64_t j = 0; j < problem.d; j += L) {
      const int64_t wide = min_of(L, problem.d - j);
      const Vec<T> v = load_up_to(w + j, wide);
      const Wide<T> exact = widen<T>(v);
      squares += exact * exact;
      absolutes += widen<T>(abs_of<T>(v));
      if (!dW) continue;
      const Vec<T> sign = select<T>(v > T(0), broadcast<T>(1), select<T>(v < T(0), broadcast<T>(-1), v));
      T *to = dW + c * problem.d + j;
      Vec<T> g = load_up_to<T>(to, wide);
      if (l1 != 0) g += sign * l1;  // an absent penalty is not 0 · inf
      if (l2 != 0) g += v * l2;
      store_up_to(to, wide, g);
    }
  }
  return (problem.l1 != 0 ? problem.l1 * sum_of<T>(absolutes) : 0) + (problem.l2 != 0 ? problem.l2 / 2 * sum_of<T>(squares) : 0);
}

// Averages are kept in double: the t-th step moves them by 1/t of a difference, which is soon below half an ulp of a float.
template <class T>
void average(int64_t count, const T *w, double *average, double share) {
  constexpr int L = kLanes<T>;
  int64_t i = 0;
  for (; i + L <= count; i += L) {
    const Wide<T> now = widen<T>(load(w + i)), before = load_wide<T>(average + i);
    store_wide<T>(average + i, share == 1 ? now : before + (now - before) * share);
  }
  for (; i < count; ++i) average[i] = share == 1 ? double(w[i]) : average[i] + (double(w[i]) - average[i]) * share;
}

}  // namespace
