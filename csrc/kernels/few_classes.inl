// Few classes, or few rows: each thread takes pieces of the rows and does all of the work on a block of them at a time.
//
//   scores      by the features, written transposed: (C, block)
//   loss        vertically, in place
//   dW, db      by the features, into the piece's own partial gradient; partial gradients are added up in their order
//
// How a row is stored is the features' (dense.inl); X is not mentioned here.
#pragma once

#include "kernels/dense.inl"
#include "kernels/pieces.inl"
#include "kernels/readouts.inl"

namespace {

// Calls f(piece, thread, s, block, next, begin, end) for each block of rows [begin, end), with the scores of the rows that
// count in s, transposed. With `targets` there is room for as many behind them. `reread`: f reads X again.
template <class Features, class F>
bool few_blocks(const Features &features, const ProblemOf<Features> &problem, const fastlc::Batch &batch, fastlc::Run &run, int64_t pieces, bool targets,
                bool reread, F &&f) {
  using T = typename Features::Element;
  if (batch.n == 0 || problem.c == 0) return true;  // without scores there is nothing to do, for however many rows
  const T *W = problem.W, *b = problem.b;
  const int64_t most = features.block_rows(problem.c);
  const int64_t stride = column_stride<T>(min_of(most, batch.n));
  const int threads = static_cast<int>(min_of(run.threads, pieces));
  const int64_t columns = round_up(times(sizeof(T), problem.c, stride, targets ? 2 : 1), 64);
  const int64_t each = plus(columns, 2 * round_up(sizeof(Block<Features>), 64));
  char *scratch = static_cast<char *>(run.scratch.get(times(each, threads)));
  return parallel(pieces, run, [&](int64_t piece, int thread) {
    T *s = reinterpret_cast<T *>(scratch + each * thread);
    Block<Features> *block = reinterpret_cast<Block<Features> *>(reinterpret_cast<char *>(s) + columns);
    Block<Features> *next = block + 1;
    const int64_t begin = part_of(batch.n, piece, pieces), end = part_of(batch.n, piece + 1, pieces);
    int64_t from = begin;
    int64_t to = gather(problem, features, batch, from, end, most, *block);
    while (from < end) {
      // The last block looks beyond the piece, to fetch the rows that are wanted next, by this thread or another.
      const int64_t seen = to < end ? end : min_of(end + block->n, batch.n + batch.ahead);
      const int64_t after = to < seen ? gather(problem, features, batch, to, seen, most, *next) : to;
      if (after == to) next->n = 0;
      features.scores(*block, *next, reread, W, problem.W_stride, problem.c, b, s, stride);
      f(piece, thread, Column<T>{s, stride, problem.c}, *block, *next, from, to);
      from = to;
      to = after;
      Block<Features> *swap = block;
      block = next;
      next = swap;
    }
  });
}

template <class Features>
bool few_loss(const Features &features, const ProblemOf<Features> &problem, const fastlc::Batch &batch, fastlc::Run &run, fastlc::Gradients<typename Features::Element> &out) {
  using T = typename Features::Element;
  T *dW = out.dW, *db = out.db, *dX = out.dX;
  const int64_t size = times(problem.c, problem.d), partial = plus(size, problem.c);
  int64_t pieces = pieces_of(batch.n, features.work(problem.c));
  auto limit = [&](int64_t bytes) {
    if (pieces > 1) pieces = max_of(1, min_of(pieces, kPartials / times(max_of(partial, 1), bytes)));
  };
  if (dW) limit(sizeof(T));
  const bool long_sums = dW && batch.n > kBlocksOfSum && batch.n / pieces > kBlocksOfSum * features.block_rows(problem.c);
  if (long_sums) limit(sizeof(T) + sizeof(double));

  struct Piece {
    double loss;
    int64_t blocks;  // that the partial gradient has met
  };
  const bool own_parts = dW && (pieces > 1 || long_sums);
  const int64_t heads = round_up(times(pieces, sizeof(Piece)), 64);
  const int64_t parts = own_parts ? round_up(times(pieces, partial, sizeof(T)), 64) : 0;
  const int64_t totals = long_sums ? times(pieces, partial, sizeof(double)) : 0;
  char *memory = static_cast<char *>(run.partials.get(plus(plus(heads, parts), totals)));
  Piece *head = reinterpret_cast<Piece *>(memory);
  T *part = reinterpret_cast<T *>(memory + heads);
  double *total = reinterpret_cast<double *>(memory + heads + parts);
  for (int64_t p = 0; p < pieces; ++p) head[p] = {0, 0};

  const bool values = problem.targets != nullptr;
  if (dX && problem.c == 0) __builtin_memset(dX, 0, sizeof(T) * static_cast<size_t>(times(problem.n, problem.d)));
  const bool done = few_blocks(
      features, problem, batch, run, pieces, values, dW != nullptr,
      [&](int64_t p, int, Column<T> s, const Block<Features> &block, const Block<Features> &next, int64_t begin, int64_t end) {
        T *targets = s.data + problem.c * s.stride;
        if (values) targets_to_columns(problem, block, targets, s.stride);
        head[p].loss += kLossOfColumns<T>[problem.loss](problem, s.data, s.stride, problem.c, block, targets, 0, block.n,
                                                     out.losses);
        if (dX) {
          zero_left_out(block, begin, end, dX, problem.d);
          features.input_gradient(block, s.data, s.stride, problem.c, problem.W, problem.W_stride, dX);
        }
        if (!dW || !block.n) return;
        const int64_t in_sum = long_sums ? head[p].blocks % kBlocksOfSum : head[p].blocks;
        T *dw = own_parts ? part + p * partial : dW, *bias = own_parts ? dw + size : db;
        features.gradient(block, next, s.data, s.stride, problem.c, StoreGradient<T>{dw, in_sum == 0});
        if (bias) bias_block(s.data, s.stride, problem.c, block.n, bias, in_sum == 0);
        ++head[p].blocks;
        if (long_sums && in_sum + 1 == kBlocksOfSum) empty_into(dw, partial, total + p * partial, head[p].blocks == kBlocksOfSum);
      });
  if (!done) return false;

  out.loss = 0;
  for (int64_t p = 0; p < pieces; ++p) out.loss += head[p].loss;
  out.loss *= batch.scale;
  if (!dW) return true;
  if (!own_parts) {
    if (head[0].blocks == 0) {
      __builtin_memset(dW, 0, sizeof(T) * static_cast<size_t>(size));
      if (db) __builtin_memset(db, 0, sizeof(T) * static_cast<size_t>(problem.c));
    }
    return true;
  }
  // Adds the pieces up, in their order; the elements are shared out.
  const int64_t chunk = max_of(kSumChunkLeast, kSumChunk / pieces), chunks = (partial + chunk - 1) / chunk;
  auto add_up = [&](int64_t begin, int64_t end, T *sum) {
    __builtin_memset(sum, 0, sizeof(T) * static_cast<size_t>(end - begin));
    for (int64_t p = 0; p < pieces; ++p) {
      if (head[p].blocks == 0) continue;
      T *add = part + p * partial + begin;
      if (head[p].blocks >= kBlocksOfSum && long_sums) {
        double *of_piece = total + p * partial + begin;
        if (head[p].blocks % kBlocksOfSum) empty_into(add, end - begin, of_piece, false);
        round_to(of_piece, end - begin, add);
      }
      for (int64_t e = 0; e < end - begin; ++e) sum[e] += add[e];
    }
  };
  return parallel(chunks, run, [&](int64_t i, int) {
    const int64_t begin = i * chunk, end = min_of(begin + chunk, partial);
    const int64_t bias = min_of(max_of(begin, size), end);  // where the elements of db begin
    if (begin < bias) add_up(begin, bias, dW + begin);
    if (bias < end && db) add_up(bias, end, db + (bias - size));
  });
}

// A step of stochastic gradient descent on rows that fit one block: the gradient goes from registers into the weights.
template <class Features>
bool is_one_block(const Features &features, int64_t classes, int64_t n) {
  return n <= features.block_rows(classes) && pieces_of(n, features.work(classes)) == 1;
}
template <class Features, class T, bool plain>
bool few_step(const Features &features, const ProblemOf<Features> &problem, const fastlc::Batch &batch, fastlc::Run &run, const Descend<T, plain> &on_W,
              const Descend<T, plain> &on_b, double *sum) {
  T *db = static_cast<T *>(run.partials.get(times(sizeof(T), problem.c)));
  *sum = 0;
  return few_blocks(
      features, problem, batch, run, 1, problem.targets != nullptr, true,
      [&](int64_t, int, Column<T> s, const Block<Features> &block, const Block<Features> &next, int64_t, int64_t) {
        T *targets = s.data + problem.c * s.stride;
        if (problem.targets) targets_to_columns(problem, block, targets, s.stride);
        *sum = batch.scale *
               kLossOfColumns<T>[problem.loss](problem, s.data, s.stride, problem.c, block, targets, 0, block.n, nullptr);
        features.gradient(block, next, s.data, s.stride, problem.c, on_W);
        if (!on_b.W) return;
        bias_block(s.data, s.stride, problem.c, block.n, db, true);
        descend(problem.c, db, on_b);
      });
}

// Reads labels or probabilities off the scores: read(s, block, begin, end).
template <class Features, class Read>
bool few_read(const Features &features, const ProblemOf<Features> &problem, fastlc::Run &run, Read read) {
  using T = typename Features::Element;
  const int64_t pieces = pieces_of(problem.n, features.work(problem.c));
  return few_blocks(
      features, problem, {nullptr, 0, problem.n, 0}, run, pieces, false, false,
      [&](int64_t, int, Column<T> s, const Block<Features> &block, const Block<Features> &, int64_t, int64_t) {
        read(s, block, 0, block.n);
      });
}

}  // namespace
