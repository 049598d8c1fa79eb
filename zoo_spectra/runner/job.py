"""Job files: what to run, as validated TOML. A job file holds data only; nothing in it is run."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from zoo_spectra.defaults import DEFAULT_ACCURACY, DEFAULT_CATALOG, DEFAULT_LINKAGE, Linkage
from zoo_spectra.errors import JobError, SourceError, nearest
from zoo_spectra.method import EXACT_LIMIT, Device, Settings
from zoo_spectra.sources import parse_source

MAX_BYTES = 10 << 20  # 100,000 source strings; a job file is no data file
MOST_PROBLEMS = 20  # that are said: each is looked for in the text
MAX_DOTS = 1000  # of the keys in a line: the parser takes the square of their time
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*+"|\'[^\']*+\'')


def _several(value: object) -> object:
    """One text where a list of them is meant."""
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_several), Field(strict=False)]


class Classification(BaseModel):
    """How the finished catalog is classified."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    accuracy: Annotated[
        float, Field(ge=0, le=1e6, allow_inf_nan=False, description="ε, in e-folds")
    ] = DEFAULT_ACCURACY
    linkage: Annotated[Linkage, Field(description="when classes merge")] = DEFAULT_LINKAGE


class Job(BaseModel):
    """A job: the networks to analyse, and where the results go. Each key is described in its field.

    A relative ``catalog`` starts from the current folder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sources: Annotated[
        Texts, Field(min_length=1, description="source strings; a single one needs no brackets")
    ]
    catalog: Annotated[
        str,
        Field(
            min_length=1,
            max_length=4096,
            pattern=r"^[^\x00]+$",
            description="where results go: a folder, or `s3://…`, `gs://…`",
        ),
    ] = DEFAULT_CATALOG
    samples: Annotated[Texts, Field(description="sample data to fetch first")] = ()
    workers: Annotated[
        int | None, Field(ge=1, le=100_000, description="worker processes; left out: all cores")
    ] = None
    realisations: Annotated[
        int, Field(ge=0, le=10_000, description="draws of each conjugate ensemble")
    ] = 0
    exact_limit: Annotated[
        int,
        Field(ge=2, le=2**31 - 1, description="largest order diagonalised; above it: estimated"),
    ] = EXACT_LIMIT
    device: Annotated[
        Device,
        Field(description="`cuda`: on GPUs, a worker each; `torch-cpu`: the same code without one"),
    ] = "cpu"
    timeout: Annotated[
        float | None,
        Field(
            gt=0,
            le=1e9,
            allow_inf_nan=False,
            description="seconds after which a network's worker is taken for hung; left out: 900, "
            "or 20 times the estimate if that is more",
        ),
    ] = None
    classify: Annotated[
        Classification | None, Field(description="a table: classify the catalog at the end")
    ] = None

    @property
    def settings(self) -> Settings:
        return Settings(self.realisations, self.exact_limit)

    @classmethod
    def from_toml(cls, path: str | Path) -> Job:
        """Read a job file. Raises JobError, which names the line and the nearest valid key."""
        text = _read(Path(path))
        _check_keys(path, text)
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise JobError(f"{path}: not valid TOML: {error}") from error
        except (ValueError, RecursionError) as error:  # integers and nesting without end
            lengths = [len(line) for line in text.splitlines()]
            near = lengths.index(max(lengths)) + 1
            raise JobError(f"{path}, near line {near}: a value beyond all bounds") from error
        try:
            job = cls.model_validate(content)
        except ValidationError as error:
            found = error.errors()
            problems = [_explain(path, text, problem) for problem in found[:MOST_PROBLEMS]]
            if len(found) > MOST_PROBLEMS:
                problems.append(f"{path}: {len(found) - MOST_PROBLEMS:,} more like these")
            raise JobError("\n".join(problems)) from error
        for number, source in enumerate(job.sources):
            try:
                parse_source(source)
            except SourceError as error:
                line = _line(text, ("sources", number), source)
                raise JobError(f"{path}, line {line}: {error}") from error
        return job


_MODELS: dict[str, type[BaseModel]] = {"": Job, "classify": Classification}


def describe() -> str:
    """Every key of a job file as a Markdown table, from the models."""
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for table, model in _MODELS.items():
        properties = model.model_json_schema()["properties"]
        for name, field in model.model_fields.items():
            default = "needed" if field.is_required() else f"`{_toml(field.default)}`"
            if field.default is None:
                default = "left out"
            key = f"`{table}.{name}`" if table else f"`{name}`"
            lines.append(f"| {key} | {_type(properties[name])} | {default} | {field.description} |")
    return "\n".join(lines)


def _type(schema: dict[str, Any]) -> str:
    """What a key's value may be, in words, from its JSON schema."""
    kind = next((s for s in schema.get("anyOf", ()) if s.get("type") != "null"), schema)
    if "enum" in kind:
        return ", ".join(f'`"{choice}"`' for choice in kind["enum"])
    if "$ref" in kind:
        return "table"
    bounds = [f"≥ {kind['minimum']:g}"] if "minimum" in kind else []
    bounds += [f"> {kind['exclusiveMinimum']:g}"] if "exclusiveMinimum" in kind else []
    bounds += [f"≤ {kind['maximum']:,.0f}"] if "maximum" in kind else []
    return " ".join([_TYPES[kind["type"]], ", ".join(bounds)]).strip()


_TYPES = {"string": "text", "integer": "integer", "number": "number", "array": "list of texts"}


def _toml(value: object) -> str:
    return "[]" if value == () else f'"{value}"' if isinstance(value, str) else str(value)


def _read(path: Path) -> str:
    """A job file's text. Raises JobError for what is no regular file of a sensible size."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for its writer
            raise JobError(f"{path} is no regular file; a job is a TOML file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise JobError(f"{path} has more than {MAX_BYTES >> 20} MB; a job file holds settings")
        return content.decode("utf-8-sig")  # with the mark that some editors put first
    except (OSError, ValueError) as error:  # ValueError: undecodable, or a NUL in the path
        raise JobError(f"{path}: cannot be read: {error}") from error


def _check_keys(path: str | Path, text: str) -> None:
    """Raise JobError for keys that are nested without end."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > MAX_DOTS and _QUOTED.sub("", line).count(".") > MAX_DOTS:
            raise JobError(f"{path}, near line {number}: a value beyond all bounds")


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
        entry = rf"^\s*[\"']?{re.escape(key)}[\"']?\s*[.=]"
        for number in range(start, len(lines)):
            if re.match(header, lines[number]) or re.match(entry, lines[number]):
                start = number
                break
    if len(keys) < len(place) and isinstance(value, str):
        for number in range(start, len(lines)):
            if value in lines[number]:
                return number + 1
    return start + 1
