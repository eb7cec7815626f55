/* A program in C that uses fastlc.h as others do: results of its functions, to the bit, on standard output.
 *
 *   client            all results
 *   client STRUCT     the same with something in the last byte of each STRUCT, as if the program used its last field
 *
 * tests/kernels/test_header.py compiles it against this version of the header and a later one, and runs it with libraries of
 * both. Structs end where the memory does, so that a library that reads or writes beyond what the program knows ends it.
 */
#define _DEFAULT_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fastlc.h>

enum { N = 6, D = 3, C = 4 };

static const char *spoiled = "";
static char error[200];

/* Zeroed, in front of a page that may not be touched, with its size in place. */
static void *make(const char *name, size_t size) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE)) abort();
  char *made = pages + page - size;
  memcpy(made, &size, sizeof size);
  if (strcmp(name, spoiled) == 0) made[size - 1] = 1;
  return made;
}
#define MAKE(type) ((type *)make(#type, sizeof(type)))

static void print_status(const char *function, fastlc_status status) {
  printf("%s: status %d, \"%s\"\n", function, (int)status, error);
  error[0] = 0;
}

static void print_all(const char *name, const double *values, int count) {
  printf("  %s", name);
  for (int i = 0; i < count; ++i) printf(" %a", values[i]);
  printf("\n");
}

static int32_t go_on(void *asked) { return ++*(int *)asked < 0; }

int main(int argc, char **argv) {
  static const int8_t labels[N] = {0, 3, 1, 2, -1, 3};
  static const int64_t order[N] = {5, 4, 3, 2, 1, 0};
  static const double lr[2] = {0.5, 0.25};
  double X[N * (D + 1)], W[C * D], b[C], weight[N], options[1] = {0.125}, S[N * C];
  int asked = 0;
  if (argc > 1) spoiled = argv[1];
  for (int i = 0; i < N * (D + 1); ++i) X[i] = (i * 7 % 11 - 5) / 4.0;
  for (int i = 0; i < C * D; ++i) W[i] = (i * 5 % 13 - 6) / 8.0;
  for (int i = 0; i < C; ++i) b[i] = i / 2.0 - 1;
  for (int i = 0; i < N; ++i) weight[i] = i % 3 + 0.5;

  printf("version %d\n", (int)fastlc_abi_version());
  fastlc_set_num_threads(1);
  printf("threads %d\n", (int)fastlc_get_num_threads());

  const int32_t loss = fastlc_find_loss("cross_entropy");
  printf("losses %d %d %d\n", (int)fastlc_loss_count(), loss >= 0, (int)fastlc_find_loss("no such loss"));
  printf("fastlc_loss_description %zu\n", fastlc_loss_info(loss)->size);
  for (int32_t i = 0; i < fastlc_loss_count(); ++i) {
    const fastlc_loss_description *info = fastlc_loss_info(i);
    printf("%s: kind %d, found %d\n", info->name, (int)info->kind, fastlc_find_loss(info->name) == i);
    for (int k = 0; k < info->n_options; ++k) print_all(info->option_names[k], &info->option_defaults[k], 1);
  }
  if (fastlc_loss_info(-1) || fastlc_loss_info(fastlc_loss_count())) return 1;

  fastlc_features *rows = MAKE(fastlc_features);
  rows->kind = FASTLC_DENSE;
  rows->stride = D + 1;
  rows->data = X;
  fastlc_call *call = MAKE(fastlc_call);
  call->dtype = FASTLC_FLOAT64;
  call->n = N;
  call->d = D;
  call->c = C;
  call->X = rows;
  call->W = W;
  call->W_stride = D;
  call->b = b;
  call->cancel = go_on;
  call->cancel_arg = &asked;
  call->error = error;
  call->error_size = sizeof error;

  memset(S, 0, sizeof S);
  print_status("scores", fastlc_scores(call, S));
  print_all("S", S, N * C);

  int64_t predicted[N] = {0};
  print_status("predict", fastlc_predict(call, predicted));
  for (int i = 0; i < N; ++i) printf("  %lld\n", (long long)predicted[i]);

  double P[N * C] = {0};
  print_status("predict_proba", fastlc_predict_proba(call, P));
  print_all("P", P, N * C);

  fastlc_features *scores = MAKE(fastlc_features);
  scores->kind = FASTLC_DENSE;
  scores->stride = C;
  scores->data = S;
  fastlc_call *of_scores = MAKE(fastlc_call);
  of_scores->dtype = FASTLC_FLOAT64;
  of_scores->n = N;
  of_scores->d = of_scores->c = C;
  of_scores->X = scores;
  of_scores->error = error;
  of_scores->error_size = sizeof error;
  print_status("softmax", fastlc_softmax(of_scores, P));
  print_all("P", P, N * C);
  print_status("log_softmax", fastlc_log_softmax(of_scores, P));
  print_all("P", P, N * C);
  print_status("sigmoid", fastlc_sigmoid(of_scores, P));
  print_all("P", P, N * C);

  call->loss = loss;
  call->options = options;
  call->labels = labels;
  call->labels_type = FASTLC_INT8;
  call->has_ignore_index = 1;
  call->ignore_index = -1;
  call->sample_weight = weight;
  call->l2 = 0.25;
  call->reduction = FASTLC_MEAN;
  double dW[C * D] = {0}, db[C] = {0}, dX[N * D] = {0};
  fastlc_gradients *out = MAKE(fastlc_gradients);
  out->dW = dW;
  out->db = db;
  out->dX = dX;
  print_status("loss", fastlc_loss(call, out));
  print_all("loss", &out->loss, 1);
  print_all("dW", dW, C * D);
  print_all("db", db, C);
  print_all("dX", dX, N * D);

  fastlc_sgd *sgd = MAKE(fastlc_sgd);
  sgd->momentum = 0.5;
  sgd->nesterov = 1;
  sgd->weight_decay = 0.125;
  sgd->l1 = 0.0625;
  double velocity_W[C * D] = {0}, velocity_b[C] = {0};
  for (int i = 0; i < 2; ++i) {
    print_status("sgd_step", fastlc_sgd_step(call, sgd, C * D, 0.5, W, dW, velocity_W));
    print_all("W", W, C * D);
    print_all("velocity", velocity_W, C * D);
  }

  double average_W[C * D] = {0}, average_b[C] = {0};
  fastlc_epoch *epoch = MAKE(fastlc_epoch);
  epoch->W = W;
  epoch->b = b;
  epoch->velocity_W = velocity_W;
  epoch->velocity_b = velocity_b;
  epoch->average_W = average_W;
  epoch->average_b = average_b;
  epoch->order = order;
  epoch->rows = N;
  epoch->batch_size = 4;
  epoch->lr = lr;
  epoch->lr_size = 2;
  print_status("sgd_epoch", fastlc_sgd_epoch(call, sgd, epoch));
  printf("  %lld steps\n", (long long)epoch->steps);
  print_all("loss", &epoch->mean_loss, 1);
  print_all("W", W, C * D);
  print_all("b", b, C);
  print_all("velocity_W", velocity_W, C * D);
  print_all("velocity_b", velocity_b, C);
  print_all("average_W", average_W, C * D);
  print_all("average_b", average_b, C);
  return 0;
}
