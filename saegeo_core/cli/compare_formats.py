"""Writes a comparison in the format asked for."""

from typing import TextIO

import click

from saegeo_core.cli.messages import results, say
from saegeo_core.comparison import Comparison
from saegeo_core.errors import SaegeoError
from saegeo_core.rendering.comparison.rank_texts import rank_texts
from saegeo_core.rendering.comparison.texts import comparison_texts, profile_texts
from saegeo_core.rendering.text_table import TextTable


def write(comparison: Comparison, as_format: str, output: TextIO, *, nulls: bool, pvalues: bool) -> None:
    """On `output`; UTF-8 in every format but that for the terminal."""
    table = comparison_texts(comparison, nulls=nulls, pvalues=pvalues)
    tables = [table, *rank_texts(comparison), *profile_texts(comparison)]
    if as_format == "rich":
        from saegeo_core.rendering.comparison.console import console_tables

        console = results(output)
        console.print(console_tables(tables, comparison.profile, console.width))
    elif as_format == "parquet":
        from saegeo_core.rendering.comparison.parquet import comparison_parquet

        click.echo(comparison_parquet(comparison, table), file=output, nl=False)
    else:
        click.echo(_text(comparison, tables, as_format).encode(), file=output, nl=False)
    if as_format in ("csv", "parquet"):
        _say_what_is_not_in_sight(table)


def refuse_binary(as_format: str, output: TextIO) -> None:
    """Raise SaegeoError where a binary format would be written on a terminal."""
    if as_format == "parquet" and output.isatty():
        raise SaegeoError("Parquet is not for a terminal", "write it to a file: saegeo compare … > table.parquet")


def _text(comparison: Comparison, tables: list[TextTable], as_format: str) -> str:
    if as_format == "csv":
        from saegeo_core.rendering.comparison.comma_separated import comma_separated

        return comma_separated(tables[0], comparison)
    if as_format == "json":
        from saegeo_core.rendering.comparison.strict_json import comparison_json

        return comparison_json(comparison, tables[0]) + "\n"
    if as_format == "latex":
        from saegeo_core.rendering.comparison.latex import latex_tables

        return latex_tables(tables)
    if as_format == "html":
        from saegeo_core.rendering.comparison.html import html_tables

        return html_tables(tables)
    from saegeo_core.rendering.comparison.markdown import markdown_tables

    return markdown_tables(tables)


def _say_what_is_not_in_sight(table: TextTable) -> None:
    for warning in table.warnings:
        say(f"warning: {warning}")
    for note in table.notes:
        say(note)
