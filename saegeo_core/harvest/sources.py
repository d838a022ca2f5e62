"""The kinds of activation source that saegeo brings, registered as a stranger's would be. Nothing heavy is imported here."""

from collections.abc import Callable

from saegeo_core.harvest.source_kind import SourceKind
from saegeo_core.harvest.stored_source import Stored
from saegeo_core.harvest.synthetic_source import Synthetic
from saegeo_core.harvest.transformer_source import Transformer
from saegeo_core.hookspecs import hookimpl


@hookimpl
def saegeo_register_sources(register: Callable[[SourceKind], None]) -> None:
    """Register the transformer, stored and synthetic kinds."""
    register(Transformer())
    register(Stored())
    register(Synthetic())
