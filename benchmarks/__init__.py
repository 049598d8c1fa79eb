"""Where the figures of the documentation come from; run as ``python -m benchmarks.ROOM.NAME``."""
