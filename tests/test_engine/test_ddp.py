# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json
import os
import socket
import subprocess
import sys

import pytest
import torch
from mmengine.model import is_model_wrapper
from mmengine.registry import MODEL_WRAPPERS
from torch import nn

from mmhvr.engine import CPUDistributedDataParallel

# Each of two processes sees one half of a batch. Its wrapper gets the
# device_ids that MMEngine passes, and a model with synchronised batch
# normalisation, which torch refuses on the CPU.
SCRIPT = """
import json, os, sys
import torch
from torch import nn
from mmengine.registry import MODEL_WRAPPERS
from mmhvr.run.launch import start_processes, stop_processes

start_processes('pytorch', timeout=60)
rank = int(os.environ['RANK'])
torch.manual_seed(rank)  # the wrapper must send rank 0's weights to rank 1
model = nn.Sequential(nn.Linear(3, 4), nn.SyncBatchNorm(4), nn.Linear(4, 1))
wrapped = MODEL_WRAPPERS.build(
    dict(type='mmengine.CPUDistributedDataParallel', module=model,
         device_ids=[rank], broadcast_buffers=False))
x = torch.arange(24.).reshape(8, 3).sin()[4 * rank:4 * rank + 4]
wrapped.eval()  # the statistics of a half are not those of the whole
wrapped(x).square().mean().backward()
with open(sys.argv[1] + str(rank), 'w') as file:
    json.dump([p.grad.tolist() for p in model.parameters()
               if p.grad is not None]
              + [torch.get_num_threads(), os.environ['LOCAL_RANK']], file)
stop_processes()
"""


def free_port():
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return server.getsockname()[1]


def test_two_processes_have_the_gradient_of_the_whole_batch(tmp_path):
    env = dict(
        os.environ,
        WORLD_SIZE='2',
        LOCAL_WORLD_SIZE='2',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(free_port()),
        OMP_NUM_THREADS='1',
        CUDA_VISIBLE_DEVICES='-1',
    )
    command = [sys.executable, '-c', SCRIPT, str(tmp_path / 'rank')]
    processes = [
        subprocess.Popen(command, env=dict(env, RANK=rank, LOCAL_RANK=rank))
        for rank in '01'
    ]
    try:
        assert [p.wait(timeout=120) for p in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()

    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)
    ).eval()
    x = torch.arange(24.0).reshape(8, 3).sin()
    model(x).square().mean().backward()
    expected = [p.grad for p in model.parameters()]
    for rank in '01':
        found = json.loads((tmp_path / f'rank{rank}').read_text())
        assert found[-2:] == [1, rank]
        # Weight and bias of three layers.
        assert len(found[:-2]) == len(expected) == 6
        for ours, theirs in zip(found, expected):
            torch.testing.assert_close(torch.tensor(ours), theirs)


def test_is_registered_as_a_wrapper():
    assert (
        MODEL_WRAPPERS.get('mmengine.CPUDistributedDataParallel')
        is CPUDistributedDataParallel
    )
    bare = CPUDistributedDataParallel.__new__(CPUDistributedDataParallel)
    assert is_model_wrapper(bare)


def test_model_elsewhere_is_refused():
    model = nn.Linear(2, 2, device='meta')
    with pytest.raises(ValueError, match=r"parameters on \['meta'\]"):
        CPUDistributedDataParallel(model)
