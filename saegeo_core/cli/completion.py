"""What a shell offers where the Tab key is pressed: analyses and bundled SAEs. Of commands and options click knows itself."""

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem


def complete_analysis(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The analyses of all plugins that load."""
    from saegeo_core.plugin.manager import PluginManager

    plugins: PluginManager = ctx.obj or PluginManager()
    return _beginning(plugins.analysis_names, incomplete)


def complete_sae(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The bundled SAEs; where none begins so, the files of the shell."""
    from saegeo_core.loading.release_directory import bundled_entries

    return _beginning(map(str, bundled_entries()), incomplete) or [CompletionItem(incomplete, type="file")]


def _beginning(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
