"""What analyses read of one SAE, opened once for all of them. Every job of `run` and of the command line is made here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from saegeo_core import loading
from saegeo_core.cloud.description import Rows
from saegeo_core.cloud.spec import SaeSpec
from saegeo_core.corpora.spec import CorpusSpec
from saegeo_core.errors import SaegeoError
from saegeo_core.firing.alignment import aligned, whole_firing_of
from saegeo_core.firing.sparsity import with_measured_l0
from saegeo_core.numerics.arrays import Integers
from saegeo_core.plugin.manager import PluginManager
from saegeo_core.running.configured_analysis import ConfiguredAnalysis
from saegeo_core.running.given import OfFeatures, reads_documents
from saegeo_core.running.job import Job
from saegeo_core.running.model_place import ModelPlace

if TYPE_CHECKING:
    import torch

    from saegeo_core.activations.text_activations import TextActivations
    from saegeo_core.activations.unembedding import Unembedding
    from saegeo_core.cloud.feature_cloud import FeatureCloud
    from saegeo_core.corpora.corpus import Corpus
    from saegeo_core.firing.statistics import FiringStatistics
    from saegeo_core.loading.file_format import Layout


@dataclass(frozen=True)
class AnalysisInputs:
    """One SAE's cloud and what else its analyses read.

    Attributes:
        cloud: the directions to be measured.
        firing: which features fire in which block; None where no analysis needs it, or there is none.
        activations: what a model computes for texts; None where no analysis reads it, or no model was named.
        encoder: what each feature projects activations on, (n_features, d_in); None where no analysis reads it, or there is none.
        device: where to compute, for example "cpu" or "cuda:0".
        load_cloud: loads the clouds of the SAEs that parameters name.
        open_corpus: opens the texts that parameters name.
        unembedding: the directions of the model's tokens; None where no analysis reads them, or no model was named.
    """

    cloud: "FeatureCloud"
    firing: "FiringStatistics | None"
    activations: "TextActivations | None"
    encoder: "torch.Tensor | None"
    device: str
    load_cloud: "Callable[[SaeSpec], FeatureCloud]"
    open_corpus: "Callable[[CorpusSpec], Corpus]"
    unembedding: "Unembedding | None" = None
    among: "AnalysisInputs | None" = None
    """The inputs of the whole SAE, where these are of features that were chosen."""

    def part(self, features: Integers) -> "AnalysisInputs":
        """The inputs of some features alone, int64 numbers in the SAE, ascending; those of zero length are left out again.

        Raises:
            SaegeoError: fewer than two of them are left.
        """
        cloud = self.cloud.select(np.isin(self.cloud.feature_ids, features))
        if cloud.n_features < 2:
            raise SaegeoError(
                f"{cloud.n_features} of the features chosen can be measured",
                "a geometry needs at least two non-zero rows",
            )
        rows = np.searchsorted(self.cloud.feature_ids, cloud.feature_ids)
        part = OfFeatures(self.cloud, self.firing, self.encoder).select(rows)
        return replace(self, cloud=cloud, firing=part.firing, encoder=part.encoder, among=self)

    @classmethod
    def open(
        cls,
        cloud: "FeatureCloud",
        analyses: Iterable[ConfiguredAnalysis],
        *,
        firing: "FiringStatistics | str | Path | None",
        place: ModelPlace,
        plugins: PluginManager,
        layout: "Layout | None" = None,
    ) -> "AnalysisInputs":
        """Open what any of the analyses reads. Firing that is given tells the L0 of the SAE besides, whoever reads it.

        Args:
            cloud: the directions to be measured.
            analyses: those that are to measure them, with their parameters.
            firing: firing statistics, or the folder or file that holds them; bundled SAEs bring their own.
            place: the model to be read, its device resolved.
            plugins: where file formats and sources of activations come from.
            layout: how the features lie in plain matrices that parameters name.

        Raises:
            SaegeoError: firing statistics or a model that are not there, damaged, or of another SAE; a place in no model.
        """
        analyses = list(analyses)
        read = frozenset[str]().union(*map(_read_by, analyses))
        if place.may_bring_text(plugins.sources) and any(reads_documents(one.analysis) for one in analyses):
            read |= {"activations"}
        whole = whole_firing_of(cloud, firing) if firing is not None or "firing" in read else None
        if whole is not None and firing is not None:
            cloud = cloud.with_description(with_measured_l0(cloud.sae, whole))
        return cls(
            cloud,
            None if whole is None else aligned(whole, cloud),
            place.open_activations(cloud.sae, plugins.sources) if "activations" in read else None,
            loading.load_encoder(cloud, layout=layout, plugins=plugins) if "encoder" in read else None,
            place.device,
            partial(load_like, rows=cloud.sae.rows, layout=layout, plugins=plugins),
            partial(CorpusSpec.open, kinds=plugins.corpora),
            place.open_unembedding(cloud.sae, plugins.sources) if "unembedding" in read else None,
        )

    def checksum(self) -> tuple[int, int]:
        """Changes when an analysis writes to what it was handed."""
        from saegeo_core.cloud.feature_cloud import rows_checksum

        return self.cloud.checksum(), 0 if self.encoder is None else rows_checksum(self.encoder)

    def job(self, configured: ConfiguredAnalysis, seed: int) -> Job:
        """The job of one of the analyses."""
        among = self.among
        return Job(
            analysis=configured.analysis,
            package=configured.package,
            preset=configured.preset,
            parameters=configured.parameters,
            seed=seed,
            device=self.device,
            cloud=self.cloud,
            firing=self.firing,
            activations=self.activations,
            encoder=self.encoder,
            load_cloud=self.load_cloud,
            open_corpus=self.open_corpus,
            unembedding=self.unembedding,
            among=None if among is None else OfFeatures(among.cloud, among.firing, among.encoder),
        )


def _read_by(configured: ConfiguredAnalysis) -> frozenset[str]:
    """What is opened for an analysis. One that fails to tell fails by itself, in its own job."""
    try:
        return frozenset[str]() | configured.reads
    except Exception:
        return configured.analysis.needs


def load_like(spec: SaeSpec, *, rows: Rows, layout: "Layout | None", plugins: PluginManager) -> "FeatureCloud":
    """A second cloud, read in the way the first one was; a layout is asked of files alone."""
    return loading.load_cloud(spec, rows=rows, layout=layout if spec.path is not None else None, plugins=plugins)
