# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import importlib.util
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools'
# Scripts import those beside them, as when they are run.
sys.path += [str(TOOLS), str(TOOLS / 'dev')]


@pytest.fixture
def load_tool():
    """Imports a script by its path under ``tools/``."""

    def load(path):
        name = 'tool_' + path.replace('/', '_')[: -len('.py')]
        spec = importlib.util.spec_from_file_location(name, TOOLS / path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
