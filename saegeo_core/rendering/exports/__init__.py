"""Reports and their features as files that other programs read: one file for each of these programs."""
