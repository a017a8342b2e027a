# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The tools that evaluate and analyse files of predictions."""

import json
import re
import sys

import cv2
import numpy as np
import pytest

from mmhvr.evaluation import (
    Predictions,
    load_annotations,
    load_predictions,
    save_predictions,
)
from mmhvr.evaluation.motion_files import load_motion_iou

# A car that moves by 5 of its 10 pixels in the last of three frames: IoU 1
# and 1/3 for the first two frames, 1/3 twice for the last one. Category 0 is
# unused, as some tools export it, and no label.
CAR = dict(
    videos=[dict(id=1, name='a')],
    images=[
        dict(id=1 + t, file_name=f'a/{t}.JPEG', video_id=1, frame_id=t)
        for t in range(3)
    ],
    categories=[dict(id=0, name='background'), dict(id=1, name='car')],
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


@pytest.fixture
def files(tmp_path):
    """The car's annotations, and predictions that miss its last frame."""
    ann_file, pkl = tmp_path / 'ann.json', str(tmp_path / 'p.pkl')
    ann_file.write_text(json.dumps(CAR))
    save_predictions(
        pkl,
        Predictions(
            {
                1 + t: dict(
                    bboxes=np.array([[x, 0, x + 9, 9]], dtype=np.float32),
                    scores=np.array([0.9 - t / 10], dtype=np.float32),
                    labels=np.array([0], dtype=np.int32),
                )
                for t, x in enumerate([0, 0, 50])
            },
            ['car'],
        ),
        load_annotations(str(ann_file)),
    )
    return str(ann_file), pkl, str(tmp_path / 'p.txt')


def write_config(folder, classes):
    """A config whose test data have these classes."""
    path = folder / f'{"_".join(classes)}.py'
    path.write_text(
        'test_dataloader = dict(dataset=dict('
        f'metainfo=dict(CLASSES={classes!r})))\n'
    )
    return str(path)


def test_eval_and_convert(files, load_tool, monkeypatch, capsys, tmp_path):
    ann_file, pkl, txt = files
    convert = load_tool('analysis_tools/convert_predictions.py')
    monkeypatch.setattr(sys, 'argv', ['convert.py', pkl, txt, ann_file])
    convert.main()
    assert '3 detections, 3 frames' in capsys.readouterr().out
    evaluate = load_tool('analysis_tools/eval_results.py')
    config = write_config(tmp_path, ('car',))
    for path, more in ((pkl, []), (txt, ['--config', config])):
        out = str(tmp_path / 'metrics.json')
        monkeypatch.setattr(
            sys,
            'argv',
            ['eval_results.py', path, ann_file, '--errors', '--out', out]
            + more,
        )
        evaluate.main()
        with open(out) as file:
            metrics = json.load(file)
        # Two of three boxes are found before the false detection. COCO reads
        # precision 1 at the recalls 0 .. 0.66, 67 of 101.
        assert metrics == pytest.approx(
            {
                'vid/mAP50': 2 / 3,
                'vid/AP50_car': 2 / 3,
                'vid/fgfa/mAP50_fast': 2 / 3,
                'vid/coco/AP': 67 / 101,
                'vid/coco/AP50': 67 / 101,
                'vid/errors/duplicate': 0,
                'vid/errors/confusion': 0,
                'vid/errors/localization': 0,
                'vid/errors/background': 1,
                'vid/errors/missed': 1,
                'vid/errors/recall': 2 / 3,
            }
        )
    assert 'vid/mAP50: 0.6667' in capsys.readouterr().out


def test_labels_are_not_guessed(
    files, load_tool, monkeypatch, capsys, tmp_path
):
    ann_file, pkl, txt = files
    convert = load_tool('analysis_tools/convert_predictions.py')
    monkeypatch.setattr(sys, 'argv', ['convert.py', pkl, txt, ann_file])
    convert.main()
    tool = load_tool('analysis_tools/eval_results.py')

    def run(path, *more):
        argv = ['eval_results.py', path, ann_file, '--no-coco', '--protocols']
        monkeypatch.setattr(sys, 'argv', [*argv, *more])
        tool.main()
        return capsys.readouterr().out

    # By this config label 0 is a bus: a text is taken at its word, a pickle
    # knows better.
    other = ('--config', write_config(tmp_path, ('bus', 'car')))
    assert 'vid/mAP50: 0.0000' in run(txt, *other)
    with pytest.raises(SystemExit, match=r"error: .*\['car'\], but \['bus'"):
        run(pkl, *other)
    assert 'vid/mAP50: 0.6667' in run(pkl)
    with pytest.raises(SystemExit, match='error: .* not guessed'):
        run(txt)
    with pytest.raises(SystemExit, match='error: .* do not exist'):
        run(pkl + 'x')
    # A text becomes a pickle that names its classes.
    again = str(tmp_path / 'again.pkl')
    own = ['--config', write_config(tmp_path, ('car',))]
    argv = ['convert.py', txt, again, ann_file, *own]
    monkeypatch.setattr(sys, 'argv', argv)
    convert.main()
    assert 'vid/mAP50: 0.6667' in run(again)


@pytest.mark.parametrize('rescore, after', [('avg', 4 / 9), ('max', 2 / 3)])
def test_eval_with_seq_nms(
    load_tool, files, monkeypatch, capsys, tmp_path, rescore, after
):
    ann_file, pkl, _ = files
    here, away = [0, 0, 9, 9], [50, 50, 59, 59]
    boxes = {1: [here], 2: [here, away]}
    scores = {1: [0.9], 2: [0.1, 0.6]}
    save_predictions(
        pkl,
        Predictions(
            {
                i: dict(
                    bboxes=np.array(boxes[i], dtype=np.float32),
                    scores=np.array(scores[i], dtype=np.float32),
                    labels=np.zeros(len(scores[i]), dtype=np.int32),
                )
                for i in boxes
            },
            ['car'],
        ),
        load_annotations(ann_file),
    )
    out = str(tmp_path / 'metrics.json')
    argv = ['eval_results.py', pkl, ann_file, '--no-coco', '--protocols']
    argv += ['--seq-nms', '--rescore', rescore, '--out', out]
    monkeypatch.setattr(sys, 'argv', argv)
    load_tool('analysis_tools/eval_results.py').main()
    # One of three boxes has no detection. 0.9 true, 0.6 false, 0.1 true:
    # 1/3 * 1 + 1/3 * 2/3 = 5/9. The path's mean, 0.5 twice, falls behind
    # the false one: 2/3 * 2/3. Its maximum, 0.9 twice: 2/3 * 1.
    with open(out) as file:
        assert json.load(file) == pytest.approx(
            {
                'vid/mAP50': 5 / 9,
                'vid/AP50_car': 5 / 9,
                'vid/seq_nms/mAP50': after,
                'vid/seq_nms/AP50_car': after,
            }
        )
    assert 'vid/mAP50: 0.5556\n' in capsys.readouterr().out


def test_plot_results(files, load_tool, monkeypatch, capsys, tmp_path):
    ann_file, pkl, _ = files
    tool = load_tool('analysis_tools/plot_results.py')
    out = tmp_path / 'figures'
    argv = ['plot_results.py', pkl, ann_file, '--out', str(out)]
    argv += ['--other', pkl, '--dpi', '50']
    monkeypatch.setattr(sys, 'argv', argv)
    tool.main()
    names = {line.split('/')[-1] for line in capsys.readouterr().out.split()}
    assert names == {
        'precision_recall.png',
        'confusion_matrix.png',
        'ap_by_range.png',
        'class_change.png',
    }
    for name in names:
        picture = cv2.imread(str(out / name))
        # Something is drawn, on white.
        assert (picture == 255).mean() > 0.5
        assert (picture < 128).any()
    monkeypatch.setattr(sys, 'argv', [*argv, '--names', 'x', 'x'])
    with pytest.raises(SystemExit, match='must differ'):
        tool.main()


@pytest.fixture
def two_models(tmp_path):
    """Three videos of a box; a finds that of the first, b of the second."""
    ann_file = tmp_path / 'ann.json'
    data = dict(
        CAR,
        videos=[dict(id=i, name=f'{i}') for i in (1, 2, 3)],
        images=[dict(image, video_id=image['id']) for image in CAR['images']],
    )
    ann_file.write_text(json.dumps(data))
    paths = {}
    for name, found in (('a', [1]), ('b', [2]), ('both', [1, 2])):
        frames = {}
        for i in (1, 2, 3):
            number = int(i in found)
            frames[i] = dict(
                bboxes=np.array([[0, 0, 9, 9]] * number, np.float32).reshape(
                    -1, 4
                ),
                scores=np.full(number, 0.5, dtype=np.float32),
                labels=np.zeros(number, dtype=np.int32),
            )
        paths[name] = str(tmp_path / f'{name}.pkl')
        save_predictions(
            paths[name],
            Predictions(frames, ['car']),
            load_annotations(str(ann_file)),
        )
    return str(ann_file), paths


@pytest.mark.parametrize('last', [False, True])
def test_compare_predictions(two_models, load_tool, capsys, tmp_path, last):
    ann_file, paths = two_models
    tool = load_tool('analysis_tools/compare_predictions.py')
    out = str(tmp_path / 'out.json')
    options = ['--out', out, '--resamples', '500', '--seed', '3']
    tool.main([paths['a'], paths['both'], ann_file, *options])
    text = capsys.readouterr().out
    assert f'A: {paths["a"]}: 33.3\nB: {paths["both"]}: 66.7\n' in text
    row = [line.split('|') for line in text.splitlines() if '| car' in line]
    assert [cell.strip() for cell in row[0][2:7]] == [
        '3', '3', '33.3', '66.7', '+33.3'
    ]  # fmt: skip
    with open(out) as file:
        found = json.load(file)
    # Of three boxes as many as the second video was drawn.
    mean = found['means']['all']
    assert mean['difference'] == pytest.approx(1 / 3)
    assert (mean['low'], mean['high']) == pytest.approx((0, 1))
    # Never drawn: (2/3)^3 = 0.296 of the resamples.
    assert mean['above_zero'] == pytest.approx(1 - 0.296, abs=0.06)
    assert found['classes']['car']['all'] == mean
    assert (found['seed'], found['iou_thr'], found['b']) == (
        3, 0.5, [paths['both']]
    )  # fmt: skip
    # Several files; the annotation file may come last.
    lists = ['--a', paths['a'], paths['b'], '--b', paths['both']]
    lists = [*lists, ann_file, *options] if last else [ann_file, *lists]
    tool.main(lists)
    text = capsys.readouterr().out
    row = [line.split('|') for line in text.splitlines() if '| car' in line]
    assert [cell.strip() for cell in row[0][4:7]] == ['33.3', '66.7', '+33.3']
    assert f'A: {paths["a"]}: 33.3\nA: {paths["b"]}: 33.3\n' in text


def test_compare_predictions_of_a_text(
    two_models, load_tool, capsys, tmp_path
):
    # A text does not say that label 0 is a bus.
    ann_file, paths = two_models
    annotations = load_annotations(ann_file)
    text = str(tmp_path / 'both.txt')
    save_predictions(
        text, load_predictions(paths['both'], annotations), annotations
    )
    tool = load_tool('analysis_tools/compare_predictions.py')
    argv = [text, text, ann_file]
    with pytest.raises(SystemExit, match='error: .*--config'):
        tool.main(argv)
    for classes, value in ((('car', 'bus'), 66.7), (('bus', 'car'), 0.0)):
        tool.main([*argv, '--config', write_config(tmp_path, classes)])
        assert f'B: {text}: {value}' in capsys.readouterr().out


@pytest.mark.parametrize(
    'argv, message',
    [
        (['a', 'ann'], 'give A.pkl B.pkl ANN_FILE.json, or'),
        (['ann', '--a', 'a'], 'give A.pkl B.pkl ANN_FILE.json, or'),
        (['a', 'b', 'ann', '--b', 'b'], 'give A.pkl B.pkl ANN_FILE.json, or'),
        (['ann', '--a', 'a', 'a', '--b', 'b'], 'A names a file twice'),
        (['a', 'nowhere.pkl', 'ann'], 'error: .* do not exist'),
        (['a', 'b', 'nowhere.json'], 'error: .* does not exist'),
        (['a', 'b', 'ann', '--resamples', '3'], 'error: resamples must be'),
    ],
)
def test_compare_predictions_errors(
    two_models, load_tool, capsys, argv, message
):
    ann_file, paths = two_models
    known = dict(paths, ann=ann_file)
    tool = load_tool('analysis_tools/compare_predictions.py')
    with pytest.raises(SystemExit) as error:
        tool.main([known.get(word, word) for word in argv])
    text = f'{error.value}\n{capsys.readouterr().err}'
    assert re.search(message, text)


def test_benchmark_vid_metric(load_tool, monkeypatch, capsys):
    tool = load_tool('analysis_tools/benchmark_vid_metric.py')
    argv = '--frames 60 --boxes 90 --videos 3 --classes 2 --detections 9'
    monkeypatch.setattr(sys, 'argv', ['benchmark', *argv.split()])
    tool.main()
    # Half of the detections lie about the boxes, half anywhere.
    value = re.search(r'protocols fgfa: mAP50 (\S+)', capsys.readouterr().out)
    assert 0.1 < float(value.group(1)) < 0.9
