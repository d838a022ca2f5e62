"""Encoders beside the decoders of their kin: numbers, how well they are known, and nulls together."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from saegeo_absorption.declared import DECLARED
from saegeo_absorption.on_tokens import KinOnTokens
from saegeo_absorption.readings import LOWEST, KinPairs, Residuals, gaps
from saegeo_core import Absent, AnalysisContext, FeatureCloud, Figure, Findings, FiringStatistics, SaegeoError
from saegeo_core.measuring.null_comparison import Nulls
from saegeo_core.measuring.resampled import spread_by_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats
from saegeo_core.numerics.strongest_links import strongest_links
from saegeo_core.numerics.unit_rows import unit_rows
from saegeo_core.statistics.kin import kin_of_links, kin_threshold
from saegeo_core.statistics.resampling import on_the_logit_scale

REFLECTED = "residuals of encoders reflected along their principal axes"
FEWEST_FEATURES, FEWEST_PAIRS = 12, 20
"""From which there are numbers; pairs, in either order, from which there is a share of them."""
LEAST_ALIGNED = 0.1
"""Cosine of encoder and decoder below which it is not said what a feature reads of itself."""
MOST_PAIRS = 2000
"""Pairs in the table, those read least."""
N_BINS, TINY = 40, 1e-6
FIGURE = Figure(
    name="readings",
    title="What encoders read of their kin beyond their own alignment",
    kind="step",
    table="readings",
    x="z",
    y=("share", "random"),
    y_names=("these encoders", "reflected residuals"),
    nulls=("random",),
    x_title="standard deviations of chance",
    y_title="share of pairs",
)


@dataclass(frozen=True, eq=False)
class OfKin:
    """Pairs of kin, and what is read in each.

    Attributes:
        rows: features of the cloud that have an encoder near their decoder, int64 (n,).
        pairs: among these; the second half are those of the first the other way round.
        residuals: of their encoders.
        mean, deviation: of a reading by chance, (n_pairs,) each.
        kin: of each feature, int64 (n,).
    """

    rows: np.ndarray
    pairs: KinPairs
    residuals: Residuals
    mean: Floats
    deviation: Floats
    kin: np.ndarray

    @classmethod
    def of(cls, cloud: FeatureCloud, context: AnalysisContext) -> "OfKin | Absent":
        """Those of a cloud, or why there are none.

        Raises:
            SaegeoError: encoder and decoder are directions of spaces of unlike dimensions.
        """
        encoder, decoder = context.encoder, cloud.vectors
        if encoder is None:
            raise ValueError("absorption needs the encoder, and the context has none")
        if encoder.shape != decoder.shape:
            raise SaegeoError(
                f"the encoder of {cloud.sae.spec} reads {encoder.shape[1]} dimensions, the rows measured have {decoder.shape[1]}",
                "absorption is of SAEs, which write where they read; a transcoder does not",
            )
        units = [unit_rows(one.to(context.device)).float() for one in (encoder, decoder)]
        own = (units[0] * units[1]).sum(1).numpy(force=True)
        rows = np.flatnonzero((own > LEAST_ALIGNED) & (own < 1 - 1e-6))
        if len(rows) < FEWEST_FEATURES:
            return Absent(
                f"fewer than {FEWEST_FEATURES} features have an encoder near their decoder that is not tied to it"
            )
        read, written = (one[rows] for one in units)
        above = kin_threshold(written)
        links = strongest_links(written, above, device=context.device, watch=context.watch("kin"))
        kin = kin_of_links(links, len(rows))
        is_pair = links.cosines < 1 - 1e-6  # copies of one direction are no kin of each other
        first, second, cosines = (one[is_pair] for one in (links.first, links.second, links.cosines))
        parent, child = np.concatenate([first, second]), np.concatenate([second, first])
        pairs = KinPairs(parent, child, np.concatenate([cosines, cosines]))
        residuals = Residuals(read, written, kin)
        return cls(rows, pairs, residuals, *residuals.law(pairs), kin)

    def z(self, readings: Floats) -> Floats:
        """Readings in standard deviations of chance."""
        return np.asarray((readings - self.mean) / self.deviation)

    def numbers(self, readings: Floats) -> dict[str, float]:
        """The metrics; without a share of pairs where there are few."""
        gap = {"reading_gap": float(self.gaps(readings).mean())}
        if len(readings) < FEWEST_PAIRS:
            return gap
        return {**gap, "unread_share": float(np.mean(self.z(readings) < LOWEST))}

    def gaps(self, readings: Floats) -> Floats:
        """Of each feature."""
        return gaps(self.pairs, readings, self.residuals.alignment)

    def on_tokens(self, firing: FiringStatistics | None) -> KinOnTokens | Absent:
        """The pairs in firing by token, or why that is not known."""
        n = len(self.pairs.parent) // 2
        first, second = (self.rows[one[:n]] for one in (self.pairs.parent, self.pairs.child))
        return KinOnTokens.of(firing, first, second, self.pairs.cosine[:n])


def calibrated_findings(cloud: FeatureCloud, context: AnalysisContext, *, null_draws: int) -> Findings:
    """Compare what encoders read of their kin with what reflected residuals would."""
    found = OfKin.of(cloud, context)
    if isinstance(found, Absent):
        return DECLARED.absent(found.absent, cloud.n_features)
    document_rng, kin_rng, deal_rng = context.rng.spawn(3)
    readings, on_tokens = found.residuals.readings(found.pairs), found.on_tokens(context.firing)
    signs = [one for some in found.residuals.reflected.signs_of_draws(null_draws, context.rng) for one in some][1:]
    drawn = [
        found.residuals.readings(found.pairs, one) for one in context.progress(signs, null_draws, "reflected residuals")
    ]
    numbers, of_draws = found.numbers(readings), [found.numbers(one) for one in drawn]
    nulls: dict[str, Nulls] = {name: {REFLECTED: np.array([one[name] for one in of_draws])} for name in numbers}
    spread, tables, n_holes = _spread(found, readings), {}, 0
    if isinstance(on_tokens, KinOnTokens):
        kin = np.full(cloud.n_features, -1)
        kin[found.rows] = found.kin
        nulls["hole_rate"] = on_tokens.nulls(deal_rng, context.device)
        spread["hole_rate"] = on_tokens.spread(kin, document_rng=document_rng, kin_rng=kin_rng)
        tables, n_holes = {"holes": on_tokens.table(cloud)}, len(on_tokens.first)
    n_left_out = cloud.n_features - len(found.rows)
    few = Absent(f"{len(readings) // 2} pairs of features are kin, and {FEWEST_PAIRS // 2} are needed")
    return DECLARED.findings(
        {
            "unread_share": few,
            **numbers,
            "hole_rate": on_tokens.hole_rate if isinstance(on_tokens, KinOnTokens) else on_tokens,
        },
        n={"unread_share": len(readings), "reading_gap": len(found.rows), "hole_rate": n_holes},
        spread=spread,
        nulls=nulls,
        tables={
            "pairs": _pairs(cloud, found, readings),
            "readings": _histogram(found.z(readings), np.concatenate([found.z(one) for one in drawn])),
            **tables,
        },
        figures=[FIGURE],
        warnings=[f"features whose encoder is not near their decoder, or is tied to it, left out: {n_left_out}"]
        * bool(n_left_out),
    )


def estimates_of(cloud: FeatureCloud, context: AnalysisContext) -> dict[str, float]:
    """The numbers alone; empty where there are none."""
    found = OfKin.of(cloud, context)
    if isinstance(found, Absent):
        return {}
    on_tokens = found.on_tokens(context.firing)
    holes = {"hole_rate": on_tokens.hole_rate} if isinstance(on_tokens, KinOnTokens) else {}
    return found.numbers(found.residuals.readings(found.pairs)) | holes


def _spread(found: OfKin, readings: Floats) -> dict[str, Spread | Absent]:
    """Kin left out together: a pair belongs to the feature whose encoder reads."""
    of_features = found.gaps(readings)
    known = {"reading_gap": spread_by_kin(float(of_features.mean()), of_features - of_features.mean(), found.kin)}
    if len(readings) < FEWEST_PAIRS:
        return known
    count = partial(np.bincount, found.pairs.parent, minlength=len(found.rows))
    unread, pairs, share = count(found.z(readings) < LOWEST), count(), found.numbers(readings)["unread_share"]
    of_share = spread_by_kin(share, (unread - share * pairs) / pairs.mean(), found.kin)
    if isinstance(of_share, Spread):
        of_share = Spread(on_the_logit_scale(of_share.resampled, len(readings)))
    return {**known, "unread_share": of_share}


def _pairs(cloud: FeatureCloud, found: OfKin, readings: Floats) -> pd.DataFrame:
    """The pairs that are read least by chance."""
    ids, z = cloud.feature_ids[found.rows], found.z(readings)
    least = np.argsort(z, kind="stable")[:MOST_PAIRS]
    parent, child = found.pairs.parent[least], found.pairs.child[least]
    own = found.residuals.alignment[parent]
    return pd.DataFrame(
        {
            "parent": ids[parent],
            "child": ids[child],
            "cosine": found.pairs.cosine[least],
            "read": found.pairs.cosine[least] + readings[least] / own,
            "z": z[least],
        }
    )


def _histogram(z: Floats, drawn: Floats) -> pd.DataFrame:
    """Shares of pairs by what is read, and the same of reflected residuals."""
    every = np.concatenate([z, drawn, [0.0]])
    edges = np.linspace(every.min() - TINY, every.max() + TINY, N_BINS + 1)
    shares = [np.histogram(one, edges)[0] / max(1, len(one)) for one in (z, drawn)]
    return pd.DataFrame({"z": (edges[1:] + edges[:-1]) / 2, "share": shares[0], "random": shares[1]})
