"""``python -m zoo_spectra``: the command line, for where only the interpreter is on the path."""

from zoo_spectra.cli import main

if __name__ == "__main__":
    main()
