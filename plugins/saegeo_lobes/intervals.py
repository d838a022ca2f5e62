"""How well each number is known: in other text, and in another dictionary like this one.

Documents and kin are what is drawn, so documents and kin are what is left out. Whatever depends on lobes is computed without each
third of the documents and of the kin at once, for several random splits of both into thirds. The neighbor-phi excess, which is
smooth in the counts, is computed without each of twenty groups of documents and of kin at once. Leaving out both together costs one
computation, and its variance is that of both, as where both are drawn anew together (Owen and Eckles 2012). For two SAEs harvested
from one corpus the n-th replicates lack the same documents, so that their difference is known better than either.

Labels are discrete, so numbers of lobes move in small jumps as text comes and goes. A document bootstrap does not serve them:
repeated documents change the lobes, and its intervals miss the estimate. Nor does leaving out a twentieth at a time: the number of
features that change lobes grows with the text left out, and the variance with that, not with its square as the jackknife
supposes, whose standard errors come out twice too large. The more is left out the less so (Shao and Wu 1989), but lobes of half
the text can be lobes of another kind.

Without a third k-means starts from the lobes of everything, and so sees only what the third changes. What depends on where it
starts is the spread of the number over single runs, which is added: replicate n departs from the estimate by what the n-th
third does, so scaled that replicates spread as the estimate does, and by what run n does. Clusters of directions move with the
features that are left: k-means starts from those of all features, in the same coordinates.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from saegeo_core import Absent
from saegeo_core.measuring.resampled import groups_of_both, too_few_kin
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.numerics.directions import row_slices
from saegeo_core.numerics.grouped_bits import GroupedBits
from saegeo_core.numerics.side_by_side import side_by_side
from saegeo_core.statistics.population import BOTH
from saegeo_core.statistics.resampling import Resampled, digest_of_parts, student_interval
from saegeo_lobes.feature_lobes import PAIR_COUNTS_ONLY, FeatureLobes
from saegeo_lobes.feature_set import LEFT_OUT
from saegeo_lobes.neighbor_phi import draw_peers, excess_without_groups
from saegeo_lobes.numbers import NEIGHBOR_PHI, NUMBERS, Number

if TYPE_CHECKING:
    from saegeo_core.progress import Progress

CountBlocks = Callable[[Integers], Tensor]
FindLobes = Callable[[Tensor, int, int], Integers]

ONE_DOCUMENT = Absent("all blocks come from one document, and documents are what is resampled")
TOO_FEW_DOCUMENTS = Absent("all blocks come from two documents, and thirds of the documents are left out")
NOT_REFITTED = Absent("lobes were not looked for without some of the documents and kin (document_splits=0)")
TOO_WIDE = Absent("lobes of so many features are not looked for again and again")
N_PARTS = 3
ROWS_AT_ONCE = 32
METHOD = "jackknife over thirds of the documents and of kin, and runs of k-means"


def spread_of(
    sae: FeatureLobes,
    numbers: Mapping[str, float | Absent],
    kin: Integers,
    rng: np.random.Generator,
    n_splits: int,
    *,
    progress: "Progress",
) -> dict[str, Spread | Absent]:
    """For each number how well it is known, or why that is not known.

    Args:
        sae: the lobes of the SAE.
        numbers: its numbers.
        kin: int64 (n_features,), which features come and go together.
        rng: shares out documents. Nothing that depends on the SAE draws before it, so that it does the same for every SAE.
        n_splits: splits of documents and kin into thirds; 0 refits nothing.
        progress: wraps the loops over thirds and over numbers.
    """
    firing = sae.features.firing
    documents = firing.group_of_block
    if firing.fired is None or documents is None:
        return dict.fromkeys(numbers, PAIR_COUNTS_ONLY)
    n_documents = len(np.unique(documents))
    if n_documents < 2:
        return dict.fromkeys(numbers, ONE_DOCUMENT)
    split_rng, document_rng, own_rng, kin_rng = rng.spawn(4)
    excess = numbers[NEIGHBOR_PHI]
    known: dict[str, Spread | Absent] = {
        NEIGHBOR_PHI: excess
        if isinstance(excess, Absent)
        else _neighbor_phi_known(sae, excess, kin, document_rng, own_rng)
    }
    refitted = {name: value for name, value in numbers.items() if name != NEIGHBOR_PHI}
    if not n_splits or not sae.features.is_dense:
        return known | dict.fromkeys(refitted, TOO_WIDE if n_splits else NOT_REFITTED)
    if n_documents < N_PARTS:
        return known | dict.fromkeys(refitted, TOO_FEW_DOCUMENTS)
    if few := too_few_kin(kin):
        return known | dict.fromkeys(refitted, few)
    documents_split = splits_into_thirds(documents, split_rng, n_splits=n_splits)
    without = _without_thirds(sae, documents_split, splits_into_thirds(kin, kin_rng, n_splits=n_splits), progress)
    starts = [sae.of_one_run(number) for number in range(len(without))]
    if not isinstance(sae.text, Absent):
        sae.features.on_in_blocks(
            *(lobes.lobes for lobes in (*without, *starts))
        )  # one pass over the text for all of them
    key = f"thirds of the documents, {digest_of_parts(documents_split)}"
    for name, value in progress(refitted.items(), len(refitted), "numbers without documents"):
        known[name] = _moved(NUMBERS[name], value, without, starts, key)
    return known


def splits_into_thirds(group_of_item: Integers, rng: np.random.Generator, *, n_splits: int = 7) -> Integers:
    """The third, 0 to 2, that each item lies in, for each split: int64 (n_splits, n_items); thirds are of about equal size.

    Whole groups. Of three that follow one another in size each goes to another third.

    Args:
        group_of_item: int64 (n_items,), of three groups at least: the document of each block, or the kin of each feature.
        rng: decides between groups of equal size, and which of three goes where.
        n_splits: how many.
    """
    _, group, sizes = np.unique(group_of_item, return_inverse=True, return_counts=True)
    splits = []
    for _ in range(n_splits):
        order = np.lexsort((rng.random(len(sizes)), -sizes))
        triples = rng.permuted(np.tile(np.arange(N_PARTS), (-(-len(sizes) // N_PARTS), 1)), axis=1)
        part = np.empty(len(sizes), np.int64)
        part[order] = triples.ravel()[: len(sizes)]
        splits.append(part[group])
    return np.stack(splits)


def lobes_without_documents(
    total: Tensor, count_blocks: CountBlocks, find_lobes: FindLobes, splits: Integers
) -> Iterator[Integers]:
    """The lobes that are found without each third of each split, int64 (n_features,) each.

    Args:
        total: co-occurrence counts of all blocks, integers (n_features, n_features).
        count_blocks: maps weights int64 (n_blocks,), 0 or 1, to co-occurrence counts (n_features, n_features) of the blocks
            of weight 1, as a tensor that may be changed.
        find_lobes: maps such counts, the number of the split and that of the third to labels (n_features,); may write over the
            counts.
        splits: int64 (n_splits, n_blocks), from `splits_into_thirds`.
    """
    for number, split in enumerate(splits):
        last = torch.zeros_like(total)  # both other parts together are what is left without the last
        for part in range(N_PARTS):
            if part < N_PARTS - 1:
                counts = count_blocks((split == part).astype(np.int64))
                _leave_out(counts, total, last)
            else:
                counts = last.int()
            yield find_lobes(counts, number, part)
            del counts  # before the next are made: of 16,384 features they take a gigabyte


def _leave_out(counts: Tensor, total: Tensor, elsewhere: Tensor) -> None:
    """Counts of some blocks become those of all others, and are added to `elsewhere`; all (n_features, n_features)."""

    def change(rows: slice) -> None:
        elsewhere[rows] += counts[rows]
        torch.sub(total[rows], counts[rows], out=counts[rows])

    side_by_side(change, row_slices(len(total), ROWS_AT_ONCE), counts.device)  # of all at once torch makes wide copies


def _without_thirds(
    sae: FeatureLobes, of_blocks: Integers, of_features: Integers, progress: "Progress"
) -> list[FeatureLobes]:
    """What becomes of the lobes without each third of the documents and of the kin, for each split of both.

    Args:
        sae: the lobes of the SAE.
        of_blocks: int64 (n_splits, n_blocks), the third of each block's document.
        of_features: int64 (n_splits, n_features), the third of each feature's kin.
        progress: wraps the loop over thirds.
    """
    features = sae.features

    def moved(counts: Tensor, split: int, part: int) -> Integers:
        n_blocks = int((of_blocks[split] != part).sum())
        return features.lobes_moved(counts, n_blocks, np.where(of_features[split] == part, LEFT_OUT, sae.lobes))

    found = lobes_without_documents(
        features.cooccurrence,
        lambda weights: features.firing.cooccurrence(device=features.settings.device, weights=weights),
        moved,
        of_blocks,
    )
    parts = [split == part for split in of_blocks for part in range(N_PARTS)]
    shown = progress(zip(parts, found, strict=True), len(parts), "lobes without documents and kin")
    return [sae.without(left_out, lobes) for left_out, lobes in shown]


def _moved(
    number: Number, estimate: float | Absent, without: list[FeatureLobes], starts: list[FeatureLobes], key: str
) -> Spread | Absent:
    """How well a number is known; absent where it is so without one of the thirds, or by one of the runs."""
    if isinstance(estimate, Absent):
        return estimate
    values = []
    for lobes in (*without, *starts):
        value = number.of(lobes)
        if isinstance(value, Absent):
            return value
        values.append(value)
    of_text, by_start = np.array(values).reshape(2, -1)
    return Spread(_known(estimate, of_text.reshape(-1, N_PARTS), by_start), key)


def _known(estimate: float, of_text: Floats, by_start: Floats) -> Resampled:
    """Student's interval; the variance is that of the jackknife, averaged over splits, and that of single runs of k-means.

    Args:
        estimate: the number from all the text.
        of_text: (n_splits, n_parts), without each part of each split.
        by_start: (n_splits * n_parts,), by single runs.
    """
    n_splits, n_parts = of_text.shape
    freedom = n_splits * (n_parts - 1)
    departures = (of_text - of_text.mean(1, keepdims=True)).ravel()
    scale = (n_parts - 1) * np.sqrt((departures.size - 1) / (n_parts * freedom))
    replicates = estimate + scale * departures + (by_start - by_start.mean())
    error = float(np.std(replicates, ddof=1))
    return student_interval(estimate, error, freedom, method=METHOD, population=BOTH, replicates=replicates)


def _neighbor_phi_known(
    sae: FeatureLobes, excess: float, kin: Integers, document_rng: np.random.Generator, rng: np.random.Generator
) -> Spread | Absent:
    """How well the neighbor-phi excess is known, in other text and another dictionary."""
    features = sae.features
    groups = groups_of_both(features.firing, kin, document_rng=document_rng, kin_rng=rng)
    if isinstance(groups, Absent):
        return groups
    incidence, neighbors = features.firing.incidence(), features.neighbors.indices
    everywhere = slice(0, incidence.n_blocks)
    bits = GroupedBits.of(lambda some: incidence.block_tile(everywhere, some), len(features), groups.of_block)
    peers = draw_peers(neighbors, features.strata, rng)
    return groups.spread(excess, excess_without_groups(excess, bits, neighbors, peers, groups))
