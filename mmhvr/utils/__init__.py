# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The version guard and the registration of classes.

Nothing heavy is imported here: the guard must speak before MMDetection and
MMTracking do.
"""

from .registration import register_all_modules
from .version_guard import IncompatibleEnvironmentError, check_environment

__all__ = [
    'IncompatibleEnvironmentError',
    'check_environment',
    'register_all_modules',
]
