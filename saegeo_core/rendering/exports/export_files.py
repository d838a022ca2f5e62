"""Writes reports, and the features of their SAEs, in the form that another program reads."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from saegeo_core.atomic_file import replacing
from saegeo_core.errors import SaegeoError
from saegeo_core.file_names import file_name, told_apart
from saegeo_core.inspecting.features import features
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.rendering.exports import ExportFormat
from saegeo_core.rendering.exports.delphi import N_NEIGHBORS, delphi_files
from saegeo_core.rendering.exports.embedding_atlas import MAP, atlas_files
from saegeo_core.rendering.exports.neuronpedia import neuronpedia_files
from saegeo_core.rendering.exports.report_tables import Kind, table_files
from saegeo_core.report.report import Report

OF_FEATURES = {
    "neuronpedia-json": neuronpedia_files,
    "delphi-neighbors": delphi_files,
    "embedding-atlas": atlas_files,
}


def export_files(
    reports: Sequence[Report],
    to: ExportFormat,
    folder: Path,
    *,
    firing: Path | None = None,
    labels: Path | None = None,
    plugins: PluginManager | None = None,
) -> Iterator[Path]:
    """Write reports into a folder, which is made; those of features into one folder below it for each SAE. Yields each file.

    Args:
        reports: at least one.
        to: "parquet" or "csv" of all metrics and tables; of the features of their SAEs "neuronpedia-json", "delphi-neighbors",
            "embedding-atlas".
        folder: where.
        firing: a harvest of the SAEs; bundled ones bring their own.
        labels: a text for each feature.
        plugins: where file formats come from.

    Raises:
        SaegeoError: an unknown form, an SAE that cannot be read, or a place that cannot be written.
    """
    if to not in get_args(ExportFormat):
        raise SaegeoError(f"there is no export to {to!r}", f"there are {', '.join(get_args(ExportFormat))}")
    if to not in OF_FEATURES:
        kind: Kind = "csv" if to == "csv" else "parquet"
        yield from _written(table_files(reports, kind), folder)
        return
    saes = {report.sae.spec: [one for one in reports if one.sae.spec == report.sae.spec] for report in reports}
    for (spec, own), name in zip(saes.items(), told_apart(file_name(spec) or "sae" for spec in saes), strict=True):
        has_map = to == "embedding-atlas" and any("map" in report.tables for report in own)
        cards = features(
            spec,
            sort="id",
            firing=firing,
            labels=labels,
            results=own,
            plugins=plugins,
            n_nearest=N_NEIGHBORS,
            columns=MAP if has_map else (),
        )
        yield from _written(OF_FEATURES[to](cards), folder / name)


def _written(files: Iterator[tuple[str, bytes]], folder: Path) -> Iterator[Path]:
    for name, content in files:
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(content)
        except OSError as error:
            raise SaegeoError(f"cannot write {path}: {error.strerror or error}", "choose another folder") from error
        yield path
