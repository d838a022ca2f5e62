"""The audit of the published procedures, one module for each: what it measures, and the table and figures of the page."""
