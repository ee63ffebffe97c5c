"""The same thing has the same name, short form, placeholder and words in every command."""

from collections import defaultdict
from types import UnionType
from typing import Any, get_args, get_origin

from tests.helpers.command_line import Cli
from tests.helpers.parameters import parameters

NO_FIGURES = {
    "generate": "writes a manifest, which is JSON",
    "report": "shows figures that are in files already",
}
"""Commands without --json, and why"""
OTHER_TYPES = {
    "--aim": "ppa maps for both",
    "--on": "timeline has nothing to draw of golden, which knows no cycles",
    "--step": "timeline draws several",
}
"""Options whose values differ from command to command, and why"""
OTHER_PLACEHOLDERS = {"--output": {"DIR", "F"}, "--step": {None, "N[-N]"}}
"""A folder or a file; one step or several"""
WORDS = {
    "--batch": "Images sampled together; changes speed and memory only.",
    "--calibration": "ranges",
    "--clock": "lock",
    "--config": "reset (tiny, small, paper) or TOML file",
    "--dram": "emory outside the machine",
    "--force": "Replace files that exist; without it they are kept.",
    "--images": "mages",
    "--jobs": " at once",
    "--json": "Also write the figures to this file; - for stdout.",
    "--sampler": "How images follow from predictions",
    "--seed": "Seed of all that is random.",
    "--simulator": "Verilog simulator",
    "--step": "enoising step",
    "--steps": "enoising steps",
    "--until": "ast step that is run, from 0",
}
"""What an option's help says in all commands"""


def options() -> dict[str, list[tuple[str, Any]]]:
    """Command and option by the long name, which comes first."""
    found = defaultdict(list)
    for command, parameter in parameters():
        if parameter.param_type_name == "option":
            found[parameter.opts[0]].append((command, parameter))
    return found


def of_one(annotation: Any) -> Any:
    """The type of a single value."""
    if isinstance(annotation, UnionType):
        (annotation,) = (each for each in get_args(annotation) if each is not type(None))
    return get_args(annotation)[0] if get_origin(annotation) is list else annotation


def test_an_option_is_the_same_in_all_commands() -> None:
    found = options()
    assert all(name.startswith("--") for name in found), "the long name comes first"
    for name, uses in found.items():
        assert len({tuple(option.opts) for _, option in uses}) == 1, name
        placeholders = {option.metavar for _, option in uses}
        allowed = OTHER_PLACEHOLDERS.get(name)
        assert len(placeholders) == 1 if allowed is None else placeholders == allowed, name
        types = {of_one(option.type_descriptor.annotation) for _, option in uses}
        assert (len(types) > 1) == (name in OTHER_TYPES), (name, types)


def test_a_short_form_is_of_one_option() -> None:
    owners = defaultdict(set)
    for name, uses in options().items():
        for _, option in uses:
            for short in option.opts[1:]:
                owners[short].add(name)
    assert {short: names for short, names in owners.items() if len(names) > 1} == {}


def test_help_has_the_same_words() -> None:
    found = options()
    for name, words in WORDS.items():
        for command, option in found[name]:
            assert words in option.help, (command, name)
    for name, uses in found.items():
        for command, option in uses:
            if get_origin(option.type_descriptor.annotation) is list:
                assert "be repeated" in option.help, (command, name)


def test_what_has_figures_gives_them_as_json() -> None:
    commands = {command for command, _ in parameters()}
    without = commands - {command for command, _ in options()["--json"]}
    assert without == set(NO_FIGURES)


def test_quiet_and_verbose_are_of_every_command_once(cli: Cli) -> None:
    commands = {command for command, _ in parameters()}
    for name in ("--quiet", "--verbose"):
        assert sorted(command for command, _ in options()[name]) == sorted(commands)
    for words in (["simulate"], ["config", "list"], []):
        text = cli(*words, "--help").out
        assert text.count("--quiet") == text.count("--verbose") == 1
