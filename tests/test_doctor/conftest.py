# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A virtual environment of packages that are not there but in name.

Its ``mmhvr`` is the real one but for the subpackages that it registers.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import packaging
import pytest

from mmhvr.utils.registration import SUBPACKAGES

ROOT = Path(__file__).resolve().parents[2]
TORCH = """
__version__ = '2.14.1'
class Tensor: pass
class dtype: pass
float16 = bfloat16 = float32 = None
class cuda: is_available = staticmethod(lambda: False)
class version: cuda = None
class ops:
    class torchvision: nms = roi_align = None
"""
MIM = """
import os.path as osp
get_installed_path = lambda name: osp.join(
    osp.dirname(osp.dirname(__file__)), name)
is_installed = lambda name: True
def recursively_find(root, base_name, followlinks=False):
    import os
    return [osp.join(f, base_name) for f, _, names in
            os.walk(root, followlinks=followlinks) if base_name in names]
"""
# Distribution, version, module, its source.
GOOD = (
    ('numpy', '2.5.5', 'numpy', "__version__ = '2.5.5'"),
    ('torch', '2.14.1', 'torch', TORCH),
    ('torchvision', '0.29.0', 'torchvision', "__version__ = '0.29.0'"),
    ('mmengine', '0.10.7', 'mmengine', ''),
    ('mmcv-lite', '2.0.0', 'mmcv', "__version__ = '2.0.0'"),
    ('mmdet', '3.0.0rc4', 'mmdet', ''),
    ('mmcls', '1.0.0rc5', 'mmcls', ''),
    ('mmtrack', '1.0.0rc1', 'mmtrack', ''),
    ('trackeval', '1.0.1', 'trackeval', ''),
    ('opencv-python-headless', '5.0.0', 'cv2', "__version__ = '5.0.0'"),
    ('setuptools', '79.0.1', 'setuptools', ''),
    ('openmim', '0.3.9', 'mim', ''),
)


class FakeEnvironment:
    """A virtual environment in which all is well, to be broken.

    Attributes:
        python: Its interpreter.
        site: Its site-packages.
        distributions: What is installed at first.
    """

    distributions = GOOD

    def __init__(self, root: Path) -> None:
        subprocess.run(
            [sys.executable, '-m', 'venv', '--without-pip', str(root)],
            check=True,
        )
        self.python = root / 'bin' / 'python'
        (self.site,) = root.glob('lib/python*/site-packages')
        for distribution in self.distributions:
            self.install(*distribution)
        self.require('torchvision', 'torch (==2.14.1)')
        (self.site / 'mmtrack' / 'utils.py').write_text(
            'def register_all_modules(init_default_scope): pass'
        )
        (self.site / 'mim' / 'utils.py').write_text(MIM)
        folder = Path(packaging.__file__).parent
        (self.site / 'packaging').symlink_to(folder)
        self._link_mmhvr()

    def install(self, name, version, module, source='', record=True):
        """Write the metadata of a distribution, and its module."""
        stem = f'{name.replace("-", "_")}-{version}.dist-info'
        info = self.site / stem
        info.mkdir()
        (info / 'METADATA').write_text(
            f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n'
        )
        if record:
            (info / 'RECORD').write_text(f'{module}/__init__.py,,\n')
        self.write(f'{module}/__init__.py', source)

    def write(self, file, source):
        """Write a file of site-packages."""
        path = self.site / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)

    def require(self, name, requirement):
        """Let a distribution need another one."""
        (path,) = self.site.glob(f'{name}-*.dist-info/METADATA')
        lines = [x for x in path.read_text().splitlines() if 'Requ' not in x]
        lines.append(f'Requires-Dist: {requirement}\n')
        path.write_text('\n'.join(lines))

    def uninstall(self, name, module=None):
        """Remove the metadata of a distribution, and its module."""
        (info,) = self.site.glob(f'{name.replace("-", "_")}-*.dist-info')
        shutil.rmtree(info)
        if module is not None:
            shutil.rmtree(self.site / module)

    def run(self, *words, **variables):
        """Run a command in a folder without mmhvr."""
        kept = {k: v for k, v in os.environ.items() if k[:5] != 'MMHVR'}
        kept.pop('PYTHONPATH', None)
        return subprocess.run(
            [str(self.python), *words],
            cwd=str(self.site.parent),
            env={**kept, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=60,
        )

    def doctor(self, **variables):
        """The exit status and the JSON of ``mmhvr doctor``."""
        done = self.run('-m', 'mmhvr_command', 'doctor', '--json', **variables)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def _link_mmhvr(self) -> None:
        """The real package, without what needs the real host packages."""
        (self.site / 'mmhvr').mkdir()
        for name in SUBPACKAGES:
            self.write(f'mmhvr/{name}/__init__.py', '')
        for path in (ROOT / 'mmhvr').iterdir():
            target = self.site / 'mmhvr' / path.name
            if path.name in ('utils', 'doctor'):
                shutil.copytree(path, target)
            elif path.suffix == '.py':
                shutil.copy(path, target)
        shutil.copy(ROOT / 'mmhvr_command.py', self.site)
        for config in ('a', 'b'):
            self.write_config(f'{config}.py')
        self.write_config('_base_/base.py')

    def write_config(self, name):
        """Write a file where mim looks for configs."""
        path = self.site / 'mmhvr' / '.mim' / 'configs' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('')


@pytest.fixture
def fake(tmp_path):
    """An environment in which all is well."""
    return FakeEnvironment(tmp_path / 'venv')
