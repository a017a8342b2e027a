# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import json

import numpy as np
import pytest

from mmhvr.analysis.comparison import compare_predictions, difference
from mmhvr.analysis.resampling import draw_videos, resampled_average_precisions
from mmhvr.evaluation import (
    Predictions,
    evaluate_predictions,
    load_annotations,
    save_predictions,
)
from mmhvr.evaluation.structures import Detections, GroundTruth

HERE, FAR = [0, 0, 9, 9], [90, 90, 99, 99]


def test_difference_by_hand():
    # Differences -0.10, -0.09 ... 0.90 in a mixed order: 101 values, so the
    # percentiles 2.5 and 97.5 lie at the positions 2.5 and 97.5. A resample
    # without boxes has no value.
    apart = np.random.default_rng(0).permutation(np.arange(-10, 91) / 100)
    a = np.concatenate([[0.2], np.full(101, 0.05), [np.nan]])
    b = np.concatenate([[0.5], 0.05 + apart, [np.nan]])
    result = difference(a, b, np.array([4, 4, 7]))
    assert (result.a, result.b) == (0.2, 0.5)
    assert result.difference == pytest.approx(0.3)
    assert result.low == pytest.approx(-0.075)
    assert result.high == pytest.approx(0.875)
    assert result.above_zero == pytest.approx(90 / 101)
    assert result.below_zero == pytest.approx(10 / 101)
    assert (result.resamples, result.boxes, result.videos) == (101, 3, 2)


def write(path, rows, classes=('cat',)):
    """A CocoVID file: (video, class) of each frame, one box in each."""
    data = dict(
        images=[
            dict(id=n, file_name=f'{n}', video_id=video, frame_id=n)
            for n, (video, _) in enumerate(rows)
        ],
        categories=[dict(id=n, name=c) for n, c in enumerate(classes)],
        annotations=[
            dict(
                id=n,
                image_id=n,
                category_id=classes.index(cls),
                instance_id=0,
                bbox=[0, 0, 9, 9],
            )
            for n, (_, cls) in enumerate(rows)
            if cls
        ],
    )
    path.write_text(json.dumps(data))
    return str(path)


def frame(*rows):
    """Detections (box, score, label) of a frame."""
    return dict(
        bboxes=np.array([r[0] for r in rows], np.float32).reshape(-1, 4),
        scores=np.array([r[1] for r in rows], np.float32),
        labels=np.array([r[2] for r in rows], np.int32),
    )


HIT, NONE = frame((HERE, 0.9, 0)), frame()


def test_two_videos_by_hand(tmp_path):
    # A finds the box of video x, B that of video y. Both once: 1/2 each, and
    # B - A = 0. Only x: 1 and 0. Only y: 0 and 1.
    ann_file = write(tmp_path / 'a.json', [('x', 'cat'), ('y', 'cat')])
    result = compare_predictions(
        [{0: HIT, 1: NONE}], [{0: NONE, 1: HIT}], ann_file, ['cat'], seed=3
    )
    only_y = (draw_videos(2, 2000, seed=3)[1] == 2).mean()
    assert 0.2 < only_y < 0.3
    mean = result.means['all']
    assert (mean.a, mean.b, mean.difference) == (0.5, 0.5, 0)
    assert (mean.low, mean.high) == (-1, 1)
    assert mean.above_zero == only_y
    assert mean.resamples == 2000
    assert result.classes['cat']['all'] == mean
    # Boxes that are in one frame only have motion IoU 1.
    assert result.means['slow'] == mean
    assert set(result.means) == set(result.classes['cat']) == {'all', 'slow'}
    assert result.runs == dict(a=[0.5], b=[0.5])
    assert (result.videos, result.resamples, result.seed) == (2, 2000, 3)


