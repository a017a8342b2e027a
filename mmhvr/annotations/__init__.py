# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""COCO and CocoVID annotation files: one reader, one set of rules.

Training, evaluation, converters and pictures all read through here, so that
none of them sees other boxes than the others (docs/en/data.md, "What is
read").
"""
