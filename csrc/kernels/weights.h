// Weights whose products or sums leave the range of a double: mantissas are multiplied, exponents added.
//
// A mean does not depend on the scale of its weights, so that a common power of two can be taken off all of them, exactly.
#pragma once

namespace {

// v k 2^−exponent, rounded once, for finite v and k.
inline double scaled_product(double v, double k, int exponent) {
  int of_v, of_k;
  const double mantissas = __builtin_frexp(v, &of_v) * __builtin_frexp(k, &of_k);
  return __builtin_ldexp(mantissas, of_v + of_k - exponent);
}

// The exponent of v k: |v k| 2^−exponent is in [1/4, 1).
inline int exponent_of_product(double v, double k) {
  int of_v, of_k;
  __builtin_frexp(v, &of_v);
  __builtin_frexp(k, &of_k);
  return of_v + of_k;
}

inline bool is_finite(double value) { return value - value == 0; }

}  // namespace
