"""Firing rates of one SAE, and of the untrained dictionaries beside it: numbers, nulls and intervals together."""

import numpy as np
import pandas as pd
import torch

from saegeo_core import Absent, Figure, Findings
from saegeo_core.statistics.many_metrics import Described, Known, described_metrics
from saegeo_core.statistics.null_comparison import control_null, drawn_null
from saegeo_core.statistics.permutation import frequency_strata, permute_within
from saegeo_core.statistics.resampling import bootstrap_of, digest_of_parts, documents_drawn_again
from saegeo_frequency_geometry.ranks import geometry, spearman, standard_ranks, varies

CORRELATIONS = {"rate_norm_correlation": "norm", "rate_nearest_correlation": "nearest", "rate_pc1_correlation": "pc1"}
DESCRIBED = {
    "dead_share": Described("share of features", "lower", "Features that fire in no block."),
    "dense_share": Described("share of features", "lower", "Features that fire on more than dense_above of the tokens."),
    "dense_block_share": Described("share of features", "lower", "Features that fire in more than dense_blocks_above of the blocks."),
    "rate_norm_correlation": Described("Spearman's rho", "neither", "Share of blocks a feature fires in, with its norm."),
    "rate_nearest_correlation": Described("Spearman's rho", "neither", "The same share, with the cosine to the nearest feature."),
    "rate_pc1_correlation": Described("|Spearman's rho|", "neither", "The same share, with the first principal component; no sign."),
}
