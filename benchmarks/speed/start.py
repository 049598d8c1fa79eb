"""How soon the command line answers, in times of a Python that does nothing.

Help, version and completion load no room of the package. All take turns; a ratio is the median over
them. Python's own start needs a few hundredths of a second.

python -m benchmarks.speed.start
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.common import show, write

TURNS = 31
PROGRAM = str(Path(sys.executable).with_name("zoo-spectra"))
COMPLETION = {
    "_ZOO_SPECTRA_COMPLETE": "complete_bash",
    "COMP_WORDS": "zoo-spectra cl",
    "COMP_CWORD": "1",
}
COMMANDS: Mapping[str, tuple[Sequence[str], Mapping[str, str]]] = {
    "pass": ([sys.executable, "-c", "pass"], {}),
    "version": ([PROGRAM, "--version"], {}),
    "help": ([PROGRAM, "--help"], {}),
    "completion": ([PROGRAM], COMPLETION),
    "import": ([sys.executable, "-c", "import zoo_spectra"], {}),
}


def seconds(command: Sequence[str], more: Mapping[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=os.environ | more, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main() -> None:
    turns = [{name: seconds(*how) for name, how in COMMANDS.items()} for _ in range(TURNS)]
    found = {
        name: {
            "seconds": median(turn[name] for turn in turns),
            "ratio": median(turn[name] / turn["pass"] for turn in turns),
        }
        for name in COMMANDS
    }
    rows = [[name, f"{f['seconds']:.3f} s", f"{f['ratio']:.1f}"] for name, f in found.items()]
    show("Until the prompt is back", ["", "median", "times pass"], rows)
    write("speed.start", ["typer", "rich"], {"turns": TURNS, "commands": found})


if __name__ == "__main__":
    main()
