"""The tests of fastlc; they mirror the package. A package, so that they can share `bounds`, `cases` and `oracle`."""
