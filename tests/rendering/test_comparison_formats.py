"""Every format shows the same texts, and no name from data does anything but stand there."""

import csv
import io
import json
import re
import shutil
import string
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from saegeo_core import compare, run
from saegeo_core.comparison.sae_reports import Failure
from saegeo_core.rendering.comparison.comma_separated import comma_separated
from saegeo_core.rendering.comparison.console import console_tables
from saegeo_core.rendering.comparison.html import html_tables
from saegeo_core.rendering.comparison.latex import escaped, latex_tables
from saegeo_core.rendering.comparison.markdown import markdown_tables
from saegeo_core.rendering.comparison.parquet import METADATA, comparison_parquet
from saegeo_core.rendering.comparison.rank_texts import rank_texts
from saegeo_core.rendering.comparison.strict_json import comparison_json
from saegeo_core.rendering.comparison.texts import comparison_texts, profile_texts
from saegeo_core.rendering.text_table import TextTable
from saegeo_core.visible_text import visible

HOSTILE = "<script>a</script> & $x_1^2$ \\input{y} % # ~ | `c` *d* Δ\x1b[31m\r\n=1+1"
METRICS = ["everything.tail*", "everything.max_cosine", "everything.nearest"]


@pytest.fixture
def comparison(report):
    """Three layers of unlike L0, one of them with a hostile name, and one that failed."""
    rows = []
    for layer, (name, l0) in enumerate([("layer_0", 30.0), (f"layer_1 {HOSTILE}", 60.0), ("layer_2", None)]):
        known = {
            "release": "release",
            "sae_id": name,
            "spec": f"release:{name}",
            "l0": l0,
            "layer": layer,
            "digest": name,
        }
        rows.append(report.model_copy(update={"sae": report.sae.model_copy(update=known)}))
    failures = [Failure("release:layer_3", None, f"no such file {HOSTILE}")]
    return compare(
        rows,
        metrics=METRICS,
        reference="layer_0",
        group_by="layer",
        ranks=True,
        profile=True,
        fixed_saes=True,
        failures=failures,
    )


@pytest.fixture
def tables(comparison):
    return [comparison_texts(comparison, nulls=True, pvalues=True), *rank_texts(comparison), *profile_texts(comparison)]


class Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.tags, self.is_cell = [], set(), False

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.is_cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.is_cell = self.is_cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self.is_cell:
            self.rows[-1][-1] += data


def without_groups(rows):
    return [row for row in rows if len(row) > 1]


def test_texts(tables):
    table = tables[0]
    assert table.headings[:4] == (
        "SAE",
        "L0",
        "everything.tail_fraction_negative",
        "everything.tail_fraction_negative: null",
    )
    assert table.groups == ("layer 0", "layer 1", "layer 2", "layer unknown")
    assert table.rows[0][1:6] == ("30", "(1.506 ± 0.030)e-6", "1.50e-6", "0.44", "reference")
    assert table.rows[2][1] == "unknown"
    assert table.rows[3][2] == "failed"
    assert any(warning.startswith("L0 differs by more than 25 %: release:layer_1") for warning in table.warnings)
    assert any(note.startswith("failed: no such file") for note in table.notes)
    assert any("too few features" in note for note in table.notes)
    assert any("L0 is not known of release:layer_2" in note for note in table.notes)


