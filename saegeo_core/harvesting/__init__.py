"""From text to activations, and from activations to which features fire where.

Two interfaces meet here. A *corpus* (`corpus.py`) gives documents, in one order that never changes; an *activation source*
(`activation_source.py`) turns documents into the activations of a model at named hooks, token by token. Sources come in
kinds (`source_kind.py`), which plugins may add. The engine reads the one, drives the other and encodes.
"""
