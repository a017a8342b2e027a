# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Looks for the configs of mmhvr as mim does. Run as a script, not imported.

Standard library and mim only.
"""

import os
import traceback
from pathlib import Path

# A script has no package; the parent names the folder of this file.
from probe_imports import say


def look_for_configs() -> None:
    """Say how many configs mim finds by their file names."""
    from mim.utils import get_installed_path, is_installed, recursively_find

    if not is_installed('mmhvr'):
        say(step='mim', state='done', installed=False, configs=0, doubled=[])
        return
    root = get_installed_path('mmhvr')
    names = []
    for _, folders, files in os.walk(
        Path(root, '.mim', 'configs'), followlinks=True
    ):
        if '_base_' in folders:
            folders.remove('_base_')  # parts of configs, named by their path
        names += [name for name in files if name.endswith('.py')]
    # mim refuses a name that it finds twice.
    counts = {
        name: len(recursively_find(root, name, followlinks=True))
        for name in names
    }
    say(
        step='mim',
        state='done',
        installed=True,
        folder=root,
        configs=sum(count == 1 for count in counts.values()),
        doubled=sorted(name for name in counts if counts[name] > 1),
    )


if __name__ == '__main__':
    say(step='mim', state='begun')
    try:
        look_for_configs()
    except BaseException:
        say(
            step='mim',
            state='failed',
            text=traceback.format_exc(),
            problems=[],
        )
