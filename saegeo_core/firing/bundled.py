"""The firing statistics that come with the bundled SAEs, so that functional metrics run with no harvest.

    bundled/firing/<release>/<sae_id>/               a harvest folder
    bundled/firing-of-controls/<release>/<sae_id>/0  the firing of a control, and gaussian.npy

The directions of a control would take twice the room of its firing. So what they were drawn from is kept, and they are drawn
again when asked for; some numbers kept with them tell whether they are those that were harvested.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from saegeo_core.firing.statistics import Control, FiringStatistics

BUNDLED = Path(__file__).parents[1] / "bundled"
GAUSSIAN = "gaussian.npy"
ROWS_CHECKED = 16
#: Rounding differs between machines by less, another draw by far more.
TOLERANCE = 1e-4


def has_bundled_firing(release: str, sae_id: str) -> bool:
    """Whether firing statistics of that SAE come with saegeo."""
    return (firing_home(release, sae_id) / "manifest.json").exists()


def bundled_firing(release: str, sae_id: str) -> "FiringStatistics | None":
    """The firing statistics of a bundled SAE with its controls; None for any other SAE.

    Raises:
        SaegeoError: damaged files.
    """
    from saegeo_core.firing.statistics import FiringStatistics

    if not has_bundled_firing(release, sae_id):
        return None
    firing = FiringStatistics.open(firing_home(release, sae_id))
    draws = sorted(control_home(release, sae_id).glob("[0-9]"))
    return replace(firing, controls_from=tuple(partial(_control, str(firing.sae_digest), folder) for folder in draws))


def firing_home(release: str, sae_id: str, bundled: Path = BUNDLED) -> Path:
    """Where the statistics of an SAE are, below the folder of all that is bundled."""
    return bundled / "firing" / release / sae_id


def control_home(release: str, sae_id: str, bundled: Path = BUNDLED) -> Path:
    """Where the controls of an SAE are, a folder for each draw."""
    return bundled / "firing-of-controls" / release / sae_id


def check_of(directions: "NDArray[np.float32]") -> list[float]:
    """The sums of the first rows: a few numbers that another draw does not share."""
    return [round(float(total), 6) for total in directions[:ROWS_CHECKED].sum(1)]


def _control(cloud_digest: str, folder: Path) -> "Control":
    import numpy as np

    from saegeo_core.errors import SaegeoError
    from saegeo_core.firing.control_directions import ControlGaussian, control_generator
    from saegeo_core.firing.statistics import Control, FiringStatistics

    firing = FiringStatistics.open(folder)
    drawn = firing.corpus["control"]
    gaussian = ControlGaussian.unpacked(np.load(folder / GAUSSIAN, allow_pickle=False), drawn["d_in"])
    directions = gaussian.draw(firing.n_features, control_generator(cloud_digest, drawn["seed"], drawn["draw"]))
    if not np.allclose(check_of(directions), drawn["check"], rtol=0, atol=TOLERANCE):
        raise SaegeoError(
            f"the control in {folder} was harvested with directions that this version of NumPy does not draw again",
            "harvest one here, with saegeo harvest … --control random, and give it with --firing",
        )
    return Control(directions, firing)
