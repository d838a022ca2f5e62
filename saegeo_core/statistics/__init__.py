"""Null models, exact laws and intervals, as functions on bare arrays; adapters elsewhere turn their results into reports.

Names are SciPy's: statistic, pvalue, standard_error, confidence_interval, null_distribution. Every random choice takes an
explicit numpy Generator. Each module is imported by the analysis that needs it.
"""
