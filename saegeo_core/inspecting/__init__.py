"""Single features: what is known of each, from its SAE, a harvest and stored reports, and its counterpart in another SAE."""
