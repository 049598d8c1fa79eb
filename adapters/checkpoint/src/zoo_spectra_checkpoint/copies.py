"""Parts of one table of tensors, told by how their names begin: a key, an average, two copies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Entry, Matrix, parameter_count
from zoo_spectra_checkpoint.tensors import TensorFile
from zoo_spectra_checkpoint.which import TOP, Part, Which, is_average, no_such, several

WRAPPERS = ("module.", "_orig_mod.")  # DataParallel, torch.compile
MOST_COPIES = 10  # that are looked at: a network that has more is built of such layers
DEEP = 2  # parts of a name among which a copy of a whole network is looked for
# An average by a name that no layer has; others must have a twin.
_NETWORK = r"(models?|state_?dict|module|params|weights|net(work)?|unet|net_?g|g|generator)"
_USUAL = re.compile(rf"_?ema|{_NETWORK}_?ema|ema_?{_NETWORK}", re.IGNORECASE)
# What is no second network where the first of a line is there too: how they are called.
_PAIRS = (
    (r"(.*)teacher(.*)", r"\1student\2"),
    (r"(.*(?:encoder|backbone|net|network|model|branch|enc))_?k", r"\1_q"),
    (r"target(_.*)?", r"online\1"),
    (r"momentum(_.*)", r"base\1"),
    (r"(.*)_target", r"\1_online"),
    (r"(.*)_ema", r"\1"),
    (r"ema_(.*)", r"\1"),
    (r"_?ema", "model"),
    (r"_?ema", "online"),
)
_COPY = re.compile(r"teacher|target|momentum|ema|k$")


def part(file: TensorFile, which: Which) -> TensorFile:
    """The part of a file that is meant, by names without what they begin with.

    Raises NetworkError, with what there is, when no name begins so, or no one part is an average.
    """
    if which.key and which.key != TOP:
        file = below(file, which.key)
    return average(file) if which.ema else file


def below(file: TensorFile, key: str) -> TensorFile:
    """The tensors whose names begin with a key; dots and slashes are alike in it."""
    names = [entry.name for entry in file.entries]
    start = f"{key.replace('/', '.').rstrip('.')}."
    for wrapped in (names, _unwrapped(names)):
        pairs = zip(names, wrapped, strict=True)
        inner = {n: w[len(start) :] for n, w in pairs if w.replace("/", ".").startswith(start)}
        if inner:
            return renamed(file, inner)
    raise no_such(file.path, f"nothing at key={key}", parts(file.entries))


def average(file: TensorFile) -> TensorFile:
    """The exponential moving average in a file, where there is exactly one by its usual names."""
    groups = _averages(file.entries)
    if len(groups) > 1:
        found = [_part(p, (e for e in file.entries if e.name in names)) for p, names in groups]
        raise several(file.path, found, "by ema=true,")
    if not groups:
        what = "no moving average by its usual names (model_ema, ema, …)"
        raise no_such(file.path, what, parts(file.entries))
    prefix, names = groups[0]
    return renamed(file, _with_dots(file, prefix, names))


def check_copies(file: TensorFile) -> None:
    """Raise NetworkError where a second network lies beside the first and is not its average.

    An average that has every matrix of the trained network is left out by the rule of all sources.
    """
    entries = file.entries
    beginnings = {prefix for entry in entries for prefix in _beginnings(entry.name)}
    pairs = [(each, twin) for each in beginnings for twin in _twins(each) if twin in beginnings]
    for prefix, twin in sorted(pairs)[:MOST_COPIES]:
        if not _alike(entries, prefix, twin):
            both = [_part(each, _below(entries, each)) for each in (prefix, twin)]
            raise several(file.path, both)


def _twins(prefix: str) -> Iterator[str]:
    """What the trained network would be called where a prefix is an average."""
    if not _COPY.search(prefix):
        return
    head, leaf = re.fullmatch(r"((?:.*[./])?)([^./]*)", prefix, re.DOTALL).groups()  # type: ignore[union-attr]
    for pattern, instead in _PAIRS:
        match = re.fullmatch(pattern, leaf)
        twin = match.expand(instead) if match else ""
        if twin and twin != leaf:
            yield head + twin


def _alike(entries: Iterable[Entry], prefix: str, twin: str) -> bool:
    """Whether every matrix below a prefix is below its twin too, in the same shape."""
    shapes = {entry.name: entry.shape for entry in _below(entries, twin)}
    rest = len(prefix)
    return all(
        shapes.get(twin + entry.name[rest:]) == entry.shape
        for entry in _below(entries, prefix)
        if len(entry.shape) > 1
    )


def _below(entries: Iterable[Entry], prefix: str) -> list[Entry]:
    return [entry for entry in entries if entry.name.startswith((f"{prefix}.", f"{prefix}/"))]


def parts(entries: Iterable[Entry]) -> list[Part]:
    """What the names begin with, and how many parameters there are of each."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(re.split(r"[./]", entry.name, maxsplit=1)[0], []).append(entry)
    return [_part(prefix, found) for prefix, found in groups.items()]


