"""Builds the site: ``python -m handbook``."""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from sphinx.cmd.build import build_main

from handbook import commands, fields, modules

ROOT = Path(__file__).parents[1]
GENERATED: dict[str, Callable[[], str]] = {
    "reference/commands.md": commands.page,
    "reference/fields.md": fields.page,
}


def stage(source: Path) -> None:
    """Copies docs/ to ``source``, with the pages that come from code."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source)
    pages = {name: page() for name, page in GENERATED.items()} | modules.pages()
    for name, text in pages.items():
        path = source / name
        if path.exists():
            raise FileExistsError(f"docs/{name}: the site makes a page of that name itself")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def build(output: Path) -> int:
    """Builds the site into ``output``; 0, or Sphinx's exit code if it warns of anything."""
    work = output.with_name(f"{output.name}-source")
    stage(work)
    options = ["-b", "html", "-j", "auto", "-q", "-E", "-W", "--keep-going"]
    folders = ["-c", str(ROOT / "handbook"), "-d", str(output.with_name(f"{output.name}-trees"))]
    shutil.rmtree(output, ignore_errors=True)
    return build_main([*options, *folders, str(work), str(output)])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m handbook", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("build/site"))
    output: Path = parser.parse_args().output
    code = build(output)
    if not code:
        print(output / "index.html")
    return code


if __name__ == "__main__":
    sys.exit(main())
