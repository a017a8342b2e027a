# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The figures of the paper, and two more, each one call."""

from typing import Any, List, Optional, Tuple

import numpy as np

from ..utils.image_files import save_picture
from ..visualization.layout import caption, contact_sheet
from .annotated_videos import load_tested_videos
from .attention import draw_attention
from .class_change import (
    class_changes,
    draw_class_changes,
    video_average_precisions,
)
from .differences import choose_differences, compare_videos, draw_differences
from .embedding import draw_embeddings, neighbour_agreement, points_in_a_plane
from .inspection import view_triplet, view_window
from .triplet_crops import distinct_anchors, draw_triplet


def detections_figure(
    first: str,
    second: str,
    ann_file: str,
    img_root: str,
    out: str,
    names: Tuple[str, str] = ('baseline', 'HVR-Net'),
    number: int = 8,
    score_thr: float = 0.5,
) -> str:
    """Figure 4: the first model's detections above, the second's below.

    Args:
        first: Predictions of a model, by ``tools/test.py --out``.
        second: Those of another model.
        ann_file: The annotation file of both.
        img_root: The folder to which its file names are relative.
        out: The picture to write.
        names: What to call the two models.
        number: How many frames to show, at most one of each video.
        score_thr: Detections of at least this score count.

    Returns:
        How many true boxes each model finds, as written above the picture.
    """
    before, classes = load_tested_videos(ann_file, img_root, first)
    after, _ = load_tested_videos(ann_file, img_root, second, classes)
    counts, differences = compare_videos(before, after, score_thr)
    total = sum(counts.values())
    titles = (
        f'{total} true boxes (dashed): both find '
        f'{counts["both"] / total:.1%}, {names[0]} alone '
        f'{counts["first"] / total:.1%}, {names[1]} alone '
        f'{counts["second"] / total:.1%}',
        'frames that differ, of each kind in proportion; found: right class, '
        f'IoU 0.5, score {score_thr:g}',
    )
    picture = draw_differences(
        choose_differences(differences, number),
        names,
        classes,
        score_thr,
    )
    for title in reversed(titles):
        picture = caption(picture, title)
    save_picture(picture, out)
    return titles[0]


def classes_figure(
    first: str,
    second: str,
    ann_file: str,
    out: str,
    names: Tuple[str, str] = ('baseline', 'HVR-Net'),
    number: int = 5,
) -> str:
    """Figure 6: the classes whose AP rises and falls most.

    Args:
        first: Predictions of a model, by ``tools/test.py --out``.
        second: Those of another model.
        ann_file: The annotation file of both.
        out: The picture to write.
        names: What to call the two models.
        number: How many classes of each kind.

    Returns:
        The title of the picture, with the mean AP of both.

    Raises:
        ValueError: The files hold other frames, or no AP differs.
    """
    videos, classes = load_tested_videos(ann_file, '', first)
    both = [videos, load_tested_videos(ann_file, '', second, classes)[0]]
    tested = [
        [frame.boxes is not None for video in videos for frame in video.frames]
        for videos in both
    ]
    if tested[0] != tested[1]:
        raise ValueError(
            f'{first} has {sum(tested[0])} frames of {ann_file}, {second} has '
            f'{sum(tested[1])}, not the same ones; test both models on all'
        )
    before, after = (
        video_average_precisions(videos, len(classes)) for videos in both
    )
    title = (
        f'AP at IoU 0.5 by class: mean {100 * np.nanmean(before):.1f} '
        f'({names[0]}) to {100 * np.nanmean(after):.1f} ({names[1]})'
    )
    up, down = class_changes(before, after, classes, number)
    draw_class_changes(up, down, names, title, out)
    return title


def features_figure(
    model: Any, out: str, seed: int = 0, training_data: bool = False
) -> None:
    """Figure 5: t-SNE of proposal features, without and with inter.

    Args:
        model (HVRNet): As :func:`mmhvr.apis.init_model` returns it.
        out: The picture to write.
        seed: Of the batch of videos.
        training_data: Of training videos; otherwise of those of the test.
    """
    view = view_triplet(model, seed, training_data)
    labels = view.labels.cpu().numpy()
    objects = labels < len(model.class_names)
    panels = []
    for name, features in (
        ('without inter-video relation (alpha)', view.alpha),
        ('with inter-video relation (beta)', view.beta),
    ):
        if features is None:
            continue
        rows = features.cpu().numpy()
        share = neighbour_agreement(rows[objects], labels[objects])
        text = f'nearest other object proposal of the same class: {share:.0%}'
        panels.append((f'{name}\n{text}', points_in_a_plane(rows, seed)))
    draw_embeddings(
        panels,
        labels,
        view.videos.cpu().numpy(),
        model.class_names,
        f't-SNE of the {len(labels)} proposals of a video triplet, '
        f'{int(objects.sum())} of them on objects',
        out,
    )


