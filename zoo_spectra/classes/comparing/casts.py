"""What type a matrix has been through, by its very entries, and whether two are casts of one.

A matrix that is read from a file comes in a type that can hold it; what it was stored or rounded
to before shows in its mantissas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_spectra.classes.comparing.chunked import chunks
from zoo_spectra.method import Floats

LOOKED_AT = 1 << 16  # entries that tell a type


@dataclass(frozen=True)
class Format:
    """A binary floating-point type: ``bits`` of its mantissa that are stored.

    ``least``: the exponent of its smallest normal number; ``largest``: its largest number.
    """

    name: str
    bits: int
    least: int
    largest: float

    @property
    def rounding(self) -> float:
        """The largest relative error of rounding, 2^-(bits + 1)."""
        return float(2.0 ** -(self.bits + 1))


# Coarsest first. (OCP 8-bit floating point specification, 2023; IEEE 754-2019.)
FORMATS = (
    Format("float8_e5m2", 2, -14, 57344.0),
    Format("float8_e4m3fn", 3, -6, 448.0),
    Format("bfloat16", 7, -126, 3.3895313892515355e38),
    Format("float16", 10, -14, 65504.0),
    Format("float32", 23, -126, 3.4028234663852886e38),
    Format("float64", 52, -1022, 1.7976931348623157e308),
)


def quanta(values: Floats, form: Format) -> Floats:
    """The distance of a type's neighbouring numbers at each value, of the same shape, > 0."""
    _, exponent = np.frexp(values)
    exponent = np.where(values == 0, form.least, exponent)
    made: Floats = np.ldexp(1.0, np.maximum(exponent - 1, form.least) - form.bits)
    return made


def rounded(values: Floats, form: Format) -> Floats:
    """The nearest numbers of a type, ties to even, at most its largest. Any shape, finite."""
    step = quanta(values, form)
    made: Floats = np.clip(np.rint(values / step) * step, -form.largest, form.largest)
    return made


def format_of(values: Any) -> Format:
    """The coarsest type that holds every one of at most 65,536 entries, spread evenly."""
    flat = values.reshape(-1)
    some = np.asarray(flat[:: max(1, flat.size // LOOKED_AT)], dtype=np.float64)
    for form in FORMATS[:-1]:
        if np.array_equal(rounded(some, form), some):
            return form
    return FORMATS[-1]


def are_casts(one: Any, other: Any, first: Format, second: Format) -> bool:
    """Whether both, of types ``first`` and ``second``, may be roundings of the same numbers.

    True where each pair of entries is within half a unit of each type, and of one more type between
    them if the cast went through that; a cast may also cut off instead of rounding, and is within
    a whole one then. Of one type no two can be: what differs is a change.
    """
    if first == second:
        return False
    ends = sorted((first.bits, second.bits))
    through: list[Format | None] = [None, *(f for f in FORMATS if ends[0] < f.bits < ends[1])]
    cuts, slack = True, 1 + 1e-6
    for a, b in chunks(one, other):
        apart, limit = np.abs(a - b), quanta(a, first) + quanta(b, second)
        coarse, fine = (a, b) if first.bits < second.bits else (b, a)
        through = [
            form for form in through
            if np.all(apart <= (limit + (quanta(fine, form) if form else 0.0)) * (slack / 2))
        ]  # fmt: skip
        cuts = cuts and bool(np.all((np.abs(coarse) <= np.abs(fine) * slack)
                                    & (apart <= limit * slack)))  # fmt: skip
        if not (through or cuts):
            return False
    return True
