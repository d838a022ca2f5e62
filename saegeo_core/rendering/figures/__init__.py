"""Figures drawn: what to draw is decided once (`series`), how is one file for the screen and one for paper."""
