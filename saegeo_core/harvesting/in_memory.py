"""A harvest of a dictionary and activations that are in memory: the same controls and thresholds, with no model and no files."""

from typing import Any

import numpy as np
import torch

from saegeo_core.cloud.feature_cloud import FeatureCloud
from saegeo_core.firing.control_directions import ControlGaussian
from saegeo_core.firing.reflection import Reflection, principal_axes, random_signs
from saegeo_core.firing.statistics import Control, FiringStatistics
from saegeo_core.harvesting.control import thresholds_at
from saegeo_core.synthetic.dictionaries import Dictionary, Text


def fired_on(text: Text, encoder: torch.Tensor, dictionary: Dictionary, **known: Any) -> FiringStatistics:
    """When features fire that project the text on rows of `encoder`, (n, d), at the rates of the dictionary."""
    thresholds = torch.from_numpy(thresholds_at(text.tokens, encoder, dictionary.rates))
    fires = text.tokens @ encoder.T > thresholds
    blocks = fires.view(-1, text.block_tokens, len(encoder)).any(1)
    return FiringStatistics.from_arrays(
        blocks.numpy(),
        document_of_block=text.document_of_block,
        label_of_block=text.topic_of_document[text.document_of_block],
        label_names=tuple(f"topic {topic}" for topic in range(len(text.topics))),
        **known,
    )


def harvested_in_memory(
    dictionary: Dictionary, text: Text, rng: np.random.Generator, *, reflected: int = 19, gaussian: int = 0
) -> FiringStatistics:
    """The firing of a dictionary on a text, and of its controls.

    Args:
        dictionary: what fires.
        text: what it reads.
        rng: draws the controls.
        reflected, gaussian: how many of each kind.
    """
    axes = principal_axes(text.tokens)
    controls = []
    for _ in range(reflected):
        reflection = Reflection(axes, random_signs(len(axes), rng))
        controls.append(Control(reflection, fired_on(text, reflection.of(dictionary.encoder), dictionary)))
    if gaussian:
        law = ControlGaussian.matched_to(FeatureCloud.from_array(dictionary.directions))
        for _ in range(gaussian):
            drawn = law.draw(len(dictionary.directions), rng)
            controls.append(Control(drawn, fired_on(text, torch.from_numpy(drawn), dictionary)))
    made = tuple((lambda control=control: control) for control in controls)
    return fired_on(text, dictionary.encoder, dictionary, axes=axes, controls_from=made)
