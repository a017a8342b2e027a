# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A small annotation file without a fault, for tests to break."""

from typing import Any, Dict

from mmhvr.annotations.checks import Beside, inspect

FRAMES = 6
VIDEOS = 6
SIZE = (64, 48)


def clean_content(start: int = 0) -> Dict[str, Any]:
    """Return 2 classes, 6 videos of 6 frames, one object in each.

    Ids count from 1. Frame t of video v is image ``6 v + t + 1`` and has the
    annotation of the same id; videos 0, 2 and 4 are cats.

    Args:
        start: Number of the first video, in its name.
    """
    images, annotations = [], []
    for v in range(VIDEOS):
        for t in range(FRAMES):
            number = FRAMES * v + t + 1
            images.append(
                dict(
                    id=number,
                    file_name=f'v{start + v}/{t:03}.png',
                    width=SIZE[0],
                    height=SIZE[1],
                    video_id=v + 1,
                    frame_id=t,
                    is_vid_train_frame=True,
                )
            )
            annotations.append(
                dict(
                    id=number,
                    image_id=number,
                    video_id=v + 1,
                    category_id=v % 2 + 1,
                    instance_id=v + 1,
                    bbox=[4 + 2 * t, 5 + v, 20, 18],
                    iscrowd=0,
                )
            )
    return dict(
        info=dict(note='kept'),
        categories=[dict(id=1, name='cat'), dict(id=2, name='dog')],
        videos=[dict(id=v + 1, name=f'v{start + v}') for v in range(VIDEOS)],
        images=images,
        annotations=annotations,
    )


def found_in(content: Dict[str, Any], **beside: Any) -> Any:
    """What the checks find in a file."""
    return inspect('ann.json', content, Beside(**beside))


def of_kind(result: Any, kind: str) -> Any:
    """The one finding of a kind."""
    (finding,) = [f for f in result.findings if f.kind == kind]
    return finding
