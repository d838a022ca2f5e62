"""Where a hook is in a Hugging Face model: the one table that knows architectures.

SAEs name their place in the words of TransformerLens (`blocks.3.hook_resid_post`); the models here are Hugging Face's, whose
modules are named otherwise in every family. A place that the table lacks can be named by its module path instead.

On BERT, whose layer norms come after the sums, `hook_resid_post` is the block's output, after its last norm (what
TransformerLens calls `hook_normalized_resid_post`): it is what the next block reads.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from typing import Literal

from saegeo_core.errors import SaegeoError, near_matches

Side = Literal["input", "output"]
TRANSFORMER_LENS = re.compile(r"blocks\.(?P<block>\d+)\.(?P<place>(\w+\.)?hook_\w+)")


@dataclass(frozen=True)
class HookPoint:
    """One side of a module: its first positional input, or its output (the first of them)."""

    module: str
    side: Side


@dataclass(frozen=True)
class Family:
    """Where one family of models keeps things: the list of its blocks, and within a block the module and side of each hook."""

    blocks: str
    places: dict[str, HookPoint]

    def hooks(self, n_blocks: int) -> list[str]:
        """The TransformerLens names of every hook of a model with that many blocks."""
        return [f"blocks.{block}.{place}" for block in range(n_blocks) for place in self.places]


_BLOCK = {"hook_resid_pre": HookPoint("", "input"), "hook_resid_post": HookPoint("", "output")}
_GPT2 = Family(
    "h",
    {
        **_BLOCK,
        "hook_resid_mid": HookPoint("ln_2", "input"),
        "hook_attn_out": HookPoint("attn", "output"),
        "attn.hook_z": HookPoint("attn.c_proj", "input"),
        "hook_mlp_out": HookPoint("mlp", "output"),
    },
)
# Attention and MLP stand side by side on the same input: there is no residual stream between them.
_GPT_NEOX = Family(
    "layers",
    {
        **_BLOCK,
        "hook_attn_out": HookPoint("attention", "output"),
        "attn.hook_z": HookPoint("attention.dense", "input"),
        "hook_mlp_out": HookPoint("mlp", "output"),
    },
)
_LLAMA = Family(
    "layers",
    {
        **_BLOCK,
        "hook_resid_mid": HookPoint("post_attention_layernorm", "input"),
        "hook_attn_out": HookPoint("self_attn", "output"),
        "attn.hook_z": HookPoint("self_attn.o_proj", "input"),
        "hook_mlp_out": HookPoint("mlp", "output"),
    },
)
# A norm follows attention and MLP before their outputs enter the residual stream.
_GEMMA_2 = Family(
    "layers",
    {
        **_BLOCK,
        "hook_resid_mid": HookPoint("pre_feedforward_layernorm", "input"),
        "hook_attn_out": HookPoint("post_attention_layernorm", "output"),
        "attn.hook_z": HookPoint("self_attn.o_proj", "input"),
        "hook_mlp_out": HookPoint("post_feedforward_layernorm", "output"),
    },
)
_BERT = Family(
    "encoder.layer",
    {
        **_BLOCK,
        "hook_resid_mid": HookPoint("attention.output.LayerNorm", "input"),
        "hook_attn_out": HookPoint("attention.output.dense", "output"),
        "attn.hook_z": HookPoint("attention.output.dense", "input"),
        "hook_mlp_out": HookPoint("output.dense", "output"),
    },
)

#: By `model_type` of the model's configuration.
FAMILIES = {
    "bert": _BERT,
    "gemma": _LLAMA,
    "gemma2": _GEMMA_2,
    "gemma3": _GEMMA_2,
    "gemma3_text": _GEMMA_2,
    "gpt2": _GPT2,
    "gpt_neox": _GPT_NEOX,
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "qwen2": _LLAMA,
    "qwen3": _LLAMA,
}


def find_hook_point(hook: str, model_type: str, modules: Collection[str]) -> HookPoint:
    """Where `hook` is in a model of that type whose modules have those names.

    `hook` is a TransformerLens name, or a module path, with or without `.output` (the default) or `.input` behind it, and
    with or without the prefix that a head adds to the names (`model.layers.5` for `layers.5`).

    Raises:
        SaegeoError: the model has no such hook (near matches are named), or its family is not in the table.
    """
    match = TRANSFORMER_LENS.fullmatch(hook)
    if match:
        return _by_transformer_lens_name(hook, int(match["block"]), match["place"], model_type, modules)
    parent, _, last = hook.rpartition(".")
    tried: list[tuple[str, Side]] = [(hook, "output")]
    if last in ("input", "output"):
        tried.append((parent, "input" if last == "input" else "output"))
    for path, side in tried:
        module = _actual_name(path, modules)
        if module is not None:
            return HookPoint(module, side)
    raise SaegeoError(f"the model, a {model_type}, has no module {hook!r}", near_matches(hook, _listed(modules)))


def _by_transformer_lens_name(
    hook: str, block: int, place: str, model_type: str, modules: Collection[str]
) -> HookPoint:
    family = FAMILIES.get(model_type)
    if family is None:
        raise SaegeoError(
            f"where {hook} is in a model of type {model_type!r} is not known",
            f"known are {', '.join(FAMILIES)}; for others name the module, one of: {', '.join(_listed(modules)[:20])}",
        )
    module = _actual_name(f"{family.blocks}.{block}", modules)
    point = family.places.get(place)
    if module is None or point is None:
        n_blocks = next(n for n in count() if _actual_name(f"{family.blocks}.{n}", modules) is None)
        raise SaegeoError(
            f"the model, a {model_type} of {n_blocks} blocks, has no hook {hook!r}",
            near_matches(hook, family.hooks(n_blocks)),
        )
    return HookPoint(f"{module}.{point.module}".rstrip("."), point.side)


def _actual_name(path: str, modules: Collection[str]) -> str | None:
    """The name that a module goes by in this model, whether or not `path` has the prefix of a model with a head.

    Models of text and images keep their blocks under `language_model`.
    """
    without_prefix = path.partition(".")[2]
    names = [path, without_prefix, f"language_model.{path}", f"language_model.{without_prefix}"]
    return next((name for name in names if name and name in modules), None)


def _listed(modules: Collection[str]) -> list[str]:
    return [name for name in modules if name]
