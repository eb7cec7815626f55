// A second kind of features under the drivers of the kernels: rows stored sparse, as plainly as can be. They have to give the
// results of the same rows stored dense, bit for bit, since a product with 0 adds nothing, and all else is the drivers'.
//
// This is how much a new kind of rows takes, and no more: what Csr has here.
#include <cstdio>
#include <cstring>
#include <vector>

#define FASTLC_VECTOR_BYTES 16
#define FASTLC_REGISTERS 16
#include "kernels/few_classes.inl"
#include "kernels/table.h"

namespace {

// The nonzero elements of a row; `next` is where the following row begins.
struct Entries {
  const int *column, *next;
};

template <class T>
struct Csr {
  using Element = T;
  using Row = Entries;

  Csr(const T *X, int64_t n, int64_t d) : d(d) {
    columns.reserve(static_cast<size_t>(n * d));  // rows point into it
    values.reserve(static_cast<size_t>(n * d));
    first.push_back(0);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < d; ++j) {
        if (X[i * d + j] == 0) continue;
        columns.push_back(static_cast<int>(j));
        values.push_back(X[i * d + j]);
      }
      first.push_back(columns.size());
    }
  }

  Row row(int64_t i) const { return {columns.data() + first[static_cast<size_t>(i)], columns.data() + first[static_cast<size_t>(i) + 1]}; }
  int64_t block_rows(int64_t) const { return 48; }
  int64_t work(int64_t classes) const { return classes * d; }

  // The lane of dense scores that a feature is added to, and the tree over lanes, are those of dense rows: for the same bits.
  void scores(const Block<Csr> &block, const Block<Csr> &, bool, const T *W, int64_t W_stride, int64_t classes, const T *b, T *s,
              int64_t class_stride) const {
    for (int64_t c = 0; c < classes; ++c) {
      for (int64_t r = block.n; r % kLanes<T>; ++r) s[c * class_stride + r] = 0;  // lanes without a row
      for (int64_t r = 0; r < block.n; ++r) {
        Vec<T> lanes = b ? first_lane(b[c]) : Vec<T>{};
        for (const int *j = block.x[r].column; j != block.x[r].next; ++j) {
          lanes[*j % kLanes<T>] += values[static_cast<size_t>(j - columns.data())] * W[c * W_stride + *j];
        }
        s[c * class_stride + r] = sum_lanes<T, 1>(&lanes)[0];
      }
    }
  }

  template <class Finish>
  void gradient(const Block<Csr> &block, const Block<Csr> &, const T *s, int64_t stride, int64_t classes, const Finish &finish) const {
    std::vector<T> sum(static_cast<size_t>(classes * d + kLanes<T>));
    for (int64_t r = 0; r < block.n; ++r) {
      for (const int *j = block.x[r].column; j != block.x[r].next; ++j) {
        const T x = values[static_cast<size_t>(j - columns.data())];
        for (int64_t c = 0; c < classes; ++c) sum[static_cast<size_t>(c * d + *j)] += s[c * stride + r] * x;
      }
    }
    for (int64_t i = 0; i < classes * d; i += kLanes<T>) {
      const int64_t left = classes * d - i;
      if (left >= kLanes<T>) {
        finish(i, load(sum.data() + i));
      } else {
        finish(i, load(sum.data() + i), left);
      }
    }
  }

  void input_gradient(const Block<Csr> &, const T *, int64_t, int64_t, const T *, int64_t, T *) const {}  // refused by api/

  int64_t d;
  std::vector<int> columns;
  std::vector<T> values;
  std::vector<size_t> first;
};

uint64_t state = 1;
uint64_t draw() { return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33; }
template <class T>
T number() {
  return static_cast<T>(static_cast<double>(draw() % 2001) / 1000 - 1);
}

template <class T>
struct Case {
  Case(int64_t n, int64_t d, int64_t c, int loss, bool values) : X(n * d), W(c * d), b(c), y(n), targets(n * c), v(n), k(c, T(1.5)) {
    for (T &x : X) x = draw() % 4 ? T(0) : number<T>();
    for (std::vector<T> *all : {&W, &b, &targets, &v}) {
      for (T &x : *all) x = number<T>();
    }
    for (T &t : targets) t = t < 0 ? -t : t;
    for (T &w : v) w = w < T(-0.5) ? T(0) : w + 1;
    for (int64_t &label : y) label = static_cast<int64_t>(draw() % static_cast<uint64_t>(c == 1 ? 2 : c));
    problem.n = n;
    problem.d = problem.X_stride = problem.W_stride = d;
    problem.c = problem.targets_stride = c;
    problem.X = X.data();
    problem.W = W.data();
    problem.b = b.data();
    problem.loss = loss;
    static constexpr double kOptions[] = {0.25, 1};
    problem.options = kOptions;
    problem.labels = {values ? nullptr : y.data(), FASTLC_INT64, !values, 1};
    problem.targets = values ? targets.data() : nullptr;
    problem.sample_weight = v.data();
    problem.class_weight = values ? nullptr : k.data();
  }
  std::vector<T> X, W, b;
  std::vector<int64_t> y;
  std::vector<T> targets, v, k;
  fastlc::Problem<T> problem{};
};

