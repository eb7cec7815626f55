// Preloaded into a process (tests/kernels/test_allocations.py): of what it asks of the system from now on, the
// `failing_in`-th fails, be it memory, a thread, or a place among the handlers of forks. For glibc, whose own names of the
// functions it uses.
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#include <atomic>

extern "C" {

std::atomic<long> failing_in{0};  // 1: the next; 0: none
std::atomic<long> failed{0};      // how many have

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
}

namespace {

using Handler = void (*)();
using Start = int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
using Register = int (*)(Handler, Handler, Handler, void *);

bool fails(int error) {
  if (failing_in <= 0 || failing_in-- != 1) return false;
  ++failed;
  errno = error;
  return true;
}

template <class Function>
Function next(const char *name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}
Start start = next<Start>("pthread_create");
Register register_atfork = next<Register>("__register_atfork");

}  // namespace

extern "C" {

void *malloc(size_t size) noexcept { return fails(ENOMEM) ? nullptr : __libc_malloc(size); }
void *calloc(size_t n, size_t size) noexcept { return fails(ENOMEM) ? nullptr : __libc_calloc(n, size); }
void *realloc(void *p, size_t size) noexcept { return fails(ENOMEM) ? nullptr : __libc_realloc(p, size); }
void *memalign(size_t to, size_t size) noexcept { return fails(ENOMEM) ? nullptr : __libc_memalign(to, size); }
void *aligned_alloc(size_t to, size_t size) noexcept { return fails(ENOMEM) ? nullptr : __libc_memalign(to, size); }
int posix_memalign(void **made, size_t to, size_t size) noexcept {
  if (fails(ENOMEM)) return ENOMEM;
  void *p = __libc_memalign(to, size);
  if (!p) return ENOMEM;
  *made = p;
  return 0;
}
int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *arg) noexcept {
  return fails(EAGAIN) ? EAGAIN : start(thread, how, run, arg);
}
int __register_atfork(Handler prepare, Handler parent, Handler child, void *library) {
  return fails(ENOMEM) ? ENOMEM : register_atfork(prepare, parent, child, library);
}
}
