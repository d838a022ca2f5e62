"""All that a plugin author has to read: what an analysis is, the hooks, how plugins are loaded and run."""
