"""Everything that can be extended, in one short file.

A plugin is a module named in the entry-point group `saegeo`, with functions marked `@hookimpl`. It registers objects through
the callback it is given and does no work: import heavy libraries inside the methods that use them. An exception raised in a
hook switches off that plugin alone; `saegeo plugins` shows it. A hook whose name starts with `saegeo_` and is not listed here
is refused.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from saegeo_core.activations.source_kind import SourceKind
    from saegeo_core.corpora.corpus_kind import CorpusKind
    from saegeo_core.loading.file_format import FileFormat
    from saegeo_core.plugin.analysis import Analysis
    from saegeo_core.sweeping.executor import ExecutorKind

hookspec = pluggy.HookspecMarker("saegeo")
hookimpl = pluggy.HookimplMarker("saegeo")


@hookspec
def saegeo_register_analyses(register: "Callable[[Analysis], None]") -> None:
    """Called once, when plugins are loaded. Call `register(analysis)` for every analysis the plugin brings."""


@hookspec
def saegeo_register_loaders(register: "Callable[[FileFormat], None]") -> None:
    """Called once, when plugins are loaded. Call `register(file_format)` for every file format the plugin can read."""


@hookspec
def saegeo_register_sources(register: "Callable[[SourceKind], None]") -> None:
    """Called once, when plugins are loaded. Call `register(kind)` for every way of getting activations the plugin brings."""


@hookspec
def saegeo_register_corpora(register: "Callable[[CorpusKind], None]") -> None:
    """Called once, when plugins are loaded. Call `register(kind)` for every way of getting text the plugin brings."""


@hookspec
def saegeo_register_executors(register: "Callable[[ExecutorKind], None]") -> None:
    """Called once, when plugins are loaded. Call `register(kind)` for every place the plugin can have work done in (`--on`)."""
