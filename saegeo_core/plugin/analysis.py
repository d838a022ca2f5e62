"""What an analysis is, and what it is given. This file and `hookspecs.py` are all a plugin author needs to know.

An analysis is an object with a name and an `analyze` method; subclass `Analysis` to inherit the defaults. It must not draw,
print, store or read clocks: it takes a cloud and returns findings, the same ones for the same seed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    Protocol,
    get_args,
    get_origin,
    runtime_checkable,
)

from pydantic import BaseModel, ConfigDict, ValidationError

from saegeo_core.errors import MissingInput, SaegeoError, near_matches
from saegeo_core.input_files import refuse_absent_files
from saegeo_core.progress import Progress, silent, watched_by
from saegeo_core.report.report import Preset

if TYPE_CHECKING:
    import numpy as np
    import torch

    from saegeo_core.activations.text_activations import TextActivations
    from saegeo_core.activations.unembedding import Unembedding
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.corpora.corpus import Corpus
    from saegeo_core.firing.statistics import FiringStatistics
    from saegeo_core.numerics import Watch
    from saegeo_core.report.findings import Findings

INPUTS: Mapping[str, str] = {
    "vectors": "name an SAE",
    "labels": "--feature-labels FILE",
    "encoder": "the SAE with its encoder: a folder, a release, or a file that holds it under a known name",
    "firing": "saegeo harvest {spec} --model MODEL --corpus TEXT, then --firing with its folder",
    "activations": "--model NAME_OR_PATH",
    "unembedding": "--model NAME_OR_PATH, a language model",
    "corpus": "--set with a text, where a parameter names one, or --model with a source that brings its own documents",
}
"""What an analysis may declare that it reads, and how each is given."""
Invariance = Literal["rotation", "feature order", "scale", "row lengths"]
INVARIANCES: Mapping[Invariance, str] = {
    "rotation": "the cloud is turned about the origin",
    "feature order": "the features are put in another order",
    "scale": "all rows are multiplied by one positive number",
    "row lengths": "every row is multiplied by a positive number of its own",
}


class Parameters(BaseModel):
    """Base of every analysis's parameters: give each field a type, a default and a description.

    Values from the command line arrive as text; lists are comma-separated. A second SAE is a parameter of type SaeSpec, several
    are a list of it, which takes patterns of names too; their clouds are `context.clouds[NAME]`, and their weights are part of
    the report's digest. Text is a parameter of type CorpusSpec, and its documents those of `context.corpora[NAME]`. Files and
    folders that the analysis reads by itself are of type Path: they must be there. What either holds is part of the digest too.
    What has no sensible default gets none: give the field `examples`, and whoever leaves it out is told what to type.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class AnalysisContext:
    """What an analysis may use besides the cloud and its parameters.

    The host fills it with what the analysis declares by `needs`, `uses` and parameters; each is part of the digest of its
    reports. Anything else that is read raises what to declare (`Undeclared`), labels of the cloud included.

    Attributes:
        rng: the only source of chance; seeded from the user's seed and the analysis's name.
        device: where to compute, for example "cpu" or "cuda:0".
        preset: "calibrated" or "paper".
        progress: wrap long loops in it; loops inside kernels are shown by `watch`.
        firing: which features fire in which block, aligned with the cloud's features; given where "firing" is needed or used.
        encoder: tensor (n_features, d_in of the encoder), what each feature of the cloud projects activations on, as stored;
            given where "encoder" is needed or used.
        activations: what the model of --model computes where the SAE reads, or None where none was named; given where
            "activations" is needed or used.
        unembedding: the directions of tokens from which that model reads what comes next; given where "unembedding" is needed or
            used.
        corpus: the text that activations are read on, where "corpus" is needed or used: the documents that the source of
            activations brings, or the one corpus that a parameter names, or None. An analysis that declares it works with sources
            that bring their own documents; others are given none of these.
        clouds: the clouds of the SAEs that parameters name, by parameter and of the same kind of rows: one for a parameter of
            type SaeSpec, a tuple for a list of them.
        corpora: the corpora that parameters of type CorpusSpec name, by parameter; a tuple for a list of them.
    """

    rng: "np.random.Generator"
    device: str = "cpu"
    preset: Preset = "calibrated"
    progress: Progress = silent
    firing: "FiringStatistics | None" = None
    encoder: "torch.Tensor | None" = None
    activations: "TextActivations | None" = None
    unembedding: "Unembedding | None" = None
    corpus: "Corpus | None" = None
    clouds: "Mapping[str, Any]" = field(default_factory=dict)
    corpora: "Mapping[str, Any]" = field(default_factory=dict)

    def watch(self, description: str) -> "Watch":
        """What a kernel takes as `watch` (`saegeo_core.numerics`): `progress` over its steps, under this description."""
        return watched_by(self.progress, description)


