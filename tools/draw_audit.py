"""Make the numbers, tables and figures of docs/audit.md anew: every one of them from a run of saegeo, with fixed seeds.

    python tools/draw_audit.py             all sections
    python tools/draw_audit.py NAME …      some of them; the others keep their numbers

It takes some minutes on one core. Needs matplotlib and the bundled release, and no network.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from audit import (
    effective_volume,
    fixed_cosine,
    in_sample,
    negentropy,
    pairing,
    power_law,
    shifted_phi,
    sigma_counts,
    sparsity,
    untrained,
)
from audit.section import Section, with_tables

from saegeo_core.rendering.figures.static_drawing import static_drawing
from saegeo_core.report.report import table_from_frame

DOCS = Path(__file__).parents[1] / "docs"
PAGE, FOLDER = DOCS / "audit.md", DOCS / "audit"
NUMBERS = FOLDER / "figures.json"
SECTIONS: dict[str, Callable[[], Section]] = {
    "negentropy": negentropy.measure,
    "theta": negentropy.measure_theta,
    "sparsity": sparsity.measure,
    "sparsity-alone": sparsity.measure_bundled,
    "sigma-counts": sigma_counts.measure,
    "shifted-phi": shifted_phi.measure,
    "effective-volume": effective_volume.measure,
    "power-law": power_law.measure,
    "in-sample": in_sample.measure,
    "fixed-cosine": fixed_cosine.measure_dimensions,
    "parts-of-a-tail": fixed_cosine.measure_parts,
    "pairing": pairing.measure,
    "untrained": untrained.measure,
}


def draw(names: list[str]) -> None:
    """Measure these sections, and write figures, numbers and the page's tables."""
    numbers = json.loads(NUMBERS.read_text()) if NUMBERS.exists() else {}
    for name in names:
        started = time.monotonic()
        section = SECTIONS[name]()
        numbers[name] = section.as_json()
        for figure, frame in section.figures:
            (FOLDER / f"{figure.name}.svg").write_bytes(static_drawing(figure, table_from_frame(frame)))
        ordered = {one: numbers[one] for one in SECTIONS if one in numbers}
        NUMBERS.write_text(json.dumps(ordered, indent=1, allow_nan=False) + "\n")
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    PAGE.write_text(with_tables(PAGE.read_text(), numbers))


def main() -> None:
    unknown = [name for name in sys.argv[1:] if name not in SECTIONS]
    if unknown:
        sys.exit(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    draw(sys.argv[1:] or list(SECTIONS))


if __name__ == "__main__":
    main()
