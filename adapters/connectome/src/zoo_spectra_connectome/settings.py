"""The options of a source string, checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zoo_spectra.errors import SourceError, nearest
from zoo_spectra.sources import check_options, parse_bool, place, resolve
from zoo_spectra_connectome.partition import split_columns

ADAPTER = "connectome"
CHEMICAL = "chemical"
SYNAPSES = (CHEMICAL, "gap", "both", "each")
FORMS = ("edges", "adjacency")
SYMMETRIES = ("none", "upper", "lower", "mean", "sum")
DELIMITERS: Mapping[str, str] = {
    **{mark: mark for mark in ",;|\t "},
    "tab": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
    "blank": " ",
}
DECIMALS = (".", ",")
NO_WEIGHT = "none"
ALL_KINDS = "all"

OPTIONS: Mapping[str, str] = {
    "partition": "node attribute, or column of nodes=, that gives each node's region (A,B joins); "
    "component or community: found from the edges, where no attribute is called so",
    "nodes": "CSV or TSV table of the nodes: ids in its first column, in row order, or ranges i, j",
    "projections": "true (default): blocks between regions too; false: only those inside",
    "directed": "false: symmetrise a file that lists each undirected edge once; true: as it is",
    "symmetry": "upper or lower (that triangle stands for both), mean, sum, none (as it is)",
    "source": "edge tables: column of the pre-synaptic ends (a number where there is no header)",
    "target": "edge tables: column of the post-synaptic ends",
    "weight": "edge attribute or column of the weights; none: each edge or row counts 1",
    "type": "edge attribute or column of the kinds of edges",
    "types": "kinds of edges: A takes one, A+B sums, all sums all, A,B makes a network of each",
    "delimiter": "text tables: comma, semicolon, tab, space, pipe (default: told from the rows)",
    "decimal": "text tables: the decimal mark, . or , (default: told from the numbers)",
    "header": "tables: whether the first row names columns, true or false (default: told)",
    "synapse": "cect JSON: chemical (default), gap, both summed, or each a network of its own",
    "format": "tables: edges or adjacency (default: told from the columns)",
    "sheet": "Excel: which one, of several",
    "array": "a file of several matrices or graphs: which one",
    "about": "CSV or TSV table whose first column names the network; its columns become metadata",
    "family": "column of about=, or without about= the family's name (default: the folder's)",
}
# They say what a network is, and change none of its matrices.
DESCRIBING = frozenset({"about", "family"})
DEFAULTS: Mapping[str, str] = {"projections": "true", "synapse": CHEMICAL}


@dataclass(frozen=True)
class Settings:
    """Options as values; ``nodes`` and ``about`` are absolute."""

    partition: tuple[str, ...] = ()
    nodes: Path | None = None
    projections: bool = True
    symmetry: str | None = None
    source: str | None = None
    target: str | None = None
    weight: str | None = None
    type: str | None = None
    types: tuple[str, ...] | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None
    synapse: str = CHEMICAL
    form: str | None = None
    sheet: str | None = None
    array: str | None = None
    about: Path | None = None
    family: str | None = None


def parse_settings(options: Mapping[str, str]) -> Settings:
    """Raises SourceError for an unknown option or a bad value."""
    check_options(ADAPTER, options, OPTIONS)
    partition = split_columns(options.get("partition", ""))
    if "partition" in options and not partition:
        raise SourceError("connectome: partition= is empty; name a node attribute, or leave it out")
    return Settings(
        partition=partition,
        nodes=resolve(options["nodes"]) if "nodes" in options else None,
        projections=parse_bool(ADAPTER, "projections", options.get("projections", "true")),
        symmetry=_symmetry(options),
        source=options.get("source"),
        target=options.get("target"),
        weight=options.get("weight"),
        type=options.get("type"),
        types=_kinds(options["types"]) if "types" in options else None,
        delimiter=_delimiter(options["delimiter"]) if "delimiter" in options else None,
        decimal=_choice(options, "decimal", DECIMALS, ".") if "decimal" in options else None,
        header=parse_bool(ADAPTER, "header", options["header"]) if "header" in options else None,
        synapse=_choice(options, "synapse", SYNAPSES, CHEMICAL),
        form=_choice(options, "format", FORMS, "edges") if "format" in options else None,
        sheet=options.get("sheet"),
        array=options.get("array"),
        about=resolve(options["about"]) if "about" in options else None,
        family=options.get("family"),
    )


def canonical(options: Mapping[str, str]) -> dict[str, str]:
    """The same options in one spelling, without defaults: what a network is known by."""
    named = dict(options)
    for table in ("nodes", "about"):
        if table in named:
            named[table] = place(named[table])
    if "partition" in named:
        named["partition"] = ",".join(split_columns(named["partition"]))
    for switch in ("projections", "directed"):
        if switch in named:
            named[switch] = named[switch].lower()
    return {key: value for key, value in named.items() if DEFAULTS.get(key) != value}


def absolute(options: Mapping[str, str]) -> dict[str, str]:
    """The same options, with tables as absolute paths: what ``load`` needs in another folder."""
    tables = {key: str(resolve(options[key])) for key in ("nodes", "about") if key in options}
    return {**options, **tables}


def kinds_of(types: str) -> tuple[str, ...]:
    """``A,B``: the kinds that are a network each; one, or a sum ``A+B``, is alone."""
    return tuple(kind.strip() for kind in types.split(",") if kind.strip())


def _kinds(types: str) -> tuple[str, ...]:
    """The kinds that are summed. Raises SourceError for none."""
    kinds = tuple(kind.strip() for kind in types.split("+") if kind.strip())
    if not kinds or not kinds_of(types):
        raise SourceError("connectome: types= is empty; name kinds of edges, or leave it out")
    if len(kinds) > 1 and "," in types:
        raise SourceError(f"connectome: types={types!r}: + sums kinds, a comma parts them")
    return kinds


def _symmetry(options: Mapping[str, str]) -> str | None:
    """None where nothing is said. Raises SourceError for ``directed`` and ``symmetry`` at once."""
    directed = parse_bool(ADAPTER, "directed", options.get("directed", "true"))
    if "symmetry" not in options:
        return "auto" if not directed else "none" if "directed" in options else None
    if "directed" in options:
        raise SourceError("connectome: directed= and symmetry= say the same; leave one out")
    return _choice(options, "symmetry", SYMMETRIES, "none")


def _delimiter(value: str) -> str:
    if value not in DELIMITERS:
        raise SourceError(f"connectome: delimiter={value!r}; {nearest(value, DELIMITERS)}")
    return DELIMITERS[value]


def _choice(options: Mapping[str, str], option: str, choices: tuple[str, ...], default: str) -> str:
    value = options.get(option, default)
    if value not in choices:
        raise SourceError(f"connectome: {option}={value!r}; {nearest(value, choices)}")
    return value


def check_tables(settings: Settings) -> None:
    """Raise SourceError for a table that is not there."""
    for option, path in (("nodes", settings.nodes), ("about", settings.about)):
        if path is not None and not os.path.isfile(path):
            raise SourceError(f"connectome: {option}={path} is no file; check the path")
