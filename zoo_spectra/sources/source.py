"""Source strings: ``ADAPTER:PATTERN?option=value&…``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from zoo_spectra.errors import SourceError, nearest


@dataclass(frozen=True)
class Source:
    """A parsed source string. ``str(source)`` is its canonical form (options sorted)."""

    adapter: str
    pattern: str
    options: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        tail = "&".join(f"{k}={quote(v, safe='/:.,*-_')}" for k, v in sorted(self.options.items()))
        return f"{self.adapter}:{self.pattern}" + (f"?{tail}" if tail else "")


def parse_source(text: str) -> Source:
    """Parse ``ADAPTER:PATTERN?option=value&…``. Raises SourceError when it has another form."""
    adapter, colon, rest = text.partition(":")
    pattern, _, query = rest.partition("?")
    if not colon or not adapter or not pattern:
        raise SourceError(f"{text!r} is not a source; write ADAPTER:PATTERN, like timm:resnet18")
    options: dict[str, str] = {}
    for item in filter(None, query.split("&")):
        key, equals, value = item.partition("=")
        if not equals or not key or key in options:
            raise SourceError(f"{text!r}: option {item!r} is not a single key=value")
        options[key] = unquote(value)
    return Source(adapter, pattern, options)


def check_options(adapter: str, options: Iterable[str], known: Iterable[str]) -> None:
    """Raise SourceError for the first option that ``adapter`` does not know."""
    valid = set(known)
    for option in options:
        if option not in valid:
            hint = nearest(option, valid)
            raise SourceError(f"adapter {adapter!r} has no option {option!r}; {hint}")


def parse_bool(adapter: str, option: str, value: str) -> bool:
    """``true`` or ``false`` (any case). Raises SourceError otherwise."""
    lowered = value.lower()
    if lowered not in {"true", "false"}:
        raise SourceError(f"{adapter}: option {option}={value!r} must be true or false")
    return lowered == "true"
