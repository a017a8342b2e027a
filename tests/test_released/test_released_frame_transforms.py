# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np

from mmhvr.released import TrackMinIoURandomCrop


def test_ids_stay_with_their_boxes():
    # A grid of boxes whose width tells their id and height their label. The
    # crop clips boxes at its border; those inside it keep their size.
    np.random.seed(0)
    crop = TrackMinIoURandomCrop(min_ious=(0.01,))
    dropped = inside = 0
    for _ in range(30):
        corners = [(x, y) for x in (10, 50, 90) for y in (10, 50, 90)]
        boxes = np.array(
            [
                [x, y, x + 4 + i, y + 14 - i]
                for i, (x, y) in enumerate(corners)
            ],
            np.float32,
        )
        results = crop.transform(
            dict(
                img=np.zeros((120, 120, 3), np.uint8),
                img_shape=(120, 120),
                gt_bboxes=boxes,
                gt_bboxes_labels=14 - np.arange(9),
                gt_instances_id=4 + np.arange(9),
                gt_ignore_flags=np.zeros(9, bool),
            )
        )
        height, width = results['img'].shape[:2]
        found = results['gt_bboxes']
        dropped += 9 - len(found)
        for box, label, track in zip(
            found, results['gt_bboxes_labels'], results['gt_instances_id']
        ):
            assert label + track == 18
            if 0 < box[0] and box[2] < width:
                assert box[2] - box[0] == track
                inside += 1
            if 0 < box[1] and box[3] < height:
                assert box[3] - box[1] == label
    assert dropped > 0 and inside > 0
