"""Two networks: the same one in disguise? Each is walked twice, a few matrices at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from zoo_spectra.classes.comparing.along import Along, hidden
from zoo_spectra.classes.comparing.facts import Fact, facts_of
from zoo_spectra.classes.comparing.lanes import aligned
from zoo_spectra.classes.comparing.pairing import Pair, Pairing, Rows, paired
from zoo_spectra.classes.comparing.reader import Reader
from zoo_spectra.classes.comparing.relation import Relation
from zoo_spectra.classes.comparing.rules import DENSE_ENTRIES, SAMPLE_ENTRIES
from zoo_spectra.classes.comparing.spectra import spectrum_of
from zoo_spectra.classes.comparing.stored import by_stored_entries
from zoo_spectra.classes.comparing.verdict import Verdict, decide
from zoo_spectra.classes.comparing.walking import Desk, desk
from zoo_spectra.method import (
    ConstituentSpectrum,
    Floats,
    as_network,
    density_of,
    distance_alone,
)
from zoo_spectra.sources import Adapters, Constituent, Matrix, Network, is_sparse, load
from zoo_spectra.text import count, visible

Watch = Callable[[str, int, int], None]  # what is done, how much of it, of how much
SCHEMA = {
    "place": pl.Int64,
    "constituent": pl.String, "other": pl.String, "rows": pl.Int64, "columns": pl.Int64,
    "paired_by": pl.String, "relation": pl.String, "change": pl.Float64, "cosine": pl.Float64,
    "spectral": pl.Float64, "detail": pl.String, "facts": pl.String,
}  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What two networks are to each other.

    ``verdict``: identical, cast, rescaled, permuted (or rotated), quantised, pruned,
    low_rank_update, fine_tuned, part_shared, unrelated (one architecture), different.
    ``related``: whether one is the other, or part of it, changed. ``p_value``: the share of random
    orders of the hidden units under which the networks are as alike, in (0, 1]; None where no
    exchangeable units are known. ``evidence``: a line each. ``constituents``: a row a pair, most
    changed first, and a row for each that is left over: ``change`` is ‖A - B‖/‖A‖, ``spectral`` the
    distance of log spectra in e-folds, null where it was not asked; ``facts`` is a JSON object.
    ``densities``: of each network over the pairs whose spectra were compared, at its own σ, shape
    (130,) as ``Spectrum.density``; None where there are none, as of identical networks.
    """

    one: str
    other: str
    verdict: Verdict
    related: bool
    p_value: float | None
    evidence: tuple[str, ...]
    constituents: pl.DataFrame
    densities: tuple[Floats, Floats] | None

    def __repr__(self) -> str:
        """A few lines: the verdict, and its evidence."""
        said = "related" if self.related else "not related"
        first = f"{visible(self.one)} and {visible(self.other)}: {self.verdict} ({said})"
        return "\n".join([first, *(f"  {line}" for line in self.evidence)])


def compare(
    a: Any,
    b: Any,
    *,
    every: bool = False,
    watch: Watch = lambda *_: None,
    extra: Adapters | None = None,
) -> Comparison:
    """Whether two networks are the same one, changed, and how; by weights and by spectra.

    ``a`` and ``b``: source strings, or what ``analyze`` takes: Networks, arrays or tensors by name,
    modules. Spectra, ranks and orders are looked at in all pairs up to 100 million entries, in a
    sample of so many evenly along the network beyond, or with ``every`` in all. ``watch`` is told
    how far it is; ``extra`` are adapters that are not installed.

    Raises what ``load`` and ``analyze`` raise for what cannot be read.
    """
    networks = [load(each, extra) if isinstance(each, str) else as_network(each) for each in (a, b)]
    with desk() as reading:
        return _compared(networks, every, watch, reading)


def _compared(networks: Sequence[Network], every: bool, watch: Watch, reading: Desk) -> Comparison:
    facts = [_watched(network, watch, reading) for network in networks]
    lane = _Spectral(networks, reading)
    pairing = paired(facts[0], facts[1], lane.apart)
    digests = [_digest(each) for each in facts]
    artificial = all(network.kind == "artificial" for network in networks)
    units = hidden(pairing.pairs) if artificial else {}
    along = Along(pairing.pairs, units, (digests[0], digests[1]))
    looked_at = _sample(pairing.pairs, every)
    relations = list(_relations(pairing, lane, along, looked_at, watch))
    decided = decide(facts[0], facts[1], pairing, relations, along, artificial)
    lines = [*decided.evidence, *_beside(networks)]
    if len(looked_at) < len(pairing.pairs):
        sample = f"{len(looked_at):,} of {count(len(pairing.pairs), 'pair')}"
        lines.append(f"spectra, ranks and orders of {sample}, a sample; --all looks at all")
    return Comparison(
        networks[0].name,
        networks[1].name,
        decided.verdict,
        decided.related,
        decided.p_value,
        tuple(lines),
        _frame(pairing, decided.relations),
        lane.densities(),
    )


def _watched(network: Network, watch: Watch, reading: Desk) -> list[Fact]:
    watch(f"reading {network.name}", 0, 0)
    return facts_of(network, reading)


def _digest(facts: Sequence[Fact]) -> str:
    joined = "".join(sorted(fact.digest for fact in facts))
    return hashlib.blake2b(joined.encode(), digest_size=16).hexdigest()


