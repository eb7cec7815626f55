// Calls of the C interface that Python does not make: what the fuzzer has found there, and null pointers, structs of other
// sizes, constants and names that are unknown, default options and sizes beyond any memory, which it looks at too. sanitize.py
// compiles and runs this.
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "api/structs.h"
#include "include/fastlc.h"

// AddressSanitizer ends a process that asks for more than there can be; here null is the answer, as elsewhere.
extern "C" const char *__asan_default_options() { return "allocator_may_return_null=1"; }

namespace {

int failures = 0;

void expect(bool holds, const char *what) {
  if (holds) return;
  std::printf("NOT TRUE: %s\n", what);
  ++failures;
}

// A struct as a program passes it that is newer than the library.
template <class Struct>
struct Later : Struct {
  int64_t later[2];
};

// Four rows of two features, three classes, and a place for everything that comes out.
struct Problem {
  Problem() {
    call.size = sizeof(fastlc_call);
    call.dtype = FASTLC_FLOAT64;
    call.n = 4;
    call.d = call.W_stride = 2;
    call.c = 3;
    call.X = &features;
    call.W = W;
    call.options = options;
    call.labels = labels;
    call.labels_type = FASTLC_INT8;
    call.error = error;
    call.error_size = sizeof error;
    features.size = sizeof(fastlc_features);
    features.kind = FASTLC_DENSE;
    features.stride = 2;
    features.data = X;
    out.size = sizeof(fastlc_gradients);
    sgd.size = sizeof(fastlc_sgd);
    epoch.size = sizeof(fastlc_epoch);
    epoch.W = W;
    epoch.rows = 4;
    epoch.batch_size = 3;
    epoch.lr = &lr;
    epoch.lr_size = 1;
  }
  void is_taken(fastlc_status status, const char *what) const { expect(status == FASTLC_OK, what); }
  void is_refused(fastlc_status status, const char *what) {
    expect(status == FASTLC_INVALID && std::strlen(error) > 0, what);
    error[0] = 0;
  }
  void has_no_memory(fastlc_status status, const char *what) const {
    expect(status == FASTLC_OUT_OF_MEMORY || (status == FASTLC_INVALID && std::strlen(error) > 0), what);
  }
  fastlc_status loss() { return fastlc_loss(&call, &out); }
  fastlc_status train() { return fastlc_sgd_epoch(&call, &sgd, &epoch); }

