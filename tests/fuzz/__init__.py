"""Files of every kind that saegeo reads, spoiled in every way known here, and what becomes of them."""
