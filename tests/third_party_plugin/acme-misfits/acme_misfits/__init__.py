"""Everything a plugin can do wrong."""
