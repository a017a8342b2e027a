# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json
import pickle

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData
from mmtrack.structures import TrackDataSample

from mmhvr.engine import DumpPredictions
from mmhvr.evaluation import (
    Predictions,
    load_annotations,
    load_predictions,
    save_predictions,
    vid_text,
)
from mmhvr.evaluation.prediction_files import label_names

IDS = [30, 10, 20]
NAMES = tuple(f'class {k}' for k in range(30))


@pytest.fixture
def annotations(tmp_path):
    path = tmp_path / 'ann.json'
    data = dict(
        images=[dict(id=i, file_name=f'{i}.JPEG') for i in IDS],
        categories=[dict(id=1, name='class 0')],
        annotations=[dict(image_id=10, category_id=1, bbox=[0, 0, 9, 9])],
    )
    path.write_text(json.dumps(data))
    return load_annotations(str(path))


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
def test_round_trip(tmp_path, ways, seed, annotations):
    expected = random_predictions(np.random.default_rng(seed))
    predictions = expected
    for n, suffix in enumerate(ways):
        path = str(tmp_path / f'{n}' / f'p.{suffix}')
        save_predictions(path, predictions, annotations)
        predictions = load_predictions(path, annotations)
    same(predictions, expected)


def test_text_by_hand(tmp_path, annotations):
    # Image 30 is the first of the annotation file, image 20 the third; label
    # 4 is class 5. Nothing was found in image 10.
    predictions = {
        20: frame([[1, 2, 3.5, 4]], [0.25], [4]),
        30: frame([[0, 0, 9, 9], [5, 5, 6, 6]], [0.5, 1], [0, 1]),
    }
    path = tmp_path / 'p.txt'
    save_predictions(str(path), predictions, annotations)
    assert path.read_text() == (
        '1 1 0.5 0 0 9 9\n1 2 1 5 5 6 6\n3 5 0.25 1 2 3.5 4\n'
    )
    same(
        load_predictions(str(path), annotations),
        {10: frame([], [], []), **predictions},
    )


@pytest.mark.parametrize('lines_at_once', [1, 2, 1000])
def test_text_of_another_program(
    tmp_path, monkeypatch, lines_at_once, annotations
):
    # Frames in any order, blank lines, tabs, exponents, no last line break.
    monkeypatch.setattr(vid_text, 'LINES_AT_ONCE', lines_at_once)
    path = tmp_path / 'p.txt'
    path.write_text(
        '3 1 1e-3 0 0 9 9\n\n1\t2  0.5 1 1 2 2\n  3 2 9e-1 0 0 9 9\n'
        '3.0 1 1 7 7 8 8'
    )
    same(
        load_predictions(str(path), annotations),
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


def test_empty_text_has_no_detections(tmp_path, annotations):
    path = tmp_path / 'p.txt'
    path.write_text('')
    empty = frame([], [], [])
    same(load_predictions(str(path), annotations), dict.fromkeys(IDS, empty))


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
def test_bad_text_names_the_line(tmp_path, line, message, annotations):
    path = tmp_path / 'p.txt'
    path.write_text(f'1 1 0.5 0 0 9 9\n{line}\n')
    with pytest.raises(ValueError, match=message):
        load_predictions(str(path), annotations)
    # After a blank line numbers of lines are still those of the file.
    path.write_text(f'\n{line}\n')
    with pytest.raises(ValueError, match=message):
        load_predictions(str(path), annotations)


def test_reads_what_testing_dumps(tmp_path, annotations):
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
    same(load_predictions(path, annotations), expected)


@pytest.mark.parametrize('key', ['classes', 'CLASSES'])
def test_a_test_writes_the_names_of_its_labels(tmp_path, annotations, key):
    path = str(tmp_path / 'dump.pkl')
    metric = DumpPredictions(path)
    metric.dataset_meta = {key: ['dog', 'cat']}
    metric.process(
        None, [dict(img_id=i, pred_instances=frame([], [], [])) for i in IDS]
    )
    metric.evaluate(3)
    predictions = load_predictions(path, annotations)
    assert predictions.classes == ('dog', 'cat')
    assert label_names(predictions) == ['dog', 'cat']
    # They go through a pickle, and not through a text.
    for suffix, names in (('pkl', ('dog', 'cat')), ('txt', None)):
        path = str(tmp_path / f'p.{suffix}')
        save_predictions(path, predictions, annotations)
        assert load_predictions(path, annotations).classes == names


def test_label_names_are_not_guessed():
    unnamed, named = Predictions({}), Predictions({}, ['dog', 'cat'])
    for predictions in (unnamed, {}):
        with pytest.raises(ValueError, match='not guessed; .* --config'):
            label_names(predictions)
        assert label_names(predictions, ['cat']) == ['cat']
    assert label_names(named, ['dog', 'cat']) == ['dog', 'cat']
    # The same names in another order are other classes.
    with pytest.raises(ValueError, match=r"\['dog', 'cat'\], but \['cat',"):
        label_names(named, ['cat', 'dog'])


def good_frames():
    return [
        dict(
            img_id=i,
            img_path=f'data/VID/{i}.JPEG',
            classes=NAMES,
            pred_instances=frame([[0, 0, 9, 9]], [0.5], [0]),
        )
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
        (
            changed(lambda f: f[1].update(img_path='data/VID/11.JPEG')),
            "image id 10 is 'data/VID/11.JPEG' of .*p.pkl, but '10.JPEG' in",
        ),
        (
            changed(lambda f: f[1].update(classes=NAMES[::-1])),
            '2 different lists of classes',
        ),
        (
            changed(lambda f: f[2]['pred_instances']['labels'].fill(30)),
            'label 30 in image id 20, but its classes are',
        ),
        (
            changed(lambda f: f[2]['pred_instances']['labels'].fill(-1)),
            'label -1 in image id 20',
        ),
    ],
)
def test_bad_pickle(tmp_path, content, message, annotations):
    path = tmp_path / 'p.pkl'
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=message):
        load_predictions(str(path), annotations)


