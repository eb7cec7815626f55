// Many classes: all threads work on one block of rows, shared out by classes, with one microkernel for every product.
//
//   pack        the block's rows of X twice: transposed panels (features, 2 vectors of rows) for the scores, and
//               panels (rows, 2 vectors of features) for the gradient
//   scores      strips of classes × panels of rows, into the transposed scores (C, block)
//   loss        vertically, in place
//   dW, db      strips of classes × panels of features, added straight to the output: each strip has one owner, so that
//               blocks are added in their order on any thread
//   dX          strips of rows × panels of W's features
//
// The scores of one block are all that is stored: at most 48 MB however many classes there are.
#pragma once

#include "kernels/few_classes.inl"

namespace {

// Whether many beats few, and there are rows to fill a panel.
template <class T>
bool is_many(const fastlc::Problem<T> &problem, int64_t n) {
  const bool costly_pieces = n < kSharedRows || times(problem.c, problem.d, sizeof(T)) > kCachedGradient;
  return n >= kLanes<T> && (problem.c > kManyClasses || (problem.c > kManyClassesOfCostlyPieces && costly_pieces));
}

// The workspace of a block of many classes, in elements of T.
template <class T>
struct ManyLayout {
  ManyLayout(const fastlc::Problem<T> &problem, int64_t n, bool values, bool gradient, bool input_gradient) {
    const int64_t cap = kManyScores / times(problem.c, sizeof(T), values ? 2 : 1);
    rows = min_of(max_of(cap / kPanel<T> * kPanel<T>, kPanel<T>), min_of(round_up(n, kPanel<T>), kBlockRows));
    stride = column_stride<T>(rows);
    scores = round_up(times(problem.c, stride), 16);
    targets = values ? scores : 0;
    columns = round_up(times(rows, problem.d), 16);
    panels = gradient ? round_up(times(rows, round_up(problem.d, kPanel<T>)), 16) : 0;
    const int64_t strip = plus(times(kStrip, max_of(problem.d, rows)), kLanes<T>);
    own = round_up(input_gradient ? max_of(strip, times(problem.c, kPanel<T>)) : strip, 16);
    strips = pieces_of_axis(problem.c, kStrip);
    feature_panels = pieces_of_axis(problem.d, kPanel<T>);
    most_pieces = max_of(min_of(strips, 2 * kMaxPieces), input_gradient ? feature_panels : 0);  // that need memory of their own
  }
  int64_t bytes(int threads) const {
    const int64_t elements = plus(plus(plus(scores, targets), plus(columns, panels)), times(own, threads));
    return plus(times(elements, sizeof(T)), round_up(sizeof(DenseBlock<T>), 64));
  }
  static int64_t pieces_of_axis(int64_t size, int64_t unit) { return round_up(size, unit) / unit; }
  int64_t rows, stride, scores, targets, columns, panels, own, strips, feature_panels, most_pieces;
};

template <class T>
FASTLC_INLINE void panel_tile(int64_t n, const T *strip, const T *panel, Vec<T> *acc) {
  multiply_long<T, kStrip, 2>(
      n, [=](int64_t k, int m) FASTLC_INLINE_LAMBDA { return strip[k * kStrip + m]; },
      [=](int64_t k, int v) FASTLC_INLINE_LAMBDA { return load(panel + k * kPanel<T> + v * kLanes<T>); }, acc);
}

// strip[k · kStrip + m] = rows[m · stride + k], for m < valid and 0 beyond. Whole vectors are stored, whose last lanes the
// next one overwrites: there is room for one more vector at the end.
template <class T>
FASTLC_NOINLINE void pack_strip(const T *rows, int64_t stride, int64_t valid, int64_t n, T *strip) {
  constexpr int L = kLanes<T>;
  for (int64_t k = 0; k < n; k += L) {
    for (int m = (kStrip - 1) / L * L; m >= 0; m -= L) {
      Vec<T> v[L] = {};
      for (int64_t i = 0; i < min_of(L, valid - m); ++i) v[i] = load_up_to(rows + (m + i) * stride + k, n - k);
      transpose_lanes<T>(v);
      for (int64_t i = 0; i < min_of(L, n - k); ++i) store(strip + (k + i) * kStrip + m, v[i]);
    }
  }
}

// panel[k · kPanel + j] = x(k)[j] for j < valid and 0 beyond.
template <class T, class Rows>
void pack_panel(Rows x, int64_t n, int64_t valid, T *panel) {
  constexpr int L = kLanes<T>;
  for (int64_t k = 0; k < n; ++k) {
    const T *from = x(k);
    for (int v = 0; v < 2; ++v) {
      store(panel + k * kPanel<T> + v * L, load_up_to(from + v * L, valid - v * L));
    }
  }
}

// Scores of classes [c, c + kStrip) for a block: the strip of W against each panel of rows.
template <class T>
FASTLC_NOINLINE void many_scores_strip(const fastlc::Problem<T> &problem, int64_t c, int64_t rows, const T *columns, T *strip, T *s,
                                       int64_t stride) {
  const T *b = problem.b;
  const int64_t valid = min_of(kStrip, problem.c - c);
  pack_strip(problem.W + c * problem.W_stride, problem.W_stride, valid, problem.d, strip);
  for (int64_t r = 0; r < rows; r += kPanel<T>) {
    Vec<T> acc[kStrip * 2] = {};
    panel_tile(problem.d, strip, columns + r * problem.d, acc);
    FASTLC_UNROLL
    for (int m = 0; m < kStrip; ++m) {
      if (m >= valid) break;
      const T bias = b ? b[c + m] : T(0);
      store(s + (c + m) * stride + r, acc[2 * m] + bias);
      store(s + (c + m) * stride + r + kLanes<T>, acc[2 * m + 1] + bias);
    }
  }
}

// Gradient of classes [c, c + kStrip): their d scores against each panel of features, added to dW.
template <class T>
FASTLC_NOINLINE void many_gradient_strip(const fastlc::Problem<T> &problem, int64_t c, int64_t n, const T *panels, T *strip,
                                         const T *s, int64_t stride, T *dW, bool first) {
  constexpr int L = kLanes<T>;
  const int64_t valid = min_of(kStrip, problem.c - c);
  pack_strip(s + c * stride, stride, valid, n, strip);
  for (int64_t j = 0; j < problem.d; j += kPanel<T>) {
    Vec<T> acc[kStrip * 2] = {};
    const int64_t wide = problem.d - j;
    panel_tile(n, strip, panels + j * n, acc);
    FASTLC_UNROLL
    for (int m = 0; m < kStrip; ++m) {
      if (m >= valid) break;
      T *to = dW + (c + m) * problem.d + j;
      if (!first) {  // added when the block's own sum is whole, see StoreGradient
        acc[2 * m] += load_up_to(to, wide);
        acc[2 * m + 1] += load_up_to(to + L, wide - L);
      }
      store_up_to(to, wide, acc[2 * m]);
      store_up_to(to + L, wide - L, acc[2 * m + 1]);
    }
  }
}

// dX of a block for features [j, j + kPanel): W's panel against strips of rows.
template <class T>
FASTLC_NOINLINE void many_input_gradient_panel(const fastlc::Problem<T> &problem, int64_t j, const DenseBlock<T> &block, T *panel,
                                               const T *s, int64_t stride, T *dX) {
  constexpr int L = kLanes<T>;
  const T *W = problem.W;
  const int64_t wide = problem.d - j;
  pack_panel([&](int64_t c) { return W + c * problem.W_stride + j; }, problem.c, wide, panel);
  for_blocks<kStrip>(block.n, [&]<int M>(int64_t r) {
    Vec<T> acc[M * 2] = {};
    multiply_long<T, M, 2>(
        problem.c, [=](int64_t c, int m) FASTLC_INLINE_LAMBDA { return s[c * stride + r + m]; },
        [=](int64_t c, int v) FASTLC_INLINE_LAMBDA { return load(panel + c * kPanel<T> + v * L); }, acc);
    FASTLC_UNROLL
    for (int m = 0; m < M; ++m) {
      T *to = dX + block.row[r + m] * problem.d + j;
      store_up_to(to, wide, acc[2 * m]);
      store_up_to(to + L, wide - L, acc[2 * m + 1]);
    }
  });
}

// Shares strips of classes out: f(strip, thread).
template <class F>
bool for_each_strip(int64_t strips, fastlc::Run &run, F &&f) {
  const int64_t pieces = min_of(strips, 2 * kMaxPieces);
  return parallel(pieces, run, [&](int64_t i, int thread) {
    for (int64_t strip = part_of(strips, i, pieces); strip < part_of(strips, i + 1, pieces); ++strip) f(strip, thread);
  });
}

// Calls f(s, block, begin, end, panels, own) for each block of rows [begin, end) with the scores of those that count.
template <class T, class F>
bool many_blocks(const fastlc::Problem<T> &problem, const fastlc::Batch &batch, fastlc::Run &run, const ManyLayout<T> &layout, F &&f) {
  const int threads = static_cast<int>(min_of(run.threads, layout.most_pieces));
  T *s = static_cast<T *>(run.scratch.get(layout.bytes(threads)));
  T *columns = s + layout.scores + layout.targets;
  T *panels = columns + layout.columns;
  T *own = panels + layout.panels;
  DenseBlock<T> &block = *reinterpret_cast<DenseBlock<T> *>(own + layout.own * threads);

  for (int64_t begin = 0, end; begin < batch.n; begin = end) {
    end = gather(problem, Dense<T>(problem), batch, begin, batch.n, layout.rows, block);
    const int64_t filled = round_up(block.n, kPanel<T>);
    const int64_t row_panels = filled / kPanel<T>;
    const int64_t feature_panels = layout.panels ? layout.feature_panels : 0;
    bool going = parallel(row_panels + feature_panels, run, [&](int64_t i, int) {
      if (i < row_panels) {
        const int64_t r = i * kPanel<T>, valid = min_of(kPanel<T>, block.n - r);
        T *panel = columns + r * problem.d;
        if (valid <= kLanes<T>) {  // the second vector stays without rows
          for (int64_t j = 0; j < problem.d; ++j) store(panel + j * kPanel<T> + kLanes<T>, Vec<T>{});
        }
        rows_to_columns(block.x + r, valid, problem.d, panel, kPanel<T>);
      } else {
        const int64_t j = (i - row_panels) * kPanel<T>;
        pack_panel([&](int64_t r) { return block.x[r] + j; }, block.n, problem.d - j, panels + j * block.n);
      }
    });
    going = going && for_each_strip(layout.strips, run, [&](int64_t strip, int thread) {
      many_scores_strip(problem, strip * kStrip, filled, columns, own + layout.own * thread, s, layout.stride);
    });
    if (!going || !f(Column<T>{s, layout.stride, problem.c}, block, begin, end, panels, own)) return false;
  }
  return true;
}

// Shares a block's rows out, a vector at a time: f(begin, end).
template <class T, class F>
bool many_vectors(const DenseBlock<T> &block, fastlc::Run &run, F &&f) {
  const int64_t vectors = (block.n + kLanes<T> - 1) / kLanes<T>;
  return parallel(vectors, run, [&](int64_t i, int) {
    f(i, i * kLanes<T>, min_of((i + 1) * kLanes<T>, block.n));
  });
}

template <class T>
bool many_loss(const fastlc::Problem<T> &problem, const fastlc::Batch &batch, fastlc::Run &run, fastlc::Gradients<T> &out) {
  T *dW = out.dW, *db = out.db, *dX = out.dX;
  const bool values = problem.targets != nullptr;
  const ManyLayout<T> layout(problem, batch.n, values, dW != nullptr, dX != nullptr);
  const int64_t size = times(problem.c, problem.d);
  // As for few classes, blocks are added in T, and where there are many their sums in double: dW's, then db's.
  const bool long_sums = dW && batch.n / kBlocksOfSum > layout.rows;
  double *total = long_sums ? static_cast<double *>(run.partials.get(times(plus(size, problem.c), sizeof(double)))) : nullptr;
  int64_t blocks = 0;
  auto in_chunks = [&](auto f) {
    constexpr int64_t chunk = kRoundChunk;
    return parallel(ManyLayout<T>::pieces_of_axis(size, chunk), run, [&](int64_t i, int) {
      f(dW + i * chunk, total + i * chunk, min_of(chunk, size - i * chunk));
    }) && (!db || (f(db, total + size, problem.c), true));
  };
  out.loss = 0;
  bool done = many_blocks<T>(
      problem, batch, run, layout,
      [&](Column<T> s, const DenseBlock<T> &block, int64_t begin, int64_t end, const T *panels, T *own) {
        T *targets = s.data + round_up(problem.c * s.stride, 16);
        if (values) targets_to_columns(problem, block, targets, s.stride);
        double losses[kBlockRows];
        bool going = many_vectors(block, run, [&](int64_t i, int64_t from, int64_t to) {
          losses[i] = kLossOfColumns<T>[problem.loss](problem, s.data, s.stride, problem.c, block, targets, from, to,
                                                   out.losses);
        });
        for (int64_t i = 0; i * kLanes<T> < block.n && going; ++i) out.loss += losses[i];
        if (dW && block.n) {
          const int64_t in_sum = long_sums ? blocks % kBlocksOfSum : blocks;
          going = going && for_each_strip(layout.strips, run, [&](int64_t strip, int thread) {
            const int64_t c = strip * kStrip;
            many_gradient_strip(problem, c, block.n, panels, own + layout.own * thread, s.data, s.stride, dW, in_sum == 0);
            if (db) bias_block(s.data + c * s.stride, s.stride, min_of(kStrip, problem.c - c), block.n, db + c, in_sum == 0);
          });
          ++blocks;
          if (long_sums && in_sum + 1 == kBlocksOfSum) {
            going = going && in_chunks([&](const T *sum, double *to, int64_t n) { empty_into(sum, n, to, blocks == kBlocksOfSum); });
          }
        }
        if (dX) {
          zero_left_out(block, begin, end, dX, problem.d);
          going = going && parallel(layout.feature_panels, run, [&](int64_t i, int thread) {
            many_input_gradient_panel(problem, i * kPanel<T>, block, own + layout.own * thread, s.data, s.stride, dX);
          });
        }
        return going;
      });
  out.loss *= batch.scale;
  if (done && long_sums && blocks >= kBlocksOfSum) {
    done = in_chunks([&](T *sum, double *from, int64_t n) {
      if (blocks % kBlocksOfSum) empty_into(sum, n, from, false);
      round_to(from, n, sum);
    });
  }
  if (done && dW && blocks == 0) {  // no row counted
    __builtin_memset(dW, 0, sizeof(T) * static_cast<size_t>(size));
    if (db) __builtin_memset(db, 0, sizeof(T) * static_cast<size_t>(problem.c));
  }
  return done;
}

template <class T, class Read>
bool many_read(const fastlc::Problem<T> &problem, fastlc::Run &run, Read read) {
  return many_blocks<T>(problem, {nullptr, 0, problem.n, 0}, run, ManyLayout<T>(problem, problem.n, false, false, false),
                        [&](Column<T> s, const DenseBlock<T> &block, int64_t, int64_t, const T *, T *) {
                          return many_vectors(block, run,
                                              [&](int64_t, int64_t from, int64_t to) { read(s, block, from, to); });
                        });
}

}  // namespace
