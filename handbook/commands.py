"""The reference of commands, from the command line itself."""

from collections.abc import Iterator
from typing import Any

import typer

from dittosim.app import Commands, app

HEAD = """# Commands

All that `dittosim COMMAND --help` says. What they have in common is told in
[the command line](../command-line.md).
"""


def page() -> str:
    """The page, in Markdown."""
    return "\n".join([HEAD, *_command("dittosim", typer.main.get_command(app), None)])


def _command(name: str, command: Any, parent: Any) -> Iterator[str]:
    """A command and those below it. Typer's classes are in no public module."""
    with command.make_context(name, [], parent=parent, resilient_parsing=True) as context:
        path = context.command_path
        if parent:
            depth = len(path.split())
            yield f"({path.replace(' ', '-')})=\n{'#' * depth} {path}\n"
            usage = " ".join(command.collect_usage_pieces(context))
            yield f"```sh\n{path} {usage}\n```\n"
            yield f"{command.help}\n"
        yield from _parameters(command, context)
        if hasattr(command, "list_commands"):
            for below in command.list_commands(context):
                # Resolved, not got: until then it is a stand-in that knows its first line alone.
                _, found, _ = command.resolve_command(context, [below])
                yield from _command(below, found, context)


def _parameters(command: Any, context: Any) -> Iterator[str]:
    # What every command takes is said once, of the first.
    said = Commands.shared if context.parent else ()
    options = (each for each in command.params if each.name not in said)
    rows = [record for each in options if (record := each.get_help_record(context))]
    if not rows:
        return
    yield "| | |\n|---|---|"
    for names, meaning in rows:
        yield f"| {_code(names)} | {_cell(meaning)} |"
    yield ""


def _code(text: str) -> str:
    # A code span takes a bar for the end of the cell unless it is escaped.
    return f"`{text.replace('|', chr(92) + '|')}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "\\[").replace("<", "&lt;").replace("*", "\\*")
