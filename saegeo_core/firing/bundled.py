"""The firing statistics that come with the bundled SAEs, so that functional metrics run with no harvest.

    bundled/firing/<release>/<sae_id>/                  a harvest folder
    bundled/firing-of-controls/<release>/<sae_id>.npz   its controls

Of a control only what cannot be made again is kept, compressed: which features fired in which blocks, and the signs of its
reflection. Directions of a Gaussian one would take several times that room, so what they were drawn from is kept; they are drawn
again when asked for, and some numbers kept with them tell whether they are those that were harvested.
"""

import json
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saegeo_core.firing.deferred import Deferred

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from saegeo_core.firing.statistics import Control, FiringStatistics

BUNDLED = Path(__file__).parents[1] / "bundled"
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
    file = controls_file(release, sae_id)
    return _with_controls(firing, file) if file.exists() else firing


def firing_home(release: str, sae_id: str, bundled: Path = BUNDLED) -> Path:
    """Where the statistics of an SAE are, below the folder of all that is bundled."""
    return bundled / "firing" / release / sae_id


def controls_file(release: str, sae_id: str, bundled: Path = BUNDLED) -> Path:
    """Where the controls of an SAE are."""
    return bundled / "firing-of-controls" / release / f"{sae_id}.npz"


def check_of(directions: "NDArray[np.float32]") -> list[float]:
    """The sums of the first rows: a few numbers that another draw does not share."""
    return [round(float(total), 6) for total in directions[:ROWS_CHECKED].sum(1)]


def _with_controls(firing: "FiringStatistics", file: Path) -> "FiringStatistics":
    """The statistics with the controls in a file, each read when it is asked for."""
    import numpy as np

    with np.load(file, allow_pickle=False) as stored:
        facts, axes = json.loads(stored["facts"].tobytes()), stored["axes"]
    makers = (
        Deferred(partial(_control, firing, axes, file, number, told), partial(_identity, file, number))
        for number, told in enumerate(facts)
    )
    return replace(firing, axes=axes, controls_from=tuple(makers))


def _identity(file: Path, number: int) -> str:
    """The control of that number by the checksums that the archive keeps of its arrays."""
    with zipfile.ZipFile(file) as archive:
        return f"{number} of {[(one.filename, one.CRC, one.file_size) for one in archive.infolist()]}"


def _control(
    sae: "FiringStatistics", axes: "NDArray[np.float32]", file: Path, number: int, told: dict[str, Any]
) -> "Control":
    """The control of that number, on the text of the SAE."""
    import numpy as np

    from saegeo_core.firing.given_arrays import PER_BLOCK, PER_DOCUMENT
    from saegeo_core.firing.incidence import from_dense
    from saegeo_core.firing.reflection import Reflection
    from saegeo_core.firing.statistics import Control, FiringStatistics

    with np.load(file, allow_pickle=False) as stored:
        fired = np.unpackbits(stored[f"fired_{number}"], axis=1, count=sae.n_blocks).T
        firing = FiringStatistics.from_arrays(
            from_dense(np.ascontiguousarray(fired)),
            feature_ids=sae.feature_ids,
            token_counts=stored[f"token_counts_{number}"],
            **{name: getattr(sae, name) for name in (*PER_BLOCK, *PER_DOCUMENT)},
            **{name: value for name, value in sae.facts().items() if name not in ("n_blocks", "sae_digest", "corpus")},
            corpus={**sae.corpus, "control": told},
        )
        if told["kind"] == "reflected":
            return Control(Reflection(axes, stored[f"signs_{number}"]), firing)
        packed, check = stored["gaussian"], stored[f"check_{number}"]
    return Control(_drawn_again(packed, check, len(axes), str(sae.sae_digest), firing), firing)


def _drawn_again(
    packed: "NDArray[np.float32]", check: "NDArray[Any]", d_in: int, cloud_digest: str, firing: "FiringStatistics"
) -> "NDArray[np.float32]":
    """The directions of a Gaussian control."""
    import numpy as np

    from saegeo_core.errors import SaegeoError
    from saegeo_core.firing.control_directions import ControlGaussian, control_generator

    told = firing.corpus["control"]
    gaussian = ControlGaussian.unpacked(packed, d_in)
    directions = gaussian.draw(firing.n_features, control_generator(cloud_digest, told["seed"], told["draw"]))
    if not np.allclose(check_of(directions), check, rtol=0, atol=TOLERANCE):
        raise SaegeoError(
            "a bundled control was harvested with directions that this version of NumPy does not draw again",
            "harvest one here, with saegeo harvest … --control random, and give it with --firing",
        )
    return directions
