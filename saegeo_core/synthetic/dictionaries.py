"""Dictionaries with an encoder and rates of their own, and activations for them to read: untrained ones, and one that was trained.

An untrained dictionary knows nothing of the activations. Whatever its geometry, what it scores in a functional metric follows from
that geometry, and a control must let it pass. Each is a law, `UNTRAINED[name](n, d, rng)`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_core.synthetic.clouds import families, isotropic, power_law_variances
from saegeo_core.synthetic.composites import two_subspaces

LEAST_RATE, GREATEST_RATE = 0.01, 0.05
FAMILY = 5


@dataclass(frozen=True)
class Dictionary:
    """An SAE as far as its firing goes.

    Attributes:
        directions: float32 (n, d), unit rows.
        encoder: float32 (n, d), what each feature projects activations on.
        rates: float64 (n,), the share of tokens that each fires on.
    """

    directions: Tensor
    encoder: Tensor
    rates: Floats


@dataclass(frozen=True)
class Text:
    """Activations of a text.

    Attributes:
        tokens: float32 (n_tokens, d).
        block_tokens: consecutive tokens in a block.
        document_of_block: int64 (n_blocks,).
        topics: float32 (n_topics, d), unit rows: what documents are about.
        topic_of_document: int64 (n_documents,).
    """

    tokens: Tensor
    block_tokens: int
    document_of_block: Integers
    topics: Tensor
    topic_of_document: Integers


def read_text(
    d: int,
    rng: np.random.Generator,
    *,
    n_documents: int = 60,
    blocks_per_document: int | Integers = 4,
    block_tokens: int = 8,
    n_topics: int = 5,
    strength: float = 2.0,
    exponent: float = 0.0,
) -> Text:
    """Documents each about one topic: tokens are noise, and now and then the topic.

    Args:
        d: dimensions.
        rng: the only source of chance.
        n_documents: how many.
        blocks_per_document: of every document, or of each, (n_documents,).
        block_tokens: tokens in a block.
        n_topics: shared out at random.
        strength: length of a topic, in deviations of the noise, 1 in each coordinate in the mean square.
        exponent: variances of the noise fall as rank^-exponent along the coordinates, so that directions reach unlike far.
    """
    topics = isotropic(n_topics, d, rng)
    topic_of_document = rng.integers(0, n_topics, n_documents)
    document = np.repeat(np.arange(n_documents), blocks_per_document)
    topic = torch.from_numpy(topic_of_document[document]).repeat_interleave(block_tokens)
    told = torch.from_numpy(rng.random((len(topic), 1)) < 0.5).float()
    noise = torch.from_numpy(rng.standard_normal((len(topic), d), dtype=np.float32))
    noise *= (d * power_law_variances(d, exponent)).sqrt().float()
    return Text(noise + strength * told * topics[topic], block_tokens, document, topics, topic_of_document)


def log_uniform_rates(n: int, rng: np.random.Generator) -> Floats:
    """Rates that know nothing of geometry."""
    return np.exp(rng.uniform(np.log(LEAST_RATE), np.log(GREATEST_RATE), n))


def untrained(
    n: int,
    d: int,
    rng: np.random.Generator,
    *,
    directions: Callable[[int, int, np.random.Generator], Tensor] = isotropic,
    tied: float = 1.0,
    shared_rates: bool = False,
) -> Dictionary:
    """Directions of a law, an encoder, and rates that ignore both.

    Args:
        n, d: number of features, and dimensions.
        rng: the only source of chance.
        directions: their law.
        tied: share of a feature's direction in its row of the encoder; the rest points anywhere.
        shared_rates: whether each five features in a row have one rate.
    """
    rows = directions(n, d, rng)
    encoder = tied * rows + (1 - tied) * isotropic(n, d, rng)
    rates = log_uniform_rates(n, rng)
    return Dictionary(rows, encoder, np.repeat(rates, FAMILY)[:n] if shared_rates else rates)


def trained(n: int, d: int, rng: np.random.Generator, text: Text, *, share: float = 0.5) -> Dictionary:
    """Features around the topics of a text, each `share` its topic and the rest anywhere: they fire and lie together."""
    topic = torch.from_numpy(rng.integers(0, len(text.topics), n))
    rows = share * text.topics[topic] + (1 - share) * isotropic(n, d, rng)
    unit = rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return Dictionary(unit, unit, log_uniform_rates(n, rng))


UNTRAINED: Mapping[str, Callable[[int, int, np.random.Generator], Dictionary]] = {
    "uniform": untrained,
    "families of 5": partial(untrained, directions=partial(families, size=FAMILY)),
    "families of 5 that share rates": partial(untrained, directions=partial(families, size=FAMILY), shared_rates=True),
    "two subspaces": partial(untrained, directions=two_subspaces),
    "untied encoder": partial(untrained, tied=0.5),
}
"""Laws of dictionaries that know nothing of the activations they read, with thresholds in no order of reach."""
