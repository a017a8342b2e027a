# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


def run(tmp_path, script, words, **variables):
    """Runs a script with programs that only say how they are called."""
    stub = '#!/bin/sh\nprintf "%s\\n" "$OMP_NUM_THREADS" "$MASTER_PORT" "$@"\n'
    for name in ('python', 'srun'):
        (tmp_path / name).write_text(stub)
        (tmp_path / name).chmod(0o755)
    env = {k: v for k, v in os.environ.items() if k != 'OMP_NUM_THREADS'}
    env.update(variables, PATH=f'{tmp_path}{os.pathsep}{env["PATH"]}')
    return subprocess.run(
        ['bash', str(TOOLS / script), *words],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=30,
    )


@pytest.mark.parametrize(
    'script, words, tool',
    [
        ('dist_train.sh', ['c.py', '2'], ['train.py', 'c.py']),
        ('dist_test.sh', ['c.py', 'f.pth', '2'], ['test.py', 'c.py', 'f.pth']),
    ],
)
def test_dist(tmp_path, script, words, tool):
    lines = run(
        tmp_path, script, [*words, '--cfg-options', 'a=b c']
    ).stdout.splitlines()
    assert lines[2:9] == [
        '-m',
        'torch.distributed.run',
        '--nnodes=1',
        '--node_rank=0',
        '--master_addr=127.0.0.1',
        '--master_port=29500',
        '--nproc_per_node=2',
    ]
    assert lines[9] == str(TOOLS / tool[0])
    # A word with a space stays one word.
    assert lines[10:] == [
        *tool[1:],
        '--launcher',
        'pytorch',
        '--cfg-options',
        'a=b c',
    ]
    assert int(lines[0]) == max(1, len(os.sched_getaffinity(0)) // 2)


def test_dist_on_several_machines(tmp_path):
    lines = run(
        tmp_path,
        'dist_train.sh',
        ['c.py', '8'],
        NNODES='3',
        NODE_RANK='2',
        MASTER_ADDR='10.0.0.1',
        PORT='1234',
        OMP_NUM_THREADS='7',
    ).stdout.splitlines()
    assert lines[0] == '7'
    assert lines[4:9] == [
        '--nnodes=3',
        '--node_rank=2',
        '--master_addr=10.0.0.1',
        '--master_port=1234',
        '--nproc_per_node=8',
    ]


@pytest.mark.parametrize(
    'script, words, call',
    [
        (
            'slurm_train.sh',
            ['part', 'job', 'c.py', 'dir'],
            ['train.py', 'c.py', '--work-dir', 'dir'],
        ),
        (
            'slurm_test.sh',
            ['part', 'job', 'c.py', 'f.pth'],
            ['test.py', 'c.py', 'f.pth'],
        ),
    ],
)
def test_slurm(tmp_path, script, words, call):
    lines = run(
        tmp_path,
        script,
        [*words, '--seed', '1'],
        GPUS='16',
        PORT='1234',
        NNODES='2',
        SRUN_ARGS='--quiet --time=10',
    ).stdout.splitlines()
    assert lines[1] == '1234'
    assert lines[2:] == [
        '-p',
        'part',
        '--job-name=job',
        '--gres=gpu:8',
        '--ntasks=16',
        '--ntasks-per-node=8',
        '--cpus-per-task=5',
        '--kill-on-bad-exit=1',
        '--nodes=2',
        '--quiet',
        '--time=10',
        'python',
        '-u',
        str(TOOLS / call[0]),
        *call[1:],
        '--launcher',
        'slurm',
        '--seed',
        '1',
    ]
    few = run(tmp_path, script, words, GPUS='2').stdout.splitlines()
    assert '--gres=gpu:2' in few and '--ntasks-per-node=2' in few


@pytest.mark.parametrize(
    'script, words, message',
    [
        ('dist_train.sh', ['c.py'], 'usage:'),
        ('dist_test.sh', ['c.py', '2'], 'usage:'),
        ('slurm_train.sh', ['part', 'job', 'c.py'], 'usage:'),
        ('slurm_test.sh', ['part', 'job', 'c.py'], 'usage:'),
        ('dist_train.sh', ['c.py', '0'], "GPUS is '0'"),
        ('dist_train.sh', ['c.py', '--resume'], "GPUS is '--resume'"),
        ('dist_test.sh', ['c.py', 'f.pth', 'x'], "GPUS is 'x'"),
    ],
)
def test_wrong_call(tmp_path, script, words, message):
    result = run(tmp_path, script, words)
    assert result.returncode == 2 and message in result.stderr
