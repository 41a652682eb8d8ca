"""Sphinx: every page in Markdown, the reference from the docstrings, no network at any point."""

from docutils.nodes import Element  # type: ignore[import-untyped]  # docutils ships no types
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from kyphort import __version__

project = "kyphort"
author = "The kyphort developers"
copyright = "The kyphort developers, Apache-2.0"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
default_role = "code"

html_theme = "furo"
html_title = f"kyphort {__version__}"
html_theme_options = {"announcement": "Research software, not a medical device."}
html_show_sourcelink = False
html_copy_source = False

myst_heading_anchors = 3
napoleon_google_docstring = False
# Shapes and units in a docstring are prose, not names to be linked.
napoleon_use_param = False
napoleon_use_rtype = False
autodoc_default_options = {"members": True, "undoc-members": True}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

nitpicky = True
# Other libraries' names would need their inventories, and those the network.
_ELSEWHERE = "collections|datetime|enum|importlib|numpy|np|npt|pathlib|sqlalchemy"
nitpick_ignore_regex = [
    ("py:.*", rf"({_ELSEWHERE})\..*"),
    ("py:class", r"kyphort\.(\w+\.)*_\w+"),  # private type variables have no page
]


def _public_page(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element
) -> Element | None:
    """Link a name written short, or by its private module, to its one public page.

    A type in words, such as "read-only arrays", is no name and stays as it is.
    """
    target = str(node.get("reftarget", ""))
    if node.get("refdomain") != "py":
        return None
    if not all(part.isidentifier() for part in target.split(".")):
        return content
    module, _, name = target.rpartition(".")
    if module and not module.startswith("kyphort"):
        return None
    domain = env.domains.python_domain
    pages = [
        full
        for full, found in domain.objects.items()
        if full.rpartition(".")[2] == name and found.objtype in {"class", "exception", "function"}
    ]
    if len(pages) != 1:
        return None
    return domain.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], pages[0], node, content
    )


def _no_type_before_colon(  # noqa: PLR0917 - Sphinx calls it by position
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Keep napoleon from reading "The name of the row: patient and level" as a type and a text.

    It looks at the first line only, so an empty comment takes that place.
    """
    if what in {"attribute", "data", "property"}:
        lines[:0] = ["..", ""]


def setup(app: Sphinx) -> None:
    """Register what this project adds to Sphinx."""
    app.connect("autodoc-process-docstring", _no_type_before_colon, priority=400)
    app.connect("missing-reference", _public_page)
