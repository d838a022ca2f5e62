"""Reading activations out of a forward pass, which ends as soon as everything asked for has been seen.

Plain hooks on modules, and an exception to stop: against running the whole model this saves all layers above the deepest
hook, the final norm and the head. What is wanted of each activation is copied the moment it passes by, since later modules may
write into the same memory.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from saegeo_core.activations.hook_points import HookPoint
from saegeo_core.errors import SaegeoError

if TYPE_CHECKING:
    import torch


class _SeenAll(Exception):
    """Nothing that follows in the forward pass is wanted."""


def read_hooks(
    model: "torch.nn.Module",
    points: Mapping[str, HookPoint],
    inputs: "Mapping[str, torch.Tensor]",
    take: "Callable[[torch.Tensor], torch.Tensor]",
) -> "dict[str, torch.Tensor]":
    """`take(activation)` for every hook of `points`, from one forward pass of `model` without gradients.

    `inputs` has `input_ids` (n_rows, length); an activation is a tensor (n_rows, length, width).

    Raises:
        SaegeoError: a module does not give one vector for each token, or is not reached by the pass.
    """
    import torch

    seen: dict[str, torch.Tensor] = {}
    shape = inputs["input_ids"].shape

    def keep(hook: str, value: Any) -> None:
        activation = value[0] if isinstance(value, tuple) else value
        if points[hook].is_flat and isinstance(activation, torch.Tensor) and len(activation) == shape.numel():
            activation = activation.reshape(*shape, -1)
        if not isinstance(activation, torch.Tensor) or activation.ndim != 3 or activation.shape[:2] != shape:
            raise SaegeoError(
                f"{hook} does not give one vector for each token, but {_in_words(activation)} for {tuple(shape)} tokens",
                "name another module",
            )
        seen[hook] = take(activation)
        if len(seen) == len(points):
            raise _SeenAll

    with ExitStack() as hooks, torch.no_grad():
        for hook, point in points.items():
            hooks.callback(_attach(model.get_submodule(point.module), point, partial(keep, hook)).remove)
        try:
            model(**inputs)
        except _SeenAll:
            return {hook: seen[hook] for hook in points}
    unseen = [f"{hook} ({point.module})" for hook, point in points.items() if hook not in seen]
    raise SaegeoError(f"the forward pass does not reach {', '.join(unseen)}", "name another module")


def _attach(module: "torch.nn.Module", point: HookPoint, keep: Callable[[Any], None]) -> Any:
    if point.side == "output":
        return module.register_forward_hook(lambda _module, _args, output: keep(output))
    return module.register_forward_pre_hook(
        lambda _module, args, kwargs: keep(args[0] if args else kwargs.get("hidden_states")), with_kwargs=True
    )


def _in_words(value: Any) -> str:
    return f"a tensor {tuple(value.shape)}" if hasattr(value, "shape") else f"a {type(value).__name__}"
