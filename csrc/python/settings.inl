// Settings: instruction set and number of threads, from Python and from the environment.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "python/call.h"
#include "runtime/parallel.h"

namespace {

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> instruction_sets(bool usable) {
  std::vector<std::string> names;
  for (int i = 0; i < kInstructionSetCount; ++i) {
    if (!usable || is_usable(*kInstructionSets[i])) names.push_back(kInstructionSets[i]->name);
  }
  return names;
}

void set_isa(const std::string &name) {
  if (!set_instruction_set(name.c_str())) {
    refuse("instruction set " + name + " is not usable here, choose from " + joined(instruction_sets(true)));
  }
}

void set_threads(py::handle n) {
  const int64_t threads = integer(n, "n");
  if (threads < 1) refuse("n = " + std::to_string(threads) + ", expected at least 1");
  fastlc_set_num_threads(static_cast<int>(threads < 1 << 20 ? threads : 1 << 20));
}

void read_environment() {
  const char *isa = std::getenv("FASTLC_ISA");
  if (!set_instruction_set(isa)) {
    throw py::import_error("FASTLC_ISA=" + std::string(isa) + " is not usable here, choose from " +
                           joined(instruction_sets(true)));
  }
  const char *threads = std::getenv("FASTLC_NUM_THREADS");
  if (threads && *threads) {
    char *end;
    const long n = std::strtol(threads, &end, 10);
    if (*end || n < 1) throw py::import_error("FASTLC_NUM_THREADS=" + std::string(threads) + " is not an integer >= 1");
    fastlc_set_num_threads(static_cast<int>(n < 1 << 20 ? n : 1 << 20));
  }
  // Set by who starts several processes, to share the processors out. Not ours: no reason to complain.
  if (const char *omp = std::getenv("OMP_NUM_THREADS")) {
    char *end;
    const long n = std::strtol(omp, &end, 10);  // the first of a list, which is for nested parallelism
    while (*end == ' ') ++end;
    if (n >= 1 && (*end == 0 || *end == ',')) limit_default_num_threads(static_cast<int>(n < 1 << 20 ? n : 1 << 20));
  }
}

py::tuple tuple_of(const std::vector<std::string> &names) {
  py::tuple tuple(names.size());
  for (size_t i = 0; i < names.size(); ++i) tuple[i] = names[i];
  return tuple;
}

}  // namespace
