"""The trials are not installed: they are found in the checkout, behind everything that is."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
