"""Activations computed by a Hugging Face model: the source behind nearly every harvest.

On a CPU every window goes through the model by itself, without padding. Windows that share a pass change each other's last
bits (the shape of a matrix product decides how it is summed), and a token near a threshold would then fire or not by the
batch size; alone, a window's activations depend on nothing else. On CUDA windows are padded to one length and share a pass, since
a card would idle otherwise; the layout is part of the description.

Words are another matter: nothing about them hangs on a threshold, there are thousands, and a pass takes milliseconds however
short its window. They go by length (`batches_by_length`), those of as many tokens together and without padding.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saegeo_core.activations.centering import center
from saegeo_core.activations.forward_hooks import read_hooks
from saegeo_core.activations.hook_points import find_hook_point
from saegeo_core.activations.model_loading import FloatType, load_model, load_tokenizer
from saegeo_core.activations.prefetch import prefetched
from saegeo_core.activations.source import ActivationBatch
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.token_census import TokenCensus
from saegeo_core.activations.token_texts import texts_within
from saegeo_core.activations.windows import Framing, Window, cut_into_windows, group_by_length, group_into_passes
from saegeo_core.corpora.corpus import Document
from saegeo_core.errors import SaegeoError

#: SAEs are trained on contexts of about this many tokens, special ones included; longer ones cost memory and give no more.
CONTEXT = 1024
#: Tokens, padding included, that share a pass on CUDA.
PASS_TOKENS = 16_384
#: Tokens that share a pass where windows go by length.
ALIKE_TOKENS = 1024
PASSES_AHEAD = 4


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model with its tokenizer, as they were asked for, and what tells them from others."""

    asked: tuple[str, FloatType, str]
    model: Any
    tokenizer: Any
    identity: Mapping[str, str]

    @classmethod
    def load(cls, where: str, dtype: FloatType, device: str) -> "LoadedModel":
        """The model named by `where`; raises SaegeoError as `load_model` and `load_tokenizer` do."""
        tokenizer, tokenizer_digest = load_tokenizer(where)
        model, model_digest = load_model(where, dtype, device)
        identity = {"model": where, "model_digest": model_digest, "tokenizer_digest": tokenizer_digest}
        return cls((where, dtype, device), model, tokenizer, identity)


class Transformer:
    """The kind of source that runs a Hugging Face model.

    The latest model stays loaded for the next source: SAEs of one model are mostly measured one after another.
    """

    name = "transformer"
    summary = "a Hugging Face model, by name or local folder; minilm-l6, smollm2-135m if installed"

    def __init__(self) -> None:
        self._latest: LoadedModel | None = None

    def open(self, where: str, request: SourceRequest) -> "TransformerSource":
        """The model and tokenizer named by `where`, on the device asked for.

        Raises:
            SaegeoError: not found or damaged, a hook that the model has not, or a window longer than the model reads.
        """
        asked = where, request.dtype, request.device
        if self._latest is None or self._latest.asked != asked:
            self._latest = None  # two models at once may be more than the device holds
            self._latest = LoadedModel.load(*asked)
        return TransformerSource(self._latest.model, self._latest.tokenizer, request, self._latest.identity)


