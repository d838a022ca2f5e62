"""Draw the Gaussian surrogates that ship with the plugin `entropy`, for the sizes that its defaults meet.

    python tools/draw_gaussian_surrogates.py

The draws follow from sizes and seeds alone; a test draws the first of each size anew.
"""

import json
from pathlib import Path

from saegeo_entropy.surrogates import GAUSSIAN_RECIPE, SHIPPED, draw_gaussian_negentropies

N_DRAWS = 99
SIZES = [(10_000, 20, 3), (10_000, 100, 3), (1_536, 20, 3), (1_536, 100, 3)]
"""n, q, k: the default number of rows, and that of the bundled release."""


def main() -> None:
    draws = {f"n={n} q={q} k={k}": draw_gaussian_negentropies(n, q, k, N_DRAWS).tolist() for n, q, k in SIZES}
    content = {
        "what": "raw negentropies of n Gaussian points in q dimensions from their k-th nearest neighbors, in nats",
        "made_by": "tools/draw_gaussian_surrogates.py",
        "recipe": GAUSSIAN_RECIPE,
        "draws": draws,
    }
    path = Path(__file__).parents[1] / "plugins" / "saegeo_entropy" / SHIPPED
    path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
