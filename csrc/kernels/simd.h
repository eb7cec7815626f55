// The vector type of the instruction set being compiled, and exp and log on it.
//
// GCC and Clang vector extensions: one spelling for SSE2, AVX2, AVX-512 and NEON. Whoever includes this defines
// FASTLC_VECTOR_BYTES; the compiler's flags say the rest. All of it lives in an anonymous namespace and takes no inline
// function from the standard library: the linker keeps one copy of those, and it could be the one for a CPU you have not.
//
// A scalar that meets a vector is broadcast. Comparisons give a vector of integers, all ones or all zeros, for `select`.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <utility>  // std::integer_sequence: a type, no code

#include "runtime/sizes.h"

#if defined(__clang__)
#if __clang_major__ < 15
#error "fastlc needs GCC >= 12 or Clang >= 15"
#endif
#define FASTLC_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#if __GNUC__ < 12
#error "fastlc needs GCC >= 12 or Clang >= 15"
#endif
#define FASTLC_UNROLL _Pragma("GCC unroll 64")  // without it GCC keeps arrays of accumulators in memory
#else
#error "fastlc needs GCC >= 12 or Clang >= 15"
#endif
#define FASTLC_INLINE inline __attribute__((always_inline))
#define FASTLC_NOINLINE __attribute__((noinline))
#define FASTLC_INLINE_LAMBDA __attribute__((always_inline))

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace {

template <class T>
struct Simd;

template <>
struct Simd<float> {
  typedef float Vec __attribute__((vector_size(FASTLC_VECTOR_BYTES)));
  typedef int32_t Mask __attribute__((vector_size(FASTLC_VECTOR_BYTES)));
  struct Wide {  // two vectors: compilers make detours of one that is wider than the registers
    typedef double Half __attribute__((vector_size(FASTLC_VECTOR_BYTES)));
    Half low, high;
    double operator[](int i) const { return i < kLanes / 2 ? low[i] : high[i - kLanes / 2]; }
    FASTLC_INLINE Wide operator+(Wide b) const { return {low + b.low, high + b.high}; }
    FASTLC_INLINE Wide operator-(Wide b) const { return {low - b.low, high - b.high}; }
    FASTLC_INLINE Wide operator*(Wide b) const { return {low * b.low, high * b.high}; }
    FASTLC_INLINE Wide operator*(double b) const { return {low * b, high * b}; }
    FASTLC_INLINE void operator+=(Wide b) { *this = *this + b; }
  };
  using Int = int32_t;
  static constexpr int kLanes = FASTLC_VECTOR_BYTES / 4;
  static constexpr int kMantissa = 23, kBias = 127, kExpTerms = 7, kLogTerms = 5, kLog1pTerms = 7;
  static constexpr float kRound = 12582912.0f;                // 1.5 · 2²³: adding it rounds to an integer
  static constexpr float kExpLow = -104.0f, kExpHigh = 89.0f;  // exp is 0 below and inf above
  static constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  static constexpr Int kSqrtHalf = 0x3f3504f3;  // bits of √½
};

template <>
struct Simd<double> {
  typedef double Vec __attribute__((vector_size(FASTLC_VECTOR_BYTES)));
  typedef int64_t Mask __attribute__((vector_size(FASTLC_VECTOR_BYTES)));
  typedef double Wide __attribute__((vector_size(FASTLC_VECTOR_BYTES)));
  using Int = int64_t;
  static constexpr int kLanes = FASTLC_VECTOR_BYTES / 8;
  static constexpr int kMantissa = 52, kBias = 1023, kExpTerms = 13, kLogTerms = 11, kLog1pTerms = 16;
  static constexpr double kRound = 6755399441055744.0;  // 1.5 · 2⁵²
  static constexpr double kExpLow = -746.0, kExpHigh = 710.0;
  static constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;
  static constexpr Int kSqrtHalf = 0x3fe6a09e667f3bcd;
};

template <class T>
using Vec = typename Simd<T>::Vec;
template <class T>
using Mask = typename Simd<T>::Mask;
template <class T>
using Wide = typename Simd<T>::Wide;
template <class T>
using Int = typename Simd<T>::Int;
template <class T>
constexpr int kLanes = Simd<T>::kLanes;

constexpr int64_t min_of(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t max_of(int64_t a, int64_t b) { return a > b ? a : b; }
constexpr int64_t round_up(int64_t n, int64_t to) { return plus(n, to - 1) / to * to; }

// ---- Memory ---------------------------------------------------------------------------------------------------------

template <class T>
FASTLC_INLINE Vec<T> load(const T *p) {
  Vec<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

template <class T>
FASTLC_INLINE void store(T *p, Vec<T> v) {
  __builtin_memcpy(p, &v, sizeof v);
}

template <class T>
FASTLC_INLINE Mask<T> load_ints(const Int<T> *p) {
  Mask<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

template <class T>
FASTLC_INLINE Wide<T> load_wide(const double *p) {
  Wide<T> v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
FASTLC_INLINE void store_wide(double *p, Wide<T> v) {
  __builtin_memcpy(p, &v, sizeof v);
}

// Where the number of the lane is n or more.
template <class T>
FASTLC_INLINE Mask<T> lanes_from(int64_t n) {
  Mask<T> lane;
  FASTLC_UNROLL
  for (int i = 0; i < kLanes<T>; ++i) lane[i] = i;
  return lane >= Int<T>(min_of(n, kLanes<T>));
}

// The first n < kLanes elements; the other lanes are 0 and their memory is not touched.
#if defined(__AVX512F__)
FASTLC_INLINE Vec<float> load_first(const float *p, int64_t n) {
  return (Vec<float>)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
FASTLC_INLINE Vec<double> load_first(const double *p, int64_t n) {
  return (Vec<double>)_mm512_maskz_loadu_pd((__mmask8)((1u << n) - 1), p);
}
FASTLC_INLINE void store_first(float *p, int64_t n, Vec<float> v) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}
FASTLC_INLINE void store_first(double *p, int64_t n, Vec<double> v) {
  _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)v);
}
#elif defined(__AVX2__)
FASTLC_INLINE __m256i first_lanes(const float *, int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
FASTLC_INLINE __m256i first_lanes(const double *, int64_t n) {
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}
FASTLC_INLINE Vec<float> load_first(const float *p, int64_t n) {
  return (Vec<float>)_mm256_maskload_ps(p, first_lanes(p, n));
}
FASTLC_INLINE Vec<double> load_first(const double *p, int64_t n) {
  return (Vec<double>)_mm256_maskload_pd(p, first_lanes(p, n));
}
FASTLC_INLINE void store_first(float *p, int64_t n, Vec<float> v) { _mm256_maskstore_ps(p, first_lanes(p, n), (__m256)v); }
FASTLC_INLINE void store_first(double *p, int64_t n, Vec<double> v) {
  _mm256_maskstore_pd(p, first_lanes(p, n), (__m256d)v);
}
#else
template <class T>
FASTLC_INLINE Vec<T> load_first(const T *p, int64_t n) {
  Vec<T> v = {};
  for (int i = 0; i < kLanes<T>; ++i) {
    if (i < n) v[i] = p[i];
  }
  return v;
}
template <class T>
FASTLC_INLINE void store_first(T *p, int64_t n, Vec<T> v) {
  for (int i = 0; i < kLanes<T>; ++i) {
    if (i < n) p[i] = v[i];
  }
}
#endif

// The first n elements, of which there may be more than lanes, or none.
template <class T>
FASTLC_INLINE void store_up_to(T *to, int64_t valid, Vec<T> v) {
  if (valid >= kLanes<T>) {
    store(to, v);
  } else if (valid > 0) {
    store_first(to, valid, v);
  }
}
template <class T>
FASTLC_INLINE Vec<T> load_up_to(const T *from, int64_t valid) {
  return valid >= kLanes<T> ? load(from) : valid > 0 ? load_first(from, valid) : Vec<T>{};
}

FASTLC_INLINE void prefetch(const void *p) { __builtin_prefetch(p, 0, 2); }  // into the L2 cache
template <class T>
constexpr int kLine = 64 / sizeof(T);  // elements of a cache line

// ---- Arithmetic -----------------------------------------------------------------------------------------------------

template <class T>
FASTLC_INLINE Vec<T> broadcast(T value) {
  return Vec<T>{} + value;
}

// memcpy, since the vector types of a template cannot always be told apart in a cast
template <class T>
FASTLC_INLINE Mask<T> bits_of(Vec<T> v) {
  Mask<T> bits;
  __builtin_memcpy(&bits, &v, sizeof v);
  return bits;
}
template <class T>
FASTLC_INLINE Vec<T> from_bits(Mask<T> bits) {
  Vec<T> v;
  __builtin_memcpy(&v, &bits, sizeof v);
  return v;
}

template <class T>
FASTLC_INLINE Vec<T> select(Mask<T> mask, Vec<T> yes, Vec<T> no) {
  return mask ? yes : no;
}

template <int... Lane>
FASTLC_INLINE Wide<float> widen_lanes(Vec<float> v, std::integer_sequence<int, Lane...>) {
  constexpr int half = sizeof...(Lane);
  return {__builtin_convertvector(__builtin_shufflevector(v, v, Lane...), Vec<double>),
          __builtin_convertvector(__builtin_shufflevector(v, v, (half + Lane)...), Vec<double>)};
}
template <class T>
FASTLC_INLINE Wide<T> widen(Vec<T> v) {
  if constexpr (sizeof(T) == 8) {
    return v;
  } else {
    return widen_lanes(v, std::make_integer_sequence<int, kLanes<T> / 2>{});
  }
}
template <class T>
FASTLC_INLINE Wide<T> broadcast_wide(double value) {
  if constexpr (sizeof(T) == 8) {
    return Vec<double>{} + value;
  } else {
    return {Vec<double>{} + value, Vec<double>{} + value};
  }
}

// total + lost += x, exactly but for the rounding of `lost` (Knuth's two-sum): a sum of any length that is off by its last
// roundings alone. What became inf or nan stays it in `total`, and then `lost` says nothing.
template <class T>
FASTLC_INLINE void add_exactly(Vec<T> x, Vec<T> &total, Vec<T> &lost) {
  const Vec<T> sum = total + x, added = sum - total;
  lost += (total - (sum - added)) + (x - added);
  total = sum;
}
template <class T>
FASTLC_INLINE Vec<T> sum_with_lost(Vec<T> total, Vec<T> lost) {
  return select<T>(lost == lost, total + lost, total);
}

template <class T>
FASTLC_INLINE double sum_of(Wide<T> v) {
  double sum = 0;
  for (int i = 0; i < kLanes<T>; ++i) sum += v[i];
  return sum;
}

template <class T>
FASTLC_INLINE Vec<T> first_lane(T value) {  // the others are 0
  Vec<T> v = {};
  v[0] = value;
  return v;
}

// 1 / k! and 1 / (2k + 1): Taylor's coefficients need no table and no trust; a term or two more than a minimax polynomial.
template <class T>
constexpr T inverse_factorial(int k) {
  double product = 1;
  for (int i = 2; i <= k; ++i) product *= i;
  return T(1 / product);
}

#if defined(__AVX512F__)
constexpr __mmask16 kAll = 0xffff;  // GCC warns of the forms without a mask: their merging operand is undefined
constexpr __mmask8 kAll8 = 0xff;
#endif

// x within [low, high]; nan stays nan. Compilers do not see that one instruction does it.
template <class T>
FASTLC_INLINE Vec<T> clamp(Vec<T> x, Vec<T> low, Vec<T> high) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    return (Vec<T>)_mm512_maskz_max_ps(kAll, (__m512)low, _mm512_maskz_min_ps(kAll, (__m512)high, (__m512)x));
  } else {
    return (Vec<T>)_mm512_maskz_max_pd(kAll8, (__m512d)low, _mm512_maskz_min_pd(kAll8, (__m512d)high, (__m512d)x));
  }
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) {
    return (Vec<T>)_mm256_max_ps((__m256)low, _mm256_min_ps((__m256)high, (__m256)x));
  } else {
    return (Vec<T>)_mm256_max_pd((__m256d)low, _mm256_min_pd((__m256d)high, (__m256d)x));
  }
#else
  x = select<T>(x > high, high, x);
  return select<T>(x < low, low, x);
#endif
}

// x 2^k for whole k, within twice the range of exponents.
template <class T>
FASTLC_INLINE Vec<T> scale_by_power(Vec<T> x, Vec<T> k) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) {
    return (Vec<T>)_mm512_maskz_scalef_ps(kAll, (__m512)x, (__m512)k);
  } else {
    return (Vec<T>)_mm512_maskz_scalef_pd(kAll8, (__m512d)x, (__m512d)k);
  }
