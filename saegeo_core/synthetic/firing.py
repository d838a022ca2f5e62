"""Firing statistics with a known answer: topics that can be found, and a confound that only looks like them.

A feature meets what it responds to at random within a block, so the number of its firings is Poisson and the chance that
it fires at all is

    P(feature i fires in block b) = 1 - exp(-a_i r_b s_ib)

with a_i the feature's own intensity, r_b the richness of the block (some blocks make everything fire more), and s_ib the
topic strength where the block is about the feature's topic, 1 elsewhere. The intensities are chosen so that each feature's
rate over all blocks is the one planted, whatever richness and topics do.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.firing.incidence import concatenate, from_dense
from saegeo_core.firing.statistics import FiringStatistics

ENTRIES_AT_ONCE = 2**22
LOG_INTENSITIES = np.linspace(-20, 10, 3001)
RICHNESS_NODES = 40


@dataclass(frozen=True, eq=False)
class PlantedFiring:
    """Firing statistics and what was planted in them.

    Attributes:
        firing: N features in T blocks, documents of consecutive blocks about one topic, which is their label.
        directions: float32 (N, d_in), unit rows: a decoder to go with them.
        topic_of_feature: int64 (N,).
        topic_of_block: int64 (T,).
        rates: float64 (N,), the chance that a feature fires in a block drawn at random.
        richness: float64 (T,), > 0, median 1.
    """

    firing: FiringStatistics
    directions: NDArray[np.float32]
    topic_of_feature: NDArray[np.int64]
    topic_of_block: NDArray[np.int64]
    rates: NDArray[np.float64]
    richness: NDArray[np.float64]


def plant_firing(
    rng: np.random.Generator,
    *,
    n_features: int = 600,
    n_blocks: int = 2000,
    n_topics: int = 6,
    topic_strength: float = 10.0,
    richness_spread: float = 0.0,
    rates: tuple[float, float] = (0.01, 0.3),
    d_in: int = 64,
    topic_share: float = 1.0,
    frequency_share: float = 0.0,
    blocks_per_document: int = 4,
) -> PlantedFiring:
    """Plant topics in firing and in directions, as strongly as asked.

    At the defaults any method finds the topics. With topic_strength=3, richness_spread=0.7 and rates=(0.02, 0.4) spectral
    clustering of phi + 1 loses some of them to richness, that of max(phi, 0) none.

    Args:
        rng: the only source of chance.
        n_features: N.
        n_blocks: T.
        n_topics: features and documents are shared out evenly among them; 1 plants none.
        topic_strength: how much more a feature meets what it responds to in blocks of its own topic; 1 plants no topic.
        richness_spread: standard deviation of the log of block richness, which is lognormal.
        rates: least and greatest firing rate of a feature; log-uniform between them.
        d_in: dimensions of the directions.
        topic_share: length of the topic's direction in a feature's, beside a random part of length about 1.
        frequency_share: length, for each standard deviation of log rate, of one direction common to all features.
        blocks_per_document: consecutive blocks about one topic.
    """
    topic_of_feature = rng.permutation(np.arange(n_features) % n_topics)
    document_of_block = np.arange(n_blocks) // blocks_per_document
    topic_of_document = rng.permutation(np.arange(document_of_block[-1] + 1) % n_topics)
    topic_of_block = topic_of_document[document_of_block]
    richness = np.exp(richness_spread * rng.standard_normal(n_blocks))
    planted_rates = np.exp(rng.uniform(np.log(rates[0]), np.log(rates[1]), n_features))
    intensities = _intensities(planted_rates, n_topics, topic_strength, richness_spread)

    pieces = []
    height = max(1, ENTRIES_AT_ONCE // n_features)
    for start in range(0, n_blocks, height):
        blocks = slice(start, min(start + height, n_blocks))
        own_topic = topic_of_block[blocks, None] == topic_of_feature
        expected = intensities * richness[blocks, None] * np.where(own_topic, topic_strength, 1.0)
        pieces.append(from_dense(rng.standard_exponential(expected.shape) < expected))

    firing = FiringStatistics.from_arrays(
        concatenate(pieces),
        document_of_block=document_of_block,
        label_of_block=topic_of_block,
        label_names=tuple(f"topic {topic}" for topic in range(n_topics)),
        corpus={"name": "planted"},
    )
    directions = _directions(
        rng, topic_of_feature, planted_rates, d_in=d_in, topic_share=topic_share, frequency_share=frequency_share
    )
    return PlantedFiring(firing, directions, topic_of_feature, topic_of_block, planted_rates, richness)


def plant_frequency_confound(
    rng: np.random.Generator, *, strength: float = 1.0, richness_spread: float = 1.0, **size: Any
) -> PlantedFiring:
    """Plant no topic at all, and yet features that fire together and lie together: both because they fire often.

    Rich blocks make frequent features fire together, and directions lean along one common axis by `strength` for each
    standard deviation of log rate. A test that ignores frequency calls this a lobe.
    """
    return plant_firing(
        rng,
        n_topics=1,
        topic_strength=1.0,
        topic_share=0.0,
        frequency_share=strength,
        richness_spread=richness_spread,
        **size,
    )


def _intensities(
    rates: NDArray[np.float64], n_topics: int, topic_strength: float, richness_spread: float
) -> NDArray[np.float64]:
    """The a_i at which features fire in the planted shares of blocks, averaged over topics and lognormal richness."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(RICHNESS_NODES)
    richness, weights = np.exp(richness_spread * nodes), weights / weights.sum()
    intensity = np.exp(LOG_INTENSITIES)[:, None]
    in_topic = -np.expm1(-intensity * topic_strength * richness) @ weights
    elsewhere = -np.expm1(-intensity * richness) @ weights
    rate_at = in_topic / n_topics + elsewhere * (1 - 1 / n_topics)
    return np.exp(np.interp(rates, rate_at, LOG_INTENSITIES))


def _directions(
    rng: np.random.Generator,
    topic_of_feature: NDArray[np.int64],
    rates: NDArray[np.float64],
    *,
    d_in: int,
    topic_share: float,
    frequency_share: float,
) -> NDArray[np.float32]:
    axes = rng.standard_normal((topic_of_feature.max() + 2, d_in))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    log_rates = np.log(rates)
    often = (log_rates - log_rates.mean()) / (log_rates.std() or 1.0)
    directions = rng.standard_normal((len(rates), d_in)) / np.sqrt(d_in)
    directions += topic_share * axes[1:][topic_of_feature] + frequency_share * often[:, None] * axes[0]
    return np.asarray(directions / np.linalg.norm(directions, axis=1, keepdims=True), np.float32)
