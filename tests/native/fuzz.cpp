// A libFuzzer target over every function of csrc/include/fastlc.h; fuzz.py builds and runs it.
//
// An input chooses the function, the loss, shapes, strides, types, what values the arrays hold, which of them are there, what
// is wrong with the call, the sizes of its structs (as of older and newer programs), which of its allocations fails, the instruction set, the floating-point mode and the numbers of
// threads. Sizes are small, or beyond any memory, of arrays that take none. Arrays end, or begin, where the process's memory
// does: a page that may not be touched sees what AddressSanitizer does not, masked vector loads and stores among them. So do
// structs.
//
// What is held to be true, besides that nothing crashes: a refused call says why and has written nothing; a null pointer to
// what is needed is refused, as are sizes whose products leave int64_t, structs that are too small, and unknown fields that are
// not 0; no rows need no memory; after a call that had none the
// next one works; a call has the same bits on another number of threads, in every floating-point mode; finite inputs of a
// moderate size give finite outputs; rows that count for nothing have losses and gradients of exactly 0. With
// FASTLC_FUZZ_PLANT=1 calls claim a row more than there is, which must be reported.
#include <fuzzer/FuzzedDataProvider.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "api/dispatch.h"
#include "api/structs.h"
#include "include/fastlc.h"

namespace {

#define HOLD(condition, ...)                                              \
  do {                                                                    \
    if (!(condition)) {                                                   \
      std::fprintf(stderr, "does not hold: %s\n", #condition);            \
      std::fprintf(stderr, __VA_ARGS__);                                  \
      std::fprintf(stderr, "\n");                                         \
      std::abort();                                                       \
    }                                                                     \
  } while (false)

// ---- Memory that fails ------------------------------------------------------------------------------------------------

// Of the calling thread, while it is in a call: the request that fails counts down (1: the next one, 0: none); one for more
// than kMost always does.
thread_local bool in_call = false;
thread_local int failing_in = 0, failed = 0;
constexpr size_t kMost = size_t{1} << 30;

bool fails(size_t size) {
  if (!in_call || (size <= kMost && (failing_in == 0 || --failing_in != 0))) return false;
  ++failed;
  return true;
}

void *allocate(size_t size) { return fails(size) ? nullptr : std::malloc(size ? size : 1); }
void *allocate_or_throw(size_t size) {
  void *made = allocate(size);
  if (!made) throw std::bad_alloc();
  return made;
}

}  // namespace

extern "C" void *aligned_alloc(size_t alignment, size_t size) noexcept {
  void *made = nullptr;
  return !fails(size) && posix_memalign(&made, alignment, size) == 0 ? made : nullptr;
}
void *operator new(size_t size) { return allocate_or_throw(size); }
void *operator new[](size_t size) { return allocate_or_throw(size); }
void *operator new(size_t size, const std::nothrow_t &) noexcept { return allocate(size); }
void *operator new[](size_t size, const std::nothrow_t &) noexcept { return allocate(size); }
void operator delete(void *p) noexcept { std::free(p); }
void operator delete[](void *p) noexcept { std::free(p); }
void operator delete(void *p, size_t) noexcept { std::free(p); }
void operator delete[](void *p, size_t) noexcept { std::free(p); }

namespace {

// ---- Floating-point modes ---------------------------------------------------------------------------------------------

class Mode {
 public:
  static constexpr int kChoices = 8;  // rounding (4), denormals flushed (2); 0 is the usual one
  explicit Mode(int choice) {
    static const int roundings[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    std::fegetenv(&before_);
    std::fesetround(roundings[choice % 4]);
#ifdef __SSE__
    if (choice >= 4) __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#endif
  }
  Mode(const Mode &) = delete;
  ~Mode() { std::fesetenv(&before_); }

 private:
  std::fenv_t before_;
};

// ---- Memory -----------------------------------------------------------------------------------------------------------

constexpr size_t kRoom = 1 << 20;  // bytes of an array at the most

struct Array {
  char *data = nullptr;
  size_t bytes = 0;
  bool is_double = false;  // whatever the dtype of the call
  std::vector<char> before;
  void remember() { before.assign(data, data + bytes); }
  bool is_unchanged() const { return bytes == 0 || std::memcmp(data, before.data(), bytes) == 0; }
  void restore() {
    if (bytes) std::memcpy(data, before.data(), bytes);
  }
};

// Rooms between pages that may not be touched; an array is put to the end of a room, or to its beginning.
class Memory {
 public:
  Memory() {
    page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t total = kRooms * (kRoom + page_) + page_;
    base_ = static_cast<char *>(mmap(nullptr, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (base_ == MAP_FAILED) std::abort();
    for (size_t i = 0; i < kRooms; ++i) {
      if (mprotect(room(i), kRoom, PROT_READ | PROT_WRITE)) std::abort();
    }
  }
  void begin() { used_ = 0; }
  Array make(size_t bytes, bool at_end) {
    if (used_ == kRooms || bytes > kRoom) std::abort();
    char *from = room(used_++);
    Array made;
    made.data = at_end ? from + kRoom - bytes : from;
    made.bytes = bytes;
    return made;
  }

 private:
  static constexpr size_t kRooms = 24;
  char *room(size_t i) { return base_ + page_ + i * (kRoom + page_); }
  char *base_;
  size_t page_, used_ = 0;
};

Memory memory;

// ---- Values -----------------------------------------------------------------------------------------------------------

struct Random {  // xorshift: values need no coverage, only variety
  uint64_t state;
  uint64_t operator()() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
};

enum Flavour { kModerate, kZeros, kIntegers, kLarge, kSpecial, kBits, kFlavours };

template <class T>
void fill(T *to, size_t n, Flavour flavour, bool positive, Random &random) {
  static const T special[] = {T(0), T(-0.0), std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(),
                              -std::numeric_limits<T>::infinity(), std::numeric_limits<T>::max(),
                              std::numeric_limits<T>::denorm_min(), T(1), T(-1), std::numeric_limits<T>::lowest()};
  for (size_t i = 0; i < n; ++i) {
    double value = 0;
    switch (flavour) {
      case kModerate: value = 4 * random.uniform() - 2; break;
      case kIntegers: value = static_cast<double>(random() % 5) - 2; break;
      case kLarge: value = (random() % 2 ? 1e4 : -1e4) * random.uniform(); break;
      case kSpecial: to[i] = special[random() % (sizeof special / sizeof special[0])]; continue;
      case kBits: {
        const uint64_t bits = random();
        std::memcpy(&to[i], &bits, sizeof(T));
        continue;
      }
      default: break;
    }
    to[i] = T(positive ? std::fabs(value) : value);
  }
}

// ---- A call -----------------------------------------------------------------------------------------------------------

struct Fuzz {
  Fuzz(const uint8_t *data, size_t size) : in(data, size), random{0x9E3779B97F4A7C15u} {}

  bool chance(int percent) { return in.ConsumeIntegralInRange<int>(0, 99) >= 100 - percent; }

  int64_t size_of_axis(int64_t most) {
    switch (in.ConsumeIntegralInRange<int>(0, 3)) {
      case 0: return in.ConsumeIntegralInRange<int64_t>(0, 3);
      case 1: return in.ConsumeIntegralInRange<int64_t>(0, 20);
      case 2: return in.ConsumeIntegralInRange<int64_t>(0, 70);
      default: return in.ConsumeIntegralInRange<int64_t>(0, most);
    }
  }

  Array floats(int64_t count, bool positive = false) {
    Array made = memory.make(static_cast<size_t>(count) * item(), in.ConsumeBool());
    const int choice = in.ConsumeIntegralInRange<int>(0, 9);
    const Flavour flavour = choice < 5 ? kModerate : static_cast<Flavour>(choice - 4);
    if (flavour > kIntegers) tame = false;
    if (call.dtype == FASTLC_FLOAT32) {
      fill(reinterpret_cast<float *>(made.data), static_cast<size_t>(count), flavour, positive, random);
    } else {
      fill(reinterpret_cast<double *>(made.data), static_cast<size_t>(count), flavour, positive, random);
    }
    return made;
  }

  // (rows, columns) with a stride of any sign, and of any size where there is but one row.
  const void *matrix(int64_t rows, int64_t columns, int64_t *stride) {
    const int64_t step = columns + (chance(30) ? in.ConsumeIntegralInRange<int64_t>(0, 9) : 0);
    const bool down = chance(20);
    *stride = down ? -step : step;
    Array made = floats(rows && columns ? (rows - 1) * step + columns : 0);
    if (rows <= 1 && chance(20)) {
      *stride = in.ConsumeIntegral<int64_t>();
      return made.data;
    }
    return made.data + (down && rows ? static_cast<size_t>((rows - 1) * step) * item() : 0);
  }

  Array output(int64_t count, size_t bytes_each) {
    Array made = memory.make(static_cast<size_t>(count) * bytes_each, in.ConsumeBool());
    std::memset(made.data, 0x5A, made.bytes);
    return made;
  }

  size_t item() const { return call.dtype == FASTLC_FLOAT32 ? 4 : 8; }

  double number_at(const Array &a, int64_t i) const {
    return item_of(a) == 4 ? static_cast<double>(reinterpret_cast<const float *>(a.data)[i])
                           : reinterpret_cast<const double *>(a.data)[i];
  }
  size_t item_of(const Array &a) const { return a.is_double ? 8 : item(); }

  bool all_finite(const Array &a) const {
    for (int64_t i = 0; i < static_cast<int64_t>(a.bytes / item_of(a)); ++i) {
      if (!std::isfinite(number_at(a, i))) return false;
    }
    return true;
  }

  double option(double usual) {
    switch (in.ConsumeIntegralInRange<int>(0, 7)) {
      case 0: return in.ConsumeFloatingPoint<double>();
      case 1: return in.ConsumeFloatingPointInRange<double>(-1, 2);
      case 2: return 1;
      default: return usual;
    }
  }

  void choose() {
    random.state ^= in.ConsumeIntegral<uint32_t>() * 0x2545F4914F6CDD1Du;
    std::vector<const char *> sets;
    for (int i = 0; i < fastlc::kInstructionSetCount; ++i) {
      if (fastlc::is_usable(*fastlc::kInstructionSets[i])) sets.push_back(fastlc::kInstructionSets[i]->name);
    }
    fastlc::set_instruction_set(sets[in.ConsumeIntegralInRange<size_t>(0, sets.size() - 1)]);

    call = {};
    call.size = sizeof call;
    call.dtype = in.ConsumeBool() ? FASTLC_FLOAT32 : FASTLC_FLOAT64;
    call.error = sentence;
    call.error_size = in.ConsumeBool() ? sizeof sentence : in.ConsumeIntegralInRange<size_t>(0, 8);
    std::memset(sentence, 0x7F, sizeof sentence);
    function = in.ConsumeIntegralInRange<int>(0, 9);
    of_scores = function >= 3 && function <= 6;
    call.n = size_of_axis(700);
    call.c = size_of_axis(300);
    call.d = of_scores ? call.c : size_of_axis(700);
    const int64_t most = chance(10) ? 2'000'000 : 400'000;  // the larger one is cut into pieces for few classes, too
    while (call.n * call.c * (of_scores ? 1 : call.d) > most || call.n * call.d > 60000 || call.c * call.d > 60000 ||
           call.n * call.c > 60000) {
      call.n /= 2;
      call.d = of_scores ? call.c = (call.c + 1) / 2 : (call.d + 1) / 2;
    }
    X = {sizeof X, FASTLC_DENSE, 0, nullptr};
    X.data = matrix(call.n, call.d, &X.stride);
    call.X = &X;
    if (!of_scores) {
      call.W = matrix(call.c, call.d, &call.W_stride);
      if (chance(70)) call.b = (b = floats(call.c)).data;
    }
    if (chance(10)) {
      left = in.ConsumeIntegralInRange<int>(0, 5);
      call.cancel = [](void *count) { return static_cast<int>(--*static_cast<int *>(count) < 0); };
      call.cancel_arg = &left;
    }
  }

  void choose_loss() {
    call.loss = in.ConsumeIntegralInRange<int>(0, fastlc_loss_count() - 1);
    const fastlc_loss_description &info = *fastlc_loss_info(call.loss);
    HOLD(fastlc_find_loss(info.name) == call.loss, "%s is not found", info.name);
    if (chance(2)) {
      const std::string name = in.ConsumeRandomLengthString(30);
      const int32_t found = fastlc_find_loss(name.c_str());
      HOLD(found == -1 || std::strcmp(fastlc_loss_info(found)->name, name.c_str()) == 0, "%d by the name of another", found);
    }
    static const double usual[4] = {1, 1, 1, 1};
    for (int i = 0; i < info.n_options; ++i) {
      options[i] = option(std::strcmp(info.option_names[i], "label_smoothing") == 0 ? 0.1 : usual[i]);
    }
    call.options = options;
    for (double value : options) tame = tame && std::fabs(value) <= 2;
    const bool values = (info.kind & FASTLC_VALUES) && (!(info.kind & FASTLC_LABELS) || in.ConsumeBool());
    if (values) {
      call.targets = matrix(call.n, call.c, &call.targets_stride);
    } else {
      call.labels_type = in.ConsumeIntegralInRange<fastlc_int_type>(FASTLC_INT8, FASTLC_UINT64);
      const int bytes = 1 << (call.labels_type - FASTLC_INT8) / 2;
      const bool binary = call.c == 1 && (info.kind & FASTLC_ONE_VS_REST);
      const uint64_t classes = binary ? 2 : static_cast<uint64_t>(call.c ? call.c : 1);
      const bool wild = chance(5);
      if ((call.has_ignore_index = chance(30))) {
        call.ignore_index = in.ConsumeBool() ? in.ConsumeIntegralInRange<int64_t>(0, 9) : in.ConsumeIntegral<int8_t>();
      }
      Array made = memory.make(static_cast<size_t>(call.n) * static_cast<size_t>(bytes), in.ConsumeBool());
      for (int64_t i = 0; i < call.n; ++i) {
        uint64_t label = wild ? random() : random() % classes;
        if (call.has_ignore_index && random() % 4 == 0) label = static_cast<uint64_t>(call.ignore_index);
        std::memcpy(made.data + i * bytes, &label, static_cast<size_t>(bytes));
      }
      call.labels = made.data;
    }
    if (chance(40)) call.sample_weight = (sample_weight = floats(call.n, true)).data;
    if (chance(30)) call.class_weight = floats(call.c, true).data;
    if (chance(20)) call.pos_weight = floats(call.c, true).data;
    call.reduction = in.ConsumeIntegralInRange<fastlc_reduction>(FASTLC_MEAN, FASTLC_NONE);
    if (chance(20)) call.l1 = option(0.1);
    if (chance(20)) call.l2 = option(0.1);
    tame = tame && std::fabs(call.l1) <= 2 && std::fabs(call.l2) <= 2;
  }

  // A pointer that may be null: then the call is refused if it needs what there is behind it.
  template <class T>
  void may_be_null(T *&pointer, bool needed) {
    if (pointer) pointers.push_back({&pointer, needed, [](void *at) { *static_cast<T **>(at) = nullptr; }});
  }

  // One thing that a call must not have, or a pointer that it may lack.
  void spoil() {
    if (chance(12) && !pointers.empty()) {
      const Pointer &chosen = pointers[in.ConsumeIntegralInRange<size_t>(0, pointers.size() - 1)];
      chosen.clear(chosen.at);
      must_be_refused = chosen.needed;
      tame = false;
      return;
    }
    if (!chance(8)) return;
    switch (in.ConsumeIntegralInRange<int>(0, 8)) {
      case 0:
        X.kind = in.ConsumeBool() ? in.ConsumeIntegralInRange<int32_t>(-2, 4) : in.ConsumeIntegral<int32_t>();
        must_be_refused = call.X && X.kind != FASTLC_DENSE;
        break;
      case 1: call.dtype = in.ConsumeBool() ? 0 : 3; must_be_refused = true; break;
      case 2: call.n = -1; must_be_refused = true; break;
      case 3: call.d = -5; must_be_refused = true; break;
      case 4: call.c = std::numeric_limits<int64_t>::min(); must_be_refused = true; break;
      case 5: call.loss = in.ConsumeBool() ? -1 : fastlc_loss_count(); must_be_refused = with_loss(); break;
      case 6: call.d += of_scores; must_be_refused = of_scores; break;
      case 7: call.labels_type = in.ConsumeBool() ? 0 : 9; must_be_refused = call.labels; break;
      default: call.l1 = -1; must_be_refused = function == 6 || function == 7; break;
    }
    tame = false;
  }

  bool with_loss() const { return function == 6 || function == 7 || function == 9; }

  // A struct in memory of just its size: that of this version, and now and then too small, or larger, with zeros or something
  // else in the part that the library does not know. Then `given` points there.
  template <class Struct>
  void pass(Struct *&given) {
    if (!given) return;
    size_t size = sizeof(Struct), something = 0;
    if (chance(10)) {
      const int choice = in.ConsumeIntegralInRange<int>(0, 2);
      if (choice == 0) {
        size = in.ConsumeIntegralInRange<size_t>(0, fastlc::kFirstSize<std::remove_const_t<Struct>> - 1);
      } else {
        size += in.ConsumeIntegralInRange<size_t>(1, 64);
        if (choice == 2) something = in.ConsumeIntegralInRange<size_t>(sizeof(Struct), size - 1);
      }
      if (choice != 1) must_be_refused = true, must_be_done = false;
    }
    const size_t known = std::min(size, sizeof(Struct)), room = std::max(sizeof size, (size + 7) / 8 * 8);
    Passed passed = {memory.make(room, true), std::is_const_v<Struct> ? 0 : known};
    std::memset(passed.all.data, 0x5A, room);
    if (size > known) std::memset(passed.all.data + known, 0, size - known);
    std::memcpy(passed.all.data, given, known);
    std::memcpy(passed.all.data, &size, sizeof size);
    if (something) passed.all.data[something] = in.ConsumeBool() ? 1 : '\x80';
    passed.all.remember();
    structs.push_back(passed);
    given = reinterpret_cast<Struct *>(passed.all.data);
  }
  void pass_call() {
    pass(call.X);
    pass(the_call);
  }

  template <class F>
  fastlc_status watched(F &f, int which) {
    in_call = true;
    failing_in = which;
    failed = 0;
    const fastlc_status status = f();
    in_call = false;
    failing_in = 0;
    for (const Passed &each : structs) {
      const size_t from = status == FASTLC_INVALID ? 0 : each.written;
      HOLD(std::memcmp(each.all.data + from, each.all.before.data() + from, each.all.bytes - from) == 0,
           "function %d wrote into a struct", function);
    }
    return status;
  }

  // Runs f, and runs it again on another number of threads; before, perhaps, with an allocation that fails.
  template <class F>
  void run(F f) {
    for (Array &out : outputs) out.remember();
    const Mode mode(chance(30) ? in.ConsumeIntegralInRange<int>(1, Mode::kChoices - 1) : 0);
    const int limit = left;
    fastlc_set_num_threads(in.ConsumeIntegralInRange<int>(1, 4));
    fastlc_status status = watched(f, chance(25) ? in.ConsumeIntegralInRange<int>(1, 6) : 0);
    if (status == FASTLC_OUT_OF_MEMORY && !is_beyond_memory) {
      HOLD(failed, "function %d had no memory, though none was refused", function);
      for (Array &out : outputs) out.restore();
      left = limit;
      status = watched(f, 0);
      HOLD(status != FASTLC_OUT_OF_MEMORY, "function %d had no memory once more, though none was refused", function);
    }
    if (must_be_refused) HOLD(status != FASTLC_OK && status != FASTLC_CANCELLED, "function %d", function);
    if (must_be_done) HOLD(status == FASTLC_OK, "function %d of no rows: %d", function, status);
    if (status == FASTLC_INVALID || status == FASTLC_OUT_OF_MEMORY) {
      for (const Array &out : outputs) HOLD(out.is_unchanged(), "function %d wrote though it refused", function);
    }
    if (status == FASTLC_OUT_OF_MEMORY) return;
    if (status == FASTLC_INVALID) {
      if (the_call && the_call->size >= fastlc::kFirstSize<fastlc_call> && call.error && call.error_size) {
        HOLD(std::memchr(sentence, 0, call.error_size), "the sentence has no end");
        HOLD(call.error_size < 20 || std::strlen(sentence) > 8, "function %d refused without a word", function);
      }
      return;
    }
    HOLD(status == FASTLC_OK || (status == FASTLC_CANCELLED && call.cancel), "status %d", status);
    if (status == FASTLC_CANCELLED) return;
    if (tame) {
      for (const Array &out : outputs) {
        if (&out != labels_out) HOLD(all_finite(out), "function %d, loss %d: not finite", function, call.loss);
      }
    }
    std::vector<std::vector<char>> first;
    for (Array &out : outputs) {
      first.emplace_back(out.data, out.data + out.bytes);
      out.restore();
    }
    left = limit;
    fastlc_set_num_threads(in.ConsumeIntegralInRange<int>(1, 4));
    if (watched(f, 0) != FASTLC_OK) return;  // cancelled this time
    for (size_t i = 0; i < outputs.size(); ++i) {
      HOLD(outputs[i].bytes == 0 || std::memcmp(outputs[i].data, first[i].data(), outputs[i].bytes) == 0,
           "function %d, loss %d, output %zu: other bits on other threads", function, call.loss, i);
    }
  }

  void read() {
    const bool labels = function == 1;
    const int64_t columns = labels ? 1 : function == 2 && call.c == 1 ? 2 : call.c;
    outputs.push_back(output(call.n * columns, labels ? 8 : item()));
    if (labels) labels_out = &outputs.back();
    run_read();
  }

  void run_read() {
    using Function = fastlc_status (*)(const fastlc_call *, void *);
    static const Function functions[] = {fastlc_scores, nullptr, fastlc_predict_proba, fastlc_softmax, fastlc_log_softmax,
                                         fastlc_sigmoid};
    void *out = outputs[0].data;
    may_be_null(the_call, true);
    may_be_null(call.error, false);
    may_be_null(call.X, call.n && call.d && call.c);
    may_be_null(X.data, call.n && call.d && call.c);
    may_be_null(call.W, call.n && call.d && call.c);
    may_be_null(call.b, false);
    may_be_null(out, call.n && call.c);
    if (!must_be_refused && !must_be_done) spoil();
    pass_call();
    run([&] {
      return function == 1 ? fastlc_predict(the_call, static_cast<int64_t *>(out)) : functions[function](the_call, out);
    });
  }

  void loss() {
    choose_loss();
    fastlc_gradients out{};
    out.size = sizeof out;
    outputs.reserve(4);
    auto maybe = [&](void **to, int64_t count) {
      if (!chance(75)) return;
      outputs.push_back(output(count, item()));
      *to = outputs.back().data;
    };
    if (call.reduction == FASTLC_NONE) maybe(&out.losses, call.n);
    if (call.W) {
      maybe(&out.dW, call.c * call.d);
      if (out.dW) maybe(&out.db, call.c);
    }
    maybe(&out.dX, call.n * call.d);
    fastlc_gradients *to = &out;
    may_be_null(the_call, true);
    may_be_null(to, true);
    may_be_null(call.X, call.n && call.d && call.c);
    may_be_null(X.data, call.n && call.d && call.c);
    may_be_null(call.W, false);  // then X holds scores
    loss_may_lack(call.n);
    spoil();
    pass_call();
    pass(to);
    double first = 0;
    int times = 0;
    run([&] {
      const fastlc_status status = fastlc_loss(the_call, to);
      if (status == FASTLC_OK) {
        if (tame && call.reduction != FASTLC_NONE) HOLD(std::isfinite(to->loss), "loss %d: %g", call.loss, to->loss);
        if (times++ == 0) first = to->loss;
        HOLD(std::memcmp(&first, &to->loss, sizeof first) == 0, "loss %d: another sum on other threads", call.loss);
        if (call.sample_weight && out.dX) {
          for (int64_t i = 0; i < call.n; ++i) {
            if (number_at(sample_weight, i) != 0) continue;
            for (int64_t j = 0; j < call.d; ++j) {
              const int64_t at = i * call.d + j;
              const double d = call.dtype == FASTLC_FLOAT32 ? static_cast<double>(static_cast<float *>(out.dX)[at])
                                                            : static_cast<double *>(out.dX)[at];
              HOLD(d == 0, "loss %d: row %lld counts for nothing", call.loss, static_cast<long long>(i));
            }
          }
        }
      }
      return status;
    });
  }

  // Pointers of any call with a loss, of which it looks at so many rows.
  void loss_may_lack(int64_t rows) {
    may_be_null(call.error, false);
    may_be_null(call.options, false);
    may_be_null(call.b, false);
    may_be_null(call.labels, rows > 0);
    may_be_null(call.targets, rows > 0 && call.c);
    may_be_null(call.sample_weight, false);
    may_be_null(call.class_weight, false);
    may_be_null(call.pos_weight, false);
  }

  fastlc_sgd sgd() {
    fastlc_sgd made{sizeof(fastlc_sgd), 0, 0, 0, 0, 0, 0};
    if (chance(50)) made.momentum = option(0.9);
    if (chance(15)) made.dampening = option(0.5);
    made.nesterov = chance(20);
    if (chance(30)) made.weight_decay = option(0.1);
    if (chance(30)) made.l1 = option(0.1);
    if (chance(20)) made.l2 = option(0.1);
    tame = false;  // descent may diverge
    return made;
  }

  void step() {
    const fastlc_sgd how = sgd();
    const int64_t count = call.c * call.d;
    const Array gradient = floats(count);
    outputs.push_back(floats(count));
    if (chance(80)) outputs.push_back(floats(count));
    const double lr = option(0.1);
    const fastlc_sgd *with = &how;
    void *W = outputs[0].data, *velocity = outputs.size() > 1 ? outputs[1].data : nullptr;
    const void *dW = gradient.data;
    may_be_null(the_call, true);
    may_be_null(call.error, false);
    may_be_null(with, true);
    may_be_null(W, count);
    may_be_null(dW, count);
    may_be_null(velocity, count && how.momentum != 0);
    spoil();
    pass_call();
    pass(with);
    run([&] { return fastlc_sgd_step(the_call, with, count, lr, W, dW, velocity); });
  }

  void epoch() {
    choose_loss();
    const fastlc_sgd how = sgd();
    fastlc_epoch epoch{};
    epoch.size = sizeof epoch;
    outputs.reserve(6);
    auto updated = [&](int64_t count, int percent) -> void * {
      if (!chance(percent)) return nullptr;
      outputs.push_back(floats(count));
      return outputs.back().data;
    };
    epoch.W = updated(call.c * call.d, 100);
    epoch.b = updated(call.c, 70);
    epoch.velocity_W = updated(call.c * call.d, 80);
    epoch.velocity_b = updated(call.c, 80);
    auto average = [&](int64_t count, int percent) -> double * {  // in double whatever the dtype
      if (!chance(percent)) return nullptr;
      Array made = memory.make(static_cast<size_t>(count) * sizeof(double), in.ConsumeBool());
      made.is_double = true;
      fill(reinterpret_cast<double *>(made.data), static_cast<size_t>(count), kModerate, false, random);
      outputs.push_back(made);
      return reinterpret_cast<double *>(made.data);
    };
    if ((epoch.average_W = average(call.c * call.d, 30))) epoch.average_b = average(call.c, 90);
    epoch.average_from = in.ConsumeIntegralInRange<int64_t>(-1, 3);
    epoch.first_step = in.ConsumeIntegralInRange<int64_t>(-1, 3);
    epoch.rows = call.n;
    std::vector<int64_t> order;
    if (chance(60)) {
      epoch.rows = call.n ? in.ConsumeIntegralInRange<int64_t>(0, 100) : 0;
      Array made = memory.make(static_cast<size_t>(epoch.rows) * 8, in.ConsumeBool());
      const bool wild = chance(4);
      for (int64_t i = 0; i < epoch.rows; ++i) {
        const int64_t row = static_cast<int64_t>(wild ? random() : random() % static_cast<uint64_t>(call.n));
        std::memcpy(made.data + i * 8, &row, 8);
      }
      epoch.order = reinterpret_cast<const int64_t *>(made.data);
    }
    epoch.batch_size = in.ConsumeIntegralInRange<int64_t>(chance(3) ? -1 : 1, 80);
    if (chance(3)) epoch.rows = epoch.order ? -1 : call.n + in.ConsumeIntegralInRange<int64_t>(-1, 1);
    if (chance(3)) epoch.batch_size = any_size();
    if (chance(2)) epoch.first_step = any_size();
    if (chance(2)) epoch.average_from = any_size();
    if (chance(2) && !epoch.order) epoch.rows = any_size();
    const int64_t batches = epoch.batch_size > 0 && epoch.rows > 0
                                ? epoch.rows / epoch.batch_size + (epoch.rows % epoch.batch_size != 0)
                                : 0;
    std::vector<double> rates(static_cast<size_t>(chance(30) && batches < 1000 ? batches : 1), option(0.01));
    epoch.lr = rates.data();
    epoch.lr_size = static_cast<int64_t>(rates.size()) + (chance(2) ? 1 : 0);
    if (epoch.lr_size > static_cast<int64_t>(rates.size())) rates.push_back(0.5), epoch.lr = rates.data();
    if (chance(2)) {
      epoch.lr_size = any_size();
      must_be_refused = epoch.lr_size > 1 && epoch.lr_size != batches;
      if (!must_be_refused) epoch.lr_size = 1;
    }
    const fastlc_sgd *with = &how;
    fastlc_epoch *of = &epoch;
    const bool computes = epoch.rows > 0 && call.c && call.d;
    may_be_null(the_call, true);
    may_be_null(with, true);
    may_be_null(of, true);
    may_be_null(call.X, computes);
    may_be_null(X.data, computes);
    may_be_null(epoch.W, computes);
    may_be_null(epoch.b, false);
    may_be_null(epoch.velocity_W, computes && how.momentum != 0);
    may_be_null(epoch.velocity_b, computes && how.momentum != 0 && epoch.b);
    may_be_null(epoch.average_W, false);
    may_be_null(epoch.average_b, false);
    may_be_null(epoch.order, false);
    may_be_null(epoch.lr, batches > 0);
    loss_may_lack(epoch.rows);
    spoil();
    pass_call();
    pass(with);
    pass(of);
    run([&] {
      const fastlc_status status = fastlc_sgd_epoch(the_call, with, of);
      if (!of || of->size < sizeof *of) return status;
      HOLD(status != FASTLC_OK || of->steps == batches, "%lld steps", static_cast<long long>(of->steps));
      HOLD(of->steps >= 0 && of->steps <= batches, "%lld steps", static_cast<long long>(of->steps));
      return status;
    });
  }

  int64_t any_size() {
    const int bits = in.ConsumeIntegralInRange<int>(0, 62);
    const int64_t size = (int64_t{1} << bits) + in.ConsumeIntegralInRange<int64_t>(-1, 1);
    return chance(10) ? std::numeric_limits<int64_t>::max() - size : size;
  }
  int64_t small_or_any_size(bool small) { return small ? in.ConsumeIntegralInRange<int64_t>(0, 9) : any_size(); }

  // (rows, columns) that takes the memory of one row at the most.
  const void *flat(int64_t columns, int64_t *stride) {
    *stride = 0;
    return floats(columns > 64 ? 0 : columns).data;
  }

  // Sizes beyond any memory. Where their products leave int64_t, all that a call may do is to refuse: its arrays have no
  // memory. Else they have, and a call must be over soon: it has little to do, or cannot have the memory for what it does.
  void of_any_size() {
    const int small = in.ConsumeIntegralInRange<int>(0, 7);  // bits: which
    call.n = small_or_any_size(small & 1);
    call.c = small_or_any_size(small & 2);
    call.d = of_scores ? call.c : small_or_any_size(small & 4);
    auto leaves = [](int64_t a, int64_t b) { return static_cast<__int128>(a) * b > std::numeric_limits<int64_t>::max(); };
    const bool wraps = leaves(call.n, call.c) || leaves(call.n, call.d) || leaves(call.c, call.d);
    const bool is_long = call.n > 700 || call.d > 64 || (call.c > 3000 && call.c < (int64_t{1} << 28));
    must_be_refused = wraps && call.n > 0;
    is_beyond_memory = call.n > 0 && (wraps || call.c > 3000);
    if (!must_be_refused && ((is_long && call.n > 0) || wraps)) return;
    const int64_t columns = function == 1 || with_loss() ? 1 : function == 2 && call.c == 1 ? 2 : call.c;
    if (!must_be_refused && call.n * columns > 60000) return;
    must_be_done = call.n == 0 && (call.c > 0 || function > 2);
    tame = false;
    X.data = flat(call.d, &X.stride);
    call.W = of_scores ? nullptr : flat(call.d, &call.W_stride);
    call.b = nullptr;
    if (!with_loss()) {
      outputs.push_back(output(must_be_refused ? 0 : call.n * columns, function == 1 ? 8 : item()));
      return run_read();
    }
    fastlc_gradients out{};
    out.size = sizeof out;
    call.loss = in.ConsumeIntegralInRange<int>(0, fastlc_loss_count() - 1);
    for (double &option : options) option = 1;
    call.options = options;
    call.reduction = FASTLC_MEAN;
    if (!(fastlc_loss_info(call.loss)->kind & FASTLC_LABELS)) {
      if (call.n > 0 && call.c > 64 && !must_be_refused) return;
      call.targets = flat(call.c, &call.targets_stride);
    } else {
      if (call.n > 0 && call.c == 0) return;  // no label is right
      Array labels = output(must_be_refused ? 0 : call.n, 1);
      std::memset(labels.data, 0, labels.bytes);
      call.labels = labels.data;
      call.labels_type = FASTLC_INT8;
    }
    fastlc_gradients *to = &out;
    pass_call();
    pass(to);
    run([&] { return fastlc_loss(the_call, to); });
  }

  void operator()() {
    memory.begin();
    choose();
    if (function <= 7 && chance(15)) {
      of_any_size();
      return;
    }
    static const bool planted = std::getenv("FASTLC_FUZZ_PLANT");
    if (planted) call.n += 1;  // a row more than there is
    if (function <= 5) {
      read();
    } else if (function == 6 || function == 7) {
      loss();
    } else if (function == 8) {
      step();
    } else {
      epoch();
    }
  }

  struct Passed {
    Array all;
    size_t written;  // bytes of it that a call may write
  };
  struct Pointer {
    void *at;
    bool needed;
    void (*clear)(void *at);
  };

  FuzzedDataProvider in;
  Random random;
  fastlc_call call;
  fastlc_features X;
  std::vector<Passed> structs;
  const fastlc_call *the_call = &call;
  std::vector<Pointer> pointers;
  int function = 0, left = 0;
  bool of_scores = false, tame = true, must_be_refused = false, must_be_done = false,
       is_beyond_memory = false;
  char sentence[256];
  double options[4] = {};
  Array b, sample_weight;
  std::vector<Array> outputs;
  const Array *labels_out = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Fuzz fuzz(data, size);
  fuzz();
  return 0;
}
