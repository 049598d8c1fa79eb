"""Draws of null models as networks like any other: an adapter that reads what is drawn from.

So a run plans, schedules, commits and resumes draws as it does everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from zoo_spectra.errors import NetworkError, SourceError
from zoo_spectra.method import SINGLY, TRADED, drawn, drawn_alone
from zoo_spectra.runner.originals import Originals, Pair
from zoo_spectra.sources import Constituent, Network, NetworkRef, Scalar

NAME = "nulls"
Walk = Callable[[], Iterator[Constituent]]


@dataclass
class DrawnAdapter:
    """``nulls:NETWORK_ID?model=M&draws=N``: draws 0 to N - 1 of a network, or ``draw=K`` alone.

    ``networks``: what is drawn from, by id. ``exact_limit``: that of its result.
    """

    networks: Mapping[str, NetworkRef]
    originals: Originals
    exact_limit: int
    name: str = NAME
    options: Mapping[str, str] = field(
        default_factory=lambda: {
            "model": "null model",
            "draws": "how many, from draw 0",
            "draw": "the number of a single one",
        }
    )

    def list(self, pattern: str, options: Mapping[str, str]) -> Iterator[NetworkRef]:
        """The draws of a network. Raises SourceError for one that is not drawn from."""
        if pattern not in self.networks:
            raise SourceError(f"no network {pattern!r} to draw from")
        single = "draw" in options
        numbers = [int(options["draw"])] if single else range(int(options["draws"]))
        for draw in numbers:
            yield self._ref(pattern, options["model"], draw)

    def _ref(self, network_id: str, model: str, draw: int) -> NetworkRef:
        of = self.networks[network_id]
        return NetworkRef(
            source=f"{NAME}:{network_id}?draw={draw}&model={model}",
            adapter=NAME,
            name=f"{of.name} {model} {draw}",
            kind=of.kind,
            family=of.family,
            options={"model": model, "draw": str(draw)},
            shapes=of.shapes,
            parameters=of.parameters,
            fingerprint=self.originals.digests[network_id],
            location=network_id,
            metadata={"of": of.name, "of_id": network_id, "model": model, "draw": draw},
        )

    def load(self, ref: NetworkRef) -> Network:
        """Draw a network. Raises NetworkError, and what reading the one drawn from raises."""
        model, draw = ref.options["model"], int(ref.options["draw"])
        of = self.networks[ref.location]
        read = self.originals.pairs(of)
        made = replace(
            read.network, name=ref.name, source=ref.source, family=ref.family, metadata=ref.metadata
        )
        if model in SINGLY:
            limit = self.exact_limit
            return replace(made, constituents=lambda: _singly(read.walk(), model, of, draw, limit))
        pairs = list(read.walk())
        mixed = self.originals.mixed(of, pairs) if model in TRADED else {}
        found = drawn([original for _, original in pairs], model, of.network_id, draw, mixed)
        facts: dict[str, Scalar] = {
            "rounds": found.rounds,
            "in_place": found.in_place,
            "strength_agreement": found.agreement,
        }
        known = {key: value for key, value in facts.items() if value is not None}
        names = [constituent.name for constituent, _ in pairs]
        return replace(
            made,
            constituents=lambda: map(Constituent, names, found.matrices),
            metadata={**ref.metadata, **known},
            notes=made.notes if found.note is None else (*made.notes, found.note),
        )


def _singly(
    pairs: Iterable[Pair], model: str, of: NetworkRef, draw: int, limit: int
) -> Iterator[Constituent]:
    for constituent, original in pairs:
        try:
            matrix = drawn_alone(original, model, of.network_id, draw, limit)
        except NetworkError as error:
            raise NetworkError(f"{constituent.name}: {error}") from error
        yield Constituent(constituent.name, matrix)