#else  // in two factors, so that neither over- nor underflows before the product does
  using S = Simd<T>;
  const Mask<T> n = bits_of<T>(k + S::kRound) - bits_of<T>(broadcast<T>(S::kRound));
  const Mask<T> half = n >> 1;
  const Vec<T> first = from_bits<T>((half + S::kBias) << S::kMantissa);
  const Vec<T> second = from_bits<T>((n - half + S::kBias) << S::kMantissa);
  return x * first * second;
#endif
}

// exp, all of it: 0 and inf beyond the range, denormals, nan to nan. Cody–Waite: x = k ln 2 + r, |r| ≤ ln 2 / 2; the last
// Taylor term left out is below 0.05 ulp.
template <class T>
FASTLC_INLINE Vec<T> exp_of(Vec<T> x) {
  using S = Simd<T>;
  x = clamp<T>(x, broadcast<T>(S::kExpLow), broadcast<T>(S::kExpHigh));
  const Vec<T> shifted = x * T(1.44269504088896340736) + S::kRound;
  const Vec<T> k = shifted - S::kRound;
  const Vec<T> r = (x - k * S::kLn2High) - k * S::kLn2Low;
  Vec<T> p = broadcast<T>(inverse_factorial<T>(S::kExpTerms));
  FASTLC_UNROLL
  for (int i = S::kExpTerms - 1; i >= 2; --i) p = p * r + inverse_factorial<T>(i);
  p = (p * r * r + r) + T(1);
  return scale_by_power<T>(p, k);
}

