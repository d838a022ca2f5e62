"""One analysis as its user needs to know it: what it measures, what it needs, and everything that can be set."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.corpora.open_corpus import KNOWN
from saegeo_core.corpora.spec import CorpusSpec
from saegeo_core.plugin.analysis import as_typed
from saegeo_core.rendering.plain_text import plain
from saegeo_core.report.metric import Absent

if TYPE_CHECKING:
    from saegeo_core.plugin.analysis import Analysis
    from saegeo_core.report.metric import Metric
    from saegeo_core.report.report import Report

WORDS = {type(None): "none", SaeSpec: "SAE", CorpusSpec: f"corpus ({KNOWN})", Path: "file or folder"}


def analysis_card(analysis: "Analysis", package: str, example: "Report | str") -> RenderableType:
    """Summary, inputs, reference, presets, parameters with defaults and meanings, metrics with units and directions.

    `example` is a report of any cloud, whose metrics are described; or the reason why there is none.
    """
    return Group(
        Text.assemble(plain(analysis.name, "bold cyan"), plain(f" {analysis.version}, package {package}", "dim")),
        plain(analysis.summary),
        Text(),
        _line("needs", ", ".join(sorted(analysis.needs))),
        *([_line("uses, if given", ", ".join(sorted(analysis.uses)))] if analysis.uses else []),
        _line("headline", analysis.headline),
        _line("reference", analysis.reference),
        *_presets(analysis),
        Text(),
        *_parameters(analysis),
        Text(),
        *_metrics(example),
    )


def _line(name: str, value: object) -> Text:
    return Text.assemble((f"{name}: ", "dim"), plain(value))


def _presets(analysis: "Analysis") -> Iterator[Text]:
    for preset, changes in analysis.presets.items():
        changed = ", ".join(f"{key} = {as_typed(value)}" for key, value in changes.items())
        yield _line(f"preset {preset}", changed or "the defaults below")


def _parameters(analysis: "Analysis") -> Iterator[RenderableType]:
    fields = analysis.Parameters.model_fields
    yield Text("parameters" if fields else "no parameters", style="bold")
    for name, field in fields.items():
        default = "required" if field.is_required() else f"= {as_typed(field.get_default(call_default_factory=True))}"
        yield Text.assemble("  ", plain(name, "bold"), f" {default}", plain(f"  {_type(field)}", "dim"))
        yield Padding(plain(field.description or "not described"), (0, 0, 0, 4))
    if fields:
        yield Text()
        yield plain(f"set one with --set {analysis.name}.{next(iter(fields))}=VALUE; lists are comma-separated", "dim")


def _metrics(example: "Report | str") -> Iterator[RenderableType]:
    if isinstance(example, str):
        yield Text.assemble(("metrics", "bold"), plain(f" are known from a report; {example}", "dim"))
        return
    features = f"{example.sae.n_features} synthetic features"
    yield Text.assemble(("metrics", "bold"), plain(f", as reported of {features}, the headline first", "dim"))
    for metric in sorted(example.measured, key=lambda one: one.name != example.analysis.headline):
        better = "neither direction is better" if metric.better == "neither" else f"{metric.better} is better"
        yield Text.assemble("  ", plain(metric.name, "bold"), plain(f"  {metric.unit}; {better}", "dim"))
        yield Padding(plain(metric.description), (0, 0, 0, 4))
        yield Padding(plain(_judge(metric), "dim"), (0, 0, 0, 4))


def _judge(metric: "Metric") -> str:
    if isinstance(metric.estimate, Absent):
        return f"not measured there: {metric.estimate.absent}"
    if isinstance(metric.nulls, Absent):
        return f"no null: {metric.nulls.absent}"
    return f"judged by: {metric.nulls[0].model}"


def _type(field: FieldInfo) -> str:
    return _kind(field.annotation)


def _kind(annotation: Any) -> str:
    """A type as a user reads it: bounds are for the error messages, choices are the choices themselves."""
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if origin in (Union, UnionType):
        return " or ".join(_kind(one) for one in arguments)
    if origin is not None:
        return f"{_kind(origin)} of {', '.join(_kind(one) for one in arguments if one is not ...)}"
    return WORDS[annotation] if annotation in WORDS else getattr(annotation, "__name__", str(annotation))
