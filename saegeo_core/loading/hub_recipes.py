"""How each family of releases keeps its decoder on the hub: which file, under which name, which way round.

sae-lens loads an SAE whole and rewrites it in memory. For a cloud one matrix is enough, and every family keeps it in one
file, so it is downloaded and mapped without building the SAE. Hook names are those that sae-lens gives.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.sae_lens_config import facts_of_config
from saegeo_core.errors import SaegeoError
from saegeo_core.loading.file_format import Layout
from saegeo_core.loading.formats import dictionary_learning, gemma_scope, sae_lens_folder
from saegeo_core.loading.release_directory import ReleaseEntry

Facts = dict[str, Any]
Value = TypeVar("Value")
DIRECTORY_CHANGED = "sae-lens's directory has changed since saegeo was written: please report it"

Stored = Mapping[Rows, Mapping[str, Layout]]


@dataclass(frozen=True)
class Asked:
    """What facts are asked about: an entry, its configuration ({} where there is none), and which directions."""

    entry: ReleaseEntry
    config: Mapping[str, Any]
    rows: Rows


@dataclass(frozen=True)
class Recipe:
    """One family.

    Attributes:
        weights: file that holds the matrices; `{path}` is the entry's place in the repository.
        stored: names of the matrices, and whether their rows or columns are the features.
        facts: what names and configuration tell, by the field names of `SaeDescription`.
        config: file of the configuration, JSON; None when names say it all.
    """

    weights: str
    stored: Stored
    facts: Callable[[Asked], Facts]
    config: str | None = None


def layer_of(entry: ReleaseEntry) -> int:
    """The layer that the id names: `layer_12…`, `layer12` or `blocks.12…`."""
    found = re.search(r"(?:layer_?|blocks\.)(\d+)", entry.sae_id)
    if found is None:
        raise SaegeoError(f"the id of {entry} names no layer", DIRECTORY_CHANGED)
    return int(found[1])


def _named(architecture: str, hook: str, hf_hook: str | None = None) -> Callable[[Asked], Facts]:
    """Facts of a family whose ids say all there is to know: `{layer}` in the names of hooks is filled in."""

    def facts(asked: Asked) -> Facts:
        layer = layer_of(asked.entry)
        known: Facts = {"architecture": architecture, "hook_name": hook.format(layer=layer)}
        if hf_hook:
            known["hf_hook_name"] = hf_hook.format(layer=layer)
        if "transcoder" in architecture:
            known["training"] = {"hook_name_out": f"blocks.{layer}.hook_mlp_out"}
        return known

    return facts


def _sae_lens(asked: Asked) -> Facts:
    facts = facts_of_config(asked.config, asked.rows)
    normalization = asked.entry.notes.get("normalize_activations", asked.config.get("normalize_activations"))
    # `true` is how versions before 6 wrote it.
    is_folded = normalization in (True, "expected_average_only_in")
    return _rescaled(facts, asked, _inverse_norm_scaling(asked)) if is_folded else facts


def _dictionary_learning(asked: Asked) -> Facts:
    return dictionary_learning.facts_of_trainer(asked.config)


def _gemma_2(asked: Asked) -> Facts:
    size, site = asked.entry.repository.split("-")[2], asked.entry.repository.split("-")[-1]  # …/gemma-scope-2b-pt-res
    if asked.entry.path.startswith("embedding"):
        d_in = _looked_up(size, {"2b": 2304, "9b": 3584, "27b": 4608}, asked.entry)
        return _rescaled({"architecture": "jumprelu", "hook_name": "hook_embed"}, asked, math.sqrt(d_in))
    hook = _looked_up(site, gemma_scope.HOOKS, asked.entry)
    return _named("jumprelu", f"blocks.{{layer}}.{hook}")(asked)


def _gemma_3(asked: Asked) -> Facts:
    site = asked.entry.path.split("/")[0].removesuffix("_all")
    hook, hf_hook = _looked_up(site, gemma_scope.SITES, asked.entry)
    transcoder = "jumprelu_skip_transcoder" if "affine" in asked.entry.path else "jumprelu_transcoder"
    architecture = transcoder if site == "transcoder" else "jumprelu"
    return _named(architecture, f"blocks.{{layer}}.{hook}", f"model.layers.{{layer}}.{hf_hook}")(asked)


def _looked_up(key: str, table: Mapping[str, Value], entry: ReleaseEntry) -> Value:
    if key not in table:
        raise SaegeoError(f"{entry} is of a kind not known here: {key!r}", DIRECTORY_CHANGED)
    return table[key]


def _llama_scope(asked: Asked) -> Facts:
    facts = {
        "architecture": "jumprelu",
        "hook_name": asked.config.get("hook_point_in"),
        "d_sae": asked.config.get("d_sae"),
        "d_in": asked.config.get("d_model"),
    }
    return _rescaled(facts, asked, _inverse_norm_scaling(asked))


def _rescaled(facts: Facts, asked: Asked, factor: float | None) -> Facts:
    """`facts` with a note: sae-lens multiplies all decoder rows by one factor on loading. Here they stay as stored."""
    if asked.rows == "decoder" and factor is not None:
        facts["training"] = {**facts.get("training", {}), "sae_lens_multiplies_rows_by": factor}
    return facts


def _inverse_norm_scaling(asked: Asked) -> float | None:
    factor = asked.entry.notes.get("norm_scaling_factor")
    return None if factor is None else 1 / factor


# Weights of torch.nn.Linear are (outputs, inputs); sae-lens's are (inputs, outputs).
LINEAR: Stored = {"decoder": {"decoder.weight": "columns"}, "encoder": {"encoder.weight": "rows"}}
GOODFIRE: Stored = {"decoder": {"decoder_linear.weight": "columns"}, "encoder": {"encoder_linear.weight": "rows"}}
QWEN: Stored = {"decoder": {"W_dec": "columns"}, "encoder": {"W_enc": "rows"}}
BOTH_ROWS: Stored = {"decoder": {"W_dec": "rows"}, "encoder": {"W_enc": "rows"}}
TEMPORAL: Stored = {"decoder": {"D": "rows"}, "encoder": {"E": "columns"}}

RESIDUAL = "blocks.{layer}.hook_resid_post"
RECIPES = {
    "sae_lens": Recipe("{path}/sae_weights.safetensors", sae_lens_folder.STORED, _sae_lens, "{path}/cfg.json"),
    "dictionary_learning_1": Recipe(
        "{path}/ae.pt", dictionary_learning.STORED, _dictionary_learning, "{path}/config.json"
    ),
    "gemma_2": Recipe("{path}/params.npz", gemma_scope.STORED, _gemma_2),
    "gemma_2_transcoder": Recipe(
        "{path}/params.npz",
        gemma_scope.STORED,
        _named("jumprelu_transcoder", "blocks.{layer}.ln2.hook_normalized"),
    ),
    "gemma_3": Recipe("{path}/params.safetensors", gemma_scope.STORED, _gemma_3),
    "llama_scope": Recipe("{path}/checkpoints/final.safetensors", LINEAR, _llama_scope, "{path}/hyperparams.json"),
    "llama_scope_r1_distill": Recipe("{path}/sae_weights.safetensors", LINEAR, _llama_scope, "{path}/config.json"),
    "mwhanna_transcoder": Recipe("{path}", BOTH_ROWS, _named("transcoder", "blocks.{layer}.mlp.hook_in")),
    "qwen_scope": Recipe("{path}", QWEN, _named("topk", RESIDUAL, "model.layers.{layer}")),
    "deepseek_r1": Recipe("{path}", LINEAR, _named("standard", RESIDUAL)),
    "goodfire": Recipe("{path}", GOODFIRE, _named("standard", RESIDUAL)),
    "connor_rob_hook_z": Recipe("{path}", sae_lens_folder.STORED, _named("standard", "blocks.{layer}.attn.hook_z")),
    "temporal": Recipe("{path}/latest_ckpt.safetensors", TEMPORAL, _named("temporal", RESIDUAL)),
}
