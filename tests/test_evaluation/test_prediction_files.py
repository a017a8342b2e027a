# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pickle

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData
from mmtrack.structures import TrackDataSample

from mmhvr.engine import DumpPredictions
from mmhvr.evaluation import load_predictions, save_predictions, vid_text

IDS = [30, 10, 20]


def frame(boxes, scores, labels):
    return dict(
        bboxes=np.array(boxes, dtype=np.float32).reshape(-1, 4),
        scores=np.array(scores, dtype=np.float32),
        labels=np.array(labels, dtype=np.int32),
    )


def same(predictions, expected):
    assert set(predictions) == set(expected)
    for key, found in predictions.items():
        for name, values in expected[key].items():
            assert found[name].dtype == values.dtype, name
            np.testing.assert_array_equal(found[name], values)


def random_predictions(rng):
    return {
        i: frame(
            rng.uniform(-10, 1300, (n, 4)),
            rng.random(n) ** 8,
            rng.integers(0, 30, n),
        )
        for i, n in zip(IDS, rng.permutation([0, 3, 40]))
    }


@pytest.mark.parametrize('ways', [['pkl'], ['txt'], ['txt', 'pkl', 'txt']])
@pytest.mark.parametrize('seed', range(3))
def test_round_trip(tmp_path, ways, seed):
    expected = random_predictions(np.random.default_rng(seed))
    predictions = expected
    for n, suffix in enumerate(ways):
        path = str(tmp_path / f'{n}' / f'p.{suffix}')
        save_predictions(path, predictions, IDS)
        predictions = load_predictions(path, IDS)
    same(predictions, expected)


def test_text_by_hand(tmp_path):
    # Image 30 is the first of the annotation file, image 20 the third; label
    # 4 is class 5. Nothing was found in image 10.
    predictions = {
        20: frame([[1, 2, 3.5, 4]], [0.25], [4]),
        30: frame([[0, 0, 9, 9], [5, 5, 6, 6]], [0.5, 1], [0, 1]),
    }
    path = tmp_path / 'p.txt'
    save_predictions(str(path), predictions, IDS)
    assert path.read_text() == (
        '1 1 0.5 0 0 9 9\n1 2 1 5 5 6 6\n3 5 0.25 1 2 3.5 4\n'
    )
    same(
        load_predictions(str(path), IDS),
        {10: frame([], [], []), **predictions},
    )


@pytest.mark.parametrize('lines_at_once', [1, 2, 1000])
def test_text_of_another_program(tmp_path, monkeypatch, lines_at_once):
    # Frames in any order, blank lines, tabs, exponents, no last line break.
    monkeypatch.setattr(vid_text, 'LINES_AT_ONCE', lines_at_once)
    path = tmp_path / 'p.txt'
    path.write_text(
        '3 1 1e-3 0 0 9 9\n\n1\t2  0.5 1 1 2 2\n  3 2 9e-1 0 0 9 9\n'
        '3.0 1 1 7 7 8 8'
    )
    same(
        load_predictions(str(path), IDS),
        {
            30: frame([[1, 1, 2, 2]], [0.5], [1]),
            10: frame([], [], []),
            20: frame(
                [[0, 0, 9, 9], [0, 0, 9, 9], [7, 7, 8, 8]],
                [1e-3, 0.9, 1],
                [0, 1, 0],
            ),
        },
    )


def test_empty_text_has_no_detections(tmp_path):
    path = tmp_path / 'p.txt'
    path.write_text('')
    empty = frame([], [], [])
    same(load_predictions(str(path), IDS), dict.fromkeys(IDS, empty))