class _Spectral:
    """Matrices and spectra of both networks by their facts; a spectrum is computed once."""

    def __init__(self, networks: Sequence[Network], reading: Desk) -> None:
        self.readers = [Reader(network, reading) for network in networks]
        self._spectra: dict[tuple[int, int], ConstituentSpectrum] = {}
        self._compared: list[tuple[ConstituentSpectrum, ConstituentSpectrum]] = []

    def compared(self, pair: Pair) -> float | None:
        """The distance of a pair's spectra in e-folds; None where either has none."""
        both = self.spectrum(0, pair.one), self.spectrum(1, pair.other)
        apart = distance_alone(*both)
        if apart is not None:
            self._compared.append(both)
        return apart

    def densities(self) -> tuple[Floats, Floats] | None:
        """Of both networks, over all pairs that were compared; None where none was."""
        if not self._compared:
            return None
        one, other = zip(*self._compared, strict=True)
        return density_of(one), density_of(other)

    def apart(self, one: Fact, other: Fact) -> float | None:
        """The distance of their spectra in e-folds; None where there is none, or it is dear."""
        if one.digest == other.digest:
            return 0.0
        if max(one.entries, other.entries) * 8 > SAMPLE_ENTRIES:
            return None
        return distance_alone(self.spectrum(0, one), self.spectrum(1, other))

    def spectrum(self, side: int, fact: Fact) -> ConstituentSpectrum:
        key = (side, fact.at)
        if key not in self._spectra:
            self._spectra[key] = spectrum_of(self.readers[side](fact.at))
        return self._spectra[key]


def _sample(pairs: Sequence[Pair], every: bool) -> frozenset[int]:
    """The places of pairs that are looked at whole: all, or some evenly along the network."""
    changed = [at for at, pair in enumerate(pairs) if pair.one.digest != pair.other.digest]
    total = sum(pairs[at].entries for at in changed)
    if every or total <= SAMPLE_ENTRIES:
        return frozenset(range(len(pairs)))
    step = -(-total // SAMPLE_ENTRIES)
    chosen, room = set(range(len(pairs))) - set(changed), SAMPLE_ENTRIES
    for at in [min(changed, key=lambda at: pairs[at].entries), *changed[::step], *changed]:
        if at not in chosen and (pairs[at].entries <= room or room == SAMPLE_ENTRIES):
            chosen.add(at)
            room -= pairs[at].entries
    return frozenset(chosen)


def _relations(
    pairing: Pairing, lane: _Spectral, along: Along, looked_at: frozenset[int], watch: Watch
) -> Iterator[Relation]:
    for at, pair in enumerate(pairing.pairs):
        watch("comparing", at, len(pairing.pairs))
        same = pair.one.digest == pair.other.digest
        if same and at not in along.tested:
            along.skip()
            yield _same(pair)
            continue
        one = _cut(lane.readers[0](pair.one.at), pair, pair.one_rows)
        other = _cut(lane.readers[1](pair.other.at), pair, pair.other_rows)
        sparse = is_sparse(one) or is_sparse(other)
        if same:
            relation = _same(pair)
        elif sparse:
            relation = by_stored_entries(one, other)
        else:
            relation = aligned(one, other, at in looked_at)
        if sparse or relation.change is None:
            along.skip()
        else:
            along.see(at, relation, one, other)
        if not same and at in looked_at and pair.by not in ("part", "extended"):
            relation = replace(relation, spectral=lane.compared(pair))
        yield replace(_said(relation, pair), order=None, factors=None)


def _same(pair: Pair) -> Relation:
    spectral = None if pair.one.plain or min(pair.shape) < 2 else 0.0
    return Relation("identical", "equal bits", 0.0, 1.0, spectral, plain=pair.one.plain)


def _said(relation: Relation, pair: Pair) -> Relation:
    """What is said of a pair, and of how much of it."""
    if pair.by != "extended":
        return relation
    sides = [
        f"{abs(a - b):,} {what} more in the {'first' if a > b else 'second'}"
        for a, b, what in zip(pair.one.shape, pair.other.shape, ("rows", "columns"), strict=True)
        if a != b
    ]
    return replace(relation, told=f"{relation.told}; {' and '.join(sides)}")


def _cut(constituent: Constituent, pair: Pair, rows: Rows | None) -> Any:
    """The part of a matrix that a pair compares."""
    matrix = constituent.matrix
    if is_sparse(matrix):
        return matrix.toarray() if matrix.shape[0] * matrix.shape[1] <= DENSE_ENTRIES else matrix
    start = rows[0] if rows else 0
    p, q = pair.shape
    cut: Matrix = matrix[start : start + p, :q]
    return cut


def _beside(networks: Sequence[Network]) -> list[str]:
    """What is not compared, since it is in no constituent."""
    left = [f"{reason} {number:,}" for reason, number in networks[0].left_out.items()]
    return [f"not compared, in no constituent: {', '.join(left)}"] if left else []


def _frame(pairing: Pairing, relations: Sequence[Relation]) -> pl.DataFrame:
    """A row a pair, most changed first, then those that are left over, in their order."""
    rows: list[tuple[object, ...]] = []
    worst = {"unknown": 3, "unlike": 2, "identical": 0}
    both = list(zip(pairing.pairs, relations, strict=True))
    both.sort(key=lambda each: (-worst.get(each[1].kind, 1), -(each[1].change or 0.0)))
    for pair, relation in both:
        names = pair.one.at, pair.one.name, pair.other.name
        numbers = relation.change, relation.cosine, relation.spectral
        facts = json.dumps(dict(relation.facts))
        rows.append((*names, *pair.shape, pair.by, relation.kind, *numbers, relation.told, facts))
    nothing = None, "left_over", None, None, None
    for fact in pairing.left_one:
        rows.append((fact.at, fact.name, None, *fact.shape, *nothing, "only in the first", "{}"))
    for fact in pairing.left_other:
        rows.append((None, None, fact.name, *fact.shape, *nothing, "only in the second", "{}"))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
