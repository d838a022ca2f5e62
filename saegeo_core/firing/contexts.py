"""What the features of an SAE fire on, beside its firing statistics: their strongest contexts and their top tokens.

    <folder>/contexts.parquet      of each feature the contexts in which it fired most strongly, one of a document at most
             top_tokens.parquet    of each feature the tokens of the vocabulary with the largest sums of activations

Both are plain Parquet, with the texts of the tokens in it, so that no tokenizer is needed to read them. Where the text may not be
passed on only the second is written. They tell of numbers and decide none: firing statistics are the same with them and without.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from saegeo_core.atomic_file import replacing
from saegeo_core.errors import SaegeoError
from saegeo_core.frozen import Frozen
from saegeo_core.json_text import parsed
from saegeo_core.size_limit import refuse_inflating, refuse_without_end

if TYPE_CHECKING:
    import pyarrow as pa

#: Tokens before the one that a feature fires on, and behind it, in a context.
AROUND = 8
#: Tokens that are told of each feature.
N_TOP_TOKENS = 10
CONTEXTS, TOP_TOKENS = "contexts.parquet", "top_tokens.parquet"
FACTS = b"saegeo"


@dataclass(frozen=True)
class Context:
    """A place in a text where a feature fired.

    Attributes:
        value: how strongly.
        document: number of the document in the corpus, from 0.
        position: number of the token in the document, from 0, special tokens not counted.
        tokens: texts of the tokens around, which joined read as the text does.
        fired: which of them it fired on.
    """

    value: float
    document: int
    position: int
    tokens: tuple[str, ...]
    fired: int


@dataclass(frozen=True)
class TopToken:
    """A token of the vocabulary that a feature fired on.

    Attributes:
        text: the token, with the blank before it where it begins a word.
        token: its number in the vocabulary.
        count: how often the feature fired on it.
        activation_sum: over these times.
    """

    text: str
    token: int
    count: int
    activation_sum: float


class _Facts(Frozen):
    """What stands in the file besides its columns."""

    format_version: int = Field(ge=1, le=1)
    n_contexts: int = Field(ge=0)
    sae_digest: str | None
    sha256: str


@dataclass(frozen=True, eq=False)
class FiringContexts:
    """What features fire on. Rows are in the order of features, the strongest first.

    Attributes:
        n_contexts: contexts kept of each feature; 0 where there are top tokens alone.
        contexts: Arrow table with `feature`, `value`, `document`, `position`, `tokens` (list of texts) and `fired`.
        top_tokens: Arrow table with `feature`, `text`, `token`, `count`, `activation_sum`.
        sae_digest: digest of the weights of the SAE.
    """

    n_contexts: int
    contexts: "pa.Table"
    top_tokens: "pa.Table"
    sae_digest: str | None = None

    @classmethod
    def from_columns(
        cls, n_contexts: int, contexts: dict[str, Any], top_tokens: dict[str, Any], sae_digest: str | None = None
    ) -> "FiringContexts":
        """Of columns by name: arrays, and lists of texts."""
        import pyarrow as pa

        return cls(
            n_contexts,
            pa.table(contexts, schema=_context_columns()),
            pa.table(top_tokens, schema=_token_columns()),
            sae_digest,
        )

    @classmethod
    def open(cls, folder: Path) -> "FiringContexts | None":
        """Those beside the firing statistics in a folder; None where none were kept.

        Raises:
            SaegeoError: damaged files, or not what is written here.
        """
        if not (folder / TOP_TOKENS).exists():
            return None
        top_tokens, facts = _read(folder / TOP_TOKENS, _token_columns())
        contexts = _context_columns().empty_table()
        if facts.n_contexts:
            contexts, other = _read(folder / CONTEXTS, _context_columns())
            if (other.n_contexts, other.sae_digest) != (facts.n_contexts, facts.sae_digest):
                raise SaegeoError(f"{folder / CONTEXTS} and {TOP_TOKENS} are of two harvests", "harvest again")
            _refuse_wrong_places(contexts, folder / CONTEXTS)
        return cls(facts.n_contexts, contexts, top_tokens, facts.sae_digest)

    def write(self, folder: Path) -> None:
        """Write them into a folder, in place of what was there.

        Raises:
            OSError: the folder is full or may not be written to.
        """
        (folder / CONTEXTS).unlink(missing_ok=True)
        if self.n_contexts:
            self._write(self.contexts, folder / CONTEXTS)
        self._write(self.top_tokens, folder / TOP_TOKENS)

    def contexts_of(self, feature: int) -> list[Context]:
        """The contexts of the feature with that index in the SAE, the strongest first; none where it never fired."""
        rows = _rows_of(self.contexts, feature)
        return [
            Context(row["value"], row["document"], row["position"], tuple(row["tokens"]), row["fired"]) for row in rows
        ]

    def top_tokens_of(self, feature: int) -> list[TopToken]:
        """Its tokens with the largest sums of activations."""
        return [
            TopToken(row["text"], row["token"], row["count"], row["activation_sum"])
            for row in _rows_of(self.top_tokens, feature)
        ]

    def _write(self, table: "pa.Table", path: Path) -> None:
        import pyarrow.parquet as pq

        told = {"format_version": 1, "n_contexts": self.n_contexts, "sae_digest": self.sae_digest}
        facts = _Facts(**told, sha256=_checksum(table, told))
        with replacing(path) as file:
            pq.write_table(
                table.replace_schema_metadata({FACTS: facts.model_dump_json()}),
                file,
                compression="zstd",
                compression_level=19,
                use_dictionary=True,
            )


def remove_contexts(folder: Path) -> None:
    """Take away what stands in a folder of what features fire on.

    Raises:
        OSError: the folder may not be written to.
    """
    for name in (CONTEXTS, TOP_TOKENS):
        (folder / name).unlink(missing_ok=True)


def _context_columns() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        {
            "feature": pa.int64(),
            "value": pa.float32(),
            "document": pa.int64(),
            "position": pa.int64(),
            "tokens": pa.list_(pa.string()),
            "fired": pa.int32(),
        }
    )


def _token_columns() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        {
            "feature": pa.int64(),
            "text": pa.string(),
            "token": pa.int64(),
            "count": pa.int64(),
            "activation_sum": pa.float32(),
        }
    )


def _read(path: Path, columns: "pa.Schema") -> "tuple[pa.Table, _Facts]":
    import pyarrow.parquet as pq

    try:
        refuse_without_end(path)
        with path.open("rb") as opened, pq.ParquetFile(opened) as file:
            groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
            refuse_inflating(sum(group.total_byte_size for group in groups), path.stat().st_size, str(path))
            if not file.schema_arrow.equals(columns):
                raise SaegeoError(f"{path} has other columns than contexts have", "harvest again")
            facts = _Facts.model_validate(parsed(file.schema_arrow.metadata[FACTS].decode()))
            table = file.read().combine_chunks()
    except SaegeoError:
        raise
    except (ValidationError, Exception) as error:  # a damaged file fails in many ways, Arrow's among them
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SaegeoError(f"cannot read {path}: {first}", "harvest again") from None
    checksum = _checksum(table, facts.model_dump(exclude={"sha256"}))
    is_whole = not any(column.null_count for column in table.columns) and checksum == facts.sha256
    if not is_whole or (np.diff(table["feature"].to_numpy()) < 0).any():
        raise SaegeoError(f"{path} is damaged: it is not what was written", "harvest again")
    return table.replace_schema_metadata(), facts


def _refuse_wrong_places(contexts: "pa.Table", path: Path) -> None:
    """Raise SaegeoError where the token that a feature fired on is not among those of its context."""
    import pyarrow.compute as pc

    fired, n_tokens = contexts["fired"].to_numpy(), pc.list_value_length(contexts["tokens"]).to_numpy()
    if ((fired < 0) | (fired >= n_tokens)).any() or not np.isfinite(contexts["value"].to_numpy()).all():
        raise SaegeoError(f"{path} marks tokens that are not there", "harvest again")


def _rows_of(table: "pa.Table", feature: int) -> list[dict[str, Any]]:
    features: NDArray[np.int64] = table["feature"].to_numpy()
    first, end = np.searchsorted(features, [feature, feature + 1])
    rows: list[dict[str, Any]] = table.slice(int(first), int(end - first)).to_pylist()
    return rows


def _checksum(table: "pa.Table", told: dict[str, Any]) -> str:
    """SHA-256 of all values and of what is told besides, whatever way they lie in the file."""
    content = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for row in table.to_pylist():
        content.update(json.dumps(row, sort_keys=True).encode("utf-8", "surrogatepass"))
    return content.hexdigest()
