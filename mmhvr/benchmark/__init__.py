# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a test frame and an iteration of training cost."""
