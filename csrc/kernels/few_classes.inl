// Few classes, or few rows: each thread takes pieces of the rows and does all of the work on a block of them at a time.
//
//   scores      dot tiles straight from X and W, written transposed: (C, block)
//   loss        vertically, in place
//   dW, db      outer products into the piece's own partial gradient; partial gradients are added up in their order
//
// The block is chosen so that its rows of X are still in the L2 cache when the gradient reads them again; meanwhile the next
// block's rows are prefetched, which is the largest single gain there is.
#pragma once

#include "kernels/rows.inl"
#include "kernels/products.inl"

namespace {

template <class F>
bool parallel(int64_t pieces, const fastlc::Run &run, F &&f) {
  auto call = [](void *arg, int64_t piece, int thread) { (*static_cast<F *>(arg))(piece, thread); };
  return fastlc::parallel_for(pieces, run.threads, call, &f, run.cancel);
}

// Into how many pieces to cut: by shape alone. A piece should last some 10 µs, more than it costs to wake a thread.
constexpr int64_t kMaxPieces = 64;
constexpr int64_t kPieceWork = 1 << 19;  // multiply-adds
inline int64_t pieces_of(int64_t rows, int64_t work_per_row) {
  const int64_t by_work = plus(times(rows, work_per_row), kPieceWork / 2) / kPieceWork;
  return max_of(1, min_of(min_of(by_work, rows / 16), kMaxPieces));
}

// Rows of a block: X's part in about 256 KB, and a whole number of tiles and of vectors.
template <class T>
int64_t few_block_rows(int64_t d, int64_t classes) {
  constexpr int64_t unit = max_of(kDotRows, kLanes<T>);
  const int64_t by_x = (256 << 10) / times(max_of(d, 1), sizeof(T));
  const int64_t by_scores = (1 << 20) / times(max_of(classes, 1), sizeof(T));
  return max_of(unit, min_of(240, min_of(by_x, by_scores)) / unit * unit);
}

// Scores of a block, transposed, over the features [first, d); meanwhile fetches features [0, ahead) of the next block's
// rows, a share in each pass.
template <class T>
FASTLC_NOINLINE void score_features(const Block<T> &block, const Block<T> &next, int64_t ahead, const T *w, int64_t w_stride,
                                    int64_t classes, int64_t first, int64_t d, const T *b, T *s, int64_t class_stride) {
  const int64_t all_lines = (ahead + kLine<T> - 1) / kLine<T>;
  if (block.n == 1) {  // as many chains of additions as there are registers, or each would wait for its last one
    for_blocks<2 * kDotClasses>(classes, [&]<int K>(int64_t c) {
      dot_tile<T, 1, K>(block.x, w + c * w_stride, w_stride, first, d, b ? b + c : nullptr, s + c * class_stride, class_stride,
                        next.x, 0, next.n > 0 && c == 0 ? all_lines : 0);
    });
    return;
  }
  for_blocks<kDotClasses>(classes, [&]<int K>(int64_t c) {
    constexpr int R = dot_rows(K);
    const T *wc = w + c * w_stride;
    const T *bc = b ? b + c : nullptr;
    T *sc = s + c * class_stride;
    const int64_t from = all_lines * c / classes, lines = all_lines * (c + K) / classes - from;
    int64_t r = 0;
    for (; r + R <= block.n; r += R) {
      dot_tile<T, R, K>(block.x + r, wc, w_stride, first, d, bc, sc + r, class_stride, next.x + r, from * kLine<T>,
                        r + R <= next.n ? lines : 0);
    }
    for (; r < block.n; ++r) {
      dot_tile<T, 1, K>(block.x + r, wc, w_stride, first, d, bc, sc + r, class_stride, next.x + r, from * kLine<T>,
                        r < next.n ? lines : 0);
    }
  });
}

template <class T>
void score_block(const Block<T> &block, const Block<T> &next, int64_t ahead, const T *w, int64_t w_stride, int64_t classes,
                 int64_t d, const T *b, T *s, int64_t class_stride) {
  constexpr int64_t most = kLongest * kLanes<T>;
  int64_t first = 0;
  do {
    const int64_t end = min_of(d, first + most);
    score_features(block, next, first == 0 ? ahead : 0, w, w_stride, classes, first, end, b, s, class_stride);
    first = end;
  } while (first < d);
}

// Vectors of features in a gradient tile of K classes, a power of two.
constexpr int kGradientClasses = kManyRegisters ? 13 : 6;
constexpr int gradient_vectors(int K) {
  if (kManyRegisters) return K <= 2 ? 8 : K <= 6 ? 4 : 2;
  return K <= 2 ? 4 : 2;
}

// What becomes of a vector of the gradient, at element i of (C, D); n of its lanes count if they are fewer than all.

template <class T>
struct StoreGradient {
  T *dW;
  bool first;  // else it is added to what dW holds: a block's sum starts at 0, or its rows would meet a sum of many more
  FASTLC_INLINE void operator()(int64_t i, Vec<T> g) const { store(dW + i, first ? g : load(dW + i) + g); }
  FASTLC_INLINE void operator()(int64_t i, Vec<T> g, int64_t n) const {
    store_first(dW + i, n, first ? g : load_first(dW + i, n) + g);
  }
};

// Stochastic gradient descent, see fastlc_sgd. `plain`: the rate alone, without what would take longer to
// ask for than the step.
template <class T, bool plain>
struct Descend {
  Descend(double lr, const fastlc_sgd &sgd, void *W, void *velocity)
      : rate(T(lr)), momentum(T(sgd.momentum)), gain(T(1 - sgd.dampening)), decay(T(sgd.weight_decay)),
        shrink(sgd.l1 == 0 ? T(0) : T(reach(lr, sgd) * sgd.l1)),
        contract(sgd.l2 == 0 ? T(1) : T(1 / (1 + reach(lr, sgd) * sgd.l2))), nesterov(sgd.nesterov),
        W(static_cast<T *>(W)), velocity(sgd.momentum != 0 ? static_cast<T *>(velocity) : nullptr) {}
  // As far as a gradient moves the weights in the end: the proximal step must keep pace with it.
  static double reach(double lr, const fastlc_sgd &sgd) {
    return sgd.momentum == 0 ? lr : lr * (1 - sgd.dampening) / (1 - sgd.momentum);
  }
  FASTLC_INLINE void operator()(int64_t i, Vec<T> g) const {
    auto load_whole = [](const T *p) FASTLC_INLINE_LAMBDA { return load(p); };
    update(i, g, load_whole, [](T *p, Vec<T> v) FASTLC_INLINE_LAMBDA { store(p, v); });
  }
  FASTLC_INLINE void operator()(int64_t i, Vec<T> g, int64_t n) const {
    auto load_part = [n](const T *p) FASTLC_INLINE_LAMBDA { return load_first(p, n); };
    update(i, g, load_part, [n](T *p, Vec<T> v) FASTLC_INLINE_LAMBDA { store_first(p, n, v); });
  }
  template <class Load, class Store>
  FASTLC_INLINE void update(int64_t i, Vec<T> g, Load load_at, Store store_at) const {
    Vec<T> w = load_at(W + i);
    if constexpr (plain) {
      store_at(W + i, w - rate * g);
      return;
    }
    if (decay != 0) g += decay * w;
    if (velocity) {
      const Vec<T> v = momentum * load_at(velocity + i) + gain * g;
      store_at(velocity + i, v);
      g = nesterov ? g + momentum * v : v;
    }
    w -= rate * g;
    if (shrink != 0) {
      const Vec<T> size = abs_of<T>(w) - shrink;
      w = select<T>(size <= T(0), Vec<T>{}, select<T>(w < T(0), -size, size));
    }
    if (contract != 1) w *= contract;
    store_at(W + i, w);
  }

