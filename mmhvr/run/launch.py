# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Starting one of several processes, with GPUs or without.

MMEngine starts the process group itself and selects a GPU on the way, so
without a GPU it fails. It leaves a group alone that exists already: here a
``gloo`` group is made before the runner when torch sees no GPU.
"""

import os
import re
import subprocess
import time
import warnings
from datetime import timedelta
from typing import Dict, Mapping, Optional

import torch
from mmengine.logging import print_log
from torch import distributed as torch_dist

from .cores import cpu_threads, usable_cores

# The variables in which each launcher says who a process is, as
# (rank, world size, local rank, processes on this machine).
_VARIABLES = {
    'pytorch': ('RANK', 'WORLD_SIZE', 'LOCAL_RANK', 'LOCAL_WORLD_SIZE'),
    'slurm': (
        'SLURM_PROCID',
        'SLURM_NTASKS',
        'SLURM_LOCALID',
        'SLURM_STEP_TASKS_PER_NODE',
    ),
    'mpi': (
        'OMPI_COMM_WORLD_RANK',
        'OMPI_COMM_WORLD_SIZE',
        'OMPI_COMM_WORLD_LOCAL_RANK',
        'OMPI_COMM_WORLD_LOCAL_SIZE',
    ),
}
_STARTED_BY = {
    'pytorch': '`mim train mmhvr CONFIG --launcher pytorch --gpus N`, '
    'tools/dist_train.sh or torchrun',
    'slurm': 'tools/slurm_train.sh or srun',
    'mpi': 'mpirun',
}
# torch's own default port.
_DEFAULT_PORT = '29500'


def rank_environment(
    launcher: str, environ: Mapping[str, str]
) -> Dict[str, str]:
    """Says who this process is, in the variables that torch reads.

    Args:
        launcher: 'pytorch', 'slurm' or 'mpi'.
        environ: The environment variables of this process.

    Returns:
        ``RANK``, ``WORLD_SIZE``, ``LOCAL_RANK``, ``LOCAL_WORLD_SIZE``,
        ``MASTER_ADDR`` and ``MASTER_PORT``.

    Raises:
        ValueError: The launcher is unknown, or a variable that it sets is
            missing, so that the process was not started by it.

    Example:
        >>> env = {'OMPI_COMM_WORLD_RANK': '1', 'OMPI_COMM_WORLD_SIZE': '2',
        ...        'OMPI_COMM_WORLD_LOCAL_RANK': '1', 'MASTER_ADDR': 'a'}
        >>> rank_environment('mpi', env)['LOCAL_RANK']
        '1'
    """
    if launcher not in _VARIABLES:
        raise ValueError(
            f'launcher is {launcher!r}; choose one of {sorted(_VARIABLES)}'
        )
    names = _VARIABLES[launcher]
    missing = [name for name in names[:3] if not environ.get(name)]
    if missing:
        raise ValueError(
            f'launcher is {launcher!r}, but it did not start this process: '
            f'{", ".join(missing)} not set; start with '
            f'{_STARTED_BY[launcher]}, or leave --launcher out'
        )
    world = environ[names[1]]
    return {
        'RANK': environ[names[0]],
        'WORLD_SIZE': world,
        'LOCAL_RANK': environ[names[2]],
        'LOCAL_WORLD_SIZE': _leading_int(environ.get(names[3]), world),
        'MASTER_ADDR': environ.get('MASTER_ADDR')
        or _first_host(launcher, environ),
        'MASTER_PORT': environ.get('MASTER_PORT') or _DEFAULT_PORT,
    }


def _leading_int(text: Optional[str], default: str) -> str:
    """Return the number in front: '4(x2)' is slurm's four on each of two."""
    match = re.match(r'\d+', text or '')
    return match.group() if match else default


def _first_host(launcher: str, environ: Mapping[str, str]) -> str:
    """Return the machine of rank 0, when MASTER_ADDR does not name it."""
    nodes = environ.get('SLURM_NODELIST')
    if launcher == 'slurm' and nodes:
        hosts = subprocess.run(
            ['scontrol', 'show', 'hostnames', nodes],
            stdout=subprocess.PIPE,
            check=True,
            universal_newlines=True,
        ).stdout.split()
        return hosts[0]
    if launcher == 'mpi':
        raise ValueError(
            "launcher is 'mpi', but MASTER_ADDR is not set; "
            'set it to the host name of the first machine'
        )
    return '127.0.0.1'


def start_processes(launcher: str, timeout: float = 1800.0) -> None:
    """Join the other processes of a job, if there are any.

    With GPUs only the environment is checked and MMEngine does the rest.
    Without, a gloo group is made and the cores are shared out; a single
    process gets all that it may use. Call it before the runner is built.

    Args:
        launcher: One of 'none', 'pytorch', 'slurm' and 'mpi'.
        timeout: Seconds after which a collective operation gives up.

    Raises:
        ValueError: The launcher did not start this process, or this machine
            has fewer GPUs than processes.
    """
    if launcher == 'none':
        torch.set_num_threads(cpu_threads(os.environ, usable_cores(), 1))
        return
    # MMEngine's model wrapper gives torch an option by its former name.
    warnings.filterwarnings(
        'ignore', '`broadcast_buffers` is deprecated', FutureWarning
    )
    ranks = rank_environment(launcher, os.environ)
    local_world = int(ranks['LOCAL_WORLD_SIZE'])
    os.environ['LOCAL_RANK'] = ranks['LOCAL_RANK']
    if torch.cuda.is_available():
        if int(ranks['LOCAL_RANK']) >= torch.cuda.device_count():
            raise ValueError(
                f'local process {ranks["LOCAL_RANK"]} has no GPU: torch sees '
                f'{torch.cuda.device_count()}; start as many processes as '
                'GPUs, or set CUDA_VISIBLE_DEVICES=-1 to use the CPU'
            )
        return
    if torch_dist.is_initialized():
        return
    os.environ.update(ranks)
    _use_loopback(ranks['MASTER_ADDR'])
    threads = cpu_threads(os.environ, usable_cores(), local_world)
    # MMEngine would set it to 1 and warn.
    os.environ.setdefault('OMP_NUM_THREADS', str(threads))
    os.environ.setdefault('MKL_NUM_THREADS', str(threads))
    torch.set_num_threads(threads)
    torch_dist.init_process_group('gloo', timeout=timedelta(seconds=timeout))
    if ranks['RANK'] == '0':
        print_log(
            f'torch sees no GPU: {ranks["WORLD_SIZE"]} processes on the CPU '
            f'(gloo), {threads} thread(s) each',
            logger='current',
        )


def _use_loopback(master: str) -> None:
    """Lets gloo find itself where the host name does not resolve."""
    if master in ('127.0.0.1', 'localhost') and os.path.exists(
        '/sys/class/net/lo'
    ):
        os.environ.setdefault('GLOO_SOCKET_IFNAME', 'lo')


def stop_processes() -> None:
    """Leaves the process group, if there is one."""
    if not (torch_dist.is_available() and torch_dist.is_initialized()):
        return
    if torch_dist.get_backend() == 'gloo':
        # torch 2.0 joins gloo's threads while it holds the interpreter's
        # lock, for which a thread that still has to free a tensor waits: a
        # deadlock now and then. In this pause they get the lock. No barrier:
        # after an error the other processes may never come.
        time.sleep(0.5)
    torch_dist.destroy_process_group()
