"""Where a catalog's files lie: a local directory, or an object store through pyarrow.

A file appears whole or not at all: temporary file, fsync and rename locally; one upload elsewhere.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyarrow import fs

from zoo_spectra.errors import CatalogError

# What a filesystem without hard links answers.
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
_REMOTE = re.compile(r"^[a-z][a-z0-9+]+://")
_FILE = "file://"
# pyarrow's own bounds let an endpoint that does not answer hold a command for minutes.
_ATTEMPTS, _CONNECT_SECONDS, _SILENT_SECONDS = 3, 5.0, 10.0


@dataclass(frozen=True)
class Entry:
    """What lies in a folder: its size in bytes, and when it was written (seconds since 1970).

    ``is_file`` is False for folders, devices, and links that point nowhere.
    """

    name: str
    size: int
    written: float
    is_file: bool = True


@dataclass(frozen=True)
class Storage:
    """A folder of whole files. ``location`` is a path or a URI.

    A URI may carry pyarrow's options, such as
    ``s3://bucket/zoo?region=us-east-1&endpoint_override=http://127.0.0.1:9000``.
    """

    location: str

    def __post_init__(self) -> None:
        if "\0" in self.location or not is_text(self.location):
            raise CatalogError(f"{self.file()!r} is no place: its name must be UTF-8 without NUL")

    @property
    def is_local(self) -> bool:
        return self.location.startswith(_FILE) or not _REMOTE.match(self.location)

    @property
    def root(self) -> Path:
        """The local folder, absolute."""
        path = Path(self.location.removeprefix(_FILE))
        try:
            return path.expanduser().absolute()
        except RuntimeError as error:  # ~somebody
            raise CatalogError(f"{self.file()}: {error}") from error

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
        text = "/".join((place, *filter(None, names)))
        return text.encode("utf-8", "backslashreplace").decode()

    def read(self, name: str, most: int | None = None) -> bytes | None:
        """A whole file, or None when it is not there.

        Raises CatalogError when it cannot be read, or has more than ``most`` bytes.
        """
        try:
            if self.is_local:
                path = self.root / name
                if not path.is_file():
                    return None
                with path.open("rb") as file:
                    self._bounded(name, os.fstat(file.fileno()).st_size, most)
                    return file.read()
            system, path_ = self.filesystem, self.path(name)
            found = system.get_file_info(path_)
            if found.type != fs.FileType.File:
                return None
            self._bounded(name, found.size, most)
            with system.open_input_stream(path_) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self.unreadable(name, error) from error

    def _bounded(self, name: str, size: int, most: int | None) -> None:
        if most is not None and size > most:
            raise CatalogError(
                f"{self.file(name)} has {size:,} bytes, and at most {most:,} are read; it is none "
                "of this catalog's files, or damaged"
            )

    def state(self, name: str) -> tuple[int, int, int] | None:
        """What changes with a local file; None when it is not there. Raises CatalogError."""
        try:
            found = (self.root / name).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self.unreadable(name, error) from error
        return found.st_ino, found.st_mtime_ns, found.st_size

    def unreadable(self, name: str, error: OSError) -> CatalogError:
        """What to say of a file that is there, as far as one knows, and cannot be read."""
        hint = "" if self.is_local else "; it is out of reach, not damaged: try again later"
        return CatalogError(f"{self.file(name)}: cannot be read: {_short(error)}{hint}")

    def write(self, name: str, content: bytes | memoryview) -> None:
        """Write a file whole or not at all, replacing one of that name. Raises CatalogError."""
        try:
            if self.is_local:
                _write_local(self._made(name), content)
            else:
                with self.filesystem.open_output_stream(self.path(name)) as stream:
                    stream.write(content)
        except OSError as error:
            raise self._unwritable(name, error) from error

    def create(self, name: str, content: bytes) -> bool:
        """Write a file unless there is one of that name; whether this one was written.

        Of two at the same moment one writes, but on an object store. Raises CatalogError.
        """
        if not self.is_local:
            if self.read(name) is not None:
                return False
            self.write(name, content)
            return True
        try:
            return _create_local(self._made(name), content)
        except OSError as error:
            raise self._unwritable(name, error) from error

    def move(self, name: str, target: str) -> None:
        """Give a file another name; that it is gone already is no error. Raises CatalogError."""
        try:
            if self.is_local:
                _move_local(self.root / name, self._made(target))
            else:
                self.filesystem.move(self.path(name), self.path(target))
        except FileNotFoundError:
            return
        except OSError as error:
            if not self.is_local and self.read(name) is None:
                return
            raise CatalogError(
                f"{self.file(name)}: cannot be moved to {target}: {_short(error)}"
            ) from error

    def _made(self, name: str) -> Path:
        """A file's path, in a folder that is there; a catalog that was deleted is not made anew."""
        if not self.root.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "there is no such folder any more")
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def make(self) -> None:
        """Make the folder, where there is one to make. Raises CatalogError.

        A bucket is made only when the URI says ``allow_bucket_creation=true``.
        """
        try:
            if self.is_local:
                self.root.mkdir(parents=True, exist_ok=True)
            else:
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
                    try:
                        state = entry.stat()
                    except OSError as error:
                        if entry.is_symlink():
                            found.append(Entry(entry.name, 0, 0.0, is_file=False))
                        elif not isinstance(error, FileNotFoundError):
                            raise
                        # Listed, and deleted or renamed since: not there any more.
                        continue
                    is_file = stat.S_ISREG(state.st_mode)
                    found.append(Entry(entry.name, state.st_size, state.st_mtime, is_file))
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
        """Whether nothing lies there yet, but for files being written. Raises CatalogError."""
        if self.is_local:
            return all(entry.name.endswith(".tmp") for entry in self.entries(""))
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
    with _temporary(path, content) as temporary:
        temporary.replace(path)


def _create_local(path: Path, content: bytes) -> bool:
    with _temporary(path, content) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS or path.exists():
                raise
            temporary.replace(path)
    return True


@contextmanager
def _temporary(path: Path, content: bytes | memoryview) -> Iterator[Path]:
    """A file beside ``path`` with the content, safe from a power cut as far as it is renamed."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        yield temporary
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _move_local(path: Path, target: Path) -> None:
    if path.is_symlink():  # a relative link means something else in another folder
        target.unlink(missing_ok=True)
        target.symlink_to(path.resolve())
        path.unlink()
        return
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _write_local(target, path.read_bytes())
        path.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_text(name: str) -> bool:
    """Whether a name is UTF-8: others come from the system with lone surrogates in them."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
