"""The kinds of activation source that saegeo brings, registered as a stranger's would be. Nothing heavy is imported here."""

from collections.abc import Callable

from saegeo_core.activations.source_kind import SourceKind
from saegeo_core.activations.stored_source import Stored
from saegeo_core.activations.synthetic_source import Synthetic
from saegeo_core.activations.transformer_source import Transformer
from saegeo_core.plugin.hookspecs import hookimpl


@hookimpl
def saegeo_register_sources(register: Callable[[SourceKind], None]) -> None:
    """Register the transformer, stored and synthetic kinds."""
    register(Transformer())
    register(Stored())
    register(Synthetic())
