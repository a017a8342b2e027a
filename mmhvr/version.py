# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The version of mmhvr; ``setup.py`` reads it without importing mmhvr."""

__version__ = '0.1.0'
version_info = tuple(int(part) for part in __version__.split('.'))

__all__ = ['__version__', 'version_info']
