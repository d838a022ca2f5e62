"""What a kind of activation source is: the interface of a plugin that brings one, and how a source is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from saegeo_core.activations.model_loading import FloatType
from saegeo_core.activations.source import ActivationSource
from saegeo_core.errors import SaegeoError

DEFAULT_KIND = "transformer"


@dataclass(frozen=True)
class SourceRequest:
    """What a harvest asks of a source.

    Attributes:
        hooks: the names of the hooks wanted, each once.
        centered_hooks: those of them whose activations lose their mean over the width, because the SAEs there were trained
            on a model with centered writing weights.
        device: where the model runs, "cpu" or "cuda:0".
        dtype: number type the model computes in.
        window_tokens: tokens of text that the model reads at once; None for what suits the model.
        prepend_bos: whether a window begins with BOS, whatever the tokenizer would do (GPT-2 and GPT-NeoX put none there); None
            leaves it to the tokenizer. SAEs trained through TransformerLens mostly had it; without it the first token of a
            window takes its place as attention sink.
        also_called: what the SAEs call the module of a hook in the Hugging Face model, for families of models that are not known.
    """

    hooks: tuple[str, ...]
    centered_hooks: frozenset[str] = frozenset()
    device: str = "cpu"
    dtype: FloatType = "float32"
    window_tokens: int | None = None
    prepend_bos: bool | None = None
    also_called: Mapping[str, str] = field(default_factory=dict)


class SourceKind(Protocol):
    """One way of getting activations.

    Attributes:
        name: what stands before the colon in `--model NAME:WHERE`.
        summary: one line: what it reads or computes.
    """

    name: str
    summary: str

    def open(self, where: str, request: SourceRequest) -> ActivationSource:
        """The source named by `where`, what follows the colon.

        Raises:
            SaegeoError: not there, damaged, without one of the hooks, or not able to do what is asked.
        """
        ...


def open_source(model: str, request: SourceRequest, kinds: Sequence[SourceKind]) -> ActivationSource:
    """The source that `model` names: `KIND:WHERE` for the kinds given, anything else is a transformer.

    Raises:
        SaegeoError: no hook is asked for, one is asked for twice, or whatever the kind raises.
    """
    if not request.hooks or len(set(request.hooks)) < len(request.hooks):
        raise SaegeoError(
            f"a source was asked for the hooks {', '.join(request.hooks) or '(none)'}", "name each hook once"
        )
    by_name = {kind.name: kind for kind in kinds}
    name, where = _kind_and_place(model, kinds)
    if name not in by_name:
        raise SaegeoError(f"{model!r} names no source of activations", f"known kinds: {', '.join(by_name) or 'none'}")
    return by_name[name].open(where, request)


def is_language_model(model: str, kinds: Sequence[SourceKind]) -> bool:
    """Whether `model` names a language model, by the name that SAEs call it, and not a source of another kind."""
    return _kind_and_place(model, kinds)[0] == DEFAULT_KIND


def _kind_and_place(model: str, kinds: Sequence[SourceKind]) -> tuple[str, str]:
    name, colon, where = model.partition(":")
    return (name, where) if colon and name in {kind.name for kind in kinds} else (DEFAULT_KIND, model)
