# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Make the environment: packages, mmcv's operators, mmhvr.

Each stage looks at what is there and does only what is missing, so that a
set-up that was interrupted anywhere is picked up by the next one. A stamp,
written last, lets a finished environment pass in a moment. Standard library
only; run it through ``make env``.
"""

import argparse
import fcntl
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict

from env_pip import default_jobs, find_uv_settings, pip_environment
from env_plan import forget
from env_run import CommandError, minutes, run, run_with_progress, say
from env_state import LOCKS, ROOT, SOURCE, STAMP, EnvironmentState

NEEDED_GIB = 8  # 5 for the environment, the rest for pip's downloads

# Runs in the environment, from another folder than the checkout.
CHECK_COMPILED = (
    'import lap, torch, mmcv._ext; from mmcv.ops import nms, roi_align'
)
CHECK_ALL = """
import os, sys
sys.path.insert(0, sys.argv[1])
from mmhvr_command import make_bare_package
make_bare_package()
from mmhvr.utils.version_guard import check_environment
check_environment()
from mim.utils import get_installed_path
found = os.path.join(get_installed_path('mmhvr'), '.mim', 'configs')
if os.path.realpath(found) != os.path.join(sys.argv[1], 'configs'):
    sys.exit('mim looks for the configs of mmhvr in %s' % found)
"""


class SetupError(RuntimeError):
    """Something that the user has to mend, with the remedy."""


class Environment(EnvironmentState):
    """The stages that bring an environment to the state that it should have.

    Each may be run again: it does nothing if nothing is left to do.
    """

    def succeeds(self, source: str, *arguments: str) -> bool:
        """Whether a line of Python runs in the environment."""
        command = [str(self.python), '-I', '-c', source, *arguments]
        try:
            code = subprocess.call(
                command,
                cwd=tempfile.gettempdir(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:  # no interpreter there, or a link to nothing
            return False
        return code == 0

    def pip_env(self) -> Dict[str, str]:
        """Return the environment variables that pip gets."""
        config = subprocess.run(
            [str(self.python), '-m', 'pip', 'config', 'list'],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ).stdout.decode(errors='replace')
        return pip_environment(
            os.environ, find_uv_settings(os.environ), config
        )

    def pip_install(self, *arguments: str) -> None:
        """Run ``pip install --no-deps`` with its output on screen."""
        command = [str(self.python), '-m', 'pip', 'install', '--no-deps']
        extra = ['--disable-pip-version-check', *arguments]
        run(command + extra, self.pip_env())

    def create(self) -> None:
        """Make the empty environment, unless there is a sound one."""
        config = self.venv / 'pyvenv.cfg'
        if self.venv.exists() and not config.exists():
            if any(self.venv.iterdir()):
                raise SetupError(
                    f'{self.venv} exists but is no virtual environment. '
                    'Move it away, or choose another: make env VENV=...'
                )
        # A moved environment has the old path in all of its scripts.
        probe = (
            'import pip, sys; from os.path import samefile; '
            'sys.exit(not (sys.version_info[1] == int(sys.argv[1]) and '
            'samefile(sys.prefix, sys.argv[2])))'
        )
        minor = str(sys.version_info[1])
        pip = self.venv / 'bin' / 'pip'
        scripts = str(pip.parent).encode()
        moved = pip.exists() and scripts not in pip.read_bytes()
        if not moved and self.succeeds(probe, minor, str(self.venv)):
            return
        if self.venv.exists():
            say(f'Removing {self.venv}: incomplete, moved or another Python.')
            shutil.rmtree(self.venv)
        free = shutil.disk_usage(self.venv.parent).free / (1 << 30)
        if free < NEEDED_GIB:
            raise SetupError(
                f'{self.venv.parent} has {free:.1f} GiB of free space; the '
                f'environment needs {NEEDED_GIB} GiB. Make room, or choose '
                'another place: make env VENV=/elsewhere/venv'
            )
        say(f'Making {self.venv} with CPython {platform.python_version()}.')
        command = [sys.executable, '-I', '-m', 'venv', str(self.venv)]
        run(command, dict(os.environ))

    def install_packages(self) -> None:
        """Bring the packages to the versions of the lock file."""
        plan = self.plan_for(self.lock)
        if not plan.install:
            return
        say(
            f'Installing {len(plan.install)} packages of {self.lock.name} '
            '(the first time: about 2.5 GB of downloads).'
        )
        forget(plan, self.site_packages)
        tools = [
            one
            for one in plan.install
            if one.split('==')[0] in ('pip', 'setuptools', 'wheel')
        ]
        if tools:
            self.pip_install(*tools)
        self.pip_install('--no-build-isolation', *plan.install)
        rest = self.plan_for(self.lock).install
        if rest:
            raise SetupError(
                f'pip ended well, but these are not in place: {rest}. '
                f'Remove {self.venv} and run the command again.'
            )

    def compile_source(self) -> None:
        """Compile mmcv's operators, unless they are there and load."""
        plan = self.plan_for(SOURCE)
        if not plan.install and self.succeeds(CHECK_COMPILED):
            return
        compiler = os.environ.get('CXX', 'c++').split()[0]
        if shutil.which(compiler) is None:
            raise SetupError(
                f"The compiler '{compiler}' was not found, and mmcv's "
                'operators have to be compiled. On Debian and Ubuntu: '
                'apt-get install g++ (or set CXX to a C++ compiler).'
            )
        forget(plan, self.site_packages)
        log = self.venv / 'mmcv-build.log'
        say(
            "Getting mmcv with its operators: from pip's cache or, once, by "
            'compiling them, which takes about ten minutes on two cores.'
        )
        say(f'    details: {log}')
        env = self.pip_env()
        env['MMCV_WITH_OPS'] = '1'
        env.setdefault('MAX_JOBS', default_jobs())
        # ninja and the compilers of an activated environment come first
        env['PATH'] = f'{self.python.parent}:{env.get("PATH", "")}'
        command = [str(self.python), '-m', 'pip', 'install', '-v', '--no-deps']
        command += ['--no-build-isolation', '--no-binary', 'lap,mmcv']
        command += ['-r', str(SOURCE)]
        fresh = ['--no-cache-dir', '--force-reinstall']
        if env.get('FORCE_CUDA') == '1':
            command += fresh  # a wheel in pip's cache may be for the CPU only
        spent = run_with_progress(command, env, log)
        if not self.succeeds(CHECK_COMPILED):
            say('    what was there does not load with this torch: compiling')
            spent = run_with_progress(command + fresh, env, log)
        if not self.succeeds(CHECK_COMPILED):
            raise SetupError(
                f'mmcv was compiled but cannot be imported; see {log} and '
                f'{self.python} -c "{CHECK_COMPILED}"'
            )
        say(f'    done in {minutes(spent)}')

    def install_mmhvr(self) -> None:
        """Install mmhvr so that an edit counts at once and mim finds it."""
        say('Installing mmhvr (editable).')
        self.pip_install(
            '-q', '--no-build-isolation', '--no-use-pep517', '-e', str(ROOT)
        )

    def verify(self) -> None:
        """Ask the version guard and mim itself, from another folder."""
        command = [str(self.python), '-I', '-c', CHECK_ALL, str(ROOT)]
        run(command, dict(os.environ), cwd=Path(tempfile.gettempdir()))

    def set_up(self) -> None:
        """Run the stages that are needed, and write the stamp at the end."""
        self.create()
        has_packages = self.has_packages()
        (self.venv / STAMP).unlink(missing_ok=True)
        if not has_packages:
            self.install_packages()
            self.compile_source()
        self.install_mmhvr()
        self.verify()
        self.write_stamp(self.digests)
        say(f'The environment is ready: {self.venv}')


