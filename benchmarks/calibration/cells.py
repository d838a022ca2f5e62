"""Everything that is tried, and a run of it in another process."""

import sys

import torch

from benchmarks.calibration.beside_cells import beside_cells
from benchmarks.calibration.cell import Cell, Said
from benchmarks.calibration.firing_cells import firing_cells
from benchmarks.calibration.geometry_cells import geometry_cells


def all_cells() -> list[Cell]:
    """Every analysis on every law."""
    return geometry_cells() + firing_cells() + beside_cells()


def ready_process() -> None:
    """Compute on one core, and draw no maps: nothing is measured on them, and each would take longer than all the rest."""
    torch.set_num_threads(1)
    sys.modules["openTSNE"] = None  # type: ignore[assignment]


def run_of_cell(place: int, number: int) -> dict[str, Said]:
    """What the cell at that place says in run `number`: for another process, where functions are found by name."""
    return all_cells()[place].say(number)
