"""Job files: what to run, as validated TOML. A job file holds data only; nothing in it is run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zoo_spectra.defaults import (
    DEFAULT_ACCURACY,
    DEFAULT_CATALOG,
    DEFAULT_LINKAGE,
    Linkage,
)
from zoo_spectra.errors import JobError, SourceError, nearest
from zoo_spectra.method import EXACT_LIMIT, Device, Settings
from zoo_spectra.sources import parse_source


class Classification(BaseModel):
    """How the finished catalog is classified: ``accuracy`` ε in e-folds, ≥ 0, and the linkage."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    accuracy: Annotated[float, Field(ge=0, allow_inf_nan=False)] = DEFAULT_ACCURACY
    linkage: Linkage = DEFAULT_LINKAGE


class Job(BaseModel):
    """A job: the networks to analyse, and where the results go.

    ``sources``: source strings. ``catalog``: a path (from the current folder) or a URI.
    ``samples``: sample data to fetch first. ``workers``: processes, all cores by default.
    ``realisations`` and ``exact_limit``: as in ``Settings``. ``device``: ``cuda`` computes on GPUs,
    a worker each; ``torch-cpu`` tries the same code without one. ``timeout``: seconds after which a
    network's worker is taken for hung; by default 900, or 20 times the estimate if that is more.
    ``classify``: classify at the end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sources: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    catalog: Annotated[str, Field(min_length=1)] = DEFAULT_CATALOG
    samples: Annotated[tuple[str, ...], Field(strict=False)] = ()
    workers: Annotated[int, Field(ge=1)] | None = None
    realisations: Annotated[int, Field(ge=0)] = 0
    exact_limit: Annotated[int, Field(ge=2)] = EXACT_LIMIT
    device: Device = "cpu"
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    classify: Classification | None = None

    @property
    def settings(self) -> Settings:
        return Settings(self.realisations, self.exact_limit)

    @classmethod
    def from_toml(cls, path: str | Path) -> Job:
        """Read a job file. Raises JobError, which names the line and the nearest valid key."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise JobError(f"{path}: cannot be read: {error}") from error
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise JobError(f"{path}: not valid TOML: {error}") from error
        try:
            job = cls.model_validate(content)
        except ValidationError as error:
            problems = [_explain(path, text, problem) for problem in error.errors()]
            raise JobError("\n".join(problems)) from error
        for number, source in enumerate(job.sources):
            try:
                parse_source(source)
            except SourceError as error:
                line = _line(text, ("sources", number), source)
                raise JobError(f"{path}, line {line}: {error}") from error
        return job


_MODELS: dict[str, type[BaseModel]] = {"": Job, "classify": Classification}


def _explain(path: str | Path, text: str, problem: Any) -> str:
    place = tuple(problem["loc"])
    line = _line(text, place, problem["input"])
    names = ".".join(str(part) for part in place)
    if problem["type"] == "extra_forbidden":
        model = _MODELS[str(place[0]) if len(place) > 1 else ""]
        hint = nearest(str(place[-1]), model.model_fields)
        return f"{path}, line {line}: unknown key {names!r}; {hint}"
    if problem["type"] == "missing":
        return f"{path}: the key {names!r} is missing"
    return f"{path}, line {line}: {names}: {problem['msg']}"


def _line(text: str, place: tuple[Any, ...], value: Any) -> int:
    """The line (from 1) of a key, or of a list's item: TOML is parsed without positions."""
    lines = text.splitlines()
    keys = [part for part in place if isinstance(part, str)]
    start = 0
    for at, key in enumerate(keys):
        header = rf"^\s*\[+\s*{re.escape('.'.join(keys[: at + 1]))}\s*\]+"
        entry = rf"^\s*[\"']?{re.escape(key)}[\"']?\s*="
        for number in range(start, len(lines)):
            if re.match(header, lines[number]) or re.match(entry, lines[number]):
                start = number
                break
    if len(keys) < len(place) and isinstance(value, str):
        for number in range(start, len(lines)):
            if value in lines[number]:
                return number + 1
    return start + 1
