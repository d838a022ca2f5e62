"""Which features of one SAE fire together: what every functional metric is computed from.

Known from a harvest (which feature fired in which block of which document), or from pair counts alone, as the paper
publishes them. What is not known is None: no number ever stands for "unknown". Arrays have the feature, the block or the
document as their first axis, and `select` slices everything aligned with the features.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.errors import SaegeoError
from saegeo_core.firing.consistency import (
    refuse_impossible_counts,
    refuse_impossible_pairs,
    refuse_misfits,
    refuse_non_finite,
    refuse_unknown_texts,
)
from saegeo_core.firing.deferred import Deferred
from saegeo_core.firing.given_arrays import (
    ARRAYS,
    PER_BLOCK,
    PER_FEATURE,
    Features,
    as_attributes,
    as_matrix_of_bits,
    as_numbers,
    as_weights,
    refuse_writing,
)
from saegeo_core.firing.identity import digest_of_statistics, joint_digest
from saegeo_core.firing.incidence import INCIDENCE_ARRAYS, Incidence, Index, from_dense, from_stored
from saegeo_core.firing.reflection import Reflection
from saegeo_core.firing.store import StoredFiring, folder_of_sae, read_firing, read_pair_counts, write_firing
from saegeo_core.undeclared import refuse_while_working

ACTIVATIONS = ("activation_sum", "activation_sum_of_squares", "activation_max")

ControlKind = Literal["reflected", "gaussian"]


class Control(NamedTuple):
    """An untrained dictionary harvested beside an SAE.

    Attributes:
        directions: the reflection that makes them of the SAE's, feature by feature; or, drawn from a Gaussian, unit directions
            (n_features, d_in) of their own.
        firing: when they fired.
    """

    directions: Reflection | NDArray[np.floating[Any]]
    firing: "FiringStatistics"

    @property
    def kind(self) -> ControlKind:
        """Whether it is the SAE reflected, "reflected", or drawn from a Gaussian, "gaussian"."""
        return "reflected" if isinstance(self.directions, Reflection) else "gaussian"

    @property
    def identity(self) -> str:
        """SHA-256 of directions and firing."""
        made = self.directions
        arrays = [made.axes, made.signs] if isinstance(made, Reflection) else [made]
        return joint_digest([self.firing.identity, *arrays])

    def units(self, of_sae: torch.Tensor) -> torch.Tensor:
        """Its unit directions, float32 (n_features, d_in), beside those of the SAE in the order of its firing statistics."""
        if isinstance(self.directions, Reflection):
            return self.directions.of(of_sae)
        return torch.from_numpy(np.array(self.directions, np.float32))

    def select(self, feature_ids: Index) -> "Control":
        """What stands beside some features of the SAE: of a reflected one the same features, a Gaussian one as it is."""
        if self.kind == "gaussian":
            return self
        order = np.argsort(self.firing.feature_ids)
        place = np.searchsorted(self.firing.feature_ids, feature_ids, sorter=order)
        return self._replace(firing=self.firing.select(order[place]))


@dataclass(frozen=True, eq=False)
class FiringStatistics:
    """In which blocks of text the N features of one SAE fired. Its arrays cannot be written to.

    Make one with `open`, `from_arrays` or `from_cooccurrence`. Either `fired` or `pair_counts` is known.

    Attributes:
        feature_ids: int64 (N,), the index of each feature in the SAE.
        counts: int64 (N,), blocks in which each feature fired on at least one token.
        n_blocks: number of blocks, T.
        fired: which feature fired in which block, or None where only `pair_counts` are known.
        pair_counts: integers (N, N), blocks in which both features fired, or None where they are counted from `fired`.
        token_counts: int64 (N,), tokens each feature fired on.
        activation_sum, activation_sum_of_squares: float64 (N,), over the tokens it fired on.
        activation_max: float32 (N,).
        n_tokens: tokens seen.
        document_of_block: int64 (T,), numbers from 0.
        label_of_block: int32 (T,), places in `label_names`; -1 for a block without a label.
        label_names: the kinds of text.
        tokens_of_block: int32 (T,), where blocks differ in length (kept tails).
        group_of_document: int64 (n_documents,): documents cut from one source (a book, a file) share a number. They are
            dependent, so they are drawn together when resampling.
        block_tokens: tokens in a full block; of 1 firing is known token by token, and all that is said of blocks is of tokens.
        fires_above: a feature fires where its activation is strictly greater.
        tails: whether what documents leave over after their full blocks was "dropped" or "kept" as shorter blocks.
        n_tails: how many such tails there were.
        sae_digest: digest of the weights of the SAE.
        corpus: what is known of the text, plain JSON.
        axes: float32 (d_in, d_in), columns: the principal axes of the activations, which reflected controls share.
        controls_from: makes the controls when they are asked for; a `Deferred` is identified without being made.
    """

    feature_ids: Index
    counts: NDArray[np.int64]
    n_blocks: int
    fired: Incidence | None = None
    pair_counts: NDArray[np.integer[Any]] | None = None
    token_counts: NDArray[np.int64] | None = None
    activation_sum: NDArray[np.float64] | None = None
    activation_sum_of_squares: NDArray[np.float64] | None = None
    activation_max: NDArray[np.float32] | None = None
    n_tokens: int | None = None
    document_of_block: NDArray[np.int64] | None = None
    label_of_block: NDArray[np.int32] | None = None
    label_names: tuple[str, ...] = ()
    tokens_of_block: NDArray[np.int32] | None = None
    group_of_document: NDArray[np.int64] | None = None
    block_tokens: int | None = None
    fires_above: float | None = None
    tails: Literal["dropped", "kept"] | None = None
    n_tails: int | None = None
    sae_digest: str | None = None
    corpus: Mapping[str, Any] = field(default_factory=dict)
    axes: NDArray[np.float32] | None = None
    controls_from: tuple[Callable[[], Control], ...] = ()

    def __post_init__(self) -> None:
        refuse_misfits(
            self.n_features,
            self.n_blocks,
            incidence_shape=None if self.fired is None else (self.fired.n_blocks, self.fired.n_features),
            pairs_shape=None if self.pair_counts is None else self.pair_counts.shape,
            per_feature={name: getattr(self, name) for name in PER_FEATURE},
            per_block={name: getattr(self, name) for name in PER_BLOCK},
        )
        refuse_impossible_counts(self.counts, self.token_counts, self.n_blocks, self.n_tokens)
        refuse_non_finite({name: getattr(self, name) for name in ACTIVATIONS}, self.fires_above)
        refuse_unknown_texts(self.document_of_block, self.group_of_document, self.label_of_block, self.label_names)
        for name in (*ARRAYS, "pair_counts", "axes"):
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, refuse_writing(values))

    @classmethod
    def open(cls, path: str | Path, *, release: str | None = None, sae_id: str | None = None) -> "FiringStatistics":
        """Open a harvest folder (memory-mapped) or the paper's `*_cooccurrences.npz`.

        A folder may hold the harvests of several SAEs: then say which by `release` and `sae_id`.

        Raises:
            SaegeoError: nothing there, several SAEs and none named, another SAE than the one named, or damaged files.
        """
        refuse_while_working("opens firing statistics", '"firing" brings context.firing')
        path = Path(path)
        if path.is_file():
            return cls.from_cooccurrence(*read_pair_counts(path))
        return _from_stored(read_firing(folder_of_sae(path, release, sae_id)))

    @classmethod
    def from_arrays(
        cls, fired: "NDArray[Any] | Incidence", *, feature_ids: NDArray[Any] | None = None, **known: Any
    ) -> "FiringStatistics":
        """Statistics of a matrix `fired` (n_blocks, n_features) of 0 and 1, and of what else is `known`, by attribute name.

        `label_of_block` may be texts; they are then numbered.

        Raises:
            SaegeoError: the matrix has other entries than 0 and 1, or arrays do not fit together.
        """
        incidence = fired if isinstance(fired, Incidence) else from_dense(as_matrix_of_bits(fired))
        ids = np.arange(incidence.n_features) if feature_ids is None else np.asarray(feature_ids, np.int64)
        return cls(ids, incidence.counts(), incidence.n_blocks, incidence, **as_attributes(known))

    @classmethod
    def from_cooccurrence(cls, histogram: NDArray[Any], n_chunks: int, **known: Any) -> "FiringStatistics":
        """Statistics of pair counts alone: `histogram` (N, N) of integers, counts of blocks with both, of `n_chunks` blocks.

        Raises:
            SaegeoError: not a matrix that counting pairs in so many blocks can give.
        """
        counts = np.asarray(histogram)
        if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
            raise SaegeoError(
                f"the co-occurrence counts have shape {counts.shape}", "give a square matrix, features by features"
            )
        if counts.dtype.kind not in "iu":
            raise SaegeoError(
                f"the co-occurrence counts are {counts.dtype}, not whole numbers",
                "give integer counts: floating-point formats round large ones",
            )
        refuse_impossible_pairs(counts, int(n_chunks))
        diagonal = counts.diagonal().astype(np.int64)
        return cls(np.arange(len(counts)), diagonal, int(n_chunks), pair_counts=counts, **as_attributes(known))

    @property
    def n_features(self) -> int:
        """Number of features, N."""
        return len(self.feature_ids)

    @property
    def group_of_block(self) -> NDArray[np.int64] | None:
        """The unit of resampling of each block: its document's group, or its document where groups are unknown."""
        if self.document_of_block is None or self.group_of_document is None:
            return self.document_of_block
        return self.group_of_document[self.document_of_block]

    def incidence(self) -> Incidence:
        """Which features fired in which blocks.

        Raises:
            SaegeoError: only pair counts are known.
        """
        if self.fired is None:
            raise SaegeoError(
                "only pair counts are known here, not which features fired in which block",
                "give a harvest folder instead",
            )
        return self.fired

    def controls(self) -> list[Control]:
        """The untrained dictionaries harvested beside this SAE, opened now; empty where there are none."""
        return [make() for make in self.controls_from]

    def select(self, features: Features) -> "FiringStatistics":
        """The statistics of some features, a boolean mask (N,), numbers or a slice, and of these in reflected controls.

        Gaussian controls stay as they are: their features are not the SAE's.
        """
        index = as_numbers(features, self.n_features)
        sliced: dict[str, Any] = {
            name: values[index] for name in PER_FEATURE if (values := getattr(self, name)) is not None
        }
        if self.fired is not None:
            sliced["fired"] = self.fired.select(index)
        if self.pair_counts is not None:
            sliced["pair_counts"] = self.pair_counts[np.ix_(index, index)]
        ids = self.feature_ids[index]
        sliced["controls_from"] = tuple(
            Deferred(partial(_selected, make, ids), partial(_identity_of, make)) for make in self.controls_from
        )
        return replace(self, **sliced)

    def block_counts(self, weights: NDArray[Any]) -> NDArray[np.int64]:
        """`counts` where each block counts as often as its whole number in `weights` (n_blocks,) says, int64 (N,).

        Many sets of weights, (n_sets, n_blocks), are counted in one pass: int64 (n_sets, N).
        """
        if weights.ndim == 1:
            return self.incidence().counts(as_weights(weights, self.n_blocks))
        return self.incidence().counts_of_each(np.stack([as_weights(one, self.n_blocks) for one in weights]))

    def cooccurrence(
        self,
        features: Features | None = None,
        device: str | torch.device = "cpu",
        *,
        weights: NDArray[Any] | None = None,
    ) -> torch.Tensor:
        """Number of blocks in which both features fired, C = X'X, exact; `counts` stand on the diagonal.

        Args:
            features: those wanted, a mask (N,), numbers or a slice; all by default.
            device: where it is counted, and where the result lies.
            weights: whole numbers (n_blocks,) from 0 to 256, how often each block counts: C = X' diag(w) X. For resampling
                documents.

        Returns:
            Tensor (n, n) of int32 (int64 where counts may exceed it). Convert before multiplying counts with one another.
        """
        index = None if features is None else as_numbers(features, self.n_features)
        return self._cooccurrence(index, None, device, weights)

    def cooccurrence_tile(
        self,
        rows: Features,
        columns: Features,
        device: str | torch.device = "cpu",
        *,
        weights: NDArray[Any] | None = None,
    ) -> torch.Tensor:
        """The part (n_rows, n_columns) of `cooccurrence` between two sets of features, without making the rest."""
        return self._cooccurrence(
            as_numbers(rows, self.n_features), as_numbers(columns, self.n_features), device, weights
        )

    def write(self, folder: str | Path) -> None:
        """Write everything, controls included, to a folder that `open` reads; complete or not to be opened at all.

        Raises:
            SaegeoError: the folder is full or may not be written to.
        """
        write_firing(_to_store(self, {}), Path(folder))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that is known except the controls, whatever form the incidence is kept in."""
        arrays = {name: getattr(self, name) for name in ARRAYS}
        return digest_of_statistics(self.facts(), arrays, self.fired, self.pair_counts)

    @property
    def identity(self) -> str:
        """SHA-256 of all that can be read of them: what `digest` covers, the axes and the controls, which are not opened for it."""
        axes = [] if self.axes is None else [self.axes]
        return joint_digest([self.digest, *axes, *map(_identity_of, self.controls_from)])

    def facts(self) -> dict[str, Any]:
        """What is known besides arrays, plain JSON."""
        names = ("n_blocks", "n_tokens", "block_tokens", "tails", "n_tails", "sae_digest")
        return {name: getattr(self, name) for name in names} | {
            "fires_above": None if self.fires_above is None else float(self.fires_above),
            "label_names": list(self.label_names),
            "corpus": dict(self.corpus),
        }

    def __repr__(self) -> str:
        return f"FiringStatistics({self.n_features} features in {self.n_blocks} blocks)"

    def _cooccurrence(
        self, rows: Index | None, columns: Index | None, device: str | torch.device, weights: NDArray[Any] | None
    ) -> torch.Tensor:
        if self.pair_counts is None:
            checked = None if weights is None else as_weights(weights, self.n_blocks)
            return self.incidence().cooccurrence(rows, columns, weights=checked, device=device)
        if weights is not None:
            self.incidence()  # says why blocks cannot be weighted
        left = np.arange(self.n_features) if rows is None else rows
        right = left if columns is None else columns
        counts = self.pair_counts[np.ix_(left, right)]
        return torch.from_numpy(counts.astype(np.int32 if self.n_blocks < 2**31 else np.int64)).to(device)


def _to_store(firing: FiringStatistics, beside: dict[str, NDArray[Any]]) -> StoredFiring:
    """What is kept of statistics, with further arrays beside theirs."""
    arrays = beside | {name: values for name in ARRAYS if (values := getattr(firing, name)) is not None}
    if firing.fired is not None:
        arrays |= firing.fired.arrays
    if firing.pair_counts is not None:
        arrays["pair_counts"] = firing.pair_counts
    if firing.axes is not None:
        arrays["axes"] = firing.axes
    controls = (
        Deferred(partial(_control_to_store, make), partial(_identity_of, make)) for make in firing.controls_from
    )
    return StoredFiring(firing.facts(), arrays, tuple(controls))


def _control_to_store(make: Callable[[], Control]) -> StoredFiring:
    directions, firing = make()
    kept = {"signs": directions.signs} if isinstance(directions, Reflection) else {"directions": directions}
    return _to_store(firing, kept)


def _from_stored(stored: StoredFiring) -> FiringStatistics:
    arrays = stored.arrays
    incidence = {name: arrays[name] for name in INCIDENCE_ARRAYS if name in arrays}
    n_features = len(arrays["feature_ids"]) if "feature_ids" in arrays else 0
    known: dict[str, Any] = {name: arrays[name] for name in (*ARRAYS, "pair_counts", "axes") if name in arrays}
    return FiringStatistics(
        fired=from_stored(incidence, n_features) if incidence else None,
        controls_from=tuple(
            Deferred(partial(_control_from_stored, stored_control, known.get("axes")), stored_control.identify)
            for stored_control in stored.controls
        ),
        **known,
        **stored.facts,
    )


def _control_from_stored(read: Callable[[], StoredFiring], axes: NDArray[np.float32] | None) -> Control:
    stored = read()
    firing = _from_stored(stored)
    if "directions" in stored.arrays:
        return Control(stored.arrays["directions"], firing)
    if axes is None or "signs" not in stored.arrays:
        raise SaegeoError("a control has neither directions nor signs and axes to reflect along", "harvest again")
    return Control(Reflection(axes, stored.arrays["signs"]), firing)


def _identity_of(make: Callable[[], Control]) -> str:
    return make.identify() if isinstance(make, Deferred) else make().identity


def _selected(make: Callable[[], Control], feature_ids: Index) -> Control:
    return make().select(feature_ids)
