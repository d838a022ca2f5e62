"""Write the vectors of the words in the bundled relations: `python tools/embed_bundled_words.py [MODEL…]`.

Every distinct word goes through the model by itself, framed as a text is ([CLS] and [SEP] around it, or BOS before it), and is kept
at its last token: once at the embeddings, once at each of the hooks that the bundled dictionaries of the model read. Half
precision: three digits are far finer than what two words differ by. Of the eleven binary digits of SmolLM2's numbers five are
kept, so that a wheel packs them into 5 MB instead of 9.

    plugins/saegeo_crystals/bundled/vectors/MODEL/words.json      the words, the number of tokens of each, characters of the last
    plugins/saegeo_crystals/bundled/vectors/MODEL/embedding.npy   float16 (n_words, d)
    plugins/saegeo_crystals/bundled/vectors/MODEL/layer_<L>.npy   likewise, for every layer

Needs the extras demo and lm and no network. The model's digest and the versions used are kept in words.json.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from short_floats import rounded

from saegeo_core.activations.model_loading import load_tokenizer
from saegeo_core.activations.packaged_models import MINILM, SMOLLM2, PackagedModel
from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.transformer_source import Transformer
from saegeo_core.corpora.corpus import Document

BUNDLED = Path(__file__).parents[1] / "plugins" / "saegeo_crystals" / "bundled"


@dataclass(frozen=True)
class Embedded:
    """A model whose vectors ship: at which layers, with how many binary digits after the leading one."""

    model: PackagedModel
    layers: tuple[int, ...]
    prepend_bos: bool | None
    mantissa_bits: int

    @property
    def hooks(self) -> dict[str, str]:
        """Hooks by the names of their files."""
        after = {f"layer_{layer}": f"blocks.{layer}.hook_resid_post" for layer in self.layers}
        return {"embedding": "blocks.0.hook_resid_pre", **after}


EMBEDDED = {
    one.model.name: one
    for one in (Embedded(MINILM, tuple(range(6)), None, 10), Embedded(SMOLLM2, (6, 12, 18, 24), True, 4))
}


def bundled_words(folder: Path = BUNDLED / "relations") -> list[str]:
    """Every distinct word of the relations, in alphabetical order."""
    pairs = [pair for file in sorted(folder.glob("*.json")) for pair in json.loads(file.read_text(encoding="utf-8"))]
    return sorted({word for pair in pairs for word in (pair["input"], pair["output"])})


def embed(words: list[str], source: Any, hooks: dict[str, str], mantissa_bits: int) -> dict[str, np.ndarray]:
    """For each place float16 (n_words, d), the activation at the last token of each word."""
    rows: dict[str, dict[int, np.ndarray]] = {place: {} for place in hooks}
    documents = [Document(word, None, word, number) for number, word in enumerate(words)]
    for batch in source.batches_by_length(documents):
        for place, hook in hooks.items():
            values = batch.activations[hook].numpy(force=True)
            rows[place].update(
                dict(zip(batch.document.tolist(), values, strict=True))
            )  # the last token of a word stays
    return {place: _stored([of_word[n] for n in range(len(words))], mantissa_bits) for place, of_word in rows.items()}


def _stored(rows: list[np.ndarray], mantissa_bits: int) -> np.ndarray:
    return rounded(torch.from_numpy(np.stack(rows)), mantissa_bits).half().numpy()


def token_facts(words: list[str], tokenizer: Any) -> dict[str, list[int]]:
    """How many tokens each word has, and the characters of its last one without the mark of a continuation or of a blank."""
    tokens = [tokenizer.tokenize(word) for word in words]
    return {
        "n_tokens": [len(one) for one in tokens],
        "last_token_characters": [len(one[-1].removeprefix("##").removeprefix("Ġ")) for one in tokens],
    }


def write(one: Embedded, words: list[str]) -> None:
    """Write the folder of one model anew."""
    hooks = one.hooks
    source = Transformer().open(one.model.name, SourceRequest(tuple(hooks.values()), prepend_bos=one.prepend_bos))
    tokenizer, _ = load_tokenizer(one.model.name)
    folder = BUNDLED / "vectors" / one.model.name
    folder.mkdir(parents=True, exist_ok=True)
    for place, vectors in embed(words, source, hooks, one.mantissa_bits).items():
        np.save(folder / f"{place}.npy", vectors, allow_pickle=False)
    described = source.describe()
    facts = {
        "model": one.model.hub_name,
        "licence": "Apache-2.0",
        "token": "last",
        "hooks": hooks,
        "model_digest": described["model_digest"],
        "tokenizer_digest": described["tokenizer_digest"],
        "versions": {package: version(package) for package in ("torch", "transformers", "numpy")},
        "words": words,
        **token_facts(words, tokenizer),
    }
    (folder / "words.json").write_text(json.dumps(facts, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{one.model.name}: {len(words)} words at {len(hooks)} places, {size / 1e6:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", choices=[*EMBEDDED], default=[*EMBEDDED], metavar="MODEL")
    for name in parser.parse_args().models:
        write(EMBEDDED[name], bundled_words())


if __name__ == "__main__":
    main()
