"""Every analysis that comes with saegeo, on clouds in which there is next to nothing to measure: absent with a reason, never NaN.

Warnings are errors here as everywhere in the suite, those of libraries included.
"""

from functools import cache

import numpy as np
import pytest
import torch

from saegeo_core import FeatureCloud, FiringStatistics, PluginManager, SaegeoError
from saegeo_core.plugin.analysis import Example
from saegeo_core.synthetic import families
from saegeo_core.synthetic.firing import plant_firing
from saegeo_core.testing.inputs import companion, ordinary
from saegeo_core.testing.trial import Trial

ANALYSES = {
    one.name: one for plugin in PluginManager().plugins if plugin.package == "saegeo" for one in plugin.analyses
}
# Fewer draws than by default: the same code, quickly.
PARAMETERS = {
    "absorption": {"null_draws": 19},
    "alignment": {"null_draws": 19},
    "cofiring": {"null_draws": 19},
    "cosine-tails": {},
    "crystals": {"measure": "dictionary", "dictionary_draws": 2},
    "entropy": {"null_draws": 19},
    "frequency-geometry": {"null_draws": 99},
    "lobes": {"null_draws": 19, "document_splits": 2, "isotropic_draws": 2, "n_clusters": "2,3", "k_reported": 3},
    "power-law": {"first_rank": 2, "last_rank": 12, "null_draws": 19, "power_law_draws": 2},
    "flow": {"chain": "memory:other"},
    "redundancy": {"null_draws": 2},
    "seeds": {"others": "memory:other"},
    "sparsity": {"others": "memory:other"},
    "splitting": {"narrow": "memory:other", "null_draws": 19},
    "stability": {"other": "memory:other", "null_draws": 2},
}
WITHOUT_WORDS = {("crystals", "paper")}  # published on vectors of words alone
PRESETS = [
    (name, preset) for name, one in ANALYSES.items() for preset in one.presets if (name, preset) not in WITHOUT_WORDS
]


def drawn(n, d):
    return np.random.default_rng([n, d]).standard_normal((n, d))


def at_lengths(dtype, least, most, n=30):
    """Families at lengths from 10 ** least to 10 ** most, each type as it can hold them."""
    rows = families(n, 16, np.random.default_rng(1)).double()
    return (rows * 10.0 ** torch.linspace(least, most, n, dtype=torch.float64)[:, None]).to(getattr(torch, dtype))


CLOUDS = {
    "one feature": lambda: drawn(1, 16),
    "two features": lambda: drawn(2, 16),
    "three features": lambda: drawn(3, 16),
    "two equal rows": lambda: np.repeat(drawn(1, 16), 2, 0),
    "two antipodes": lambda: drawn(1, 16) * [[1], [-1]],
    "equal rows": lambda: np.repeat(drawn(1, 16), 30, 0),
    "nearly equal rows": lambda: np.repeat(drawn(1, 16), 30, 0) + 1e-9 * drawn(30, 16),
    "two groups of equal rows": lambda: np.repeat(drawn(2, 16), 15, 0),
    "antipodes": lambda: np.concatenate([drawn(15, 16), -drawn(15, 16)]),
    "rank one": lambda: np.outer(drawn(30, 1), drawn(1, 16)),
    "rank two": lambda: drawn(30, 2) @ drawn(2, 16),
    "one dimension": lambda: drawn(30, 1),
    "one number": lambda: drawn(1, 1),
    "two dimensions": lambda: drawn(30, 2),
    "more dimensions than features": lambda: drawn(12, 40),
    "a simplex": lambda: np.eye(16) - 1 / 16,
    "axes both ways": lambda: np.concatenate([np.eye(16), -np.eye(16)]),
    "zero rows": lambda: np.concatenate([drawn(20, 16), np.zeros((10, 16))]),
    "all but one row zero": lambda: np.concatenate([drawn(1, 16), np.zeros((10, 16))]),
    "one long row": lambda: np.concatenate([drawn(29, 16), 1e15 * drawn(1, 16)]),
    "float64 to 1e-300": lambda: at_lengths("float64", -300, 30),
    "float64 at 1e-60": lambda: at_lengths("float64", -60, -60),
    "float64 over six orders": lambda: at_lengths("float64", -3, 3, n=60),
    "float32 as it can hold": lambda: at_lengths("float32", -44, 36),
    "float32 at 1e-30": lambda: at_lengths("float32", -30, -30),
    "float32 at 1e30": lambda: at_lengths("float32", 30, 30),
    "float16 as it can hold": lambda: at_lengths("float16", -7, 4.5),
    "bfloat16 as it can hold": lambda: at_lengths("bfloat16", -38, 30),
}


