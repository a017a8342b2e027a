# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The memory of videos against plain lists."""

import os
import socket
import subprocess
import sys

import pytest
import torch

from mmhvr.models.triplets import VideoMemory
from mmhvr.models.triplets.video_structures import (
    TargetProposals,
    VideoVectors,
)

C, D, K, P = 3, 4, 2, 5


def build(size=6, proposals=P):
    return VideoMemory(C, D, K, size, proposals)


def draw_videos(rng, number):
    """Videos as plain dictionaries, in any order of labels."""
    videos = []
    for _ in range(number):
        n = int(torch.randint(0, 9, (), generator=rng))
        videos.append(
            dict(
                vector=torch.randn(C, generator=rng),
                label=int(torch.randint(0, K, (), generator=rng)),
                identity=int(torch.randint(-1, 50, (), generator=rng)),
                features=torch.randn(n, D, generator=rng),
                labels=torch.randint(0, K + 1, (n,), generator=rng).tolist(),
            )
        )
    return videos


def push(memory, videos):
    memory.push(
        VideoVectors(
            torch.stack([v['vector'] for v in videos]),
            torch.tensor([v['label'] for v in videos]),
            torch.tensor([v['identity'] for v in videos]),
        ),
        [
            TargetProposals(
                v['features'], torch.tensor(v['labels'], dtype=torch.long)
            )
            for v in videos
        ],
    )


def check(memory, expected):
    """The memory holds these videos, the oldest first."""
    videos = memory.videos()
    assert len(memory) == len(videos) == len(expected)
    for index, video in enumerate(expected):
        assert torch.equal(videos.vectors[index], video['vector'])
        assert int(videos.labels[index]) == video['label']
        assert int(videos.identities[index]) == video['identity']
        rows = [r for r, label in enumerate(video['labels']) if label < K]
        rows += [r for r, label in enumerate(video['labels']) if label == K]
        rows = rows[:P]
        found = memory.proposals(index)
        assert torch.equal(found.features, video['features'][rows])
        assert found.labels.tolist() == [video['labels'][r] for r in rows]


@pytest.mark.parametrize('size', [1, 6, 50])
def test_equals_a_list(size):
    """Pushes of more videos than there is room for, too."""
    rng = torch.Generator().manual_seed(size)
    memory, kept = build(size), []
    check(memory, [])
    for number in (2, 3, 4, 1, 9, 3, 13):
        videos = draw_videos(rng, number)
        push(memory, videos)
        kept = (kept + videos)[-size:]
        check(memory, kept)


def test_does_not_grow():
    rng = torch.Generator().manual_seed(0)
    memory = build()
    shapes = {key: value.shape for key, value in memory.state_dict().items()}
    for _ in range(10):
        push(memory, draw_videos(rng, 4))
    state = memory.state_dict()
    assert {key: value.shape for key, value in state.items()} == shapes
    assert not list(memory.parameters())
    assert int(memory.pushed) == 40


def test_a_checkpoint_goes_on(tmp_path):
    rng = torch.Generator().manual_seed(1)
    memory, other = build(), build()
    push(memory, draw_videos(rng, 8))
    torch.save(memory.state_dict(), tmp_path / 'memory.pth')
    other.load_state_dict(torch.load(tmp_path / 'memory.pth'))
    for number in (0, 3, 5):
        if number:
            videos = draw_videos(rng, number)
            push(memory, videos)
            push(other, videos)
        for key, value in memory.state_dict().items():
            assert torch.equal(other.state_dict()[key], value), key


def test_what_is_no_use_stays_out():
    videos = draw_videos(torch.Generator().manual_seed(2), 6)
    for video in videos:
        video['features'], video['labels'] = torch.ones(2, D), [0, K]
    videos[0]['vector'][1] = float('nan')
    videos[2]['features'][1, 3] = float('inf')
    videos[3]['label'] = -1
    videos[5]['features'][0, 0] = -float('inf')
    memory = build()
    push(memory, videos)
    check(memory, [videos[1], videos[4]])
    assert all(b.isfinite().all() for b in memory.buffers())


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_is_kept_in_float32_without_gradient(dtype):
    rng = torch.Generator().manual_seed(3)
    memory = build()
    videos = draw_videos(rng, 3)
    for video in videos:
        for key in ('vector', 'features'):
            video[key] = video[key].to(dtype).requires_grad_()
    push(memory, videos)
    for video in videos:
        for key in ('vector', 'features'):
            video[key] = video[key].detach().float()
    check(memory, videos)
    for buffer in memory.buffers():
        assert buffer.dtype in (torch.float32, torch.int64)
        assert not buffer.requires_grad


