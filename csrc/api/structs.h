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

// Copies what the caller knows of a struct; its other fields are 0. False if there is none, or it is too small, or has
// something in fields that this library does not know.
template <class Struct>
bool take(const Struct *given, Struct *taken) {
  static_assert(kFirstSize<Struct> > 0 && sizeof(Struct) >= kFirstSize<Struct>);
  if (!given || given->size < kFirstSize<Struct>) return false;
  const char *bytes = reinterpret_cast<const char *>(given);
  for (size_t i = sizeof(Struct); i < given->size; ++i) {
    if (bytes[i]) return false;
  }
  const size_t known = std::min(given->size, sizeof(Struct));
  std::memcpy(static_cast<void *>(taken), bytes, known);
  std::memset(reinterpret_cast<char *>(taken) + known, 0, sizeof(Struct) - known);
  return true;
}

// All but what depends on the loss, see take_loss.
template <class T>
Problem<T> problem_of(const fastlc_call &call, const fastlc_features &X) {
  auto array = [](const void *data) { return static_cast<const T *>(data); };
  Problem<T> problem{};
  problem.n = call.n;
  problem.d = call.d;
  problem.c = call.c;
  problem.X = array(X.data);
  problem.X_stride = X.stride;
  problem.W = array(call.W);
  problem.W_stride = call.W_stride;
  problem.b = array(call.b);
  problem.labels = {call.labels, call.labels_type, call.has_ignore_index != 0, call.ignore_index};
  problem.targets = array(call.targets);
  problem.targets_stride = call.targets_stride;
  problem.sample_weight = array(call.sample_weight);
  problem.class_weight = array(call.class_weight);
  problem.pos_weight = array(call.pos_weight);
  problem.l1 = call.l1;
  problem.l2 = call.l2;
  return problem;
}

}  // namespace
}  // namespace fastlc
