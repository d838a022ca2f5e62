"""Residual streams of SmolLM2-135M-Instruct at four of its thirty layers, from one forward pass, kept on disk.

    python tools/smollm_activations.py --corpus ../shared/corpus --out ../smollm-activations --part kept_out
    python tools/smollm_activations.py --corpus ../shared/corpus --out ../smollm-activations --part training --tokens 1000000

Both parts are folders of stored activations (`saegeo harvest --model stored:DIR` reads them): one safetensors file for every
sixteen documents, written whole or not at all, so an interrupted run goes on where it was. `--share 0/2` and `--share 1/2` are two
processes that take every other file. The order of documents is fixed, and kinds of text are even in every stretch of it, so that
what there is at any moment can be trained on.

Windows of 256 tokens follow BOS, whose own activation does not count: it is an attention sink, with a norm tens of times that of a
word. So is the first token behind it in one window of 35, which is kept. What is trained on is stored in float16; what is measured
and harvested, in float32, as a harvest computes it. Needs the model (see docs/bundled-release.md) and no network.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# Set before the libraries are imported: the model is a local file, and nothing may be asked of a hub.
os.environ["HF_HUB_OFFLINE"] = "1"

import corpus_split
import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from saegeo_core.activations.model_loading import load_tokenizer
from saegeo_core.activations.packaged_models import SMOLLM2
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.transformer_source import Transformer
from saegeo_core.corpora.corpus import Document

LAYERS = (6, 12, 18, 24)
BLOCK_TOKENS = 256
KEPT_OUT_BLOCKS_OF_A_KIND = 150
DOCUMENTS_OF_A_SHARD = 16
DOCUMENT = "document"


def hook_of_layer(layer: int) -> str:
    """The residual stream after that block."""
    return f"blocks.{layer}.hook_resid_post"


def even_order(documents: Sequence[corpus_split.Document], tokens: dict[str, int]) -> list[corpus_split.Document]:
    """All documents, next always one of the kind with the fewest tokens so far; within a kind in an order as good as random.

    `tokens` has the number of tokens of every text.
    """
    of_kind: dict[str, list[corpus_split.Document]] = defaultdict(list)
    for document in sorted(documents, key=lambda document: hashlib.sha256(document.text.encode()).digest()):
        of_kind[document.kind].append(document)
    taken = dict.fromkeys(sorted(of_kind), 0)
    ordered = []
    while taken:
        kind = min(taken, key=lambda kind: taken[kind])
        document = of_kind[kind].pop(0)
        ordered.append(document)
        taken[kind] += tokens[document.text]
        if not of_kind[kind]:
            del taken[kind]
    return ordered


def documents_of_part(part: str, corpus: Path, most_tokens: int) -> list[corpus_split.Document]:
    """The documents of `training` up to so many tokens, or of `kept_out` as many as fill the blocks wanted of every kind."""
    training, kept_out = corpus_split.split(corpus_split.read_documents(corpus))
    documents = training if part == "training" else kept_out
    tokenizer, _ = load_tokenizer(SMOLLM2.name)
    texts = [document.text for document in documents]
    ids = tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False)["input_ids"]
    tokens = dict(zip(texts, map(len, ids), strict=True))
    ordered = even_order(documents, tokens)
    if part == "training":
        last = int(np.searchsorted(np.cumsum([tokens[document.text] for document in ordered]), most_tokens))
        return ordered[: last + 1]
    blocks: dict[str, int] = defaultdict(int)
    chosen = []
    for document in ordered:
        of_document = tokens[document.text] // BLOCK_TOKENS
        if of_document and blocks[document.kind] < KEPT_OUT_BLOCKS_OF_A_KIND:
            blocks[document.kind] += of_document
            chosen.append(document)
    return chosen


def write_shards(
    folder: Path, documents: Sequence[corpus_split.Document], dtype: torch.dtype, share: tuple[int, int]
) -> None:
    """Write the shards that are not there yet, of those that are this process's share, and print how far it is."""
    numbers = range(share[0], -(-len(documents) // DOCUMENTS_OF_A_SHARD), share[1])
    missing = [number for number in numbers if not shard_file(folder, number).exists()]
    if not missing:
        return
    source = Transformer().open(SMOLLM2.name, request())
    about = {"text": f"{folder.name} of tools/corpus_split.py", "source": source.describe()}
    (folder / "about.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    started, done = time.monotonic(), 0
    for number in missing:
        first = number * DOCUMENTS_OF_A_SHARD
        some = documents[first : first + DOCUMENTS_OF_A_SHARD]
        tensors = activations_of(source, [Document(one.text, None, "", first + n) for n, one in enumerate(some)], dtype)
        partial = shard_file(folder, number).with_suffix(".partial")
        save_file(tensors, partial)
        partial.rename(shard_file(folder, number))
        done += len(tensors[DOCUMENT])
        speed = done / (time.monotonic() - started)
        print(f"shard {number}, {done:,} tokens now, {speed:.0f} tokens/s, {time.process_time():.0f} CPU s", flush=True)


def activations_of(source: Any, documents: Sequence[Document], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The tensors of one shard: the number of every token's document, and a row of each hook for every token."""
    batches = list(source.batches(documents))
    hooks = {hook: torch.cat([batch.activations[hook] for batch in batches]).to(dtype) for hook in request().hooks}
    return {DOCUMENT: torch.from_numpy(np.concatenate([batch.document for batch in batches])), **hooks}


def request() -> SourceRequest:
    """What is asked of the model."""
    return SourceRequest(tuple(map(hook_of_layer, LAYERS)), window_tokens=BLOCK_TOKENS, prepend_bos=True)


def shard_file(folder: Path, number: int) -> Path:
    """Where a shard lies."""
    return folder / f"{number:05}.safetensors"


def read_layer(folder: Path, layer: int) -> torch.Tensor:
    """The activations (n_tokens, 576) of one layer in all shards that are there, as they are stored."""
    return torch.cat(list(_rows_of_shards(folder, hook_of_layer(layer))))


def _rows_of_shards(folder: Path, hook: str) -> Iterator[torch.Tensor]:
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            yield tensors.get_tensor(hook)


def main() -> None:
    arguments = parse_arguments()
    folder = arguments.out / arguments.part
    folder.mkdir(parents=True, exist_ok=True)
    documents = documents_of_part(arguments.part, arguments.corpus, arguments.tokens)
    print(f"{arguments.part}: {len(documents)} documents", flush=True)
    lines = [json.dumps({"label": one.label, "group": f"{one.kind}/{one.group}"}) + "\n" for one in documents]
    (folder / "documents.jsonl").write_text("".join(lines), encoding="utf-8")
    write_shards(
        folder, documents, torch.float16 if arguments.part == "training" else torch.float32, tuple(arguments.share)
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=corpus_split.DEFAULT_CORPUS, help="folder with the labeled text")
    parser.add_argument("--out", type=Path, required=True, help="folder that receives the two parts")
    parser.add_argument("--part", choices=["training", "kept_out"], required=True)
    parser.add_argument("--tokens", type=int, default=1_000_000, help="of the training text (default: 1,000,000)")
    parser.add_argument(
        "--share", type=lambda text: [int(part) for part in text.split("/")], default=[0, 1], metavar="I/N"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
