"""Where a catalog's files lie: a local directory, or an object store through pyarrow.

A file appears whole or not at all: temporary file, fsync and rename locally; one upload elsewhere.
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
_FILE = "file://"
# pyarrow's own bounds let an endpoint that does not answer hold a command for minutes.
_ATTEMPTS, _CONNECT_SECONDS, _SILENT_SECONDS = 3, 5.0, 10.0


@dataclass(frozen=True)
class Entry:
    """A file of a folder: its size in bytes, and when it was written (seconds since 1970)."""

    name: str
    size: int
    written: float


@dataclass(frozen=True)
class Storage:
    """A folder of whole files. ``location`` is a path or a URI.

    A URI may carry pyarrow's options, such as
    ``s3://bucket/zoo?region=us-east-1&endpoint_override=http://127.0.0.1:9000``.
    """

    location: str

    @property
    def is_local(self) -> bool:
        return self.location.startswith(_FILE) or not _REMOTE.match(self.location)

    @property
    def root(self) -> Path:
        """The local folder, absolute."""
        return Path(self.location.removeprefix(_FILE)).expanduser().absolute()

    @cached_property
    def _remote(self) -> tuple[fs.FileSystem, str]:
        try:
            system, base = fs.FileSystem.from_uri(self.location)
        except (OSError, ValueError) as error:
            raise CatalogError(f"{self.file()}: cannot be opened: {error}") from error
        return _bounded(system), base.rstrip("/")

    @property
    def filesystem(self) -> fs.FileSystem:
        """The pyarrow filesystem in which ``path`` is a path."""
        return fs.LocalFileSystem() if self.is_local else self._remote[0]

    def path(self, *names: str) -> str:
        """A file's path in ``filesystem``."""
        if self.is_local:
            return str(self.root.joinpath(*names))
        return "/".join((self._remote[1], *names))

    @property
    def public(self) -> str:
        """The location for people to read: without credentials."""
        return self.location if self.is_local else re.sub(r"//[^/@]*@", "//", self.location)

    def file(self, *names: str) -> str:
        """A file's place for people to read: without a URI's options and credentials."""
        place = self.public if self.is_local else self.public.partition("?")[0].rstrip("/")
        return "/".join((place, *filter(None, names)))

    def read(self, name: str) -> bytes | None:
        """A whole file, or None when it is not there. Raises CatalogError."""
        try:
            if self.is_local:
                path = self.root / name
                return path.read_bytes() if path.is_file() else None
            system, path_ = self.filesystem, self.path(name)
            if system.get_file_info(path_).type != fs.FileType.File:
                return None
            with system.open_input_stream(path_) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CatalogError(f"{self.file(name)}: cannot be read: {_short(error)}") from error

    def write(self, name: str, content: bytes | memoryview) -> None:
        """Write a file whole or not at all, replacing one of that name. Raises CatalogError."""
        try:
            if self.is_local:
                _write_local(self.root / name, content)
            else:
                with self.filesystem.open_output_stream(self.path(name)) as stream:
                    stream.write(content)
        except OSError as error:
            raise self._unwritable(name, error) from error

    def make(self) -> None:
        """Make the folder, where there is one to make. Raises CatalogError.

        A bucket is made only when the URI says ``allow_bucket_creation=true``.
        """
        try:
            if not self.is_local:
                self.filesystem.create_dir(self.path(), recursive=True)
        except OSError as error:
            raise self._unwritable("", error) from error

    def _unwritable(self, name: str, error: OSError) -> CatalogError:
        return CatalogError(
            f"{self.file(name)}: cannot be written: {_short(error)}; "
            "is there room, and is the place yours to write?"
        )

    def delete(self, name: str) -> None:
        """Delete a file; that it is gone already is no error. Raises CatalogError."""
        try:
            if self.is_local:
                (self.root / name).unlink(missing_ok=True)
            else:
                self.filesystem.delete_file(self.path(name))
        except FileNotFoundError:
            return
        except OSError as error:
            raise CatalogError(f"{self.file(name)}: cannot be deleted: {_short(error)}") from error

    def entries(self, folder: str) -> list[Entry]:
        """The files of a folder, sorted by name; none when it is not there. Raises CatalogError."""
        try:
            found = self._list_local(folder) if self.is_local else self._list_remote(folder)
        except OSError as error:
            raise CatalogError(f"{self.file(folder)}: cannot be listed: {_short(error)}") from error
        return sorted(found, key=lambda entry: entry.name)

    def _list_local(self, folder: str) -> list[Entry]:
        found = []
        try:
            with os.scandir(self.root / folder) as entries:
                for entry in entries:
                    # Listed, and deleted or renamed since: not there any more.
                    try:
                        state = entry.stat()
                    except FileNotFoundError:
                        continue
                    found.append(Entry(entry.name, state.st_size, state.st_mtime))
        except FileNotFoundError:
            return []
        return found

    def _list_remote(self, folder: str) -> list[Entry]:
        selector = fs.FileSelector(self.path(folder), allow_not_found=True)
        return [
            Entry(info.base_name, info.size, info.mtime_ns / 1e9)
            for info in self.filesystem.get_file_info(selector)
            if info.type == fs.FileType.File
        ]

    def check_writable(self) -> None:
        """Raise CatalogError, before any work is done, when nothing can be written there."""
        probe = f".probe-{secrets.token_hex(4)}"
        self.write(probe, b"")
        self.delete(probe)

    def is_empty(self) -> bool:
        """Whether nothing lies there yet. Raises CatalogError."""
        if self.is_local:
            return not self.root.exists() or not any(self.root.iterdir())
        selector = fs.FileSelector(self.path(), allow_not_found=True)
        try:
            return not self.filesystem.get_file_info(selector)
        except OSError as error:
            raise CatalogError(f"{self.file()}: cannot be listed: {_short(error)}") from error


def _bounded(system: fs.FileSystem) -> fs.FileSystem:
    """The same S3 client with bounds on how long it tries, and small files in one request."""
    if not isinstance(system, fs.S3FileSystem):
        return system
    _, (options, *_) = system.__reduce__()
    return fs.S3FileSystem(
        **options
        | {
            "connect_timeout": _CONNECT_SECONDS,
            "request_timeout": _SILENT_SECONDS,
            "allow_delayed_open": True,
        },
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )


def _short(error: OSError) -> str:
    """Without the request ids that stores add to their messages."""
    return re.sub(r"\s*\(Request ID: [^)]*\)", "", str(error))


def _write_local(path: Path, content: bytes | memoryview) -> None:
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
