"""The benchmarks: cases, peers, one runner; counts of instructions. A wheel carries them as `fastlc._benchmarks`."""
