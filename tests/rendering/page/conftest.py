"""Pages of synthetic reports, and the real Chromium to open them in, its network off."""

import importlib.util
import math
import shutil
from pathlib import Path

import pytest

from saegeo_core.rendering.page.html_page import html_page
from saegeo_core.report.report import Table

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium):
    """Opens a file; `requests` and `complaints` of the tab it returns must stay empty."""
    contexts = []

    def open_file(path, link="", scheme="light", width=1360, **options):
        viewport = {"width": width, "height": 900}
        context = chromium.new_context(color_scheme=scheme, viewport=viewport, offline=True, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.requests, tab.complaints = [], []
        tab.on("request", lambda request: tab.requests.append(request.url))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on("console", lambda line: tab.complaints.append(line.text) if line.type == "error" else None)
        tab.goto(path.as_uri() + f"#{link}" * bool(link))
        tab.requests = [url for url in tab.requests if not url.startswith((path.as_uri(), "data:", "blob:"))]
        return tab

    yield open_file
    for context in contexts:
        context.close()


@pytest.fixture
def opened(browse, tmp_path):
    """Opens a page of these reports."""

    def open_page(*reports, **options):
        path = tmp_path / "page.html"
        path.write_text(html_page(reports))
        return browse(path, **options)

    return open_page


@pytest.fixture
def drawn():
    """Scrolls to a figure of the report that is unfolded and waits until it is drawn; returns its box."""

    def draw(tab, name):
        box = tab.locator(f"article .plot[data-figure$='/{name}']")
        box.scroll_into_view_if_needed()
        box.locator(".main-svg").first.wait_for()
        return box

    return draw


@pytest.fixture(scope="session")
def faults():
    """`rule: the element` for every fault that axe-core finds in a page as it stands, however small."""
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None:
        pytest.skip("axe-core is not installed (axe-playwright-python)")
    axe = Path(package.origin).with_name("axe.min.js").read_text()

    def find(tab):
        tab.evaluate(axe)
        found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]

    return find


@pytest.fixture
def laid_out(every_kind):
    """Makes a report that lays features out on a plane, with columns of every kind; `text` goes wherever it takes one."""

    def make(text="plain", n=40, name="small", **of_sae):
        features = [3 * i for i in range(n)]
        on_map = {
            "feature": features,
            "x": [math.cos(i) for i in range(n)],
            "y": [math.sin(3 * i) for i in range(n)],
            "lobe": [f"lobe {i % 3} {text}" for i in range(n)],
            "label": [f"{text} label {i}" for i in range(n)],
        }
        further = {
            "feature": [*features[::2], 1000],
            "rate": [0.5**i for i in range(len(features[::2]) + 1)],
            "family": [i // 2 for i in range(len(features[::2]) + 1)],
            f"tokens of {text}": [f"{text} token {i}" for i in range(len(features[::2]) + 1)],
        }
        report = every_kind(name=name)
        tables = {"map": Table(columns=on_map), "further_columns": Table(columns=further)}
        sae = report.sae.model_copy(update=of_sae)
        return report.model_copy(update={"sae": sae, "tables": tables, "figures": ()})

    return make
