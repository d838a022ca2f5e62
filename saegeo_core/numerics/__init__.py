"""Tile-by-tile kernels on bare tensors, on any torch device; each module is imported by the analysis that needs it."""
