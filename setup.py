# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Install mmhvr, with configs, tools, demo and model-index.yml for mim.

mim finds the configs and tools of a package in ``PACKAGE/.mim``. A wheel gets
copies of them there. An editable install gets relative links in the source
tree, so that an edited config counts at once.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Dict, List

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.develop import develop

ROOT = Path(__file__).resolve().parent
MIM_ITEMS = ('configs', 'tools', 'demo', 'model-index.yml')

PEP660_MESSAGE = """
mim cannot find the configs of an editable install of this kind (PEP 660),
since it leaves nothing but a pointer in site-packages. Choose one of these:
  pip install .                       (not editable, always works)
  make env                            (editable, in a new .venv)
  python setup.py develop --no-deps   (editable; with setuptools < 80)
"""


def read_version() -> str:
    """Return ``__version__`` without importing mmhvr."""
    scope: Dict[str, str] = {}
    exec((ROOT / 'mmhvr' / 'version.py').read_text(encoding='utf-8'), scope)
    return scope['__version__']


def read_requirements(name: str) -> List[str]:
    """Return the requirements in ``requirements/NAME.txt``."""
    text = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8')
    lines = (line.split('#')[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def ignore_leftovers(folder: str, names: List[str]) -> List[str]:
    """Return the names that are not to be copied: caches, tools/dev."""
    if Path(folder) == ROOT / 'tools':
        return [name for name in names if name in ('dev', '__pycache__')]
    return [name for name in names if name == '__pycache__']


def copy_mim_items(target: Path) -> None:
    """Copy what mim looks for into ``target``, replacing what is there."""
    if target.is_symlink():
        target.unlink()
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for item in MIM_ITEMS:
        source = ROOT / item
        if source.is_dir():
            shutil.copytree(source, target / item, ignore=ignore_leftovers)
        else:
            shutil.copy2(source, target / item)


def link_mim_items(target: Path) -> None:
    """Put relative links to what mim looks for into ``target``."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for item in MIM_ITEMS:
        source = os.path.relpath(ROOT / item, target)
        (target / item).symlink_to(source)


class BuildWithMim(build_py):
    """Build into an empty folder, and add the copies for mim."""

    def run(self) -> None:
        """Build; a module that was deleted since must not come along."""
        package = Path(self.build_lib) / 'mmhvr'
        shutil.rmtree(package, ignore_errors=True)
        super().run()
        copy_mim_items(package / '.mim')


class DevelopWithMim(develop):
    """Editable install, with links for mim in the source tree."""

    def run(self) -> None:
        """Link first, so that an interrupted install shows as missing."""
        if not self.uninstall:
            link_mim_items(ROOT / 'mmhvr' / '.mim')
        super().run()

    def write_script(self, script_name, contents, mode='t', *ignored) -> None:
        """Write the console command without ``__requires__``.

        With it pkg_resources, which mmengine imports, insists on the
        opencv-python that mmengine names, though opencv-python-headless is
        there. And sh starts the interpreter: after ``#!`` its path could
        have no blank.
        """
        lines = contents.splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith('__requires__')]
        start = f'\'\'\'exec\' "{sys.executable}" "$0" "$@"\n'
        kept[:1] = ['#!/bin/sh\n', start, "' '''\n"]
        super().write_script(script_name, ''.join(kept), mode, *ignored)


if __name__ == '__main__':
    if 'editable_wheel' in sys.argv:
        raise SystemExit(PEP660_MESSAGE)
    setup(
        version=read_version(),
        install_requires=read_requirements('runtime'),
        extras_require={'tests': read_requirements('tests')},
        cmdclass={'build_py': BuildWithMim, 'develop': DevelopWithMim},
    )
