"""Measures the SAEs that `saegeo compare` was given, or reads their reports where --out holds them."""

from collections.abc import Sequence
from pathlib import Path

from saegeo_core.cli.command_group import SOME_FAILED
from saegeo_core.cli.run_outcomes import in_order, tell
from saegeo_core.cli.run_plan import plan_run
from saegeo_core.cli.run_sweep import run_sweep
from saegeo_core.comparison.l0_matching import Candidate, matched
from saegeo_core.comparison.sae_reports import Failure
from saegeo_core.errors import SaegeoError
from saegeo_core.firing.sparsity import stored_l0
from saegeo_core.loading import expand_specs
from saegeo_core.loading.release_directory import ReleaseEntry, matching_entries
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.report.report import Report
from saegeo_core.sweeping.elsewhere import Elsewhere
from saegeo_core.sweeping.options import RunOptions
from saegeo_core.sweeping.outcomes import Failed, Stored


def matched_in_l0(saes: Sequence[str], firing: Path | None, plugins: PluginManager) -> tuple[list[str], list[str]]:
    """Of the SAEs of releases those that agree best in L0, before any is loaded; paths stay.

    Their L0 is that of their harvest below `firing`, or the one their release states.
    """
    specs = expand_specs(list(saes), plugins)
    entries = [entry for spec in specs if spec.path is None for entry in matching_entries(spec)]
    paths = [str(spec) for spec in specs if spec.path is not None]
    candidates = [Candidate(entry.release, entry.sae_id, _l0(entry, firing)) for entry in entries]
    if not any(one.l0 for one in candidates):
        return [str(spec) for spec in specs], []
    found, notes = matched(entries, candidates)
    return [*map(str, found), *paths], notes


def _l0(entry: ReleaseEntry, firing: Path | None) -> float | None:
    at_hand = None if firing is None else stored_l0(firing, entry.release, entry.sae_id)
    return entry.l0 if at_hand is None else at_hand


def measured(
    saes: Sequence[str],
    plugin_names: Sequence[str],
    options: RunOptions,
    elsewhere: Elsewhere,
    *,
    plugins: PluginManager,
    alone: bool,
) -> tuple[list[Report], list[Failure]]:
    """The reports of every SAE by every analysis named, or by every one that can run, and what went wrong.

    Where they are all there is to compare (`alone`), some of them must succeed.

    Raises:
        SaegeoError: what `plan_run` refuses; or nothing succeeded, and each failure is the user's mistake.
        SystemExit: nothing succeeded.
    """
    plan = plan_run(saes, plugin_names, options, run_all=not plugin_names, plugins=plugins, elsewhere=elsewhere)
    failed: list[Failed] = []
    stored: list[Stored] = []
    for outcome in run_sweep(plan):
        if isinstance(outcome, Failed):
            tell(outcome, options.with_traceback)
            failed.append(outcome)
        else:
            stored.append(outcome)
    reports = [one.report for one in in_order(plan, stored)]
    failures = [Failure(str(one.spec), one.analysis, one.message) for one in in_order(plan, failed)]
    if alone and failures and not reports:
        if not all(one.is_mistake for one in failed):
            raise SystemExit(SOME_FAILED)
        raise SaegeoError("nothing could be measured", "mend what is said above")
    return reports, failures
