import pytest

from saegeo_core import ReportStore, SaegeoError, page


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


def test_mistakes(report, tmp_path):
    with pytest.raises(SaegeoError, match="page is an HTML file"):
        page(report, tmp_path / "page.txt")
    with pytest.raises(SaegeoError, match="no report to show"):
        page([], tmp_path / "page.html")
    with pytest.raises(SaegeoError, match="cannot write"):
        page(report, tmp_path / "missing" / "page.html")
    assert not list(tmp_path.iterdir())
