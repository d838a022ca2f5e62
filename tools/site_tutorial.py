"""The tutorial notebook as a page of the documentation site, with what its cells give: a hook of mkdocs.

The notebook is kept without outputs, so the cells are run while the site is built, in a folder that is thrown away.
"""

import ast
import contextlib
import html
import io
import json
import os
import tempfile
from pathlib import Path

from mkdocs.structure.files import File

NOTEBOOK, PAGE = "tutorial.ipynb", "tutorial-with-outputs.md"


def on_files(files, config):
    """Add the page."""
    notebook = json.loads((Path(config["docs_dir"]) / NOTEBOOK).read_text(encoding="utf-8"))
    files.append(File.generated(config, PAGE, content=page_of(notebook)))
    return files


def page_of(notebook):
    """The cells as Markdown: text as it stands, code with what it prints and gives below."""
    names, parts = {}, []
    with tempfile.TemporaryDirectory() as folder, _working_in(folder):
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                parts.append(source)
            else:
                parts += [f"```python\n{source}\n```", *outputs_of(source, names)]
    return "\n\n".join(parts) + "\n"


def outputs_of(source, names):
    """What a cell prints, and its last expression, as Markdown or HTML."""
    body = ast.parse(source).body
    last = ast.Expression(body.pop().value) if body and isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), NOTEBOOK, "exec"), names)
        value = None if last is None else eval(compile(last, NOTEBOOK, "eval"), names)
    if printed.getvalue():
        yield _fenced(printed.getvalue())
    if value is not None:
        yield _shown(value)


def _shown(value):
    for method in ("_repr_svg_", "_repr_html_"):
        shown = getattr(value, method, None)
        if shown is not None and (content := shown()):
            inside = content[content.find("<svg") :] if method == "_repr_svg_" else content
            # Blank lines would end the HTML for Markdown.
            return f"<div>{''.join(line for line in inside.splitlines(keepends=True) if line.strip())}</div>"
    return _fenced(repr(value))


def _fenced(text):
    return f"<pre>{html.escape(text.rstrip())}</pre>"


@contextlib.contextmanager
def _working_in(folder):
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
