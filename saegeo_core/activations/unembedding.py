"""The unembedding of a language model: the direction of each token, from which the model reads what comes next."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from saegeo_core.activations.model_loading import head_weights, load_tokenizer
from saegeo_core.activations.place import refuse_other_model
from saegeo_core.activations.source_kind import SourceKind, is_language_model
from saegeo_core.cloud.description import SaeDescription
from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch


@dataclass(frozen=True, eq=False)
class Unembedding:
    """Directions of tokens in the residual stream. The norm before them, with its weights, is the model's and not in them.

    Attributes:
        matrix: tensor (n_tokens, d_model) on the CPU, as stored.
        tokens: the text of each token, as its tokenizer writes it; "" for rows that stand for none.
    """

    matrix: "torch.Tensor"
    tokens: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of matrix and tokens."""
        from saegeo_core.cloud.feature_cloud import rows_digest

        content = hashlib.sha256(rows_digest(self.matrix).encode())
        for token in self.tokens:
            content.update(token.encode("utf-8", "surrogatepass") + b"\0")
        return content.hexdigest()


def open_unembedding(
    sae: SaeDescription, model: str, *, force_model: bool = False, kinds: "Sequence[SourceKind]"
) -> Unembedding:
    """The unembedding of `model`, on whose residual stream the SAE's directions lie.

    Raises:
        SaegeoError: no such model, one without an unembedding, another model than the SAE's own (unless `force_model`), or
            directions of another width.
    """
    if not is_language_model(model, kinds):
        raise SaegeoError(f"{model} gives activations and has no unembedding", "name a language model")
    if not force_model:
        refuse_other_model([sae], model)
    matrix = head_weights(model)
    if matrix.shape[1] != sae.d_in:
        raise SaegeoError(
            f"the directions of {sae.spec} have width {sae.d_in}; the unembedding of {model} has width {matrix.shape[1]}",
            "it reads the residual stream: name an SAE that writes there, and its own model",
        )
    tokenizer, _ = load_tokenizer(model)
    known = tokenizer.convert_ids_to_tokens(range(min(len(tokenizer), len(matrix))))
    tokens = [*("" if token is None else token for token in known), *[""] * (len(matrix) - len(known))]
    return Unembedding(matrix, tuple(tokens))
