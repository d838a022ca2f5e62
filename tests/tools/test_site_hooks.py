"""What the documentation site makes of formulas and of the notebook."""

import pytest

site_math = pytest.importorskip("site_math", reason="the docs extra is not installed (latex2mathml)")
site_tutorial = pytest.importorskip("site_tutorial", reason="the docs extra is not installed (mkdocs)")


def test_formulas_become_mathml_and_code_stays():
    text = "so $`x_i^2`$ is\n\n```bash\necho $`ls`$\n```\n\n```math\n\\sum_i c_i\n```\n\nand $x$"
    shown = site_math.typeset(text)
    assert shown.count("<math") == 2
    assert "<msubsup>" in shown
    assert 'display="block"' in shown
    assert "echo $`ls`$" in shown
    assert shown.endswith("and $x$")


def test_a_cell_shows_what_it_prints_and_what_it_gives():
    cells = [
        {"cell_type": "markdown", "source": ["# Title"]},
        {"cell_type": "code", "source": ["import pandas as pd\n", "print('<said>')\n", "pd.DataFrame({'a': [1]})"]},
        {"cell_type": "code", "source": ["a = 3\n", "a, 'b'"]},
    ]
    page = site_tutorial.page_of({"cells": cells})
    assert page.startswith("# Title\n\n```python\nimport pandas as pd\n")
    assert "<pre>&lt;said&gt;</pre>" in page
    assert "<table" in page
    assert "<pre>(3, &#x27;b&#x27;)</pre>" in page


def test_the_page_of_a_figure_is_its_still_picture():
    class Drawn:
        def _repr_svg_(self):
            return "<?xml?>\n<svg>\n\n<path/></svg>"

    assert list(site_tutorial.outputs_of("drawn", {"drawn": Drawn()})) == ["<div><svg>\n<path/></svg></div>"]
