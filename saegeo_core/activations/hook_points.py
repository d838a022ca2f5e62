"""Where a hook is in a Hugging Face model: the one table that knows architectures.

SAEs name their place in the words of TransformerLens (`blocks.3.hook_resid_post`); the models here are Hugging Face's, whose
modules are named otherwise in every family. A place that the table lacks can be named by its module path instead.

On BERT, whose layer norms come after the sums, `hook_resid_post` is the block's output, after its last norm (what
TransformerLens calls `hook_normalized_resid_post`): it is what the next block reads.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

from saegeo_core.errors import SaegeoError, near_matches

Side = Literal["input", "output"]
EMBEDDING = "hook_embed"
TRANSFORMER_LENS = re.compile(r"blocks\.(?P<block>\d+)\.(?P<place>(\w+\.)?hook_\w+)")


@dataclass(frozen=True)
class HookPoint:
    """One side of a module: its first positional input, or its output (the first of them).

    Attributes:
        module: its name in the model.
        side: "input" or "output".
        is_flat: whether the tokens of all texts lie there in one row, (n_rows * length, width).
    """

    module: str
    side: Side
    is_flat: bool = False


@dataclass(frozen=True)
class Family:
    """Where one family of models keeps things.

    Attributes:
        blocks: the list of its blocks.
        places: within a block, the module and side of each hook.
        embedding: where the embeddings of tokens are, before anything is added to them.
    """

    blocks: str
    places: dict[str, HookPoint]
    embedding: HookPoint

    def hooks(self, block: int) -> list[str]:
        """The TransformerLens names of every hook of one block, and that of the embedding."""
        return [*(f"blocks.{block}.{place}" for place in self.places), EMBEDDING]


def _family(
    blocks: str,
    *,
    embedding: str | HookPoint,
    attention: str | None,
    attention_matrix: str | None,
    mlp: str | None,
    mlp_matrix: str | None = None,
    between: str | None = None,
    mlp_norm: str | None = None,
    mlp_input: str | None = None,
    attention_output: str | None = None,
    mlp_output: str | None = None,
    flat: Collection[str] = (),
) -> Family:
    """A family by the names of the parts of its blocks.

    Args:
        blocks: the list of blocks.
        embedding: the module that embeds tokens; or another place where nothing but that has happened.
        attention, mlp: the two parts of a block; None where the family has no such module.
        attention_matrix: what maps the heads' outputs back; its input is hook_z.
        mlp_matrix: what maps the hidden layer of the MLP back.
        between: the module that reads the residual stream between attention and MLP; None where they stand side by side.
        mlp_norm: the norm before the MLP, where it is not what stands between.
        mlp_input: the module that reads what the MLP reads, where the MLP has no module of its own.
        attention_output, mlp_output: the modules whose outputs enter the residual stream, where a norm follows.
        flat: the modules in which the tokens of all texts lie in one row.
    """
    points: dict[str, tuple[str | None, Side]] = {
        "hook_resid_pre": ("", "input"),
        "hook_resid_mid": (between, "input"),
        "hook_resid_post": ("", "output"),
        "hook_attn_out": (attention_output or attention, "output"),
        "attn.hook_z": (attention_matrix, "input"),
        "ln2.hook_normalized": (mlp_norm or between, "output"),
        "hook_mlp_in": (mlp_input or mlp, "input"),
        "mlp.hook_in": (mlp_input or mlp, "input"),
        "mlp.hook_post": (mlp_matrix, "input"),
        "hook_mlp_out": (mlp_output or mlp, "output"),
    }
    places = {
        place: HookPoint(module, side, is_flat=module in flat)
        for place, (module, side) in points.items()
        if module is not None
    }
    return Family(blocks, places, HookPoint(embedding, "output") if isinstance(embedding, str) else embedding)


_GPT2 = _family(
    "h",
    embedding="wte",
    attention="attn",
    attention_matrix="attn.c_proj",
    mlp="mlp",
    mlp_matrix="mlp.c_proj",
    between="ln_2",
)
_GPT_NEO = _family(
    "h",
    embedding="wte",
    attention="attn",
    attention_matrix="attn.attention.out_proj",
    mlp="mlp",
    mlp_matrix="mlp.c_proj",
    between="ln_2",
)
# Attention and MLP stand side by side on the same input: there is no residual stream between them.
_GPT_J = _family(
    "h", embedding="wte", attention="attn", attention_matrix="attn.out_proj", mlp="mlp", mlp_matrix="mlp.fc_out"
)
_GPT_NEOX = _family(
    "layers",
    embedding="embed_in",
    attention="attention",
    attention_matrix="attention.dense",
    mlp="mlp",
    mlp_matrix="mlp.dense_4h_to_h",
    mlp_norm="post_attention_layernorm",
)
_PHI = _family(
    "layers",
    embedding="embed_tokens",
    attention="self_attn",
    attention_matrix="self_attn.dense",
    mlp="mlp",
    mlp_matrix="mlp.fc2",
    mlp_norm="input_layernorm",
)
_OPT = _family(
    "decoder.layers",
    embedding="decoder.embed_tokens",
    attention="self_attn",
    attention_matrix="self_attn.out_proj",
    mlp=None,
    mlp_matrix="fc2",
    mlp_input="fc1",
    between="final_layer_norm",
    mlp_output="fc2",
    flat=("final_layer_norm", "fc1", "fc2"),
)
_LLAMA = _family(
    "layers",
    embedding="embed_tokens",
    attention="self_attn",
    attention_matrix="self_attn.o_proj",
    mlp="mlp",
    mlp_matrix="mlp.down_proj",
    between="post_attention_layernorm",
)
# The MLP is one of several experts for each token: it has no hidden layer of its own.
_EXPERTS = _family(
    "layers",
    embedding="embed_tokens",
    attention="self_attn",
    attention_matrix="self_attn.o_proj",
    mlp="mlp",
    between="post_attention_layernorm",
)
# In most blocks attention is linear and its module has another name.
_QWEN_3_5 = _family(
    "layers",
    embedding="embed_tokens",
    attention=None,
    attention_matrix=None,
    mlp="mlp",
    mlp_matrix="mlp.down_proj",
    between="post_attention_layernorm",
)
# Norms follow attention and MLP instead of standing before them.
_OLMO_2 = _family(
    "layers",
    embedding="embed_tokens",
    attention="self_attn",
    attention_matrix="self_attn.o_proj",
    mlp="mlp",
    mlp_matrix="mlp.down_proj",
    attention_output="post_attention_layernorm",
    mlp_output="post_feedforward_layernorm",
)
# A norm follows attention and MLP before their outputs enter the residual stream. Embeddings are scaled on their way to the first
# block; TransformerLens counts that as part of the embedding.
_GEMMA_2 = _family(
    "layers",
    embedding=HookPoint("layers.0", "input"),
    attention="self_attn",
    attention_matrix="self_attn.o_proj",
    mlp="mlp",
    mlp_matrix="mlp.down_proj",
    between="pre_feedforward_layernorm",
    attention_output="post_attention_layernorm",
    mlp_output="post_feedforward_layernorm",
)
_GEMMA = _family(
    "layers",
    embedding=HookPoint("layers.0", "input"),
    attention="self_attn",
    attention_matrix="self_attn.o_proj",
    mlp="mlp",
    mlp_matrix="mlp.down_proj",
    between="post_attention_layernorm",
)
_BERT = _family(
    "encoder.layer",
    embedding="embeddings.word_embeddings",
    attention="attention.output.dense",
    attention_matrix="attention.output.dense",
    mlp="output.dense",
    mlp_matrix="output.dense",
    mlp_input="intermediate",
    between="attention.output.LayerNorm",
    mlp_norm="attention.output.LayerNorm",
)
_ESM = _family(
    "encoder.layer",
    embedding="embeddings.word_embeddings",
    attention="attention.output.dense",
    attention_matrix="attention.output.dense",
    mlp=None,
    mlp_matrix="output.dense",
    mlp_input="intermediate",
    between="LayerNorm",
    mlp_output="output.dense",
)
# Of a model with encoder and decoder the encoder is read.
_T5 = _family(
    "encoder.block",
    embedding="encoder.embed_tokens",
    attention="layer.0.SelfAttention",
    attention_matrix="layer.0.SelfAttention.o",
    mlp="layer.1.DenseReluDense",
    mlp_matrix="layer.1.DenseReluDense.wo",
    between="layer.1.layer_norm",
)

FAMILIES = {
    "bert": _BERT,
    "esm": _ESM,
    "gemma": _GEMMA,
    "gemma2": _GEMMA_2,
    "gemma3": _GEMMA_2,
    "gemma3_text": _GEMMA_2,
    "gpt2": _GPT2,
    "gpt_neo": _GPT_NEO,
    "gpt_neox": _GPT_NEOX,
    "gpt_oss": _EXPERTS,
    "gptj": _GPT_J,
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "olmo": _LLAMA,
    "olmo2": _OLMO_2,
    "opt": _OPT,
    "phi": _PHI,
    "phi3": _LLAMA,
    "qwen2": _LLAMA,
    "qwen3": _LLAMA,
    "qwen3_5": _QWEN_3_5,
    "qwen3_5_text": _QWEN_3_5,
    "qwen3_moe": _EXPERTS,
    "roberta": _BERT,
    "t5": _T5,
    "xlm-roberta": _BERT,
}
"""By `model_type` of the model's configuration."""

