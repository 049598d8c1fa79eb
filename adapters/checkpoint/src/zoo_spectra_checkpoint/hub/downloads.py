"""Files that are not read by range: fetched whole, piece by piece, into the hub's local cache.

They lie there as huggingface_hub lays them: the content in ``blobs`` under its etag, a link to it
in the commit's folder. So its own client finds them too.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from tempfile import NamedTemporaryFile

from zoo_spectra.errors import NetworkError
from zoo_spectra_checkpoint.hub.asking import HubFile
from zoo_spectra_checkpoint.tensors import reading

PIECE = 16 << 20
_SHA256 = re.compile("[0-9a-f]{64}")
_ETAG = re.compile(r"[\w-]{8,128}", re.ASCII)


def downloaded(file: HubFile) -> Path:
    """The file in the local cache, fetched now. Raises NetworkError when it cannot be had."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    if not _ETAG.fullmatch(file.etag):
        raise NetworkError(f"{file.where}: the hub has no name for its content; tell its owner")
    name = repo_folder_name(repo_id=file.place.name, repo_type="model")
    top = Path(constants.HF_HUB_CACHE, name)
    link = top / "snapshots" / file.place.revision / file.file
    with reading(Path(file.where)):
        blob = top / "blobs" / file.etag
        for folder in (blob.parent, link.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if not blob.is_file() or blob.stat().st_size != file.size:
            _fetch(file, blob)
        made = link.with_name(f".{link.name}.{os.getpid()}")  # another process may do the same
        made.unlink(missing_ok=True)
        made.symlink_to(os.path.relpath(blob, link.parent))
        os.replace(made, link)
    return link


def _fetch(file: HubFile, blob: Path) -> None:
    hashed = hashlib.sha256()
    with NamedTemporaryFile(dir=blob.parent, suffix=".incomplete", delete=False) as stream:
        try:
            for start in range(0, file.size, PIECE):
                piece = file.read(start, min(start + PIECE, file.size))
                hashed.update(piece.data)
                stream.write(piece.data)
            if _SHA256.fullmatch(file.etag) and hashed.hexdigest() != file.etag:
                raise NetworkError(f"{file.where}: its content is not what the hub says; try again")
            stream.close()
            os.replace(stream.name, blob)
        finally:
            Path(stream.name).unlink(missing_ok=True)
