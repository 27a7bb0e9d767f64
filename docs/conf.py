"""Settings of the documentation site: `make docs` builds it into build/site."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.make import reference  # after the path that it is found by

project = "nanonet"
author = "The nanonet developers"
copyright = "2026, The nanonet developers"  # Sphinx's name
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["make", "templates", "examples", "results/report"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "nanonet"
html_show_sourcelink = False
html_copy_source = False
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "set_fit_request, set_predict_request, set_score_request"}
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
suppress_warnings = ["myst.header", "ref.python"]

reference.write(Path(__file__).parent / "reference")
