// The threads of the library: callers that compute at the same time, on one pool, while the number of threads changes and
// calls are cancelled. Every result must have the bits of one thread alone.
//
//   threads seconds    about so long
//   threads race       plants a race: two callers update the same weights
//
// threads.py runs both under ThreadSanitizer, sanitize.py the first under AddressSanitizer. Nothing forks here: GCC's
// ThreadSanitizer cannot follow a child that starts threads ("dup thread with used id"), and its AddressSanitizer leaves the
// child the locks of its allocator as they happen to be. tests/kernels/test_threads.py forks, without sanitizers.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/dispatch.h"
#include "clock.h"

namespace {

using Bytes = std::vector<char>;
using Random = std::mt19937;

constexpr int kCallers = 4;
constexpr int64_t kBatches = 3;  // of an epoch

struct Task {
  std::string name;
  bool is_epoch;
  std::function<fastlc_status(fastlc_call, Bytes *, int64_t *steps)> run;
  Bytes expected[kBatches + 1];  // by the batches done; of other tasks there is the last
};

template <class T>
struct Problem {
  Problem(int64_t n, int64_t d, int64_t c, Random &random) : n(n), d(d), c(c), labels(size_t(n)) {
    auto fill = [&](std::vector<T> &to, int64_t count, double low, double high) {
      std::uniform_real_distribution<double> some(low, high);
      to.resize(size_t(count));
      for (T &value : to) value = T(some(random));
    };
    fill(X, n * d, -1, 1);
    fill(W, c * d, -0.2, 0.2);
    fill(b, c, -1, 1);
    fill(targets, n * c, 0, 1);
    fill(weight, n, 0.5, 2);
    for (size_t i = 0; i < weight.size(); i += 7) weight[i] = 0;
    for (int32_t &label : labels) label = int32_t(random() % uint64_t(c));
    rows = {sizeof rows, FASTLC_DENSE, d, X.data()};
    scores = {sizeof scores, FASTLC_DENSE, c, targets.data()};
  }
  Problem(const Problem &) = delete;  // calls point into it

  void describe(fastlc_call &call) const {
    call.size = sizeof call;
    call.dtype = sizeof(T) == 4 ? FASTLC_FLOAT32 : FASTLC_FLOAT64;
    call.n = n;
    call.d = call.W_stride = d;
    call.c = call.targets_stride = c;
    call.X = &rows;
    call.W = W.data();
    call.b = b.data();
    call.sample_weight = weight.data();
  }
  void describe_scores(fastlc_call &call) const {
    describe(call);
    call.d = c;
    call.X = &scores;
    call.W = call.b = nullptr;
  }
  void describe_loss(fastlc_call &call, int loss) const {
    static const double options[] = {1, 1, 1, 1};  // valid for all
    call.loss = loss;
    call.options = options;
    if (!(fastlc_loss_info(loss)->kind & FASTLC_LABELS)) {
      call.targets = targets.data();
    } else {
      call.labels = labels.data();
      call.labels_type = FASTLC_INT32;
    }
  }

