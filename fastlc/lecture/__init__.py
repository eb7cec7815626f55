"""What a lecture on linear classifiers works with: shapes, hard cases, Jacobians, search without gradients.

Written to read, and to compare with; the scripts of docs/lecture use them. Nothing else in fastlc does.
"""

from . import jacobian as jacobian
from . import points as points
from . import search as search
from . import shapes as shapes
