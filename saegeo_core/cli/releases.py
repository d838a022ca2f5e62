"""`saegeo releases`: what can be named, without loading any of it."""

import click

from saegeo_core.errors import SaegeoError, near_matches


@click.command("releases")
@click.argument("pattern", required=False)
def command(pattern: str | None) -> None:
    """List SAE releases, and the SAEs of those that match a pattern.

    PATTERN is a glob or a part of release:sae_id. Without one, each release takes one line.
    """
    from saegeo_core.cli.messages import print_unfolded
    from saegeo_core.loading.release_directory import list_releases
    from saegeo_core.rendering.terminal.release_list import release_list, sae_list

    entries = list_releases(pattern)
    if not entries:
        known = sorted({entry.release for entry in list_releases(None)})
        raise SaegeoError(f"no release or SAE matches {pattern!r}", near_matches(pattern or "", known))
    print_unfolded(sae_list(entries) if pattern else release_list(entries))
