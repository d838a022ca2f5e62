"""One analysis as its user needs to know it: what it measures, what it needs, and everything that can be set."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic.fields import FieldInfo
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from saegeo_core.rendering.plain_text import plain

if TYPE_CHECKING:
    from saegeo_core.analysis import Analysis


def analysis_card(analysis: "Analysis", package: str) -> RenderableType:
    """Summary, inputs, headline, reference, presets, and the parameters with their defaults and meanings."""
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
    )


def _line(name: str, value: object) -> Text:
    return Text.assemble((f"{name}: ", "dim"), plain(value))


def _presets(analysis: "Analysis") -> Iterator[Text]:
    for preset, changes in analysis.presets.items():
        changed = ", ".join(f"{key} = {_written(value)}" for key, value in changes.items())
        yield _line(f"preset {preset}", changed or "the defaults below")


def _parameters(analysis: "Analysis") -> Iterator[RenderableType]:
    fields = analysis.Parameters.model_fields
    yield Text("parameters" if fields else "no parameters", style="bold")
    for name, field in fields.items():
        default = "required" if field.is_required() else f"= {_written(field.get_default(call_default_factory=True))}"
        yield Text.assemble("  ", plain(name, "bold"), f" {default}", plain(f"  {_type(field)}", "dim"))
        yield Padding(plain(field.description or "not described"), (0, 0, 0, 4))
    if fields:
        yield Text()
        yield plain(f"set one with --set {analysis.name}.{next(iter(fields))}=VALUE; lists are comma-separated", "dim")


def _type(field: FieldInfo) -> str:
    annotation = field.annotation
    return annotation.__name__ if type(annotation) is type else str(annotation).replace("typing.", "")


def _written(value: Any) -> str:
    """A value as it is typed after --set where that is possible."""
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(map(_written, value))
    return str(value) if isinstance(value, str) else json.dumps(value, default=str)
