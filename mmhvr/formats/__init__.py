# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Exports of annotation tools, read into one neutral form."""