@pytest.mark.parametrize(
    'line, message',
    [
        ('1 1 0.5 0 0 9', "line 2 of .* is '1 1 0.5 0 0 9'; write seven"),
        ('1 1 0.5 0 0 9 9 9', 'line 2 of .* write seven numbers'),
        ('1 cat 0.5 0 0 9 9', 'line 2 of .* write seven numbers'),
        ('0 1 0.5 0 0 9 9', 'line 2 .* frame index that is not one of 1 to 3'),
        ('4 1 0.5 0 0 9 9', 'line 2 .* frame index that is not one of 1 to 3'),
        ('1.5 1 0.5 0 0 9 9', 'line 2 .* frame index that is not'),
        ('1 0 0.5 0 0 9 9', 'line 2 .* class index that is not 1 or greater'),
        ('1 1 nan 0 0 9 9', 'line 2 .* NaN or infinite'),
        ('1 1 0.5 0 0 inf 9', 'line 2 .* NaN or infinite'),
    ],
)
def test_bad_text_names_the_line(tmp_path, line, message):
    path = tmp_path / 'p.txt'
    path.write_text(f'1 1 0.5 0 0 9 9\n{line}\n')
    with pytest.raises(ValueError, match=message):
        load_predictions(str(path), IDS)
    # After a blank line numbers of lines are still those of the file.
    path.write_text(f'\n{line}\n')
    with pytest.raises(ValueError, match=message):
        load_predictions(str(path), IDS)


def test_reads_what_testing_dumps(tmp_path):
    expected = random_predictions(np.random.default_rng(7))
    path = str(tmp_path / 'dump.pkl')
    evaluator = Evaluator(DumpPredictions(path))
    for image_id, values in expected.items():
        sample = TrackDataSample(
            metainfo=dict(img_id=image_id, img_path=f'{image_id}.JPEG')
        )
        sample.pred_det_instances = InstanceData(
            bboxes=torch.tensor(values['bboxes']),
            scores=torch.tensor(values['scores']),
            labels=torch.tensor(values['labels']).long(),
        )
        evaluator.process([sample], None)
    evaluator.evaluate(len(expected))
    same(load_predictions(path, IDS), expected)


def good_frames():
    return [
        dict(img_id=i, pred_instances=frame([[0, 0, 9, 9]], [0.5], [0]))
        for i in IDS
    ]


def changed(change):
    frames = good_frames()
    change(frames)
    return frames


@pytest.mark.parametrize(
    'content, message',
    [
        (dict(a=1), 'holds no list of frames'),
        ([dict(pred_instances={})], 'holds no list of frames'),
        (
            changed(lambda f: f[1].update(img_id=99)),
            'predicts image id 99, which is not in the annotation file',
        ),
        (
            changed(lambda f: f[1].update(img_id=30)),
            'predicts image id 30 twice',
        ),
        (
            changed(lambda f: f[1].pop('pred_instances')),
            "'image id 10' has no predictions",
        ),
        (
            changed(lambda f: f[1]['pred_instances']['scores'].fill(np.nan)),
            "scores of 'image id 10' are NaN",
        ),
    ],
)
def test_bad_pickle(tmp_path, content, message):
    path = tmp_path / 'p.pkl'
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=message):
        load_predictions(str(path), IDS)


def test_bad_files(tmp_path):
    with pytest.raises(FileNotFoundError, match='--out FILE.pkl'):
        load_predictions(str(tmp_path / 'no.pkl'), IDS)
    path = tmp_path / 'cut.pkl'
    path.write_bytes(pickle.dumps(good_frames())[:50])
    with pytest.raises(ValueError, match='cannot be read'):
        load_predictions(str(path), IDS)
    other = tmp_path / 'p.json'
    other.write_text('{}')
    with pytest.raises(ValueError, match='must be a .pkl file'):
        load_predictions(str(other), IDS)
    with pytest.raises(ValueError, match='must go to a .pkl or a .txt'):
        save_predictions(str(other), {}, IDS)
    with pytest.raises(ValueError, match='1 predicted images are not in'):
        save_predictions(str(tmp_path / 'p.txt'), {99: frame([], [], [])}, IDS)
    assert not list(tmp_path.glob('*.part'))
