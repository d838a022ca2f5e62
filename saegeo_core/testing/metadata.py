"""What an analysis says of itself: its name, its parameters, its presets."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from saegeo_core.errors import MissingInput, SaegeoError
from saegeo_core.plugin.analysis import Analysis, as_typed
from saegeo_core.testing.outcome import Outcome, failed, passed
from saegeo_core.testing.trial import Trial

DECLARED = "says what it is"
DESCRIBED = "parameters are described"
SETTABLE = "parameters can be set from the command line"
PRESETS = "every preset runs"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TEXTS = ("1", "2", "0.5", "true", "text", __file__)
"""Tried where a parameter has no default that could be typed."""


def metadata(trial: Trial) -> Iterator[Outcome]:
    """Name and texts, descriptions of parameters, parameters set by text, and a run under every preset."""
    analysis = trial.analysis
    yield _says_what_it_is(analysis)
    yield _described(analysis)
    yield _settable(trial)
    yield _presets(trial)


def _says_what_it_is(analysis: Analysis) -> Outcome:
    wrong = [] if NAME.fullmatch(analysis.name) else [f"the name {analysis.name!r}"]
    for attribute in ("version", "headline", "summary", "reference"):
        text = getattr(analysis, attribute)
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            wrong.append(f"{attribute} {text!r}")
    if wrong:
        return failed(
            DECLARED,
            expected="a name in lower case with hyphens; version, headline, summary and reference as one line of text each",
            seen="; ".join(wrong),
            advice="write them where the class begins",
        )
    return passed(DECLARED, f"{analysis.name} {analysis.version}: {analysis.summary}")


def _described(analysis: Analysis) -> Outcome:
    fields = analysis.Parameters.model_fields
    silent = [name for name, field in fields.items() if not (field.description or "").strip()]
    if silent:
        return failed(
            DESCRIBED,
            expected="a description of every parameter, for saegeo plugins show and for whoever sets it wrongly",
            seen=f"none of {', '.join(silent)}",
            advice=f'{silent[0]}: … = Field(default=…, description="What it decides.")',
        )
    return passed(DESCRIBED, ", ".join(fields) or "there are none")


def _settable(trial: Trial) -> Outcome:
    analysis = trial.analysis
    fields = analysis.Parameters.model_fields
    wrong = [why for name, field in fields.items() if (why := _why_not_settable(trial, name, field))]
    if wrong:
        return failed(
            SETTABLE,
            expected=f"--set {analysis.name}.KEY=VALUE takes the default as text, and gives the default",
            seen="; ".join(wrong),
            advice="use numbers, texts, booleans, Literal, paths, and lists of those (comma-separated)",
        )
    return passed(SETTABLE, f"{len(fields)} of {len(fields)}")


def _why_not_settable(trial: Trial, name: str, field: FieldInfo) -> str | None:
    """Set one parameter by text and see whether it takes the value. Text given for the suite itself may be used."""
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    if default is not None:
        text = as_typed(default)
        try:
            value = getattr(trial.resolved_alone(name, text), name)
        except SaegeoError as error:
            return f"{name}={text}: {error.message}"
        return None if value == default else f"{name}={text} gives {value!r}, the default is {default!r}"
    candidates = [*map(as_typed, [*_choices(field.annotation), *(field.examples or [])]), *TEXTS]
    if name in trial.parameters:
        candidates.insert(0, as_typed(trial.parameters[name]))
    for text in candidates:
        try:
            trial.resolved_alone(name, text)
        except SaegeoError:
            continue
        return None
    return f"{name} takes none of {', '.join(candidates)}"


def _choices(annotation: Any) -> list[Any]:
    """The values of a Literal, wherever in the annotation it stands."""
    inner = get_args(annotation)
    return [one for part in inner for one in ([part] if isinstance(part, str | int) else _choices(part))]


def _presets(trial: Trial) -> Outcome:
    outcomes: list[str] = []
    for preset in trial.analysis.presets:
        try:
            trial.run(trial.ordinary(), preset=preset)
            outcomes.append(preset)
        except MissingInput as error:
            outcomes.append(f"not {preset}: {error.message}")
        except (Exception, SystemExit) as error:
            return failed(
                PRESETS,
                expected=f"a report under the preset {preset}",
                seen=trial.error_line(error),
                advice=f"mend it, or take {preset} out of presets",
            )
    return passed(PRESETS, ", ".join(outcomes))
