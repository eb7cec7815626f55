// The GIL, released while kernels run. A thread that asks for it again while the interpreter ends never gets it. Python 3.14
// lets such a thread hang for ever; its predecessors call pthread_exit, which unwinds the frames of the thread, or drops
// them: a destructor that does not throw becomes std::terminate, others touch objects that they may not, and workers may
// still be at a job that lies on this stack. Here the thread hangs whatever the version.
#pragma once

#include <Python.h>
#include <pthread.h>
#include <unistd.h>

namespace fastlc {

class ReleasedGil {
 public:
  ~ReleasedGil() { take(thread_); }
  ReleasedGil(const ReleasedGil &) = delete;
  ReleasedGil &operator=(const ReleasedGil &) = delete;

  // f() with the GIL; on the thread that released it.
  template <class F>
  auto with_gil(F f) {
    take(thread_);
    const auto result = f();
    thread_ = PyEval_SaveThread();
    return result;
  }

 private:
  friend class Arguments;
  ReleasedGil() : thread_(PyEval_SaveThread()) {}

  static void hang(void *) {
    for (;;) pause();
  }
  static void take(PyThreadState *thread) {
    pthread_cleanup_push(hang, nullptr);  // run by pthread_exit before it leaves this frame, in every C library
    PyEval_RestoreThread(thread);
    pthread_cleanup_pop(0);
  }

  PyThreadState *thread_;
};

}  // namespace fastlc
