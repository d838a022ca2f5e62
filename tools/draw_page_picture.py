"""Draw the picture of the page that README shows, light and dark: the map of lobes with one lobe marked and a feature pinned.

    saegeo run --plugin lobes && saegeo page saegeo-results --out page.html
    python tools/draw_page_picture.py page.html docs/page

Needs the extra `test` and a Chromium.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

FEATURE, GROUP = "map-minilm-l6-layer_3/1338", "lobe 5"
COLORS = 256
"""Of the palette."""


def main() -> None:
    page, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": 1400, "height": 900}, color_scheme=scheme, offline=True, reduced_motion="reduce"
            )
            shown = context.new_page()
            shown.goto(f"{page.as_uri()}#{FEATURE}")
            shown.locator("feature-map .groups button", has_text=GROUP).click()
            shown.locator("feature-map .listed").evaluate("listed => listed.remove()")
            shown.locator("feature-map canvas, feature-map .scatterlayer path").first.wait_for(state="attached")
            shown.wait_for_timeout(1000)
            picture = Image.open(io.BytesIO(shown.locator("feature-map").screenshot()))
            picture.convert("RGB").quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
                folder / f"map-{scheme}.png", optimize=True
            )
        browser.close()


if __name__ == "__main__":
    main()
