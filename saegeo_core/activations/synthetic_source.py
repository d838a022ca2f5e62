"""Activations with planted, known structure: topics, the features that belong to them, and when each fires.

The model of the data is the one SAEs assume: an activation is a sparse combination of directions, plus noise. Documents
have topics, features have topics too (their lobe), and a feature fires more often in documents of its own. What a harvest
of these activations finds can therefore be held against what was planted, to the last count.

Everything about a document follows from the seed and its number, so any document can be computed at any time.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.activations.centering import center
from saegeo_core.activations.source import ActivationBatch
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.token_census import TokenCensus
from saegeo_core.corpora.corpus import Document
from saegeo_core.errors import SaegeoError, near_matches

if TYPE_CHECKING:
    import torch

#: A code that fires is at least 1, far above the noise: the planted firing is found by a threshold of half of it.
WEAKEST_CODE = 1.0


@dataclass(frozen=True)
class Plant:
    """What is planted.

    Attributes:
        n_topics: topics of documents, and as many lobes of features.
        n_features: directions; where there are no more of them than dimensions they are orthogonal.
        d_in: width of the activations.
        rate_within: probability that a feature fires on a token of a document of its own topic.
        rate_outside: the same in a document of another topic.
        noise: standard deviation of the Gaussian noise in every coordinate.
        n_documents: length of the corpus.
        least_tokens: length of the shortest document possible.
        most_tokens: length of the longest document possible; in between, all lengths are equally likely.
        documents_per_group: consecutive documents that count as pieces of one source, of one topic.
        seed: decides directions, lengths, firing and noise.

    Raises:
        SaegeoError: values that describe nothing.
    """

    n_topics: int = 4
    n_features: int = 64
    d_in: int = 64
    rate_within: float = 0.1
    rate_outside: float = 0.01
    noise: float = 0.02
    n_documents: int = 200
    least_tokens: int = 200
    most_tokens: int = 700
    documents_per_group: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        counts = (
            self.n_topics,
            self.n_features,
            self.d_in,
            self.n_documents,
            self.least_tokens,
            self.documents_per_group,
        )
        rates = (self.rate_within, self.rate_outside)
        if min(counts) < 1 or self.most_tokens < self.least_tokens or self.seed < 0:
            raise SaegeoError(f"{self}: counts are at least 1, and the longest document not shorter than the shortest")
        if not all(0 <= rate <= 1 for rate in rates) or not 0 <= self.noise < float("inf"):
            raise SaegeoError(f"{self}: rates lie between 0 and 1, and noise is not negative")

    @classmethod
    def parse(cls, where: str) -> "Plant":
        """A plant from text like `n_topics=3,seed=7`; what is not named keeps its default.

        Raises:
            SaegeoError: an unknown name, or a value that is no number of the right kind.
        """
        types = {field.name: int if field.type in (int, "int") else float for field in fields(cls)}
        values: dict[str, Any] = {}
        for setting in filter(None, where.split(",")):
            name, _, value = setting.partition("=")
            if name not in types:
                raise SaegeoError(f"a synthetic source has no setting {name!r}", near_matches(name, list(types)))
            try:
                values[name] = types[name](value)
            except ValueError as error:
                raise SaegeoError(
                    f"{name} of a synthetic source is {value!r}", f"give a number: {name}={getattr(cls, name)}"
                ) from error
        return cls(**values)

    @property
    def topic_of_feature(self) -> NDArray[np.int64]:
        """The lobe of each feature, int64 (n_features,): lobes take turns."""
        return np.arange(self.n_features) % self.n_topics

    def topic_of_document(self, position: int) -> int:
        """The topic of a document; groups take turns."""
        return position // self.documents_per_group % self.n_topics

    def codes(self, position: int) -> NDArray[np.float32]:
        """How strongly each feature fires on each token of a document: float32 (n_tokens, n_features), 0 or at least 1."""
        rng = np.random.default_rng([self.seed, position])
        n_tokens = int(rng.integers(self.least_tokens, self.most_tokens + 1))
        own = self.topic_of_feature == self.topic_of_document(position)
        fires = rng.random((n_tokens, self.n_features)) < np.where(own, self.rate_within, self.rate_outside)
        strength = WEAKEST_CODE + rng.exponential(size=fires.shape)
        return np.where(fires, strength, 0).astype(np.float32)

    def directions(self, hook: str) -> NDArray[np.float32]:
        """The unit directions planted at a hook: float32 (n_features, d_in), orthogonal where that can be."""
        rng = np.random.default_rng([self.seed, _number(hook)])
        if self.n_features <= self.d_in:
            orthogonal, _ = np.linalg.qr(rng.standard_normal((self.d_in, self.n_features)))
            return orthogonal.T.astype(np.float32)
        drawn = rng.standard_normal((self.n_features, self.d_in))
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        return drawn.astype(np.float32)

    def noise_of(self, hook: str, position: int, n_tokens: int) -> NDArray[np.float32]:
        """The noise on the activations of a document at a hook: float32 (n_tokens, d_in)."""
        rng = np.random.default_rng([self.seed, position, _number(hook)])
        return (self.noise * rng.standard_normal((n_tokens, self.d_in))).astype(np.float32)


class Synthetic:
    """The kind of source that plants what it gives."""

    name = "synthetic"
    summary = "planted topics with known lobes, for tests and tutorials: synthetic:n_topics=4,seed=0"

    def open(self, where: str, request: SourceRequest) -> "SyntheticSource":
        """The source with the settings `where`, as `Plant.parse` reads them.

        Raises:
            SaegeoError: an unknown setting, or a window is asked for.
        """
        if request.window_tokens is not None:
            raise SaegeoError("synthetic documents are not cut into windows", "leave the window out")
        return SyntheticSource(Plant.parse(where), request)


class SyntheticSource:
    """Activations of a plant at any hooks: each hook has directions and noise of its own, firing is the same at all."""

    def __init__(self, plant: Plant, request: SourceRequest) -> None:
        self.plant = plant
        self.d_in = dict.fromkeys(request.hooks, plant.d_in)
        self.corpus = SyntheticDocuments(plant)
        self._request = request
        self._directions = {hook: plant.directions(hook) for hook in request.hooks}
        self._census = TokenCensus()

    def describe(self) -> dict[str, Any]:
        """The plant and the hooks."""
        hooks = {hook: {"centred": hook in self._request.centered_hooks} for hook in self.d_in}
        return {"kind": Synthetic.name, **asdict(self.plant), "hooks": hooks, "dtype": self._request.dtype}

    def batches(self, documents: Iterable[Document]) -> Iterator[ActivationBatch]:
        """The activations of `documents`, one batch a document."""
        self._census = TokenCensus()
        for document in documents:
            codes = self.plant.codes(document.position)
            activations = {hook: self._activations(hook, document.position, codes) for hook in self.d_in}
            batch = ActivationBatch(
                center(activations, self._request.centered_hooks),
                np.full(len(codes), document.position),
                np.arange(len(codes)),
            )
            self._census.add(batch.activations)
            yield batch

    def statistics(self) -> dict[str, dict[str, int]]:
        """Tokens, and tokens of high norm, at each hook in the latest `batches`."""
        return self._census.counts()

    def _activations(self, hook: str, position: int, codes: NDArray[np.float32]) -> "torch.Tensor":
        import torch

        clean = codes @ self._directions[hook]
        noisy = torch.from_numpy(clean + self.plant.noise_of(hook, position, len(codes)))
        return noisy.to(self._request.device, getattr(torch, self._request.dtype))


class SyntheticDocuments:
    """The documents of a plant, labeled by topic, without text."""

    n_skipped = 0

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    def describe(self) -> dict[str, Any]:
        """The plant, which decides the documents."""
        return {"kind": Synthetic.name, **asdict(self._plant)}

    def documents(self, start: int = 0) -> Iterator[Document]:
        """The documents from number `start` on."""
        for position in range(start, self._plant.n_documents):
            topic = self._plant.topic_of_document(position)
            yield Document("", f"topic {topic}", f"group {position // self._plant.documents_per_group}", position)


def _number(hook: str) -> int:
    """A number for a name, the same in every process."""
    return int.from_bytes(hashlib.sha256(hook.encode()).digest()[:8], "big")