def test_bad_files(tmp_path, annotations):
    with pytest.raises(FileNotFoundError, match='--out FILE.pkl'):
        load_predictions(str(tmp_path / 'no.pkl'), annotations)
    path = tmp_path / 'cut.pkl'
    path.write_bytes(pickle.dumps(good_frames())[:50])
    with pytest.raises(ValueError, match='cannot be read'):
        load_predictions(str(path), annotations)
    for content in (b'', b'1 1 0.5 0 0 9 9\n', b'cno_module\nclass\n.'):
        path.write_bytes(content)
        with pytest.raises(ValueError, match='cut.pkl.* cannot be read'):
            load_predictions(str(path), annotations)
    other = tmp_path / 'p.json'
    other.write_text('{}')
    with pytest.raises(ValueError, match='must be a .pkl file'):
        load_predictions(str(other), annotations)
    with pytest.raises(ValueError, match='must go to a .pkl or a .txt'):
        save_predictions(str(other), {}, annotations)
    with pytest.raises(ValueError, match='1 predicted images are not in'):
        save_predictions(
            str(tmp_path / 'p.txt'), {99: frame([], [], [])}, annotations
        )
    assert not list(tmp_path.glob('*.part'))


def test_text_in_other_encodings(tmp_path, annotations):
    path = tmp_path / 'p.txt'
    for encoding in ('utf-8-sig', 'utf-16'):
        path.write_bytes('1 1 0.5 0 0 9 9\r\n'.encode(encoding))
        found = load_predictions(str(path), annotations)
        assert found[30]['bboxes'].tolist() == [[0, 0, 9, 9]]
    path.write_bytes(b'1 1 0.5 0 0 9 9\n\xa01 1 0.5 0 0 9 9')
    with pytest.raises(ValueError, match='p.txt, line 2: byte 0xa0'):
        load_predictions(str(path), annotations)


def test_lines_that_come_twice_are_counted(tmp_path, annotations, log):
    path = tmp_path / 'twice.txt'
    lines = '1 1 0.5 0 0 9 9\n2 1 0.5 0 0 9 9\n'
    path.write_text(lines)
    assert len(load_predictions(str(path), annotations)[10]['scores']) == 1
    assert not log
    path.write_text(lines + '2 1 0.5 0 0 9 8\n' + lines)
    assert len(load_predictions(str(path), annotations)[10]['scores']) == 3
    ((_, text),) = log
    assert (
        '2 of 5 lines of' in text
        and "repeat another one, such as '1 1" in text
    )


@pytest.mark.parametrize(
    'change',
    [
        dict(bboxes=np.zeros((4, 3))),  # columns in place of rows
        dict(bboxes=np.zeros((3, 5))),  # with scores
        dict(bboxes=np.zeros(12)),
        dict(scores=np.zeros((3, 1))),
        dict(scores=np.zeros((3, 30))),
        dict(labels=np.array([0, 1, 1.5])),
    ],
)
def test_predictions_of_another_shape(tmp_path, annotations, change):
    path = tmp_path / 'a.pkl'
    pred = frame(np.zeros((3, 4)), [0.5] * 3, [0, 1, 2])
    record = dict(img_id=10, pred_instances=pred)
    path.write_bytes(pickle.dumps([record]))
    load_predictions(str(path), annotations)
    pred.update(change)
    path.write_bytes(pickle.dumps([record]))
    with pytest.raises(ValueError, match=r'image id 10.*write bboxes \[n, 4'):
        load_predictions(str(path), annotations)
