"""How well each number is known from so much text. Documents are what is drawn, so documents are what is halved or redrawn.

Whatever depends on lobes is computed on both halves of several random splits of the documents; the neighbor-phi excess, which
is smooth in the counts, has a document bootstrap. Both depend on the text alone: for two SAEs harvested from one corpus the n-th
replicates are of the same documents, so that their difference is known better than either.

Labels are discrete, so numbers of lobes move in small jumps as text comes and goes. A document bootstrap does not serve them:
repeated documents change the lobes, and its intervals miss the estimate. Nor does leaving out a twentieth at a time: the number of
features that change lobes grows with the text left out, its variance with that and not with the square as the jackknife
supposes, whose intervals come out twice as wide as they should be. Two halves are two independent samples: half the square of
their difference is the variance of the number for half the text, and half of that is the variance for all of it, where
variance falls with the amount of text. Lobes of most text fall faster, so that intervals err on the wide side.

On each half k-means starts from the lobes of all the text, and so sees only what the text changes. What depends on where it starts
is the spread of the number over single runs of it, which is added: replicate n is the estimate, moved by half the difference of
the halves of split n and by as much as run n departs from the mean of the runs.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from saegeo_core import Absent
from saegeo_core.measuring.spread import Spread
from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.statistics.resampling import Resampled, digest_of_parts
from saegeo_lobes.feature_lobes import PAIR_COUNTS_ONLY, FeatureLobes
from saegeo_lobes.neighbor_phi import draw_peers, neighbor_phi_interval, pack_by_feature
from saegeo_lobes.numbers import NEIGHBOR_PHI, NUMBERS, Number

CountBlocks = Callable[[Integers], Tensor]
FindLobes = Callable[[Tensor, int], Integers]

ONE_DOCUMENT = Absent("all blocks come from one document, and documents are what is resampled")
NOT_REFITTED = Absent("lobes were not looked for in halves of the documents (document_splits=0)")
TOO_WIDE = Absent("lobes of so many features are not looked for in halves of the documents")
LEVEL = 0.95
METHOD = "split halves of the documents, and runs of k-means"


def spread_of(
    sae: FeatureLobes, numbers: Mapping[str, float | Absent], rng: np.random.Generator, n_splits: int
) -> dict[str, Spread | Absent]:
    """For each number how well it is known, or why that is not known.

    Args:
        sae: the lobes of the SAE.
        numbers: its numbers.
        rng: shares out and redraws documents. Nothing else draws from it, so that it does the same for every SAE.
        n_splits: splits of the documents into halves; 0 refits nothing.
    """
    firing = sae.features.firing
    documents = firing.group_of_block
    if firing.fired is None or documents is None:
        return dict.fromkeys(numbers, PAIR_COUNTS_ONLY)
    n_documents = len(np.unique(documents))
    if n_documents < 2:
        return dict.fromkeys(numbers, ONE_DOCUMENT)
    split_rng, bootstrap_rng, peer_rng = rng.spawn(3)
    excess = numbers[NEIGHBOR_PHI]
    known: dict[str, Spread | Absent] = {
        NEIGHBOR_PHI: excess
        if isinstance(excess, Absent)
        else _redrawn(sae, excess, documents, bootstrap_rng, peer_rng)
    }
    refitted = {name: value for name, value in numbers.items() if name != NEIGHBOR_PHI}
    if not n_splits or not sae.features.is_dense:
        return known | dict.fromkeys(refitted, TOO_WIDE if n_splits else NOT_REFITTED)
    splits = document_splits(documents, split_rng, n_splits=n_splits)
    halves, starts = _on_halves(sae, splits), [sae.of_one_run(split) for split in range(n_splits)]
    key = f"halves of the documents, {digest_of_parts(splits)}"
    return known | {name: _split(NUMBERS[name], value, halves, starts, key) for name, value in refitted.items()}


def document_splits(document_of_block: Integers, rng: np.random.Generator, *, n_splits: int = 10) -> NDArray[np.bool_]:
    """Which blocks lie in the first half of each split, (n_splits, n_blocks): whole documents, halves of about equal length.

    Documents that follow one another in length go to different halves.

    Args:
        document_of_block: int64 (n_blocks,), pieces of one source being one document, of two at least.
        rng: decides between documents of equal length, and which of two goes to the first half.
        n_splits: how many.
    """
    _, document, lengths = np.unique(document_of_block, return_inverse=True, return_counts=True)
    n, splits = len(lengths), []
    for _ in range(n_splits):
        order = np.lexsort((rng.random(n), -lengths))
        coins = np.repeat(rng.random((n + 1) // 2) < 0.5, 2)[:n]
        first = np.empty(n, bool)
        first[order] = coins ^ (np.arange(n) % 2 == 0)
        splits.append(first[document])
    return np.stack(splits)


def lobes_of_halves(
    count_blocks: CountBlocks, find_lobes: FindLobes, splits: NDArray[np.bool_]
) -> list[tuple[Integers, Integers]]:
    """The lobes of both halves of each split, int64 (n_features,) each.

    Args:
        count_blocks: maps weights int64 (n_blocks,), 0 or 1, to co-occurrence counts (n_features, n_features) of the blocks
            of weight 1, as a tensor that may be changed.
        find_lobes: maps such counts and their number of blocks to labels (n_features,); may write over the counts.
        splits: bool (n_splits, n_blocks), from `document_splits`.
    """
    total = count_blocks(np.ones(splits.shape[1], np.int64))
    found = []
    for first in splits:
        counts = count_blocks(first.astype(np.int64))
        rest = total - counts
        found.append((find_lobes(counts, int(first.sum())), find_lobes(rest, int((~first).sum()))))
    return found


def _on_halves(sae: FeatureLobes, splits: NDArray[np.bool_]) -> list[tuple[FeatureLobes, FeatureLobes]]:
    """What becomes of the lobes on both halves of each split."""
    features = sae.features
    features.forget_counts()
    found = lobes_of_halves(
        lambda weights: features.firing.cooccurrence(device=features.settings.device, weights=weights),
        lambda counts, n_blocks: features.lobes_moved(counts, n_blocks, sae.lobes),
        splits,
    )
    return [
        (sae.without(~first, lobes), sae.without(first, of_rest))
        for first, (lobes, of_rest) in zip(splits, found, strict=True)
    ]


def _split(
    number: Number,
    estimate: float | Absent,
    halves: list[tuple[FeatureLobes, FeatureLobes]],
    starts: list[FeatureLobes],
    key: str,
) -> Spread | Absent:
    """How well a number is known; absent where it is so on one of the halves, or by one of the runs."""
    if isinstance(estimate, Absent):
        return estimate
    values = [number.of(lobes) for lobes in (*(first for first, _ in halves), *(rest for _, rest in halves), *starts)]
    known = [value for value in values if not isinstance(value, Absent)]
    if len(known) < len(values):
        return next(value for value in values if isinstance(value, Absent))
    first, rest, by_start = np.array(known).reshape(3, len(halves))
    replicates = estimate + (first - rest) / 2 + (by_start - by_start.mean())
    return Spread(_student(estimate, replicates), key)


def _student(estimate: float, replicates: Floats) -> Resampled:
    """Student's interval from replicates that depart from their mean as the estimate does from what it estimates."""
    error, freedom = float(np.std(replicates, ddof=1)), len(replicates) - 1
    reach = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    interval = (estimate - reach, estimate + reach)
    return Resampled(
        estimate, error, interval, LEVEL, METHOD, replicates=replicates, factor=1.0, degrees_of_freedom=freedom
    )


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
