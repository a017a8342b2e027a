# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Fill the registries of the host frameworks."""

import importlib
from contextlib import contextmanager
from typing import Iterator

SUBPACKAGES = (
    'models',
    'released',
    'datasets',
    'evaluation',
    'engine',
    'run',
    'visualization',
)
# The release candidate that MMTracking accepts and mmcv-lite has no wheel of.
ACCEPTED_MMCV = '2.0.0rc4'


@contextmanager
def accepted_mmcv() -> Iterator[None]:
    """Let MMTracking and MMClassification import mmcv-lite 2.0.0.

    Both assert on import that mmcv is older than 2.0.0. They see the number of
    its last release candidate, with which MMTracking was made; afterwards
    ``mmcv.__version__`` says again what is installed.
    """
    import mmcv

    installed = mmcv.__version__
    if installed == '2.0.0':
        mmcv.__version__ = ACCEPTED_MMCV
    try:
        yield
    finally:
        mmcv.__version__ = installed


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
    with accepted_mmcv():
        from mmtrack.utils import register_all_modules as register_mmtrack

        register_mmtrack(init_default_scope=init_default_scope)
    for name in SUBPACKAGES:
        importlib.import_module(f'mmhvr.{name}')
