"""Which language model is read, where in it, and on which device: one value from the command line to the open model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from saegeo_core.errors import SaegeoError
from saegeo_core.running.device import resolve_device

if TYPE_CHECKING:
    from saegeo_core.activations.source_kind import SourceKind
    from saegeo_core.activations.text_activations import TextActivations
    from saegeo_core.activations.unembedding import Unembedding
    from saegeo_core.cloud.description import SaeDescription


@dataclass(frozen=True)
class ModelPlace:
    """A place in a language model, as the user names it.

    It may be one that cannot be meant: reports that are stored already are read whatever is said of models, so it is checked
    where a model may be read (`refuse_unplaced`).

    Attributes:
        model: a model by name or folder; None reads none.
        layer: read it after this block, counted from 0, instead of where the SAE reads.
        hook: read it at this hook instead.
        force_model: read it though the SAE was trained on a model of another name.
        device: "auto", "cpu", "cuda" or "cuda:i". The analyses compute there too.
    """

    model: str | None = None
    layer: int | None = None
    hook: str | None = None
    force_model: bool = False
    device: str = "auto"

    def refuse_unplaced(self) -> None:
        """Raise SaegeoError for a layer or hook of no model, and for both at once."""
        if self.layer is not None and self.hook is not None:
            raise SaegeoError("--layer and --hook exclude each other", "--layer N is --hook blocks.N.hook_resid_post")
        if self.model is None and (self.layer is not None or self.hook is not None):
            raise SaegeoError(
                f"{'--hook' if self.layer is None else '--layer'} says where to read a model, and none was named",
                "type --model NAME_OR_PATH, for example --model minilm-l6",
            )

    def with_device_resolved(self) -> "ModelPlace":
        """The same place on a device by its full name.

        Raises:
            SaegeoError: not a device, or one this machine does not have.
        """
        return replace(self, device=resolve_device(self.device))

    def open_activations(self, sae: "SaeDescription", kinds: "Sequence[SourceKind]") -> "TextActivations | None":
        """What the model computes where the SAE reads, or where `layer` or `hook` says; None without a model.

        Raises:
            SaegeoError: a place without a model or two places, no such model or hook, another model than the SAE's own
                (unless `force_model`), or another width than that of the SAE's directions.
        """
        self.refuse_unplaced()
        if self.model is None:
            return None
        from saegeo_core.activations.text_activations import open_text_activations

        return open_text_activations(
            sae,
            self.model,
            layer=self.layer,
            hook=self.hook,
            force_model=self.force_model,
            device=self.device,
            kinds=kinds,
        )

    def open_unembedding(self, sae: "SaeDescription", kinds: "Sequence[SourceKind]") -> "Unembedding | None":
        """The directions from which the model reads its next token; None without a model.

        Raises:
            SaegeoError: no such model, one without an unembedding, or another than the SAE's own (unless `force_model`).
        """
        if self.model is None:
            return None
        from saegeo_core.activations.unembedding import open_unembedding

        return open_unembedding(sae, self.model, force_model=self.force_model, kinds=kinds)

    def may_bring_text(self, kinds: "Sequence[SourceKind]") -> bool:
        """Whether it names a source of another kind than a language model: such a one may bring its own documents."""
        if self.model is None:
            return False
        from saegeo_core.activations.source_kind import is_language_model

        return not is_language_model(self.model, kinds)
