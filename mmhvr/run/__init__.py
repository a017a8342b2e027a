# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What stands behind ``mim train`` and ``mim test``.

``tools/train.py`` is a thin shell over :func:`configure_training` and
:func:`run_training`, ``tools/test.py`` one over :func:`configure_testing` and
:func:`run_testing`.
"""

from .checkpoint import CheckpointCheckHook
from .testing import configure_testing, run_testing
from .training import configure_training, run_training

__all__ = [
    'CheckpointCheckHook',
    'configure_testing',
    'configure_training',
    'run_testing',
    'run_training',
]
