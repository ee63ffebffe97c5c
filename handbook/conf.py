"""Sphinx's configuration."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import inspect

sys.path.insert(0, str(Path(__file__).parents[1]))

from handbook.packages import NOT_INSTALLED

project = "dittosim"
version = release = version_of("dittosim")
author = "the developers of dittosim"
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
highlight_language = "text"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

autodoc_default_options = {"ignore-module-all": True}
autodoc_member_order = "bysource"
autodoc_mock_imports = NOT_INSTALLED
add_module_names = False
python_use_unqualified_type_names = True
python_display_short_literal_types = True

html_theme = "furo"
html_title = "dittosim"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_show_copyright = False

REST = "<!-- pages that no section names -->"
OF_PYDANTIC = {"model_config", "model_post_init"}


def add_rest(app: Sphinx, name: str, text: list[str]) -> None:
    """Lists new pages on the first one, until a section names them."""
    if REST not in text[0]:
        return
    sections = "".join(path.read_text() for path in Path(app.srcdir).rglob("*.md"))
    pages = sorted(path.stem for path in Path(app.srcdir).glob("*.md"))
    entries = [page for page in pages if page != name and f"\n/{page}\n" not in sections]
    listed = "\n".join(["```{toctree}", ":hidden:", ":caption: More", "", *entries, "```"])
    text[0] = text[0].replace(REST, listed if entries else "")


def own_signature(
    _: Sphinx, kind: str, __: str, of: Any, ___: object, signature: str | None, returned: object
) -> tuple[str | None, Any] | None:
    """What a module of hardware is made of: Amaranth's own constructor takes anything."""
    if kind == "class" and signature and "src_loc_at" in signature:
        bound = inspect.signature(of.__init__, bound_method=True)
        shown = bound.replace(return_annotation=bound.empty)
        return inspect.stringify_signature(shown, unqualified_typehints=True), returned
    return None


class ExactReferences(SphinxPostTransform):
    """A name in a docstring or a type is what it names there, not whatever ends in it elsewhere."""

    default_priority = 5

    def run(self, **_: Any) -> None:
        """Before references are resolved."""
        for node in self.document.findall(pending_xref):
            node.attributes.pop("refspecific", None)


def skip_member(_: Sphinx, kind: str, name: str, of: object, skip: bool, __: object) -> bool:
    """Leaves out what pydantic adds to every model, and Matplotlib to every figure."""
    others = str(getattr(of, "__module__", "")).startswith("matplotlib.")
    return skip or (kind == "class" and (name in OF_PYDANTIC or others))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects the above."""
    app.add_post_transform(ExactReferences)
    app.connect("source-read", add_rest)
    app.connect("autodoc-skip-member", skip_member)
    app.connect("autodoc-process-signature", own_signature)
    return {"parallel_read_safe": True}