// log of normal positive numbers, inf and nan: x = 2^k m with m in [√½, √2), log m = 2 artanh(f / (2 + f)), f = m − 1.
template <class T>
FASTLC_INLINE Vec<T> log_of(Vec<T> x) {
  using S = Simd<T>;
  const Mask<T> bits = bits_of<T>(x);
  const Mask<T> n = (bits - S::kSqrtHalf) >> S::kMantissa;
  const Vec<T> m = from_bits<T>(bits - (n << S::kMantissa));
  const Vec<T> k = __builtin_convertvector(n, Vec<T>);
  const Vec<T> f = m - T(1);
  const Vec<T> s = f / (f + T(2));
  const Vec<T> z = s * s;
  Vec<T> p = broadcast<T>(T(1) / T(2 * S::kLogTerms + 1));
  FASTLC_UNROLL
  for (int i = S::kLogTerms - 1; i >= 1; --i) p = p * z + T(1) / T(2 * i + 1);
  const Vec<T> tail = s * z * p * T(2) + k * S::kLn2Low;
  const Vec<T> result = k * S::kLn2High + (s * T(2) + tail);
  return select<T>(x < T(__builtin_inf()), result, x);
}

// log(1 + x) for x in [0, 1], with 1 / (1 + x), of one division: log(1 + x) = 2 artanh(x / (2 + x)). A second step of that
// division takes its roundings back.
template <class T>
FASTLC_INLINE Vec<T> log1p_of(Vec<T> x, Vec<T> *inverse) {
  const Vec<T> one_more = x + T(1), two_more = x + T(2);
  const Vec<T> both = T(1) / (one_more * two_more);
  *inverse = both * two_more;
  const Vec<T> part = both * one_more, quotient = x * part;
  const Vec<T> s = quotient + (x - quotient * two_more) * part, z = s * s;
  Vec<T> p = broadcast<T>(T(1) / T(2 * Simd<T>::kLog1pTerms + 1));
  FASTLC_UNROLL
  for (int i = Simd<T>::kLog1pTerms - 1; i >= 1; --i) p = p * z + T(1) / T(2 * i + 1);
  const Vec<T> twice = s * T(2);
  return twice + twice * (z * p);
}

