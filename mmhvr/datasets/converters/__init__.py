# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Conversion of data sets to the annotation files that mmhvr reads."""
