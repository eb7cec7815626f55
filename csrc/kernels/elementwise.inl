// The functions of simd.h that approximate, element by element: not for users, but for those who measure their errors.
#pragma once

#include "kernels/simd.h"

namespace {

template <class T, class F>
FASTLC_INLINE void elementwise(int64_t n, const T *x, T *out, F f) {
  for (int64_t i = 0; i < n; i += kLanes<T>) store_up_to(out + i, n - i, f(load_up_to(x + i, n - i)));
}

template <class T>
void exp_all(int64_t n, const T *x, T *out) {
  elementwise(n, x, out, [](Vec<T> v) FASTLC_INLINE_LAMBDA { return exp_of<T>(v); });
}

template <class T>
void log_all(int64_t n, const T *x, T *out) {
  elementwise(n, x, out, [](Vec<T> v) FASTLC_INLINE_LAMBDA { return log_of<T>(v); });
}

template <class T>
void log1p_all(int64_t n, const T *x, T *out) {
  elementwise(n, x, out, [](Vec<T> v) FASTLC_INLINE_LAMBDA {
    Vec<T> inverse;
    return log1p_of<T>(v, &inverse);
  });
}

}  // namespace
