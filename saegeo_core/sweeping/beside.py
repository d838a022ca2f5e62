"""What a task names beside its SAE, as a process finds it. An SAE that a worker has not is sent to it; the rest all have to find.

Reports name files by their paths and by what they hold, so that a copy in another place would not do.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from saegeo_core.activations.model_loading import config_file
from saegeo_core.activations.source_kind import is_language_model
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.corpora.spec import CorpusSpec
from saegeo_core.errors import SaegeoError
from saegeo_core.firing.statistics import FiringStatistics
from saegeo_core.input_files import input_files
from saegeo_core.loading.feature_choice import text_of_choice
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.report.store import digest_of
from saegeo_core.running.analysis_inputs import load_like
from saegeo_core.running.configured_analysis import ConfiguredAnalysis
from saegeo_core.running.given import given_corpus, given_named_cloud
from saegeo_core.running.named_by_parameters import clouds_named, corpora_named
from saegeo_core.sweeping.executor import Found
from saegeo_core.sweeping.options import RunOptions


def found_beside(
    spec: SaeSpec, analyses: Mapping[str, Mapping[str, Any]], options: RunOptions, plugins: PluginManager
) -> dict[str, Found]:
    """What this process finds of what is named beside an SAE, by how it was named.

    Args:
        spec: the SAE, whose firing statistics may be one of many in a folder.
        analyses: their parameters, by name.
        options: what was typed.
        plugins: where analyses, file formats and sources come from.
    """
    return dict(_each(spec, analyses, options, plugins))


def _each(
    spec: SaeSpec, analyses: Mapping[str, Mapping[str, Any]], options: RunOptions, plugins: PluginManager
) -> Iterator[tuple[str, Found]]:
    for name, parameters in analyses.items():
        yield f"the parameters of {name}", _found(partial(_by_parameters, name, parameters, options, plugins))
    if options.firing is not None:
        yield f"--firing {options.firing}", _found(partial(_firing, options.firing, spec))
    if options.features is not None:
        yield f"--features {options.features}", _found(partial(text_of_choice, options.features))
    if options.place.model is not None:
        yield f"--model {options.place.model}", _found(partial(_model, options.place.model, plugins))


def _found(look: Callable[[], Any]) -> Found:
    try:
        return Found(digest_of(look()))
    except SaegeoError as error:
        return Found(None, error.message)
    except Exception as error:  # a stranger's loader may fail in any way
        return Found(None, f"{type(error).__name__}: {error}")


def _by_parameters(name: str, given: Mapping[str, Any], options: RunOptions, plugins: PluginManager) -> list[str]:
    parameters = ConfiguredAnalysis.configure(name, options.preset, given, plugins).parameters
    clouds = clouds_named(parameters, partial(load_like, rows=options.rows, layout=options.layout, plugins=plugins))
    corpora = corpora_named(parameters, partial(CorpusSpec.open, kinds=plugins.corpora))
    return [
        *(told["digest"] for told in input_files(parameters).values()),
        *(given_named_cloud(one).identity for one in clouds.values()),
        *(given_corpus(one).identity for one in corpora.values()),
    ]


def _firing(folder: Path, spec: SaeSpec) -> str:
    return FiringStatistics.open(folder, release=spec.storage_release, sae_id=spec.storage_id).identity


def _model(model: str, plugins: PluginManager) -> Any:
    """Of a language model what its settings are, of another source whether the place that is named is a file or a folder."""
    if not is_language_model(model, plugins.sources):
        return Path(model.partition(":")[2]).exists()
    return hashlib.sha256(config_file(model).read_bytes()).hexdigest()
