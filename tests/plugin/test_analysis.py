import pytest

from saegeo_core import SaegeoError
from saegeo_core.plugin.analysis import resolve_parameters


def test_user_over_preset_over_default(mean_norm):
    assert resolve_parameters(mean_norm, "calibrated", {}).factor == 1
    assert resolve_parameters(mean_norm, "paper", {}).factor == 2
    assert resolve_parameters(mean_norm, "paper", {"factor": "3.5"}).factor == 3.5


def test_lists_are_comma_separated(mean_norm):
    assert resolve_parameters(mean_norm, "calibrated", {"sizes": "2, 4,8"}).sizes == [2, 4, 8]


def test_an_unknown_key_names_the_known_ones(mean_norm):
    with pytest.raises(SaegeoError) as error:
        resolve_parameters(mean_norm, "calibrated", {"facto": "1"})
    assert "did you mean 'factor'" in str(error.value)
    assert "mean-norm.factor, mean-norm.sizes" in str(error.value)


@pytest.mark.parametrize(
    ("key", "value"), [("factor", "many"), ("factor", "-1"), ("factor", "nan"), ("sizes", "1,x"), ("sizes", "")]
)
def test_a_value_of_the_wrong_kind_names_the_parameter(mean_norm, key, value):
    with pytest.raises(SaegeoError, match=f"mean-norm.{key} cannot be"):
        resolve_parameters(mean_norm, "calibrated", {key: value})


def test_a_preset_that_is_not_offered(mean_norm):
    mean_norm.presets = {"calibrated": {}}
    with pytest.raises(SaegeoError, match="no preset 'paper'"):
        resolve_parameters(mean_norm, "paper", {})
