"""Files of every kind that saegeo reads, spoiled in every way that is known here, and what becomes of them. `python -m tests.fuzz --help`."""
