# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The file is read back after every frame, with the json module."""

import json
import os

import numpy as np
import pytest

from mmhvr.apis import FrameResult
from mmhvr.apis.json_writer import JSONWriter
from mmhvr.sources import Frame

IMAGE = np.zeros((48, 64, 3), np.uint8)


def result(index, boxes, scores, labels):
    return FrameResult(
        index,
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.array(labels, np.int64),
    )


def read(path):
    return json.loads(path.read_text())


def test_valid_and_right_at_any_time(tmp_path):
    path = tmp_path / 'new' / 'out.json'
    with JSONWriter(str(path), ['ant', 'bee'], dict(fps=8.0)) as writer:
        assert read(path) == dict(
            format='mmhvr-detections-1',
            classes=['ant', 'bee'],
            fps=8.0,
            frames=[],
            num_frames=0,
            size=None,
            complete=False,
            message='',
        )
        writer.write(
            Frame(0, IMAGE, 'a.png', 1.23456789),
            result(0, [[1.234, 2, 3.999, 4]], [0.12345678], [1]),
        )
        first = dict(
            frame=0,
            name='a.png',
            time=1.234568,
            detections=[
                {
                    'label': 1,
                    'class': 'bee',
                    'score': 0.123457,
                    'box': [1.23, 2.0, 4.0, 4.0],
                }
            ],
        )
        assert read(path)['frames'] == [first]
        assert read(path)['size'] == [64, 48]
        writer.write(Frame(1, IMAGE), result(1, [], [], []))
        data = read(path)
        assert data['frames'] == [
            first,
            dict(frame=1, name='', time=None, detections=[]),
        ]
        assert data['num_frames'] == 2 and data['complete'] is False
        # 'true' is shorter than 'false': nothing is left behind the end.
        writer.complete = True
    assert read(path) == dict(data, complete=True)
    writer.close()
    assert read(path) == dict(data, complete=True)


def test_a_message_and_a_label_without_a_name(tmp_path):
    path = tmp_path / 'out.json'
    with JSONWriter(str(path), []) as writer:
        writer.write(Frame(0, IMAGE), result(0, [[0, 0, 1, 1]], [1], [7]))
        writer.message = 'the camera "0" went away'
    data = read(path)
    assert data['frames'][0]['detections'][0]['class'] == '7'
    assert data['message'] == 'the camera "0" went away'
    assert data['complete'] is False


def test_an_exception_leaves_what_was_done(tmp_path):
    path = tmp_path / 'out.json'
    with pytest.raises(KeyError), JSONWriter(str(path), []) as writer:
        writer.write(Frame(0, IMAGE), result(0, [], [], []))
        raise KeyError
    assert read(path)['num_frames'] == 1


def test_bad_paths_fail_at_once(tmp_path):
    with pytest.raises(ValueError, match=r'out.txt.*\.json'):
        JSONWriter(str(tmp_path / 'out.txt'), [])
    (tmp_path / 'file').write_text('')
    with pytest.raises(OSError, match='cannot write the JSON file'):
        JSONWriter(str(tmp_path / 'file' / 'out.json'), [])
    assert os.listdir(tmp_path) == ['file']
