"""A walk over constituents in which whatever an adapter raises is the network's fault."""

from __future__ import annotations

from collections.abc import Iterator

from zoo_spectra.errors import NetworkError, ZooSpectraError, explain
from zoo_spectra.sources import Constituent, Network, guarded, walked
from zoo_spectra.text import visible


def walk_of(network: Network) -> Iterator[Constituent]:
    """The constituents, checked, in order. Raises NetworkError, and our own errors as they are."""
    walk = walked(network, None)
    while True:
        try:
            with guarded():
                constituent = next(walk, None)
        except ZooSpectraError:
            raise
        except Exception as error:
            said = f"{visible(network.name)} cannot be read: {explain(error)}"
            raise NetworkError(said) from error
        if constituent is None:
            return
        yield constituent