  int64_t n, d, c;
  std::vector<T> X, W, b, targets, weight;
  std::vector<int32_t> labels;
  fastlc_features rows, scores;  // the targets will do for scores
};

template <class... Values>
Bytes joined(const std::vector<Values> &...arrays) {
  Bytes all;
  auto append = [&](const char *from, size_t size) { all.insert(all.end(), from, from + size); };
  (append(reinterpret_cast<const char *>(arrays.data()), sizeof(Values) * arrays.size()), ...);
  return all;
}

template <class T>
void add_tasks(std::shared_ptr<Problem<T>> p, std::vector<Task> &tasks) {
  const size_t n = size_t(p->n), c = size_t(p->c), d = size_t(p->d);
  const std::string shape = std::to_string(n) + "x" + std::to_string(d) + "x" + std::to_string(c);
  auto add = [&](std::string name, auto run, bool is_epoch = false) {
    tasks.push_back({name + " " + shape, is_epoch, run, {}});
  };
  auto add_read = [&](const char *name, auto function, size_t columns, bool of_scores) {
    add(name, [=](fastlc_call call, Bytes *result, int64_t *) {
      of_scores ? p->describe_scores(call) : p->describe(call);
      std::vector<T> out(n * columns);
      const fastlc_status status = function(&call, out.data());
      *result = joined(out);
      return status;
    });
  };
  add_read("scores", fastlc_scores, c, false);
  add_read("predict_proba", fastlc_predict_proba, c, false);
  add_read("softmax", fastlc_softmax, c, true);
  add_read("log_softmax", fastlc_log_softmax, c, true);
  add_read("sigmoid", fastlc_sigmoid, c, true);
  add("predict", [=](fastlc_call call, Bytes *result, int64_t *) {
    p->describe(call);
    std::vector<int64_t> out(n);
    const fastlc_status status = fastlc_predict(&call, out.data());
    *result = joined(out);
    return status;
  });
  for (int loss = 0; loss < fastlc_loss_count(); ++loss) {
    const std::string name = fastlc_loss_info(loss)->name;
    for (const bool of_scores : {false, true}) {
      add(name + (of_scores ? " of scores" : ""), [=](fastlc_call call, Bytes *result, int64_t *) {
        of_scores ? p->describe_scores(call) : p->describe(call);
        p->describe_loss(call, loss);
        call.reduction = FASTLC_MEAN;
        std::vector<T> losses(n), dW(of_scores ? 0 : c * d), db(of_scores ? 0 : c), dX(n * (of_scores ? c : d));
        fastlc_gradients out{};
        out.size = sizeof out;
        out.losses = losses.data();
        out.dX = dX.data();
        if (!of_scores) {
          out.dW = dW.data();
          out.db = db.data();
        }
        const fastlc_status status = fastlc_loss(&call, &out);
        *result = joined(losses, dW, db, dX, std::vector<double>{out.loss});
        return status;
      });
    }
    add("sgd_epoch " + name, [=](fastlc_call call, Bytes *result, int64_t *steps) {
      p->describe(call);
      p->describe_loss(call, loss);
      std::vector<T> W = p->W, b = p->b, velocity_W(W.size()), velocity_b(b.size());
      const double lr = 0.01;
      fastlc_sgd sgd{};
      sgd.size = sizeof sgd;
      sgd.momentum = 0.5;
      fastlc_epoch epoch{};
      epoch.size = sizeof epoch;
      epoch.W = W.data();
      epoch.b = b.data();
      epoch.velocity_W = velocity_W.data();
      epoch.velocity_b = velocity_b.data();
      epoch.batch_size = p->n / kBatches;
      epoch.rows = *steps * epoch.batch_size;
      epoch.lr = &lr;
      epoch.lr_size = 1;
      const fastlc_status status = fastlc_sgd_epoch(&call, &sgd, &epoch);
      *steps = epoch.steps;
      *result = joined(W, b, velocity_W, velocity_b);
      return status;
    }, true);
  }
}

// Large enough to be cut into pieces: few classes, one class's scores, many classes.
std::vector<Task> make_tasks() {
  Random random(1);
  std::vector<Task> tasks;
  add_tasks(std::make_shared<Problem<float>>(1500, 200, 10, random), tasks);
  add_tasks(std::make_shared<Problem<double>>(1300, 3, 20, random), tasks);
  add_tasks(std::make_shared<Problem<float>>(150, 30, 170, random), tasks);
  add_tasks(std::make_shared<Problem<double>>(40, 20, 60, random), tasks);
  fastlc_set_num_threads(1);
  for (Task &task : tasks) {
    for (int64_t batches = task.is_epoch ? 0 : kBatches; batches <= kBatches; ++batches) {
      int64_t steps = batches;
      if (task.run({}, &task.expected[batches], &steps) != FASTLC_OK) {
        std::printf("%s was refused\n", task.name.c_str());
        std::exit(1);
      }
    }
  }
  return tasks;
}

std::atomic<int64_t> calls{0}, cancelled{0}, wrong{0};
std::atomic<bool> stop{false};

void compute(const Task &task, Random &random) {
  int asks_left = random() % 3 ? 1 << 30 : int(random() % 40);
  fastlc_call call{};
  call.cancel = [](void *left) { return int(--*static_cast<int *>(left) < 0); };
  call.cancel_arg = &asks_left;
  Bytes result;
  int64_t steps = kBatches;
  const fastlc_status status = task.run(call, &result, &steps);
  ++calls;
  if (status == FASTLC_CANCELLED) ++cancelled;
  const bool as_asked = status == FASTLC_OK || (status == FASTLC_CANCELLED && asks_left < 0);
  const bool is_defined = status == FASTLC_OK || task.is_epoch;
  if (!as_asked || (is_defined && result != task.expected[steps])) {
    std::printf("%s: status %d, a result that one thread does not give\n", task.name.c_str(), status);
    ++wrong;
  }
}

void caller(const std::vector<Task> &tasks, unsigned seed) {
  Random random(seed);
  while (!stop) compute(tasks[random() % tasks.size()], random);
}

double seconds_now() {  // the clock that clock.h has not replaced
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

void stress(double seconds) {
  clock_step_ms = 7;
  Random random(7);
  for (int i = 0; i < fastlc::kInstructionSetCount; ++i) {
    const char *name = fastlc::kInstructionSets[i]->name;
    if (!fastlc::set_instruction_set(name)) continue;
    const std::vector<Task> tasks = make_tasks();
    const double end = seconds_now() + seconds / fastlc::kInstructionSetCount;
    stop = false;
    std::vector<std::thread> threads;
    for (unsigned k = 0; k < kCallers; ++k) threads.emplace_back(caller, std::cref(tasks), k);
    while (seconds_now() < end) {
      fastlc_set_num_threads(1 + int(random() % 6));
      usleep(3000);
    }
    stop = true;
    for (std::thread &thread : threads) thread.join();
    std::printf("%s: so far %lld calls, %lld of them cancelled, %lld wrong results\n", name, (long long)calls,
                (long long)cancelled, (long long)wrong);
    std::fflush(stdout);
  }
}

void race() {
  Random random(1);
  Problem<float> p(30, 5, 3, random);
  auto train = [&] {
    fastlc_call call{};
    p.describe(call);
    p.describe_loss(call, 0);
    const double lr = 0.01;
    fastlc_sgd sgd{};
    sgd.size = sizeof sgd;
    fastlc_epoch epoch{};
    epoch.size = sizeof epoch;
    epoch.W = p.W.data();
    epoch.rows = p.n;
    epoch.batch_size = 1;
    epoch.lr = &lr;
    epoch.lr_size = 1;
    for (int i = 0; i < 100; ++i) fastlc_sgd_epoch(&call, &sgd, &epoch);
  };
  std::thread other(train);
  train();
  other.join();
}

}  // namespace

int main(int, char **arguments) {
  if (std::strcmp(arguments[1], "race") == 0) {
    race();
  } else {
    stress(std::atof(arguments[1]));
  }
  return wrong ? 1 : 0;
}
