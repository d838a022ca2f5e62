"""Formulas of the documentation, typeset as MathML, which browsers show without a script: a hook of mkdocs.

They are written as code hosts read them: $`x^2`$ in a line, a block called ```math for one of its own.
"""

import re

from latex2mathml.converter import convert

IN_LINE = re.compile(r"\$`([^`\n]+)`\$")
ALONE = re.compile(r"^```math\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)


def on_page_markdown(markdown, **_):
    """The page with its formulas as MathML; those in blocks of code stay as they are."""
    return typeset(markdown)


def typeset(markdown):
    """The same text with MathML in place of formulas."""
    alone = ALONE.sub(lambda found: convert(" ".join(found[1].split()), display="block"), markdown)
    parts = CODE.split(alone)
    return "".join(
        part if place % 2 else IN_LINE.sub(lambda found: convert(found[1]), part) for place, part in enumerate(parts)
    )