class Example(NamedTuple):
    """What one run is given, where `planted_example` and `null_example` bring more than a cloud.

    Attributes:
        cloud: the one to measure.
        firing: for analyses that need firing: which of its features fire in which block.
        activations: for those that read a model: see `saegeo_core.synthetic.activations`.
        other: the cloud that a parameter of type SaeSpec loads, whatever it names.
        encoder: for analyses that read it: one row for each feature.
        unembedding: for analyses that read it.
    """

    cloud: "FeatureCloud"
    firing: "FiringStatistics | None" = None
    activations: "TextActivations | None" = None
    other: "FeatureCloud | None" = None
    encoder: "torch.Tensor | None" = None
    unembedding: "Unembedding | None" = None


class Cost(NamedTuple):
    """What an analysis takes, about, so that a long run is known to be long before it starts.

    Attributes:
        multiply_adds: of its matrix products.
        n_bytes: held at the same time, beside the cloud.
    """

    multiply_adds: float
    n_bytes: float


@runtime_checkable
class Analysis(Protocol):
    """The runnable unit.

    Attributes:
        name: what the user types, lower case with hyphens.
        version: goes up whenever the same cloud would give other numbers.
        needs: what must be given: a subset of `INPUTS`: "vectors", "labels", "encoder", "firing", "activations", "unembedding",
            "corpus".
        uses: what of these it can do without, and takes where it is given. Where that depends on parameters, `used` tells.
            What it declares by neither it cannot read.
        headline: the metric to look at first.
        summary: one line for lists.
        reference: where the method is described.
        Parameters: a subclass of `saegeo_core.plugin.analysis.Parameters`, every field described.
        presets: the presets it offers, each with the parameter values that it changes.
        invariances: what leaves its estimates as they are, of those in `INVARIANCES`. `saegeo plugins check` tries each.
        finds: composite clouds of `saegeo plugins check` on which its headline may have small p-values, by name, each with the
            reason: what sets that cloud apart is what it looks for, or what its null is known not to keep. On all others it may
            not.
    """

    name: str
    version: str
    needs: frozenset[str] = frozenset({"vectors"})
    uses: frozenset[str] = frozenset()
    headline: str
    summary: str
    reference: str
    Parameters: ClassVar[type[Parameters]] = Parameters
    presets: ClassVar[Mapping[Preset, Mapping[str, Any]]] = {"calibrated": {}}
    invariances: ClassVar[frozenset[Invariance]] = frozenset()
    finds: ClassVar[Mapping[str, str]] = {}

    def analyze(self, cloud: "FeatureCloud", parameters: Any, context: AnalysisContext) -> "Findings":
        """Measure the cloud. May raise SaegeoError for a user's mistake; what cannot be computed is an Absent metric."""
        ...

    def used(self, parameters: Any) -> frozenset[str]:  # noqa: ARG002
        """Of what it `uses`, what it takes at these parameters: the rest is neither read for it nor part of its report's digest."""
        return self.uses

    def cost(self, n_features: int, d_in: int, parameters: Any) -> Cost | None:  # noqa: ARG002
        """What it takes on a cloud of that shape, within a factor of two or so; None where that is not known."""
        return None

    def estimates(
        self,
        cloud: "FeatureCloud",  # noqa: ARG002
        parameters: Any,  # noqa: ARG002
        context: AnalysisContext,  # noqa: ARG002
    ) -> "Mapping[str, float] | None":
        """The numbers of `analyze` by name, without nulls, intervals and tables.

        Features that were chosen (--features) are judged by those of many random ones, so they should cost little: what is dear
        is left out, as what is not defined. Only differences between clouds of as many features are looked at, so a number may
        lack a constant that `analyze` adds. None where no numbers are told alone: random features then judge nothing.
        """
        return None

    def planted_example(self, rng: "np.random.Generator") -> "FeatureCloud | Example | None":  # noqa: ARG002
        """For `saegeo plugins check`: a cloud in which the headline must be found (its judging null has p <= 0.01).

        An `Example` where more than the cloud is planted. None where no such cloud is known.
        """
        return None

    def null_example(self, rng: "np.random.Generator") -> "FeatureCloud | Example | None":  # noqa: ARG002
        """For `saegeo plugins check`: a cloud drawn from the null that judges the headline, another one at every call.

        Over many of them every p-value under that null must be uniform. Small is better than large: it is measured 40 times. Where
        another SAE is loaded, `Example.other` is to be drawn anew as well: beside the same one every time, p tells of that one.
        """
        return None


