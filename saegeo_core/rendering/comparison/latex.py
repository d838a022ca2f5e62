r"""A table of texts for a paper: `tabular` with booktabs rules. It compiles with pdfLaTeX, whatever the names hold."""

import re
from collections.abc import Iterator, Sequence

from saegeo_core.rendering.text_table import TextTable

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",  # \textquotedbl is not in every font encoding; the bare character is a command of some languages
    "[": "{[}",  # after the end of a row or a rule, these would be its options
    "*": "{*}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "²": r"\textsuperscript{2}",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
    "−": "$-$",
    "—": "---",
    "…": r"\ldots{}",
    "’": "'",
}
LIGATURES = re.compile(r"(?<=-)(?=-)|(?<=')(?=')|(?<=[`?!])(?=`)")
"""Between two characters that TeX's fonts would join to a third: two hyphens to a dash, two quotes to one."""

NUMBER = re.compile(r"[\d.,e()<>±†‡ \[\]-]+")
EXPONENT = re.compile(r"(?<=[\d)])e(-?\d+)")
MINUS = re.compile(r"(?<!\{)-(?=\d)")


def latex_tables(tables: Sequence[TextTable]) -> str:
    r"""A `table` for each, which needs \usepackage{booktabs} and nothing else."""
    return "% needs \\usepackage{booktabs}\n" + "\n".join(line for table in tables for line in [*_lines(table), ""])


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is. Characters that pdfLaTeX may not know are named by their code point."""
    return "{}".join("".join(map(_character, part)) for part in LIGATURES.split(text))


def _character(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    return character if character.isascii() else f"{{[}}U+{ord(character):04X}]"


def _lines(table: TextTable) -> Iterator[str]:
    yield r"\begin{table}"
    yield r"\centering"
    if table.title:
        yield rf"\caption{{{escaped(table.title)}}}"
    yield rf"\begin{{tabular}}{{l{'r' * (len(table.headings) - 1)}}}"
    yield r"\toprule"
    yield _row(map(escaped, table.headings))
    yield r"\midrule"
    group = ""
    for own, row in zip(table.groups, table.rows, strict=True):
        if own != group:
            yield rf"\multicolumn{{{len(table.headings)}}}{{l}}{{\textit{{{escaped(own)}}}}} \\"
            group = own
        yield _row([escaped(row[0]), *map(_cell, row[1:])])
    yield r"\bottomrule"
    yield r"\end{tabular}"
    told = [*(f"Warning: {warning}." for warning in table.warnings), *(f"{note}." for note in table.notes)]
    if told:
        yield r"\par\smallskip"
        yield rf"\begin{{minipage}}{{\linewidth}}\footnotesize {' '.join(map(escaped, told))}\end{{minipage}}"
    yield r"\end{table}"


def _cell(text: str) -> str:
    """A number with its power of ten and its minus sign as they are set in a paper; any other text as it is."""
    if not NUMBER.fullmatch(text):
        return escaped(text)
    return MINUS.sub(r"$-$", EXPONENT.sub(r"$\\times 10^{\1}$", escaped(text)))


def _row(texts: "Iterator[str] | Sequence[str] | map[str]") -> str:
    return " & ".join(texts) + r" \\"