struct Memory {
  fastlc::Cancel cancel{nullptr, nullptr};
  fastlc::Scratch scratch, partials, gradient;
  fastlc::Run run{cancel, scratch, partials, gradient, 2};
};

// Loss, losses, dW and db; then weights after a step; then scores.
template <class T, class Features>
std::vector<T> results(const Features &features, const Case<T> &of) {
  const fastlc::Problem<T> &p = of.problem;
  Memory memory;
  const size_t n = static_cast<size_t>(p.n), c = static_cast<size_t>(p.c), size = c * static_cast<size_t>(p.d);
  std::vector<T> losses(n), dW(size), db(c), all;
  fastlc::Gradients<T> out = {0, losses.data(), dW.data(), db.data(), nullptr};
  fastlc::Batch batch{nullptr, 0, p.n, 0, 0.125};
  few_loss(features, p, batch, memory.run, out);
  all.push_back(static_cast<T>(out.loss));
  for (const std::vector<T> &part : {losses, dW, db}) all.insert(all.end(), part.begin(), part.end());

  fastlc_sgd sgd{};
  sgd.size = sizeof sgd;
  sgd.l2 = 0.5;
  std::vector<T> W = of.W, b = of.b;
  fastlc::Problem<T> trained = p;
  trained.W = W.data();
  trained.b = b.data();
  std::vector<int64_t> order;
  for (int64_t i = 0; i < std::min<int64_t>(p.n, 40); ++i) order.push_back((7 * i + 3) % p.n);
  batch = {order.data(), 0, static_cast<int64_t>(order.size()), 0, 0.125};
  double loss = 0;
  few_step(features, trained, batch, memory.run, Descend<T, false>(0.1, sgd, W.data(), nullptr),
           Descend<T, false>(0.1, sgd, b.data(), nullptr), &loss);
  all.push_back(static_cast<T>(loss));
  for (const std::vector<T> &part : {W, b}) all.insert(all.end(), part.begin(), part.end());

  std::vector<T> scores(n * c);
  few_read(features, p, memory.run, WriteScores<T>{scores.data()});
  all.insert(all.end(), scores.begin(), scores.end());
  return all;
}

int compared = 0, different = 0;

template <class T>
void compare(int64_t n, int64_t d, int64_t c) {
  constexpr fastlc_loss_description losses[] = {
#define FASTLC_DESCRIPTION(Loss) Loss<T>::kInfo,
      FASTLC_LOSSES(FASTLC_DESCRIPTION)
#undef FASTLC_DESCRIPTION
  };
  for (int loss = 0; loss < static_cast<int>(sizeof losses / sizeof losses[0]); ++loss) {
    for (const bool values : {false, true}) {
      if (!(losses[loss].kind & (values ? FASTLC_VALUES : FASTLC_LABELS))) continue;
      const Case<T> each(n, d, c, loss, values);
      const std::vector<T> dense = results(Dense<T>(each.problem), each), sparse = results(Csr<T>(each.X.data(), n, d), each);
      ++compared;
      // Blocks differ in size, and so do the sums of several: only what one block gives has to have the same bits.
      const bool same = dense.size() == sparse.size() && std::memcmp(dense.data(), sparse.data(), sizeof(T) * dense.size()) == 0;
      if (same) continue;
      ++different;
      std::printf("%s of %s, n = %lld, d = %lld, c = %lld: different bits\n", losses[loss].name, values ? "values" : "labels",
                  static_cast<long long>(n), static_cast<long long>(d), static_cast<long long>(c));
    }
  }
}

}  // namespace

int main() {
  for (const int64_t n : {1, 7, 48}) {
    for (const int64_t d : {1, 5, 64}) {
      for (const int64_t c : {1, 2, 7}) {
        compare<float>(n, d, c);
        compare<double>(n, d, c);
      }
    }
  }
  std::printf("%d compared, %d different\n", compared, different);
  return different != 0;
}
