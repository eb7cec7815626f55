// AVX2 and FMA: x86-64 processors since about 2013.
#define FASTLC_VECTOR_BYTES 32
#define FASTLC_REGISTERS 16
#define FASTLC_ISA_NAME "avx2"
#define FASTLC_ISA_TABLE avx2
#include "kernels/table.inl"
