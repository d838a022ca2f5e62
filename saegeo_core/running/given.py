"""What an analysis is handed, each thing with what identifies it: analysis, digest and report take it from here alone.

So nothing can be read that is not in the digest, and nothing changes the digest that cannot be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from saegeo_core.activations.source import NAME_A_MODEL, OWN_DOCUMENTS
from saegeo_core.errors import MissingInput, SaegeoError
from saegeo_core.report.store import digest_of

if TYPE_CHECKING:
    import torch

    from saegeo_core.activations.text_activations import TextActivations
    from saegeo_core.activations.unembedding import Unembedding
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.corpora.corpus import Corpus
    from saegeo_core.firing.statistics import FiringStatistics
    from saegeo_core.numerics.arrays import Integers
    from saegeo_core.plugin.analysis import Analysis


class Given(NamedTuple):
    """One thing that an analysis can read.

    Attributes:
        value: what it gets; None where it opens it by itself.
        identity: a digest, another one wherever something else could be read.
        told: what the report says of it among its inputs; None where it says so elsewhere.
    """

    value: Any
    identity: str
    told: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class OfFeatures:
    """What is known feature by feature, in one order; None what is not given."""

    cloud: "FeatureCloud"
    firing: "FiringStatistics | None" = None
    encoder: "torch.Tensor | None" = None

    def select(self, rows: "Integers") -> "OfFeatures":
        """The same of some features, int64 row numbers."""
        return OfFeatures(
            self.cloud.select(rows),
            None if self.firing is None else self.firing.select(rows),
            None if self.encoder is None else self.encoder[rows],
        )

    @property
    def identity(self) -> str:
        """A digest of all of it."""
        firing = None if self.firing is None else self.firing.identity
        return digest_of([self.cloud.identity, firing, None if self.encoder is None else _rows_digest(self.encoder)])


def given_cloud(cloud: "FeatureCloud") -> Given:
    """The cloud to be measured; the report has a part of its own on it."""
    return Given(cloud, cloud.identity)


def given_labels(labels: tuple[str, ...]) -> Given:
    """The labels of its features, which it carries."""
    return Given(None, digest_of(labels), {"labelled": sum(map(bool, labels))})


def given_firing(firing: "FiringStatistics") -> Given:
    """Which features fire in which block, controls included. The report names it by what was harvested of the SAE itself."""
    return Given(firing, firing.identity, {"digest": firing.digest, **firing.facts()})


def given_encoder(encoder: "torch.Tensor") -> Given:
    """What the features project activations on."""
    return Given(encoder, _rows_digest(encoder), {"d_in": encoder.shape[1]})


def given_activations(activations: "TextActivations") -> Given:
    """What a model computes, at that hook and at others of its."""
    described = activations.describe()
    return Given(activations, digest_of([activations.model, activations.hook, described]), described)


def given_unembedding(unembedding: "Unembedding") -> Given:
    """The directions of tokens."""
    return Given(unembedding, unembedding.digest, {"n_tokens": len(unembedding.tokens)})


def given_among(whole: OfFeatures) -> Given:
    """All features of the SAE, where some were chosen."""
    return Given(whole, whole.identity, {"digest": whole.cloud.digest, "n_features": whole.cloud.n_features})


def given_named_cloud(named: "FeatureCloud | tuple[FeatureCloud, ...]") -> Given:
    """The clouds of one SAE that a parameter names, or of several, in their order."""
    if not isinstance(named, tuple):
        return Given(named, named.identity, _told(named))
    told = {"digest": digest_of([one.digest for one in named]), "saes": [_told(one) for one in named]}
    return Given(named, digest_of([one.identity for one in named]), told)


def given_corpus(corpus: "Corpus | tuple[Corpus, ...]") -> Given:
    """The text that a parameter names."""
    if not isinstance(corpus, tuple):
        return Given(corpus, digest_of(described := corpus.describe()), described)
    every = [one.describe() for one in corpus]
    return Given(corpus, digest_of(every), {"corpora": every})


def reads_documents(analysis: "Analysis") -> bool:
    """Whether it reads activations on the text that it is given: those of a source that brings its own documents will do."""
    return {"activations", "corpus"} <= analysis.needs | analysis.uses


def refuse_own_documents(analysis: "Analysis", activations: "TextActivations") -> None:
    """Raise MissingInput where the source of activations brings its own documents, and the analysis chooses the texts it reads."""
    if activations.corpus is not None and not reads_documents(analysis):
        raise MissingInput(
            f"{analysis.name} reads texts of its own, and {activations.model} {OWN_DOCUMENTS}", NAME_A_MODEL
        )


def text_of_run(
    analysis: "Analysis", activations: "TextActivations | None", named: "Mapping[str, Corpus | tuple[Corpus, ...]]"
) -> Given | None:
    """The text that activations are read on: the documents that their source brings, or the one corpus that parameters name.

    Raises:
        SaegeoError: a parameter names one, and the source brings its own.
    """
    own = None if activations is None else activations.corpus
    if activations is None or own is None:
        corpora = list(named.values())
        return (
            None if len(corpora) != 1 or isinstance(corpora[0], tuple) else given_corpus(corpora[0])._replace(told=None)
        )
    if named:
        raise SaegeoError(
            f"{activations.model} {OWN_DOCUMENTS}", f"leave out --set {analysis.name}.{next(iter(named))}"
        )
    return given_corpus(own)


def _told(cloud: "FeatureCloud") -> dict[str, Any]:
    return {"digest": cloud.digest, "n_features": cloud.n_features, **cloud.sae.model_dump(mode="json")}


def _rows_digest(rows: "torch.Tensor") -> str:
    from saegeo_core.cloud.feature_cloud import rows_digest

    return rows_digest(rows)
