"""How well each number is known from so much text. Documents are what is drawn, so documents are what is left out or redrawn.

Whatever depends on lobes is computed anew from lobes found without each twentieth of the documents; the neighbor-phi excess,
which is smooth in the counts, has a document bootstrap. Both depend on the text alone: for two SAEs harvested from one corpus the
n-th replicates are of the same documents, so that their difference is known better than either.

A document bootstrap does not serve lobes: repeated documents change them, and its intervals miss the estimate. Leaving
documents out does not, and costs one count of all pairs for all groups together (each group is counted alone and taken away from
the whole), and one eigensolution for each group.
"""

from collections.abc import Callable, Mapping

import numpy as np
from torch import Tensor

from saegeo_core import Absent
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Integers
from saegeo_core.statistics.resampling import digest_of_parts, jackknife_of
from saegeo_lobes.feature_lobes import PAIR_COUNTS_ONLY, FeatureLobes
from saegeo_lobes.neighbor_phi import draw_peers, neighbor_phi_interval, pack_by_feature
from saegeo_lobes.numbers import NEIGHBOR_PHI, NUMBERS, Number

CountBlocks = Callable[[Integers], Tensor]
FindLobes = Callable[[Tensor, int], Integers]

ONE_DOCUMENT = Absent("all blocks come from one document, and documents are what is resampled")
NOT_REFITTED = Absent("lobes were not refitted without some of the documents (document_groups=0)")
TOO_WIDE = Absent("lobes of so many features are not refitted twenty times")


def spread_of(
    sae: FeatureLobes, numbers: Mapping[str, float | Absent], rng: np.random.Generator, n_groups: int
) -> dict[str, Spread | Absent]:
    """For each number how well it is known, or why that is not known.

    Args:
        sae: the lobes of the SAE.
        numbers: its numbers.
        rng: shares out and redraws documents. Nothing else draws from it, so that it does the same for every SAE.
        n_groups: groups of documents; 0 refits nothing.
    """
    firing = sae.features.firing
    documents = firing.group_of_block
    if firing.fired is None or documents is None:
        return dict.fromkeys(numbers, PAIR_COUNTS_ONLY)
    n_documents = len(np.unique(documents))
    if n_documents < 2:
        return dict.fromkeys(numbers, ONE_DOCUMENT)
    group_rng, bootstrap_rng, peer_rng = rng.spawn(3)
    excess = numbers[NEIGHBOR_PHI]
    known: dict[str, Spread | Absent] = {
        NEIGHBOR_PHI: excess
        if isinstance(excess, Absent)
        else _redrawn(sae, excess, documents, bootstrap_rng, peer_rng)
    }
    refitted = {name: value for name, value in numbers.items() if name != NEIGHBOR_PHI}
    if not n_groups or not sae.features.is_dense:
        return known | dict.fromkeys(refitted, TOO_WIDE if n_groups else NOT_REFITTED)
    groups = document_groups(documents, group_rng, n_groups=min(n_groups, n_documents))
    without, key = _without_documents(sae, groups), f"documents left out, {digest_of_parts(groups)}"
    return known | {name: _left_out(NUMBERS[name], value, without, key) for name, value in refitted.items()}


def document_groups(document_of_block: Integers, rng: np.random.Generator, *, n_groups: int = 20) -> Integers:
    """The group of each block (n_blocks,), whole documents to a group, groups of about equal numbers of blocks.

    Documents in random order, the longest first, go to the group that is smallest so far.

    Args:
        document_of_block: int64 (n_blocks,), pieces of one source being one document.
        rng: draws the order of documents of equal length.
        n_groups: how many; fewer where there are fewer documents.
    """
    _, document, lengths = np.unique(document_of_block, return_inverse=True, return_counts=True)
    group_of, filled = np.empty(len(lengths), np.int64), np.zeros(n_groups, np.int64)
    for one in np.lexsort((rng.random(len(lengths)), -lengths)):
        group_of[one] = filled.argmin()
        filled[group_of[one]] += lengths[one]
    return group_of[document]


def lobes_without_documents(count_blocks: CountBlocks, find_lobes: FindLobes, group_of_block: Integers) -> Integers:
    """The lobes that are found when one group of documents is left out, int64 (n_groups, n_features).

    Args:
        count_blocks: maps weights int64 (n_blocks,), 0 or 1, to co-occurrence counts (n_features, n_features) of the blocks
            of weight 1, as a tensor that may be changed.
        find_lobes: maps such counts and their number of blocks to labels (n_features,); may write over the counts.
        group_of_block: int64 (n_blocks,), from 0, from `document_groups`.
    """
    total = count_blocks(np.ones(len(group_of_block), np.int64))
    found = []
    for group in range(int(group_of_block.max()) + 1):
        left_out = group_of_block == group
        counts = count_blocks(left_out.astype(np.int64)).neg_().add_(total)
        found.append(find_lobes(counts, int((~left_out).sum())))
    return np.stack(found)


def _without_documents(sae: FeatureLobes, groups: Integers) -> list[FeatureLobes]:
    """The lobes without each group of documents."""
    features = sae.features
    features.forget_counts()
    found = lobes_without_documents(
        lambda weights: features.firing.cooccurrence(device=features.settings.device, weights=weights),
        lambda counts, n_blocks: features.lobes_moved(counts, n_blocks, sae.lobes),
        groups,
    )
    return [sae.without(groups == group, lobes) for group, lobes in enumerate(found)]


def _left_out(number: Number, estimate: float | Absent, without: list[FeatureLobes], key: str) -> Spread | Absent:
    """The jackknife of a number; absent where it is so without one of the groups."""
    if isinstance(estimate, Absent):
        return estimate
    values = []
    for lobes in without:
        value = number.of(lobes)
        if isinstance(value, Absent):
            return value
        values.append(value)
    return Spread(jackknife_of(estimate, values), key)


def _redrawn(
    sae: FeatureLobes,
    excess: float,
    documents: Integers,
    bootstrap_rng: np.random.Generator,
    peer_rng: np.random.Generator,
) -> Spread:
    """The document bootstrap of the neighbor-phi excess."""
    features = sae.features
    stream = bootstrap_rng.bit_generator.seed_seq.generate_state(4)
    key = f"documents drawn again, {digest_of_parts(documents)} by {digest_of_parts(stream)}"
    incidence, neighbors = features.firing.incidence(), features.neighbors.indices
    packed = pack_by_feature(lambda some: incidence.block_tile(slice(0, incidence.n_blocks), some), len(features))
    resampled = neighbor_phi_interval(
        excess,
        packed,
        neighbors,
        draw_peers(neighbors, features.strata, peer_rng),
        document_of_block=documents,
        rng=bootstrap_rng,
        device=features.settings.device,
    )
    return Spread(resampled, key)
