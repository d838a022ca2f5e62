"""The firing statistics that come with saegeo, for the bundled SAEs.

They lie in folders like those of any harvest, except that the controls lie beside them and without their directions, which
would take more room than all the rest: these are drawn again from their seed when asked for. A few projections kept with
them tell whether what is drawn is what was harvested.
"""

from dataclasses import replace
from functools import partial
from itertools import count, takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saegeo_core.errors import SaegeoError
from saegeo_core.firing_statistics import Control, FiringStatistics
from saegeo_core.firing_store import MANIFEST, firing_folder, read_firing
from saegeo_core.harvest.control import draw_directions
from saegeo_core.loading import load_cloud
from saegeo_core.loading.release_directory import BUNDLED

#: Rounding differs between machines by less, another draw by far more.
TOLERANCE = 1e-3
ROWS_CHECKED = 16


def bundled_firing(release: str, sae_id: str, bundled: Path = BUNDLED) -> FiringStatistics | None:
    """The firing statistics that come with an SAE, its controls included, or None where there are none.

    Raises:
        SaegeoError: damaged files.
    """
    folder = firing_folder(firing_root(bundled), release, sae_id)
    if not (folder / MANIFEST).exists():
        return None
    draws = takewhile(lambda path: (path / MANIFEST).exists(), (control_folder(bundled, release, sae_id, n) for n in count()))
    controls = tuple(partial(_control, f"{release}:{sae_id}", path) for path in draws)
    return replace(read_firing(folder), controls_from=controls)


def firing_root(bundled: Path) -> Path:
    """The harvest folder in the folder of what is bundled."""
    return bundled / "firing"


def control_folder(bundled: Path, release: str, sae_id: str, draw: int) -> Path:
    """Where the statistics of a control are."""
    return firing_folder(bundled / "firing-of-controls", release, sae_id) / str(draw)


def check_of(directions: NDArray[np.float32]) -> list[float]:
    """The sums of the first rows: a few numbers that another draw does not share."""
    return [round(float(total), 5) for total in directions[:ROWS_CHECKED].sum(1)]


def _control(spec: str, folder: Path) -> Control:
    firing = read_firing(folder)
    drawn = firing.corpus["control"]
    directions = draw_directions(load_cloud(spec), drawn["seed"], drawn["draw"])
    if not np.allclose(check_of(directions), drawn["check"], rtol=0, atol=TOLERANCE):
        raise SaegeoError(
            f"the control of {spec} was harvested with directions that cannot be drawn again on this machine",
            f"harvest one here: saegeo harvest {spec} --control random --model minilm-l6 --corpus …",
        )
    return Control(directions, firing)
