"""What the parameters of an analysis name by type: SAEs and texts, each opened under the name of its parameter."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.corpora.spec import CorpusSpec
from saegeo_core.loading import expand_patterns

if TYPE_CHECKING:
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.corpora.corpus import Corpus
    from saegeo_core.plugin.analysis import Parameters


def clouds_named(
    parameters: "Parameters", load_cloud: "Callable[[SaeSpec], FeatureCloud]"
) -> "dict[str, FeatureCloud | tuple[FeatureCloud, ...]]":
    """The clouds of the SAEs that parameters name: one for a spec, several for a list of specs or of patterns.

    Raises:
        SaegeoError: there is no such SAE, or a pattern covers none.
    """
    return _named(parameters, SaeSpec, load_cloud, expand_patterns)


def corpora_named(
    parameters: "Parameters", open_corpus: "Callable[[CorpusSpec], Corpus]"
) -> "dict[str, Corpus | tuple[Corpus, ...]]":
    """The corpora that parameters name: one for a name, several for a list of names.

    Raises:
        SaegeoError: there is no such corpus.
    """
    return _named(parameters, CorpusSpec, open_corpus, list)


def _named(
    parameters: "Parameters",
    kind: type,
    open_one: Callable[[Any], Any],
    each_of: Callable[[Sequence[Any]], Sequence[Any]],
) -> dict[str, Any]:
    """What parameters of a kind name, opened; `each_of` tells what a list of names stands for."""
    found: dict[str, Any] = {}
    for key in type(parameters).model_fields:
        value = getattr(parameters, key)
        if isinstance(value, kind):
            found[key] = open_one(value)
        elif isinstance(value, list | tuple) and value and all(isinstance(one, kind) for one in value):
            found[key] = tuple(open_one(one) for one in each_of(value))
    return found
