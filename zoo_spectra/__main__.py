"""``python -m zoo_spectra``: the command line, for where only the interpreter is on the path."""

from zoo_spectra.terminal.app import main

if __name__ == "__main__":
    main()