def main() -> int:
    """Read the arguments, and let one set-up run at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--venv', type=Path, default=ROOT / '.venv')
    parser.add_argument(
        '--check',
        action='store_true',
        help='only say by the exit code whether it is ready',
    )
    args = parser.parse_args()
    minor = sys.version_info[1]
    if not (LOCKS / f'py3{minor}.txt').exists():
        if not args.check:
            say(f'There is no lock file for CPython 3.{minor}.')
        return 1
    environment = Environment(args.venv.resolve(), minor)
    if environment.is_ready():
        return 0
    if args.check:
        return 1
    if (platform.system(), platform.machine()) != ('Linux', 'x86_64'):
        say(
            'The lock files are for Linux on x86-64. Elsewhere, install the '
            'packages of requirements/runtime.txt and mmhvr by hand.'
        )
        return 1
    lock_path = args.venv.resolve().with_name(args.venv.name + '.lock')
    with open(lock_path, 'w') as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say('Another set-up is running; waiting for it to end.')
            fcntl.flock(stream, fcntl.LOCK_EX)
        if environment.is_ready():
            return 0
        try:
            environment.set_up()
        except (SetupError, CommandError) as error:
            say(f'\nThe set-up stopped: {error}')
            say('What is done so far is kept; run the command again to go on.')
            return 1
        except KeyboardInterrupt:
            say('\nInterrupted; run the command again to go on.')
            return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
