"""Encoders beside their decoders: numbers, how well they are known, and nulls together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from saegeo_alignment.alignments import PairSums, own_cosines, two_groups_gain
from saegeo_alignment.dealt_decoders import dealt, exchangeable
from saegeo_alignment.declared import DECLARED
from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings, SaegeoError
from saegeo_core.measuring.null_comparison import Nulls
from saegeo_core.measuring.of_cloud import kin_of
from saegeo_core.measuring.resampled import kin_left_out, median_by_kin, share_by_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics import Watch
from saegeo_core.numerics.across import CosinesAcross, nearest_across
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.unit_rows import unit_rows
from saegeo_core.statistics.dealt_among_kin import dealt_among_kin
from saegeo_core.statistics.rank_correlation import standard_ranks
from saegeo_core.statistics.resampling import of_equivalent_count

FEWEST = 12
"""Features, from which there are numbers."""
DEALT, RATES_DEALT = "decoders dealt among kin of like length", "rates permuted among kin"
N_BINS = 60
ALL = slice(None)
FIGURE = Figure(
    name="alignments",
    title="Cosine between encoder and decoder",
    kind="step",
    table="alignments",
    x="cosine",
    y=("share", "dealt"),
    y_names=("a feature's own decoder", "decoders dealt among kin"),
    nulls=("dealt",),
    x_title="cosine of encoder and decoder",
    y_title="share of features",
    caption="Beside the null, in which features of one kin change places with others: those that cannot keep their decoder.",
)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Encoders and decoders of the features that have both.

    Attributes:
        rows: which of the cloud's features they are, int64 (n,).
        encoder, decoder: (n, d).
        cosines: of each encoder with its decoder, float64 (n,).
        sums: which say the cosine that unrelated pairs exceed with probability .01.
        nearest: the decoder nearest to each encoder, int64 (n,).
        counts: blocks that each feature fires in, int64 (n,); None where that is not known.
    """

    rows: Integers
    encoder: torch.Tensor
    decoder: torch.Tensor
    cosines: Floats
    sums: PairSums
    nearest: Integers
    counts: Integers | None

    @classmethod
    def of(cls, cloud: FeatureCloud, context: AnalysisContext) -> "Pairs | None":
        """Those of a cloud; None where fewer than twelve features have both.

        Raises:
            SaegeoError: encoder and decoder are directions of spaces of unlike dimensions.
        """
        encoder, decoder = context.encoder, cloud.vectors
        if encoder is None:
            raise ValueError("alignment needs the encoder, and the context has none")
        if encoder.shape != decoder.shape:
            raise SaegeoError(
                f"the encoder of {cloud.sae.spec} reads {encoder.shape[1]} dimensions, the rows measured have {decoder.shape[1]}",
                "alignment is of SAEs, which write where they read; a transcoder does not",
            )
        rows = np.flatnonzero(torch.linalg.vector_norm(encoder.double(), dim=1).numpy(force=True))
        if len(rows) < FEWEST:
            return None
        encoder, decoder = (one[rows].to(context.device) for one in (encoder, decoder))
        units = unit_rows(encoder), unit_rows(decoder)
        cosines = own_cosines(*units)
        return cls(
            rows,
            encoder,
            decoder,
            cosines,
            PairSums.of(*units, cosines),
            nearest_across(CosinesAcross(encoder, decoder), watch=context.watch("nearest decoders")).partner,
            None if context.firing is None else context.firing.counts[rows],
        )

    @property
    def threshold(self) -> float:
        """The cosine that unrelated pairs exceed with probability .01."""
        return self.sums.unrelated_threshold

    def threshold_among(self, chosen: Integers) -> float:
        """The same among some of the pairs, ascending."""
        left_out = np.setdiff1d(np.arange(len(self.rows)), chosen, assume_unique=True)
        units = unit_rows(self.encoder[left_out]), unit_rows(self.decoder[left_out])
        return self.sums.without(PairSums.of(*units, self.cosines[left_out])).unrelated_threshold

    @property
    def is_own(self) -> NDArray[np.bool_]:
        """Whether the decoder nearest to each encoder is its own, (n,)."""
        own: NDArray[np.bool_] = self.nearest == np.arange(len(self.nearest))
        return own

    @property
    def numbers(self) -> dict[str, float]:
        """The median and the shares."""
        return {
            "alignment": float(np.median(self.cosines)),
            "own_decoder_share": float(np.mean(self.is_own)),
            "unaligned_share": float(np.mean(self.cosines <= self.threshold)),
        }

    def unaligned_among(self, chosen: Integers) -> float:
        """The share that is unaligned of some pairs, ascending, by what is unrelated among these."""
        return float(np.mean(self.cosines[chosen] <= self.threshold_among(chosen)))

    def with_rates(self, chosen: Integers | slice = ALL) -> dict[str, float]:
        """The rank correlation with the firing rate, of those that fire among some pairs; empty where there is none."""
        live = self.live(chosen)
        if len(live) < FEWEST or np.ptp(self.counts[live]) == 0:  # type: ignore[index]
            return {}
        ranks = [standard_ranks(one[live]) for one in (self.counts, self.cosines)]  # type: ignore[index]
        return {"rate_alignment": float(ranks[0] @ ranks[1])}

    def live(self, chosen: Integers | slice = ALL) -> Integers:
        """Which of some pairs fire."""
        if self.counts is None:
            return np.empty(0, np.int64)
        pairs = np.arange(len(self.rows))[chosen]
        return pairs[self.counts[pairs] > 0]


