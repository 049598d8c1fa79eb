"""A folder laid out by BIDS as one source: each subject's matrices, and who the subjects are."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping

from zoo_spectra.errors import SourceError
from zoo_spectra.sources import Files, LeftOut, find_files, literal, plain, resolve
from zoo_spectra_connectome.readers.table import SUFFIXES, suffix_of
from zoo_spectra_connectome.settings import ADAPTER

PARTICIPANTS = "participants.tsv"
# What a file's name ends with, before its format, when it is connectivity.
LABEL = re.compile(r"(?i)_(relmat|conmat|connectivity|connectome|network|adjacency|conn)$")


def found_files(pattern: str, options: Mapping[str, str]) -> tuple[Files, Mapping[str, str]]:
    """The files of a pattern, and the options.

    Of a folder with a participants.tsv: the files of subjects (``sub-…``) whose names say
    connectivity, else those of a graph's or matrix's own format; ``about`` is its participants.
    All others are left out. Raises SourceError.
    """
    name = plain(pattern)
    folder = None if name is None else resolve(name)
    if name is None or folder is None or not (folder / PARTICIPANTS).is_file():
        return find_files(ADAPTER, pattern, SUFFIXES), options
    inside = literal(name.rstrip("/"))
    found = find_files(ADAPTER, f"{inside}/**/*", SUFFIXES)
    own = [file for file in found.files if os.path.basename(file).startswith("sub-")]
    taken = [file for file in own if _says_connectivity(file)]
    taken = taken or [f for f in own if suffix_of(f).removesuffix(".gz") not in (".tsv", ".json")]
    if not taken:
        raise SourceError(
            f"{ADAPTER}:{pattern} is a BIDS folder without a file of a subject that says "
            "connectivity (sub-…_relmat.dense.tsv); name the files with a pattern"
        )
    rest = Counter(suffix_of(file) for file in found.files if file not in set(taken))
    about = f"{name.rstrip('/')}/{PARTICIPANTS}"
    return Files(tuple(taken), found.left_out + LeftOut(dict(rest))), {"about": about, **options}


def _says_connectivity(file: str) -> bool:
    name, suffix = os.path.basename(file), suffix_of(file)
    if suffix.removesuffix(".gz") == ".json":
        return False
    return suffix.startswith(("_relmat", ".pconn")) or bool(LABEL.search(name[: -len(suffix)]))
