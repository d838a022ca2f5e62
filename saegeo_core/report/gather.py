"""Reports gathered from files and folders: what can be read is read, the rest is named with its reason."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeVar

from saegeo_core.cloud.sae_names import in_natural_order
from saegeo_core.errors import SaegeoError
from saegeo_core.progress import Progress, silent
from saegeo_core.report.index import indexed
from saegeo_core.report.report import Report, ReportHead
from saegeo_core.report.store import ReportStore

One = TypeVar("One", bound=ReportHead)
Reader = Callable[[Path], One]


def gather(places: Iterable[Path | Report], progress: Progress = silent) -> tuple[list[Report], list[SaegeoError]]:
    """The reports at `places`, each file once, and what was skipped.

    Of a folder every `.json` below it is read, in natural order (layer_2 before layer_10). What is a report already is taken as
    it is.

    Raises:
        SaegeoError: a place that does not exist.
    """
    return _gathered(places, lambda _: nullcontext(ReportStore.read), progress)


def gather_heads(
    places: Iterable[Path | ReportHead], progress: Progress = silent, *, whole: bool = False
) -> tuple[list[ReportHead], list[SaegeoError]]:
    """What is compared of the reports at `places`, likewise; of a folder of many, from the index that is kept there.

    With `whole` they are whole reports, whose curves can be compared too.

    Raises:
        SaegeoError: a place that does not exist.
    """
    return _gathered(places, _whole if whole else _heads, progress)


def _whole(_: Path) -> AbstractContextManager[Reader[ReportHead]]:
    return nullcontext(ReportStore.read)


def _heads(place: Path) -> AbstractContextManager[Reader[ReportHead]]:
    return indexed(place) if place.is_dir() else nullcontext(lambda path: ReportStore.read(path).head)


def _gathered(
    places: Iterable[Path | One], opened: Callable[[Path], AbstractContextManager[Reader[One]]], progress: Progress
) -> tuple[list[One], list[SaegeoError]]:
    reports: list[One] = []
    skipped: list[SaegeoError] = []
    seen: set[Path] = set()
    for place in places:
        if isinstance(place, ReportHead):
            reports.append(place)
            continue
        if not place.exists():
            raise SaegeoError(f"there is no {place}", "give a report written by saegeo run, or a folder of them")
        found = list(_files(place))
        if not found:
            skipped.append(SaegeoError(f"{place} holds no reports", "saegeo run --out makes some"))
        with opened(place) as read:
            for path in progress(found, len(found), "reports read"):
                if (resolved := path.resolve()) in seen:
                    continue
                seen.add(resolved)
                try:
                    report = read(path)
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
