"""CIFTI's .pconn.nii: connectivity between parcels, with their names.

Format: CIFTI-2, Human Connectome Project. nibabel reads it, after its header was held against the
file: it would expand what the XML declares, and take the memory that the header asks for.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from zoo_spectra.errors import FileFormatError, NetworkError, UnsafeFileError
from zoo_spectra.sources import Guard, budget_of
from zoo_spectra_connectome.adjacency import Adjacency, check_bytes, check_count
from zoo_spectra_connectome.matrices import network_of
from zoo_spectra_connectome.settings import Settings

HEADER, MAX_XML = 540, 64 << 20
TYPES = {2: 1, 4: 2, 8: 4, 16: 4, 64: 8, 256: 1, 512: 2, 768: 4, 1024: 8, 1280: 8}  # bytes


def read(path: Path, settings: Settings) -> Adjacency:
    """The matrix between all parcels. Raises NetworkError without nibabel, FileFormatError,
    UnsafeFileError for a DTD.
    """
    guard = Guard(budget_of(path))
    sides = _checked(path, guard)
    try:
        import nibabel
    except ImportError as error:
        raise NetworkError(
            "CIFTI needs nibabel; pip install 'zoo-spectra-connectome[cifti]'"
        ) from error
    image: Any = nibabel.Cifti2Image.from_filename(str(path), mmap=False)
    axes = [image.header.get_axis(at) for at in range(image.ndim)]
    names = [_parcels(axis) for axis in axes]
    if names[0] != names[1]:
        raise FileFormatError("its rows and columns are not the same parcels in one order")
    guard.tick()
    matrix = np.asarray(image.dataobj)
    if matrix.shape != sides:
        raise FileFormatError(f"its header says {sides}, and its data {matrix.shape}")
    unique = len(set(names[0])) == len(names[0])
    return network_of(np.ascontiguousarray(matrix), names[0] if unique else None, settings)


def _parcels(axis: Any) -> list[str]:
    if type(axis).__name__ != "ParcelsAxis":
        raise NetworkError(
            f"one of its sides is no list of parcels ({type(axis).__name__}); make parcels of it "
            "(wb_command -cifti-parcellate)"
        )
    return [str(name) for name in axis.name]


def _checked(path: Path, guard: Guard) -> tuple[int, int]:
    """Its sides, from a header that the file keeps, and whose XML holds no entities."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(HEADER + 12)
        if len(head) < HEADER + 12:
            raise FileFormatError("it ends within its header; is it cut off?")
        order = "<" if head[:4] == (HEADER).to_bytes(4, "little") else ">"
        dims = [int(n) for n in np.frombuffer(head[16:80], order + "i8")]
        kind, offset = (
            int(np.frombuffer(head[a:b], order + t)[0])
            for a, b, t in ((12, 14, "i2"), (168, 176, "i8"))
        )
        sides = dims[5:7]
        if dims[0] != 6 or dims[1:5] != [1, 1, 1, 1] or min(sides) < 1 or kind not in TYPES:
            raise FileFormatError(
                f"its sides {dims[1 : min(8, max(2, dims[0] + 1))]} are no matrix"
            )
        check_count(max(sides))
        data = prod(sides) * TYPES[kind]
        if offset < HEADER + 12 or offset + data > size:
            raise FileFormatError("its values are not all there; is it cut off?")
        check_bytes(prod(sides) * 8)
        guard.hold(prod(sides) * 8 + data, "its matrix")
        xml = offset - HEADER - 4
        if xml > MAX_XML:
            raise FileFormatError(f"{xml:,} bytes before its values are more than {MAX_XML:,}")
        guard.hold(8 * xml, "its XML")
        text = stream.read(xml)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"\0<\0!" in text or b"<\0!\0" in text:
        raise UnsafeFileError("its XML has a DTD or entities, which can fill the memory")
    return sides[0], sides[1]
