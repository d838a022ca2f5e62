"""Train the release that ships with saegeo: `minilm-l6`, nine small dictionaries of all-MiniLM-L6-v2.

    python tools/train_bundled_release.py --corpus ../shared/corpus --out saegeo_core/bundled/minilm-l6

Everything follows from the plan below and its seeds; with OMP_NUM_THREADS=1, under which the shipped files were made, and
the same versions and kind of processor, to the last bit. Dictionaries already in the output folder are left as they are
(`--replace` trains them again), so an interrupted run continues with the next one. Needs the extra `demo` for the model.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Set before the libraries are imported: the model is a local folder, and nothing may be asked of a hub.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"

import numpy as np
from corpus_split import DEFAULT_CORPUS, read_documents, split
from dictionary_training import Recipe, measure, save, train
from minilm_activations import MODEL_NAME, load_model, read_layer, sample_windows, write_activations

D_SAE = 1536
SAMPLING_SEED = 0
TRAINING_TOKENS_PER_KIND = 250_000
KEPT_OUT_TOKENS_PER_KIND = 40_000

KINDS_OF_TEXT = [
    {"kind": "github", "text": "Python standard library source", "licence": "PSF-2.0"},
    {"kind": "stacks_latex", "text": "algebraic geometry in LaTeX (Stacks project)", "licence": "GFDL-1.2-or-later"},
    {"kind": "wikipedia", "text": "WikiText-2, validation and test", "licence": "CC-BY-SA-3.0"},
    {"kind": "gutenberg", "text": "17 books of Project Gutenberg", "licence": "public domain"},
    {"kind": "pubmed", "text": "PubMedQA abstracts", "licence": "MIT"},
    {"kind": "ubuntu_irc", "text": "technical chat", "licence": "CC-BY-4.0"},
    {"kind": "us_speeches", "text": "State of the Union and inaugural addresses", "licence": "public domain"},
    {"kind": "dm_mathematics", "text": "generated school mathematics", "licence": "Apache-2.0"},
]

DEFINITIONS = {
    "l0": "mean number of features firing per kept-out token",
    "fraction_of_variance_unexplained": "summed squared error of the reconstruction over the summed squared distance "
    "of the kept-out tokens from their mean",
    "dead_share": "share of features that fire on none of the kept-out tokens measured",
}
RELEASE: dict[str, Any] = {
    "release": "minilm-l6",
    "model": MODEL_NAME,
    "model_licence": "Apache-2.0",
    "licence": "Apache-2.0",
    "summary": "Small dictionaries of the residual stream of all-MiniLM-L6-v2, for trying saegeo and for its tests",
    "corpus": {
        "split": "a third of the pieces of each kind is kept out, by source (tools/corpus_split.py)",
        "training_tokens": TRAINING_TOKENS_PER_KIND * len(KINDS_OF_TEXT),
        "kept_out_tokens_measured": KEPT_OUT_TOKENS_PER_KIND * len(KINDS_OF_TEXT),
        "kinds": KINDS_OF_TEXT,
    },
    "definitions": DEFINITIONS,
    "training": {
        "trainer": "sae_lens.training.sae_trainer.SAETrainer, BatchTopK, saved as JumpReLU",
        "stored_as": "float16, decoder rows of unit norm, inputs not normalised",
        "threshold": "one for all features, set so that k features fire per token of training text",
    },
}

#: What release.json says of each dictionary.
FACTS = (
    *("layer", "hook_name", "hf_hook_name", "architecture", "d_in", "d_sae", "k", "seed"),
    *("l0", "fraction_of_variance_unexplained", "dead_share", "minutes"),
)


@dataclass(frozen=True)
class Plan:
    """One dictionary of the release. `layer_*` names the six that differ in nothing but the layer."""

    sae_id: str
    layer: int
    k: int = 32
    seed: int = 0
    d_sae: int = D_SAE

    @property
    def recipe(self) -> Recipe:
        return Recipe(d_sae=self.d_sae, k=self.k, seed=self.seed)


PLANS = [
    *(Plan(f"layer_{layer}", layer) for layer in (3, 0, 1, 2, 4, 5)),
    Plan("l0_64_layer_3", layer=3, k=64),
    Plan("seed_1_layer_3", layer=3, seed=1),
    Plan("width_768_layer_3", layer=3, d_sae=768),
]


def main() -> None:
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    plans = [plan for plan in PLANS if plan.sae_id in arguments.only]
    if not arguments.replace:
        plans = [plan for plan in plans if not (arguments.out / plan.sae_id).exists()]
    with tempfile.TemporaryDirectory() as temporary:
        activations = arguments.activations or Path(temporary)
        if plans:
            _prepare_activations(arguments.corpus, activations)
        for plan in plans:
            _make(plan, activations, arguments.out)
    _write_release(arguments.out)


def _prepare_activations(corpus: Path, folder: Path) -> None:
    """Write `training` and `kept_out` activations under `folder`, unless an earlier run has finished them."""
    rng = np.random.default_rng(SAMPLING_SEED)
    training, kept_out = split(read_documents(corpus))
    parts = {"training": (training, TRAINING_TOKENS_PER_KIND), "kept_out": (kept_out, KEPT_OUT_TOKENS_PER_KIND)}
    tokenizer, model = load_model()
    for name, (documents, tokens_per_kind) in parts.items():
        # Drawn even where the activations are there, so that a resumed run goes through the same random numbers.
        windows = sample_windows(documents, tokenizer, tokens_per_kind, rng)
        if (folder / name).exists():
            continue
        partial = folder / f"{name}.partial"
        # What is trained on may come from bfloat16 products: their error is 1e-4 of the variance at most. What is
        # measured on may not.
        in_bfloat16 = name == "training"
        write_activations(partial, windows, model, tokenizer, bfloat16=in_bfloat16, progress=_progress(name))
        partial.rename(folder / name)


def _make(plan: Plan, activations: Path, out: Path) -> None:
    """Train, save and measure one dictionary; it appears in `out` only when complete."""
    started = time.monotonic()
    recipe = plan.recipe
    rows = read_layer(activations / "training", plan.layer)
    sae = train(rows, recipe)
    minutes = (time.monotonic() - started) / 60
    with tempfile.TemporaryDirectory(dir=out, prefix=".") as temporary:
        partial = Path(temporary) / plan.sae_id
        save(sae, rows, _where_it_belongs(plan), partial)
        measured = measure(partial, read_layer(activations / "kept_out", plan.layer))
        made = {"recipe": asdict(recipe), "minutes": round(minutes, 1), "torch_version": version("torch")}
        add_metadata(partial, measured | made)
        shutil.rmtree(out / plan.sae_id, ignore_errors=True)
        partial.rename(out / plan.sae_id)
    figures = "  ".join(f"{name} {value:.4g}" for name, value in measured.items())
    print(f"{plan.sae_id:<16} {minutes:4.1f} min  {figures}", flush=True)


def _where_it_belongs(plan: Plan) -> dict[str, Any]:
    return {
        "model_name": MODEL_NAME,
        "hook_name": f"blocks.{plan.layer}.hook_resid_post",
        "hf_hook_name": f"encoder.layer.{plan.layer}",
        "layer": plan.layer,
        "k": plan.k,
        "seed": plan.seed,
    }


def add_metadata(folder: Path, facts: dict[str, Any]) -> None:
    file = folder / "cfg.json"
    config = json.loads(file.read_text())
    config["metadata"] |= facts
    file.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")


def _write_release(out: Path) -> None:
    """Assemble `release.json` from the dictionaries that are there, as their own metadata describe them."""
    saes = {plan.sae_id: metadata_of(out / plan.sae_id) for plan in PLANS if (out / plan.sae_id).exists()}
    if not saes:
        return
    any_of_them = next(iter(saes.values()))
    recipe = {name: value for name, value in any_of_them["recipe"].items() if name not in ("k", "seed", "d_sae")}
    training = RELEASE["training"] | {
        "recipe": recipe,
        "tokens_per_dictionary": recipe["steps"] * recipe["batch_tokens"],
        "minutes": round(sum(metadata["minutes"] for metadata in saes.values()), 1),
        "sae_lens": any_of_them["sae_lens_training_version"],
        "torch": any_of_them["torch_version"],
    }
    facts = {sae_id: {name: saes[sae_id][name] for name in FACTS} for sae_id in sorted(saes)}
    release = RELEASE | {"training": training, "saes": facts}
    (out / "release.json").write_text(json.dumps(release, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def metadata_of(folder: Path) -> dict[str, Any]:
    config = json.loads((folder / "cfg.json").read_text())
    return config["metadata"] | {name: config[name] for name in ("architecture", "d_in", "d_sae")}


def _progress(name: str) -> Callable[[int, int], None]:
    """A reporter that prints one line at every tenth of the work."""
    tenths = iter(range(1, 11))
    due = next(tenths)

    def report(done: int, total: int) -> None:
        nonlocal due
        if 10 * done >= due * total:
            print(f"{name} activations: {done:,} of {total:,} tokens", flush=True)
            due = next(tenths, 11)

    return report


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [plan.sae_id for plan in PLANS]
    parser.add_argument("--corpus", type=Path, default=DEFAULT_CORPUS, help="folder of the labeled text")
    parser.add_argument("--out", type=Path, required=True, help="folder that receives one folder per dictionary")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="ID", help="train only these")
    parser.add_argument("--replace", action="store_true", help="train again what is already there")
    parser.add_argument("--activations", type=Path, help="keep the activations here (10 GB), reuse those already here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
