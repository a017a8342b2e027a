# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What `make matrix` makes of the results of its rows."""

import json
import pickle

import numpy as np
import pytest


@pytest.fixture
def tool(load_tool):
    return load_tool('dev/matrix.py')


def frame(scores, boxes=None, labels=None):
    scores = np.array(scores)
    if boxes is None:
        boxes = np.zeros((len(scores), 4))
    return dict(
        scores=scores,
        bboxes=np.array(boxes, float),
        labels=np.zeros(len(scores), int) if labels is None else labels,
    )


def test_largest_difference_by_hand(tool):
    one = [frame([0.9, 0.5], [[0, 0, 4, 4], [1, 1, 2, 2]]), frame([0.2])]
    two = [frame([0.8, 0.5], [[0, 0, 4, 6], [1, 1, 2, 2]]), frame([0.25])]
    assert tool.largest_difference(one, two, 'scores') == pytest.approx(0.1)
    assert tool.largest_difference(one, two, 'bboxes') == 2
    # Below 0.01 nothing counts; above, each has to have its counterpart.
    more = [frame([0.9, 0.5, 0.009], np.ones((3, 4))), frame([0.2])]
    assert tool.largest_difference(one, more, 'scores') == 0
    more = [frame([0.9, 0.5, 0.02], np.ones((3, 4))), frame([0.2])]
    assert tool.largest_difference(one, more, 'scores') == float('inf')


def write_row(folder, loss, score, failed):
    """The files of a row, as its tools write them."""
    logs = folder / 'train' / 'time' / 'vis_data'
    logs.mkdir(parents=True)
    lines = [dict(loss=loss, step=i) for i in range(20)] + [dict(lr=0.1)]
    (logs / 'scalars.json').write_text('\n'.join(map(json.dumps, lines)))
    found = frame([score, 0.3], [[0, 0, 9, 9], [5, 5, 7, 7]])
    with open(folder / 'predictions.pkl', 'wb') as stream:
        pickle.dump([dict(img_id=1, pred_det_instances=found)], stream)
    metrics = folder / 'test' / 'time'
    metrics.mkdir(parents=True)
    (metrics / 'time.json').write_text(json.dumps({'vid/mAP50': 0.8386}))
    result = dict(
        Python='3.13.0', torch='2.14.1', torchvision='0.29.1', numpy='2.5',
        OpenCV='5.0', mmcv='2.0.0', operators='torchvision', env_seconds=90,
        tests_seconds=360, passed=12, skipped=3,
    )  # fmt: skip
    if failed:
        result['failed'] = failed
    (folder / 'result.json').write_text(json.dumps(result))


def test_the_page(tool, tmp_path):
    write_row(tmp_path / tool.REFERENCE, loss=2.0, score=0.75, failed=0)
    write_row(tmp_path / 'py313-default', loss=2.5, score=0.5, failed=2)
    rows = tool.compare(tmp_path, ['py313-default', tool.REFERENCE])
    page = tool.write_table(rows).splitlines()
    table = [line for line in page if line.startswith('|')]
    versions = '| 3.13.0 | 2.14.1 | 0.29.1 | 2.5 | 5.0 | torchvision | 1.5 min'
    assert table[2:] == [
        f'{versions} | 12 / 3 / 2 | 6.0 min | 83.86 | 0 | 2e-01 | 5e-01 |',
        f'{versions} | 12 / 3 / 0 | 6.0 min | 83.86 | 0 | 0 | 0 |',
    ]


def test_each_row_has_its_lock_file(tool):
    names = {row.split('-')[1] + '-' + row.split('-')[0] for row in tool.ROWS}
    lock = tool.ROOT / 'requirements' / 'lock'
    assert names == {path.stem for path in lock.glob('*-py*.txt')}
