"""Reports drawn for people. Functions from values to renderables: nothing here computes, and `export` alone writes.

Whatever comes from data (names, labels, warnings, errors) passes through `plain_text`, so that no file can color, move or
hide what a terminal shows.
"""
