// The thread pool. A worker spins for a few microseconds after its last job, then sleeps; a caller never waits for a
// worker that has not begun; a forked child starts without workers and makes its own when it needs them. Where there is no
// memory for a pool or a worker, there are fewer threads, and no error.
#include "runtime/parallel.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif
#if !defined(__SSE__) && !defined(__aarch64__)
#include <cfenv>
#endif

namespace fastlc {
namespace {

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

// The floating-point mode of a thread: rounding, flushing of denormals, exceptions that trap. The bits of a result depend on
// it, so that a worker takes its caller's with the job.
#if defined(__SSE__)
using FloatMode = unsigned;
FloatMode float_mode() { return __builtin_ia32_stmxcsr() & ~0x3fu; }  // without the flags of what has happened
void set_float_mode(FloatMode mode) {
  if (mode != float_mode()) __builtin_ia32_ldmxcsr(mode);
}
#elif defined(__aarch64__)
using FloatMode = uint64_t;
FloatMode float_mode() {
  FloatMode mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
void set_float_mode(FloatMode mode) {
  if (mode != float_mode()) __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}
#else
using FloatMode = std::fenv_t;
FloatMode float_mode() {
  FloatMode mode;
  std::fegetenv(&mode);
  return mode;
}
void set_float_mode(const FloatMode &mode) { std::fesetenv(&mode); }
#endif

// Signals are the caller's business: a worker that took them would only delay the interpreter's handler. A thread inherits the
// mask of signals of the thread that starts it.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked &) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// Forks between the first process and this one, as far as there was a pool.
std::atomic<unsigned> forks{0};

constexpr int kSpins = 2000;
constexpr int kMaxWorkers = 1023;

// One job at a time. `state_` says all that workers and caller must agree on, in one atomic word:
//   generation (32 bits) | threads wanted (15) | closed (1) | workers that have joined and not yet left (16)
// A worker joins an open job by adding one, and leaves by taking it off. The caller closes the job when no piece is left
// to begin, and returns when no worker is in it. The job's fields are written before it opens and stay until it is empty.
class Pool {
 public:
  // False if the work is the caller's own: another one has the pool, or it has no workers.
  bool run(int64_t pieces, int threads, Task task, void *arg, Cancel &cancel, bool &completed) {
    if (busy_.exchange(true, std::memory_order_acquire)) return false;
    const Turn turn(*this);
    while (workers_ < threads - 1 && start_worker()) {
    }
    if (workers_ == 0) return false;
    task_ = task;
    arg_ = arg;
    pieces_ = pieces;
    mode_ = float_mode();
    next_.store(0, std::memory_order_relaxed);
    const uint64_t generation = (state_.load(std::memory_order_relaxed) >> 32) + 1;
    state_.store(generation << 32 | static_cast<uint64_t>(threads) << 17, std::memory_order_release);
    state_.notify_all();
    completed = lead(cancel, turn);
    return true;
  }

 private:
  static constexpr uint64_t kJoined = 0xffff, kClosed = 0x10000;
  static int threads_of(uint64_t state) { return static_cast<int>(state >> 17 & 0x7fff); }

  // A caller's turn with the pool, from before its job opens until no worker is in it, however the caller leaves. A handler of
  // signals may fork inside the job, as `cancel` is where they run: the child lacks the workers and whatever pieces they had.
  class Turn {
   public:
    explicit Turn(Pool &pool) : pool_(pool) {}
    Turn(const Turn &) = delete;
    ~Turn() {
      if (!is_in_child()) pool_.end();
    }
    bool is_in_child() const { return forks.load(std::memory_order_relaxed) != forks_; }

   private:
    Pool &pool_;
    const unsigned forks_ = forks.load(std::memory_order_relaxed);
  };

  bool lead(Cancel &cancel, const Turn &turn) {
    for (;;) {
      const bool cancelled = cancel.requested();
      if (cancelled || turn.is_in_child()) return false;
      if (!do_piece(0)) return true;
    }
  }

  // False if none is left.
  bool do_piece(int thread) {
    const int64_t piece = next_.fetch_add(1, std::memory_order_relaxed);
    if (piece >= pieces_) return false;
    task_(arg_, piece, thread);
    return true;
  }

  // Ends the caller's job: no more pieces, no worker in it; then the pool is free.
  void end() {
    next_.store(pieces_, std::memory_order_relaxed);
    uint64_t state = state_.fetch_or(kClosed, std::memory_order_acq_rel) | kClosed;
    for (int spin = 0; state & kJoined; ++spin) {
      if (spin < kSpins) {
        pause();
      } else {
        state_.wait(state, std::memory_order_acquire);
      }
      state = state_.load(std::memory_order_acquire);
    }
    busy_.store(false, std::memory_order_release);
  }

  void worker(int thread) {
    uint64_t seen = 0;  // generation
    for (;;) {
      uint64_t state = state_.load(std::memory_order_acquire);
      for (int spin = 0; state >> 32 == seen; ++spin) {
        if (spin < kSpins) {
          pause();
        } else {
          state_.wait(state, std::memory_order_acquire);
        }
        state = state_.load(std::memory_order_acquire);
      }
      seen = state >> 32;
      while (state >> 32 == seen && !(state & kClosed) && thread < threads_of(state)) {
        if (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
        set_float_mode(mode_);
        while (do_piece(thread)) {
        }
        const uint64_t left = state_.fetch_sub(1, std::memory_order_acq_rel) - 1;
        if (left & kClosed && !(left & kJoined)) state_.notify_all();
        break;
      }
    }
  }

  bool start_worker() {
    if (workers_ >= kMaxWorkers) return false;
    const SignalsBlocked blocked;
    try {
      std::thread(&Pool::worker, this, workers_ + 1).detach();
    } catch (const std::exception &) {  // no memory or no thread: fewer of them, then
      return false;
    }
    ++workers_;
    return true;
  }

  std::atomic<uint64_t> state_{kClosed};
  std::atomic<bool> busy_{false};
  std::atomic<int64_t> next_{0};
  int64_t pieces_ = 0;
  Task task_ = nullptr;
  void *arg_ = nullptr;
  FloatMode mode_{};
  int workers_ = 0;  // guarded by busy_
};

// Never destroyed: workers may outlive static destructors. A forked child forgets its parent's pool, whose threads it has
// not, and makes a new one.
std::atomic<Pool *> the_pool{nullptr};
std::atomic<bool> forks_are_seen{false};

// Null if there is no memory for one, or none to hear of forks; the next call tries again.
Pool *pool() {
  Pool *pool = the_pool.load(std::memory_order_acquire);
  if (pool) return pool;
  if (!forks_are_seen.load(std::memory_order_acquire)) {  // twice, if two callers come at once, does no harm
    auto in_child = [] {
      the_pool.store(nullptr);
      ++forks;
    };
    if (pthread_atfork(nullptr, nullptr, in_child) != 0) return nullptr;
    forks_are_seen.store(true, std::memory_order_release);
  }
  Pool *made = new (std::nothrow) Pool;
  if (!made || the_pool.compare_exchange_strong(pool, made, std::memory_order_acq_rel)) return made;
  delete made;
  return pool;
}

std::atomic<int> num_threads{0};
std::atomic<int> most_by_default{kMaxWorkers};

// CPUs that the cgroup's quota amounts to, rounded up; a large number if there is none.
int cgroup_cpus() {
  constexpr int kNone = 1 << 20;
  auto read = [](const char *path, long long *first, long long *second) {
    FILE *file = std::fopen(path, "r");
    if (!file) return 0;
    const int fields = second ? std::fscanf(file, "%lld %lld", first, second) : std::fscanf(file, "%lld", first);
    std::fclose(file);
    return fields;
  };
  long long quota = 0, period = 0;
  const bool v2 = read("/sys/fs/cgroup/cpu.max", &quota, &period) == 2;
  const bool v1 = !v2 && read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", &quota, nullptr) == 1 &&
                  read("/sys/fs/cgroup/cpu/cpu.cfs_period_us", &period, nullptr) == 1;
  if ((!v2 && !v1) || quota <= 0 || period <= 0) return kNone;
  const long long cpus = (quota + period - 1) / period;
  return cpus < kNone ? static_cast<int>(cpus) : kNone;
}

}  // namespace

Cancel::Cancel(int (*ask)(void *), void *arg) : ask_(ask), arg_(arg), last_(ask ? now_ms() : 0) {}

bool Cancel::requested() {
  if (cancelled_ || !ask_) return cancelled_;
  const int64_t now = now_ms();
  if (now - last_ < 20) return false;
  last_ = now;
  return cancelled_ = ask_(arg_) != 0;
}

Scratch::~Scratch() {
  if (data_ != lent_) std::free(data_);
}

void *Scratch::get(int64_t wanted) {
  const size_t bytes = static_cast<size_t>(wanted);
  if (bytes <= size_) return data_;
  if (data_ != lent_) std::free(data_);
  data_ = nullptr;
  size_ = 0;
  const size_t rounded = (bytes + 63) / 64 * 64;
  data_ = rounded < bytes ? nullptr : std::aligned_alloc(64, rounded);
  if (!data_) throw std::bad_alloc();
  size_ = rounded;
  return data_;
}

int default_num_threads() {
  int cpus = static_cast<int>(std::thread::hardware_concurrency());
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
#endif
  const int quota = cgroup_cpus();
  if (quota < cpus) cpus = quota;
  const int most = most_by_default.load(std::memory_order_relaxed);
  if (most < cpus) cpus = most;
  return cpus < 1 ? 1 : cpus;
}

void limit_default_num_threads(int most) { most_by_default.store(most, std::memory_order_relaxed); }

int get_num_threads() {
  int n = num_threads.load(std::memory_order_relaxed);
  if (n == 0) {
    n = default_num_threads();
    num_threads.store(n, std::memory_order_relaxed);
  }
  return n;
}

void set_num_threads(int n) { num_threads.store(n < 1 ? 1 : n, std::memory_order_relaxed); }

int threads_of_call() {
  const int threads = get_num_threads();
  return threads > kMaxWorkers ? kMaxWorkers : threads;
}

bool parallel_for(int64_t pieces, int threads, Task task, void *arg, Cancel &cancel) {
  bool completed = true;
  if (threads > pieces) threads = static_cast<int>(pieces);
  Pool *const workers = threads > 1 ? pool() : nullptr;
  if (workers && workers->run(pieces, threads, task, arg, cancel, completed)) return completed;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    if (cancel.requested()) return false;
    task(arg, piece, 0);
  }
  return true;
}

}  // namespace fastlc
