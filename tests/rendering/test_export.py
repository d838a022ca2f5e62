import pytest

from saegeo_core import ReportStore, SaegeoError, page
from saegeo_core.rendering.comparison_figures import comparison_figures


@pytest.fixture
def folder(report, tmp_path):
    ReportStore(tmp_path / "results").write(report, tmp_path / "results" / "one.json")
    return tmp_path / "results"


def test_a_page_of_a_folder_is_that_of_its_reports(report, folder, tmp_path):
    written = page(folder, tmp_path / "folder.html")
    assert written == tmp_path / "folder.html"
    assert written.read_text().startswith("<!doctype html>")
    assert page(str(folder), str(tmp_path / "text.html")).read_bytes() == written.read_bytes()
    assert page([report], tmp_path / "reports.html").read_bytes() == written.read_bytes()


def test_figures_are_files_of_their_own(report, tmp_path):
    pytest.importorskip("matplotlib")
    page(report, tmp_path / "page.html", figures=tmp_path / "figures", figure_format="pdf")
    files = list((tmp_path / "figures").iterdir())
    assert len(files) == len(report.figures)
    assert {file.suffix for file in files} == {".pdf"}


def layers(report, n=3):
    sae = report.sae
    return [
        report.model_copy(
            update={
                "sae": sae.model_copy(
                    update={"sae_id": f"layer_{i}", "layer": i, "digest": f"{i}", "spec": f"r:layer_{i}"}
                )
            }
        )
        for i in range(n)
    ]


def test_several_saes_have_figures_together(report, tmp_path):
    pytest.importorskip("matplotlib")
    page(layers(report), tmp_path / "page.html", figures=tmp_path / "figures", figure_width="single")
    names = {file.stem for file in (tmp_path / "figures").iterdir()}
    assert len(names) == 3 * len(report.figures) + len({name for name in names if name.startswith("comparison-")})
    assert {"comparison-everything.tail_fraction-by-layer", "comparison-everything.hist"} <= names
    assert "comparison-everything.nearest-by-layer" not in names  # nobody has a value


def test_reports_of_other_settings_are_compared_by_themselves(report):
    of_paper = report.analysis.model_copy(update={"preset": "paper"})
    reports = [*layers(report), *(one.model_copy(update={"analysis": of_paper}) for one in layers(report))]
    names = [name for name, _, _ in comparison_figures(reports)]
    assert len(set(names)) == len(names)
    assert {"comparison-everything.hist", "comparison-paper-everything.hist"} <= set(names)


def test_one_sae_has_no_figure_together(report):
    assert list(comparison_figures([report])) == []


def test_mistakes(report, tmp_path):
    with pytest.raises(SaegeoError, match="page is an HTML file"):
        page(report, tmp_path / "page.txt")
    with pytest.raises(SaegeoError, match="no report to show"):
        page([], tmp_path / "page.html")
    with pytest.raises(SaegeoError, match="cannot write"):
        page(report, tmp_path / "missing" / "page.html")
    assert not list(tmp_path.iterdir())
