"""Which device computes: what the user typed, checked against what this machine has."""

import re

from saegeo_core.errors import SaegeoError


def resolve_device(device: str) -> str:
    """Resolve a device; auto is the first CUDA card, or the CPU where there is none.

    Raises:
        SaegeoError: not a device, or one this machine does not have.
    """
    import torch

    cards = torch.cuda.device_count()
    if device == "auto":
        return "cuda:0" if cards else "cpu"
    if device == "cpu":
        return device
    named = re.fullmatch(r"cuda(?::([0-9]{1,4}))?", device)
    if named is None:
        raise SaegeoError(f"{device!r} is no device", "type --device auto, cpu, cuda or cuda:0")
    index = int(named[1] or 0)
    if index >= cards:
        raise SaegeoError(
            f"device {device} was asked for; this machine has {cards or 'no'} CUDA card{'s' * (cards > 1)}",
            "type --device cpu",
        )
    return f"cuda:{index}"
