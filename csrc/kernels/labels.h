// Labels come in any integer type; code that reads them is written once, for all.
#pragma once

#include "kernels/problem.h"

namespace {

// Row numbers and labels have been checked, but another thread may have written them since: each is read once, and is no
// index before it was looked at again.
template <class Number>
inline __attribute__((always_inline)) Number read_once(const Number *p) {
  return __atomic_load_n(p, __ATOMIC_RELAXED);
}
inline __attribute__((always_inline)) int64_t row_in(const int64_t *order, int64_t i, int64_t first, int64_t n) {
  const int64_t row = order ? read_once(order + i) : first + i;
  return static_cast<uint64_t>(row) < static_cast<uint64_t>(n) ? row : 0;
}
template <class T, class Label>
inline __attribute__((always_inline)) T weight_of_label(const T *class_weight, Label label, int64_t classes) {
  return static_cast<uint64_t>(label) < static_cast<uint64_t>(classes) ? class_weight[label] : T(0);
}

// Calls function(pointer to the labels in their type); the pointer is null if there are none.
template <class Function>
inline __attribute__((always_inline)) auto with_labels(const fastlc::Labels &labels, Function function) {
  switch (labels.type) {
    case FASTLC_INT8: return function(static_cast<const int8_t *>(labels.data));
    case FASTLC_UINT8: return function(static_cast<const uint8_t *>(labels.data));
    case FASTLC_INT16: return function(static_cast<const int16_t *>(labels.data));
    case FASTLC_UINT16: return function(static_cast<const uint16_t *>(labels.data));
    case FASTLC_INT32: return function(static_cast<const int32_t *>(labels.data));
    case FASTLC_UINT32: return function(static_cast<const uint32_t *>(labels.data));
    case FASTLC_INT64: return function(static_cast<const int64_t *>(labels.data));
    default: return function(static_cast<const uint64_t *>(labels.data));
  }
}

// Whether a label, of any integer type, is the one to ignore.
template <class Label>
inline __attribute__((always_inline)) bool is_ignored(const fastlc::Labels &labels, Label label) {
  constexpr bool is_signed = Label(-1) < Label(0);
  return labels.has_ignored && static_cast<int64_t>(label) == labels.ignored && (is_signed || labels.ignored >= 0);
}

}  // namespace
