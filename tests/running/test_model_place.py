import pytest

from saegeo_core import SaegeoError
from saegeo_core.running.model_place import ModelPlace


def test_without_a_model_nothing_is_opened(cloud):
    assert ModelPlace().open_activations(cloud.sae, []) is None


@pytest.mark.parametrize("place", [ModelPlace(layer=0), ModelPlace(hook="a"), ModelPlace("model", layer=0, hook="a")])
def test_a_place_that_cannot_be_meant_is_refused_before_anything_is_opened(cloud, place):
    with pytest.raises(SaegeoError) as error:
        place.refuse_unplaced()
    with pytest.raises(SaegeoError) as again:
        place.open_activations(cloud.sae, [])
    assert str(again.value) == str(error.value)


def test_a_model_may_be_read_where_the_sae_reads_or_elsewhere():
    for place in (ModelPlace(), ModelPlace("model"), ModelPlace("model", layer=0), ModelPlace("model", hook="a")):
        place.refuse_unplaced()


def test_the_device_is_called_by_its_full_name():
    assert ModelPlace("model", device="cpu").with_device_resolved() == ModelPlace("model", device="cpu")
    with pytest.raises(SaegeoError, match="no device"):
        ModelPlace(device="gpu").with_device_resolved()
