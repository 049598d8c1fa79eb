"""MATLAB's .mat, of version 4, 5 to 7 and 7.3: the one matrix in it, and the names of its nodes.

QSIPrep and MRtrix (connectivity and region labels), the Brain Connectivity Toolbox (CIJ, Names),
ENIGMA and DSI Studio (connectivity, name) are laid out so.
"""

from __future__ import annotations

from pathlib import Path

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Guard, budget_of, first_bytes
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.matrices import network_of
from zoo_spectra_connectome.readers import mat4, mat5
from zoo_spectra_connectome.readers.chosen import chosen, naming
from zoo_spectra_connectome.settings import Settings


def read(path: Path, settings: Settings) -> Adjacency:
    """The one square matrix of a file, or that of the option ``array``.

    Raises NetworkError where there are several, UnsafeFileError for objects and functions.
    """
    head, guard = first_bytes(path), Guard(budget_of(path))
    if head.startswith((b"MATLAB 7.3", b"\x89HDF")):
        from zoo_spectra_connectome.readers.hdf5 import read_hdf5

        return read_hdf5(path, settings, guard)
    if head.startswith(b"MATLAB 5.0") or head[126:128] in (b"IM", b"MI"):
        found = mat5.variables(path, guard)
    elif mat4.is_mat4(head):
        found = mat4.variables(path, guard)
    else:
        raise FileFormatError(
            "it does not begin as a file of MATLAB does; save it with: save('file.mat', '-v7')"
        )
    shapes = {name: each.shape for name, each in found.matrices.items()}
    name = chosen(shapes, found.others, settings.array)
    matrix = found.matrices[name]
    return network_of(matrix, naming(found.texts, matrix.shape[0], name), settings, name)