template <class T>
FASTLC_INLINE Vec<T> abs_of(Vec<T> x) {
  return select<T>(x < T(0), -x, x);
}

// σ(s) = 1 / (1 + e^−s), and σ' = σ (1 − σ), from e^−|s|: nothing cancels.
template <class T>
FASTLC_INLINE Vec<T> sigmoid_of(Vec<T> s, Vec<T> *derivative = nullptr) {
  const Vec<T> e = exp_of<T>(-abs_of<T>(s));
  const Vec<T> inverse = T(1) / (e + T(1));
  if (derivative) *derivative = e * inverse * inverse;
  return select<T>(s < T(0), e * inverse, inverse);
}

// ---- Sums and transposes across lanes --------------------------------------------------------------------------------

// Interchange a and b at distance H. Where bit H of a lane is clear, `low` has a's lane and `high` a's lane H further; where
// it is set, `low` has b's lane H before and `high` has b's lane.
template <int H, int L, class V, int... Lane>
FASTLC_INLINE void interchange_lanes(V a, V b, V *low, V *high, std::integer_sequence<int, Lane...>) {
  *low = __builtin_shufflevector(a, b, (Lane & H ? L + Lane - H : Lane)...);
  *high = __builtin_shufflevector(a, b, (Lane & H ? L + Lane : Lane + H)...);
}
template <class T, int H>
FASTLC_INLINE void interchange(Vec<T> a, Vec<T> b, Vec<T> *low, Vec<T> *high) {
  interchange_lanes<H, kLanes<T>>(a, b, low, high, std::make_integer_sequence<int, kLanes<T>>{});
}

