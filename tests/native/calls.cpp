// Calls of the C interface that Python does not make: what the fuzzer has found there. sanitize.py compiles and runs this.
#include <cstdio>
#include <cstring>

#include "fastlc.h"

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
  fastlc_status loss() { return fastlc_loss(&call, &out); }
  fastlc_status train() { return fastlc_sgd_epoch(&call, &sgd, &epoch); }

  double X[8] = {1, 2, 3, 4, 5, 6, 7, 8}, W[6] = {1, 0, 0, 1, 1, 1}, lr = 0.1, options[4] = {0, 1};
  double losses[4], dW[6], db[3] = {7, 7, 7};
  int8_t labels[4] = {0, 1, 2, 0};
  char error[100] = "";
  fastlc_call call{};
  fastlc_gradients out{};
  fastlc_sgd sgd{};
  fastlc_epoch epoch{};
};

}  // namespace

int main() {
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