BY_STRUCTURE = ("hook_resid_pre", "hook_resid_post")
"""Hooks that are found in every model: what a block reads and what it gives."""


def find_hook_point(hook: str, model_type: str, modules: Collection[str], also_called: str | None = None) -> HookPoint:
    """Where `hook` is in a model of that type whose modules have those names.

    `hook` is a TransformerLens name, or a module path, with or without `.output` (the default) or `.input` behind it, and
    with or without the prefix that a head adds to the names (`model.layers.5` for `layers.5`). `also_called` is what the SAE
    itself calls the module in the Hugging Face model: it counts where the family is not in the table.

    Raises:
        SaegeoError: the model has no such hook (near matches are named), or its family is not in the table and the hook is not
            one that is found in every model.
    """
    match = TRANSFORMER_LENS.fullmatch(hook)
    if match or hook == EMBEDDING:
        if model_type not in FAMILIES and also_called:
            return find_hook_point(also_called, model_type, modules)
        if match is None:
            return _embedding(model_type, modules)
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
    blocks = family.blocks if family else block_list(modules)
    if blocks is None or (family is None and place not in BY_STRUCTURE):
        raise SaegeoError(
            f"where {hook} is in a model of type {model_type!r} is not known",
            f"known are {', '.join(FAMILIES)}; for others name the module, one of: {', '.join(_listed(modules)[:20])}",
        )
    module = _actual_name(f"{blocks}.{block}", modules)
    if family is None:
        point: HookPoint | None = HookPoint("", "input" if place == "hook_resid_pre" else "output")
    else:
        point = family.places.get(place)
    if module is None:
        n_blocks = next(n for n in count() if _actual_name(f"{blocks}.{n}", modules) is None)
        raise SaegeoError(
            f"the model, a {model_type} of {n_blocks} blocks, has no hook {hook!r}",
            f"its blocks are 0 to {n_blocks - 1}: type blocks.{n_blocks - 1}.{place} for the last",
        )
    if point is None or (point.module and f"{module}.{point.module}" not in modules):
        raise SaegeoError(
            f"a {model_type} has no hook {place!r} in its blocks",
            near_matches(hook, (family or FAMILIES["llama"]).hooks(block)),
        )
    return replace(point, module=f"{module}.{point.module}".rstrip("."))


