"""Our way of doing a piece of work against the plain published way: `python -m benchmarks`.

Each module here that has a list `ROWS` of `measure.Work` adds rows to the table; to add a benchmark, add a file.
"""
