"""What a model computes where an SAE reads: sources of activations, the hooks they read, models by name."""