def attention_figure(
    model: Any,
    out: str,
    video: int = 0,
    frame: Optional[int] = None,
    module: str = 'intra1',
    proposal: Optional[int] = None,
) -> None:
    """Which proposals of the window a target proposal attended to.

    Args:
        model (HVRNet): As :func:`mmhvr.apis.init_model` returns it.
        out: The picture to write.
        video: Number of the video in the test data.
        frame: Index of the target frame; by default the middle one.
        module: 'intra1', 'intra2', ..., 'inter1', ...
        proposal: Of the target frame; by default the one that is classified
            most surely.

    Raises:
        ValueError: There is no such video, frame, module or proposal.
    """
    view = view_window(model, video, frame)
    if module not in view.attention:
        raise ValueError(
            f'module is {module}, but the model has weights of '
            f'{", ".join(view.attention) or "no module"}'
        )
    scores = view.scores[:, :-1]
    if proposal is None and len(scores):
        proposal = int(scores.max(1).values.argmax())
    if proposal is None or not 0 <= proposal < len(scores):
        raise ValueError(
            f'proposal is {proposal}, but frame {view.places[0]} has '
            f'{len(scores)} proposals; give one of them, or another frame'
        )
    score, label = scores[proposal].max(0)
    titles = (
        f'{module}, {view.video}: what the yellow proposal, classified as '
        f'{model.class_names[int(label)]} {float(score):.2f}, attends to',
        'orange: weight of the proposals at a place; box: the heaviest '
        'proposal of the frame, from 1 % on',
    )
    picture = draw_attention(
        view.images,
        [part.cpu().numpy() for part in view.boxes],
        [part[proposal].cpu().numpy() for part in view.attention[module]],
        view.places,
        proposal,
        titles,
    )
    save_picture(picture, out)


def triplets_figure(
    model: Any,
    out: str,
    seed: int = 0,
    training_data: bool = False,
    number: int = 8,
) -> None:
    """Mined proposal triplets as crops, each with another anchor object.

    Args:
        model (HVRNet): As :func:`mmhvr.apis.init_model` returns it.
        out: The picture to write.
        seed: Of the first batch of videos; more are drawn as need be.
        training_data: Of training videos; otherwise of those of the test.
        number: How many triplets.

    Raises:
        ValueError: None was found.
    """
    rows: List[np.ndarray] = []
    # A batch may have no object that RPN proposes.
    for batch in range(4 * number):
        if len(rows) < number:
            rows += _triplet_rows(model, seed + batch, training_data)
    if not rows:
        raise ValueError(
            'no proposal has both a positive and a negative; has the model '
            'been trained?'
        )
    sheet = contact_sheet(rows[:number], 2 if len(rows) > 1 else 1, gap=16)
    title = (
        'mined proposal triplets: least similar of the same class, most '
        'similar of another (cosine of alpha)'
    )
    save_picture(caption(sheet, title), out)


def _triplet_rows(
    model: Any, seed: int, training_data: bool
) -> List[np.ndarray]:
    """Return a picture for each anchor object of a video triplet."""
    view = view_triplet(model, seed, training_data)
    triplets = np.stack([index.cpu().numpy() for index in view.triplets], 1)
    boxes, videos = view.boxes.cpu().numpy(), view.videos.cpu().numpy()
    labels, alpha = view.labels.cpu().numpy(), view.alpha.cpu().numpy()
    chosen = distinct_anchors(triplets[:, 0], boxes, videos)
    return [
        draw_triplet(
            [view.images[video] for video in videos[triplet]],
            boxes[triplet],
            labels[triplet],
            alpha[triplet],
            model.class_names,
        )
        for triplet in triplets[chosen]
    ]
