"""Pages of synthetic reports, and the real Chromium to open them in, its network off."""

import shutil

import pytest

from saegeo_core.rendering.page.html_page import html_page

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
def opened(chromium, tmp_path):
    """Opens a page of these reports; `requests` and `complaints` of the tab it returns must stay empty."""
    contexts = []

    def open_page(*reports, scheme="light", width=1360):
        path = tmp_path / "page.html"
        path.write_text(html_page(reports))
        context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True)
        contexts.append(context)
        tab = context.new_page()
        tab.requests, tab.complaints = [], []
        tab.on("request", lambda request: tab.requests.append(request.url))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on("console", lambda line: tab.complaints.append(line.text) if line.type == "error" else None)
        tab.goto(path.as_uri())
        tab.requests = [url for url in tab.requests if url != path.as_uri() and not url.startswith(("data:", "blob:"))]
        return tab

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def drawn():
    """Scrolls to a figure and waits until it is drawn; returns its box."""

    def draw(tab, name):
        box = tab.locator(f".plot[data-figure='{name}']")
        box.scroll_into_view_if_needed()
        box.locator(".main-svg").first.wait_for()
        return box

    return draw
