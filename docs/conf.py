"""Sphinx: every page in Markdown, the reference from the docstrings, no network at any point."""

import re
from enum import Enum

import numpy.typing as npt
from docutils.nodes import Element  # type: ignore[import-untyped]  # docutils ships no types
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import stringify_annotation

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
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True

nitpicky = True
# Other libraries' names would need their inventories, and those the network.
_ELSEWHERE = "collections|datetime|enum|importlib|numpy|np|npt|pathlib|pydicom|sqlalchemy"
nitpick_ignore_regex = [
    ("py:.*", rf"({_ELSEWHERE})\..*"),
    ("py:class", r"kyphort\.(\w+\.)*_\w+"),  # private type variables have no page
    ("py:class", "inf"),  # the bound of a number that has none
    ("py:class", r"kyphort\.survival\.cox_model\.Fit"),  # what a model keeps for its diagnostics
    ("py:class", r"kyphort\.reconstruction\.plan\.EndpointPlan"),  # what a plan keeps for drawing
    ("py:class", r"kyphort\.dosimetry\.transport\..*"),  # kernels have no page
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


# NumPy's aliases arrive written out, over several lines each.
_ARRAY_LIKE = stringify_annotation(npt.ArrayLike, mode="smart")
_ARRAY = re.compile(
    r"~numpy\.ndarray\[tuple\[~typing\.Any, \.\.\.\], ~numpy\.dtype\[(~\w+\.\w+)\]\]"
)
_PRIVATE = re.compile(r", _\w+: [^,\[)]*(\[[^\]]*\][^,)]*)?")


def _short_types(  # noqa: PLR0917 - Sphinx calls it by position
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """Write ArrayLike and NDArray as the source does, and leave private fields out."""
    signature = _shorten(signature)
    return signature and _PRIVATE.sub("", signature), _shorten(returned)


def _shorten(text: str | None) -> str | None:
    if text is None:
        return None
    text = text.replace(_ARRAY_LIKE, "~numpy.typing.ArrayLike")
    return _ARRAY.sub(r"~numpy.typing.NDArray[\1]", text)


def _show_codes(  # noqa: PLR0917 - Sphinx calls it by position
    app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object
) -> bool | None:
    """List the members of enumerations; the fields of a dataclass stand in its signature."""
    return False if isinstance(obj, Enum) else None


def setup(app: Sphinx) -> None:
    """Register what this project adds to Sphinx."""
    app.connect("autodoc-process-docstring", _no_type_before_colon, priority=400)
    app.connect("autodoc-process-signature", _short_types)
    app.connect("autodoc-skip-member", _show_codes)
    app.connect("missing-reference", _public_page)
