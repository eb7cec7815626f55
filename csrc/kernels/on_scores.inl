// Scores that are given: losses on them, softmax and its kin. Blocks of rows are transposed, worked on vertically with the
// same code as everywhere, and transposed back.
#pragma once

#include "kernels/few_classes.inl"

namespace {

// Calls f(piece, s, block, begin, end) for each block of rows, with their scores transposed. Room for targets behind them.
template <class T, class F>
bool given_blocks(const fastlc_call &call, const fastlc::Rows &rows, fastlc::Run &run, int64_t pieces, F &&f) {
  constexpr int L = kLanes<T>;
  if (rows.n == 0 || call.c == 0) return true;
  const int64_t most = max_of(L, min_of(240, (128 << 10) / times(max_of(call.c, 1), sizeof(T))) / L * L);
  const int64_t stride = column_stride<T>(most);
  const int threads = static_cast<int>(min_of(run.threads, pieces));
  const int64_t columns = round_up(times(sizeof(T), call.c, stride, 2), 64);
  const int64_t each = plus(columns, round_up(sizeof(Block<T>), 64));
  char *scratch = static_cast<char *>(run.scratch.get(times(each, threads)));
  return parallel(pieces, run, [&](int64_t piece, int thread) {
    T *s = reinterpret_cast<T *>(scratch + each * thread);
    Block<T> &block = *reinterpret_cast<Block<T> *>(reinterpret_cast<char *>(s) + columns);
    const int64_t end = part_of(rows.n, piece + 1, pieces);
    for (int64_t begin = part_of(rows.n, piece, pieces), next; begin < end; begin = next) {
      next = gather(call, rows, begin, end, most, block);
      rows_to_columns(block.x, block.n, call.c, s, stride);
      f(piece, Column<T>{s, stride, call.c}, block, begin, next);
    }
  });
}

constexpr int64_t kScoreWork = 64;  // about as much as so many multiply-adds

template <class T>
bool given_loss(const fastlc_call &call, const fastlc::Rows &rows, fastlc::Run &run, fastlc_gradients &out) {
  T *dS = static_cast<T *>(out.dX);
  double losses[kMaxPieces] = {};
  const int64_t pieces = pieces_of(rows.n, times(call.c, kScoreWork));
  const bool done = given_blocks<T>(
      call, rows, run, pieces, [&](int64_t piece, Column<T> s, const Block<T> &block, int64_t begin, int64_t end) {
        T *targets = s.data + call.c * s.stride;
        if (call.targets) targets_to_columns(call, block, targets, s.stride);
        losses[piece] += kLossOfColumns<T>[call.loss](call, s.data, s.stride, call.c, block, targets, 0, block.n,
                                                      static_cast<T *>(out.losses));
        if (!dS) return;
        zero_left_out(block, begin, end, dS, call.c);
        columns_to_rows(s.data, s.stride, call.c, block.row, block.n, dS, call.c);
      });
  out.loss = 0;
  for (int64_t p = 0; p < pieces; ++p) out.loss += losses[p];
  out.loss *= rows.scale;
  return done;
}

template <class T, class Read>
bool given_read(const fastlc_call &call, fastlc::Run &run, Read read) {
  if (call.c == 0) return true;
  return given_blocks<T>(call, {nullptr, 0, call.n, 0}, run, pieces_of(call.n, times(call.c, kScoreWork)),
                         [&](int64_t, Column<T> s, const Block<T> &block, int64_t, int64_t) {
                           read(s, block, 0, block.n);
                         });
}

}  // namespace
