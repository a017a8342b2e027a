# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What ``mmhvr data check`` looks for beyond what the reader refuses.

Each check is a function of a file in columns, and adds findings of its kinds
(:data:`mmhvr.annotations.kinds.KINDS`).
"""

from .inspection import Beside, Inspection, inspect, mend_all

__all__ = ['Beside', 'Inspection', 'inspect', 'mend_all']
