// The baseline of the architecture: SSE2 on x86-64, NEON on AArch64.
#define FASTLC_VECTOR_BYTES 16
#ifdef __aarch64__
#define FASTLC_REGISTERS 32
#else
#define FASTLC_REGISTERS 16
#endif
#define FASTLC_ISA_NAME "baseline"
#define FASTLC_ISA_TABLE baseline
#include "kernels/table.inl"
