"""A single array of numpy: a network of one constituent, whatever the file is called."""

from __future__ import annotations

from pathlib import Path

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.sources import Damaged, Entry, Guard, Matrix, array_header, budget_of
from zoo_spectra_checkpoint.narrow import array_values
from zoo_spectra_checkpoint.tensors import TensorFile

NAME = "array"


def open_file(path: Path) -> TensorFile:
    """Open a .npy file; its header gives the one entry, called ``array``.

    Raises FileFormatError when it is cut off, malformed, or more than one array, UnsafeFileError
    when it holds pickled Python objects, NetworkError when it takes more than its budget.
    """
    try:
        with path.open("rb") as stream:
            header = array_header(stream)
    except Damaged as error:
        raise _broken(path, str(error)) from error
    if header.dtype.hasobject:
        raise UnsafeFileError(
            f"{path} holds pickled Python objects, which can run code when read; "
            "save a plain array with numpy.save"
        )
    promised, size = header.start + header.size, path.stat().st_size
    if promised > size:
        raise _broken(path, f"it promises {promised:,} bytes and has {size:,}")
    if promised < size:
        raise NetworkError(
            f"{path} has {size - promised:,} bytes behind its array, maybe more arrays; "
            "save them under their names, with numpy.savez"
        )
    Guard(budget_of(path), f"{path}: ").check(header.size, "its array")

    def fetch(_: Entry) -> Matrix:
        with path.open("rb") as stream:
            if array_header(stream) != header:
                raise _broken(path, "it was changed while in use")
            return array_values(stream, header)

    return TensorFile(path, (Entry(NAME, header.shape, header.name),), fetch)


def _broken(path: Path, what: str) -> FileFormatError:
    return FileFormatError(f"{path} is no complete .npy file ({what}); fetch or save it again")
