"""Processes that a command starts end with it, whatever ends it."""


def end() -> None:
    """Ends them all."""
