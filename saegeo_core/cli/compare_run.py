"""Brings together what `saegeo compare` compares: reads the reports that were named, and measures the SAEs."""

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from saegeo_core.cli.compare_inputs import matching_reports, saes_and_reports
from saegeo_core.cli.messages import complain
from saegeo_core.cli.progress import loop_progress
from saegeo_core.comparison import Comparison, compare
from saegeo_core.comparison.sae_reports import Failure
from saegeo_core.errors import SaegeoError
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.report.gather import gather_heads
from saegeo_core.sweeping.elsewhere import Elsewhere
from saegeo_core.sweeping.options import RunOptions

MAX_NAMED = 20


def compare_named(
    named: Sequence[str],
    plugin_names: Sequence[str],
    metrics: Sequence[str],
    options: RunOptions,
    elsewhere: Elsewhere,
    *,
    typed: Set[str],
    plugins: PluginManager | None,
    match_l0: bool,
    profile: bool,
    **of_table: Any,
) -> tuple[Comparison, bool]:
    """The comparison, and whether everything that was named is in it.

    `typed` names the options the user gave; of stored reports only those are a condition. What `of_table` holds is for
    `compare`.

    Raises:
        SaegeoError: nothing to compare, or what `compare` and `plan_run` refuse.
    """
    plugins = plugins or PluginManager()
    of_metrics = (_analysis_of(metric) for metric in metrics)
    names = list(dict.fromkeys([*plugin_names, *(name for name in of_metrics if not set(name) & set("*?["))]))
    given = saes_and_reports(named or [_stored(options.out)], plugins)
    with loop_progress("reading reports") as progress:
        reports, skipped = gather_heads(given.reports, progress, whole=profile)
    for error in skipped[:MAX_NAMED]:
        complain("skipped", SaegeoError(error.message))
    if len(skipped) > MAX_NAMED:
        complain("skipped", SaegeoError(f"{len(skipped) - MAX_NAMED} more"))
    reports = matching_reports(
        reports,
        plugins,
        names=names,
        preset=options.preset if "preset" in typed else None,
        seed=options.seed if "seed" in typed else None,
        settings=options.settings,
    )
    failures: list[Failure] = []
    notes: list[str] = []
    if given.saes:
        from saegeo_core.cli.compare_measured import matched_in_l0, measured  # imports torch, which reports do not need

        saes = given.saes
        if match_l0 and not reports:  # with reports among them, all are matched together once the SAEs are measured
            saes, notes = matched_in_l0(saes, options.firing, plugins)
        names = names or list(dict.fromkeys(report.analysis.name for report in reports))
        made, failures = measured(saes, names, options, elsewhere, plugins=plugins, alone=not reports)
        reports += made
    comparison = compare(
        reports,
        metrics=metrics,
        match_l0=match_l0 and not notes,
        profile=profile,
        failures=failures,
        **of_table,
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
