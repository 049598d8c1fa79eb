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
SYNAPSES = ("chemical", "gap", "both", "each")
FORMS = ("edges", "adjacency")

OPTIONS: Mapping[str, str] = {
    "partition": "node attribute, or column of nodes=, that gives each node's region (A,B joins)",
    "nodes": "CSV or TSV table of the nodes: ids in its first column, in row order, or ranges i, j",
    "projections": "true (default): blocks between regions too; false: only those inside",
    "directed": "false: symmetrise a file that lists each undirected edge once",
    "weight": "edge attribute or column of the weights (default: weight)",
    "synapse": "cect JSON: chemical (default), gap, both summed, or each a network of its own",
    "format": "text tables: edges or adjacency (default: told from the columns)",
    "array": "a file of several matrices or graphs: which one",
    "about": "CSV or TSV table whose first column names the network; its columns become metadata",
    "family": "column of about=, or without about= the family's name (default: the folder's)",
}
# They say what a network is, and change none of its matrices.
DESCRIBING = frozenset({"about", "family"})
DEFAULTS: Mapping[str, str] = {"projections": "true", "directed": "true", "synapse": "chemical"}


@dataclass(frozen=True)
class Settings:
    """Options as values; ``nodes`` and ``about`` are absolute."""

    partition: tuple[str, ...] = ()
    nodes: Path | None = None
    projections: bool = True
    symmetrise: bool = False
    weight: str | None = None
    synapse: str = "chemical"
    form: str | None = None
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
        symmetrise=not parse_bool(ADAPTER, "directed", options.get("directed", "true")),
        weight=options.get("weight"),
        synapse=_choice(options, "synapse", SYNAPSES, "chemical"),
        form=_choice(options, "format", FORMS, "edges") if "format" in options else None,
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
