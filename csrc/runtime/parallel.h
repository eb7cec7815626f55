// Threads: the one place that knows them (implementation in parallel.cpp). Compiled once, for the baseline.
//
// Work is cut into pieces by its shape, never by the number of threads, and each piece writes to a place of its own: the bits
// do not depend on the thread that runs a piece.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastlc {

// Asks the caller's `cancel` at most every 20 ms. One per call into the library, used on the calling thread only.
class Cancel {
 public:
  Cancel(int (*ask)(void *), void *arg);
  bool requested();

 private:
  int (*ask_)(void *);
  void *arg_;
  int64_t last_;
  bool cancelled_ = false;
};

// Memory that a call works in: grows, is reused from one mini-batch to the next, 64-byte aligned. Begins in memory of the
// caller's, if any, which small calls never leave. Throws std::bad_alloc, before any thread is started.
class Scratch {
 public:
  explicit Scratch(void *lent = nullptr, size_t size = 0) : data_(lent), size_(size), lent_(lent) {}
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;
  ~Scratch();
  void *get(int64_t bytes);

 private:
  void *data_;
  size_t size_;
  void *lent_;
};

// The most threads that a call may use now. Read once a call, since others may change it meanwhile.
int threads_of_call();

// Runs task(arg, piece, thread) for each piece in [0, pieces), with thread in [0, min(threads, pieces)). Tasks must not throw.
// Returns false if cancelled, or in a child forked inside it (by `cancel`), when some pieces have not run. Runs on the caller
// alone if the pool is busy or has no workers. These compute in the caller's floating-point mode: rounding, denormals, traps.
using Task = void (*)(void *arg, int64_t piece, int thread);
bool parallel_for(int64_t pieces, int threads, Task task, void *arg, Cancel &cancel);

int get_num_threads();
void set_num_threads(int n);
int default_num_threads();  // by affinity, cgroup quota and the limit
void limit_default_num_threads(int most);

}  // namespace fastlc
