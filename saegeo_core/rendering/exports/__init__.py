"""Reports and their features as files that other programs read: one file for each of these programs."""

from typing import Literal

ExportFormat = Literal["parquet", "csv", "neuronpedia-json", "delphi-neighbors", "embedding-atlas"]
