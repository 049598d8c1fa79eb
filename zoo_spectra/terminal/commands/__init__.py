"""The commands, a file a group; ``zoo_spectra.terminal.app`` lists them."""
