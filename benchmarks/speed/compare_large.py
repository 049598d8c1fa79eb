"""Two networks of billions of parameters compared: seconds, and peak of memory.

Generated: the shapes of a transformer with gated feed-forward layers, bfloat16 in several
safetensors, and the same with every entry changed by 1 %, as in a fine-tune. 28 GB of disk for
7 billion.

python -m benchmarks.speed.compare_large [LAYERS] [FOLDER]
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.common import show, write

SIDE, INNER, TOKENS, LAYERS = 4096, 11_008, 32_000, 34
CHANGE = 0.01
FILES = 4
ROWS = 1024  # that are drawn at once
CODE = """
import json, sys, time
import zoo_spectra as zs
from zoo_spectra.runner.usage import peak_memory

started = time.perf_counter()
found = zs.compare(*(f"checkpoint:{each}/model.safetensors.index.json" for each in sys.argv[1:3]))
rows = found.constituents
print(json.dumps({"verdict": found.verdict, "p_value": found.p_value,
                  "evidence": found.evidence, "peak": peak_memory() / 1e9,
                  "entries": int((rows["rows"] * rows["columns"]).sum()),
                  "seconds": time.perf_counter() - started}))
"""


def shapes(layers: int) -> dict[str, tuple[int, int]]:
    """Of the weights, by name."""
    found = {}
    for layer in range(layers):
        start = f"model.layers.{layer}"
        found |= {f"{start}.self_attn.{name}_proj.weight": (SIDE, SIDE) for name in "qkvo"}
        found |= {f"{start}.mlp.{name}_proj.weight": (INNER, SIDE) for name in ("gate", "up")}
        found[f"{start}.mlp.down_proj.weight"] = (SIDE, INNER)
    found["lm_head.weight"] = (TOKENS, SIDE)
    return found


def bfloat16(values: np.ndarray) -> np.ndarray:
    """Rounded to nearest, ties to even; shape as given, uint16."""
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def make(folder: Path, layers: int, change: float) -> None:
    """A network in shards; with ``change`` every entry is another, by so much of its scale."""
    folder.mkdir()
    named = list(shapes(layers).items())
    shards = np.array_split(np.arange(len(named)), FILES)
    index = {}
    for number, places in enumerate(shards):
        name = f"model-{number + 1:05}-of-{FILES:05}.safetensors"
        header, end = {}, 0
        for at in places:
            tensor, (p, q) = named[at]
            offsets = [end, end := end + 2 * p * q]
            header[tensor] = {"dtype": "BF16", "shape": [p, q], "data_offsets": offsets}
            index[tensor] = name
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with (folder / name).open("wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for at in places:
                p, q = named[at][1]
                for row in range(0, p, ROWS):
                    shape = (min(ROWS, p - row), q)
                    drawn = np.random.default_rng([at, row]).standard_normal(shape, np.float32)
                    if change:
                        other = np.random.default_rng([at, row, 1])
                        drawn += change * other.standard_normal(shape, np.float32)
                    file.write(bfloat16(0.02 * drawn).data)
    text = json.dumps({"metadata": {}, "weight_map": index})
    (folder / "model.safetensors.index.json").write_text(text)


def main(layers: int = LAYERS, where: str | None = None) -> None:
    with tempfile.TemporaryDirectory(dir=where) as folder:
        places = [Path(folder, name) for name in ("base", "tuned")]
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            list(pool.map(make, places, [layers] * 2, [0.0, CHANGE]))
        command = [sys.executable, "-c", CODE, *map(str, places)]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(ran.stdout)
    rows = [(f"{found['entries'] / 1e9:.2f}", found["verdict"], f"{found['p_value']:.2g}",
             f"{found['seconds']:.0f}", f"{found['peak']:.2f}")]  # fmt: skip
    header = ("billion entries", "verdict", "p", "seconds", "peak, GB")
    show("Two networks, every entry changed", header, rows)
    print("\n".join(found["evidence"]))
    write("speed.compare_large", [], found)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:3])
