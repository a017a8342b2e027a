# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net: video object detection with hierarchical relations.

Importing mmhvr first checks the versions of the packages that it stands on
(see :mod:`mmhvr.utils.version_guard`), gives mmcv operators where it has none
(:mod:`mmhvr.operators`) and then registers its own classes and those of
MMTracking and MMDetection, so that a config needs no more than
``custom_imports = dict(imports=['mmhvr'])``.
"""

from .utils import (
    check_environment,
    explained_imports,
    register_all_modules,
)
from .version import __version__, version_info

check_environment()
with explained_imports():
    # The packages that have been checked may be imported from here on,
    # mmcv.ops only after the second line.
    from .operators import install_operators

    install_operators()
    register_all_modules()

__all__ = ['__version__', 'version_info', 'register_all_modules']
