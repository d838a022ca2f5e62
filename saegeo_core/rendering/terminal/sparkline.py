"""A row of numbers as a row of blocks: enough to see a shape in a terminal."""

import math
from collections.abc import Sequence
from itertools import pairwise

BLOCKS = "▁▂▃▄▅▆▇█"
Values = Sequence[float | None]


def sparkline(values: Values, low: float, high: float) -> str:
    """One block a value, the lowest for `low` and the highest for `high`; a blank where there is no value."""
    step = (high - low) / len(BLOCKS) or 1.0
    return "".join(
        " " if value is None else BLOCKS[min(max(int((value - low) / step), 0), len(BLOCKS) - 1)] for value in values
    )


def at_most(values: Values, width: int) -> list[float | None]:
    """The values in no more than `width` runs of neighbors, each given by its largest, so that no peak is lost."""
    n = min(width, len(values))
    edges = [len(values) * i // n for i in range(n + 1)] if n else [0]
    runs = [values[start:end] for start, end in pairwise(edges)]
    return [max((value for value in run if value is not None), default=None) for run in runs]


def logarithms(values: Values, decades: float) -> list[float | None]:
    """Common logarithms; no value where there is none, or more than `decades` below the largest."""
    logs = [math.log10(value) if value is not None and value > 0 else None for value in values]
    largest = max((log for log in logs if log is not None), default=0.0)
    return [log if log is not None and log >= largest - decades else None for log in logs]
