"""What SAEs say of the windows they were trained on."""

import pytest

from saegeo_core import FeatureCloud, SaegeoError
from saegeo_core.activations.place import bos_of


def sae(name, rng, **training):
    description = FeatureCloud.from_array(rng.standard_normal((4, 3)).astype("f4"), name=name).sae
    return description.model_copy(update={"training": training})


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ([], None),
        ([{}], None),
        ([{"prepend_bos": True}], True),
        ([{"prepend_bos": False}], False),
        ([{}, {"prepend_bos": False}], False),
        ([{"prepend_bos": True}, {}, {"prepend_bos": True}], True),
        ([{"prepend_bos": None}, {"prepend_bos": "yes"}], None),
    ],
    ids=str,
)
def test_what_saes_of_one_pass_want(rng, told, wanted):
    assert bos_of(sae(f"sae_{number}", rng, **one) for number, one in enumerate(told)) is wanted


def test_one_pass_cannot_serve_both(rng):
    with pytest.raises(SaegeoError, match=r"memory:with was trained on windows that begin with BOS, memory:without on"):
        bos_of([sae("without", rng, prepend_bos=False), sae("with", rng, prepend_bos=True)])
