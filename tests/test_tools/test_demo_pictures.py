# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pickle

import cv2
import numpy as np
import pytest
from demo_pictures import compare_frame, demo_pictures

from mmhvr.analysis.annotated_videos import load_videos


@pytest.fixture
def files(coco_vid, tmp_path):
    """Three videos of 4, 2 and 3 frames, and predictions for them."""
    data = coco_vid.write(
        [coco_vid.video(0, 4), coco_vid.video(1, 2), coco_vid.video(2, 3)],
        size=(48, 64),
    )
    frames = [
        dict(
            img_id=image['id'],
            classes=('ant', 'bee', 'cat', 'dog'),
            pred_det_instances=dict(
                bboxes=np.array([[30.0, 20.0, 50.0, 40.0]]),
                labels=np.array([3]),
                scores=np.array([0.8]),
            ),
        )
        for image in data['images']
    ]
    path = tmp_path / 'found.pkl'
    path.write_bytes(pickle.dumps(frames))
    root = coco_vid.root
    return (
        str(root / 'annotations' / 'imagenet_vid_train.json'),
        str(root / 'Data' / 'VID'),
        str(path),
    )


def test_video_and_sheet(files, tmp_path):
    out = tmp_path / 'out'
    video, sheet = demo_pictures(*files, out_dir=str(out), num_videos=2)
    assert (video, sheet) == (
        str(out / 'demo.mp4'),
        str(out / 'contact_sheet.jpg'),
    )
    # A frame of 48 x 64 is enlarged 8 times: 384 x 512. Two of them, a gap
    # of 4 pixels and a caption of 24.
    capture = cv2.VideoCapture(video)
    assert capture.get(cv2.CAP_PROP_FRAME_HEIGHT) == 408
    assert capture.get(cv2.CAP_PROP_FRAME_WIDTH) == 1028
    count = 0
    while capture.read()[0]:
        count += 1
    # The first videos of two categories out of three: 4 and 2 frames.
    assert count == 6
    assert cv2.imread(sheet).shape == (408, 1028, 3)


def test_truth_is_left_and_detections_are_right(files):
    ann_file, img_root, _ = files
    frame = load_videos(ann_file, img_root)[0].frames[0]
    names = ['ant', 'bee', 'cat', 'dog']
    bare = compare_frame(frame, names)
    frame.boxes = np.array([[30.0, 20.0, 50.0, 40.0]])
    frame.labels, frame.scores = np.array([3]), np.array([0.8])
    changed = (compare_frame(frame, names) != bare).any(axis=2)
    rows, columns = np.nonzero(changed)
    # Only in the right half (it begins at 516), at 8 times the box; the tag
    # is above.
    assert columns.min() >= 516 + 30 * 8 - 1
    assert rows.max() <= 24 + 40 * 8 + 1
    low = compare_frame(frame, names, score_thr=0.9)
    assert (low[24:] == bare[24:]).all()
    # The truth: the first box of the maker is 4, 6, 20, 26. A line of two
    # pixels (384 / 250, rounded) lies on 31 and 32.
    without = load_videos(ann_file, img_root)[0].frames[0]
    without.gt_boxes, without.gt_labels = np.zeros((0, 4)), np.zeros(0)
    rows, columns = np.nonzero(
        (compare_frame(without, names) != bare).any(axis=2)
    )
    assert (columns.min(), rows.min()) == (4 * 8 - 1, 24 + 6 * 8 - 1)
