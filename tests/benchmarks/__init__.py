"""The benchmarks, and memory as they measure it."""
