"""The tables of a simulator's connectivity (TVB), in a folder or a zip archive.

The weights are the network; orientations, centres, lengths of tracts and labels are not.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import Archive, Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency
from zoo_spectra_connectome.readers.tables_of_else import NETWORK
from zoo_spectra_connectome.settings import Settings

TIMES = 16  # what reading a table takes, of its text


def read(path: Path, settings: Settings) -> Adjacency:
    """The weights of an archive, with the names of regions where its table of centres has them.

    Raises FileFormatError for an archive without weights, or with several.
    """
    from zoo_spectra_connectome.readers.matrix_tables import read_matrix
    from zoo_spectra_connectome.rows import TextTable, read_table

    archive, guard = Archive(path), Guard(budget_of(path))
    own = {
        name: info
        for name, info in archive.members.items()
        if Path(name).stem.lower() in (NETWORK, "centres", "centers")
        and Path(name).suffix in (".txt", ".csv", ".tsv")
        and not name.startswith("__MACOSX/")
    }
    found = [name for name in own if Path(name).stem.lower() == NETWORK]
    if len(found) != 1:
        few = ", ".join(name[:60] for name in list(archive.members)[:8])
        raise FileFormatError(
            f"{len(found) or 'no'} tables of weights (weights.txt) in the archive of {few}; unpack "
            "it and name the file of the network"
        )
    guard.check(TIMES * sum(info.file_size for info in own.values()), "reading its tables")
    with tempfile.TemporaryDirectory() as folder:
        copies = []
        for at, name in enumerate([*found, *(name for name in own if name not in found)]):
            copies.append(Path(folder) / f"{at}.txt")
            with archive.open(own[name]) as stream, copies[-1].open("wb") as copy:
                shutil.copyfileobj(stream, copy)
        made = read_matrix(TextTable(copies[0], guard), settings, guard)
        if len(copies) == 2:
            names = [row[0] for row in read_table(copies[1])]
            names = names[len(names) == len(made.nodes) + 1 :]
            if len(set(names)) == len(made.nodes) and not any(map(_is_fraction, names)):
                made = replace(made, nodes=names, facts={**made.facts, "named": True})
    return made


def _is_fraction(name: str) -> bool:
    return name.replace(".", "").replace("-", "").isdigit() and "." in name