def renamed(file: TensorFile, names: Mapping[str, str]) -> TensorFile:
    """The tensors of ``names`` alone, each by its other name."""
    stored = {names[entry.name]: entry for entry in file.entries if entry.name in names}
    entries = tuple(replace(entry, name=name) for name, entry in stored.items())

    def fetch(entry: Entry) -> Matrix:
        return file.fetch(replace(entry, name=stored[entry.name].name))

    return replace(file, entries=entries, fetch=fetch, tied=0)


def _part(prefix: str, entries: Iterable[Entry]) -> Part:
    floats = (e for e in entries if e.dtype.startswith(("float", "bfloat", "complex")))
    return Part(prefix, parameter_count((e.name, e.shape) for e in floats))


def _unwrapped(names: list[str]) -> list[str]:
    for prefix in WRAPPERS * 2:  # either may be outermost
        if names and all(name.startswith(prefix) for name in names):
            names = [name.removeprefix(prefix) for name in names]
    return names


def _beginnings(name: str) -> Iterator[str]:
    """What a name begins with: one part of it, and two, wrappers not counted."""
    pieces = name.replace("/", ".").split(".", DEEP + 2)
    wrapped = sum(f"{piece}." in WRAPPERS for piece in pieces[:2])
    end = -1
    for piece in pieces[: min(len(pieces) - 1, DEEP + wrapped)]:
        end += 1 + len(piece)
        yield name[:end]


def _averages(entries: Iterable[Entry]) -> list[tuple[str, set[str]]]:
    """The parts that are averages: by a name that says no other, or with the trained one there."""
    shapes = {entry.name: entry.shape for entry in entries}
    beginnings = {prefix for name in shapes for prefix in _beginnings(name)}
    called = {each: re.split(r"[./]", each)[-1] for each in beginnings if is_average(each)}
    usual = {each for each, leaf in called.items() if _USUAL.fullmatch(leaf)}
    others = {each for each, leaf in called.items() if each not in usual and is_average(leaf)}
    tried = sorted(usual)[:MOST_COPIES] + sorted(others)[:MOST_COPIES]
    found: list[tuple[str, set[str]]] = []
    for prefix in sorted(tried, key=len):
        inside = any(prefix.startswith((f"{other}.", f"{other}/")) for other, _ in found)
        if inside:
            continue
        names = {name for name in shapes if name.startswith((f"{prefix}.", f"{prefix}/"))}
        if not any(len(shapes[name]) > 1 for name in names):
            continue
        if prefix in usual or _has_twin(prefix, names, shapes):
            found.append((prefix, names))
    return found


def _has_twin(prefix: str, names: set[str], shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether every matrix is there again, of the same shape, under another beginning."""
    ends: dict[str, list[tuple[int, ...]]] = {}
    rests = {name[len(prefix) + 1 :]: shapes[name] for name in names if len(shapes[name]) > 1}
    for name in shapes.keys() - names:
        pieces = re.split(r"[./]", name)
        for count in range(min(len(pieces), DEEP + 2)):
            end = name[len(".".join(pieces[:count])) + bool(count) :]
            ends.setdefault(end, []).append(shapes[name])
    return all(shape in ends.get(rest, ()) for rest, shape in rests.items())


def _with_dots(file: TensorFile, prefix: str, names: set[str]) -> dict[str, str]:
    """The names below a prefix; those that have lost their dots by those of the trained network.

    Latent diffusion and mmcv's hook keep ``model_ema.blocks0weight`` of ``model.blocks.0.weight``.
    """
    below_it = {name: name[len(prefix) + 1 :] for name in names}
    shapes = {entry.name: entry.shape for entry in file.entries}
    matrices = [name for name in names if len(shapes[name]) > 1]
    if any("." in below_it[name] or "/" in below_it[name] for name in matrices):
        return below_it
    dotted: dict[str, str] = {}
    for name in shapes.keys() - names:
        for start in ("", "model."):
            if name.startswith(start):
                dotted.setdefault(_without_dots(name[len(start) :]), name)
    found = {name: dotted.get(_without_dots(below_it[name]), "") for name in names}
    if any(shapes.get(found[name]) != shapes[name] for name in matrices):
        if all(not found[name] for name in matrices):
            return below_it  # a network of one level, whose names have no dots
        raise NetworkError(
            f"{file.path}: the names below {prefix} have lost their dots, and are not those of "
            "the trained network; save the average by itself"
        )
    return {name: other for name, other in found.items() if other}


def _without_dots(name: str) -> str:
    return re.sub(r"[._]", "", name)
