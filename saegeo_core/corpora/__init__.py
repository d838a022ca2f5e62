"""Text to read: files, folders, archives, data sets of a hub, what a Python environment holds."""
