"""One analysis on one cloud: what it is given, what decides its numbers, the run itself, and the stamp on its report."""
