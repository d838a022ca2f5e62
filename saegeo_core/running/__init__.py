"""One analysis on one cloud: what decides its numbers, the run itself, and the stamp on its report."""