def fired(n, n_blocks=60):
    """Blocks of 12 documents in three languages, in which a fifth of the features fires."""
    return np.random.default_rng(n).random((n_blocks, n)) < 0.2, {
        "document_of_block": np.arange(n_blocks) // 5,
        "label_of_block": np.arange(n_blocks) // 5 % 3,
        "label_names": ("a", "b", "c"),
    }


FIRING = {
    "as usual": lambda n: FiringStatistics.from_arrays(fired(n)[0], **fired(n)[1]),
    "nothing fires": lambda n: FiringStatistics.from_arrays(np.zeros((60, n), bool), **fired(n)[1]),
    "everything fires": lambda n: FiringStatistics.from_arrays(np.ones((60, n), bool), **fired(n)[1]),
    "all fire together": lambda n: FiringStatistics.from_arrays(np.repeat(fired(1)[0], n, 1), **fired(n)[1]),
    "each fires once": lambda n: FiringStatistics.from_arrays(np.arange(60)[:, None] == np.arange(n), **fired(n)[1]),
    "one fires": lambda n: FiringStatistics.from_arrays(fired(n)[0] & (np.arange(n) == 0), **fired(n)[1]),
    "one block": lambda n: FiringStatistics.from_arrays(fired(n, 1)[0]),
    "two blocks": lambda n: FiringStatistics.from_arrays(fired(n, 2)[0]),
    "one document": lambda n: FiringStatistics.from_arrays(fired(n)[0], document_of_block=np.zeros(60, int)),
}
ENCODERS = {
    "of its own": lambda rows: (
        rows.double() + rows.double().norm(dim=1, keepdim=True) / 4 * torch.from_numpy(drawn(*rows.shape))
    ),
    "the decoder": lambda rows: rows,
    "against the decoder": lambda rows: -rows,
    "zero": torch.zeros_like,
    "equal rows": torch.ones_like,
    "tiny": lambda rows: rows.double() * 1e-200,
}


def given_to(name, rows, firing="as usual", encoder="of its own", other=companion):
    """What the analysis reads of such a cloud."""
    analysis, cloud = ANALYSES[name], FeatureCloud.from_array(rows, name="degenerate")
    reads = analysis.needs | analysis.uses
    return Example(
        cloud,
        FIRING[firing](cloud.sae.d_sae).select(cloud.feature_ids) if "firing" in reads else None,
        other=other(cloud),
        encoder=ENCODERS[encoder](cloud.vectors) if "encoder" in reads else None,
    )


def measured(name, preset, given):
    """Each metric's estimate by name, None where it is absent; that nothing is NaN is what a report sees to."""
    report = Trial(ANALYSES[name], PARAMETERS[name]).run(given, preset=preset)
    report.to_json()
    return {metric.name: metric.value for metric in report.measured}


@cache
def names_of(name, preset):
    return set(measured(name, preset, given_to(name, drawn(40, 8))))


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_every_metric_is_told_of_every_cloud(name, preset, cloud):
    assert set(measured(name, preset, given_to(name, CLOUDS[cloud]()))) == names_of(name, preset)