  T rate, momentum, gain, decay, shrink, contract;
  bool nesterov;
  T *W, *velocity;
};

// Where the next block's rows are fetched: with the gradient, which needs little of the L1 cache. With few classes memory is
// the limit and must never rest: then half of the features are fetched with the scores.
template <class T>
FASTLC_INLINE int64_t fetched_before(int64_t d, int64_t classes) {
  return classes <= 4 || d <= 256 ? round_up(d / 2, kLine<T>) : 0;
}

// dW[i + k · d + j …] = Σ_r ds[k · stride + r] x[r][j …] for K classes and features from j on, V vectors at a time.
template <class T, int K, int V, class Finish>
FASTLC_INLINE int64_t gradient_tiles(const Block<T> &block, const Block<T> &next, const T *ds, int64_t stride, int64_t d,
                                     int64_t j, int64_t i, const Finish &finish, bool ahead) {
  constexpr int L = kLanes<T>;
  const int64_t lead = ahead ? min_of(block.n, next.n) : 0, fetched = fetched_before<T>(d, K);
  auto scalar = [=](int64_t r, int k) FASTLC_INLINE_LAMBDA { return ds[k * stride + r]; };
  for (; j + V * L <= d; j += V * L) {
    Vec<T> acc[K * V] = {};
    multiply<T, K, V>(
        lead, scalar,
        [&, j](int64_t r, int v) FASTLC_INLINE_LAMBDA {
          if (fetched == 0) {
            prefetch(next.x[r] + j + v * L);
          } else if (v % 2 == 0) {
            prefetch(next.x[r] + fetched + (j + v * L) / 2);
          }
          return load(block.x[r] + j + v * L);
        },
        acc);
    multiply<T, K, V>(
        block.n - lead, [&](int64_t r, int k) FASTLC_INLINE_LAMBDA { return scalar(lead + r, k); },
        [&, j](int64_t r, int v) FASTLC_INLINE_LAMBDA { return load(block.x[lead + r] + j + v * L); }, acc);
    FASTLC_UNROLL
    for (int k = 0; k < K; ++k) {
      FASTLC_UNROLL
      for (int v = 0; v < V; ++v) finish(i + k * d + j + v * L, acc[k * V + v]);
    }
  }
  if constexpr (V > 1) return gradient_tiles<T, K, V / 2>(block, next, ds, stride, d, j, i, finish, ahead);
  return j;
}

template <class T, class Finish>
FASTLC_NOINLINE void gradient_block(const Block<T> &block, const Block<T> &next, const T *s, int64_t stride,
                                    int64_t classes, int64_t d, const Finish finish) {
  for_blocks<kGradientClasses>(classes, [&]<int K>(int64_t c) {
    const T *ds = s + c * stride;
    const int64_t j = gradient_tiles<T, K, gradient_vectors(K)>(block, next, ds, stride, d, 0, c * d, finish, c == 0);
    if (j == d) return;
    Vec<T> acc[K] = {};
    multiply<T, K, 1>(
        block.n, [&](int64_t r, int k) FASTLC_INLINE_LAMBDA { return ds[k * stride + r]; },
        [&](int64_t r, int) FASTLC_INLINE_LAMBDA { return load_first(block.x[r] + j, d - j); }, acc);
    FASTLC_UNROLL
    for (int k = 0; k < K; ++k) finish((c + k) * d + j, acc[k], d - j);
  });
}

// db[c] (+)= Σ_r s[c · stride + r] over whole vectors; the padding is zero.
template <class T>
FASTLC_NOINLINE void bias_block(const T *s, int64_t stride, int64_t classes, int64_t n, T *db, bool first) {
  for (int64_t c = 0; c < classes; ++c) {
    Vec<T> sum = {};
    for (int64_t r = 0; r < n; r += kLanes<T>) sum += load(s + c * stride + r);
    const T total = sum_lanes<T, 1>(&sum)[0];
    db[c] = first ? total : db[c] + total;
  }
}

template <class T, bool plain>
void descend(int64_t count, const T *dW, const Descend<T, plain> finish) {
  int64_t i = 0;
  for (; i + kLanes<T> <= count; i += kLanes<T>) finish(i, load(dW + i));
  if (i < count) finish(i, load_first(dW + i, count - i), count - i);
}

// dX[row[r], j …] = Σ_c s[c · stride + r] W[c, j …]
template <class T>
FASTLC_NOINLINE void input_gradient_block(const Block<T> &block, const T *s, int64_t stride, int64_t classes, const T *w,
                                          int64_t w_stride, int64_t d, T *dX) {
  constexpr int L = kLanes<T>, V = 2;
  for_blocks<kManyRegisters ? 12 : 6>(block.n, [&]<int M>(int64_t r) {
    auto scalar = [=](int64_t c, int m) FASTLC_INLINE_LAMBDA { return s[c * stride + r + m]; };
    int64_t j = 0;
    for (; j + V * L <= d; j += V * L) {
      auto vector = [=](int64_t c, int v) FASTLC_INLINE_LAMBDA { return load(w + c * w_stride + j + v * L); };
      auto write = [&](const Vec<T> *acc) FASTLC_INLINE_LAMBDA {
        FASTLC_UNROLL
        for (int m = 0; m < M; ++m) {
          FASTLC_UNROLL
          for (int v = 0; v < V; ++v) store(dX + block.row[r + m] * d + j + v * L, acc[m * V + v]);
        }
      };
      Vec<T> acc[M * V] = {};
      if (classes > kLongest) {
        Vec<T> total[M * V] = {};
        multiply_parts<T, M, V>(classes, scalar, vector, total);
        write(total);
        continue;
      }
      multiply<T, M, V>(classes, scalar, vector, acc);
      write(acc);
    }
    for (; j < d; j += L) {
      const int64_t wide = min_of(L, d - j);
      Vec<T> acc[M] = {};
      multiply_long<T, M, 1>(
          classes, scalar,
          [=](int64_t c, int) FASTLC_INLINE_LAMBDA { return load_up_to(w + c * w_stride + j, wide); }, acc);
      FASTLC_UNROLL
      for (int m = 0; m < M; ++m) store_up_to(dX + block.row[r + m] * d + j, wide, acc[m]);
    }
  });
}

// Calls f(piece, thread, s, block, next, begin, end) for each block of rows [begin, end), with the scores of the rows that
// count in s, transposed. With `targets` there is room for as many behind them. `reread`: f reads X again.
template <class T, class F>
bool few_blocks(const fastlc_call &call, const fastlc::Rows &rows, fastlc::Run &run, int64_t pieces, bool targets,
                bool reread, F &&f) {
  if (rows.n == 0 || call.c == 0) return true;  // without scores there is nothing to do, for however many rows
  const T *W = static_cast<const T *>(call.W), *b = static_cast<const T *>(call.b);
  const int64_t most = few_block_rows<T>(call.d, call.c);
  const int64_t stride = column_stride<T>(min_of(most, rows.n));
  const int threads = static_cast<int>(min_of(run.threads, pieces));
  const int64_t columns = round_up(times(sizeof(T), call.c, stride, targets ? 2 : 1), 64);
  const int64_t each = plus(columns, 2 * round_up(sizeof(Block<T>), 64));
  char *scratch = static_cast<char *>(run.scratch.get(times(each, threads)));
  return parallel(pieces, run, [&](int64_t piece, int thread) {
    T *s = reinterpret_cast<T *>(scratch + each * thread);
    Block<T> *block = reinterpret_cast<Block<T> *>(reinterpret_cast<char *>(s) + columns);
    Block<T> *next = block + 1;
    const int64_t begin = part_of(rows.n, piece, pieces), end = part_of(rows.n, piece + 1, pieces);
    int64_t from = begin;
    int64_t to = gather(call, rows, from, end, most, *block);
    while (from < end) {
      // The last block looks beyond the piece, to fetch what somebody will want next.
      const int64_t seen = to < end ? end : min_of(end + block->n, rows.n + rows.ahead);
      const int64_t after = to < seen ? gather(call, rows, to, seen, most, *next) : to;
      if (after == to) next->n = 0;
      const int64_t padded = round_up(block->n, kLanes<T>);
      if (padded > block->n) {  // scores of nobody: any number will do, but it must be one
        for (int64_t c = 0; c < call.c; ++c) store(s + c * stride + padded - kLanes<T>, Vec<T>{});
      }
      score_block(*block, *next, reread ? fetched_before<T>(call.d, call.c) : call.d, W, call.W_stride, call.c, call.d, b, s, stride);
      f(piece, thread, Column<T>{s, stride, call.c}, *block, *next, from, to);
      from = to;
      to = after;
      Block<T> *swap = block;
      block = next;
      next = swap;
    }
  });
}

// Partial gradients are sums of blocks in T. Where there are more than kBlocksOfSum, that many are added up, and those sums
// in double, so that the error does not grow with the rows: `sum` is emptied into `total`.
constexpr int64_t kBlocksOfSum = 32;
template <class T>
FASTLC_NOINLINE void empty_into(const T *sum, int64_t n, double *total, bool first) {
  if (first) {
    for (int64_t i = 0; i < n; ++i) total[i] = double(sum[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) total[i] += double(sum[i]);
  }
}
template <class T>
FASTLC_NOINLINE void round_to(const double *total, int64_t n, T *out) {
  for (int64_t i = 0; i < n; ++i) out[i] = T(total[i]);
}

template <class T>
bool few_loss(const fastlc_call &call, const fastlc::Rows &rows, fastlc::Run &run, fastlc_gradients &out) {
  T *dW = static_cast<T *>(out.dW), *db = static_cast<T *>(out.db), *dX = static_cast<T *>(out.dX);
  const int64_t size = times(call.c, call.d), partial = plus(size, call.c);
  int64_t pieces = pieces_of(rows.n, times(call.c, call.d));
  auto limit = [&](int64_t bytes) {
    if (pieces > 1) pieces = max_of(1, min_of(pieces, (int64_t(32) << 20) / times(max_of(partial, 1), bytes)));
  };
  if (dW) limit(sizeof(T));
  const bool long_sums = dW && rows.n > kBlocksOfSum && rows.n / pieces > kBlocksOfSum * few_block_rows<T>(call.d, call.c);
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

  const bool values = call.targets != nullptr;
  if (dX && call.c == 0) __builtin_memset(dX, 0, sizeof(T) * static_cast<size_t>(times(call.n, call.d)));
  const bool done = few_blocks<T>(
      call, rows, run, pieces, values, dW != nullptr,
      [&](int64_t p, int, Column<T> s, const Block<T> &block, const Block<T> &next, int64_t begin, int64_t end) {
        T *targets = s.data + call.c * s.stride;
        if (values) targets_to_columns(call, block, targets, s.stride);
        head[p].loss += kLossOfColumns<T>[call.loss](call, s.data, s.stride, call.c, block, targets, 0, block.n,
                                                     static_cast<T *>(out.losses));
        if (dX) {
          zero_left_out(block, begin, end, dX, call.d);
          input_gradient_block(block, s.data, s.stride, call.c, static_cast<const T *>(call.W), call.W_stride, call.d, dX);
        }
        if (!dW || !block.n) return;
        const int64_t in_sum = long_sums ? head[p].blocks % kBlocksOfSum : head[p].blocks;
        T *dw = own_parts ? part + p * partial : dW, *bias = own_parts ? dw + size : db;
        gradient_block(block, next, s.data, s.stride, call.c, call.d, StoreGradient<T>{dw, in_sum == 0});
        if (bias) bias_block(s.data, s.stride, call.c, block.n, bias, in_sum == 0);
        ++head[p].blocks;
        if (long_sums && in_sum + 1 == kBlocksOfSum) empty_into(dw, partial, total + p * partial, head[p].blocks == kBlocksOfSum);
      });
  if (!done) return false;

  out.loss = 0;
  for (int64_t p = 0; p < pieces; ++p) out.loss += head[p].loss;
  out.loss *= rows.scale;
  if (!dW) return true;
  if (!own_parts) {
    if (head[0].blocks == 0) {
      __builtin_memset(dW, 0, sizeof(T) * static_cast<size_t>(size));
      if (db) __builtin_memset(db, 0, sizeof(T) * static_cast<size_t>(call.c));
    }
    return true;
  }
  // Adds the pieces up, in their order; the elements are shared out.
  const int64_t chunk = max_of(1024, (1 << 18) / pieces), chunks = (partial + chunk - 1) / chunk;
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
template <class T>
bool is_one_block(const fastlc_call &call, int64_t n) {
  return n <= few_block_rows<T>(call.d, call.c) && pieces_of(n, times(call.c, call.d)) == 1;
}
template <class T, bool plain>
bool few_step(const fastlc_call &call, const fastlc::Rows &rows, fastlc::Run &run, const Descend<T, plain> &on_W,
              const Descend<T, plain> &on_b, double *sum) {
  T *db = static_cast<T *>(run.partials.get(times(sizeof(T), call.c)));
  *sum = 0;
  return few_blocks<T>(
      call, rows, run, 1, call.targets != nullptr, true,
      [&](int64_t, int, Column<T> s, const Block<T> &block, const Block<T> &next, int64_t, int64_t) {
        T *targets = s.data + call.c * s.stride;
        if (call.targets) targets_to_columns(call, block, targets, s.stride);
        *sum = rows.scale *
               kLossOfColumns<T>[call.loss](call, s.data, s.stride, call.c, block, targets, 0, block.n, nullptr);
        gradient_block(block, next, s.data, s.stride, call.c, call.d, on_W);
        if (!on_b.W) return;
        bias_block(s.data, s.stride, call.c, block.n, db, true);
        descend(call.c, db, on_b);
      });
}

// Reads labels or probabilities off the scores: read(s, block, begin, end).
template <class T, class Read>
bool few_read(const fastlc_call &call, fastlc::Run &run, Read read) {
  const int64_t pieces = pieces_of(call.n, times(call.c, call.d));
  return few_blocks<T>(call, {nullptr, 0, call.n, 0}, run, pieces, false, false,
                       [&](int64_t, int, Column<T> s, const Block<T> &block, const Block<T> &, int64_t, int64_t) {
                         read(s, block, 0, block.n);
                       });
}

}  // namespace
