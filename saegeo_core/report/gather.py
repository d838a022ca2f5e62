"""Reports gathered from files and folders: what can be read is read, the rest is named with its reason."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from saegeo_core.cloud.sae_names import in_natural_order
from saegeo_core.errors import SaegeoError
from saegeo_core.progress import Progress, silent
from saegeo_core.report.report import Report
from saegeo_core.report.store import ReportStore


def gather(places: Iterable[Path | Report], progress: Progress = silent) -> tuple[list[Report], list[SaegeoError]]:
    """The reports at `places`, each file once, and what was skipped.

    Of a folder every `.json` below it is read, in natural order (layer_2 before layer_10). What is a report already is taken as
    it is.

    Raises:
        SaegeoError: a place that does not exist.
    """
    reports: list[Report] = []
    skipped: list[SaegeoError] = []
    seen: set[Path] = set()
    for place in places:
        if isinstance(place, Report):
            reports.append(place)
            continue
        if not place.exists():
            raise SaegeoError(f"there is no {place}", "give a report written by saegeo run, or a folder of them")
        found = list(_files(place))
        if not found:
            skipped.append(SaegeoError(f"{place} holds no reports", "saegeo run --out makes some"))
        for path in progress(found, len(found), "reports read"):
            if path.resolve() in seen:
                continue
            seen.add(path.resolve())
            try:
                report = ReportStore.read(path)
                report.metric()  # a report without its headline is damaged
            except SaegeoError as error:
                skipped.append(error)
            else:
                reports.append(report)
    return reports, skipped


def _files(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        yield place
        return
    for path in sorted(place.rglob("*.json"), key=lambda path: [in_natural_order(part) for part in path.parts]):
        if path.is_file() and not path.name.startswith("."):
            yield path
