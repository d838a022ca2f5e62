"""Reports side by side: one table, what may not be read off it, and which differences are real.

`compare` makes a `Comparison`; everything that is shown of one is drawn from its values in the rendering room.
"""

from saegeo_core.comparison.comparing import compare
from saegeo_core.comparison.comparison import Comparison
from saegeo_core.comparison.table import Column, ComparisonCell, Difference, Row

__all__ = ["Column", "Comparison", "ComparisonCell", "Difference", "Row", "compare"]
