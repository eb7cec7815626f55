"""What a lecture on linear classifiers works with: shapes, hard cases, Jacobians, search without gradients.

Written to read, and to compare with; the scripts of docs/lecture use them. Nothing else in fastlc does.
"""

from . import jacobian, points, search, shapes

__all__ = ["jacobian", "points", "search", "shapes"]
