"""The site: what its references hold, and that it is made without a warning."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from dittosim.app import Commands
from golden.machine.config import MachineConfig
from handbook import commands
from handbook.packages import wings
from tests.helpers.command_line import REPOSITORY
from tests.helpers.parameters import parameters

INDEX = REPOSITORY / "docs" / "index.md"


def test_every_option_of_every_command_is_in_its_section() -> None:
    sections = dict(
        re.findall(r"^##+ dittosim (.*?)\n(.*?)(?=^##|\Z)", commands.page(), re.M | re.S)
    )
    first = commands.page().partition("\n## ")[0]
    for command, parameter in parameters():
        if parameter.name in Commands.shared:
            assert all(name in first for name in parameter.opts), "said once, of all"
            assert parameter.opts[0] not in sections[command]
        elif parameter.param_type_name == "option" and not parameter.hidden:
            for name in parameter.opts:
                assert f"{name}" in sections[command], (command, name)


def test_every_module_has_its_page() -> None:
    named = {name for names in wings().values() for name in names}
    for package in ("golden", "rtl", "sim", "tb", "dittosim"):
        for path in (REPOSITORY / package).rglob("*.py"):
            if not path.stem.startswith("_"):
                assert ".".join(path.relative_to(REPOSITORY).with_suffix("").parts) in named


def test_every_section_names_pages_that_are_there() -> None:
    made = {"/reference/commands", "/reference/fields", "/reference/modules"}
    pages = set(re.findall(r"^(/\S+)$", INDEX.read_text(), re.M))
    assert pages >= made
    for page in pages - made:
        assert (REPOSITORY / f"docs{page}.md").exists(), page


ROLE = re.compile(r":(?:class|func|meth|mod|data|attr|exc):`~?([\w.]+)`")


@pytest.mark.parametrize("name", sorted(name for names in wings().values() for name in names))
def test_roles_of_docstrings_lead_somewhere(name: str) -> None:
    """To a module, or to a name that the text of its module has."""
    source = REPOSITORY.joinpath(*name.split(".")).with_suffix(".py").read_text()
    for target in ROLE.findall(source):
        parts = target.split(".")
        file, last = source, parts[-1]
        for length in range(len(parts), 0, -1):
            path = REPOSITORY.joinpath(*parts[:length])
            if path.is_dir() or path.with_suffix(".py").exists():
                module = path.with_suffix(".py") if not path.is_dir() else path / "__init__.py"
                file, last = module.read_text(), "" if length == len(parts) else last
                break
        assert re.search(rf"\b{last}\b", ROLE.sub("", file)), f"{name}: {target}"


class Links(HTMLParser):
    """What a page loads and links to, and the places in it that can be linked to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.places.add(values.get("id", ""))
        if tag == "a":
            self.links.append(values.get("href", ""))
        else:
            self.loaded += [values[key] for key in ("src", "href") if key in values]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_site(tmp_path: Path) -> None:
    """Made without a warning; links lead somewhere; nothing comes from the network."""
    site = tmp_path / "site"
    command = [sys.executable, "-m", "handbook", "-o", str(site)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{site / 'index.html'}\n"
    pages = {page: Links(page) for page in site.rglob("*.html")}
    assert len(pages) > 60
    for page, found in pages.items():
        for link in found.loaded:
            assert not urlsplit(link).netloc, f"{page}: {link}"
        for link in [*found.links, *found.loaded]:
            parts = urlsplit(link)
            if parts.netloc or parts.scheme:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.exists(), f"{page}: {link}"
            if parts.fragment and target in pages:
                assert parts.fragment in pages[target].places, f"{page}: {link}"
    assert all(
        name in (site / "reference/fields.html").read_text() for name in MachineConfig.model_fields
    )
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    assert not re.search(r"url\(\s*['\"]?https?:|@import\s+['\"]?https?:", styles)
