"""The file formats that saegeo reads by itself, registered as a stranger's would be. Nothing heavy is imported here."""

from collections.abc import Callable

from saegeo_core.loading.file_format import FileFormat
from saegeo_core.loading.formats.attention_saes import AttentionSaes
from saegeo_core.loading.formats.circuit_tracer import CrossLayerTranscoder, Transcoders
from saegeo_core.loading.formats.dictionary_learning import DictionaryLearning
from saegeo_core.loading.formats.e2e_sae import E2eSae
from saegeo_core.loading.formats.gemma_scope import GemmaScope
from saegeo_core.loading.formats.goodfire import Goodfire
from saegeo_core.loading.formats.llama_scope import LlamaScope
from saegeo_core.loading.formats.openai import OpenAI
from saegeo_core.loading.formats.overcomplete import Overcomplete
from saegeo_core.loading.formats.plain_matrix import PlainMatrix
from saegeo_core.loading.formats.qwen_scope import QwenScope
from saegeo_core.loading.formats.sae_lens_folder import SaeLensFolder
from saegeo_core.loading.formats.saev import Saev
from saegeo_core.loading.formats.sparsify import Sparsify
from saegeo_core.loading.formats.temporal import Temporal
from saegeo_core.plugin.hookspecs import hookimpl


@hookimpl
def saegeo_register_loaders(register: Callable[[FileFormat], None]) -> None:
    """From the most particular to the one that takes any matrix: by the names of files first, by those of arrays then."""
    register(LlamaScope())
    register(SaeLensFolder())
    register(Sparsify())
    register(Temporal())
    register(GemmaScope())
    register(DictionaryLearning())
    register(QwenScope())
    register(AttentionSaes())
    register(CrossLayerTranscoder())
    register(Transcoders())
    register(Saev())
    register(Goodfire())
    register(OpenAI())
    register(E2eSae())
    register(Overcomplete())
    register(PlainMatrix())
