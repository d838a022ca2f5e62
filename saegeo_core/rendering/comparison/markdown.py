"""A table of texts in Markdown, with pipes."""

import re
from collections.abc import Iterator, Sequence

from saegeo_core.rendering.text_table import TextTable

SPECIAL = re.compile(r"([\\`*_\[\]<>~])")
#: What readers make a link, a mention, the number of an issue or a formula of by themselves, also where it is escaped.
READ_BY_ITSELF = re.compile(r"[@#$]|:/|www\.|\b(mailto|xmpp):|\bgh-\d", re.IGNORECASE)
WORD = re.compile(r"[^\s|]+")


def markdown_tables(tables: Sequence[TextTable]) -> str:
    """The tables one below the other, warnings and notes as lists."""
    return "\n".join(line for table in tables for line in [*_lines(table), ""]).rstrip("\n") + "\n"


def _lines(table: TextTable) -> Iterator[str]:
    if table.title:
        yield from (f"**{escaped(table.title)}**", "")
    yield _row(table.headings)
    yield "|" + "|".join([":---", *["---:"] * (len(table.headings) - 1)]) + "|"
    group = ""
    for own, row in zip(table.groups, table.rows, strict=True):
        if own != group:
            yield f"| **{escaped(own)}** |" + " |" * (len(table.headings) - 1)
            group = own
        yield _row(row)
    if table.warnings or table.notes:
        yield ""
    yield from (f"* **warning**: {escaped(warning)}" for warning in table.warnings)
    yield from (f"* {escaped(note)}" for note in table.notes)


def _row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, texts))} |"


def escaped(text: str) -> str:
    """Text that no Markdown reader takes for markup."""
    return WORD.sub(lambda found: _word(found[0]), text).replace("|", r"\|")


def _word(word: str) -> str:
    if not READ_BY_ITSELF.search(word):
        return SPECIAL.sub(r"\\\1", word.replace("&", "&amp;"))
    fence = "`" * (1 + max(map(len, re.findall("`+", word)), default=0))
    blank = " " if "`" in word else ""
    return f"{fence}{blank}{word}{blank}{fence}"
