"""Commands that are imported when they are run, so that help costs no more than its words."""

from collections.abc import Mapping
from copy import copy
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class LazyCommand(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    place: str
    """``module:name`` of a command's function, or of a :class:`typer.Typer` with several"""
    summary: str
    """The first paragraph of its help"""


class LazyGroup(TyperGroup):
    """A group whose commands are listed and completed by name without their modules.

    What runs, or tells its options, is the command itself.
    """

    lazy: ClassVar[Mapping[str, LazyCommand]] = {}
    """By name, in the order of the list"""

    shared: ClassVar[tuple[str, ...]] = ()
    """Names of the group's options that may stand behind every command, too"""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, command in self.lazy.items():
            self.add_command(TyperCommand(name, help=command.summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that ``args`` begin with, imported, and the arguments that are its own."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and self._imported(name), rest

    def _imported(self, name: Any) -> Any:
        module, _, function = self.lazy[name].place.partition(":")
        command = getattr(import_module(module), function)
        app = typer.Typer(rich_markup_mode=self.rich_markup_mode, pretty_exceptions_enable=False)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
        found = typer.main.get_group(app).commands[name]
        self._share(found)
        return found

    def _share(self, command: Any) -> None:
        """Gives a command, and those below it, the options that it shares with the group.

        Their callbacks do all: the command itself does not get their values.
        """
        for option in self.params:
            if option.name in self.shared:
                own = copy(option)
                own.expose_value = False
                command.params.append(own)
        for below in getattr(command, "commands", {}).values():
            self._share(below)
