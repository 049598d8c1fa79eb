"""The hub's local cache: what of a repository is on this disk already."""

from __future__ import annotations

import re
from pathlib import Path

from zoo_spectra_checkpoint.hub.asking import Place

_COMMIT = re.compile(r"[0-9a-f]{40}")


def cached(place: Place, file: str) -> Path | None:
    """A file of a repository at a commit, where the cache has it; under its old name too."""
    from huggingface_hub import try_to_load_from_cache

    for name in dict.fromkeys((place.name, place.wanted.name)):
        try:
            found = try_to_load_from_cache(name, file, revision=place.revision)
        except ValueError:  # a name that has no place in the cache
            continue
        if isinstance(found, str):
            return Path(found)
    return None


def cached_commit(place: Place) -> str | None:
    """The commit that the cache has for a branch or a tag; a commit's hash is itself."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    if _COMMIT.fullmatch(place.revision):
        return place.revision
    for name in dict.fromkeys((place.name, place.wanted.name)):
        folder = repo_folder_name(repo_id=name, repo_type="model")
        ref = Path(constants.HF_HUB_CACHE, folder, "refs", place.revision)
        try:
            commit = ref.read_text(encoding="ascii").strip() if ref.is_file() else ""
        except (OSError, ValueError):
            continue
        if _COMMIT.fullmatch(commit):
            return commit
    return None


def etag_of(path: Path) -> str:
    """What the hub calls the content of a cached file, by the blob it leads to; or empty."""
    blob = path.resolve()
    return blob.name if path.is_symlink() and blob.parent.name == "blobs" else ""
