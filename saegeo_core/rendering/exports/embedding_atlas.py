"""Features as rows of a table that Embedding Atlas shows: `features.parquet`, and `about.txt` with what to type.

`x` and `y` are the map of the report that has one; `neighbors` holds row numbers and distances, 1 - cosine.
"""

import io
from collections.abc import Iterator
from typing import Any

from saegeo_core.inspecting.feature_cards import FeatureCard, FeatureCards, row_of

FILE = "features.parquet"
MAP = ("x", "y")


def atlas_files(cards: FeatureCards) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = {card.feature: place for place, card in enumerate(cards)}
    rows = [
        {
            **{name: value for name, value in row_of(card).items() if name not in ("nearest", "top_tokens")},
            "text": _text(card),
            "neighbors": _neighbors(card, row),
        }
        for card in cards
    ]
    names = list(dict.fromkeys(name for one in rows for name in one))
    columns: dict[str, list[Any]] = {name: [one.get(name) for one in rows] for name in names}
    known = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    out = io.BytesIO()
    pq.write_table(pa.table(known), out, compression="zstd")
    yield FILE, out.getvalue()
    place = " --x x --y y" if set(MAP) <= known.keys() else ""
    told = f"pip install embedding-atlas\nembedding-atlas {FILE} --text text{place} --neighbors neighbors --disable-projection\n"
    yield "about.txt", told.encode()


def _text(card: FeatureCard) -> str:
    tokens = ", ".join(token.text.strip() for token in card.top_tokens)
    return ": ".join(filter(None, [f"{card.feature}", card.label, tokens]))


def _neighbors(card: FeatureCard, row: dict[int, int]) -> dict[str, list[Any]]:
    there = [one for one in card.nearest if one.feature in row]
    return {"ids": [row[one.feature] for one in there], "distances": [1 - one.cosine for one in there]}
