"""What the commands take: their arguments and options."""

from collections.abc import Iterator
from typing import Any

import typer

from dittosim.app import app


def parameters() -> Iterator[tuple[str, Any]]:
    """Of all commands, with the command's name."""

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        if not hasattr(command, "list_commands"):
            yield from ((name, parameter) for parameter in command.params)
            return
        with command.make_context("dittosim", [], resilient_parsing=True) as context:
            for each in command.list_commands(context):
                _, found, _ = command.resolve_command(context, [each])
                yield from walk(f"{name} {each}".strip(), found)

    yield from walk("", typer.main.get_command(app))
