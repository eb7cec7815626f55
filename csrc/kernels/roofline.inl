// How fast this instruction set can multiply and add, and read memory, at the most: loops that do nothing else, from which
// the benchmark knows what share of the machine a kernel uses. Both return what they computed, so that none of it is left out.
#pragma once

#include "kernels/simd.h"

namespace {

constexpr int kChains = 12;  // independent ones, enough for the latency of two multipliers; they fit 16 registers

// The mean of numbers x, each replaced by x / 2 + 1/2 until that makes `count` multiply-adds or a few more: 1 after a hundred
// steps, and neither a denormal nor inf after any. The first x come from `count`, so that compilers cannot foresee a chain.
template <class T>
double multiply_add(int64_t count) {
  constexpr int numbers = kChains * kLanes<T>;
  const Vec<T> half = broadcast<T>(T(0.5));
  Vec<T> acc[kChains];
  FASTLC_UNROLL
  for (int i = 0; i < kChains; ++i) acc[i] = broadcast<T>(T(count % 64 + i));
  for (int64_t k = 0; k < count; k += numbers) {
    FASTLC_UNROLL
    for (int i = 0; i < kChains; ++i) acc[i] = acc[i] * half + half;
  }
  FASTLC_UNROLL
  for (int i = 1; i < kChains; ++i) acc[0] += acc[i];
  return sum_of<T>(widen<T>(acc[0])) / numbers;
}

// The sum of n numbers, read `times` over: four quarters side by side, each fetched a kilobyte ahead. From DRAM that is up to
// a quarter faster than one sweep, which leaves the processor waiting at the end of each page.
template <class T>
double read_all(const T *p, int64_t n, int64_t times) {
  constexpr int kStreams = 4, kVectors = 2, L = kLanes<T>, kAhead = 1024 / sizeof(T);
  const int64_t quarter = n / kStreams / (kVectors * L) * (kVectors * L);
  Vec<T> acc[kStreams * kVectors] = {};
  for (; times > 0; --times) {
    for (int64_t j = 0; j < quarter; j += kVectors * L) {
      FASTLC_UNROLL
      for (int i = 0; i < kStreams * kVectors; ++i) {
        const T *from = p + i / kVectors * quarter + j + i % kVectors * L;
        prefetch(from + kAhead);
        acc[i] += load(from);
      }
    }
    for (int64_t j = kStreams * quarter; j < n; j += L) acc[0] += load_up_to(p + j, n - j);
  }
  FASTLC_UNROLL
  for (int i = 1; i < kStreams * kVectors; ++i) acc[0] += acc[i];
  return sum_of<T>(widen<T>(acc[0]));
}

}  // namespace
