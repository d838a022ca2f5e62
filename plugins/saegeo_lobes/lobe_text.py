"""What kind of text each lobe is busy with.

A block belongs to the lobe with the largest share of its features on, relative to that lobe's share in other blocks. Blocks of
one document follow one another, so they say the same thing several times: the unit of every test is the document (all pieces
of one source), and tests give the labels of documents new places, or ask about documents instead of blocks.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from saegeo_core.numerics.arrays import Floats, Integers
from saegeo_lobes.agreement import cramers_v


def shares_on(on: NDArray[np.float32], lobes: Integers) -> NDArray[np.float32]:
    """The share of each lobe's features that is on in each block, float32 (n_blocks, n_lobes).

    Args:
        on: whole numbers (n_blocks, n_lobes or more), how many are.
        lobes: int64 (n_features,), from 0, none of them empty.
    """
    sizes = np.bincount(lobes).astype(np.float32)
    return on[:, : len(sizes)] / sizes


def leading_lobes(shares: NDArray[np.float32], *, relative: bool) -> Integers:
    """For each block the lobe with the largest share on, the lowest of equals; -1 where nothing fires.

    Relative to each lobe's mean share over all blocks, unless `relative` is false, as published: then a lobe of features that
    fire often leads blocks of every kind.
    """
    mean = shares.mean(0, dtype=np.float64)
    scores = shares / np.where(mean > 0, mean, 1) if relative else shares
    return np.where(shares.any(1), scores.argmax(1), -1)


@dataclass(frozen=True)
class LobeByText:
    """Blocks and documents by lobe and kind of text. Blocks that fire nothing or have no label are left out.

    Attributes:
        blocks: int64 (n_lobes, n_labels).
        documents: int64 (n_lobes, n_labels), each counted in the lobe that leads most of its blocks.
        of_document: int64 (n_documents, n_lobes), blocks of each document that each lobe leads.
        label_of_document: int64 (n_documents,).
    """

    blocks: Integers
    documents: Integers
    of_document: Integers
    label_of_document: Integers

    @property
    def cramers_v(self) -> float:
        """Cramér's V of lobe and kind of text over documents: 0 for independent, 1 where one determines the other.

        Every document counts once, as it exchanges labels: over blocks long documents would count for more, and kinds that differ
        in nothing but the length of their documents would seem to have lobes of their own.
        """
        return cramers_v(self.documents)

    def permuted_cramers_v(self, null_draws: int, rng: np.random.Generator) -> Floats:
        """The same when labels change places among documents, (null_draws,)."""
        lobe, n_labels = self.of_document.argmax(1), self.documents.shape[1]
        draws = (rng.permutation(self.label_of_document) for _ in range(null_draws))
        counted = (np.bincount(lobe * n_labels + labels, minlength=self.documents.size) for labels in draws)
        return np.array([cramers_v(counts.reshape(self.documents.shape)) for counts in counted])

    def enrichment(self) -> Floats:
        """Chance that a lobe leads so many documents of a kind or more when labels are dealt out anew, (n_lobes, n_labels).

        Hypergeometric, and adjusted for the number of cells after Benjamini and Hochberg: reject below the false discovery
        rate wanted.
        """
        led, of_kind = self.documents.sum(1, keepdims=True), self.documents.sum(0)
        pvalues = stats.hypergeom.sf(self.documents - 1, self.documents.sum(), of_kind, led)
        adjusted: Floats = stats.false_discovery_control(pvalues.ravel()).reshape(pvalues.shape)
        return adjusted


def lobe_by_text(
    lobe_of_block: Integers,
    label_of_block: NDArray[np.integer[Any]],
    document_of_block: Integers,
    n_lobes: int,
    n_labels: int,
) -> LobeByText:
    """Count blocks and documents by lobe and kind of text.

    Args:
        lobe_of_block: int64 (n_blocks,), from `leading_lobes`.
        label_of_block: integers (n_blocks,), -1 for none. Parts of a document under different labels count as documents.
        document_of_block: int64 (n_blocks,), pieces of one source being one document.
        n_lobes, n_labels: sides of the tables.
    """
    known = (lobe_of_block >= 0) & (label_of_block >= 0)
    lobe, label = lobe_of_block[known], label_of_block[known].astype(np.int64)
    names, document = np.unique(document_of_block[known] * n_labels + label, return_inverse=True)
    of_document = np.zeros((len(names), n_lobes), np.int64)
    np.add.at(of_document, (document, lobe), 1)
    blocks, documents = np.zeros((2, n_lobes, n_labels), np.int64)
    np.add.at(blocks, (lobe, label), 1)
    np.add.at(documents, (of_document.argmax(1), names % n_labels), 1)
    return LobeByText(blocks, documents, of_document, names % n_labels)
