"""Tile-by-tile kernels on bare tensors, on any torch device; each module is imported by the analysis that needs it.

A kernel that takes long has a parameter `watch`: it is given the sequence of the steps (tiles, groups) and gives them back one by
one, so that whoever waits can be shown how many are done. Nobody watches by default. An analysis passes

    watch=context.watch("cosines")
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

Watch = Callable[[Sequence[Any]], Iterable[Any]]
