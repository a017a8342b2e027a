# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Imports the packages, one after the other. Run as a script, not imported.

Each step is announced before it is tried, so that the one that crashes or
hangs is known. Standard library only.
"""

import importlib
import json
import traceback
from typing import Any, Callable, Dict

MARK = 'mmhvr-probe '


def say(**what: Any) -> None:
    """Write a line that the parent process reads."""
    print(MARK + json.dumps(what), flush=True)


def run_step(name: str, function: Callable[[], Dict[str, Any]]) -> None:
    """Do one step, and say how it went."""
    say(step=name, state='begun')
    try:
        found = function()
    except BaseException as error:
        # The version guard has found out what is wrong by itself.
        problems = [tuple(p) for p in getattr(error, 'problems', ())]
        say(
            step=name,
            state='failed',
            text=traceback.format_exc(),
            problems=problems,
        )
    else:
        say(step=name, state='done', **found)


def look_at(name: str) -> Dict[str, Any]:
    """Return a package's own version."""
    module = importlib.import_module(name)
    return dict(version=str(module.__version__))


def look_at_torch() -> Dict[str, Any]:
    """Return the version of torch, its CUDA, and the GPUs that it sees."""
    found = look_at('torch')
    torch = importlib.import_module('torch')
    gpus = []
    if torch.cuda.is_available():
        for i in range(torch.cuda.device_count()):
            gpus.append(torch.cuda.get_device_name(i))
    return dict(found, cuda=torch.version.cuda, gpus=gpus)


def look_at_mmhvr() -> Dict[str, Any]:
    """Import mmhvr as a program does; whose operators serve."""
    importlib.import_module('mmhvr')
    operators = importlib.import_module('mmhvr.operators')
    return dict(serving=operators.serving())


if __name__ == '__main__':
    for module in ('numpy', 'cv2'):
        run_step(module, lambda: look_at(module))
    run_step('torch', look_at_torch)
    run_step('torchvision', lambda: look_at('torchvision'))
    run_step('mmhvr', look_at_mmhvr)
