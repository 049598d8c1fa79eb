"""Random streams of draws: they depend on the network, the model and the draw, and nothing else.

So a draw is the same on every machine, in every order, with any number of workers.
"""

from __future__ import annotations

import hashlib

import numpy as np

MIXING = -1  # the draw by which the rounds are found
TOGETHER = -1  # the position of what is drawn for all constituents at once


def generator(network_id: str, model: str, draw: int, position: int) -> np.random.Generator:
    """The random numbers of one constituent, at ``position``, of a network's draw by a model."""
    text = f"null/{network_id}/{model}/{draw}/{position}".encode()
    seed = hashlib.blake2b(text, digest_size=32).digest()
    return np.random.default_rng(np.random.SeedSequence(np.frombuffer(seed, "<u4").tolist()))
