"""Which architectures, and which trained weights of them, a pattern names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import filter as matching
from typing import Any

from zoo_spectra.errors import SourceError, nearest
from zoo_spectra_timm.building import timm_library


@dataclass(frozen=True)
class Choice:
    """An architecture, and the tag of its trained weights (empty: none, or the only ones)."""

    architecture: str
    tag: str = ""

    @property
    def name(self) -> str:
        """``architecture.tag``, as timm spells it."""
        return f"{self.architecture}.{self.tag}" if self.tag else self.architecture


def architectures(pattern: str) -> list[Choice]:
    """The architectures that match a glob, in timm's order.

    Raises SourceError when there is none, or when the pattern has a tag of trained weights.
    """
    if "." in pattern:
        raise SourceError(
            f"timm:{pattern}: {pattern.partition('.')[2]!r} names trained weights; add "
            "pretrained=true, or leave it out"
        )
    return [Choice(name) for name in _matching(pattern)]


def pretrained(pattern: str) -> list[Choice]:
    """The trained weights that match a glob.

    Without a tag in the pattern: of each matching architecture that has any, timm's default.
    With one (``vit_base_*.augreg_*``): every match. Raises SourceError when there is none.
    """
    timm = timm_library()
    if "." in pattern:
        names = matching(timm.list_pretrained(), pattern)
        if not names:
            raise _unknown(pattern, timm.list_pretrained())
        return [Choice(*_split(name)) for name in names]
    found = [name for name in _matching(pattern) if timm.is_model_pretrained(name)]
    if not found:
        raise SourceError(f"timm:{pattern} has no pretrained weights; use seed=0 for random ones")
    return [Choice(name, weights_config(name).tag or "") for name in found]


def weights_config(name: str) -> Any:
    """timm's record of where trained weights lie (its ``PretrainedCfg``)."""
    from timm.models import get_pretrained_cfg

    return get_pretrained_cfg(name)


def family(architecture: str) -> str:
    """The module of timm that defines an architecture: ``resnet``, ``vision_transformer``."""
    entry = timm_library().model_entrypoint(architecture)
    return str(entry.__module__).rpartition(".")[2]


def _matching(pattern: str) -> list[str]:
    if _is_listed(pattern):
        return [pattern]
    known: list[str] = timm_library().list_models()
    names = matching(known, pattern)
    if not names:
        raise _unknown(pattern, known)
    return names


def _is_listed(name: str) -> bool:
    """Whether it is one architecture's name: to ask costs much less than the list, 3 ms."""
    if "." in name or not timm_library().is_model(name):
        return False
    from timm.models import get_deprecated_models

    return name not in get_deprecated_models()


def _unknown(pattern: str, known: Iterable[str]) -> SourceError:
    from timm.models import get_deprecated_models

    renamed = get_deprecated_models().get(pattern)
    hint = f"it is now called {renamed!r}" if renamed else nearest(pattern, known)
    version = timm_library().__version__
    return SourceError(f"timm:{pattern} matches no architecture of timm {version}; {hint}")


def _split(name: str) -> tuple[str, str]:
    architecture, _, tag = name.partition(".")
    return architecture, tag
