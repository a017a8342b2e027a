# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Sphinx: every page of the project, and the API from its docstrings."""

import mmhvr

project = 'mmhvr'
author = 'mmhvr contributors'
copyright = author
release = version = mmhvr.__version__
extensions = [
    'myst_parser',
    'sphinx.ext.autodoc',
    'sphinx.ext.napoleon',
]
# The sources are the whole repository, so that the pages beside the code
# are in the site, too, and no link leads out of it.
root_doc = 'docs/index'
include_patterns = [
    '*.md',
    'docs/*.md',
    'docs/en/*.md',
    'configs/*.md',
    'configs/*/*.md',
    'tools/*/*.md',
]
myst_enable_extensions = ['dollarmath']
myst_heading_anchors = 4
autodoc_typehints = 'description'
autodoc_typehints_description_target = 'documented_params'
autodoc_member_order = 'bysource'
napoleon_google_docstring = True
napoleon_use_ivar = True
napoleon_use_rtype = False
html_theme = 'furo'
html_title = f'mmhvr {release}'
