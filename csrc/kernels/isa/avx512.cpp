// AVX-512 (F, BW, DQ, VL): twice the registers, masks for the last lanes, twice the lanes a load.
#define FASTLC_VECTOR_BYTES 64
#define FASTLC_REGISTERS 32
#define FASTLC_ISA_NAME "avx512"
#define FASTLC_ISA_TABLE avx512
#include "kernels/table.inl"