def test_a_class_that_vanishes_by_hand(tmp_path):
    # Video x has a cat, y a dog, z nothing. A finds both, B the cat alone.
    # The mean of A is 1 wherever it exists; that of B is 1/2, or 1 without
    # dogs, or 0 without cats.
    ann_file = write(
        tmp_path / 'a.json',
        [('x', 'cat'), ('y', 'dog'), ('z', None)],
        ('cat', 'dog', 'cow'),
    )
    dog = frame((HERE, 0.9, 1))
    result = compare_predictions(
        [{0: HIT, 1: dog, 2: NONE}],
        [{0: HIT, 1: NONE, 2: NONE}],
        ann_file,
        ('cat', 'dog', 'cow'),
        protocol=None,
        resamples=500,
    )
    cats, dogs, _ = draw_videos(3, 500, seed=0) > 0
    mean = result.means['all']
    assert mean.difference == -0.5
    assert (mean.low, mean.high) == (-1, 0)
    assert mean.resamples == (cats | dogs).sum() < 500
    assert mean.below_zero == dogs.sum() / mean.resamples
    assert mean.above_zero == 0
    cat, dog = result.classes['cat']['all'], result.classes['dog']['all']
    assert (cat.resamples, dog.resamples) == (cats.sum(), dogs.sum())
    assert (cat.low, cat.high, dog.low, dog.high) == (0, 0, -1, -1)
    assert (cat.boxes, cat.videos, mean.boxes, mean.videos) == (1, 1, 2, 2)
    assert result.classes['cow'] == {}


def made(rng, tmp_path, videos=8):
    """Videos of a cat or a dog in motion, and runs of a model on them."""
    images, annotations = [], []
    for video in range(videos):
        speed, label = [0, 2, 6][video % 3], video // 3 % 2
        for t in range(4):
            number = len(images)
            name = f'{video}/{t}'
            images.append(
                dict(id=number, file_name=name, video_id=video, frame_id=t)
            )
            annotations.append(
                dict(
                    id=number,
                    image_id=number,
                    category_id=label,
                    instance_id=0,
                    bbox=[speed * t, 0, 19, 19],
                )
            )
    path = tmp_path / 'made.json'
    path.write_text(
        json.dumps(
            dict(
                images=images,
                annotations=annotations,
                categories=[dict(id=0, name='cat'), dict(id=1, name='dog')],
            )
        )
    )

    def run():
        frames = {}
        for ann in annotations:
            x = ann['bbox'][0] + int(rng.integers(-8, 9))
            box = [x, 0, x + 19, 19]
            label = int(rng.random() < 0.2) ^ ann['category_id']
            frames[ann['image_id']] = frame(
                (box, rng.random(), label), (FAR, 0.8 * rng.random(), label)
            )
        return Predictions(frames, ('cat', 'dog'))

    return str(path), run


def test_values_are_those_of_the_metric(tmp_path):
    ann_file, run = made(np.random.default_rng(1), tmp_path)
    a, b = run(), run()
    options = dict(iou_thr=0.4, offset=0)
    result = compare_predictions(
        [a], [b], ann_file, protocol='mega', resamples=40, **options
    )
    for side, predictions in (('a', a), ('b', b)):
        expected = evaluate_predictions(
            predictions, ann_file, protocols='mega', coco=False, **options
        )
        found = {
            f'vid/mega/mAP40_{group}': getattr(value, side)
            for group, value in result.means.items()
        }
        found['vid/mAP40'] = found.pop('vid/mega/mAP40_all')
        for name, groups in result.classes.items():
            found[f'vid/AP40_{name}'] = getattr(groups['all'], side)
        assert found == pytest.approx(expected, abs=1e-12)
        assert len(found) == 6 and len(set(found.values())) > 3


