# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest


def test_figures_of_two_files(coco_vid, tmp_path, load_tool, capsys):
    data = coco_vid.write([coco_vid.video(n % 2, 2) for n in range(4)])
    truth = [annotation['bbox'] for annotation in data['annotations']]
    files = []
    for name, hit in (('one', (0,)), ('two', (0, 1))):
        frames = []
        for image, box in zip(data['images'], truth):
            label = (image['video_id'] - 1) % 2
            x, y, w, h = box
            found = dict(
                bboxes=np.array([[x, y, x + w, y + h]]),
                labels=np.array([label]),
                scores=np.array([0.9 if label in hit else 0.1]),
            )
            if label not in hit:
                found['bboxes'] += 40
            frames.append(
                dict(
                    img_id=image['id'],
                    classes=('ant', 'bee', 'cat', 'dog'),
                    pred_det_instances=found,
                )
            )
        files.append(str(tmp_path / f'{name}.pkl'))
        Path(files[-1]).write_bytes(pickle.dumps(frames))
    ann_file = str(coco_vid.root / 'annotations/imagenet_vid_train.json')
    main = load_tool('analysis_tools/draw_figures.py').main
    out = [str(tmp_path / 'a.jpg'), str(tmp_path / 'b.png')]
    root = str(coco_vid.root / 'Data/VID')
    main(['detections', *files, ann_file, '--img-root', root, '--out', out[0]])
    # Half of the eight boxes are bees, which the second alone finds.
    text = capsys.readouterr().out
    assert '8 true boxes (dashed): both find 50.0%, baseline alone' in text
    assert 'HVR-Net alone 50.0%' in text
    main(['classes', *files, ann_file, '--out', out[1]])
    # Ant and bee: 1 and 0, then 1 and 1.
    assert 'mean 50.0 (baseline) to 100.0 (HVR-Net)' in capsys.readouterr().out
    assert all(cv2.imread(path) is not None for path in out)
    with pytest.raises(SystemExit, match='^error: the AP of every class'):
        main(['classes', files[0], files[0], ann_file])
