"""Hostile parts, indexes and folders: what lies beside a file of weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from cases import Case
from safetensors.numpy import save_file

PART = "model-00001-of-00002.safetensors"
INDEX = "model.safetensors.index.json"
SLICE = "consolidated.0{}.safetensors"


def beside(files: Mapping[str, bytes | None]) -> Callable[[Path], None]:
    """Writes a part, and other files beside it; of None, a part of its own."""

    def write(path: Path) -> None:
        save_file({"a.weight": np.ones((3, 4), "f4")}, path)
        for name, content in files.items():
            other = path.parent / name
            other.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                save_file({f"{name[:40]}.weight": np.ones((3, 4), "f4")}, other)
            else:
                other.write_bytes(content)

    return write


def index(**files: object) -> bytes:
    return json.dumps({"weight_map": files}).encode()


def links(*names: str) -> Callable[[Path], None]:
    """A part whose sibling is a link to something else."""

    def write(path: Path) -> None:
        beside({})(path)
        (path.parent / "model-00002-of-00002.safetensors").symlink_to(names[0])

    return write


BESIDE: Mapping[str, bytes] = {
    "an index of nothing": b"",
    "an index of zeros": bytes(5000),
    "an index of brackets": b"[" * 200_000,
    "an index of a number": b"3",
    "an index of digits": b"9" * 100_000,
    "an index without a map": b"{}",
    "an index of a list": index(),
    "an index that leaves its folder": index(**{"a.weight": "../model.safetensors"}),
    "an index of an absolute path": index(**{"a.weight": "/etc/passwd"}),
    "an index of a folder": index(**{"a.weight": "."}),
    "an index of numbers": index(**{"a.weight": 3}),
    "an index of lists": index(**{"a.weight": [1]}),
    "an index of a zero byte": index(**{"a.weight": "a\0b", "b.weight": PART}),
    "an index of itself": index(**{"a.weight": PART, "b.weight": INDEX}),
    "an index of what is not there": index(**{"a.weight": PART, "b.weight": "no.safetensors"}),
    "an index of a tensor that is not there": index(**{"a.weight": PART, "b.weight": PART}),
    "an index of another part": index(**{"a.weight": "model-00002-of-00002.safetensors"}),
    "an index of half a character": b'{"weight_map": {"a": "\xff"}}',
    "an index of surrogates": b'{"weight_map": {"a": "\\ud800"}}',
    "an index of a million lists": b'{"weight_map": [' + b"[]," * 1_000_000 + b"[]]}",
    "an index of 40 MB": b" " * (40 << 20),
    "an index of a million tensors": b'{"weight_map": {'
    + b",".join(b'"%d":"x"' % number for number in range(1_000_000))
    + b"}}",
}
EITHER = {"an index without a map", "an index of a million tensors", "an index of a list"}
CASES = [
    *(
        Case(name, PART, beside({INDEX: content}), "either" if name in EITHER else "refused")
        for name, content in BESIDE.items()
    ),
    Case("a part without the others", PART, beside({})),
    Case("a part of a billion", "m-1-of-999999999.safetensors", beside({})),
    Case("a part of digits", f"m-1-of-{'9' * 200}.safetensors", beside({})),
    Case("a part of a number of digits", f"m-{'9' * 200}-of-2.safetensors", beside({})),
    Case("a part of no parts", "m-0-of-0.safetensors", beside({}), "either"),
    Case("a part beside another's number", "m-7-of-2.safetensors", beside({})),
    Case("a part beside a link to nothing", PART, links("/nowhere")),
    Case("a part beside a link to itself", PART, links("model-00002-of-00002.safetensors")),
    Case("a part beside zeros", PART, links("/dev/zero")),
    Case("a part beside a folder", PART, beside({"model-00002-of-00002.safetensors/x": b""})),
    Case("a part twice", PART, beside({"model-0001-of-00002.safetensors": None})),
    Case(
        "a slice beside another",
        "consolidated.00.safetensors",
        beside({"consolidated.01.safetensors": None}),
    ),
    Case("a slice alone", "consolidated.07.safetensors", beside({})),
    Case(
        "a slice beside ten thousand files",
        "rank0.safetensors",
        beside({f"rank{n}.safetensors": b"" for n in range(1, 10_000)}),
    ),
]