class TransformerSource:
    """Activations at some hooks of one model.

    Args:
        model: a base model in evaluation mode, on its device.
        tokenizer: its Hugging Face tokenizer.
        request: the hooks, and how windows are cut (device and number type are the model's own).
        identity: what tells this model from others, as plain JSON.

    Raises:
        SaegeoError: a hook that the model has not, or a window longer than the model reads.
    """

    corpus = None

    def __init__(self, model: Any, tokenizer: Any, request: SourceRequest, identity: Mapping[str, Any]) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._framing = Framing.of(tokenizer, prepend_bos=request.prepend_bos)
        self._window_tokens = _window_tokens(model, tokenizer, self._framing, request.window_tokens)
        self._pass_tokens = PASS_TOKENS if model.device.type == "cuda" else None
        self._most_windows = PASS_TOKENS
        self._centered = request.centered_hooks
        modules = [name for name, _ in model.named_modules()]
        self._points = {
            hook: find_hook_point(hook, model.config.model_type, modules, request.also_called.get(hook))
            for hook in request.hooks
        }
        self._identity = dict(identity)
        self._census = TokenCensus()
        self.d_in = self._widths()

    def describe(self) -> dict[str, Any]:
        """Model and tokenizer with their digests, hooks and where they are, window, number type, and layout of the passes."""
        return {
            "kind": Transformer.name,
            **self._identity,
            "hooks": {
                hook: {"module": point.module, "side": point.side, "centred": hook in self._centered}
                for hook, point in self._points.items()
            },
            "dtype": str(self._model.dtype).removeprefix("torch."),
            "device": self._model.device.type,
            "window_tokens": self._window_tokens,
            "before_window": list(self._framing.before),
            "after_window": list(self._framing.after),
            "pass_tokens": self._pass_tokens,
        }

    def batches(self, documents: Iterable[Document]) -> Iterator[ActivationBatch]:
        """The activations of `documents`, one batch for each pass through the model; tokenized ahead, in another thread.

        Raises:
            SaegeoError: a token that the model does not embed, no memory for even one window, or activations that are not
                finite (raised after the last batch).
        """
        windows = cut_into_windows(documents, self._tokenizer, self._framing, self._window_tokens)
        yield from self._batches_of_passes(group_into_passes(windows, self._pass_tokens))

    def batches_by_length(self, documents: Iterable[Document]) -> Iterator[ActivationBatch]:
        """The same, windows of as many tokens in one pass and the shortest first: for many short texts, all tokenized before.

        Activations are those of `batches` to the rounding of the products, 1e-5 of the largest in float32.
        """
        windows = cut_into_windows(documents, self._tokenizer, self._framing, self._window_tokens)
        yield from self._batches_of_passes(group_by_length(windows, ALIKE_TOKENS))

    def _batches_of_passes(self, passes: Iterable[Sequence[Window]]) -> Iterator[ActivationBatch]:
        self._census = TokenCensus()
        for together in prefetched(passes, PASSES_AHEAD):
            for batch in self._batches_of(together):
                self._census.add(batch.activations)
                yield batch
        self._census.refuse_non_finite(
            "float16 overflows in this model: type --dtype bfloat16"
            if self.describe()["dtype"] == "float16"
            else "the weights of the model may be damaged: copy them again from their source"
        )

    def statistics(self) -> dict[str, dict[str, int]]:
        """Tokens, and tokens of high norm, at each hook in the latest `batches`."""
        return self._census.counts()

    def write_to(self, folder: Path) -> None:
        """Write model and tokenizer as transformers does, in the number type the model computes in."""
        self._model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)

    def token_texts(self, token_ids: NDArray[np.int64]) -> list[str]:
        """What each token adds to a text that it is put behind: vocabularies mark the beginnings of words in ways of their own."""
        return texts_within(token_ids, self._tokenizer)

    def _batches_of(self, windows: Sequence[Window]) -> Iterator[ActivationBatch]:
        """One batch; where the device has no memory for it, halves of it, now and from then on."""
        import torch

        if len(windows) <= self._most_windows:
            try:
                yield self._run(windows)
                return
            except torch.OutOfMemoryError as error:
                if len(windows) == 1:
                    raise SaegeoError(
                        f"{self._model.device} has no memory for a window of {len(windows[0].ids)} tokens",
                        "use a smaller --dtype, fewer hooks at once, or --device cpu",
                    ) from error
                self._most_windows = len(windows) // 2
        half = len(windows) // 2
        yield from self._batches_of(windows[:half])
        yield from self._batches_of(windows[half:])

    def _run(self, windows: Sequence[Window]) -> ActivationBatch:
        import torch

        longest = max(len(window.ids) for window in windows)
        ids = np.zeros((len(windows), longest), dtype=np.int64)
        attended = np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window.ids)] = window.ids
            attended[row, : len(window.ids)] = 1
        self._refuse_unknown_tokens(int(ids.max()))
        inputs = {"input_ids": torch.from_numpy(ids).to(self._model.device)}
        if not attended.all():
            inputs["attention_mask"] = torch.from_numpy(attended).to(self._model.device)
        counting = np.concatenate([row * longest + window.counting for row, window in enumerate(windows)])
        index = torch.from_numpy(counting).to(self._model.device)
        taken = read_hooks(self._model, self._points, inputs, lambda rows: rows.flatten(0, 1).index_select(0, index))
        return ActivationBatch(
            center(taken, self._centered),
            np.concatenate([np.full(len(window.counting), window.document) for window in windows]),
            np.concatenate([window.start + np.arange(len(window.counting)) for window in windows]),
            np.concatenate([window.ids[window.counting] for window in windows]),
        )

    def _widths(self) -> dict[str, int]:
        """Width at each hook, from one short pass, which also shows that every hook is reached."""
        import torch

        ids = torch.tensor([[*self._framing.before, 0, *self._framing.after]], device=self._model.device)
        return {
            hook: rows.shape[-1]
            for hook, rows in read_hooks(self._model, self._points, {"input_ids": ids}, lambda rows: rows).items()
        }

    def _refuse_unknown_tokens(self, highest: int) -> None:
        n_embedded = self._model.get_input_embeddings().num_embeddings
        if highest >= n_embedded:
            raise SaegeoError(
                f"the tokenizer gives token {highest}; the model embeds {n_embedded} tokens, 0 to {n_embedded - 1}",
                "model and tokenizer do not belong together: copy both from one source",
            )


def _positions(model: Any) -> int | None:
    """Places that the model's table of positions has for tokens; None where it has no table.

    RoBERTa and ESM count from behind the number of the padding token, so the first places of their tables are no token's.
    """
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            return int(module.num_embeddings - module.padding_idx - 1)
    return None


def _window_tokens(model: Any, tokenizer: Any, framing: Framing, asked: int | None) -> int:
    """Tokens of text in a window: as asked for, or the model's maximum without the frame, at most CONTEXT with it.

    Raises:
        SaegeoError: more than the model reads, or less than one.
    """
    config = model.config.get_text_config()
    limits = [getattr(config, "max_position_embeddings", None), tokenizer.model_max_length, _positions(model)]
    longest = min((limit for limit in limits if limit), default=CONTEXT) - framing.n_tokens
    tokens = min(longest, CONTEXT - framing.n_tokens) if asked is None else asked
    if not 1 <= tokens <= longest:
        raise SaegeoError(
            f"windows of {tokens} tokens were asked for; the model reads 1 to {longest} besides special tokens"
        )
    return tokens