def resolve_parameters(analysis: Analysis, preset: Preset, given: Mapping[str, Any]) -> Parameters:
    """The analysis's parameters: its defaults, changed by the preset, changed by the user.

    Raises:
        SaegeoError: a preset the analysis does not offer, an unknown key, a value of the wrong type or range, or a file that
            is not there.
        MissingInput: nothing was given for a parameter without a default.
    """
    if preset not in analysis.presets:
        offered = ", ".join(analysis.presets)
        raise SaegeoError(f"{analysis.name} has no preset {preset!r}", f"it offers: {offered}")
    fields = analysis.Parameters.model_fields
    for key in given:
        if key not in fields:
            known = ", ".join(f"{analysis.name}.{name}" for name in fields) or "none"
            raise SaegeoError(
                f"{analysis.name} has no parameter {key!r} ({near_matches(key, list(fields))})",
                f"its parameters: {known}",
            )
    values = {**analysis.presets[preset], **given}
    _refuse_left_out(analysis, values)
    split = {key: _split_list(fields[key].annotation, value) for key, value in values.items()}
    try:
        parameters = analysis.Parameters(**split)
    except ValidationError as error:
        wrong = error.errors()[0]
        key = str(wrong["loc"][0]) if wrong["loc"] else ""
        what = f"{analysis.name}.{key}" if key else analysis.name
        meaning = fields[key].description if key in fields else ""
        raise SaegeoError(
            f"{what} cannot be {values.get(key)!r}: {wrong['msg']}", f"{key}: {meaning}" if meaning else ""
        ) from None
    except Exception as error:  # a default or a validator of the author's may fail in any way
        raise SaegeoError(
            f"the parameters of {analysis.name} cannot be made: {type(error).__name__}: {error}",
            f"leave it out, and tell its author; {analysis.name} is all that fails",
        ) from error
    refuse_absent_files(analysis.name, parameters)
    return parameters


def _refuse_left_out(analysis: Analysis, values: Mapping[str, Any]) -> None:
    for key, declared in analysis.Parameters.model_fields.items():
        if declared.is_required() and key not in values:
            example = as_typed(declared.examples[0]) if declared.examples else "VALUE"
            raise MissingInput(
                f"{analysis.name} needs {analysis.name}.{key}, which has no default",
                f"type --set {analysis.name}.{key}={example} ({key}: {declared.description})",
            )


def as_typed(value: Any) -> str:
    """A parameter's value as it is typed after `--set NAME.KEY=`, where that is possible."""
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(map(as_typed, value))
    return json.dumps(value) if isinstance(value, bool | int | float | None) else str(value)


def _split_list(annotation: Any, value: Any) -> Any:
    """Text for a list parameter is comma-separated; everything else is left to pydantic."""
    choices = (annotation, *get_args(annotation))
    is_list = any((get_origin(choice) or choice) in (list, tuple, set, frozenset) for choice in choices)
    return [part.strip() for part in value.split(",")] if is_list and isinstance(value, str) else value