def _embedding(model_type: str, modules: Collection[str]) -> HookPoint:
    family = FAMILIES.get(model_type)
    module = _actual_name(family.embedding.module, modules) if family else None
    if family is None or module is None:
        raise SaegeoError(
            f"where {EMBEDDING} is in a model of type {model_type!r} is not known",
            f"name the module that embeds tokens, one of: {', '.join(_listed(modules)[:20])}",
        )
    return HookPoint(module, family.embedding.side)


def block_list(modules: Collection[str]) -> str | None:
    """The name of the list of a model's blocks: the numbered modules nearest to the top, of the encoder where there are two."""
    numbered: dict[str, int] = {}
    for name in modules:
        parent, _, last = name.rpartition(".")
        if parent and last.isdigit():
            numbered[parent] = numbered.get(parent, 0) + 1
    if not numbered:
        return None
    depth = min(parent.count(".") for parent in numbered)
    top = {parent: n for parent, n in numbered.items() if parent.count(".") == depth}
    return max(top, key=lambda parent: (top[parent], "decoder" not in parent))


def _actual_name(path: str, modules: Collection[str]) -> str | None:
    """The name that a module goes by in this model, whether or not `path` has the prefix of a model with a head.

    Models of text and images keep their blocks under `language_model`.
    """
    without_prefix = path.partition(".")[2]
    names = [path, without_prefix, f"language_model.{path}", f"language_model.{without_prefix}"]
    return next((name for name in names if name and name in modules), None)


def _listed(modules: Collection[str]) -> list[str]:
    return [name for name in modules if name]
