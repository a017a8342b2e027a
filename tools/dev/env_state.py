# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What an environment is, compared with what it should be. Reads only."""

import hashlib
import json
import os
from pathlib import Path
from typing import Dict, List

from env_plan import Plan, make_plan, read_installed, read_lock

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / 'requirements' / 'lock'
SOURCE = LOCKS / 'source.txt'
STAMP = 'mmhvr-env.json'


def digest(files: List[Path]) -> str:
    """Hash the place of the checkout and the content of files."""
    hasher = hashlib.sha256(str(ROOT).encode())
    for file in files:
        hasher.update(file.name.encode() + b'\0' + file.read_bytes())
    return hasher.hexdigest()


class EnvironmentState:
    """The state of the environment in one folder.

    Args:
        venv: The folder.
        minor: Minor version of CPython 3 that it is for.
    """

    def __init__(self, venv: Path, minor: int) -> None:
        self.venv = venv
        self.minor = minor
        self.python = venv / 'bin' / 'python'
        self.site_packages = venv / f'lib/python3.{minor}/site-packages'
        self.lock = LOCKS / f'py3{minor}.txt'
        scripts = sorted(Path(__file__).parent.glob('*env*.py'))
        package = ['setup.py', 'setup.cfg', 'mmhvr/version.py']
        self.digests = {
            'packages': digest([self.lock, SOURCE] + scripts),
            'mmhvr': digest([ROOT / name for name in package]),
        }

    def read_stamp(self) -> Dict[str, str]:
        """Return what the last finished set-up was made for."""
        try:
            return json.loads((self.venv / STAMP).read_text())
        except (OSError, ValueError):
            return {}

    def write_stamp(self, stamp: Dict[str, str]) -> None:
        """Replace the stamp in one step."""
        temporary = self.venv / (STAMP + '.new')
        temporary.write_text(json.dumps(stamp))
        os.replace(temporary, self.venv / STAMP)

    def plan_for(self, file: Path) -> Plan:
        """Compare what is installed with one of the lock files."""
        lock = read_lock(file.read_text(encoding='utf-8'), self.minor)
        return make_plan(lock, read_installed(self.site_packages))

    def has_packages(self) -> bool:
        """Whether the packages are those of a finished set-up."""
        return (
            self.read_stamp().get('packages') == self.digests['packages']
            and not self.plan_for(self.lock).install
            and not self.plan_for(SOURCE).install
        )

    def is_ready(self) -> bool:
        """Whether nothing is to be done."""
        return (
            self.read_stamp() == self.digests
            and self.has_packages()
            and (self.site_packages / 'mmhvr.egg-link').is_file()
            and (ROOT / 'mmhvr.egg-info').is_dir()
            and (ROOT / 'mmhvr' / '.mim' / 'configs').is_dir()
        )
