"""Sphinx's configuration. Pages that come from code are written before the build."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # _pages, and the benchmarks' reports

import _pages  # noqa: E402

import sklearn_crossl  # noqa: E402

project = "sklearn-crossl"
copyright = "the sklearn-crossl developers"
version = release = sklearn_crossl.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
]
exclude_patterns = ["_build", "_templates", "benchmarks/_*", "**sg_execution_times.rst"]
templates_path = ["_templates"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3
autosummary_generate = True
autodoc_typehints = "none"  # the docstrings have the types
autosummary_ignore_module_all = False
numpydoc_show_class_members = False  # the pages' template lists methods
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "unsrtalpha"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
suppress_warnings = ["config.cache"]  # of the gallery's own functions

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"^_",
    "doc_module": ("sklearn_crossl",),
    "backreferences_dir": "api/examples",
    "within_subsection_order": "_pages.ByLesson",
    "matplotlib_animations": False,
    "show_memory": False,
    "min_reported_time": 1,
    "remove_config_comments": True,
    "download_all_examples": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "sklearn-crossl"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "sklearn-crossl"},
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 9,
    "navbar_persistent": ["search-button"],
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
}
html_sidebars = {
    "index": [],
    "contributing": [],
    "getting_started": [],
    "paper": [],
    "glossary": [],
    "changelog": [],
}


def skip_request_methods(app, what, name, member, skip, options):
    """Leave out the set_..._request that scikit-learn adds: its links are its own."""
    is_request = name.startswith("set_") and name.endswith("_request")
    return True if is_request else None


def setup(app):
    """Write the pages that come from code and from measured results."""
    app.connect("autodoc-skip-member", skip_request_methods)
    _pages.write_api(HERE / "api")
    _pages.write_datasets(HERE / "datasets")
    _pages.write_benchmarks(HERE.parent / "benchmarks" / "results", HERE / "benchmarks")
