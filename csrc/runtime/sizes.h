// Products and sums of sizes that stay at the largest number instead of wrapping: memory of that size is never had, and
// work of that size is as much as there can be. Arguments are not negative.
#pragma once

#include <stdint.h>

namespace {

constexpr int64_t plus(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

constexpr int64_t times(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}
template <class... More>
constexpr int64_t times(int64_t a, int64_t b, More... more) {
  return times(times(a, b), more...);
}

// Where part i of n begins if it is cut into `parts`: n i / parts, whose product could wrap.
constexpr int64_t part_of(int64_t n, int64_t i, int64_t parts) {
  return parts == 1 ? n * i : n / parts * i + n % parts * i / parts;
}

}  // namespace
