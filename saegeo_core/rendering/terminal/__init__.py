"""What a terminal shows: tables, sketches of figures, lists."""
