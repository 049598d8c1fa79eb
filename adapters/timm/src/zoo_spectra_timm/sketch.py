"""Shapes and sizes of architectures without their weights.

Building one on the meta device takes 0.1 s, all of timm minutes. Those of one version of timm come
with this package (``shapes.json.xz``, written by ``benchmarks/publish/timm_shapes.py``); those of
another are remembered on disk, in a JSON file that can be deleted at any time.
"""

from __future__ import annotations

import json
import lzma
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from zoo_spectra.sources import counted, read_tensors
from zoo_spectra_timm.building import meta_model, timm_library

Shapes = tuple[tuple[int, int], ...]
SHIPPED = "shapes.json.xz"
RULE = 2  # raise it when zoo_spectra.sources.read chooses other constituents


@dataclass(frozen=True)
class Sketch:
    """The (p, q) of the constituents in order, and the number of parameters; None: unknown."""

    shapes: Shapes | None = None
    parameters: int | None = None


def sketches(names: Iterable[str], cache: Path | None = None) -> dict[str, Sketch]:
    """A sketch for each ``architecture`` or ``architecture.tag``; unknown where it has none."""
    path = cache or cache_path()
    known = {**_shipped(), **_read(path)}
    missing = [name for name in dict.fromkeys(names) if name not in known]
    new: dict[str, Sketch] = {}
    try:
        for name in counted(missing, "timm: architectures looked at for the first time:"):
            new[name] = draw(name)
    finally:  # an interrupted listing goes on where it was
        if new:
            _write(path, {**_read(path), **new})
    return {**known, **new}


def draw(name: str) -> Sketch:
    """Build one architecture on the meta device; unknown when it cannot be built there."""
    try:
        model = meta_model(name)
    except Exception:  # an architecture may refuse for any reason; listing goes on
        return Sketch()
    shapes = read_tensors(model.state_dict(keep_vars=True), name).shapes
    return Sketch(shapes, sum(int(p.numel()) for p in model.parameters()))


def cache_path() -> Path:
    """``~/.cache/zoo_spectra/timm-<version>.json``."""
    return Path(f"~/.cache/zoo_spectra/timm-{timm_library().__version__}.json").expanduser()


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Sketch]:
    """Those that come with this package; empty where timm is of another version."""
    text = lzma.decompress(files(__package__).joinpath(SHIPPED).read_bytes())
    stored = json.loads(text)
    if stored["rule"] != RULE or stored["timm"] != timm_library().__version__:
        return {}
    distinct = [_parse(entry) for entry in stored["sketches"]]
    return {str(name): distinct[at] for name, at in stored["models"].items()}


def packed(sketches: Mapping[str, Sketch]) -> bytes:
    """The content of ``SHIPPED``: each sketch once, since many names have the same."""
    place = {sketch: at for at, sketch in enumerate(dict.fromkeys(sketches.values()))}
    stored = {
        "rule": RULE,
        "timm": timm_library().__version__,
        "sketches": [(sketch.shapes, sketch.parameters) for sketch in place],
        "models": {name: place[sketches[name]] for name in sorted(sketches)},
    }
    return lzma.compress(json.dumps(stored, separators=(",", ":")).encode(), preset=9)


def _read(path: Path) -> dict[str, Sketch]:
    """The cache; empty when it is missing, of another version, or not what was written."""
    try:
        now = path.stat()
    except OSError:
        return {}
    return _read_as_of(path, now.st_mtime_ns, now.st_size, now.st_ino)


@lru_cache(maxsize=1)  # a job of many sources asks once for each, and all of timm takes 0.3 s
def _read_as_of(path: Path, *_version: int) -> dict[str, Sketch]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["rule"] != RULE:
            return {}
        return {str(name): _parse(entry) for name, entry in stored["models"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _parse(entry: Any) -> Sketch:
    shapes, parameters = entry
    if shapes is None:
        return Sketch()
    return Sketch(tuple((int(p), int(q)) for p, q in shapes), int(parameters))


def _write(path: Path, known: Mapping[str, Sketch]) -> None:
    """Replace the cache at once; a folder that cannot be written costs only time."""
    models = {name: (sketch.shapes, sketch.parameters) for name, sketch in sorted(known.items())}
    text = json.dumps({"rule": RULE, "models": models}, separators=(",", ":"))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
