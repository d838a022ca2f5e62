"""Harvesting one SAE, all-MiniLM-L6-v2, layer 3: against the bare forward pass to that layer and one dense encode.

The plain way has its tokens ready, keeps nothing and counts nothing: it is what no harvest can be faster than. Ours reads and
tokenizes the text, counts, and writes shards and result. Both answer with the tokens they saw. Needs the extra `demo`.
"""

import tempfile
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.measure import Work
from saegeo_core.activations.forward_hooks import read_hooks
from saegeo_core.activations.hook_points import HookPoint
from saegeo_core.activations.model_loading import load_model, load_tokenizer
from saegeo_core.activations.source import ActivationSource
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.transformer_source import Transformer
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.corpora.python_environment import PythonEnvironment
from saegeo_core.harvesting.engine import harvest
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.loading.whole_sae import load_whole_sae

MODEL, SAE, HOOK = "minilm-l6", "minilm-l6:layer_3", "blocks.3.hook_resid_post"
N_DOCUMENTS = 60
WINDOW_TOKENS = 510


@dataclass
class Ready:
    """Everything loaded: the parts of a harvest, and for the plain way model and windows of tokens."""

    sae: PlacedSae
    source: ActivationSource
    model: torch.nn.Module
    windows: list[torch.Tensor]


def ready() -> Ready:
    """Model, SAE and text."""
    tokenizer, _ = load_tokenizer(MODEL)
    model, _ = load_model(MODEL, "float32", "cpu")
    return Ready(
        PlacedSae(load_whole_sae(SaeSpec.parse(SAE)), HOOK),
        Transformer().open(MODEL, SourceRequest((HOOK,))),
        model,
        windows(tokenizer),
    )


def windows(tokenizer: Any) -> list[torch.Tensor]:
    """The documents as the model reads them, in windows between [CLS] and [SEP]."""
    framed = []
    for document, _ in zip(PythonEnvironment().documents(), range(N_DOCUMENTS), strict=False):
        ids = tokenizer(document.text, add_special_tokens=False, verbose=False)["input_ids"]
        for start in range(0, len(ids), WINDOW_TOKENS):
            window = [tokenizer.cls_token_id, *ids[start : start + WINDOW_TOKENS], tokenizer.sep_token_id]
            framed.append(torch.tensor([window]))
    return framed


@torch.no_grad()
def bare(parts: Ready) -> float:
    """Forward pass up to the layer, and `encode`."""
    points = {HOOK: HookPoint("encoder.layer.3", "output")}
    n_tokens = 0
    for ids in parts.windows:
        rows = read_hooks(parts.model, points, {"input_ids": ids}, lambda activation: activation[0, 1:-1])[HOOK]
        n_tokens += len(parts.sae.sae.module.encode(rows))
    return n_tokens


def harvested(parts: Ready) -> float:
    """The harvest, from text to statistics on disk."""
    with tempfile.TemporaryDirectory() as out:
        [one] = harvest([parts.sae], parts.source, PythonEnvironment(), out, HarvestSettings(documents=N_DOCUMENTS))
        return (one.firing.n_tokens or 0) + int(one.firing.corpus["tokens_in_tails"])


ROWS = [Work("harvest, all-MiniLM-L6-v2 layer 3, against its forward pass and one encode", ready, bare, harvested)]
