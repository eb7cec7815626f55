"""Shared by the tests: problems, rounding bounds, the oracle; and programs that measure with them."""
