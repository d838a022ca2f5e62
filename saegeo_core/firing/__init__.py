"""Which features fire in which block of text: the statistics, their compact matrix, their folder on disk."""
