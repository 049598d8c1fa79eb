"""The weights of a recorded architecture, one at a time, with the numbers of ``create_model``.

torch's CPU generator (MT19937) gives 32 bits a draw, in one order; a weight's numbers depend only
on where in that order its own draws begin. The draws of other tensors are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import torch

from zoo_spectra.errors import NetworkError
from zoo_spectra.network import Constituent, flatten_weight
from zoo_spectra_timm.recording import Recording, View, Weight, Write

_PASSED_AT_ONCE = 1 << 14  # bytes: they stay in the first cache
_BLOCK = 16  # normal_ of at least so many neighbouring numbers makes them in blocks


class Replay:
    """Walks over the weights that ``torch.manual_seed(seed)`` gives.

    Each walk has a generator of its own. Its states where weights begin (5 KB each) are kept, so
    that a weight out of order, or a second walk, draws nothing twice.
    """

    def __init__(self, recording: Recording, seed: int) -> None:
        self._recording = recording
        self._begins = frozenset(
            write.draw
            for weight in recording.weights
            for write in weight.writes
            if write.draw is not None
        )
        self._states = {0: torch.Generator(device="cpu").manual_seed(seed).get_state()}

    def constituents(self) -> Iterator[Constituent]:
        """The weights in state-dict order. Raises NetworkError when one finds no memory."""
        stream = _Stream(self._recording.draws, self._begins, self._states)
        for weight in self._recording.weights:
            try:
                values = _make(weight, stream).numpy()
            except RuntimeError as error:
                raise NetworkError(
                    f"{weight.name}: torch cannot make its {weight.elements:,} numbers: {error}"
                ) from error
            yield Constituent(weight.name, flatten_weight(values))
            del values  # or it would lie beside the next one


class _Stream:
    """A generator that goes to any draw of a recording."""

    def __init__(
        self, draws: tuple[Write, ...], begins: frozenset[int], states: dict[int, Any]
    ) -> None:
        self.generator = torch.Generator(device="cpu")
        self._draws, self._begins, self._states = draws, begins, states
        self._seek(0)

    def draw(self, write: Write, target: torch.Tensor) -> None:
        """Fill ``target`` with the numbers of a recorded draw."""
        assert write.draw is not None
        self.go(write.draw)
        _run(write, target, self.generator)
        self._place += 1

    def go(self, place: int) -> None:
        """Stand before the draw at ``place``."""
        if place in self._states:
            near = place
        else:
            near = max(known for known in tuple(self._states) if known < place)
        if not near <= self._place <= place:
            self._states.setdefault(self._place, self.generator.get_state())
            self._seek(near)
        while self._place < place:
            self._mark()
            _pass(self._draws[self._place], self.generator)
            self._place += 1
        self._mark()

    def _mark(self) -> None:
        if self._place in self._begins and self._place not in self._states:
            self._states[self._place] = self.generator.get_state()

    def _seek(self, place: int) -> None:
        self.generator.set_state(self._states[place])
        self._place = place


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
        return
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
