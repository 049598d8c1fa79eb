"""What a pickle of torch's may name: everything else is refused by its name, and never run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from zoo_spectra.errors import FileFormatError, UnsafeFileError
from zoo_spectra_checkpoint.formats.pickles import Loaded

PACKED = "torch.ScriptObject"  # of recurrent layers; linear ones are plain tensors
ADVICE = "where you trust it, load it and save its state_dict() alone"
# What a state dict names, and plain data beside it: numbers of numpy's, paths, dates, arguments.
_PLAIN = re.compile(
    r"collections\.(OrderedDict|Counter|defaultdict|deque)|_codecs\.encode"
    r"|builtins\.(set|frozenset|bytearray|complex|list|dict|tuple|int|float|str|bool|bytes|range"
    r"|slice)"
    r"|argparse\.Namespace|types\.SimpleNamespace"
    r"|pathlib(\._local)?\.(Pure)?(Posix|Windows)?Path"
    r"|datetime\.(datetime|date|time|timedelta|timezone)|uuid\.UUID|decimal\.Decimal"
    r"|fractions\.Fraction"
    r"|numpy\.(dtype|ndarray|bool_?|u?int(8|16|32|64)|float(16|32|64))|numpy\.dtypes\.\w+DType"
    r"|numpy\._?core\.multiarray\.(scalar|_reconstruct)|numpy\._?core\.numeric\._frombuffer"
    r"|torch\.(Size|device|nn\.parameter\.Parameter|serialization\._get_layout)"
    r"|torch\.(bool|bfloat16|(q?u?int|float|complex|bits|per_)\w+)"
    r"|torch\.((cuda|sparse|storage)\.)*_?\w*(Tensor|Storage)"
    r"|torch\._tensor\._rebuild_from_type_v2"
    r"|torch\._utils\._rebuild_(tensor(_v[23])?|parameter(_with_state)?|qtensor|sparse_tensor"
    r"|meta_tensor_no_storage|nested_tensor|wrapper_subclass|device_tensor_from_(cpu_tensor|numpy))"
)


def plain(name: str) -> bool:
    """Whether a name is torch's for its tensors, or of plain data."""
    return _PLAIN.fullmatch(name) is not None


def checked(path: Path, found: Loaded, allowed: Callable[[str], bool] = plain) -> Loaded:
    """What was read, if it is whole and names nothing else than what is allowed.

    Raises UnsafeFileError with the names, FileFormatError.
    """
    foreign = [name for name in found.names if not allowed(name)]
    if set(foreign) == {PACKED}:
        raise UnsafeFileError(
            f"{path} holds quantised layers that torch has packed into objects of its own "
            f"({PACKED}), which are not made; take the network before it was quantised"
        )
    if foreign:
        named = ", ".join(name[:100] for name in foreign[:3]) + ("…" if len(foreign) > 3 else "")
        raise UnsafeFileError(f"{path} wants to run {named} when read, and was not; {ADVICE}")
    if found.error is not None:
        raise broken(path, " ".join(str(found.error).split())[:200]) from found.error
    return found


def broken(path: Path, what: str) -> FileFormatError:
    """The error of a file that is cut off or damaged."""
    return FileFormatError(f"{path} is no complete PyTorch file ({what}); fetch or save it again")
