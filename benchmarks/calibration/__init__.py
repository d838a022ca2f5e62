"""Is a p-value a p-value, and does an interval cover? Every metric on every composite cloud, many times over.

`python -m benchmarks.calibration` draws the clouds, runs the analyses on them, keeps what each run said, and writes a page. Stopped
at any time, it goes on where it was.
"""
