# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which package an import failed for, and what mends it.

What shows in no metadata shows when a compiled module is loaded: it was built
for another torch or another numpy, or a library of the system is missing.
:func:`explain` knows the texts of these failures.
"""

import re
from typing import List, Mapping, Optional

from .compatibility import installed, numpy_command, torchvision_command
from .environment import Environment
from .problem import Problem
from .versions import MMCV_LITE, OPENCV, find_package, public

# Modules whose distribution has another name, beyond the table.
DISTRIBUTIONS = {'PIL': 'pillow', 'sklearn': 'scikit-learn', 'yaml': 'pyyaml'}

_FRAME = re.compile(r'^\s*File "([^"]+)", line \d+', re.M)
_LOADING = re.compile(
    r'undefined symbol|cannot open shared object file|Symbol not found'
)
_OLD_NUMPY = re.compile(
    r'numpy\.dtype size changed|compiled using NumPy 1|_ARRAY_API not found'
    r'|numpy\.core\.(multiarray|umath) failed to import'
    r'|compiled against (ABI|API) version'
)
_OF_SCREEN = re.compile(
    r'lib(GL|EGL|gthread-2\.0|glib-2\.0|SM|ICE|X\w+|xcb\w*)\.so[.\d]*: '
    'cannot open shared object file'
)
_MISSING = re.compile(r"No module named '([\w.]+)'")
_BUILT_FOR_OTHER = re.compile(
    r'operator torchvision::\w+ does not exist'
    r'|torchvision \S+ was built for another torch'
    r"|Couldn't load custom C\+\+ ops"
)
# Of a module that another numpy mends, or another build of it.
OTHER_NUMPY = 'its compiled module was built for another numpy than'
# Of the standard library, what a Python can be built without.
STANDARD_LIBRARY = (
    '_bz2',
    '_ctypes',
    '_curses',
    '_hashlib',
    '_lzma',
    '_sqlite3',
    '_ssl',
    '_tkinter',
    'distutils',
    'readline',
    'zlib',
)
# Frames that only pass an import on.
_PASSES_ON = ('numpy', 'mmhvr')


def explain(
    error_text: str, versions: Optional[Mapping[str, Optional[str]]] = None
) -> Optional[Problem]:
    """Find the cause of an import that failed.

    Args:
        error_text: The traceback, or the last line of it. A traceback names
            the package that was loaded; some last lines do not.
        versions: Name of a distribution -> its version, for the message and
            its command.

    Returns:
        What is wrong and what mends it, or None if the text is not known.

    Example:
        >>> found = explain("No module named 'pkg_resources'")
        >>> found.name, found.command
        ('setuptools', 'pip install "setuptools<80"')
    """
    versions = versions or {}
    last = error_text.strip().splitlines()[-1] if error_text.strip() else ''
    if _OLD_NUMPY.search(error_text):
        return _explain_numpy(error_text, versions)
    if _BUILT_FOR_OTHER.search(error_text):
        return _explain_torchvision(last, versions)
    screen = _OF_SCREEN.search(last)
    if screen is not None:
        return Problem(
            'opencv-python',
            versions.get('opencv-python'),
            'opencv-python-headless',
            f'its windows need {screen.group(0).split(":")[0]}, which this '
            'machine does not have',
            OPENCV,
        )
    if _LOADING.search(last):
        return _explain_loading(error_text, last, versions)
    missing = _MISSING.search(last)
    if missing is not None:
        return _explain_missing(missing.group(1), versions)
    return None


def _explain_numpy(
    text: str, versions: Mapping[str, Optional[str]]
) -> Problem:
    """Explain a compiled module of the years before numpy 2."""
    name = _distribution(_package_in(text) or 'a package')
    numpy = versions.get('numpy') or '2'
    if name in ('a package', 'torch'):
        command = numpy_command(Environment(versions))
    elif numpy.startswith(('0', '1')):
        # The newest build is for numpy 2: pip has to look for one that fits.
        command = f'pip install --force-reinstall {name} numpy=={numpy}'
    else:
        command = f'pip install --upgrade --force-reinstall --no-deps {name}'
    return Problem(
        name,
        versions.get(name),
        f'a build of it for numpy {numpy}',
        f'{OTHER_NUMPY} {numpy}',
        command,
    )


def _explain_torchvision(
    last: str, versions: Mapping[str, Optional[str]]
) -> Problem:
    """Explain a torchvision whose operators do not load."""
    torch = versions.get('torch')
    return Problem(
        'torchvision',
        versions.get('torchvision'),
        f'the torchvision that was made for torch {torch or ""}'.rstrip(),
        f'its operators do not load: {_short(last)}',
        torchvision_command(torch),
    )


def _explain_loading(
    text: str, last: str, versions: Mapping[str, Optional[str]]
) -> Optional[Problem]:
    """Explain a compiled module that the system refuses."""
    module = _package_in(last) or _package_in(text)
    if module is None and 'mmhvr/operators.py' in text:
        module = 'mmcv'  # which it loads, without a frame of mmcv's own
    if module == 'torchvision':
        return _explain_torchvision(last, versions)
    if module == 'mmcv':
        return Problem(
            'mmcv',
            versions.get('mmcv'),
            'mmcv-lite==2.0.0, or operators compiled for this torch',
            'its operators were compiled for another torch than '
            f'{versions.get("torch") or "the installed one"}: {_short(last)}',
            'export MMHVR_OPERATORS=torchvision, or '
            f'pip uninstall -y mmcv mmcv-lite && {MMCV_LITE}',
        )
    if module is None:
        return None
    name = _distribution(module)
    also = ' torchvision' if name == 'torch' else ''
    no_deps = '' if name == 'torch' else ' --no-deps'
    return Problem(
        name,
        versions.get(name),
        'a build of it that loads',
        f'its compiled module does not load: {_short(last)}',
        f'pip install --force-reinstall{no_deps} {name}{also}',
    )


def _explain_missing(
    module: str, versions: Mapping[str, Optional[str]]
) -> Optional[Problem]:
    """Explain a module that is not there."""
    top = module.split('.')[0]
    if top == 'mmhvr':
        return None
    if top == 'pkg_resources':
        top = 'setuptools'
    if top in STANDARD_LIBRARY:
        return _explain_standard_library(module)
    package = find_package(top)
    if package is None:
        name = _distribution(top)
        return Problem(
            name,
            None,
            name,
            f"there is no module '{module}'",
            f'pip install {name}',
            'is not installed',
        )
    serving, found = installed(package, Environment(versions))
    if found is None or top == 'setuptools':
        what = 'is not installed' if found is None else 'does not work'
        return Problem(
            package.name,
            found,
            package.needed,
            package.why,
            package.command,
            what,
        )
    again = f'{serving}=={public(found)}'
    return Problem(
        serving,
        found,
        package.needed,
        f"its files are not complete: there is no module '{module}'",
        f'pip install --force-reinstall --no-deps {again}',
    )


def _explain_standard_library(module: str) -> Problem:
    """Explain a part of Python itself that is missing."""
    if module.split('.')[0] == 'distutils':
        package = find_package('setuptools')
        assert package is not None
        return Problem(
            package.name,
            None,
            package.needed,
            'it brings distutils, which CPython 3.12 and newer do not have',
            package.command,
            'is not installed',
        )
    return Problem(
        'python',
        None,
        'a CPython with its whole standard library',
        f"this one was built without '{module}': a library was missing",
        'apt-get install libbz2-dev libffi-dev liblzma-dev libssl-dev '
        'zlib1g-dev  # and build it anew, or take another Python',
    )


def _package_in(text: str) -> Optional[str]:
    """Return the installed package that a text names last.

    That of the last frame of a traceback, or of the path of a library.
    """
    paths: List[str] = _FRAME.findall(text) or [text]
    for path in reversed(paths):
        parts = re.split(r'(?:site|dist)-packages/', path)
        if len(parts) > 1:
            name = re.split(r'[/.]', parts[-1])[0]
            if name not in _PASSES_ON:
                return name
    return None


def _distribution(module: str) -> str:
    """Return the distribution to install for a module."""
    package = find_package(module)
    if package is not None and package.aliases and module == 'cv2':
        return package.aliases[0]
    return DISTRIBUTIONS.get(module, package.name if package else module)


def _short(line: str) -> str:
    """Return a line of a traceback, no longer than fits a message."""
    return line if len(line) <= 160 else line[:157] + '...'
