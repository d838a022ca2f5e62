"""Brings together what `saegeo compare` compares: reads the reports that were named, and measures the SAEs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from saegeo_core.cli.compare_inputs import chosen, sort_out
from saegeo_core.cli.messages import say
from saegeo_core.comparison import Comparison, compare
from saegeo_core.comparison.joining import Failure
from saegeo_core.errors import SaegeoError
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.report.gather import gather

MOST_NAMED = 20


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
    of_metrics = (_analysis_of(metric) for metric in metrics)
    names = list(dict.fromkeys([*plugin_names, *(name for name in of_metrics if not set(name) & set("*?["))]))
    given = sort_out(named or [_stored(run_options["out"])], plugins)
    reports, skipped = gather(given.reports)
    for error in skipped[:MOST_NAMED]:
        say(f"skipped: {error.message}")
    if len(skipped) > MOST_NAMED:
        say(f"skipped: {len(skipped) - MOST_NAMED} more")
    reports = chosen(
        reports,
        plugins,
        names=names,
        preset=run_options["preset"] if "preset" in typed else None,
        seed=run_options["seed"] if "seed" in typed else None,
        settings=run_options["settings"],
    )
    failures: list[Failure] = []
    notes: list[str] = []
    if given.saes:
        from saegeo_core.cli.compare_measured import matched_in_l0, measured  # imports torch, which reports do not need

        saes = given.saes
        if match_l0 and not reports:  # with reports among them, all are matched together once the SAEs are measured
            saes, notes = matched_in_l0(saes)
        names = names or list(dict.fromkeys(report.analysis.name for report in reports))
        made, failures = measured(
            saes=saes,
            plugins=plugins,
            plugin_names=names,
            run_all=not names,
            alone=not reports,
            with_traceback=with_traceback,
            **run_options,
        )
        reports += made
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
        failures=failures,
    )
    return replace(comparison, notes=(*notes, *comparison.notes)), not (skipped or failures)


def _analysis_of(metric: str) -> str:
    plugin, dot, _ = metric.partition(".")
    if not dot:
        raise SaegeoError(f"--metric {metric} is not PLUGIN.METRIC", f"for example --metric 'PLUGIN.{metric}'")
    return plugin


def _stored(out: str) -> str:
    if not Path(out).is_dir():
        raise SaegeoError(
            f"nothing was named to compare, and there is no folder {out} of reports",
            "type SAEs, for example saegeo compare 'minilm-l6:layer_*', reports, or folders of reports",
        )
    return f"./{out}" if not Path(out).is_absolute() else out
