"""From names to results. One analysis on one cloud: what it is given, what decides its numbers, the run, the stamp on its report.

And SAEs, a model and a text, by name, to a harvest.
"""
