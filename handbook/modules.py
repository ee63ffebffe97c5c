"""The reference of modules: a page for each wing, from the docstrings."""

from collections.abc import Iterator

from handbook.packages import PACKAGES, wings

HEAD = """# Modules

The tree is the [block diagram](../architecture.md#the-house): a page for each wing, and on it the
classes and functions of its modules.

"""


def pages() -> dict[str, str]:
    """Pages of all wings and the one that lists them, by path, in Markdown."""
    found = {f"reference/modules/{wing}.md": _page(wing, names) for wing, names in wings().items()}
    lists = "\n".join(_list(package) for package in PACKAGES)
    return {**found, "reference/modules.md": HEAD + lists}


def _list(package: str) -> str:
    names = [wing for wing in wings() if wing == package or wing.startswith(f"{package}.")]
    entries = "\n".join(f"modules/{name}" for name in names)
    return f"## {package}\n\n{_face(package)}\n\n```{{toctree}}\n{entries}\n```\n"


def _page(wing: str, names: list[str]) -> str:
    return "\n".join([f"# {wing}\n", f"{_face(wing)}\n", *_modules(names)])


def _modules(names: list[str]) -> Iterator[str]:
    for name in names:
        yield f"## {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n```\n"


def _face(wing: str) -> str:
    """What a wing says of itself."""
    return f"```{{eval-rst}}\n.. automodule:: {wing}\n   :no-members:\n   :no-index:\n```"
