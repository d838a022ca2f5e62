import pytest
import torch

from saegeo_core import SaegeoError
from saegeo_core.activations.forward_hooks import read_hooks
from saegeo_core.activations.hook_points import HookPoint

INPUTS = {"input_ids": torch.zeros(2, 3, dtype=torch.long)}


class Adder(torch.nn.Module):
    """Adds one to its input in place, as some models do to save memory."""

    def forward(self, hidden_states):
        hidden_states += 1
        return hidden_states, "attention weights"


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.unused, self.flat = Adder(), Adder(), Adder(), torch.nn.Flatten(0, 1)

    def forward(self, input_ids):
        hidden, _ = self.first(torch.zeros(*input_ids.shape, 4))
        hidden, _ = self.second(hidden_states=hidden)
        return self.flat(hidden)


def test_each_activation_is_as_it_was_when_it_passed_by():
    points = {
        "before": HookPoint("first", "input"),
        "between": HookPoint("second", "input"),
        "after": HookPoint("second", "output"),
    }
    seen = read_hooks(Model(), points, INPUTS, torch.clone)
    assert [float(seen[hook].mean()) for hook in points] == [0, 1, 2]
    assert list(seen) == list(points)


def test_what_is_taken_is_what_is_given():
    seen = read_hooks(Model(), {"x": HookPoint("first", "output")}, INPUTS, lambda rows: rows[:, 0])
    assert seen["x"].shape == (2, 4)


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (HookPoint("unused", "output"), r"does not reach x \(unused\)"),
        (HookPoint("flat", "output"), r"x does not give one vector for each token, but a tensor \(6, 4\) for \(2, 3\)"),
    ],
)
def test_a_module_that_gives_no_vector_for_each_token_is_refused(point, message):
    with pytest.raises(SaegeoError, match=message):
        read_hooks(Model(), {"x": point}, INPUTS, torch.clone)


def test_the_model_is_left_without_hooks_and_gradients_on():
    model = Model()
    with pytest.raises(SaegeoError):
        read_hooks(model, {"x": HookPoint("unused", "input")}, INPUTS, torch.clone)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert torch.is_grad_enabled()
