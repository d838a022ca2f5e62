"""Top-k by what features contribute: the k with the largest activation x length of the decoder row fire, with their activations.

It is how Language-Model-SAEs encodes. sae-lens knows the choice (`rescale_acts_by_decoder_norm`) and gives contributions. Imports
torch: import this file inside a function.
"""

import torch


class ContributionTopK(torch.nn.Module):
    """The activation function of an SAE of sae-lens: from (n_tokens, d_sae) to the same, zero but for k features of a token."""

    def __init__(self, k: int, lengths: torch.Tensor) -> None:
        """`lengths` (d_sae,) are those of the decoder's rows. They are a parameter, so that they count in the SAE's digest."""
        super().__init__()
        self.k = k
        self.lengths = torch.nn.Parameter(lengths, requires_grad=False)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Negative ones among the k largest become zero."""
        chosen = (hidden * self.lengths).topk(self.k, dim=-1, sorted=False).indices
        return torch.zeros_like(hidden).scatter(-1, chosen, hidden.gather(-1, chosen).relu())
