"""The command line: what a person types and sees.

``app`` gathers the commands and turns foreseen errors into a message and an exit code; ``commands``
has a file a group of them, ``arguments`` what they share. ``progress`` shows how a run goes,
``tables`` what a catalog holds. Commands import the rooms that they need when they are called, so
that ``--help`` and shell completion load none of them.
"""
