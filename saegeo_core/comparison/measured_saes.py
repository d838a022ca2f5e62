"""SAEs named in the place of reports: measured, so that they can be compared."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.report.report import ReportHead
from saegeo_core.report.reports import HeadOrPlace


def with_saes_measured(
    reports: HeadOrPlace | Iterable[HeadOrPlace], analyses: str | Sequence[str]
) -> list[HeadOrPlace]:
    """The same, with each SAE that is named `release:sae_id`, patterns among them, replaced by its reports of these analyses.

    Without analyses nothing is measured.
    """
    given: list[HeadOrPlace] = [reports] if isinstance(reports, ReportHead | str | Path) else list(reports)
    if not analyses:
        return given
    names = [analyses] if isinstance(analyses, str) else analyses
    return [one for place in given for one in (_measured(place, names) if _is_sae(place) else [place])]


def _is_sae(place: HeadOrPlace) -> bool:
    return isinstance(place, str) and not Path(place).exists() and SaeSpec.parse(place).path is None


def _measured(place: HeadOrPlace, analyses: Sequence[str]) -> list[HeadOrPlace]:
    from saegeo_core.loading import expand_specs, load_cloud
    from saegeo_core.running.run import run

    clouds = map(load_cloud, expand_specs([str(place)]))
    return [run(name, cloud) for cloud in clouds for name in analyses]
