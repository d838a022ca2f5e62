"""The file formats that saegeo reads by itself, registered as a stranger's would be. Nothing heavy is imported here."""

from collections.abc import Callable

from saegeo_core.loading.file_format import FileFormat
from saegeo_core.loading.formats.dictionary_learning import DictionaryLearning
from saegeo_core.loading.formats.gemma_scope import GemmaScope
from saegeo_core.loading.formats.llama_scope import LlamaScope
from saegeo_core.loading.formats.plain_matrix import PlainMatrix
from saegeo_core.loading.formats.sae_lens_folder import SaeLensFolder
from saegeo_core.loading.formats.sparsify import Sparsify
from saegeo_core.plugin.hookspecs import hookimpl


@hookimpl
def saegeo_register_loaders(register: Callable[[FileFormat], None]) -> None:
    """From the most particular to the one that takes any matrix."""
    register(LlamaScope())
    register(SaeLensFolder())
    register(Sparsify())
    register(GemmaScope())
    register(DictionaryLearning())
    register(PlainMatrix())
