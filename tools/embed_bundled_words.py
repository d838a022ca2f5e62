"""Write the vectors of the words in the bundled relations: `python tools/embed_bundled_words.py`.

Every distinct word goes through all-MiniLM-L6-v2 by itself, between [CLS] and [SEP], and is kept at its last token: once at the
embeddings, once after each of the six blocks, at the very hooks that the bundled dictionaries read. Half precision: the values
lie within about ±10, where three digits are far finer than what two words differ by.

    plugins/saegeo_crystals/bundled/vectors/words.json      the words, how many tokens each has, characters of the last of them
    plugins/saegeo_crystals/bundled/vectors/embedding.npy   float16 (n_words, 384)
    plugins/saegeo_crystals/bundled/vectors/layer_<L>.npy   likewise, L from 0 to 5

Needs the demo extra and no network. The model's digest and the versions used are kept in words.json.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from saegeo_core.activations.model_loading import load_tokenizer
from saegeo_core.activations.packaged_models import MINILM
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.transformer_source import Transformer
from saegeo_core.corpora.corpus import Document

BUNDLED = Path(__file__).parents[1] / "plugins" / "saegeo_crystals" / "bundled"
HOOKS = {
    "embedding": "blocks.0.hook_resid_pre",
    **{f"layer_{layer}": f"blocks.{layer}.hook_resid_post" for layer in range(6)},
}


def bundled_words(folder: Path = BUNDLED / "relations") -> list[str]:
    """Every distinct word of the relations, in alphabetical order."""
    pairs = [pair for file in sorted(folder.glob("*.json")) for pair in json.loads(file.read_text(encoding="utf-8"))]
    return sorted({word for pair in pairs for word in (pair["input"], pair["output"])})


def embed(words: list[str], source: Any) -> dict[str, np.ndarray]:
    """For each place float16 (n_words, d), the activation at the last token of each word."""
    rows: dict[str, dict[int, np.ndarray]] = {place: {} for place in HOOKS}
    documents = [Document(word, None, word, number) for number, word in enumerate(words)]
    for batch in source.batches(documents):
        for place, hook in HOOKS.items():
            values = batch.activations[hook].numpy(force=True)
            rows[place].update(
                dict(zip(batch.document.tolist(), values, strict=True))
            )  # the last token of a word stays
    return {
        place: np.stack([of_word[n] for n in range(len(words))]).astype(np.float16) for place, of_word in rows.items()
    }


def token_facts(words: list[str], tokenizer: Any) -> dict[str, list[int]]:
    """How many tokens each word has, and the characters of its last one without the mark of a continuation."""
    tokens = [tokenizer.tokenize(word) for word in words]
    return {
        "n_tokens": [len(one) for one in tokens],
        "last_token_characters": [len(one[-1].removeprefix("##")) for one in tokens],
    }


def main() -> None:
    """Write the folder anew."""
    words = bundled_words()
    source = Transformer().open(MINILM.name, SourceRequest(tuple(HOOKS.values())))
    tokenizer, _ = load_tokenizer(MINILM.name)
    folder = BUNDLED / "vectors"
    folder.mkdir(parents=True, exist_ok=True)
    for place, vectors in embed(words, source).items():
        np.save(folder / f"{place}.npy", vectors, allow_pickle=False)
    described = source.describe()
    facts = {
        "model": "sentence-transformers/all-MiniLM-L6-v2",
        "licence": "Apache-2.0",
        "token": "last",
        "hooks": HOOKS,
        "model_digest": described["model_digest"],
        "tokenizer_digest": described["tokenizer_digest"],
        "versions": {package: version(package) for package in ("torch", "transformers", "numpy")},
        "words": words,
        **token_facts(words, tokenizer),
    }
    (folder / "words.json").write_text(json.dumps(facts, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{len(words)} words at {len(HOOKS)} places, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
