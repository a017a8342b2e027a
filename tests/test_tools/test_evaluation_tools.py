# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The tools that evaluate and analyse files of predictions."""

import json
import sys

import numpy as np
import pytest

from mmhvr.evaluation import load_annotations, load_motion_iou

# A car that moves by 5 of its 10 pixels in the last of three frames: IoU 1
# and 1/3 for the first two frames, 1/3 twice for the last one.
CAR = dict(
    videos=[dict(id=1, name='a')],
    images=[
        dict(id=1 + t, file_name=f'a/{t}.JPEG', video_id=1, frame_id=t)
        for t in range(3)
    ],
    categories=[dict(id=1, name='car')],
    annotations=[
        dict(
            id=1 + t,
            image_id=1 + t,
            category_id=1,
            bbox=[x, 0, 9, 9],
            instance_id=4,
        )
        for t, x in enumerate([0, 0, 5])
    ],
)


@pytest.mark.parametrize('suffix', ['json', 'mat'])
def test_motion_iou_tool(tmp_path, load_tool, monkeypatch, capsys, suffix):
    tool = load_tool('analysis_tools/motion_iou.py')
    ann_file, out = (
        str(tmp_path / 'ann.json'),
        str(tmp_path / f'motion.{suffix}'),
    )
    (tmp_path / 'ann.json').write_text(json.dumps(CAR))
    monkeypatch.setattr(sys, 'argv', ['motion_iou.py', ann_file, out])
    tool.main()
    values = load_motion_iou(out, load_annotations(ann_file))
    np.testing.assert_allclose(values, [2 / 3, 2 / 3, 1 / 3])
    text = capsys.readouterr().out
    assert '3 boxes' in text
    assert 'slow   [0.9, 1]: 0.0 %' in text
    assert 'fast   [0, 0.7]: 100.0 %' in text
    monkeypatch.setattr(sys, 'argv', ['motion_iou.py', out + 'x', out])
    with pytest.raises(SystemExit, match='error: .* does not exist'):
        tool.main()
