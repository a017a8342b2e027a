# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Changing predictions video by video.

Legend: T frames of a video, n detections of a frame.
"""

from typing import Any, Callable, Dict, List

from .annotations import VIDAnnotations
from .prediction_files import AnyPredictions, Frame, Predictions

# Gets the frames of one video in order, returns as many: bboxes [n, 4] xyxy
# in pixels, scores [n], labels [n] each. Seq-NMS is such a function.
VideoFunction = Callable[[List[Frame]], List[Frame]]


def apply_by_video(
    predictions: AnyPredictions,
    annotations: VIDAnnotations,
    function: VideoFunction,
) -> Predictions:
    """Hand a function the frames of each video in order.

    A frame without a prediction is left out, as if the video went on with
    the next one.

    Args:
        predictions (dict): Detections by image id.
        annotations (VIDAnnotations): Which frames belong to a video.
        function (Callable): Gets T frames, returns T frames.

    Returns:
        Predictions: The new detections by image id, of the same classes.

    Raises:
        ValueError: If the annotations have no videos, or the function
            returns another number of frames.
    """
    if annotations.videos is None or annotations.frames is None:
        raise ValueError(
            'the annotation file has no videos (video_id and frame_id of its '
            'images), so detections cannot be linked; convert it to CocoVID'
        )
    videos: Dict[Any, List[tuple]] = {}
    for image_id, video, frame in zip(
        annotations.image_ids, annotations.videos, annotations.frames
    ):
        if image_id in predictions:
            videos.setdefault(video, []).append((frame, image_id))
    result = Predictions({}, getattr(predictions, 'classes', None))
    for video, frames in videos.items():
        ids = [image_id for _, image_id in sorted(frames, key=lambda f: f[0])]
        changed = function([predictions[image_id] for image_id in ids])
        if len(changed) != len(ids):
            raise ValueError(
                f'the function returned {len(changed)} frames for the '
                f'{len(ids)} of video {video!r}; return one for each, empty '
                'ones included'
            )
        result.update(zip(ids, changed))
    return result
