"""Reports drawn for people. Functions from values to renderables: nothing here computes, reads or writes.

Whatever comes from data (names, labels, warnings, errors) passes through `plain_text`, so that no file can color, move or
hide what a terminal shows.
"""
