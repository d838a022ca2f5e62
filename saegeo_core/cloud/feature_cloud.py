"""The directions of one SAE as a cloud of points: the object every analysis measures.

Vectors stay as stored (a memory-mapped file stays one); nothing is normalized behind the user's back. Every array's first
axis is the feature axis, and `select` slices them all together.
"""

import copy
import hashlib
import json
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from saegeo_core.cloud.description import Rows, SaeDescription
from saegeo_core.cloud.sae_lens_object import directions_of_object
from saegeo_core.cloud.source_facts import describe
from saegeo_core.display import display
from saegeo_core.errors import SaegeoError
from saegeo_core.progress import Progress, silent
from saegeo_core.undeclared import Undeclared

ROWS_AT_ONCE = 4096
SHORTEST = 1e-75
"""Rows shorter than this count as zero: the squares of their squares are lost even in float64."""
LONGEST = 1e37
"""Rows longer than this are refused: single precision, in which products are made and lengths are kept, ends at 3e38."""

NEAR = 20
"""Powers of two within which fourth powers of lengths keep their digits in float32."""


@dataclass(frozen=True, eq=False)
class FeatureCloud:
    """N directions in d dimensions, and what is known of the SAE they come from.

    Make one with `load_cloud`, `FeatureCloud.from_sae` or `FeatureCloud.from_array`: they refuse what is not finite and
    leave out zero rows.

    Attributes:
        vectors: tensor (N, d), as stored, on the CPU. Read it, never write to it.
        feature_ids: int64 array (N,), the index of each row in the SAE.
        norms: float64 array (N,), Euclidean length of each row, > 0.
        sae: what is known of the SAE.
        labels: one text for each row, or None. An analysis reads them where it declares "labels".
        n_zero_rows: rows of zero length that were left out.
    """

    vectors: torch.Tensor
    feature_ids: NDArray[np.int64]
    norms: NDArray[np.float64]
    sae: SaeDescription
    labels: tuple[str, ...] | None = None
    n_zero_rows: int = 0

    @classmethod
    def from_array(
        cls,
        vectors: "torch.Tensor | NDArray[Any]",
        *,
        sae: SaeDescription | None = None,
        labels: Sequence[str] | None = None,
        name: str = "array",
        progress: Progress = silent,
    ) -> "FeatureCloud":
        """A cloud of the rows of `vectors`, an array or tensor (n_features, d_in) of floating-point numbers.

        `labels` has one text for each row given (zero rows included). Without `sae` the cloud is called `memory:NAME`.
        `progress` shows how many rows have been read.

        Raises:
            SaegeoError: not two-dimensional, not floating point, empty, not finite, longer than LONGEST, or all rows zero.
        """
        tensor = _as_float_matrix(vectors)
        sae = sae or SaeDescription(
            spec=f"memory:{name}",
            release="memory",
            sae_id=name,
            d_sae=tensor.shape[0],
            d_in=tensor.shape[1],
            dtype=str(tensor.dtype).removeprefix("torch."),
        )
        if labels is not None and len(labels) != tensor.shape[0]:
            raise SaegeoError(
                f"{len(labels)} labels were given for {tensor.shape[0]} features", "give one label for each feature"
            )
        norms = row_norms(tensor, progress)
        _refuse_beyond(tensor, norms, sae.spec)
        cloud = cls(tensor, np.arange(len(norms)), norms, sae, None if labels is None else tuple(labels))
        zero = norms == 0
        if not zero.any():
            return cloud
        if zero.all():
            raise SaegeoError(
                f"all {len(norms)} rows of {sae.spec} are zero, or shorter than {SHORTEST:g}: there is no direction to measure"
            )
        return replace(cloud.select(~zero), n_zero_rows=int(zero.sum()))

    @classmethod
    def from_sae(cls, sae: Any, *, rows: Rows = "decoder", name: str = "sae") -> "FeatureCloud":
        """A cloud of the decoder (or encoder) directions of a sae-lens SAE in memory.

        Raises:
            SaegeoError: not a sae-lens SAE, or with directions that `from_array` refuses.
        """
        vectors, facts = directions_of_object(sae, rows)
        described = describe(vectors, facts, rows, spec=f"memory:{name}", release="memory", sae_id=name)
        return cls.from_array(vectors, sae=described)

    @property
    def n_features(self) -> int:
        """Number of usable rows, N."""
        return self.vectors.shape[0]

    @property
    def d_in(self) -> int:
        """Number of dimensions, d."""
        return self.vectors.shape[1]

    def __len__(self) -> int:
        return self.n_features

    def select(self, rows: NDArray[Any]) -> "FeatureCloud":
        """The cloud of some rows: a boolean mask (N,) or an array of row numbers. Everything aligned is sliced with it."""
        index = np.flatnonzero(rows) if rows.dtype == bool else np.asarray(rows, dtype=np.int64)
        return replace(
            self,
            vectors=self.vectors[torch.from_numpy(index)],
            feature_ids=self.feature_ids[index],
            norms=self.norms[index],
            labels=tuple(self.labels[i] for i in index) if isinstance(self.labels, tuple) else self.labels,
        )

    def with_labels(self, labels: "tuple[str, ...] | Undeclared | None") -> "FeatureCloud":
        """The same cloud with other labels, or none, or those that may not be read. What is known of its rows stays known."""
        return self._with("labels", labels)

    def with_description(self, sae: SaeDescription) -> "FeatureCloud":
        """The same cloud with something else known of its SAE. What is known of its rows stays known."""
        return self._with("sae", sae)

    def _with(self, name: str, value: object) -> "FeatureCloud":
        other = copy.copy(self)
        object.__setattr__(other, name, value)
        return other

    def unit_vectors(self, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """Rows scaled to unit length, a new tensor (N, d)."""
        unit = torch.empty(self.vectors.shape, dtype=dtype)
        for rows in _slices(self.n_features):
            lengths = torch.from_numpy(self.norms[rows]).unsqueeze(1)
            unit[rows] = (self.vectors[rows].double() / lengths).to(dtype)
        return unit

    def with_unit_rows(self) -> "FeatureCloud":
        """The same directions, every row of length 1: a cloud of its own, float32, with a digest of its own."""
        return replace(self, vectors=self.unit_vectors(), norms=np.ones(self.n_features))

    def near_unit_length(self) -> "FeatureCloud":
        """The cloud, where its rows are so short or long that float32 does not hold their squares multiplied by a power of two.

        That one is float64, its rows are of length one in root mean square, and it has a digest of its own.
        """
        _, power = np.frexp(self.norms.max() * np.sqrt(np.mean((self.norms / self.norms.max()) ** 2)))
        if abs(power) <= NEAR:
            return self
        factor = 2.0 ** -float(power)
        return replace(self, vectors=self.vectors.double() * factor, norms=self.norms * factor)

    @cached_property
    def _row_digests(self) -> list[bytes]:
        return row_digests(self.vectors)

    def identify(self, progress: Progress = silent) -> None:
        """Find `digest` now, and show how far that is, rather than when somebody asks for it."""
        if "_row_digests" not in self.__dict__:
            self.__dict__["_row_digests"] = row_digests(self.vectors, progress)

    @property
    def n_duplicate_rows(self) -> int:
        """Rows that repeat an earlier one bit for bit."""
        return self.n_features - len(set(self._row_digests))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the rows as stored: shape, number type and bits. Two clouds with one digest are the same cloud."""
        return rows_digest(self.vectors, self._row_digests)

    @property
    def identity(self) -> str:
        """SHA-256 of all that can be read of the cloud: rows and their numbers, labels, and what is known of the SAE.

        What was typed for the SAE (`sae.spec`) is left out, for release and id tell which it is; lengths follow from the rows.
        """
        told = {
            "rows": self.digest,
            "feature_ids": hashlib.sha256(self.feature_ids.tobytes()).hexdigest(),
            "n_zero_rows": self.n_zero_rows,
            "sae": self.sae.model_dump(mode="json", exclude={"spec"}),
            "labels": self.labels if isinstance(self.labels, tuple) else None,
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def checksum(self) -> int:
        """CRC-32 of the arrays as they are now: changes when an analysis writes to them, which none may do. 0.2 s for 600 MB."""
        return rows_checksum(self.vectors, zlib.crc32(self.feature_ids.tobytes(), zlib.crc32(self.norms.tobytes())))

    def __repr__(self) -> str:
        return f"FeatureCloud({self.sae.spec}: {self.n_features} features x {self.d_in}, {self.sae.rows} rows, {self.sae.dtype})"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return display().cloud_html(self)


def row_digests(vectors: torch.Tensor, progress: Progress = silent) -> list[bytes]:
    """A digest of the bits of each row."""
    slices = _slices(len(vectors))
    return [
        hashlib.blake2b(row, digest_size=16).digest()
        for rows in progress(slices, len(slices), "rows identified")
        for row in _bytes_of(vectors[rows]).numpy()
    ]


def rows_checksum(vectors: torch.Tensor, value: int = 0) -> int:
    """CRC-32 of the bits of all rows, going on from `value`."""
    for rows in _slices(len(vectors)):
        value = zlib.crc32(_bytes_of(vectors[rows]).numpy().data, value)
    return value


def rows_digest(vectors: torch.Tensor, of_rows: list[bytes] | None = None) -> str:
    """SHA-256 of rows as stored; `of_rows` are their `row_digests`, where these are known."""
    content = hashlib.sha256(f"{vectors.dtype} {tuple(vectors.shape)}".encode())
    for row in row_digests(vectors) if of_rows is None else of_rows:
        content.update(row)
    return content.hexdigest()


def _bytes_of(rows: torch.Tensor) -> torch.Tensor:
    """The bytes of each row. One column counts as contiguous whatever its strides are, so the rows are laid end to end first."""
    return rows.contiguous().reshape(-1).view(torch.uint8).reshape(len(rows), -1)


def row_norms(vectors: torch.Tensor, progress: Progress = silent) -> NDArray[np.float64]:
    """Euclidean length of every row of a tensor (N, d), in float64, without a float64 copy of the whole."""
    slices = _slices(len(vectors))
    norms = [
        torch.linalg.vector_norm(vectors[rows], dim=1, dtype=torch.float64)
        for rows in progress(slices, len(slices), "rows read")
    ]
    lengths = torch.cat(norms).numpy()
    return np.where(lengths < SHORTEST, 0.0, lengths)


def _slices(n: int) -> list[slice]:
    return [slice(start, min(start + ROWS_AT_ONCE, n)) for start in range(0, n, ROWS_AT_ONCE)]


def _as_float_matrix(vectors: "torch.Tensor | NDArray[Any]") -> torch.Tensor:
    if not isinstance(vectors, torch.Tensor):
        array = np.asarray(vectors)
        if array.dtype.kind != "f" or array.dtype.itemsize > 8:
            raise SaegeoError(
                f"the directions are an array of {array.dtype}, not of floating-point numbers",
                "convert them to float32 first",
            )
        vectors = _tensor_sharing_memory(array.astype(array.dtype.newbyteorder("="), copy=False))
    vectors = vectors.detach()
    if not vectors.is_floating_point():
        raise SaegeoError(
            f"the directions are a tensor of {vectors.dtype}, not of floating-point numbers", "convert them first"
        )
    if vectors.ndim != 2:
        raise SaegeoError(
            f"the directions have shape {tuple(vectors.shape)}; a cloud needs two axes, (features, dimensions)",
            "give a matrix with one row for each feature",
        )
    if 0 in vectors.shape:
        raise SaegeoError(f"the directions have shape {tuple(vectors.shape)}: there is nothing to measure")
    return vectors.cpu()


def _tensor_sharing_memory(array: NDArray[Any]) -> torch.Tensor:
    """A tensor over the same memory, read-only arrays (memory-mapped files) included: the cloud never writes to its vectors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)


def _refuse_beyond(vectors: torch.Tensor, norms: NDArray[np.float64], spec: str) -> None:
    """A row with NaN or infinity has no finite length; neither has one whose squares overflow."""
    beyond = np.flatnonzero(~(norms <= LONGEST))
    broken = [row for row in beyond if not torch.isfinite(vectors[row]).all()]
    for rows, what, advice in (
        (broken, "hold NaN or infinity", "the weights are damaged: load them again from their source"),
        (beyond, f"are longer than {LONGEST:g}, where single precision ends", "divide all rows by one number"),
    ):
        if len(rows):
            shown = ", ".join(map(str, rows[:5])) + (" …" if len(rows) > 5 else "")
            raise SaegeoError(f"{len(rows)} of {len(norms)} rows of {spec} {what} (rows {shown})", advice)
