# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Own videos in: exports of annotation tools become a data set."""