  double X[8] = {1, 2, 3, 4, 5, 6, 7, 8}, W[6] = {1, 0, 0, 1, 1, 1}, lr = 0.1, options[4] = {0, 1};
  double losses[4], dW[6] = {}, db[3] = {7, 7, 7}, velocity[6] = {}, scores[12] = {};
  int64_t predicted[4] = {};
  int8_t labels[4] = {0, 1, 2, 0};
  char error[100] = "";
  Later<fastlc_call> call{};
  Later<fastlc_features> features{};
  Later<fastlc_gradients> out{};
  Later<fastlc_sgd> sgd{};
  Later<fastlc_epoch> epoch{};
};

// Every pointer that a call needs is null in turn: refused, with a sentence where there is room for one, and W as it was.
void check_null_pointers() {
  struct Case {
    const char *what;
    std::function<fastlc_status(Problem &)> run;
  };
  const Case cases[] = {
      {"scores without X", [](Problem &p) { return p.call.X = nullptr, fastlc_scores(&p.call, p.scores); }},
      {"scores without data of X", [](Problem &p) { return p.features.data = nullptr, fastlc_scores(&p.call, p.scores); }},
      {"scores without W", [](Problem &p) { return p.call.W = nullptr, fastlc_scores(&p.call, p.scores); }},
      {"scores to nowhere", [](Problem &p) { return fastlc_scores(&p.call, nullptr); }},
      {"labels without X", [](Problem &p) { return p.call.X = nullptr, fastlc_predict(&p.call, p.predicted); }},
      {"labels without data of X", [](Problem &p) { return p.features.data = nullptr, fastlc_predict(&p.call, p.predicted); }},
      {"labels without W", [](Problem &p) { return p.call.W = nullptr, fastlc_predict(&p.call, p.predicted); }},
      {"labels to nowhere", [](Problem &p) { return fastlc_predict(&p.call, nullptr); }},
      {"probabilities without X", [](Problem &p) { return p.call.X = nullptr, fastlc_predict_proba(&p.call, p.scores); }},
      {"probabilities without data of X",
       [](Problem &p) { return p.features.data = nullptr, fastlc_predict_proba(&p.call, p.scores); }},
      {"probabilities without W", [](Problem &p) { return p.call.W = nullptr, fastlc_predict_proba(&p.call, p.scores); }},
      {"probabilities to nowhere", [](Problem &p) { return fastlc_predict_proba(&p.call, nullptr); }},
      {"softmax of nothing", [](Problem &p) { return p.call.c = 2, p.call.X = nullptr, fastlc_softmax(&p.call, p.scores); }},
      {"softmax without data", [](Problem &p) { return p.call.c = 2, p.features.data = nullptr, fastlc_softmax(&p.call, p.scores); }},
      {"softmax to nowhere", [](Problem &p) { return p.call.c = 2, fastlc_softmax(&p.call, nullptr); }},
      {"log_softmax to nowhere", [](Problem &p) { return p.call.c = 2, fastlc_log_softmax(&p.call, nullptr); }},
      {"sigmoid to nowhere", [](Problem &p) { return p.call.c = 2, fastlc_sigmoid(&p.call, nullptr); }},
      {"a loss without X", [](Problem &p) { return p.call.X = nullptr, p.loss(); }},
      {"a loss without data of X", [](Problem &p) { return p.features.data = nullptr, p.loss(); }},
      {"a loss without labels", [](Problem &p) { return p.call.labels = nullptr, p.loss(); }},
      {"a loss to nowhere", [](Problem &p) { return fastlc_loss(&p.call, nullptr); }},
      {"a step in no way", [](Problem &p) { return fastlc_sgd_step(&p.call, nullptr, 6, 0.1, p.W, p.dW, nullptr); }},
      {"a step of nothing", [](Problem &p) { return fastlc_sgd_step(&p.call, &p.sgd, 6, 0.1, nullptr, p.dW, nullptr); }},
      {"a step without dW", [](Problem &p) { return fastlc_sgd_step(&p.call, &p.sgd, 6, 0.1, p.W, nullptr, nullptr); }},
      {"a step without velocity", [](Problem &p) {
         return p.sgd.momentum = 0.5, fastlc_sgd_step(&p.call, &p.sgd, 6, 0.1, p.W, p.dW, nullptr);
       }},
      {"an epoch in no way", [](Problem &p) { return fastlc_sgd_epoch(&p.call, nullptr, &p.epoch); }},
      {"no epoch", [](Problem &p) { return fastlc_sgd_epoch(&p.call, &p.sgd, nullptr); }},
      {"an epoch without X", [](Problem &p) { return p.call.X = nullptr, p.train(); }},
      {"an epoch without data of X", [](Problem &p) { return p.features.data = nullptr, p.train(); }},
      {"an epoch without labels", [](Problem &p) { return p.call.labels = nullptr, p.train(); }},
      {"an epoch of nothing", [](Problem &p) { return p.epoch.W = nullptr, p.train(); }},
      {"an epoch without a rate", [](Problem &p) { return p.epoch.lr = nullptr, p.train(); }},
      {"an epoch without velocity", [](Problem &p) { return p.sgd.momentum = 0.5, p.train(); }},
      {"an epoch without the bias's velocity", [](Problem &p) {
         p.sgd.momentum = 0.5;
         p.epoch.b = p.db;
         p.epoch.velocity_W = p.velocity;
         return p.train();
       }},
  };
  for (const Case &each : cases) {
    Problem p, untouched;
    p.is_refused(each.run(p), each.what);
    expect(std::memcmp(p.W, untouched.W, sizeof p.W) == 0, each.what);
    p.call.error = nullptr;
    expect(each.run(p) == FASTLC_INVALID, each.what);
  }
  Problem p;
  for (const fastlc_status status :
       {fastlc_scores(nullptr, p.scores), fastlc_predict(nullptr, p.predicted), fastlc_predict_proba(nullptr, p.scores),
        fastlc_softmax(nullptr, p.scores), fastlc_log_softmax(nullptr, p.scores), fastlc_sigmoid(nullptr, p.scores),
        fastlc_loss(nullptr, &p.out), fastlc_sgd_epoch(nullptr, &p.sgd, &p.epoch),
        fastlc_sgd_step(nullptr, &p.sgd, 6, 0.1, p.W, p.dW, nullptr)}) {
    expect(status == FASTLC_INVALID, "no call at all is refused");
  }
}

// Two classes, so that each function takes the call, those of scores too.
struct Square : Problem {
  Square() {
    call.c = 2;
    labels[2] = 1;
    out.dW = dW;
    sgd.momentum = 0.5;
    epoch.velocity_W = velocity;
  }
  // All that a function may write, but the sentence.
  std::string written() const {
    std::string all;
    auto append = [&](const auto &array) { all.append(reinterpret_cast<const char *>(&array), sizeof array); };
    append(W), append(dW), append(velocity), append(scores), append(predicted);
    append(out.loss), append(epoch.steps), append(epoch.mean_loss);
    return all;
  }
};

enum { kCall, kFeatures, kGradients, kSgd, kEpoch, kStructs };

struct Function {
  const char *name;
  int structs;  // bits: which it takes
  fastlc_status (*run)(Problem &);
};
constexpr int kReads = 1 << kCall | 1 << kFeatures;
const Function kFunctions[] = {
    {"scores", kReads, [](Problem &p) { return fastlc_scores(&p.call, p.scores); }},
    {"predict", kReads, [](Problem &p) { return fastlc_predict(&p.call, p.predicted); }},
    {"predict_proba", kReads, [](Problem &p) { return fastlc_predict_proba(&p.call, p.scores); }},
    {"softmax", kReads, [](Problem &p) { return fastlc_softmax(&p.call, p.scores); }},
    {"log_softmax", kReads, [](Problem &p) { return fastlc_log_softmax(&p.call, p.scores); }},
    {"sigmoid", kReads, [](Problem &p) { return fastlc_sigmoid(&p.call, p.scores); }},
    {"loss", kReads | 1 << kGradients, [](Problem &p) { return p.loss(); }},
    {"sgd_step", kReads | 1 << kSgd,
     [](Problem &p) { return fastlc_sgd_step(&p.call, &p.sgd, 4, 0.1, p.W, p.X, p.velocity); }},
    {"sgd_epoch", kReads | 1 << kSgd | 1 << kEpoch, [](Problem &p) { return p.train(); }},
};

// Structs that are too small, and of later versions, with zeros or something else in the part that this library does not know.
void check_sizes_of_structs() {
  struct Passed {
    const char *name;
    size_t known;
    size_t *size;
    int64_t *later;
  };
  auto passed = [](Problem &p, int which) {
    const Passed all[kStructs] = {{"fastlc_call", sizeof(fastlc_call), &p.call.size, p.call.later},
                                  {"fastlc_features", sizeof(fastlc_features), &p.features.size, p.features.later},
                                  {"fastlc_gradients", sizeof(fastlc_gradients), &p.out.size, p.out.later},
                                  {"fastlc_sgd", sizeof(fastlc_sgd), &p.sgd.size, p.sgd.later},
                                  {"fastlc_epoch", sizeof(fastlc_epoch), &p.epoch.size, p.epoch.later}};
    return all[which];
  };
  for (const Function &function : kFunctions) {
    for (int which = 0; which < kStructs; ++which) {
      if (!(function.structs & 1 << which)) continue;
      Square usual;
      usual.is_taken(function.run(usual), function.name);
      const Passed known = passed(usual, which);
      const std::string what = std::string(function.name) + " with another size of " + known.name;
      auto pass = [&](Problem &p, size_t size, int64_t first, int64_t second) {
        const Passed given = passed(p, which);
        *given.size = size;
        given.later[0] = first;
        given.later[1] = second;
        const fastlc_status status = function.run(p);
        expect(*given.size == size && given.later[0] == first && given.later[1] == second, what.c_str());
        *given.size = known.known;
        given.later[0] = given.later[1] = 0;
        return status;
      };
      auto takes = [&](size_t size, int64_t first, int64_t second) {
        Square p;
        p.is_taken(pass(p, size, first, second), what.c_str());
        expect(p.written() == usual.written(), what.c_str());
      };
      auto refuses = [&](size_t size, int64_t first, int64_t second) {
        const bool has_room = which != kCall || (size > sizeof(fastlc_call) && size <= 4096);  // else nobody knows where
        for (const bool with_room : {true, false}) {
          Square p;
          if (!with_room) p.call.error_size = 0;
          const std::string before = p.written();
          expect(pass(p, size, first, second) == FASTLC_INVALID && p.written() == before, what.c_str());
          expect((std::strstr(p.error, known.name) != nullptr) == (has_room && with_room), what.c_str());
        }
      };
      takes(known.known, 7, 7);  // of which it knows nothing
      takes(known.known + 8, 0, 7);
      takes(known.known + 16, 0, 0);
      for (const size_t size : {size_t{0}, size_t{1}, size_t{8}, known.known - 8, known.known - 1}) refuses(size, 0, 0);
      for (const size_t size : {size_t{4097}, size_t{1} << 40, SIZE_MAX}) refuses(size, 0, 0);  // not to be looked through
      refuses(known.known + 1, 1, 0);
      refuses(known.known + 8, 1, 0);
      refuses(known.known + 16, 0, int64_t{1} << 62);  // the last byte
    }
  }
}

// A cancel callback that changes the structs of the epoch under way: it goes on as it began.
void check_structs_that_change() {
  static int asked = 0;
  Problem p;
  const std::vector<int64_t> order(500'000, 1);
  p.epoch.order = order.data();
  p.epoch.rows = static_cast<int64_t>(order.size());
  p.epoch.batch_size = 1;
  p.call.cancel_arg = &p;
  p.call.cancel = [](void *arg) -> int32_t {
    Problem &changed = *static_cast<Problem *>(arg);
    ++asked;
    changed.epoch.rows = changed.epoch.batch_size = changed.epoch.lr_size = changed.epoch.steps = int64_t{1} << 40;
    changed.epoch.order = nullptr;
    changed.epoch.lr = nullptr;
    changed.epoch.W = nullptr;
    changed.sgd.momentum = 0.5;
    return 0;
  };
  p.is_taken(p.train(), "an epoch whose structs change");
  expect(asked > 0 && p.epoch.steps == 500'000, "takes the steps that it was to take");

  // Scores to which a W is added meanwhile have no penalty.
  const int64_t n = 6'000'000;
  const std::vector<double> S(2 * n, 0.5);
  const std::vector<int8_t> y(n, 1);
  Problem scores;
  scores.features.data = S.data();
  scores.features.stride = scores.call.d = scores.call.c = 2;
  scores.call.n = n;
  scores.call.labels = y.data();
  scores.call.W = nullptr;
  scores.call.l2 = 1;
  scores.call.cancel_arg = &scores.call;
  asked = 0;
  scores.call.cancel = [](void *arg) -> int32_t {
    static double elsewhere[4] = {1e9, 1e9, 1e9, 1e9};
    fastlc_call &changed = *static_cast<fastlc_call *>(arg);
    ++asked;
    changed.W = elsewhere;
    changed.reduction = FASTLC_NONE;
    return 0;
  };
  const int threads = fastlc_get_num_threads();
  fastlc_set_num_threads(1);
  scores.is_taken(scores.loss(), "a loss of scores whose call changes");
  fastlc_set_num_threads(threads);
  expect(asked > 0 && scores.out.loss > 0.69 && scores.out.loss < 0.7, "is log 2");
}

// A struct that has grown once since its first version.
struct Grown {
  size_t size;
  int64_t first, later;
};
}  // namespace
namespace fastlc {
namespace {
template <>
constexpr size_t kFirstSize<Grown> = 16;
}  // namespace
}  // namespace fastlc
namespace {

void check_growth() {
  for (size_t size = 0; size <= sizeof(Grown); ++size) {
    const Grown given = {size, 5, -1};
    Grown copy = {9, 9, 9};
    const Grown *taken = fastlc::take(&given, &copy);
    expect((taken != nullptr) == (size >= 16), "what a struct had at first must be there");
    if (!taken) continue;
    const int64_t known = size == 24 ? -1 : (int64_t{1} << (8 * (size - 16))) - 1;  // bytes of `later`, as numbers are stored
    expect(taken->size == size && taken->first == 5 && taken->later == known, "the rest is 0, whatever lies there");
  }
  Grown copy;
  expect(!fastlc::take<Grown>(nullptr, &copy), "no struct at all");
}

void check_features() {
  for (const Function &function : kFunctions) {
    for (const int32_t kind : {0, 2, -1, 1 << 30}) {
      Square p;
      const std::string before = p.written();
      p.features.kind = kind;
      p.is_refused(function.run(p), "X of an unknown kind");
      expect(p.written() == before, function.name);
    }
    Square p;
    p.call.X = nullptr;
    p.call.n = p.epoch.rows = 0;
    p.is_taken(function.run(p), "no rows, and no X");
  }
}

// Where X holds scores, d is c: no row of X may be read as another width.
void check_width_of_scores() {
  for (const Function &function : kFunctions) {
    const std::string name = function.name;
    if (name != "softmax" && name != "log_softmax" && name != "sigmoid" && name != "loss") continue;
    for (const int64_t d : {0, 1, 3}) {
      Square p;
      p.call.W = nullptr;
      p.out.dW = nullptr;
      p.is_taken(function.run(p), function.name);
      const std::string before = p.written();
      p.call.d = d;
      p.is_refused(function.run(p), function.name);
      p.call.X = nullptr;
      p.is_refused(function.run(p), function.name);
      expect(p.written() == before, function.name);
    }
  }
}

// Names are looked up; numbers, types and other constants that are unknown are refused.
void check_constants() {
  expect(fastlc_abi_version() == FASTLC_ABI_VERSION, "the version of the header");
  for (int32_t i = 0; i < fastlc_loss_count(); ++i) {
    const fastlc_loss_description *info = fastlc_loss_info(i);
    expect(info && info->size == sizeof *info && fastlc_find_loss(info->name) == i, "a loss is found by its name");
    expect(info && info->n_options <= FASTLC_MOST_OPTIONS, "options of a loss");
    for (int k = 0; info && k < FASTLC_MOST_OPTIONS; ++k) {
      expect((info->option_names[k] != nullptr) == (k < info->n_options), info->name);
    }
  }
  for (const char *name : {"", "hing", "hinge ", "Hinge", "hinges", static_cast<const char *>(nullptr)}) {
    expect(fastlc_find_loss(name) == -1, "a name that no loss has");
  }
  for (const int32_t number : {-1, fastlc_loss_count(), std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    expect(!fastlc_loss_info(number), "a number that no loss has");
    Problem p;
    p.call.loss = number;
    p.is_refused(p.loss(), "a loss of it");
    p.is_refused(p.train(), "an epoch of it");
  }
  for (const int32_t unknown : {-1, 0, 3, 9, 1 << 30}) {
    const bool is_type = unknown >= FASTLC_INT8 && unknown <= FASTLC_UINT64, is_reduction = unknown == FASTLC_MEAN;
    Problem p;
    p.call.dtype = unknown;
    for (const Function &function : kFunctions) p.is_refused(function.run(p), "an unknown dtype");
    p.call.dtype = FASTLC_FLOAT64;
    if (!is_type) {
      p.call.labels_type = unknown;
      p.is_refused(p.loss(), "labels of an unknown type");
      p.is_refused(p.train(), "an epoch of them");
      p.call.labels_type = FASTLC_INT8;
    }
    if (!is_reduction) {
      p.call.reduction = unknown;
      p.is_refused(p.loss(), "an unknown reduction");
    }
  }
}

// A zeroed call has no options: those of each loss are then their defaults, which a test in Python holds to be Python's.
void check_default_options() {
  for (int i = 0; i < fastlc_loss_count(); ++i) {
    const fastlc_loss_description &info = *fastlc_loss_info(i);
    Problem with, without, trained, trained_without;
    for (Problem *p : {&with, &without, &trained, &trained_without}) {
      p->call.loss = i;
      if (!(info.kind & FASTLC_LABELS)) {
        p->call.labels = nullptr;
        p->call.targets = p->scores;
        p->call.targets_stride = 3;
      }
      for (int k = 0; k < info.n_options; ++k) p->options[k] = info.option_defaults[k];
    }
    without.call.options = trained_without.call.options = nullptr;
    with.is_taken(with.loss(), info.name);
    without.is_taken(without.loss(), info.name);
    expect(with.out.loss == without.out.loss, info.name);
    trained.is_taken(trained.train(), info.name);
    trained_without.is_taken(trained_without.train(), info.name);
    expect(std::memcmp(trained.W, trained_without.W, sizeof trained.W) == 0, info.name);
  }
}

// Sizes beyond any memory, of arrays that take none.
void check_sizes() {
  const int64_t most = std::numeric_limits<int64_t>::max();
  for (const int64_t c : {int64_t{1} << 58, int64_t{1} << 59, int64_t{1} << 60, int64_t{1} << 61, int64_t{1} << 62, most}) {
    for (const int64_t n : {1, 3, 4}) {
      for (const fastlc_dtype dtype : {FASTLC_FLOAT32, FASTLC_FLOAT64}) {
        Problem p;
        p.call.dtype = dtype;
        p.call.n = n;
        p.call.c = c;
        p.call.d = p.features.stride = p.call.W_stride = 0;
        p.has_no_memory(fastlc_predict(&p.call, p.predicted), "labels of more classes than there is memory for");
        p.has_no_memory(p.loss(), "a loss of as many");
      }
    }
  }
  {
    Problem p;
    p.call.n = p.call.c = int64_t{1} << 40;
    p.call.d = p.features.stride = p.call.W_stride = 0;
    p.has_no_memory(fastlc_scores(&p.call, p.scores), "scores whose number wraps to 0");
  }
  for (const int64_t c : {int64_t{1} << 40, int64_t{1} << 59, most}) {  // no rows: the answer is empty
    Problem p;
    p.call.n = p.call.d = p.features.stride = p.call.W_stride = 0;
    p.call.c = c;
    p.is_taken(fastlc_scores(&p.call, p.scores), "scores of no rows");
    p.is_taken(fastlc_predict(&p.call, p.predicted), "labels of no rows");
    p.is_taken(fastlc_predict_proba(&p.call, p.scores), "probabilities of no rows");
    p.is_taken(p.loss(), "a loss of no rows");
    expect(p.out.loss == 0, "which is 0");
    p.call.d = c;
    p.is_taken(fastlc_softmax(&p.call, p.scores), "softmax of no rows");
  }
  {  // no features, and so no W: found by fuzzing, X was taken for scores
    Problem p;
    const std::vector<int64_t> order(100'000, 3);
    p.call.d = p.features.stride = 0;
    p.features.data = nullptr;
    p.epoch.W = nullptr;
    p.epoch.order = order.data();
    p.epoch.rows = p.epoch.batch_size = static_cast<int64_t>(order.size());
    p.is_taken(p.train(), "an epoch of rows without features");
    expect(p.epoch.mean_loss > 1.09 && p.epoch.mean_loss < 1.1, "whose loss is log 3");
  }
  {
    Problem p;
    p.epoch.batch_size = most;
    p.is_taken(p.train(), "an epoch of one batch, however large it may be");
    expect(p.epoch.steps == 1, "which is one step");
    p.epoch.rows = most;
    p.is_refused(p.train(), "an epoch of more rows than there can be");
    p.epoch.rows = 4;
    p.epoch.batch_size = 1;
    p.epoch.lr_size = most;
    p.is_refused(p.train(), "more rates than there can be");
  }
}

}  // namespace

int main() {
  check_null_pointers();
  check_sizes_of_structs();
  check_structs_that_change();
  check_growth();
  check_features();
  check_width_of_scores();
  check_constants();
  check_default_options();
  check_sizes();
  {
    Problem p;
    p.call.reduction = FASTLC_NONE;
    p.out.losses = p.losses;
    p.is_taken(p.loss(), "a loss without reduction");
    expect(p.out.loss == 0 && p.losses[0] > 0, "which is 0, as fastlc.h says, beside the losses");
  }
  {
    Problem p;
    p.call.reduction = fastlc_reduction(3);
    p.is_refused(p.loss(), "an unknown reduction");
  }
  {
    Problem p;
    p.out.db = p.db;
    p.is_refused(p.loss(), "db without dW, which nobody would compute");
    expect(p.db[0] == 7, "and it is as it was");
    p.out.dW = p.dW;
    p.is_taken(p.loss(), "both");
    p.call.W = nullptr;
    p.call.d = p.call.c = 2;
    p.labels[2] = 1;
    p.is_refused(p.loss(), "both, of scores");
  }
  {
    Problem p;
    p.is_taken(p.train(), "an epoch");
    p.epoch.rows = 5;
    p.is_refused(p.train(), "an epoch of more rows than X has");
    p.epoch.rows = -1;
    p.is_refused(p.train(), "an epoch of less than no rows");
    const int64_t order[] = {3, 2, 1, 0, 1, 2};
    p.epoch.order = order;
    p.is_refused(p.train(), "that in an order");
    p.epoch.rows = 6;
    p.is_taken(p.train(), "rows several times");
  }
  {
    Problem p;
    p.sgd.size = 8;
    p.is_refused(p.train(), "an epoch with a fastlc_sgd of another version");
    p.is_refused(fastlc_sgd_step(&p.call, &p.sgd, 6, 0.1, p.W, p.X, nullptr), "a step with one");
    p.sgd.size = sizeof(fastlc_sgd);
    p.epoch.size = 8;
    p.is_refused(p.train(), "a fastlc_epoch of another version");
  }
  std::printf("%s\n", failures ? "Some calls of the C interface do not do what they should." : "All calls of the C interface pass.");
  return failures ? 1 : 0;
}
