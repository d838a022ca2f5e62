"""From numbers to metrics: one declaration for each analysis, and one road past interval and null."""
