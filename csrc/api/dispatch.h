// The instruction set in use: looked up once, when the library is loaded.
#pragma once

#include "kernels/table.h"

namespace fastlc {

extern const InstructionSet *const kInstructionSets[];  // built, from the plainest to the widest
extern const int kInstructionSetCount;

bool is_usable(const InstructionSet &set);  // by this processor
const InstructionSet &instruction_set();
// Null or empty: the widest that is usable. False, and no change, if the name is unknown or the processor lacks it.
bool set_instruction_set(const char *name);

}  // namespace fastlc
