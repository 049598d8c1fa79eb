"""Where a catalog's files lie: a local directory, or an object store through pyarrow.

A file appears whole or not at all: temporary file, fsync and rename locally; one PUT elsewhere.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyarrow import fs

from zoo_spectra.errors import CatalogError

_REMOTE = re.compile(r"^[a-z][a-z0-9+]+://")


@dataclass(frozen=True)
class Storage:
    """A folder of whole files. ``location`` is a path or a URI such as ``s3://bucket/zoo``."""

    location: str

    @property
    def is_local(self) -> bool:
        return not _REMOTE.match(self.location)

    @property
    def root(self) -> Path:
        """The local folder, absolute."""
        return Path(self.location).expanduser().absolute()

    @cached_property
    def _remote(self) -> tuple[fs.FileSystem, str]:
        try:
            found: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(self.location)
        except (OSError, ValueError) as error:
            raise CatalogError(f"{self.location}: cannot be opened: {error}") from error
        return found

    def read(self, name: str) -> bytes | None:
        """A whole file, or None when it is not there. Raises CatalogError."""
        try:
            if self.is_local:
                path = self.root / name
                return path.read_bytes() if path.is_file() else None
            system, base = self._remote
            if system.get_file_info(f"{base}/{name}").type != fs.FileType.File:
                return None
            with system.open_input_stream(f"{base}/{name}") as stream:
                return bytes(stream.read())
        except OSError as error:
            raise CatalogError(f"{self.location}/{name}: cannot be read: {error}") from error

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all, replacing one of that name. Raises CatalogError."""
        try:
            if self.is_local:
                _write_local(self.root / name, content)
            else:
                system, base = self._remote
                system.create_dir(f"{base}/{name}".rpartition("/")[0], recursive=True)
                with system.open_output_stream(f"{base}/{name}") as stream:
                    stream.write(content)
        except OSError as error:
            raise CatalogError(
                f"{self.location}/{name}: cannot be written: {error}; "
                "is there room, and is the place yours to write?"
            ) from error

    def parts(self, folder: str) -> list[str]:
        """Paths or URIs of the Parquet parts of a folder, sorted. Raises CatalogError.

        A part without a byte is an error: it would be skipped silently by a scan.
        """
        try:
            found = self._list_local(folder) if self.is_local else self._list_remote(folder)
        except OSError as error:
            raise CatalogError(f"{self.location}/{folder}: cannot be listed: {error}") from error
        for path, size in found:
            if size == 0:
                raise CatalogError(
                    f"{path} is empty, though parts are written whole; another program or a "
                    "broken disk did that. Remove the file and run the job again"
                )
        return sorted(path for path, _ in found)

    def _list_local(self, folder: str) -> list[tuple[str, int]]:
        place = self.root / folder
        if not place.is_dir():
            return []
        with os.scandir(place) as entries:
            return [(e.path, e.stat().st_size) for e in entries if _is_part(e.name)]

    def _list_remote(self, folder: str) -> list[tuple[str, int]]:
        system, base = self._remote
        selector = fs.FileSelector(f"{base}/{folder}", allow_not_found=True)
        return [(i.path, i.size) for i in system.get_file_info(selector) if _is_part(i.base_name)]

    def check_writable(self) -> None:
        """Raise CatalogError, before any work is done, when nothing can be written there."""
        if self.is_local:
            probe = f".probe-{secrets.token_hex(4)}"
            self.write(probe, b"")
            (self.root / probe).unlink(missing_ok=True)

    @property
    def filesystem(self) -> fs.FileSystem:
        """The pyarrow filesystem in which ``parts`` are paths."""
        return fs.LocalFileSystem() if self.is_local else self._remote[0]

    def is_empty(self) -> bool:
        """Whether nothing lies there yet."""
        if self.is_local:
            return not self.root.exists() or not any(self.root.iterdir())
        system, base = self._remote
        return not system.get_file_info(fs.FileSelector(base, allow_not_found=True))


def _is_part(name: str) -> bool:
    return name.endswith(".parquet") and not name.startswith((".", "_"))


def _write_local(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
