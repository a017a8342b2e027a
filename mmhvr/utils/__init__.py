# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The version guard and the registration of classes.

Nothing heavy is imported here: the guard must speak before MMDetection and
MMTracking do.
"""

from .problem import IncompatibleEnvironmentError
from .registration import register_all_modules
from .version_guard import check_environment, explained_imports

__all__ = [
    'IncompatibleEnvironmentError',
    'check_environment',
    'explained_imports',
    'register_all_modules',
]
