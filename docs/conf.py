"""How Sphinx builds the site: Markdown pages, the API from docstrings, and the lecture's scripts, which are run.

`pip install -e '.[docs]'`, then `python -m sphinx -W --keep-going docs docs/_build`, and open docs/_build/index.html.
Nothing is fetched from the network, neither by the build nor by the pages.
"""

import sys
from pathlib import Path

import fastlc

sys.path.insert(0, str(Path(__file__).parent))
import pages

pages.write()

project = "fastlc"
author = "the authors of fastlc"
version = release = fastlc.__version__

extensions = [
    "myst_parser",  # pages in Markdown
    "numpydoc",  # docstrings
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",  # a page for each function of docs/api/*.rst
    "sphinx_copybutton",  # copies examples without their >>>
    "sphinx_gallery.gen_gallery",  # docs/lecture/NN_*.py, run, to docs/gallery
]
exclude_patterns = ["_build", "lecture/*", "api/backreferences"]
templates_path = ["_templates"]

smartquotes = False  # 'mean' is a string of Python
default_role = "py:obj"  # `name` in a docstring is a link if there is a page of that name
autodoc_typehints = "none"  # the fields of a docstring say more: shapes
autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # docs/_templates/autosummary/class.rst does
copybutton_prompt_text = ">>> |... |\\$ "
copybutton_prompt_is_regexp = True
myst_heading_anchors = 3

sphinx_gallery_conf = {
    "examples_dirs": "lecture",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/\d\d_",
    "ignore_pattern": r"/(?!\d\d_)[^/]*\.py$",
    "within_subsection_order": "FileNameSortKey",
    "capture_repr": (),  # what a script prints, as in a terminal
    "image_srcset": ["2x"],
    "doc_module": ("fastlc",),
    "reference_url": {"fastlc": None},  # names in a script are links to the API, and
    "backreferences_dir": "api/backreferences",  # the pages of the API to the scripts
    "notebook_extensions": set(),
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "min_reported_time": 1e9,
}

html_theme = "pydata_sphinx_theme"
html_title = "fastlc"
html_static_path = ["_static"]
html_css_files = ["fastlc.css"]
html_sidebars = {"*": []}  # pages that have none below them
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": {"*": ["page-toc"], "index": [], "api/*": ["page-toc"]},
    "footer_start": [],
    "footer_end": [],
}