def test_html_holds_the_texts_and_no_markup_from_data(tables):
    parser = Cells()
    parser.feed(html_tables(tables[:1]))
    assert without_groups(parser.rows) == [list(tables[0].headings), *map(list, tables[0].rows)]
    assert parser.tags == {"table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


def html_of_markdown(text):
    return MarkdownIt("commonmark", {"html": False}).enable("table").render(text)


def test_markdown_holds_the_texts(tables):
    parser = Cells()
    parser.feed(html_of_markdown(markdown_tables(tables[:1])))
    rows = [row for row in parser.rows if any(row[1:])]  # not those that name a group
    assert rows == [list(tables[0].headings), *map(list, tables[0].rows)]


@given(
    st.text(st.sampled_from("ab |\\`*_[]()<>#~$@&;!:/.-+1") | st.characters(exclude_categories=["C", "Z"])).map(
        str.strip
    )
)
def test_markdown_shows_any_text_as_it_is(text):
    parser = Cells()
    parser.feed(html_of_markdown(markdown_tables([TextTable(("SAE", "x"), ((text, text),), ("",))])))
    assert [[re.sub(" +", " ", cell) for cell in row] for row in parser.rows[1:]] == [[re.sub(" +", " ", text)] * 2]
    assert parser.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


def test_comma_separated_holds_the_texts_and_the_numbers(comparison, tables):
    rows = list(csv.reader(io.StringIO(comma_separated(tables[0], comparison))))
    n = len(tables[0].headings)
    assert [row[1 : n + 1] for row in rows] == [list(tables[0].headings), *map(list, tables[0].rows)]
    estimate = rows[0].index("everything.tail_fraction.estimate")
    assert [row[estimate] for row in rows[1:]] == ["0.0034232"] * 3 + [""]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("@a of $x$ $y z$", "`@a` of `$x$` `$y` `z$`"),
        (
            "http://b.c www.d.e WWW.d.e f@g.h mailto:f ftp://x/y",
            "`http://b.c` `www.d.e` `WWW.d.e` `f@g.h` `mailto:f` `ftp://x/y`",
        ),
        ("#12 a/b#3 GH-4", "`#12` `a/b#3` `GH-4`"),
        ("a|@b|c", r"a\|`@b`\|c"),
        ("@`a``", "``` @`a`` ```"),
        ("[a](x) *b* <c> ~d~ & \\", r"\[a\](x) \*b\* \<c\> \~d\~ &amp; \\"),
    ],
)
def test_markdown_makes_no_link_no_mention_and_no_formula_of_a_name(name, told):
    """Escaped they become what they are all the same: GitHub looks for them in what was unescaped. In code it does not."""
    assert markdown_tables([TextTable(("SAE",), ((name,),), ("",))]).splitlines()[2] == f"| {told} |"


@pytest.mark.parametrize(
    "field",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@a",
        "-A1",
        "-2+cmd|' /C calc'!A0",
        "-",
        "\t=1",
        "\r=1",
        "＝1",
        "＋1",
        "－1",
        "＠a",
        "a;=1",
    ],
)
def test_no_field_begins_like_a_formula(comparison, field):
    n = len(comparison.rows)
    named = replace(comparison, columns=tuple(replace(one, plugin=field) for one in comparison.columns))
    text = comma_separated(TextTable((field,), ((field,),) * n, (field,) * n), named)
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            for part in cell.split(";"):
                assert not part.startswith(("=", "+", "@", "\t", "\r", "＝", "＋", "－", "＠")), cell
                assert not part.startswith("-") or float(part)


@pytest.mark.parametrize("number", ["-0.12", "-1.2e-05", "-0.12 [-0.3, 0.1]", "-0.12(3) †", "-1,204"])
def test_numbers_below_zero_stay_numbers(comparison, number):
    n = len(comparison.rows)
    rows = list(csv.reader(io.StringIO(comma_separated(TextTable(("SAE",), ((number,),) * n, ("",) * n), comparison))))
    assert [row[0] for row in rows[1:]] == [number] * n


def test_json_holds_the_texts_and_is_strict(comparison, tables):
    content = json.loads(comparison_json(comparison, tables[0]), parse_constant=pytest.fail)
    assert content["table"]["rows"] == [list(row) for row in tables[0].rows]
    assert content["rows"][0]["cells"]["everything.tail_fraction"]["metric"]["estimate"] == 3.4232e-3
    assert content["confounds"][0]["groups"][1]["names"] == ["release:layer_0"]
    assert content["profile"]["figures"][0]["x"] == "layer"


@pytest.mark.parametrize("width", [40, 80, 400])
def test_a_terminal_shows_every_text_uncut_at_any_width(comparison, tables, seen, width):
    shown = seen(console_tables(tables, comparison.profile, width), width)
    assert "\x1b" not in shown
    for row in tables[0].rows:
        assert row[0][-6:] in shown  # names may be shortened in their middle
        for text in row[1:]:
            assert re.search(rf"\s{re.escape(text)}\s", shown)
    assert max(map(len, shown.splitlines())) <= width


