"""The adapter ``hf``: model repositories on the Hugging Face hub, or in its local cache.

``wanted`` reads the pattern, ``choosing`` finds the files, ``ranged`` opens a safetensors file
where it lies, ``downloads`` fetches what cannot be read so. Below them ``line`` asks the hub,
``asking`` asks again, ``watching`` sees that nobody waits for nothing, ``refusals`` has the words.
"""

from zoo_spectra_checkpoint.hub.adapter import HubAdapter

__all__ = ["HubAdapter"]
