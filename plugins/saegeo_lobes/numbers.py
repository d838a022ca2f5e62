"""Every number of features divided into lobes: how it is computed, and what it is on draws of its null models."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from saegeo_core import Absent
from saegeo_core.measuring.null_comparison import Draws, Nulls
from saegeo_core.measuring.null_draws import controls_by_kind
from saegeo_lobes.feature_lobes import FeatureLobes
from saegeo_lobes.nulls import ModelDraws, NullModels

if TYPE_CHECKING:
    from saegeo_core.progress import Progress


class Number(NamedTuple):
    """How a number is computed.

    Attributes:
        of: maps the lobes of any features to it.
        drawn: maps null models and the lobes of an SAE that has this number to draws of it.
    """

    of: Callable[[FeatureLobes], float | Absent]
    drawn: Callable[[NullModels, FeatureLobes], ModelDraws]


def _angular(lobes: FeatureLobes) -> float | Absent:
    agreement = lobes.angular_agreement
    return agreement if isinstance(agreement, Absent) else agreement.adjusted_mutual_information


def _angular_permuted(models: NullModels, sae: FeatureLobes) -> ModelDraws:
    agreement = sae.angular_agreement
    return {} if isinstance(agreement, Absent) else models.permuted(agreement.permuted)


def _text_association(lobes: FeatureLobes) -> float | Absent:
    text = lobes.text
    return text if isinstance(text, Absent) else text.cramers_v


NEIGHBOR_PHI = "neighbor_phi_excess"
"""The one number in which lobes play no part."""

NUMBERS: dict[str, Number] = {
    "ami": Number(
        lambda lobes: lobes.graph_agreement.adjusted_mutual_information,
        lambda models, sae: models.permuted(sae.graph_agreement.permuted),
    ),
    "ami_angular": Number(_angular, _angular_permuted),
    NEIGHBOR_PHI: Number(
        lambda lobes: lobes.neighbor_phi().excess,
        lambda models, sae: models.permuted(lambda rows: sae.neighbor_phi(rows).null_distribution),
    ),
    "decoding_balanced_accuracy": Number(lambda lobes: lobes.accuracy, NullModels.accuracy),
    "cramers_v": Number(
        lambda lobes: lobes.graph_agreement.cramers_v,
        lambda models, sae: models.permuted(sae.graph_agreement.permuted_cramers_v),
    ),
    "lobe_text_association": Number(_text_association, NullModels.text_association),
}


def numbers_of(lobes: FeatureLobes, progress: "Progress | None" = None) -> dict[str, float | Absent]:
    """All of them; `progress` wraps the loop over them."""
    numbers = progress(NUMBERS.items(), len(NUMBERS), "numbers") if progress else NUMBERS.items()
    return {name: number.of(lobes) for name, number in numbers}


def nulls_of(
    sae: FeatureLobes,
    untrained: Sequence[tuple[str, Mapping[str, float | Absent]]],
    models: NullModels,
    progress: "Progress",
) -> dict[str, Nulls]:
    """For every number its null models: untrained dictionaries, which judge, and those drawn, whose skewed draws have no z.

    Args:
        sae: the lobes of the SAE.
        untrained: the kind of each untrained dictionary, and its numbers.
        models: what is drawn.
        progress: wraps the loop over numbers.
    """
    return {
        name: {
            **controls_by_kind(untrained, name),
            **{model: Draws(values, has_zscore=False) for model, values in number.drawn(models, sae).items()},
        }
        for name, number in progress(NUMBERS.items(), len(NUMBERS), "null models")
    }
