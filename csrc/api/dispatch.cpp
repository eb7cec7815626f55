#include "api/dispatch.h"

#include <cstring>

namespace fastlc {

extern const InstructionSet baseline;
#ifdef FASTLC_X86
extern const InstructionSet avx2, avx512;
const InstructionSet *const kInstructionSets[] = {&baseline, &avx2, &avx512};
#else
const InstructionSet *const kInstructionSets[] = {&baseline};
#endif
const int kInstructionSetCount = sizeof kInstructionSets / sizeof kInstructionSets[0];

bool is_usable(const InstructionSet &set) {
  if (&set == &baseline) return true;
#ifdef FASTLC_X86
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (&set == &avx2) return has_avx2;
  if (&set == &avx512) {
    return has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
#endif
  return false;
}

namespace {

const InstructionSet *in_use = &baseline;

}  // namespace

const InstructionSet &instruction_set() { return *in_use; }

bool set_instruction_set(const char *name) {
  const bool best = !name || !*name;
  for (int i = kInstructionSetCount - 1; i >= 0; --i) {
    const InstructionSet &set = *kInstructionSets[i];
    if ((best || std::strcmp(name, set.name) == 0) && is_usable(set)) {
      in_use = &set;
      return true;
    }
  }
  return false;
}

}  // namespace fastlc
