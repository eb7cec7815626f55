// Calls of the C interface that Python does not make: what the fuzzer has found there, and null pointers, default options and
// sizes beyond any memory, which it looks at too. sanitize.py compiles and runs this.
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <string>

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

// Four rows of two features, three classes, and a place for everything that comes out.
struct Problem {
  Problem() {
    call.size = sizeof call;
    call.dtype = FASTLC_FLOAT64;
    call.n = 4;
    call.d = call.X_stride = call.W_stride = 2;
    call.c = 3;
    call.X = X;
    call.W = W;
    call.options = options;
    call.labels = labels;
    call.labels_type = FASTLC_INT8;
    call.error = error;
    call.error_size = sizeof error;
    sgd.size = sizeof sgd;
    epoch.size = sizeof epoch;
    epoch.W = W;
    epoch.rows = 4;
    epoch.batch_size = 3;
    epoch.lr = &lr;
    epoch.lr_size = 1;
  }
  void is_taken(fastlc_status status, const char *what) const { expect(status == FASTLC_OK, what); }
  void is_refused(fastlc_status status, const char *what) const {
    expect(status == FASTLC_INVALID && std::strlen(error) > 0, what);
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
  fastlc_call call{};
  fastlc_gradients out{};
  fastlc_sgd sgd{};
  fastlc_epoch epoch{};
};

// Every pointer that a call needs is null in turn: refused, with a sentence where there is room for one, and W as it was.
void check_null_pointers() {
  struct Case {
    const char *what;
    std::function<fastlc_status(Problem &)> run;
  };
  const Case cases[] = {
      {"scores without X", [](Problem &p) { return p.call.X = nullptr, fastlc_scores(&p.call, p.scores); }},
      {"scores without W", [](Problem &p) { return p.call.W = nullptr, fastlc_scores(&p.call, p.scores); }},
      {"scores to nowhere", [](Problem &p) { return fastlc_scores(&p.call, nullptr); }},
      {"labels without X", [](Problem &p) { return p.call.X = nullptr, fastlc_predict(&p.call, p.predicted); }},
      {"labels without W", [](Problem &p) { return p.call.W = nullptr, fastlc_predict(&p.call, p.predicted); }},
      {"labels to nowhere", [](Problem &p) { return fastlc_predict(&p.call, nullptr); }},
      {"probabilities without X", [](Problem &p) { return p.call.X = nullptr, fastlc_predict_proba(&p.call, p.scores); }},
      {"probabilities without W", [](Problem &p) { return p.call.W = nullptr, fastlc_predict_proba(&p.call, p.scores); }},
      {"probabilities to nowhere", [](Problem &p) { return fastlc_predict_proba(&p.call, nullptr); }},
      {"softmax of nothing", [](Problem &p) { return p.call.c = 2, p.call.X = nullptr, fastlc_softmax(&p.call, p.scores); }},
      {"softmax to nowhere", [](Problem &p) { return p.call.c = 2, fastlc_softmax(&p.call, nullptr); }},
      {"log_softmax to nowhere", [](Problem &p) { return p.call.c = 2, fastlc_log_softmax(&p.call, nullptr); }},
      {"sigmoid to nowhere", [](Problem &p) { return p.call.c = 2, fastlc_sigmoid(&p.call, nullptr); }},
      {"a loss without X", [](Problem &p) { return p.call.X = nullptr, p.loss(); }},
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
        fastlc_softmax(nullptr, p.scores), fastlc_loss(nullptr, &p.out), fastlc_sgd_epoch(nullptr, &p.sgd, &p.epoch),
        fastlc_sgd_step(nullptr, &p.sgd, 6, 0.1, p.W, p.dW, nullptr)}) {
    expect(status == FASTLC_INVALID, "no call at all is refused");
  }
}

// A zeroed call has no options: those of each loss are then their defaults, as in Python.
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
      for (int k = 0; k < info.n_options; ++k) {
        const std::string name = info.option_names[k];
        p->options[k] = name == "label_smoothing" ? 0 : name == "epsilon" ? 0.1 : 1;
      }
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
        p.call.d = p.call.X_stride = p.call.W_stride = 0;
        p.has_no_memory(fastlc_predict(&p.call, p.predicted), "labels of more classes than there is memory for");
        p.has_no_memory(p.loss(), "a loss of as many");
      }
    }
  }
  {
    Problem p;
    p.call.n = p.call.c = int64_t{1} << 40;
    p.call.d = p.call.X_stride = p.call.W_stride = 0;
    p.has_no_memory(fastlc_scores(&p.call, p.scores), "scores whose number wraps to 0");
  }
  for (const int64_t c : {int64_t{1} << 40, int64_t{1} << 59, most}) {  // no rows: the answer is empty
    Problem p;
    p.call.n = p.call.d = p.call.X_stride = p.call.W_stride = 0;
    p.call.c = c;
    p.is_taken(fastlc_scores(&p.call, p.scores), "scores of no rows");
    p.is_taken(fastlc_predict(&p.call, p.predicted), "labels of no rows");
    p.is_taken(fastlc_predict_proba(&p.call, p.scores), "probabilities of no rows");
    p.is_taken(p.loss(), "a loss of no rows");
    expect(p.out.loss == 0, "which is 0");
    p.call.d = c;
    p.is_taken(fastlc_softmax(&p.call, p.scores), "softmax of no rows");
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
    p.sgd.size = sizeof p.sgd;
    p.epoch.size = 8;
    p.is_refused(p.train(), "a fastlc_epoch of another version");
  }
  std::printf("%s\n", failures ? "Some calls of the C interface do not do what they should." : "All calls of the C interface pass.");
  return failures ? 1 : 0;
}
