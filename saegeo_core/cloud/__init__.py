"""Directions as points: the cloud, what is known of its SAE, and how an SAE is named."""
