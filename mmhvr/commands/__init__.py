# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The commands beside ``mmhvr detect`` and ``mmhvr doctor``."""
