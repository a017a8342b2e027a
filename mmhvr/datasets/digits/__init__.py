# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A small video data set of real handwriting, made on the spot."""
