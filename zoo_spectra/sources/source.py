"""Source strings: ``ADAPTER:PATTERN?option=value&…``.

A pattern is a glob. A character of a name that would be read as something else is written as in a
web address: ``%2A`` for *, ``%3F`` for ?, ``%5B`` for [, ``%25`` for %; so are characters that are
not seen, and bytes that are no UTF-8. In a ``Source`` the pattern is a glob as ``fnmatch`` reads
it, in which ``[*]``, ``[?]`` and ``[[]`` are the characters themselves; ``literal`` makes one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from zoo_spectra.errors import SourceError, nearest

_BRACKETED = re.compile(r"\[([*?[])\]")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# Controls, ends of lines, marks that turn the direction of text, surrogates. A fixed list: what
# Unicode calls printable grows from year to year, and a network's id must not.
_HIDDEN = "\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_WRITTEN_OUT = re.compile(rf"\[([*?[])\]|[%?{_HIDDEN}]")


@dataclass(frozen=True)
class Source:
    """A parsed source string. ``str(source)`` is its canonical form, and parses to it again.

    Options are sorted in it. A bare ``?`` of ``pattern`` stands for itself, since it cannot be
    written as a wildcard.
    """

    adapter: str
    pattern: str
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if _WRITTEN_OUT.search(self.pattern):
            object.__setattr__(self, "pattern", _read(_write(self.pattern)))
        options = {_same(key): _same(value) for key, value in self.options.items()}
        object.__setattr__(self, "options", options)

    def __str__(self) -> str:
        text = f"{self.adapter}:{_write(self.pattern)}"
        if not self.options:
            return text
        items = sorted(self.options.items())
        return f"{text}?" + "&".join(f"{quote_text(k)}={quote_text(v)}" for k, v in items)

    def without(self, options: Collection[str]) -> Source:
        """The same source without some of its options."""
        kept = {key: value for key, value in self.options.items() if key not in options}
        return Source(self.adapter, self.pattern, kept)


def parse_source(text: str) -> Source:
    """Parse ``ADAPTER:PATTERN?option=value&…``. Raises SourceError when it has another form."""
    adapter, colon, rest = text.partition(":")
    pattern, _, query = rest.partition("?")
    if not colon or not adapter or not pattern:
        raise SourceError(f"{text!r} is not a source; write ADAPTER:PATTERN, like timm:resnet18")
    options: dict[str, str] = {}
    for item in filter(None, query.split("&")):
        name, equals, value = item.partition("=")
        key = unquote_text(name)
        if not equals or not key or key in options:
            raise SourceError(
                f"{text!r}: option {item!r} is not a single key=value (a ? that is part of a name "
                "is written %3F)"
            )
        options[key] = unquote_text(value)
    return Source(adapter, _read(pattern), options)


def literal(name: str) -> str:
    """The pattern that matches ``name`` and nothing else."""
    return re.sub(r"[*?[]", r"[\g<0>]", name)


def plain(pattern: str) -> str | None:
    """The one name that a pattern without wildcards stands for; None when it has some."""
    if re.search(r"[*?[]", _BRACKETED.sub("", pattern)):
        return None
    return _BRACKETED.sub(r"\1", pattern)


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


def quote_text(text: str, safe: str = "/:.,*-_") -> str:
    """``text`` in percent escapes; bytes that a file's name has and UTF-8 has not, as they are."""
    try:
        return quote(text, safe=safe, errors="surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return quote(text, safe=safe, errors="surrogatepass")


def unquote_text(text: str) -> str:
    """The text of percent escapes, as ``os.fsdecode`` gives it."""
    return unquote(text, errors="surrogateescape")


def _same(text: str) -> str:
    """What is read of ``text`` when it is written: itself, but for surrogates that mean nothing."""
    return text if text.isascii() else unquote_text(quote_text(text))


def _write(pattern: str) -> str:
    return _WRITTEN_OUT.sub(lambda found: quote_text(found[1] or found[0], safe=""), pattern)


def _read(text: str) -> str:
    return _ESCAPES.sub(lambda found: literal(unquote_text(found[0])), text)
