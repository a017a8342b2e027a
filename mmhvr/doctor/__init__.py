# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``mmhvr doctor``: what is installed, what is wrong, and what mends it.

It has to run where ``import mmhvr`` does not: nothing here needs more than
the standard library and :mod:`mmhvr.utils`, and what may fail, crash or hang
is tried in processes of its own.
"""

from .command import add_doctor_arguments, doctor, main

__all__ = ['add_doctor_arguments', 'doctor', 'main']
