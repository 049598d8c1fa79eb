"""The weights of a recorded architecture, one at a time, with the numbers of ``create_model``.

torch's CPU generator (MT19937) gives 32 bits a draw, in one order; a weight's numbers depend only
on where in that order its own draws begin. The draws of other tensors are passed over.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import torch

from zoo_spectra.errors import NetworkError
from zoo_spectra.sources import Constituent, Matrix
from zoo_spectra_timm.recording import Recording, View, Weight, Write

_PASSED_AT_ONCE = 1 << 14  # bytes: they stay in the first cache
STEP = 1 << 19  # draws, a millisecond
_BLOCK = 16  # normal_ of at least so many neighbouring numbers makes them in blocks


class Replay:
    """Walks over the weights that ``torch.manual_seed(seed)`` gives.

    Each walk has a generator of its own. Its states where weights begin (5 KB each) are kept, so
    that a weight out of order, or a second walk, draws nothing twice.
    """

    def __init__(self, recording: Recording, seed: int) -> None:
        self.reading = recording.reading
        self._weights = {weight.name: weight for weight in recording.weights}
        begins = {w.draw for weight in recording.weights for w in weight.writes}
        self._plan = _Plan(
            recording.draws,
            tuple(_positions(recording.draws)),
            tuple(sorted(place for place in begins if place is not None)),
            milestones(seed),
            {0: milestones(seed)[0]},
        )

    def constituents(self) -> Iterator[Constituent]:
        """The constituents in state-dict order. Raises NetworkError when one finds no memory."""
        stream = _Stream(self._plan)

        def fetch(name: str) -> Matrix:
            weight = self._weights[name]
            try:
                values: Matrix = _make(weight, stream).numpy()
            except RuntimeError as error:
                raise NetworkError(
                    f"{name}: torch cannot make its {weight.elements:,} numbers: {error}"
                ) from error
            return values

        return self.reading.constituents(fetch)


@lru_cache(maxsize=4)
def milestones(seed: int) -> dict[int, torch.Tensor]:
    """States of a seed's generator by the draws before them, each multiple of ``STEP`` met so far.

    All architectures draw from one stream, so whoever comes second need not pass over it again.
    """
    return {0: torch.Generator(device="cpu").manual_seed(seed).get_state()}


@dataclass(frozen=True)
class _Plan:
    """What the walks of a replay share.

    ``positions``: how many times 32 bits are drawn before each of ``draws``, and by all; None
    where that is unknown. ``begins``: the places among them where weights begin. ``states``: of
    the generator, by place.
    """

    draws: tuple[Write, ...]
    positions: tuple[int | None, ...]
    begins: tuple[int, ...]
    milestones: dict[int, torch.Tensor]
    states: dict[int, torch.Tensor]


class _Stream:
    """A generator that goes to any draw of a recording."""

    def __init__(self, plan: _Plan) -> None:
        self.generator = torch.Generator(device="cpu")
        self._plan = plan
        self._place = 0
        self._seek(0)

    def draw(self, write: Write, target: torch.Tensor) -> None:
        """Fill ``target`` with the numbers of a recorded draw."""
        assert write.draw is not None
        self._go(write.draw)
        _run(write, target, self.generator)
        self._place += 1

    def _go(self, place: int) -> None:
        """Stand before the draw at ``place``, where a weight begins; note each that is passed."""
        states, begins = self._plan.states, self._plan.begins
        self._note()
        near = place if place in states else max(p for p in tuple(states) if p < place)
        if not near <= self._place <= place:
            self._seek(near)
        while self._place < place:
            self._advance(begins[bisect_right(begins, self._place)])
            self._note()

    def _note(self) -> None:
        if self._place not in self._plan.states:
            self._plan.states[self._place] = self.generator.get_state()

    def _advance(self, place: int) -> None:
        start, end = self._plan.positions[self._place], self._plan.positions[place]
        if start is None or end is None:
            for write in self._plan.draws[self._place : place]:
                _pass(write, self.generator)
        else:
            self._pass_to(start, end)
        self._place = place

    def _pass_to(self, start: int, end: int) -> None:
        """Pass over the draws between two positions, from the last milestone between them."""
        known = self._plan.milestones
        for position in range(end - end % STEP, start, -STEP):
            if position in known:
                self.generator.set_state(known[position])
                start = position
                break
        while start < end:
            stop = min(end, start - start % STEP + STEP)
            _skip(stop - start, self.generator)
            start = stop
            if start % STEP == 0:
                known.setdefault(start, self.generator.get_state())

    def _seek(self, place: int) -> None:
        self.generator.set_state(self._plan.states[place])
        self._place = place


def _positions(draws: Iterable[Write]) -> Iterator[int | None]:
    position: int | None = 0
    for write in draws:
        yield position
        count = draws_of(write)
        position = None if position is None or count is None else position + count
    yield position


@cache
def counting_holds() -> bool:
    """Whether this torch draws as ``draws_of`` counts: looked at once, with small tensors."""
    for operation in (torch.ops.aten.uniform_.default, torch.ops.aten.normal_.default):
        for count in (1, _BLOCK, _BLOCK + 1, 3 * _BLOCK, 1000):
            write = Write(operation, (), View((count,), (1,), 0), torch.float32)
            run, passed = (torch.Generator(device="cpu").manual_seed(count) for _ in range(2))
            _run(write, _scratch(write), run)
            _pass(write, passed)
            if not torch.equal(run.get_state(), passed.get_state()):
                return False
    return True


def draws_of(write: Write) -> int | None:
    """How many times 32 bits an operation draws; None: that is only known by running it."""
    count = write.view.numel
    operation: Any = write.operation
    if write.dtype != torch.float32:
        return None
    if operation._schema.name == "aten::uniform_":
        return count
    if count < _BLOCK or not write.view.contiguous:
        return None
    return count + (_BLOCK if count % _BLOCK else 0)  # the last block is drawn again


def _make(weight: Weight, stream: _Stream) -> torch.Tensor:
    storage = torch.empty(weight.elements, dtype=torch.float32, device="cpu")
    with torch.no_grad():
        for write in weight.writes:
            target = _part(storage, write.view)
            if write.draw is None:
                _run(write, target)
            else:
                stream.draw(write, target)
    return _part(storage, weight.view)


def _pass(write: Write, generator: torch.Generator) -> None:
    """Leave the generator as if ``write`` had been done."""
    count = draws_of(write)
    if count is None:
        _run(write, _scratch(write), generator)
    else:
        _skip(count, generator)


def _skip(count: int, generator: torch.Generator) -> None:
    """Draw ``count`` times 32 bits."""
    while count > 0:
        some = min(count, _PASSED_AT_ONCE)
        _bytes()[:some].random_(generator=generator)  # one draw each
        count -= some


@cache
def _bytes() -> torch.Tensor:
    return torch.empty(_PASSED_AT_ONCE, dtype=torch.uint8, device="cpu")


def _scratch(write: Write) -> torch.Tensor:
    view = write.view
    last = sum((n - 1) * step for n, step in zip(view.size, view.stride, strict=True))
    storage = torch.empty(last + 1, dtype=write.dtype, device="cpu")
    return _part(storage, View(view.size, view.stride, 0))


def _part(storage: torch.Tensor, view: View) -> torch.Tensor:
    return storage.as_strided(view.size, view.stride, view.offset)


def _run(write: Write, target: torch.Tensor, generator: torch.Generator | None = None) -> None:
    operation: Any = write.operation
    if generator is None:
        operation(target, *write.arguments)
    else:
        operation(target, *write.arguments, generator=generator)
