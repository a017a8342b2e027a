# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os

import pytest

from mmhvr.run.cores import cpu_quota, cpu_threads, usable_cores


@pytest.mark.parametrize(
    'environ, cores, processes, threads',
    [
        ({}, 8, 2, 4),
        ({}, 8, 3, 2),
        ({}, 2, 4, 1),
        (dict(OMP_NUM_THREADS='3'), 8, 2, 3),
        (dict(SLURM_CPUS_PER_TASK='5'), 8, 8, 5),
        (dict(OMP_NUM_THREADS='2', SLURM_CPUS_PER_TASK='5'), 8, 8, 2),
        (dict(OMP_NUM_THREADS=''), 8, 1, 8),
    ],
)
def test_cpu_threads(environ, cores, processes, threads):
    assert cpu_threads(environ, cores, processes) == threads


@pytest.mark.parametrize(
    'text, cores',
    [
        ('200000 100000', 2.0),
        ('50000 100000', 0.5),
        ('max 100000', None),
        ('-1 100000', None),
        ('', None),
        ('100000 0', None),
    ],
)
def test_cpu_quota(text, cores):
    assert cpu_quota(text) == cores


def test_usable_cores_are_at_most_those_of_the_machine():
    assert 1 <= usable_cores() <= os.cpu_count()