def calibrated_findings(cloud: FeatureCloud, context: AnalysisContext, *, null_draws: int) -> Findings:
    """Compare encoders with their own decoders, and with those that they are dealt."""
    set_rng, deal_rng, rate_rng, group_rng = context.rng.spawn(4)
    pairs = Pairs.of(cloud, context)
    if pairs is None:
        return DECLARED.absent(f"fewer than {FEWEST} features have an encoder", cloud.n_features)
    n, left_out = len(pairs.rows), cloud.n_features - len(pairs.rows)
    kin = np.unique(kin_of(cloud, device=context.device, watch=context.watch("kin"))[pairs.rows], return_inverse=True)[
        1
    ]
    gain = two_groups_gain(pairs.cosines)
    gains = {} if gain is None else {"two_groups_gain": gain}
    rates = pairs.with_rates()
    numbers = pairs.numbers | gains | rates
    sets = exchangeable(kin, cloud.norms[pairs.rows], set_rng)
    drawn = dealt(
        pairs.encoder,
        pairs.decoder,
        pairs.nearest,
        sets,
        rng=deal_rng,
        n_draws=null_draws,
        watch=context.watch("decoders dealt"),
    )
    nulls: dict[str, Nulls] = {
        "alignment": {DEALT: np.median(drawn.cosines, axis=1)},
        "own_decoder_share": {DEALT: drawn.n_found / n},
        "unaligned_share": {DEALT: np.mean(drawn.cosines <= pairs.threshold, axis=1)},
        "rate_alignment": {RATES_DEALT: _rates_dealt(pairs, kin, rate_rng, null_draws) if rates else []},
    }
    absent = {
        "two_groups_gain": Absent("the alignments are nearly all the same"),
        "rate_alignment": Absent("how often features fire is not known, or all that fire do so equally often"),
    }
    return DECLARED.findings(
        {**absent, **numbers},
        n={name: len(pairs.live()) if name == "rate_alignment" else n for name in DECLARED},
        spread=spread_of(pairs, numbers, kin, group_rng, of=cloud.digest, watch=context.watch("kin left out")),
        nulls=nulls,
        additions={"unaligned_share": f" That is a cosine of {pairs.threshold:.4f}."},
        tables={"features": _features(cloud, pairs), "alignments": _histogram(pairs.cosines, drawn.cosines)},
        figures=[FIGURE],
        warnings=[f"features whose encoder has no length, left out: {left_out}"] * bool(left_out),
    )


def spread_of(
    pairs: Pairs, numbers: Mapping[str, float], kin: Integers, rng: np.random.Generator, *, of: str, watch: Watch = iter
) -> dict[str, Spread | Absent]:
    """Of the median and the shares as such; hardly any feature of an SAE is unaligned, and hardly any of a null its own.

    Args:
        pairs: encoders with decoders.
        numbers: all that are measured of them.
        kin: int64 (n,).
        rng: deals kin out.
        of: names the features in the key of the replicates.
        watch: wraps the loop over groups (`saegeo_core.numerics`).
    """

    def without(left: Integers) -> dict[str, float]:
        moved = {"unaligned_share": pairs.unaligned_among(left), "rate_alignment": 0.0, **pairs.with_rates(left)}
        if "two_groups_gain" in numbers:
            moved["two_groups_gain"] = two_groups_gain(pairs.cosines[left]) or 0.0
        return moved

    afresh = {name: one for name, one in numbers.items() if name not in ("alignment", "own_decoder_share")}
    told = kin_left_out(without, afresh, kin, rng, of=of, watch=watch)
    if isinstance(unaligned := told["unaligned_share"], Spread):
        known = unaligned.resampled
        as_count = of_equivalent_count(known, len(kin), len(np.unique(kin)), known.degrees_of_freedom)
        told["unaligned_share"] = unaligned._replace(resampled=as_count)
    one_by_one = {"alignment": median_by_kin(pairs.cosines, kin), "own_decoder_share": share_by_kin(pairs.is_own, kin)}
    return one_by_one | told


def estimates_of(cloud: FeatureCloud, context: AnalysisContext) -> dict[str, float]:
    """The numbers that cost little."""
    pairs = Pairs.of(cloud, context)
    return {} if pairs is None else pairs.numbers | pairs.with_rates()


def _rates_dealt(pairs: Pairs, kin: Integers, rng: np.random.Generator, n_draws: int) -> Floats:
    """The rank correlation with rates that are dealt anew among kin, (n_draws,)."""
    live = pairs.live()
    rates, cosines = (standard_ranks(one[live]) for one in (pairs.counts, pairs.cosines))  # type: ignore[index]
    of_live = np.unique(kin[live], return_inverse=True)[1]
    return np.array([one @ cosines for one in dealt_among_kin(rates, of_live, rng, n_draws)])


def _features(cloud: FeatureCloud, pairs: Pairs) -> pd.DataFrame:
    """Every feature with its alignment, and the decoder nearest to its encoder."""
    ids = cloud.feature_ids[pairs.rows]
    columns = {"feature": ids, "alignment": pairs.cosines, "nearest_decoder": ids[pairs.nearest]}
    if pairs.counts is not None:
        columns["blocks"] = pairs.counts
    return pd.DataFrame(columns)


def _histogram(cosines: Floats, drawn: NDArray[np.float32]) -> pd.DataFrame:
    """Shares of the features by their alignment, and of pairs that were dealt."""
    edges = np.linspace(min(cosines.min(), drawn.min()), max(cosines.max(), drawn.max()), N_BINS + 1)
    shares = [np.histogram(one, edges)[0] / one.size for one in (cosines, drawn)]
    return pd.DataFrame({"cosine": (edges[1:] + edges[:-1]) / 2, "share": shares[0], "dealt": shares[1]})
