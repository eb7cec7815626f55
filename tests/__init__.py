"""The tests of fastlc. Packages, so that all of them can share `tests.support`."""