class TestLatex:
    def test_rows_hold_the_texts(self, tables):
        body = latex_tables(tables[:1])
        rows = [line for line in body.splitlines() if line.endswith(r"\\") and not line.startswith(r"\multicolumn")]
        assert [len(re.split(r"(?<!\\)&", row)) for row in rows] == [len(tables[0].headings)] * 5
        assert r"($1.506" not in body
        assert r"(1.506 $\pm$ 0.030)$\times 10^{-6}$" in body

    def test_it_is_well_formed(self, tables):
        """What a TeX engine would stumble over: braces, mathematics, environments, special and unknown characters."""
        body = latex_tables(tables)
        code = re.sub(r"^%.*\n", "", body)
        assert code.isascii()
        bare = re.sub(r"\\[\\{}$&%#_]", "", code)
        assert not re.search(r"[%#~^](?![^$]*\$)", re.sub(r"\$[^$]*\$", "", bare))
        assert "_" not in bare
        assert bare.count("$") % 2 == 0
        depth = 0
        for character in bare:
            depth += (character == "{") - (character == "}")
            assert depth >= 0
        assert depth == 0
        mathematics = re.findall(r"\$([^$]*)\$", bare)
        assert all(re.fullmatch(r"-|\\(pm|cdot|times)|\\times 10\^\{-?\d+\}", one) for one in mathematics)
        opened = []
        for step, name in re.findall(r"\\(begin|end)\{(\w+)\}", code):
            if step == "begin":
                opened.append(name)
            else:
                assert opened.pop() == name
        assert opened == []

    def test_every_command_is_one_that_latex_and_booktabs_know(self, tables):
        commands = set(re.findall(r"\\([a-zA-Z]+)", re.sub(r"^%.*\n", "", latex_tables(tables))))
        known = "begin end centering toprule midrule bottomrule multicolumn textit caption par smallskip linewidth footnotesize"
        known += " textbackslash textasciitilde textasciicircum textless textgreater textdagger textdaggerdbl textsuperscript"
        assert commands <= {*known.split(), "pm", "times", "cdot", "ldots", "symbol", "textbar"}

    def test_a_tex_engine_compiles_it(self, tables, typeset):
        typeset(latex_tables(tables))

    def test_a_tex_engine_compiles_whatever_a_name_holds(self, typeset):
        """Every character alone in a row, where it could be an option of the row before it, and all of them everywhere else."""
        letters = sorted(set(string.printable) - set(string.whitespace)) + list("éα漢±×·²†‡−—…’")
        everything = visible(f"{''.join(letters)} --- ?` !` ``'' \\input{{y}} \\end{{tabular}} {HOSTILE}")
        names = [*letters, everything, "", "[2ex]", "*[2ex]"]
        table = TextTable(
            headings=("[SAE]", everything),
            rows=tuple((name, name) for name in names),
            groups=tuple(f"{name} group" for name in names),
            warnings=(everything,),
            notes=("[", everything),
            title=everything,
        )
        typeset(latex_tables([table, replace(table, headings=("*", "*"), groups=("",) * len(names), title="[")]))

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("a_b", r"a\_b"),
            ("\\", r"\textbackslash{}"),
            ("Δ", "{[}U+0394]"),
            ("5 %", r"5 \%"),
            ("--match-l0", "-{}-match-l0"),
            ("``a''", "`{}`a'{}'"),
            ("?`", "?{}`"),
            ('"', r"\symbol{34}"),
            ("a|b*[c]", r"a\textbar{}b{*}{[}c]"),
        ],
    )
    def test_escaping(self, text, told):
        assert escaped(text) == told

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("-0.2", "$-$0.2"),
            ("-1.5e-6", r"$-$1.5$\times 10^{-6}$"),
            ("-2 [-3.1, -1]", "$-$2 {[}$-$3.1, $-$1]"),
            ("(-1.0 ± 0.2)e12 ‡", r"($-$1.0 $\pm$ 0.2)$\times 10^{12}$ \textdaggerdbl{}"),
            ("< 1e-300", r"\textless{} 1$\times 10^{-300}$"),
            ("release:lr_1e-4/k-32", r"release:lr\_1e-4/k-32"),
            ("—", "---"),
        ],
    )
    def test_numbers_are_set_as_such_and_names_are_left_alone(self, text, told):
        table = TextTable(("layer", "SAE"), (("0", text),), ("",))
        assert rf"0 & {told} \\" in latex_tables([table]).splitlines()


