"""The commands, one module each.

A command has ``add_arguments(parser)``, cheap to import, and ``run(arguments) -> int``,
which returns the exit code and imports what it needs.
"""
