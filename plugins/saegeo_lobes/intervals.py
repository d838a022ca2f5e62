"""How well each metric is known from so much text. Documents are what is drawn, so documents are what is left out or redrawn.

Whatever depends on lobes is computed anew from lobes found without each twentieth of the documents; the neighbor-phi excess,
which is smooth in the counts, has a document bootstrap. Both depend on the text alone: for two SAEs harvested from one corpus the
n-th replicates are of the same documents, so that their difference is known better than either.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from saegeo_core import Absent
from saegeo_core.measuring.many_metrics import Known
from saegeo_core.statistics.resampling import Resampled, digest_of_parts, jackknife_of
from saegeo_lobes.dictionary import ANGULAR, COSINE_GRAPH
from saegeo_lobes.document_groups import document_groups
from saegeo_lobes.estimates import PAIR_COUNTS_ONLY, AtK
from saegeo_lobes.lobes_without_documents import lobes_without_documents
from saegeo_lobes.neighbor_phi_interval import draw_controls, neighbor_phi_interval, pack_by_feature

Labels = NDArray[np.int64]
Estimates = Mapping[str, float | Absent]

ONE_DOCUMENT = "all blocks come from one document, and documents are what is resampled"
NOT_REFITTED = "lobes were not refitted without some of the documents (document_groups=0)"
TOO_WIDE = "lobes of so many features are not refitted twenty times"


def intervals(at: AtK, estimates: Estimates, rng: np.random.Generator, n_groups: int) -> dict[str, Known | Absent]:
    """For each metric how well it is known, or why it has no interval.

    Args:
        at: the SAE's dictionary at the number of lobes reported.
        estimates: its metrics.
        rng: shares out and redraws documents. Nothing else draws from it, so that it does the same for every SAE.
        n_groups: groups of documents; 0 refits nothing.
    """
    firing = at.dictionary.firing
    refitted = [name for name in estimates if name != "neighbor_phi_excess"]
    units = firing.group_of_block
    if firing.fired is None or units is None:
        return dict.fromkeys(estimates, Absent(PAIR_COUNTS_ONLY))
    if len(np.unique(units)) < 2:
        return dict.fromkeys(estimates, Absent(ONE_DOCUMENT))
    rng_of_groups, rng_of_bootstrap, rng_of_pairs = rng.spawn(3)
    excess = estimates["neighbor_phi_excess"]
    stream = rng_of_bootstrap.bit_generator.seed_seq.generate_state(4)
    key = f"documents drawn again, {digest_of_parts(units)} by {digest_of_parts(stream)}"
    found: dict[str, Known | Absent] = {
        "neighbor_phi_excess": excess
        if isinstance(excess, Absent)
        else Known(_of_excess(at, excess, rng_of_bootstrap, rng_of_pairs), key)
    }
    reason = NOT_REFITTED if not n_groups else TOO_WIDE if not at.dictionary.is_dense else ""
    if reason:
        return found | dict.fromkeys(refitted, Absent(reason))
    groups = document_groups(units, rng_of_groups, n_groups=min(n_groups, len(np.unique(units))))
    return found | _without_documents(at, {name: estimates[name] for name in refitted}, groups)


def _of_excess(
    at: AtK, excess: float, rng_of_bootstrap: np.random.Generator, rng_of_pairs: np.random.Generator
) -> Resampled:
    dictionary = at.dictionary
    incidence = dictionary.firing.incidence()
    neighbors = dictionary.neighbors.indices
    packed = pack_by_feature(lambda some: incidence.block_tile(slice(0, incidence.n_blocks), some), len(dictionary))
    return neighbor_phi_interval(
        excess,
        packed,
        neighbors,
        draw_controls(neighbors, dictionary.strata, rng_of_pairs),
        document_of_block=dictionary.firing.group_of_block,
        rng=rng_of_bootstrap,
        device=dictionary.settings.device,
    )


def _without_documents(at: AtK, estimates: Estimates, groups: Labels) -> dict[str, Known | Absent]:
    dictionary = at.dictionary
    dictionary.forget_counts()
    lobes = lobes_without_documents(
        lambda weights: dictionary.firing.cooccurrence(device=dictionary.settings.device, weights=weights),
        lambda counts, n_blocks: dictionary.lobes_of_counts(counts, n_blocks, at.k),
        groups,
    )
    without: dict[str, Callable[[Labels, int], float | Absent]] = {
        "ami": lambda found, _: at.agreement_with(COSINE_GRAPH, found).adjusted_mutual_information,
        "ami_angular": lambda found, _: at.agreement_with(ANGULAR, found).adjusted_mutual_information,
        "cramers_v": lambda found, _: at.agreement_with(COSINE_GRAPH, found).cramers_v,
        "decoding_balanced_accuracy": lambda found, _: at.accuracy(found),
        "lobe_text_association": lambda found, group: _association(at, found, groups != group),
    }
    key = f"documents left out, {digest_of_parts(groups)}"
    known: dict[str, Known | Absent] = {}
    for name, estimate in estimates.items():
        if isinstance(estimate, Absent):
            known[name] = estimate
            continue
        values = [without[name](found, group) for group, found in enumerate(lobes)]
        absent = next((value for value in values if isinstance(value, Absent)), None)
        known[name] = absent or Known(jackknife_of(estimate, [float(value) for value in values]), key)
    return known


def _association(at: AtK, lobes: Labels, blocks: NDArray[np.bool_]) -> float | Absent:
    text = at.text(lobes, blocks)
    return text if isinstance(text, Absent) else text.cramers_v
