# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Detect in a video: ``mmhvr detect`` as a script; see ``--help``."""

from mmhvr.cli import detect_main

if __name__ == '__main__':
    detect_main()
