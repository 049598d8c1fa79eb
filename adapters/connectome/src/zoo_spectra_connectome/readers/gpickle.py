"""Pickles of networkx's graphs: never opened, for a pickle runs what it likes."""

from __future__ import annotations

import shlex
from pathlib import Path

from zoo_spectra.errors import UnsafeFileError
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.settings import Settings

_CONVERT = (
    "import pickle, sys, networkx as nx; "
    "nx.write_graphml(pickle.load(open(sys.argv[1], 'rb')), sys.argv[1] + '.graphml')"
)


def read(path: Path, settings: Settings) -> Adjacency:
    """Raises UnsafeFileError, with the line that converts a file."""
    raise UnsafeFileError(
        "a pickle can run code, and is not read; if you trust who made it, convert it with: "
        f"python -c {shlex.quote(_CONVERT)} {shlex.quote(path.name)}"
    )
