"""Moving averages: of a network and its average in one file, the one that is trained counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from zoo_spectra.sources.effective.table import Table

# A part of a name that is an average, and what the trained network is called instead (empty: the
# part is left out). The first that has the same tensors counts.
_TWINS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(.*)teacher(.*)", (r"\1student\2",)),
    (r"(.*(?:encoder|backbone|net|network|model|branch|enc))_?k", (r"\1_q", r"\1q")),
    (r"momentum_(.*)", (r"base_\1", r"online_\1", r"query_\1", r"\1")),
    (r"(.*)_momentum", (r"\1",)),
    (r"(.*)key_(encoder.*)", (r"\1query_\2",)),
    (r"target_(.*)", (r"online_\1", r"\1")),
    (r"(.*)_target", (r"\1_online", r"\1_local", r"\1")),
    (r"target", ("online", "local")),
    (r"(.*)_m", (r"\1",)),
    (r"(.*)_ema", (r"\1",)),
    (r"ema_(.*)", (r"online_\1", r"\1")),
    (
        r"_?ema|ema_model|averaged_model|swa_model|shadow",
        ("online_model", "online", "model", "module", ""),
    ),
)
DEEP = 8  # parts of one name that may be averages
_CERTAIN = re.compile(r"ema|teacher|momentum|encoder|averaged|swa")


def moving_averages(table: Table) -> None:
    """Leave out what is the average of tensors that are there too, with the same names and shapes.

    All matrices below such a part of a name must have their twin, and two of them where the part
    alone could mean something else.
    """
    groups: dict[str, list[str]] = {}
    for name in table:
        for prefix in islice(_prefixes(name), DEEP):
            groups.setdefault(prefix, []).append(name)
    for prefix, names in groups.items():
        names = [name for name in names if name in table]
        matrices = [name for name in names if len(table.shape(name) or ()) > 1]
        if len(matrices) < (1 if _CERTAIN.search(prefix) else 2):
            continue
        for twin in _twins(prefix):
            if all(table.shape(twin + n[len(prefix) :]) == table.shape(n) for n in matrices):
                for name in names:
                    table.leave_out(name, "moving average")
                average, trained = prefix.rstrip("./"), twin.rstrip("./") or "the rest"
                table.notes[f"{average} is taken for a moving average of {trained}"] = names
                break
    _flat_average(table)


def _prefixes(name: str) -> Iterator[str]:
    """The parts of a name that may be an average, each with what stands before it."""
    for match in re.finditer(r"[^./]+(?=([./]))", name):
        if not match[0].isdecimal() and _may_be_average(match[0]):
            yield name[: match.end() + 1]


@lru_cache(maxsize=4096)  # the parts of names are few
def _may_be_average(part: str) -> bool:
    return any(re.fullmatch(pattern, part) for pattern, _ in _TWINS)


def _twins(prefix: str) -> Iterator[str]:
    head, part, separator = re.fullmatch(r"((?:.*[./])?)([^./]+)([./])", prefix).groups()  # type: ignore[union-attr]
    for pattern, instead in _TWINS:
        match = re.fullmatch(pattern, part)
        for each in instead if match else ():
            twin = match.expand(each)  # type: ignore[union-attr]
            yield f"{head}{twin}{separator}" if twin else head


def _flat_average(table: Table) -> None:
    """``model_ema.`` whose names have lost their dots, of latent diffusion and of mmcv's hook."""
    flat: dict[str, str] = {}
    for name in table:
        if not name.startswith(("model_ema.", "ema_")):
            flat.setdefault(_without_dots(name), name)
            flat.setdefault(_without_dots(name.removeprefix("model.")), name)
    for name in table:
        bare = name.removeprefix("model_ema.") if name.startswith("model_ema.") else name[4:]
        if name.startswith(("model_ema.", "ema_")):
            twin = flat.get(_without_dots(bare))
            if twin is not None and table.shape(twin) == table.shape(name):
                table.leave_out(name, "moving average")


def _without_dots(name: str) -> str:
    return re.sub(r"[._]", "", name)
