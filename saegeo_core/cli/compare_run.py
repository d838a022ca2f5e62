"""Brings together what `saegeo compare` compares: reads the reports that were named, and measures the SAEs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from saegeo_core.cli.compare_inputs import chosen, read_reports, sort_out
from saegeo_core.cli.progress import grid_bars
from saegeo_core.cli.run_cells import Failed, run_cells
from saegeo_core.cli.run_outcomes import tell
from saegeo_core.cli.run_plan import RunPlan, plan_run
from saegeo_core.comparison import Comparison, compare
from saegeo_core.comparison.joining import Failure
from saegeo_core.comparison.l0_matching import Candidate, matched
from saegeo_core.errors import SaegeoError
from saegeo_core.plugin_manager import PluginManager
from saegeo_core.report import Report


def compare_named(
    *,
    named: Sequence[str],
    plugins: PluginManager | None,
    typed: set[str],
    plugin_names: Sequence[str],
    metrics: Sequence[str],
    reference: str | None,
    sort: str | None,
    group_by: Any,
    match_l0: bool,
    adjust: Any,
    profile: bool,
    allow_incomparable: bool,
    with_traceback: bool,
    **run_options: Any,
) -> tuple[Comparison, bool]:
    """The comparison, and whether everything that was named is in it.

    `typed` names the options the user gave; of stored reports only those are a condition.

    Raises:
        SaegeoError: nothing to compare, or what `compare` and `plan_run` refuse.
    """
    plugins = plugins or PluginManager()
    names = list(dict.fromkeys([*plugin_names, *(metric.partition(".")[0] for metric in metrics if "*" not in metric)]))
    given = sort_out(named or [_stored(run_options["out"])], plugins)
    reports, n_skipped = read_reports(given.files)
    reports = chosen(
        reports,
        plugins,
        names=names,
        preset=run_options["preset"] if "preset" in typed else None,
        seed=run_options["seed"] if "seed" in typed else None,
        settings=run_options["settings"],
    )
    failures: list[Failed] = []
    notes: list[str] = []
    if given.saes:
        saes = given.saes
        if match_l0 and not reports:  # with reports among them, all are matched together once the SAEs are measured
            saes, notes = _matched(saes)
        names = names or list(dict.fromkeys(report.analysis.name for report in reports))
        plan = plan_run(saes=saes, plugins=plugins, plugin_names=names, run_all=not names, **run_options)
        measured, failures = _measured(plan, with_traceback)
        reports += measured
    if not reports and failures:
        _give_up(failures)
    comparison = compare(
        reports,
        metrics=metrics,
        reference=reference,
        sort=sort,
        group_by=group_by,
        match_l0=match_l0 and not notes,
        adjust=adjust,
        profile=profile,
        allow_incomparable=allow_incomparable,
        failures=[_failure(failed) for failed in failures],
    )
    return replace(comparison, notes=(*notes, *comparison.notes)), not (n_skipped or failures)


def _stored(out: str) -> str:
    if not Path(out).is_dir():
        raise SaegeoError(
            f"nothing was named to compare, and there is no folder {out} of reports",
            "type SAEs, for example saegeo compare 'minilm-l6:layer_*', reports, or folders of reports",
        )
    return f"./{out}" if not Path(out).is_absolute() else out


def _matched(saes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Of the SAEs of releases those that agree best in L0, before any is loaded; paths stay."""
    from saegeo_core.loading import expand_specs
    from saegeo_core.loading.release_directory import matching_entries

    specs = expand_specs(list(saes))
    entries = [entry for spec in specs if spec.path is None for entry in matching_entries(spec)]
    paths = [str(spec) for spec in specs if spec.path is not None]
    if not any(entry.l0 for entry in entries):
        return [str(spec) for spec in specs], []
    found, notes = matched(entries, [Candidate(entry.release, entry.sae_id, entry.l0) for entry in entries])
    return [*map(str, found), *paths], notes


def _measured(plan: RunPlan, with_traceback: bool) -> tuple[list[Report], list[Failed]]:
    reports: list[Report] = []
    failures: list[Failed] = []
    with grid_bars(f"{len(plan.specs)} SAEs, {len(plan.analyses)} analyses", plan.n_cells) as bars:
        for outcome in run_cells(plan, bars):
            if isinstance(outcome, Failed):
                # The frames of its traceback hold the cloud; what is shown of it is shown now.
                tell(outcome, with_traceback)
                failures.append(Failed(outcome.spec, outcome.error.with_traceback(None), outcome.planned))
            else:
                reports.append(outcome.report)
    return reports, failures


def _failure(failed: Failed) -> Failure:
    error = failed.error
    reason = error.message if isinstance(error, SaegeoError) else f"{type(error).__name__}: {error}"
    return Failure(failed.spec, failed.planned.name if failed.planned else None, reason)


def _give_up(failures: Sequence[Failed]) -> None:
    """Nothing succeeded: the user's mistakes end the command as such, anything else as a failure of the work."""
    mistakes = [failed.error for failed in failures if isinstance(failed.error, SaegeoError)]
    if len(mistakes) == len(failures):
        raise SaegeoError("nothing could be measured, so there is nothing to compare")
    raise SystemExit(1)
