# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pickle

import pytest
import torch
from mmengine.registry import METRICS

from mmhvr.engine.dump import merge_frames


def test_writes_frames_in_order(tmp_path):
    path = tmp_path / 'new' / 'out.pkl'
    metric = METRICS.build(
        dict(type='DumpPredictions', out_file_path=str(path))
    )
    boxes = torch.ones(2, 4, requires_grad=True) * 2
    metric.process(None, [dict(img_id=5, pred=dict(bboxes=boxes.detach()))])
    metric.process(
        None, [dict(img_id=2, ref_img_id=3, pred=(1, [torch.zeros(1)]))]
    )
    metric.process(None, [dict(img_id=5, pred='again')])
    assert metric.evaluate(size=1) == {}
    frames = pickle.loads(path.read_bytes())
    assert [frame['img_id'] for frame in frames] == [2, 5]
    assert 'ref_img_id' not in frames[0]
    assert frames[0]['pred'] == (1, [torch.zeros(1)])
    assert frames[1]['pred']['bboxes'].tolist() == [[2.0] * 4] * 2
    # A second evaluation starts anew.
    metric.process(None, [dict(img_id=9)])
    metric.evaluate(size=1)
    assert [f['img_id'] for f in pickle.loads(path.read_bytes())] == [9]
    assert [p.name for p in path.parent.iterdir()] == ['out.pkl']


def test_without_ids_nothing_is_dropped():
    frames = [dict(a=1), dict(a=1, img_id=3), dict(a=0, img_id=3)]
    assert merge_frames(frames) == frames


def test_ids_may_be_numbers_and_texts():
    frames = [dict(img_id=key) for key in ('b', 2, 'a', 1, 'b')]
    assert [f['img_id'] for f in merge_frames(frames)] == [1, 2, 'a', 'b']


def test_bad_name():
    with pytest.raises(ValueError, match="'out.json'; let it end in .pkl"):
        METRICS.build(dict(type='DumpPredictions', out_file_path='out.json'))
