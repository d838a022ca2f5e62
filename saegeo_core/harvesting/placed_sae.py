"""An SAE at the hook of a model where it reads, and whether it fits there."""

from collections.abc import Sequence
from dataclasses import dataclass

from saegeo_core.activations.source import ActivationSource
from saegeo_core.cloud.description import SaeDescription
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.whole_sae import WholeSae


@dataclass(frozen=True, eq=False)
class PlacedSae:
    """An SAE and the hook where it reads."""

    sae: WholeSae
    hook: str

    @property
    def description(self) -> SaeDescription:
        """What is known of the SAE."""
        return self.sae.description


def refuse_other_width(saes: Sequence[PlacedSae], source: ActivationSource) -> None:
    """Raise SaegeoError when the activations at an SAE's hook have another width than the SAE reads."""
    for placed in saes:
        width, d_in = source.d_in[placed.hook], placed.sae.d_in
        if width != d_in:
            raise SaegeoError(
                f"{placed.description.spec} reads activations of width {d_in}; those at {placed.hook} have width {width}",
                "SAE and model do not belong together: name the model that it was trained on",
            )
