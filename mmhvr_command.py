# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the console command ``mmhvr`` runs.

``mmhvr doctor`` has to run where ``import mmhvr`` does not. So this module
lies beside the package, and for this one command it puts a bare package in
its place, whose modules can be imported and whose ``__init__`` does not run.
"""

import sys
from importlib.util import find_spec
from types import ModuleType


def main() -> None:
    """Return the console command ``mmhvr``."""
    if sys.argv[1:2] == ['doctor']:
        make_bare_package()
        try:
            from mmhvr.doctor import main as doctor
        except ImportError as error:  # nothing to compare versions with
            raise SystemExit(f'error: {error}')
        raise SystemExit(doctor(sys.argv[2:]))
    try:
        from mmhvr.cli import main as cli
    except ImportError as error:
        if hasattr(error, 'problems'):  # it says what mends it
            raise SystemExit(f'error: {error}')
        raise
    cli()


def make_bare_package() -> None:
    """Put a package ``mmhvr`` in place without running its ``__init__``."""
    spec = find_spec('mmhvr')
    if spec is None or spec.submodule_search_locations is None:
        raise SystemExit(
            f'error: the package mmhvr was not found by {sys.executable}; '
            'install it'
        )
    package = ModuleType('mmhvr')
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    sys.modules['mmhvr'] = package


if __name__ == '__main__':
    main()
