"""``catalog.json``: which format a catalog has, and which catalog it is."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from zoo_spectra.catalog.schema import FORMAT_VERSION
from zoo_spectra.catalog.storage import Storage
from zoo_spectra.errors import CatalogError, CatalogVersionError
from zoo_spectra.method import METHOD_VERSION

HEADER = "catalog.json"
_MOST_BYTES = 1 << 16


@dataclass(frozen=True)
class Header:
    """``identity``: the same as long as it is the same catalog; None in format 1.

    ``spectra``: False where they were left out on purpose, as in a published catalog.
    """

    format: int = FORMAT_VERSION
    method_version: int = METHOD_VERSION
    identity: str | None = None
    spectra: bool = True

    @classmethod
    def new(cls, spectra: bool) -> Header:
        """That of a catalog which is made now."""
        return cls(identity=secrets.token_hex(8), spectra=spectra)

    def encode(self) -> bytes:
        content: dict[str, object] = {
            "format": self.format,
            "method_version": self.method_version,
        }
        if self.identity is not None:
            content["id"] = self.identity
        if not self.spectra:
            content["spectra"] = False
        return json.dumps(content).encode() + b"\n"

    def upgraded(self) -> Header:
        """The same catalog in this version's format. Twice gives the same bytes as once."""
        method = max(self.method_version, METHOD_VERSION)
        return Header(FORMAT_VERSION, method, self.identity, self.spectra)


def read(storage: Storage) -> Header | None:
    """The header; None where there is none.

    Raises CatalogError for one that cannot be read or is none, and CatalogVersionError for that of
    a newer version.
    """
    content = storage.read(HEADER, _MOST_BYTES)
    if content is None:
        return None
    where = storage.file()
    try:
        header = _decode(content)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CatalogError(f"{where}/{HEADER} is not a catalog's header: {error}") from error
    for what, found, known in (
        ("format", header.format, FORMAT_VERSION),
        ("method", header.method_version, METHOD_VERSION),
    ):
        if found > known:
            raise CatalogVersionError(
                f"{where} was written with {what} version {found}; this zoo_spectra knows "
                f"{known}: upgrade it (pip install -U zoo-spectra)"
            )
    return header


def _decode(content: bytes) -> Header:
    fields = json.loads(content)
    if not isinstance(fields, dict):
        raise TypeError("it is no JSON object")
    numbers = fields["format"], fields["method_version"]
    identity, spectra = fields.get("id"), fields.get("spectra", True)
    if any(type(number) is not int or not 1 <= number < 1 << 31 for number in numbers):
        raise ValueError("its versions are no numbers from 1")
    if not isinstance(identity, str | None) or not isinstance(spectra, bool):
        raise TypeError("'id' is a text, and 'spectra' true or false")
    return Header(*numbers, identity, spectra)
