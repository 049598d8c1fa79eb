"""Write docs/commands.md anew below its first lines, from the functions that are the commands.

python docs/site/commands.py
"""

from __future__ import annotations

import enum
import inspect
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from zoo_spectra.terminal.app import COMMANDS

PAGE = Path(__file__).parents[1] / "commands.md"
MARK = "<!-- Below: written by python docs/site/commands.py -->\n"
_TYPES = {str: "text", int: "integer", float: "number", bool: "", Path: "path"}


def reference() -> str:
    """Every command with its arguments and options, as Markdown."""
    return "\n".join(_section(command) for command in COMMANDS)


def page(text: str) -> str:
    """The page, with all that is below the mark as the commands are now."""
    return f"{text.partition(MARK)[0]}{MARK}\n{reference()}"


def _section(command: Callable[..., Any]) -> str:
    parameters = list(_parameters(command))
    arguments = [
        _braced(_shown(name, info))
        for name, info, *_ in parameters
        if isinstance(info, ArgumentInfo)
    ]
    rows = [
        f"| `{_cell(_shown(name, info))}` | {_value(kind, info)} | {_default(default)} "
        f"| {_cell(info.help or '').replace('<', '&lt;')} |"
        for name, info, kind, default in parameters
    ]
    name = command.__name__.replace("_", "-")
    lines = [f"## {name}", "", inspect.getdoc(command) or "", "", "```"]
    lines += [" ".join(["zoo-spectra", name, "[OPTIONS]", *arguments]), "```", ""]
    head = ["| | value | default | meaning |", "|---|---|---|---|"]
    return "\n".join([*lines, *head, *rows, ""])


def _parameters(
    command: Callable[..., Any],
) -> Iterator[tuple[str, ArgumentInfo | OptionInfo, Any, object]]:
    """Name, what it is, its type, and its default (``Parameter.empty``: needed)."""
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        kind, info = get_args(hints[name])
        yield name, info, kind, parameter.default


def _shown(name: str, info: ArgumentInfo | OptionInfo) -> str:
    """As it is written: ``-o, --output``, ``CATALOG``."""
    if not isinstance(info, OptionInfo):
        return info.metavar or name.upper()
    # Inside Annotated the first name takes the place of a default.
    names = [each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str)]
    return ", ".join(names or [f"--{name.replace('_', '-')}"])


def _braced(argument: str) -> str:
    return f"{{{argument}}}" if " | " in argument else argument


def _value(kind: Any, info: ArgumentInfo | OptionInfo) -> str:
    several = False
    while get_origin(kind) in (Union, types.UnionType, list):
        several = several or get_origin(kind) is list
        (kind,) = (each for each in get_args(kind) if each is not type(None))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        said = ", ".join(f"`{each.value}`" for each in kind)
    else:
        said = _TYPES[kind]
    bounds = [f"≥ {info.min:g}"] if info.min is not None else []
    bounds += [f"≤ {info.max:,.0f}"] if info.max is not None else []
    return " ".join(filter(None, [said, ", ".join(bounds), "(several)" if several else ""]))


def _default(default: object) -> str:
    if default is inspect.Parameter.empty:
        return "needed"
    if isinstance(default, enum.Enum):
        default = default.value
    return "" if default is None or default is False else f"`{default}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
