"""Where trained weights lie on disk: the Hugging Face cache first, then the hub."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from zoo_spectra.errors import NetworkError

FILES = ("model.safetensors", "pytorch_model.bin")
PATIENCE = 5.0  # seconds; huggingface_hub itself retries for 25 to 50


def trained_file(name: str, config: Any) -> Path:
    """The file with the weights of timm's ``name``, downloaded when it is not in the cache.

    ``config`` is timm's ``PretrainedCfg``. Raises NetworkError when it cannot be had.
    """
    if config.hf_hub_id:
        wanted = (config.hf_hub_filename,) if config.hf_hub_filename else FILES
        return _from_hub(name, config.hf_hub_id, wanted)
    if config.url:
        return _from_url(name, config.url)
    raise NetworkError(f"timm has no pretrained weights of {name}; use seed=0 for random ones")


def _from_hub(name: str, repository: str, files: tuple[str, ...]) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    repo, _, revision = repository.partition("@")
    for file in files:
        try:
            return Path(
                hf_hub_download(repo, file, revision=revision or None, local_files_only=True)
            )
        except EntryNotFoundError:  # LocalEntryNotFoundError: not in the cache
            continue
    _check_reach(name, repo)
    for file in files:
        try:
            return Path(hf_hub_download(repo, file, revision=revision or None))
        except EntryNotFoundError as error:
            missing = error
        except Exception as error:  # gated, removed, full disk, broken connection
            raise NetworkError(f"{name}: cannot download {repo}/{file}: {error}") from error
    raise NetworkError(f"{name}: {repo} has none of {', '.join(files)}") from missing


def _check_reach(name: str, repo: str) -> None:
    """Fail in seconds, where the hub's own client would go on retrying."""
    from huggingface_hub import constants, get_session

    advice = (
        f"fetch it where there is a network with `hf download {repo}`, copy the cache and point "
        "HF_HOME to it, or name a file with checkpoint=FILE"
    )
    if constants.HF_HUB_OFFLINE:
        raise NetworkError(
            f"{name} is not in the Hugging Face cache {constants.HF_HUB_CACHE}, and "
            f"HF_HUB_OFFLINE is set; unset it, or {advice}"
        )
    try:
        get_session().head(constants.ENDPOINT, timeout=PATIENCE)
    except Exception as error:  # requests or httpx, by the version of huggingface_hub
        raise NetworkError(
            f"{name} is not in the Hugging Face cache {constants.HF_HUB_CACHE}, and the hub "
            f"{constants.ENDPOINT} is out of reach ({error}); {advice}"
        ) from error


def _from_url(name: str, url: str) -> Path:
    import torch

    file = os.path.basename(urlparse(url).path)
    target = Path(torch.hub.get_dir()) / "checkpoints" / file
    if target.is_file():
        return target
    digest = re.search(r"-([a-f0-9]{8,})\.", file)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(
            url, str(target), digest.group(1) if digest else None, progress=False
        )
    except Exception as error:  # urllib, a wrong digest, a full disk
        raise NetworkError(
            f"{name}: cannot download {url}: {error}; fetch it where there is a network and put "
            f"it at {target}"
        ) from error
    return target
