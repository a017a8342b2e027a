# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What is published of a checkpoint, against numbers written down."""

import pytest
import torch

from mmhvr.run.safe_load import load_file


@pytest.fixture
def publish(load_tool):
    return load_tool('model_converters/publish_checkpoint.py').main


@pytest.fixture
def trained(tmp_path):
    path = tmp_path / 'iter_1.pth'
    torch.save(
        dict(
            meta=dict(cfg='a = 1', dataset_meta=dict(CLASSES=('x',)), iter=1),
            state_dict=dict(
                # 1 + 2^-12 lies between two float16 numbers, nearer to 1.
                weight=torch.tensor([1.0 + 2**-12, 0.5, -3.0]),
                count=torch.tensor(70000),
            ),
            optimizer=dict(state=torch.zeros(1000)),
        ),
        path,
    )
    return path


def test_weights_are_halved_and_the_rest_goes(publish, trained, tmp_path):
    out = tmp_path / 'small.pth'
    publish([str(trained), str(out)])
    small = load_file(out)
    assert set(small) == {'meta', 'state_dict'}
    assert small['meta'] == dict(cfg='a = 1', dataset_meta={'CLASSES': ('x',)})
    weight = small['state_dict']['weight']
    assert weight.dtype == torch.float16
    assert weight.tolist() == [1.0, 0.5, -3.0]
    assert small['state_dict']['count'] == 70000  # no float, so not halved


def test_the_same_bytes_each_time(publish, trained, tmp_path):
    written = []
    for folder in ('a', 'b'):
        out = tmp_path / folder / 'small.pth'
        out.parent.mkdir()
        publish([str(trained), str(out)])
        written.append(out.read_bytes())
    assert written[0] == written[1]


def test_full_keeps_every_bit(publish, trained, tmp_path):
    out = tmp_path / 'full.pth'
    publish([str(trained), str(out), '--full'])
    weight = load_file(out)['state_dict']['weight']
    assert weight.tolist() == [1.0 + 2**-12, 0.5, -3.0]


@pytest.mark.parametrize(
    'weights, message',
    [
        (dict(w=torch.tensor([7e4])), 'w reaches 70000, .* --full'),
        (None, 'was not found'),
    ],
)
def test_what_cannot_be_published(publish, tmp_path, weights, message):
    path, out = tmp_path / 'c.pth', tmp_path / 'out.pth'
    if weights is not None:
        torch.save(dict(state_dict=weights), path)
    with pytest.raises(SystemExit, match=message):
        publish([str(path), str(out)])
    assert not out.exists()
