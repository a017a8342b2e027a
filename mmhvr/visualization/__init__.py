# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Pictures and videos that a person looks at."""

from .hook import VIDVisualizationHook

__all__ = [
    'VIDVisualizationHook',
]