@pytest.mark.parametrize("firing", FIRING)
@pytest.mark.parametrize("n", [1, 12, 30])
@pytest.mark.parametrize(
    ("name", "preset"), [one for one in PRESETS if "firing" in ANALYSES[one[0]].needs | ANALYSES[one[0]].uses]
)
def test_every_metric_is_told_of_every_firing(name, preset, n, firing):
    assert set(measured(name, preset, given_to(name, drawn(n, 8), firing))) == names_of(name, preset)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize(
    "cloud", ["two features", "equal rows", "one dimension", "float64 at 1e-60", "float32 at 1e30"]
)
def test_every_metric_is_told_of_every_encoder(cloud, encoder):
    given = given_to("alignment", CLOUDS[cloud](), encoder=encoder)
    assert set(measured("alignment", "calibrated", given)) == names_of("alignment", "calibrated")


@pytest.mark.parametrize(
    "cloud", ["one feature", "equal rows", "antipodes", "one dimension", "more dimensions than features"]
)
def test_an_sae_is_as_stable_as_itself(cloud):
    given = given_to("stability", CLOUDS[cloud](), other=lambda cloud: cloud)
    assert set(measured("stability", "calibrated", given)) == names_of("stability", "calibrated")


@pytest.mark.parametrize("power", [-200, -100, 90])
@pytest.mark.parametrize("name", [name for name, one in ANALYSES.items() if "scale" in one.invariances])
def test_numbers_are_those_of_the_directions_at_any_length(name, power):
    """Multiplied by a power of two, the very same bits are measured, at lengths whose squares no float32 holds."""
    given = ordinary(ANALYSES[name].needs | ANALYSES[name].uses - {"activations"}, n_features=60, n_blocks=60)
    other = companion(given.cloud)

    def numbers(factor):
        rows = given.cloud.vectors if power > -120 else given.cloud.vectors.double()
        cloud = FeatureCloud.from_array(rows * factor, labels=given.cloud.labels, name="scaled")
        encoder = None if given.encoder is None else given.encoder.to(rows.dtype) * factor
        report = Trial(ANALYSES[name], PARAMETERS[name]).run(given._replace(cloud=cloud, other=other, encoder=encoder))
        return {
            one.name: (one.value, one.nulls[0].mean if isinstance(one.nulls, tuple) else None)
            for one in report.measured
        }

    expected, found = numbers(1.0), numbers(2.0**power)
    assert found.keys() == expected.keys()
    for metric, values in found.items():
        for one, wanted in zip(values, expected[metric], strict=True):
            assert one == (None if wanted is None else pytest.approx(wanted, rel=1e-5, abs=1e-9)), metric


def test_distances_follow_the_scale():
    """Entropy is in units of length: distances are multiplied, and each of q dimensions adds the logarithm."""
    rows = families(90, 16, np.random.default_rng(2))
    plain, tiny = (
        measured("entropy", "calibrated", Example(FeatureCloud.from_array(rows * scale))) for scale in (1.0, 2.0**-100)
    )
    q = 16  # all there are, of the 22 that 90 rows are enough for
    assert tiny["nearest_neighbor_distance"] == pytest.approx(plain["nearest_neighbor_distance"] * 2.0**-100)
    assert tiny["intrinsic_dimension_twonn"] == pytest.approx(plain["intrinsic_dimension_twonn"])
    assert tiny["negentropy"] == pytest.approx(plain["negentropy"])
    assert tiny["entropy"] == pytest.approx(plain["entropy"] - 100 * q * np.log(2))


def test_nan_among_what_fires_together_is_refused(tmp_path):
    plant = plant_firing(np.random.default_rng(0), n_features=20, n_blocks=50, n_topics=2, d_in=4)
    pairs = plant.firing.cooccurrence().numpy().astype(float)
    pairs.flat[::100] = np.nan
    np.savez(tmp_path / "all_cooccurrences.npz", histogram=pairs, n_chunks=50)
    with pytest.raises(SaegeoError, match="(NaN|finite|whole|count)"):
        FiringStatistics.open(tmp_path / "all_cooccurrences.npz")
