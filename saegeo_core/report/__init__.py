"""What an analysis found: metrics with intervals and nulls, findings, and the stamped report with its store."""
