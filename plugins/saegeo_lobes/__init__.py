"""Lobes: whether features that fire together lie together."""
