"""Directions of a null model matched to a cloud, where an analysis has something to say whether there are any or not."""

import torch

from saegeo_core.errors import SaegeoError
from saegeo_core.report.metric import Absent
from saegeo_core.statistics.null_directions import ProjectedGaussian, matched_gaussian


def matched_directions(
    vectors: torch.Tensor, *, across: bool = False, device: str | torch.device = "cpu"
) -> ProjectedGaussian | Absent:
    """`matched_gaussian` of the rows of a cloud, (n_features, d_in), or why there is none. Arguments are the same."""
    try:
        return matched_gaussian(vectors, across=across, device=device)
    except SaegeoError as error:
        return Absent(error.message)
