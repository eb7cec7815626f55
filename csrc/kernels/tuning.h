// Tuning numbers: everything that was chosen by measurement, or by the size of a cache, for the kernels; numbers that bound
// errors stay with the sums that they bound. An instruction set says its vector bytes and registers (isa/), the rest follows.
//
// To measure a change: `python benchmarks/run.py` for times, `python benchmarks/instructions.py` for instructions.
#pragma once

#include "kernels/simd.h"

#ifndef FASTLC_REGISTERS
#error "an instruction set defines FASTLC_REGISTERS, the number of its vector registers"
#endif

namespace {

// ---- Tiles, from the registers: accumulators and what is loaded must fit them, and hide the latency of a multiply-add -----

constexpr bool kManyRegisters = FASTLC_REGISTERS >= 32;

// Rows × classes of a dot tile: R + K loads feed R · K multiply-adds. The rows are a power of two, so that the sums of a
// class lie side by side in a vector, as in the transposed scores.
constexpr int kDotClasses = kManyRegisters ? 6 : 3;
constexpr int dot_rows(int classes) {
  if (kManyRegisters) return classes == 1 ? 16 : classes <= 3 ? 8 : 4;
  return classes == 1 ? 8 : 4;
}
constexpr int kDotRows = dot_rows(1);  // a multiple of all of them

// Classes, and vectors of features, of a gradient tile; the latter a power of two.
constexpr int kGradientClasses = kManyRegisters ? 13 : 6;
constexpr int gradient_vectors(int classes) {
  if (kManyRegisters) return classes <= 2 ? 8 : classes <= 6 ? 4 : 2;
  return classes <= 2 ? 4 : 2;
}

// Rows of a tile of dX; vectors of features are two.
constexpr int kInputGradientRows = kManyRegisters ? 12 : 6;

// MR of the many-class microkernel: classes of a strip. NR is two vectors.
constexpr int kStrip = kManyRegisters ? 14 : 6;
template <class T>
constexpr int kPanel = 2 * kLanes<T>;

// ---- Blocks, from the caches ----------------------------------------------------------------------------------------------

constexpr int kBlockRows = 480;          // the most rows of a block: a multiple of every number of lanes and of rows of a tile
constexpr int64_t kFewBlockRows = 240;   // the most with few classes, where a thread has a block of its own
constexpr int64_t kBlockOfX = 256 << 10;        // bytes of X in such a block: half of an L2 cache, the next block has the rest
constexpr int64_t kBlockOfScores = 1 << 20;     // bytes of its scores, with more classes than rows
constexpr int64_t kBlockOfGiven = 128 << 10;    // bytes of a block of scores that are given
constexpr int64_t kManyScores = int64_t(48) << 20;  // bytes of scores and targets of a block of many classes
constexpr int64_t kPartials = int64_t(32) << 20;    // bytes of the partial gradients of all pieces

// ---- Pieces, from what it costs to wake a thread: a piece should last some 10 µs, more than that ---------------------------

constexpr int64_t kMaxPieces = 64;
constexpr int64_t kPieceWork = 1 << 19;  // multiply-adds
constexpr int64_t kPieceRows = 16;       // the fewest
constexpr int64_t kGivenWork = 64;       // a loss of a given score, in multiply-adds
constexpr int64_t kSumChunk = 1 << 18;   // partial gradients are added up by so many elements a thread, over all pieces
constexpr int64_t kSumChunkLeast = 1024;
constexpr int64_t kRoundChunk = 1 << 14;  // the same for sums in double

// ---- Crossovers, as measured with AVX-512 and AVX2 ---------------------------------------------------------------------------

// Many classes from 130 on, since then packing pays; from 40 on if a piece's own gradient does not fit a cache or is not shared
// by many rows.
constexpr int64_t kManyClasses = 128;
constexpr int64_t kManyClassesOfCostlyPieces = 40;
constexpr int64_t kSharedRows = 2048;
constexpr int64_t kCachedGradient = 512 << 10;  // bytes

// The next block's rows are fetched with the gradient, which needs little of the L1 cache. With few classes or short rows
// memory is the limit and must never rest: then half of the features are fetched with the scores.
constexpr int64_t kFewestClasses = 4;
constexpr int64_t kShortRow = 256;

}  // namespace
