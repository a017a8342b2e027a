# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Fill the registries of the host frameworks."""

import importlib

SUBPACKAGES = ('models', 'datasets', 'evaluation', 'engine', 'visualization')


def register_all_modules(init_default_scope: bool = False) -> None:
    """Register the classes of mmhvr, MMTracking and MMDetection.

    MMTracking's registries do not know where its classes live: a class can be
    built only after something has imported its module. ``import mmhvr`` calls
    this function; scripts that build parts without a runner may call it with
    ``init_default_scope=True``.

    Args:
        init_default_scope: Whether to make ``mmtrack`` the default scope, in
            which names without a prefix are looked up. A runner does that by
            itself, from ``default_scope`` in its config.
    """
    from mmtrack.utils import register_all_modules as register_mmtrack

    register_mmtrack(init_default_scope=init_default_scope)
    for name in SUBPACKAGES:
        importlib.import_module(f'mmhvr.{name}')
