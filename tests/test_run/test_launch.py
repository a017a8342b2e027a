# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os

import pytest
import torch

from mmhvr.run.launch import rank_environment, start_processes

PYTORCH = dict(RANK='3', WORLD_SIZE='4', LOCAL_RANK='1')
SLURM = dict(SLURM_PROCID='5', SLURM_NTASKS='8', SLURM_LOCALID='1')
MPI = dict(
    OMPI_COMM_WORLD_RANK='2',
    OMPI_COMM_WORLD_SIZE='4',
    OMPI_COMM_WORLD_LOCAL_RANK='0',
)


@pytest.mark.parametrize(
    'launcher, environ, expected',
    [
        # rank, world, local rank, local world, address, port
        ('pytorch', PYTORCH, ('3', '4', '1', '4', '127.0.0.1', '29500')),
        (
            'pytorch',
            dict(PYTORCH, LOCAL_WORLD_SIZE='2', MASTER_PORT='1'),
            ('3', '4', '1', '2', '127.0.0.1', '1'),
        ),
        (
            'slurm',
            dict(SLURM, SLURM_STEP_TASKS_PER_NODE='4(x2)', MASTER_ADDR='n1'),
            ('5', '8', '1', '4', 'n1', '29500'),
        ),
        (
            'mpi',
            dict(MPI, OMPI_COMM_WORLD_LOCAL_SIZE='2', MASTER_ADDR='n1'),
            ('2', '4', '0', '2', 'n1', '29500'),
        ),
    ],
)
def test_rank_environment(launcher, environ, expected):
    found = rank_environment(launcher, environ)
    names = 'RANK WORLD_SIZE LOCAL_RANK LOCAL_WORLD_SIZE MASTER_ADDR '
    assert found == dict(zip((names + 'MASTER_PORT').split(), expected))


def test_slurm_asks_for_the_first_machine(tmp_path, monkeypatch):
    program = tmp_path / 'scontrol'
    program.write_text('#!/bin/sh\necho "$3-first"\necho second\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=os.pathsep)
    found = rank_environment('slurm', dict(SLURM, SLURM_NODELIST='n[1-2]'))
    assert found['MASTER_ADDR'] == 'n[1-2]-first'


@pytest.mark.parametrize(
    'launcher, environ, message',
    [
        ('pytorch', {}, 'RANK, WORLD_SIZE, LOCAL_RANK not set.*mim train'),
        ('pytorch', dict(RANK='0', WORLD_SIZE='1'), ': LOCAL_RANK not set'),
        ('slurm', PYTORCH, 'SLURM_PROCID.*srun'),
        ('mpi', MPI, 'MASTER_ADDR is not set'),
        ('horovod', {}, "launcher is 'horovod'"),
    ],
)
def test_not_started_by_the_launcher(launcher, environ, message):
    with pytest.raises(ValueError, match=message):
        rank_environment(launcher, environ)


def test_more_processes_than_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 1)
    for name, value in PYTORCH.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match='torch sees 1; start as many'):
        start_processes('pytorch')
