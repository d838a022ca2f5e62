"""The adapter: a cloud and parameters in, findings out. The presets' arithmetic lies in `calibrated` and `published`."""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from saegeo_core import Analysis, AnalysisContext, Example, Findings
from saegeo_crystals.parameters import CrystalsParameters

if TYPE_CHECKING:
    import numpy as np

    from saegeo_core import FeatureCloud, TextActivations

D_IN = 32
"""Width of the examples."""


class Crystals(Analysis):
    """Parallelograms and trapezoids: of word pairs, judged by held-out ones, and among the features themselves."""

    name = "crystals"
    version = "1"
    uses = frozenset({"activations"})
    headline = "pairing_consistency_gain"
    summary = "Parallelograms of words before and after projection, how much is pairing, and those among features"
    reference = (
        "Li et al., The Geometry of Concepts, arXiv 2410.19750, section 3; Fournier, Dupoux & Dunbar, arXiv 2010.03446"
    )
    Parameters = CrystalsParameters
    presets: ClassVar = {"calibrated": {}, "paper": {"token": "last"}}
    invariances: ClassVar = frozenset({"rotation", "feature order", "scale", "row lengths"})

    def analyze(self, cloud: "FeatureCloud", parameters: CrystalsParameters, context: AnalysisContext) -> Findings:
        """Measure word pairs where the SAE reads, and search its dictionary."""
        if context.preset == "paper":
            from saegeo_crystals.published import published_findings

            return published_findings(cloud, parameters, context)
        from saegeo_crystals.calibrated import calibrated_findings, without_pairs
        from saegeo_crystals.parallelogram_findings import parallelogram_findings

        # Each part draws from a generator of its own, so that its numbers do not depend on whether the other runs.
        for_pairs, for_dictionary = (replace(context, rng=rng) for rng in context.rng.spawn(2))
        searches, compares = parameters.measure != "pairs", parameters.measure != "dictionary"
        of_pairs = calibrated_findings(cloud, parameters, for_pairs) if compares else without_pairs()
        if not searches:
            return of_pairs
        of_dictionary = parallelogram_findings(
            cloud,
            for_dictionary,
            n_neighbors=parameters.n_neighbors,
            null_draws=parameters.n_null_clouds,
            listed=parameters.n_listed,
        )
        return Findings.joined(of_pairs, of_dictionary)

    def planted_example(self, rng: "np.random.Generator") -> Example:
        """Parallelograms in the bundled relations, behind a distractor that only the projection takes away."""
        from saegeo_crystals.planted import words_in_parallelograms
        from saegeo_crystals.relations import bundled_relations

        return _example(rng, words_in_parallelograms(rng, D_IN, bundled_relations()))

    def null_example(self, rng: "np.random.Generator") -> Example:
        """Words that have nothing to do with each other: any partner would do."""
        from saegeo_crystals.planted import words_of_noise

        return _example(rng, words_of_noise(rng, D_IN))


def _example(rng: "np.random.Generator", words: "TextActivations") -> Example:
    from saegeo_core import FeatureCloud
    from saegeo_core.synthetic import isotropic

    return Example(FeatureCloud.from_array(isotropic(60, D_IN, rng)), activations=words)