@pytest.fixture
def typeset(tmp_path):
    """Compiles tables with what they say they need; where booktabs is not installed, its rules are plain lines."""
    engine = next((name for name in ("tectonic", "pdflatex", "xelatex", "lualatex") if shutil.which(name)), None)
    if engine is None:
        pytest.skip("no TeX engine is installed")
    options = [] if engine == "tectonic" else ["-interaction=nonstopmode", "-halt-on-error"]

    def compiled(body):
        document = rf"""\documentclass{{article}}
\IfFileExists{{booktabs.sty}}{{\usepackage{{booktabs}}}}{{\let\toprule\hline\let\midrule\hline\let\bottomrule\hline}}
\begin{{document}}
{body}\end{{document}}
"""
        (tmp_path / "table.tex").write_text(document)
        done = subprocess.run(
            [engine, *options, "table.tex"], cwd=tmp_path, check=False, capture_output=True, text=True, errors="replace"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert (tmp_path / "table.pdf").read_bytes().startswith(b"%PDF")

    return compiled


def test_a_notebook_shows_reports_clouds_and_comparisons(report, comparison, cloud):
    for shown, holds in ((report, "tail_fraction"), (comparison, "L0 differs"), (cloud, "24 decoder directions")):
        parser = Cells()
        html = shown._repr_html_()
        parser.feed(html)
        assert holds in html
        assert parser.tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "ul", "li"}


def test_a_column_is_explained_by_what_all_its_reports_say(report):
    reports = []
    for n in range(2):
        told = report.metric().model_copy(update={"description": f"A share. Here it is {n}."})
        others = [metric for metric in report.measured if metric.name != told.name]
        sae = report.sae.model_copy(update={"sae_id": f"l{n}", "spec": f"release:l{n}", "digest": f"{n}"})
        reports.append(report.model_copy(update={"measured": (told, *others), "sae": sae}))
    notes = comparison_texts(compare(reports)).notes
    assert "everything.tail_fraction: A share." in notes
    assert "± or [low, high]: interval of 95 %" in notes


def test_many_saes_of_unlike_l0_are_one_warning(report):
    reports = [
        report.model_copy(
            update={
                "sae": report.sae.model_copy(
                    update={"sae_id": f"l{n}", "spec": f"r:l{n}", "digest": f"{n}", "release": "r", "l0": 10.0 * 1.5**n}
                )
            }
        )
        for n in range(9)
    ]
    comparison = compare(reports)
    warnings = comparison_texts(comparison).warnings
    assert len(comparison.confounds) == 8
    assert warnings[0].startswith("L0 differs by more than 25 % among 9 SAEs, from 10 (r:l0) to 256 (r:l8)")
    assert len([one for one in warnings if "differs" in one]) == 1


def test_paired_cells_and_seeds_are_marked_and_explained(mean_norm, cloud):
    table = comparison_texts(compare([run(mean_norm, cloud)]))
    assert not any("†" in note or "‡" in note for note in table.notes)


def test_parquet_has_every_number_with_what_may_not_be_read_off_it(comparison):
    import pyarrow.parquet as pq

    texts = comparison_texts(comparison)
    table = pq.read_table(io.BytesIO(comparison_parquet(comparison, texts)))
    lines = table.to_pylist()
    assert [(line["sae"], line["metric"]) for line in lines] == [
        (row.name, column.id) for row in comparison.rows for column in comparison.columns
    ]
    numbers = [of_cell for row in comparison.rows for of_cell in comparison.numbers(row)]
    assert [{name: line[name] for name in of_cell} for line, of_cell in zip(lines, numbers, strict=True)] == numbers
    assert {line["layer"] for line in lines} == {0, 1, 2, None}
    assert any(line["reason"] and HOSTILE in line["reason"] for line in lines if line["release"] is None)
    told = json.loads(table.schema.metadata[METADATA])
    assert told["warnings"] == list(texts.warnings)
    assert told["reference"] == comparison.reference