// Adds lanes at distance H: where bit H of a lane is clear, of a; where it is set, of b. A blend, which is cheap, and one
// shuffle, which is not.
template <int H, int L, class V, int... Lane>
FASTLC_INLINE V sum_pair_lanes(V a, V b, std::integer_sequence<int, Lane...>) {
  const V own = __builtin_shufflevector(a, b, (Lane & H ? L + Lane : Lane)...);
  const V other = __builtin_shufflevector(a, b, (Lane & H ? L + Lane - H : Lane + H)...);
  return own + other;
}
template <class T, int H>
FASTLC_INLINE Vec<T> sum_pair(Vec<T> a, Vec<T> b) {
  return sum_pair_lanes<H, kLanes<T>>(a, b, std::make_integer_sequence<int, kLanes<T>>{});
}

// Sums each of n ≤ kLanes vectors over its lanes: lane i of the result is the sum of v[i]. One tree for any n, so that a
// sum has the same bits whatever it is computed beside. Overwrites v.
template <class T, int n, int H = 1>
FASTLC_INLINE Vec<T> sum_lanes(Vec<T> *v) {
  if constexpr (H == kLanes<T>) {
    return v[0];
  } else {
    constexpr int half = (n + 1) / 2;
    FASTLC_UNROLL
    for (int i = 0; i < half; ++i) {
      v[i] = sum_pair<T, H>(v[2 * i], v[2 * i + 1 < n ? 2 * i + 1 : 2 * i]);
    }
    return sum_lanes<T, half, 2 * H>(v);
  }
}

// Transposes kLanes vectors of kLanes.
template <class T, int H = 1>
FASTLC_INLINE void transpose_lanes(Vec<T> *v) {
  if constexpr (H < kLanes<T>) {
    FASTLC_UNROLL
    for (int i = 0; i < kLanes<T>; ++i) {
      if (!(i & H)) interchange<T, H>(v[i], v[i + H], &v[i], &v[i + H]);
    }
    transpose_lanes<T, 2 * H>(v);
  }
}

}  // namespace
