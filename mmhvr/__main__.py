# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""``python -m mmhvr``: the console command ``mmhvr``."""

from .cli import main

if __name__ == '__main__':
    main()
