// The structs of fastlc.h as callers of any version pass them, and the typed problem made of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "include/fastlc.h"
#include "kernels/problem.h"
#include "runtime/sizes.h"

namespace fastlc {
namespace {

// The size that a struct has had since version 2 of the header, which callers must pass at the least. These numbers never
// change: fields that are added later begin after them.
template <class Struct>
constexpr size_t kFirstSize = 0;
template <>
constexpr size_t kFirstSize<fastlc_features> = 32;
template <>
constexpr size_t kFirstSize<fastlc_call> = 200;
template <>
constexpr size_t kFirstSize<fastlc_gradients> = 48;
template <>
constexpr size_t kFirstSize<fastlc_sgd> = 56;
template <>
constexpr size_t kFirstSize<fastlc_epoch> = 128;
static_assert(sizeof(void *) == 8, "the sizes above are those of 64-bit systems");

// No struct will ever be larger: a size beyond is one that was never set.
constexpr size_t kLargestSize = 4096;

// The caller's struct, or a `copy` of what the caller knows of it, with other fields 0. Null if there is none, or its size is
// none that a struct can have, or it has something in fields that this library does not know.
template <class Struct>
const Struct *take(const Struct *given, Struct *copy) {
  static_assert(kFirstSize<Struct> > 0 && sizeof(Struct) >= kFirstSize<Struct>);
  if (!given || given->size < kFirstSize<Struct> || given->size > kLargestSize) return nullptr;
  if (given->size == sizeof(Struct)) return given;
  const char *bytes = reinterpret_cast<const char *>(given);
  for (size_t i = sizeof(Struct); i < given->size; ++i) {
    if (bytes[i]) return nullptr;
  }
  const size_t known = std::min(given->size, sizeof(Struct));
  std::memcpy(static_cast<void *>(copy), bytes, known);
  std::memset(reinterpret_cast<char *>(copy) + known, 0, sizeof(Struct) - known);
  return copy;
}

// The same, but always a copy: for a struct that is still read when the caller's code, which may change it, has run.
template <class Struct>
bool take_copy(const Struct *given, Struct *copy) {
  const Struct *taken = take(given, copy);
  if (taken == given && taken) *copy = *given;
  return taken != nullptr;
}

// All but what depends on the loss, see take_loss.
template <class T>
Problem<T> problem_of(const fastlc_call &call, const fastlc_features *X) {
  auto array = [](const void *data) { return static_cast<const T *>(data); };
  return {
      .n = call.n,
      .d = call.d,
      .c = call.c,
      .X = X ? array(X->data) : nullptr,
      .X_stride = X ? X->stride : 0,
      .holds_scores = false,
      .W = array(call.W),
      .W_stride = call.W_stride,
      .b = array(call.b),
      .loss = -1,
      .options = nullptr,
      .labels = {call.labels, call.labels_type, call.has_ignore_index != 0, call.ignore_index},
      .targets = array(call.targets),
      .targets_stride = call.targets_stride,
      .sample_weight = array(call.sample_weight),
      .class_weight = array(call.class_weight),
      .pos_weight = array(call.pos_weight),
      .weighs_rows_by_class = false,
      .l1 = call.l1,
      .l2 = call.l2,
  };
}

}  // namespace
}  // namespace fastlc
