"""From a table of contents to the constituents: the one rule of every door.

A constituent is the map that the network applies, however its author stored it. The steps: moving
averages are left out; what is stored in parts (norms, masks, adapters, scales) is put together;
what is no weight is left out, with its reason; outputs come first; experts, and query, key and
value, are taken apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod

from zoo_spectra.sources.effective.averages import moving_averages
from zoo_spectra.sources.effective.bitsandbytes import four_bits
from zoo_spectra.sources.effective.compressed import packed_weights
from zoo_spectra.sources.effective.experts import concatenated_experts, stacked
from zoo_spectra.sources.effective.fused import fused, interleaved
from zoo_spectra.sources.effective.ggml import taken_apart
from zoo_spectra.sources.effective.gptq import packed_linears
from zoo_spectra.sources.effective.judging import judge
from zoo_spectra.sources.effective.layout import outputs_first
from zoo_spectra.sources.effective.lora import low_rank
from zoo_spectra.sources.effective.mxfp4 import microscaled
from zoo_spectra.sources.effective.noisy import noisy_layers
from zoo_spectra.sources.effective.orthogonal import parametrised
from zoo_spectra.sources.effective.products import products
from zoo_spectra.sources.effective.pruning import masks
from zoo_spectra.sources.effective.quantised import scaled_weights
from zoo_spectra.sources.effective.spectral_norm import spectral_norm
from zoo_spectra.sources.effective.table import Entry, Fetch, FetchOne, Table, Tensor, table_of
from zoo_spectra.sources.effective.weight_norm import weight_norm
from zoo_spectra.sources.matrices import Matrix
from zoo_spectra.sources.network import Constituent, Kind, Network, Scalar, flatten_weight

_STEPS = (
    moving_averages,
    four_bits,
    packed_linears,
    packed_weights,
    microscaled,
    scaled_weights,
    taken_apart,
    masks,
    weight_norm,
    spectral_norm,
    parametrised,
    noisy_layers,
    low_rank,
    products,
    judge,
)
TIED = "another name of a tensor"


@dataclass(frozen=True)
class Part:
    """One constituent to be: its name and (p, q), and the tensor that it is, or is cut from.

    ``place``: which of the tensor's first axis, where it is that.
    """

    name: str
    shape: tuple[int, int]
    whole: Tensor
    cut: Callable[[Matrix], Matrix]
    place: int | None = None


@dataclass(frozen=True)
class Reading:
    """What a table of contents comes to.

    ``parts`` in the network's order; ``left_out``: how many tensors by reason; ``notes``: what was
    guessed, a line each; ``entries``: of all stored tensors, ``used``: of those in the parts.
    """

    parts: tuple[Part, ...]
    left_out: Mapping[str, int]
    notes: tuple[str, ...]
    entries: int
    used: int

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """The (p, q) of the constituents."""
        return tuple(part.shape for part in self.parts)

    @property
    def stored(self) -> tuple[str, ...]:
        """The names of the stored tensors that the constituents are made of, in order."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.whole.stored))

    @property
    def coverage(self) -> float | None:
        """The share of all stored entries that are in constituents, in [0, 1]."""
        return self.used / self.entries if self.entries else None

    def constituents(
        self, fetch: Fetch, fetch_one: FetchOne | None = None
    ) -> Iterator[Constituent]:
        """The matrices, one stored tensor at a time. Raises what ``fetch`` raises.

        ``fetch_one`` gives one place of a stored tensor's first axis, where it is cheap to have.
        """
        whole: Tensor | None = None
        values: Matrix | None = None
        for part in self.parts:
            if part.place is not None and fetch_one is not None and part.whole.make_one is not None:
                values = None
                one = part.whole.make_one(fetch_one, part.place)
                yield Constituent(part.name, flatten_weight(one))
                continue
            if values is None or part.whole is not whole:
                values = None  # or it would lie beside the next one
                whole, values = part.whole, part.whole.make(fetch)
            yield Constituent(part.name, flatten_weight(part.cut(values)))

    def network(
        self,
        walk: Callable[[], Iterator[Constituent]],
        name: str,
        kind: Kind = "artificial",
        family: str = "",
        source: str = "",
        metadata: Mapping[str, Scalar] | None = None,
    ) -> Network:
        """The network of a walk over these constituents."""
        return Network(
            name,
            kind,
            walk,
            family,
            source,
            metadata or {},
            left_out=self.left_out,
            coverage=self.coverage,
            notes=self.notes,
        )


def read(
    entries: Iterable[Entry],
    where: str,
    settings: Mapping[str, object] | None = None,
    tied: int = 0,
    peek: Fetch | None = None,
) -> Reading:
    """The constituents among stored tensors. ``where`` names the network in errors.

    ``settings``: what the file, or one beside, says of how they are applied. ``tied``: how many
    further names its tensors have. ``peek`` gives the values of a small tensor that says how others
    are stored. Raises NetworkError for what is large and not understood, and what ``peek`` raises.
    """
    table = table_of(entries, where, settings, peek)
    places = {name: place for place, name in enumerate(table.tensors)}
    for step in _STEPS:
        step(table)

    def place(tensor: Tensor) -> int:
        return min(places[name] for name in tensor.stored)

    parts: list[Part] = []
    heads = interleaved(table)
    for tensor in sorted(table.tensors.values(), key=place):
        parts.extend(_parts(table, tensor, heads))
    used = {name for part in parts for name in part.whole.stored}
    left_out = {reason: len(names) for reason, names in sorted(table.left_out.items())}
    if tied:
        left_out[TIED] = tied
    return Reading(
        tuple(parts),
        left_out,
        tuple(_told(text, names) for text, names in sorted(table.notes.items())),
        table.entries,
        sum(prod(table.stored[name]) for name in used),
    )


def _parts(table: Table, tensor: Tensor, heads: frozenset[str]) -> Iterator[Part]:
    """The constituents of one weight: itself, its experts, or its query, key and value."""
    batch = tensor if stacked(table, tensor) else concatenated_experts(table, tensor)
    if batch is not None:
        rows, columns = batch.shape[1:]
        for number in range(batch.shape[0]):
            name = f"{tensor.name}[{number}]"
            yield Part(name, (rows, columns), batch, partial(_one, number), number)
        return
    tensor = outputs_first(table, tensor.name)
    count = fused(table, tensor, heads)
    rows, columns = tensor.shape[0] // count, prod(tensor.shape[1:])
    if count == 1:
        yield Part(tensor.name, (rows, columns), tensor, _whole)
        return
    for number, which in enumerate("qkv"):
        name = f"{tensor.name}[{which}]"
        yield Part(name, (rows, columns), tensor, partial(_rows, number * rows, rows))


def _whole(values: Matrix) -> Matrix:
    return values


def _one(number: int, values: Matrix) -> Matrix:
    found: Matrix = values[number]
    return found


def _rows(start: int, count: int, values: Matrix) -> Matrix:
    return values[start : start + count]


def _told(text: str, names: list[str]) -> str:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{text} ({names[0]}{more})"
