"""Whether p-values hold on clouds that differ from the analysis's own null in one thing that it does not look for.

An analysis is calibrated on its own null by construction. What makes false findings of it is everything else that dictionaries
are: rows of unlike lengths, a steep covariance, families, and, where two dictionaries are compared, that both lie in one space.
An analysis that looks for one of these says so in `finds`, with the reason, which is told.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import stats
from torch import Tensor

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import MissingInput
from saegeo_core.plugin.analysis import Example
from saegeo_core.report.metric import Absent, Metric
from saegeo_core.statistics.reflected_directions import ReflectedDirections
from saegeo_core.synthetic.composites import COMPOSITES, Law, families_of_unlike_tightness
from saegeo_core.synthetic.firing import plant_firing
from saegeo_core.testing.inputs import SEED
from saegeo_core.testing.outcome import Outcome, failed, not_checked, passed
from saegeo_core.testing.trial import Trial

LAWS: Mapping[str, Law] = {
    "unlike lengths": COMPOSITES["lengths scattered by 30 %"],
    "steep spectrum": COMPOSITES["spectrum rank^-1"],
    "families of unlike tightness": partial(families_of_unlike_tightness, size=20),
}
REFLECTED = "untrained dictionary"
"""The other dictionary itself, reflected: the cosines inside it are those of the SAE."""

NAMES = (*LAWS, REFLECTED)
RUNS, QUICK_RUNS = 20, 6
LEVEL = 0.05
FALSE_ALARM = 1e-3
"""Chance that a correct analysis fails on one of the clouds."""
N_FEATURES, D_IN, N_BLOCKS = 120, 12, 200


class _Maker(NamedTuple):
    """Makes inputs of an analysis from clouds."""

    has_firing: bool
    has_other: bool
    has_encoder: bool

    def unrelated(self, law: Law, rng: np.random.Generator) -> Example:
        """A cloud of a law, and firing, another dictionary or encoders that know nothing of it."""
        cloud, other = (FeatureCloud.from_array(law(N_FEATURES, D_IN, rng)) for _ in range(2))
        firing = (
            plant_firing(rng, n_features=N_FEATURES, n_blocks=N_BLOCKS, d_in=D_IN).firing if self.has_firing else None
        )
        encoder = law(N_FEATURES, D_IN, rng) if self.has_encoder else None
        return Example(cloud, firing, other=other if self.has_other else None, encoder=encoder)

    def reflected(self, rng: np.random.Generator) -> Example:
        """A dictionary of families beside its own reflection."""
        rows: Tensor = COMPOSITES["families of 5 with a spectrum"](N_FEATURES, D_IN, rng)
        rows = rows / rows.norm(dim=1, keepdim=True)
        untrained = ReflectedDirections.of(rows).sample(rng)
        return Example(FeatureCloud.from_array(untrained), other=FeatureCloud.from_array(rows))


def composites(trial: Trial) -> Iterator[Outcome]:
    """One outcome for each composite cloud that applies: none to what needs a model, which would know nothing of the cloud.

    What only uses a model is given none; where it then cannot run, it is not checked.
    """
    if "activations" in trial.analysis.needs:
        return
    fields = trial.analysis.Parameters.model_fields.values()
    has_other = any(field.annotation is SaeSpec for field in fields)
    maker = _Maker("firing" in trial.reads, has_other, "encoder" in trial.reads)
    for number, name in enumerate(NAMES):
        if name == REFLECTED and not maker.has_other:
            continue
        check = f"p-values on a composite cloud: {name}"
        if reason := trial.analysis.finds.get(name):
            yield passed(check, f"not asked for: {reason}")
            continue
        rng = np.random.default_rng([SEED, number])
        make = maker.reflected if name == REFLECTED else partial(maker.unrelated, LAWS[name])
        n_runs = QUICK_RUNS if trial.is_quick else RUNS
        try:
            pvalues = [_pvalue(trial.run(make(rng), seed=seed).metric()) for seed in range(n_runs)]
        except MissingInput as error:
            yield not_checked(check, f"it does not run there: {error.message}")
            continue
        yield _judged(check, name, [p for p in pvalues if p is not None])
    if unknown := sorted(set(trial.analysis.finds) - set(NAMES)):
        yield failed(
            "composite clouds that it finds",
            expected=f"some of {', '.join(NAMES)}",
            seen=", ".join(unknown),
            advice="mend the names in finds",
        )


def _judged(check: str, name: str, pvalues: list[float]) -> Outcome:
    if not pvalues:
        return not_checked(check, "the headline has no p-value there")
    n_small = sum(p <= LEVEL for p in pvalues)
    seen = f"p <= {LEVEL} of the headline in {n_small} of {len(pvalues)}"
    if stats.binom.sf(n_small - 1, len(pvalues), LEVEL) >= FALSE_ALARM:
        return passed(check, seen)
    return failed(
        check,
        expected=f"p <= {LEVEL} in about {LEVEL:.0%}",
        seen=seen,
        advice=f"let the judging null keep what this cloud has; or, if that is what is looked for, say so: "
        f'finds = {{"{name}": "why"}}',
    )


def _pvalue(headline: Metric) -> float | None:
    return None if isinstance(headline.nulls, Absent) else headline.nulls[0].pvalue
