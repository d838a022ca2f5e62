"""Stored reports, read together: a list of them, and all their numbers in one tidy frame."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from saegeo_core.cloud.sae_names import layer_of
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.errors import SaegeoError
from saegeo_core.report.gather import gather, gather_heads
from saegeo_core.report.report import Report, ReportHead, metric_row

if TYPE_CHECKING:
    import pandas as pd

ReportOrPlace = Report | str | Path
"""A report, a file that `saegeo run` wrote, or a folder with such files anywhere below it."""
HeadOrPlace = ReportHead | str | Path
"""The same, or what is compared of a report."""

OF_SAE = ("sae", "model", "layer", "l0", "l0_stated", "d_sae", "d_in", "n_features", "rows")
OF_REPORT = ("report", "analysis", "version", "preset", "seed")
OF_METRIC = (
    "metric",
    "is_headline",
    "estimate",
    "low",
    "high",
    "null",
    "null_mean",
    "z",
    "pvalue",
    "n",
    "unit",
    "better",
)
MAY_BE_UNKNOWN = ("layer", "l0", "l0_stated", "estimate", "low", "high", "null_mean", "z", "pvalue")
"""Columns of numbers with NaN for what is not known."""
MAX_NAMED = 3
"""Reasons that are told in a warning."""


class Reports(Sequence[Report]):
    """Reports in order; a slice is one again.

    Attributes:
        skipped: for each file or folder that was named and gave no report, the reason.
    """

    def __init__(self, reports: Iterable[Report], skipped: Iterable[SaegeoError] = ()) -> None:
        self._reports = tuple(reports)
        self.skipped = tuple(skipped)

    def __len__(self) -> int:
        return len(self._reports)

    @overload
    def __getitem__(self, place: int) -> Report: ...
    @overload
    def __getitem__(self, place: slice) -> "Reports": ...
    def __getitem__(self, place: int | slice) -> "Report | Reports":
        return Reports(self._reports[place]) if isinstance(place, slice) else self._reports[place]

    def __iter__(self) -> Iterator[Report]:
        return iter(self._reports)

    def __repr__(self) -> str:
        n_analyses = len({report.analysis.name for report in self})
        n_saes = len({report.sae.spec for report in self})
        analyses, saes = "analysis" if n_analyses == 1 else "analyses", "SAE" if n_saes == 1 else "SAEs"
        return f"<{len(self)} Reports of {n_analyses} {analyses} on {n_saes} {saes}>"

    @property
    def frame(self) -> "pd.DataFrame":
        """One row for each report and metric, with what is known of the SAE.

        Columns: `sae` (what to type for it), `model`, `layer`, `l0` (measured where firing was given),
        `l0_stated`, `d_sae`, `d_in`, `n_features` (rows measured), `rows`
        (decoder or encoder); `report` (its place in this list, from 0), `analysis`, `version`, `preset`, `seed`; `metric`,
        `is_headline`, `estimate`, `low` and `high` (its interval), `null` (what the judging null is), `null_mean`, `z`, `pvalue`,
        `n`, `unit`, `better`. What is not known is missing (NaN).
        """
        import pandas as pd

        lines = [
            {
                **report.sae.model_dump(include=set(OF_SAE)),
                "sae": report.sae.spec,
                "layer": layer_of(report.sae),
                "report": number,
                "analysis": report.analysis.name,
                "version": report.analysis.version,
                "preset": report.analysis.preset,
                "seed": report.seed,
                **metric_row(metric),
                "metric": metric.name,
                "is_headline": metric.name == report.analysis.headline,
            }
            for number, report in enumerate(self)
            for metric in report.measured
        ]
        frame = pd.DataFrame(lines, columns=[*OF_SAE, *OF_REPORT, *OF_METRIC])
        return frame.astype(dict.fromkeys(MAY_BE_UNKNOWN, float))


def load_reports(reports: ReportOrPlace | Iterable[ReportOrPlace]) -> Reports:
    """Read stored reports.

    Of a folder every report below it is read, in natural order (layer_2 before layer_10); a file that comes twice counts once.
    What is no report is left out, with a warning that names it.

    Args:
        reports: a folder, a file, or several of them; reports that are there already are taken as they are.

    Raises:
        SaegeoError: a place that does not exist, the name of an SAE, or places that hold no report at all.
    """
    given: Sequence[ReportOrPlace] = [reports] if isinstance(reports, Report | str | Path) else list(reports)
    found, skipped = gather(_path_of(one) if isinstance(one, str) else one for one in given)
    _tell_skipped(skipped, bool(found))
    return Reports(found, skipped)


def load_heads(reports: HeadOrPlace | Iterable[HeadOrPlace], *, whole: bool = False) -> list[ReportHead]:
    """What is compared of stored reports; places and errors as for `load_reports`.

    Of a folder of hundreds it comes from the index that is kept there, which is made where there is none.

    Args:
        reports: a folder, a file, or several of them; reports that are there already are taken as they are.
        whole: read whole reports, so that their curves can be compared too.
    """
    given: Sequence[HeadOrPlace] = [reports] if isinstance(reports, ReportHead | str | Path) else list(reports)
    places = (_path_of(one) if isinstance(one, str) else one for one in given)
    found, skipped = gather_heads(places, whole=whole)
    _tell_skipped(skipped, bool(found))
    return found


def _tell_skipped(skipped: Sequence[SaegeoError], is_any_found: bool) -> None:
    if skipped and not is_any_found:
        raise SaegeoError(
            f"there is no report: {_in_words(skipped)}",
            "an SAE has to be measured first: saegeo run --plugin NAME SAE, or sg.run(NAME, SAE, out=FOLDER)",
        )
    if skipped:
        warnings.warn(f"left out: {_in_words(skipped)}", stacklevel=3)


def _path_of(place: str) -> Path:
    path = SaeSpec.parse(place).path
    if path is None:
        raise SaegeoError(
            f"{place} is the name of an SAE, and reports were asked for",
            f"measure it first: saegeo run --plugin NAME {place}, or sg.run(NAME, {place!r}, out=FOLDER)",
        )
    return path


def _in_words(skipped: Sequence[SaegeoError]) -> str:
    more = f"; and {len(skipped) - MAX_NAMED} more" if len(skipped) > MAX_NAMED else ""
    return "; ".join(error.message for error in skipped[:MAX_NAMED]) + more
