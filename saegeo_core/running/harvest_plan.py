"""What a harvest is going to do. Every mistake that can be known beforehand is found here, before the harvest starts."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from saegeo_core.activations.model_loading import FloatType
from saegeo_core.activations.place import bos_of, hook_of, refuse_other_model
from saegeo_core.activations.source import ActivationSource
from saegeo_core.activations.source_kind import SourceRequest, is_language_model, open_source
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.corpora.corpus import Corpus
from saegeo_core.corpora.open_corpus import KNOWN, open_corpus
from saegeo_core.errors import SaegeoError
from saegeo_core.harvesting import engine
from saegeo_core.harvesting.elsewhere import Workers
from saegeo_core.harvesting.engine import Watch, unwatched
from saegeo_core.harvesting.finished import Harvested
from saegeo_core.harvesting.placed_sae import PlacedSae
from saegeo_core.harvesting.settings import HarvestSettings
from saegeo_core.loading import expand_specs
from saegeo_core.loading.whole_sae import WholeSae, load_whole_sae
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.report.store import ReportStore
from saegeo_core.running.model_place import ModelPlace

if TYPE_CHECKING:
    from saegeo_core.sweeping.executor import Executor

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HarvestOpening:
    """What a harvest reads, by name; see `Opening`.

    Attributes:
        specs: the SAEs.
        place: the model or other source, where in it they read, and the device.
        prepend_bos: whether windows begin with BOS.
        dtype: number type the model computes in.
    """

    specs: tuple[SaeSpec, ...]
    place: ModelPlace
    prepend_bos: Literal["auto", "yes", "no"]
    dtype: FloatType

    def saes(self, plugins: PluginManager | None = None) -> list[PlacedSae]:
        """The SAEs, on the device, with the hooks they read."""
        plugins = plugins or PluginManager()
        whole = [load_whole_sae(spec, device=self.place.device, plugins=plugins) for spec in self.specs]
        return [PlacedSae(sae, hook_of(sae.description, self.place.hook)) for sae in whole]

    def source(
        self, saes: Sequence[PlacedSae], model: Path | None = None, plugins: PluginManager | None = None
    ) -> ActivationSource:
        """The source of the activations that they read, on the device."""
        descriptions = [placed.description for placed in saes]
        prepend_bos = bos_of(descriptions) if self.prepend_bos == "auto" else self.prepend_bos == "yes"
        request = SourceRequest(
            _hooks(saes),
            _centered(saes),
            self.place.device,
            self.dtype,
            prepend_bos=prepend_bos,
            also_called=_also_called(saes),
        )
        source = open_source(str(model or self.place.model), request, (plugins or PluginManager()).sources)
        log.debug("%s is read at %s, %s, %s", self.place.model, ", ".join(request.hooks), self.dtype, request.device)
        return source


@dataclass(frozen=True, eq=False)
class HarvestPlan:
    """A checked harvest, its model and SAEs loaded."""

    opening: HarvestOpening
    saes: Sequence[PlacedSae]
    source: ActivationSource
    corpus: Corpus
    settings: HarvestSettings
    device: str
    out: str | Path

    def carry_out(self, watch: Watch = unwatched, executor: "Executor | None" = None) -> list[Harvested]:
        """Harvest, or go on where an earlier harvest stopped; in this process, or by workers.

        Raises:
            SaegeoError: what `saegeo_core.harvesting.engine.harvest` refuses.
        """
        return engine.harvest(
            self.saes,
            self.source,
            self.corpus,
            self.out,
            self.settings,
            device=self.device,
            watch=watch,
            workers=None if executor is None else Workers(executor, self.opening),
        )


def plan_harvest(
    *,
    saes: Sequence[str],
    place: ModelPlace,
    settings: HarvestSettings,
    plugins: PluginManager | None,
    corpus: str | None,
    label_field: str | None,
    text_field: str | None,
    skip_bad_lines: bool,
    prepend_bos: Literal["auto", "yes", "no"],
    dtype: FloatType,
    out: str | Path,
) -> HarvestPlan:
    """Check what the user typed, and load model and SAEs.

    Raises:
        SaegeoError: an SAE, model, corpus or device that is not there; an SAE without an encoder or a hook, or of another
            model; no model or corpus; options that contradict each other; an output folder that cannot be written.
    """
    plugins = plugins or PluginManager()
    place = place.with_device_resolved()
    if place.model is None:
        raise SaegeoError("no model was named", "type --model NAME_OR_PATH, for example --model minilm-l6")
    text = None
    if corpus:
        fields = {"label_field": label_field, "text_field": text_field}
        text = open_corpus(corpus, **fields, skip_bad_lines=skip_bad_lines, kinds=plugins.corpora)
    if text is not None:
        next(iter(text.documents()), None)  # what is wrong with its first document is told before models are loaded
    opening = HarvestOpening(tuple(expand_specs(list(saes), plugins)), place, prepend_bos, dtype)
    placed = opening.saes(plugins)
    if not place.force_model and is_language_model(place.model, plugins.sources):
        refuse_other_model([one.description for one in placed], place.model)
    source = opening.source(placed, plugins=plugins)
    ReportStore(out).make_ready()
    chosen = _only_corpus(source.corpus, text, place.model)
    return HarvestPlan(opening, placed, source, chosen, settings, place.device, out)


def _hooks(saes: Sequence[PlacedSae]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(placed.hook for placed in saes))


def _also_called(saes: Sequence[PlacedSae]) -> dict[str, str]:
    """What the SAEs themselves call the modules of their hooks in the Hugging Face model."""
    named = ((placed.hook, placed.description.hf_hook_name) for placed in saes)
    return {hook: module for hook, module in named if module is not None and module != hook}


def _centered(saes: Sequence[PlacedSae]) -> frozenset[str]:
    """The hooks whose SAEs were trained on centered activations."""
    centered: dict[str, WholeSae] = {}
    plain: dict[str, WholeSae] = {}
    for placed in saes:
        (centered if placed.description.is_centered else plain)[placed.hook] = placed.sae
    for hook in centered.keys() & plain.keys():
        raise SaegeoError(
            f"{centered[hook].description.spec} and {plain[hook].description.spec} read {hook}, the first of a model with "
            "centered writing weights, the second not",
            "harvest them one after the other",
        )
    return frozenset(centered)


def _only_corpus(brought: Corpus | None, named: Corpus | None, model: str) -> Corpus:
    if brought is not None and named is not None:
        raise SaegeoError(f"{model} brings its own documents", "leave out --corpus")
    corpus = brought or named
    if corpus is None:
        raise SaegeoError("no corpus was named", f"type --corpus with {KNOWN}")
    return corpus
