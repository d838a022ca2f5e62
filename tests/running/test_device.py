import pytest

from saegeo_core import SaegeoError
from saegeo_core.running.device import resolve_device


@pytest.mark.parametrize(
    "device", ["gpu", "cuda:x", "cuda:99", "", "cuda:²", "cuda:٣", pytest.param("cuda:" + "9" * 5000, id="digits")]
)
def test_devices_that_are_absent_are_refused(device):
    with pytest.raises(SaegeoError, match=r"device|CUDA"):
        resolve_device(device)
