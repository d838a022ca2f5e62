"""Crystals: parallelograms and trapezoids of related words and of dictionary features."""
