"""The command line: one file a command, no computation. Results go to standard output, everything else to standard error.

Only this room turns `SaegeoError` into text. Nothing heavy is imported before a command needs it, so that help is instant.
"""

import click

from saegeo_core.cli.command_group import CommandGroup

COMMANDS = {
    "run": "Measure SAEs with analyses, and store the reports.",
    "harvest": "Find out in which blocks of text which features fire.",
    "features": "Look at single features, what they fire on, their neighbors and their lobe.",
    "match": "Find the counterparts of features in another SAE, beside chance.",
    "compare": "Put SAEs side by side, and say which differences are real.",
    "show": "Print a stored report in full.",
    "page": "Turn stored reports into one HTML file to look at and send.",
    "export": "Write stored reports, or the features they are of, for other programs.",
    "plugins": "List what is installed; show or check one analysis, or begin a new one.",
    "releases": "List SAE releases, and the SAEs of those that match a pattern.",
}


@click.group(
    cls=CommandGroup,
    commands_in="saegeo_core.cli",
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: saegeo run --plugin cosine-tails",
)
@click.version_option(package_name="saegeo", message="saegeo %(version)s")
def main() -> None:
    """Measure the geometry of sparse-autoencoder features, every number beside its null model and its interval."""