def test_what_was_recalled_does_not_change_with_the_memory():
    rng = torch.Generator().manual_seed(4)
    memory = build(size=2)
    videos = draw_videos(rng, 2)
    push(memory, videos)
    recalled, before = memory.proposals(0), memory.videos()
    push(memory, draw_videos(rng, 2))
    assert torch.equal(before.vectors[0], videos[0]['vector'])
    labels = videos[0]['labels']
    rows = sorted(range(len(labels)), key=lambda row: labels[row] == K)[:P]
    assert rows and torch.equal(recalled.features, videos[0]['features'][rows])


@pytest.mark.parametrize(
    'vector, features, message',
    [
        (C + 1, D, 'video_channels.*is 3.*have 4 channels.*video_channels=4'),
        (C, 7, 'proposal_channels.*is 4.*have 7 channels'),
    ],
)
def test_other_channels_are_named(vector, features, message):
    videos = draw_videos(torch.Generator().manual_seed(5), 1)
    videos[0].update(
        vector=torch.ones(vector), features=torch.ones(1, features), labels=[0]
    )
    with pytest.raises(ValueError, match=message):
        push(build(), videos)


@pytest.mark.parametrize('name', ['size', 'proposals'])
def test_no_room_is_refused(name):
    with pytest.raises(ValueError, match=f'{name} of the video memory.*got 0'):
        build(**{name: 0})


# Each of two processes pushes videos of its own, unequal numbers of them,
# within a model whose wrapper broadcasts rank 0's buffers before each pass.
SCRIPT = """
import os, sys
import torch
from torch import nn
from mmengine.registry import MODEL_WRAPPERS
from mmhvr.run.launch import start_processes, stop_processes
from mmhvr.models.triplets import VideoMemory
from mmhvr.models.triplets.video_structures import (
    TargetProposals,
    VideoVectors,
)

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(1, 1)
        self.memory = VideoMemory(1, 1, 2, size=5, proposals=1)

    def forward(self, numbers):
        numbers = torch.tensor(numbers)
        values = numbers[:, None].float()
        values[values > 90] = float('nan')
        labels = torch.zeros(len(numbers), dtype=torch.long)
        self.memory.push(VideoVectors(values, labels, numbers),
                         [TargetProposals(v[None], labels[:1])
                          for v in values])
        return self.fc(values[:1]).sum()

start_processes('pytorch', timeout=60)
rank = int(os.environ['RANK'])
model = MODEL_WRAPPERS.build(
    dict(type='mmengine.CPUDistributedDataParallel', module=Model(),
         broadcast_buffers=True))
for numbers in ([[1, 2], [3]], [[4], [5, 99, 6]], [[98], [97, 99]],
                [[7], [8]]):
    model(numbers[rank])
torch.save(model.module.memory.state_dict(), sys.argv[1] + str(rank))
stop_processes()
"""


def free_port():
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return server.getsockname()[1]


def test_every_process_has_the_videos_of_all(tmp_path):
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

    for rank in '01':
        memory = VideoMemory(1, 1, 2, size=5, proposals=1)
        memory.load_state_dict(torch.load(tmp_path / f'rank{rank}'))
        # 1 2 3, 4 5 6, none, 7 8: the last five.
        assert memory.videos().identities.tolist() == [4, 5, 6, 7, 8]
        assert memory.videos().vectors[:, 0].tolist() == [4, 5, 6, 7, 8]
        assert [memory.proposals(i).features.tolist() for i in range(5)] == [
            [[n]] for n in (4, 5, 6, 7, 8)
        ]
        assert int(memory.pushed) == 8