def test_several_runs_are_averaged_over_the_same_draws(tmp_path):
    ann_file, run = made(np.random.default_rng(2), tmp_path)
    p, q, r = run(), run(), run()

    def compare(a, b):
        return compare_predictions(iter(a), iter(b), ann_file, resamples=200)

    both = compare([p, q], [r]).means['all']
    one, two = (compare([x], [r]).means['all'] for x in (p, q))
    assert both.a == pytest.approx((one.a + two.a) / 2)
    assert both.difference == pytest.approx(
        (one.difference + two.difference) / 2
    )
    # The interval of a mean lies within the mean of the intervals.
    assert both.high - both.low < (one.high - one.low + two.high - two.low) / 2
    # Draws that are not shared would not cancel out.
    same = compare([p, q], [q, p])
    for value in (*same.means.values(), *same.classes['dog'].values()):
        assert (value.difference, value.low, value.high) == (0, 0, 0)
        assert (value.above_zero, value.below_zero) == (0, 0)
    assert same.runs['a'] == same.runs['b'][::-1]
    assert len(set(same.runs['a'])) == 2
    # The other way round all is turned.
    forth, back = (compare(*x).means['all'] for x in (([p], [q]), ([q], [p])))
    assert (forth.low, forth.above_zero) == pytest.approx(
        (-back.high, back.below_zero)
    )


