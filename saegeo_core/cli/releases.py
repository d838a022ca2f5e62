"""`saegeo releases`: what can be named, without loading any of it."""

import click


@click.command("releases")
@click.argument("pattern", required=False)
def command(pattern: str | None) -> None:
    """List SAE releases, and the SAEs of those that match a pattern.

    PATTERN is a glob or a part of release:sae_id. Without one, each release takes one line.
    """
    from saegeo_core.cli.messages import print_unfolded
    from saegeo_core.loading.releases import matching_saes
    from saegeo_core.rendering.terminal.release_list import release_list, sae_list

    entries = matching_saes(pattern)
    print_unfolded(sae_list(entries) if pattern else release_list(entries))
