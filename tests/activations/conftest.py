"""Tiny models of every family, with random weights and a tokenizer of a few words, saved as Hugging Face saves them."""

import pytest

from saegeo_core.activations.source_kind import SourceRequest
from saegeo_core.activations.transformer_source import Transformer
from saegeo_core.corpora.corpus import Document

TEXT = "the a cat dog sat ran on over mat moon and then it was red blue one two three four five"
WORDS = TEXT.split()
FRAMES = {
    "bert": ("[CLS]", "[SEP]"),
    "gemma2": ("<bos>", None),
    "gemma3_text": ("<bos>", None),
    "gpt2": (None, None),
    "gpt_neo": (None, None),
    "gpt_oss": ("<bos>", None),
    "gptj": (None, None),
    "gpt_neox": (None, None),
    "llama": ("<bos>", None),
    "mistral": ("<bos>", None),
    "olmo": (None, None),
    "olmo2": (None, None),
    "opt": ("</s>", None),
    "phi": (None, None),
    "phi3": ("<bos>", None),
    "qwen2": (None, None),
    "qwen3": (None, None),
    "qwen3_5_text": (None, None),
    "qwen3_moe": (None, None),
    "roberta": ("<s>", "</s>"),
    "stablelm": (None, None),
    "t5": (None, "</s>"),
    "xlm-roberta": ("<s>", "</s>"),
}
N_LAYERS = 3
WIDTH = 16
HEADS = 4
CONTEXT = 32
VOCABULARY = len(WORDS) + 4
OTHER_NAMES = {
    "gpt_neo": {
        "vocab_size": VOCABULARY,
        "hidden_size": WIDTH,
        "num_layers": N_LAYERS,
        "num_heads": HEADS,
        "intermediate_size": 32,
        "max_position_embeddings": CONTEXT,
        "attention_types": [[["global"], N_LAYERS]],
    },
    "gptj": {
        "vocab_size": VOCABULARY,
        "n_embd": WIDTH,
        "n_layer": N_LAYERS,
        "n_head": HEADS,
        "n_positions": CONTEXT,
        "rotary_dim": 4,
    },
    "opt": {
        "vocab_size": VOCABULARY,
        "hidden_size": WIDTH,
        "word_embed_proj_dim": WIDTH,
        "num_hidden_layers": N_LAYERS,
        "num_attention_heads": HEADS,
        "ffn_dim": 32,
        "max_position_embeddings": CONTEXT,
    },
    "t5": {
        "vocab_size": VOCABULARY,
        "d_model": WIDTH,
        "d_kv": 4,
        "d_ff": 32,
        "num_layers": N_LAYERS,
        "num_heads": HEADS,
    },
}
MORE = {
    "gpt_oss": {"num_local_experts": 2, "num_experts_per_tok": 1},
    "phi3": {"pad_token_id": 0},
    "qwen3_moe": {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 16},
    "roberta": {"pad_token_id": 1, "type_vocab_size": 1},
    "xlm-roberta": {"pad_token_id": 1, "type_vocab_size": 1},
}


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """The folder of a tiny model of a family, made when first asked for."""
    folders = {}

    def folder_of(family):
        if family not in folders:
            folders[family] = tmp_path_factory.mktemp(family)
            save_tokenizer(folders[family], *FRAMES[family])
            save_model(folders[family], family)
        return folders[family]

    return folder_of


@pytest.fixture
def open_tiny(tiny_model):
    """Open the source of a tiny model at some hooks."""

    def opened(family, *hooks, **request):
        return Transformer().open(str(tiny_model(family)), SourceRequest(hooks, **request))

    return opened


@pytest.fixture
def documents():
    """Documents of 1 to 75 words: shorter than a window of the tiny models, as long, and longer."""
    lengths = [7, 1, 30, 29, 75, 12, 31, 4, 60]
    texts = [" ".join(WORDS[(7 * i + 3 * j) % len(WORDS)] for j in range(n)) for i, n in enumerate(lengths)]
    return [Document(text, None, f"#{position}", position) for position, text in enumerate(texts)]


def save_tokenizer(folder, first, last):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = {"unk_token": "[UNK]", "pad_token": "[PAD]"}
    if first:
        special |= {"cls_token" if last else "bos_token": first}
    if last:
        special |= {"sep_token": last}
    vocabulary = {word: number for number, word in enumerate([*special.values(), *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if first:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=" ".join(filter(None, [first, "$A", last])),
            special_tokens=[(token, vocabulary[token]) for token in (first, last) if token],
        )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)


def save_model(folder, family):
    import torch
    from transformers import AutoConfig, AutoModel

    sizes = {
        "vocab_size": len(WORDS) + 4,
        "hidden_size": WIDTH,
        "num_hidden_layers": N_LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": 32,
        "max_position_embeddings": CONTEXT,
    }
    if family == "gpt2":
        sizes = {
            "vocab_size": len(WORDS) + 4,
            "n_embd": WIDTH,
            "n_layer": N_LAYERS,
            "n_head": HEADS,
            "n_positions": CONTEXT,
        }
    elif family in ("gpt_neo", "gptj", "opt", "t5"):
        sizes = OTHER_NAMES[family]
    elif family not in ("bert", "gpt_neox", "phi", "phi3", "roberta", "xlm-roberta", "olmo", "olmo2", "stablelm"):
        sizes |= {"num_key_value_heads": 2, "head_dim": 8}  # heads that together are wider than the model
    sizes |= MORE.get(family, {})
    # Weights large enough that every part of a block leaves its mark on the sum.
    token_ids = {} if family == "t5" else {"bos_token_id": None, "eos_token_id": None}
    config = AutoConfig.for_model(family, **{**token_ids, **sizes}, initializer_range=0.3)
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
