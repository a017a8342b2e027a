# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What is wrong, each cause once: of metadata first, then of the imports."""

import os
import shutil
from typing import Dict, List, Optional, Set

from ..utils.environment import Environment, site_packages
from ..utils.explain import OTHER_NUMPY, explain
from ..utils.problem import Problem
from ..utils.versions import find_package
from .probes import Step

MIN_FREE_GIB = 1.0
NVIDIA_DRIVER = '/proc/driver/nvidia/version'
REINSTALL = 'pip install --force-reinstall --no-deps .'


def key_of(problem: Problem) -> Set[str]:
    """Return the names of the table that a problem is about.

    Example:
        >>> key_of(Problem('mmcv-lite', '2.1.0', '', '', ''))
        {'mmcv'}
    """
    keys = set()
    for name in problem.name.split(' and '):
        package = find_package(name)
        if package is None and 'mmcv' in name:
            package = find_package('mmcv')
        keys.add(package.name if package else name.replace('onedl-', ''))
    return keys


def find_faults(
    problems: List[Problem], steps: Dict[str, Step], environment: Environment
) -> List[Problem]:
    """Add what the probes have found to what the metadata say.

    Args:
        problems: Of the metadata.
        steps: What the probes have said.
        environment: What is installed.

    Returns:
        The faults. A package that is wrong already, or an import that fails
        after another one, is not named again.
    """
    faults = list(problems)
    for name, step in steps.items():
        if step['state'] == 'done':
            more = _find_mim_faults(step) if name == 'mim' else []
        else:
            more = _explain_step(name, step, environment, bool(faults))
        known = {key for fault in faults for key in key_of(fault)}
        if 'numpy' in known:  # the right numpy mends these, too
            more = [p for p in more if not p.reason.startswith(OTHER_NUMPY)]
        faults += [fault for fault in more if not key_of(fault) & known]
    return faults


def _explain_step(
    name: str, step: Step, environment: Environment, has_faults: bool
) -> List[Problem]:
    """Why a step has failed."""
    if step.get('problems'):
        return [Problem(*problem) for problem in step['problems']]
    text = step.get('text', '')
    problem = explain(text, environment.versions) if text else None
    if problem is not None:
        return [problem]
    if name == 'mmhvr' and has_faults:
        return []
    package = find_package(name)
    last = text.strip().splitlines()[-1] if text.strip() else ''
    reason = last or f'the import did not come to its end: {step["ended"]}'
    return [
        Problem(
            package.name if package else name,
            environment.versions.get(package.name) if package else None,
            package.needed if package else 'an mmhvr that can be imported',
            reason,
            package.command if package else f'python -c "import {name}"',
            'cannot be imported',
        )
    ]


def _find_mim_faults(step: Step) -> List[Problem]:
    """Whether mim finds the configs, each once."""
    needed = 'an mmhvr whose configs mim finds'
    if step['doubled']:
        return [
            Problem(
                'mmhvr',
                None,
                'one config of a name',
                f'mim refuses {", ".join(step["doubled"])}, which it finds '
                f'more than once below {step["folder"]}',
                f'pip uninstall -y mmhvr && {REINSTALL}  # in the checkout',
                'has configs of one name',
            )
        ]
    if step['installed'] and not step['configs']:
        return [
            Problem(
                'mmhvr',
                None,
                needed,
                f'it looks below {step["folder"]}; an editable install of '
                'the new kind (PEP 660) leaves nothing there',
                f'{REINSTALL}  # in the checkout of mmhvr',
                'has no configs that mim finds',
            )
        ]
    return []


def find_warnings(
    steps: Dict[str, Step], environment: Environment
) -> List[Problem]:
    """Return what may become a fault."""
    warnings = [_warn_of_mim(steps), _warn_of_gpu(steps)]
    for folder in {site_packages(), os.getcwd()}:
        warnings.append(_warn_of_disk(folder))
    return [warning for warning in warnings if warning is not None]


def _warn_of_mim(steps: Dict[str, Step]) -> Optional[Problem]:
    """Run from a checkout: mim knows no mmhvr, or another one."""
    step = steps.get('mim', {})
    own = os.path.realpath(os.path.join(os.path.dirname(__file__), os.pardir))
    if step.get('state') != 'done':
        return None
    if not step['installed']:
        what = 'is not known to mim'
        reason = f'{own} is on the path without being installed'
    elif os.path.realpath(step['folder']) != own:
        what = 'is another one for mim'
        reason = f'mim finds {step["folder"]}, and this is {own}'
    else:
        return None
    return Problem(
        'mmhvr',
        None,
        'an installed mmhvr, for mim train, mim test and mim run; '
        'tools/train.py and tools/test.py work without',
        reason,
        f'{REINSTALL}  # in the checkout of mmhvr',
        what,
    )


def _warn_of_gpu(steps: Dict[str, Step]) -> Optional[Problem]:
    """Warn of a GPU that torch does not use."""
    step = steps.get('torch', {})
    if step.get('gpus') != [] or not os.path.exists(NVIDIA_DRIVER):
        return None
    reason = 'it was built for the CPU'
    if step['cuda']:
        reason = (
            f'it was built for CUDA {step["cuda"]}: too new for the driver, '
            'or CUDA_VISIBLE_DEVICES hides the GPU'
        )
    return Problem(
        'torch',
        step['version'],
        'a torch for the driver that nvidia-smi shows',
        reason,
        'nvidia-smi  # then install torch and torchvision for its CUDA',
        'sees no GPU, though there is a driver',
    )


def _warn_of_disk(folder: str) -> Optional[Problem]:
    """Warn of a disk that is nearly full."""
    try:
        free = shutil.disk_usage(folder).free / 2**30
    except OSError:
        return None
    if free >= MIN_FREE_GIB:
        return None
    return Problem(
        folder,
        None,
        f'{MIN_FREE_GIB:g} GiB',
        f'{free:.1f} GiB are free',
        'pip cache purge, or another folder',
        'is nearly full',
    )
