"""The table of formats: which module opens a file, by its suffix and by its first bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zoo_spectra.errors import FileFormatError
from zoo_spectra.sources import first_bytes, stand_in, zip_members

# The fields that follow the first of an ONNX model.
_OF_A_MODEL = {
    b"\x12",
    b"\x1a",
    b"\x22",
    b"\x28",
    b"\x32",
    b"\x3a",
    b"\x42",
    b"\x72",
    b"\xa2",
    b"\xca",
}


@dataclass(frozen=True)
class Format:
    """A format: ``name`` is its module in this folder, ``begins(path, head)`` knows its files.

    ``begins`` is asked with the first bytes of a file. ``suffixes`` are lower case; a file of
    theirs that no format knows goes to this one, which says what is wrong with it.
    """

    name: str
    suffixes: tuple[str, ...]
    begins: Callable[[Path, bytes], bool]


def _is_safetensors(path: Path, head: bytes) -> bool:
    """The length of the header, 8 bytes, then the header, which is JSON."""
    end = 8 + int.from_bytes(head[:8], "little")
    return head[8:9] == b"{" and end <= path.stat().st_size


def _is_npz(path: Path, head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04") and any(
        info.filename.endswith(".npy") for info in zip_members(path)
    )


def _is_torch(path: Path, head: bytes) -> bool:
    """A zip archive of torch.save, TorchScript or torch.export; a pickle (before 1.6); a tar."""
    if head.startswith(b"PK\x03\x04"):
        return any(info.filename.rpartition("/")[2] in _OF_TORCH for info in zip_members(path))
    if head[257:262] == b"ustar":
        return True
    return head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


_OF_TORCH = {"data.pkl", "serialized_exported_program.json", "archive_format"}
_TORCH = (".pt", ".pth", ".bin", ".ckpt", ".pth.tar", ".tar", ".pt2", ".jit")


def _is_npy(_: Path, head: bytes) -> bool:
    return head.startswith(b"\x93NUMPY")


def _is_keras(path: Path, head: bytes) -> bool:
    """HDF5, which may be no file of Keras, or a zip archive with the weights of a model in it."""
    if head.startswith(b"PK\x03\x04"):
        return any(info.filename == "model.weights.h5" for info in zip_members(path))
    return head.startswith(b"\x89HDF\r\n\x1a\n")


def _is_flax(_: Path, head: bytes) -> bool:
    """A map of MessagePack whose first key is a text."""
    skipped = {0xDE: 3, 0xDF: 5}.get(head[0], 1 if 0x81 <= head[0] <= 0x8F else 0)
    key = head[skipped : skipped + 1]
    return bool(skipped) and (b"\xa1" <= key <= b"\xbf" or key in (b"\xd9", b"\xda"))


def _is_tflite(_: Path, head: bytes) -> bool:
    return head[4:8] == b"TFL3"


def _is_onnx(path: Path, head: bytes) -> bool:
    """A ModelProto: the version of its format, then fields of its own; one of them is the graph."""
    if head[:1] != b"\x08" or head[1:2] >= b"\x80" or head[2:3] not in _OF_A_MODEL:
        return False
    from zoo_spectra_checkpoint.formats.protobuf import has_field

    return has_field(path, 7)


# Asked in this order: a safetensors header may have a length that looks like a pickle's start.
FORMATS = (
    Format("safetensors", (".safetensors",), _is_safetensors),
    Format("npz", (".npz",), _is_npz),
    Format("gguf", (".gguf",), lambda path, head: head.startswith(b"GGUF")),
    Format("npy", (".npy",), _is_npy),
    Format("onnx", (".onnx",), _is_onnx),
    Format("keras", (".h5", ".hdf5", ".keras"), _is_keras),
    Format("flax", (".msgpack",), _is_flax),
    Format("tflite", (".tflite",), _is_tflite),
    Format("torch", _TORCH, _is_torch),
)

# Known and not read: what such a file is, how it begins, what to do.
UNREAD = (
    ("a GGML file of before GGUF", b"tjgg", "convert it to GGUF again, from its parent"),
    ("a GGML file of before GGUF", b"lmgg", "convert it to GGUF again, from its parent"),
    ("a GGML file of before GGUF", b"fmgg", "convert it to GGUF again, from its parent"),
    ("packed by gzip", b"\x1f\x8b\x08", "unpack it with gunzip, or tar -xzf"),
    ("packed by bzip2", b"BZh", "unpack it with bunzip2, or tar -xjf"),
    ("packed by xz", b"\xfd7zXZ\x00", "unpack it with unxz, or tar -xJf"),
    ("packed by zstd", b"\x28\xb5\x2f\xfd", "unpack it with unzstd"),
)

SUFFIXES = tuple(suffix for form in FORMATS for suffix in form.suffixes)


def by_suffix(path: Path) -> Format:
    """The format that a file's name promises. Raises FileFormatError when it is none of ours."""
    for form in FORMATS:
        if path.name.lower().endswith(form.suffixes):
            return form
    raise FileFormatError(f"{path}: {path.suffix!r} is not one of {', '.join(SUFFIXES)}")


def format_of(path: Path) -> Format:
    """The format of a file: by its first bytes, and by its suffix where those say nothing.

    Raises FileFormatError for what is no file of tensors, with its name and the cure; OSError.
    """
    head = first_bytes(path)
    instead = stand_in(head)
    if instead is not None:
        raise FileFormatError(f"{path} is {instead}")
    for form in FORMATS:
        if form.begins(path, head):
            return form
    for what, start, cure in UNREAD:
        if head.startswith(start):
            raise FileFormatError(f"{path} is {what}, which this adapter does not read yet; {cure}")
    return by_suffix(path)