def test_seed_and_resamples(tmp_path):
    ann_file, run = made(np.random.default_rng(3), tmp_path)
    a, b = run(), run()
    first, again, other = (
        compare_predictions([a], [b], ann_file, resamples=200, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first.means['all'].low != other.means['all'].low
    assert first.means['all'].b == other.means['all'].b


def test_labels_are_matched_by_name(tmp_path):
    ann_file, run = made(np.random.default_rng(4), tmp_path)
    a, b = run(), run()
    turned = {i: dict(f, labels=1 - f['labels']) for i, f in b.items()}
    expected = compare_predictions([a], [b], ann_file, resamples=50)
    assert expected == compare_predictions(
        [a], [Predictions(turned, ('dog', 'cat'))], ann_file, resamples=50
    )
    assert expected != compare_predictions(
        [a], [Predictions(turned, ('cat', 'dog'))], ann_file, resamples=50
    )
    # Those that do not say are of the given classes.
    assert expected == compare_predictions(
        [a], [dict(b)], ann_file, ('cat', 'dog'), resamples=50
    )


def test_files_are_read(tmp_path):
    ann_file, run = made(np.random.default_rng(6), tmp_path)
    a, b = run(), run()
    paths = [str(tmp_path / name) for name in ('a.pkl', 'b.txt')]
    for path, predictions in zip(paths, (a, b)):
        save_predictions(path, predictions, load_annotations(ann_file))
    assert compare_predictions(
        paths[:1], paths[1:], ann_file, ('cat', 'dog'), resamples=50
    ) == compare_predictions([a], [b], ann_file, resamples=50)
    with pytest.raises(ValueError, match="b.txt': the predictions do not na"):
        compare_predictions(paths[:1], paths[1:], ann_file)


def change(predictions, function):
    frames = {i: function(frame) for i, frame in predictions.items()}
    return Predictions(frames, predictions.classes)


def test_score_threshold_leaves_detections_out(tmp_path):
    ann_file, run = made(np.random.default_rng(5), tmp_path)
    # Some scores are negative, as a model's logits may be.
    a, b = (
        change(run(), lambda f: dict(f, scores=2 * f['scores'] - 1))
        for _ in range(2)
    )

    def above(f):
        return {k: v[f['scores'] >= -0.5] for k, v in f.items()}

    cut = [change(predictions, above) for predictions in (a, b)]
    expected = compare_predictions(cut[:1], cut[1:], ann_file, resamples=50)
    found = compare_predictions(
        [a], [b], ann_file, resamples=50, score_thr=-0.5
    )
    assert found == expected
    whole = compare_predictions([a], [b], ann_file, resamples=50)
    assert found != whole
    expected = evaluate_predictions(a, ann_file, coco=False)
    assert whole.means['all'].a == pytest.approx(expected['vid/mAP50'])


ROWS = [('x', 'cat'), ('y', 'cat')]
FULL = {0: HIT, 1: NONE}


@pytest.mark.parametrize(
    'rows, a, b, options, message',
    [
        ([('x', 'cat'), ('x', 'cat')], FULL, FULL, {}, 'cannot be told from'),
        ([(None, 'cat'), ('y', 'cat')], FULL, FULL, {}, '1 of 2 images have'),
        ([(None, 'cat')] * 2, FULL, FULL, {}, '2 of 2 images have no video'),
        (
            ROWS,
            FULL,
            {0: HIT},
            {},
            'run 1 of B: it predicts 1 frames and run 1 of A 2, and 1 are in '
            'one of them alone, such as image id 1; test both on all frames',
        ),
        (ROWS, {0: HIT, 7: HIT}, FULL, {}, 'run 1 of A: image id 7 is not'),
        (
            ROWS,
            FULL,
            {0: HIT, 1: frame((HERE, 0.5, 3))},
            {},
            'run 1 of B: label 3 of .* out of range for 1 classes',
        ),
        (
            ROWS,
            Predictions(FULL, ('cat', 'cow')),
            Predictions(FULL, ('cat', 'dog')),
            dict(classes=None),
            r"run 1 of B: it has the classes \['dog'\], which run 1 of A has "
            r"not, and not \['cow'\]",
        ),
        (ROWS, FULL, FULL, dict(classes=('cow',)), "'cow',. is a category"),
        (ROWS, FULL, FULL, dict(classes=None), 'do not name their classes'),
        ([('x', None), ('y', None)], FULL, FULL, {}, 'holds no annotations'),
        (ROWS, FULL, FULL, dict(resamples=39), 'at least 40, but got 39'),
        (ROWS, FULL, FULL, dict(score_thr=float('nan')), 'but got nan'),
        (ROWS, FULL, FULL, dict(iou_thr=0), 'iou_thr must be in'),
        (ROWS, {}, FULL, {}, 'run 1 of A: there are no predictions'),
        (ROWS, FULL, None, {}, 'B has no files of predictions'),
    ],
)
def test_errors_say_what_is_wrong(tmp_path, rows, a, b, options, message):
    ann_file = write(tmp_path / 'a.json', rows)
    b = [] if b is None else [b]
    with pytest.raises(ValueError, match=message):
        compare_predictions(
            [a], b, ann_file, **{'classes': ('cat',), **options}
        )


def test_only_crowds_are_nothing_to_find(tmp_path):
    path = tmp_path / 'a.json'
    write(path, ROWS)
    data = json.loads(path.read_text())
    for annotation in data['annotations']:
        annotation['iscrowd'] = 1
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match='no box of the classes'):
        compare_predictions([FULL], [FULL], str(path), ('cat',))


def simulate(rng, videos, frames=8):
    """Two detectors alike on the same videos, some of which are hard."""
    images = np.arange(videos * frames)
    of = images // frames
    labels = rng.integers(0, 2, videos)[of]
    gt = GroundTruth(
        np.tile(np.array(HERE, float), (len(images), 1)),
        labels,
        images,
        np.zeros(len(images), dtype=bool),
    )
    ease = rng.normal(1, 3, videos)
    detectors = []
    for _ in range(2):
        logit = (ease + rng.normal(0, 1.5, videos))[of]
        found = rng.random(len(images)) < 1 / (1 + np.exp(-logit))
        # Two detections a frame: one tries to find the box, one does not.
        places = np.stack([found, np.zeros_like(found)], 1).ravel()
        scores = np.stack([0.5 + 0.5 * found, np.full(len(images), 0.8)], 1)
        detectors.append(
            Detections(
                np.where(places[:, None], HERE, FAR).astype(float),
                labels.repeat(2),
                images.repeat(2),
                (scores * rng.random(scores.shape)).ravel(),
            )
        )
    return gt, detectors, of


def test_95_percent_of_the_intervals_hold_the_truth():
    # The two are alike, so the true difference is 0; the standard error over
    # 300 sets is 1.3 points. With frames drawn in place of videos 83 % hold
    # it, and with draws of its own for each detector all do.
    rng = np.random.default_rng(8)
    held = 0
    for trial in range(300):
        gt, detectors, of = simulate(rng, 60)
        counts = np.ones((60, 201), dtype=int)
        counts[:, 1:] = draw_videos(60, 200, seed=trial)
        values = [
            resampled_average_precisions(gt, det, 2, of, counts)[:, 0].mean(1)
            for det in detectors
        ]
        result = difference(*values, of)
        held += result.low <= 0 <= result.high
    assert 0.91 < held / 300 < 0.98
