# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The text of a config for a data set: every line says what it is for."""

import os
import os.path as osp
from pathlib import Path
from typing import List, NamedTuple, Tuple

import numpy as np
from mmengine.config import Config

from .anchors import fit_sizes
from .config_lines import assigned, call, comment, steps
from .data_facts import (
    Batch,
    DataFacts,
    choose_batch,
    choose_scale,
    mirrored_name,
)
from .new_schedule import Schedule, choose_schedule


class Base(NamedTuple):
    """What a config builds on.

    Attributes:
        path (str): As ``_base_`` names it.
        cfg (Config): What it says.
        weights (str): That come with it; may be empty.
    """

    path: str
    cfg: Config
    weights: str


def check_base(cfg: Config, name: str) -> None:
    """Make sure that a config can be the base of one for other data.

    Raises:
        ValueError: It is none of an HVR-Net on one data set of videos.
    """
    dataset = (cfg.get('train_dataloader') or {}).get('dataset') or {}
    if (
        dataset.get('type') != 'TripletVideoDataset'
        or 'detector' not in (cfg.get('model') or {})
        or not {'train_pipeline', 'test_pipeline', 'img_scale'} <= set(cfg)
    ):
        raise ValueError(
            f'--base {name} is no HVR-Net that trains on one data set of '
            'videos; take one such as '
            'hvr_faster-rcnn_r50-dc5_8xb9-7e_imagenetvid or '
            'hvr_faster-rcnn_r18_mini'
        )


def base_path(path: str, config: str, root: Path) -> str:
    """Return how a config names its base.

    By a relative path if both are in one checkout, else by the full one.

    Args:
        path: The base.
        config: The config that is written.
        root: The folder of ``configs``.
    """
    full, own = osp.abspath(path), osp.abspath(config)
    if own.startswith(osp.join(str(root), 'configs') + os.sep):
        full = osp.relpath(full, osp.dirname(own))
    return full.replace(os.sep, '/')


def config_text(
    facts: DataFacts, base: Base, data_root: str, gpus: int, has_val: bool
) -> str:
    """Write a config.

    Args:
        facts: What was measured of the training data.
        base: What it builds on.
        data_root: Folder of ``annotations/train.json``.
        gpus: Processes of the training.
        has_val: Whether there is ``annotations/val.json``.

    Returns:
        A Python file.

    Raises:
        ValueError: The data do not allow a batch.
    """
    cfg = base.cfg
    batch = choose_batch(facts.names, facts.videos.tolist())
    triplets = 'num_categories' in cfg.train_dataloader.batch_sampler
    size = batch.size if triplets else cfg.train_dataloader.batch_size
    scale = choose_scale(facts, tuple(cfg.img_scale))
    schedule = choose_schedule(cfg, facts.num_targets, size, gpus)
    pipelines = _pipeline_lines(facts, cfg, scale)
    sampler = _sampler_lines(batch, triplets, schedule.num_batches)
    parts = [
        _head(facts, base, data_root),
        _data_lines(facts, data_root),
        pipelines,
        _batch_lines(facts, batch) if triplets else [],
        _loader_lines(sampler, pipelines, has_val),
        _model_lines(
            facts, cfg, scale, triplets and batch.num_categories == 1
        ),
        _schedule_lines(cfg, schedule, size, gpus),
    ]
    return '\n\n'.join('\n'.join(part) for part in parts if part) + '\n'


def _head(facts: DataFacts, base: Base, data_root: str) -> List[str]:
    """Return what it is of, what it builds on and where it starts."""
    width, height = facts.frame_size
    lines = comment(
        f'HVR-Net for {data_root}: {facts.num_videos:,} videos, '
        f'{facts.num_frames:,} frames (most of about {width} x {height} '
        f'pixels), {facts.num_targets:,} of them targets of training.'
    )
    lines += [f'_base_ = {base.path!r}']
    if base.weights:
        lines += comment(
            'Weights to start from; those of other classes are new.'
        )
        lines += [f'load_from = {base.weights!r}']
    elif not base.cfg.get('load_from'):
        lines += comment(
            'It starts from what the backbone has learnt on ImageNet, which '
            'is downloaded once. A trained detector as load_from is better '
            '(docs/en/configs.md, "From a trained detector").'
        )
    return lines


def _data_lines(facts: DataFacts, data_root: str) -> List[str]:
    """Return where the data are and which classes they have."""
    return [
        *comment('Relative to the folder in which training is started.'),
        f'data_root = {data_root!r}',
        *comment(
            'The place of a name is its label. One name alone keeps its '
            "comma: ('car',)."
        ),
        *assigned('classes', facts.names),
    ]


def _pipeline_lines(
    facts: DataFacts, cfg: Config, scale: Tuple[int, int]
) -> List[str]:
    """Return image size and flip, as far as they are not the base's."""
    lines: List[str] = []
    width, height = facts.frame_size
    if scale != tuple(cfg.img_scale):
        lines += comment(
            'Longest and shortest side of an image at most, in training and '
            f'at test, for frames of {width} x {height}.'
        )
        lines += [f'img_scale = {scale}']
        for name in ('train_pipeline', 'test_pipeline'):
            lines += [f'{name} = _base_.{name}']
            for step in steps(cfg[name], 'Resize'):
                lines += [f"{name}{step}['scale'] = img_scale"]
    mirrored = mirrored_name(facts.names)
    flips = steps(cfg.train_pipeline, 'RandomFlip')
    if mirrored is not None and flips:
        lines += comment(
            f'No flip: {mirrored!r} is another thing in a mirror.'
        )
        start = 'train_pipeline = _base_.train_pipeline'
        lines += [start] * (start not in lines)
        lines += [f"train_pipeline{step}['prob'] = 0.0" for step in flips]
    return lines


def _batch_lines(facts: DataFacts, batch: Batch) -> List[str]:
    """Return K and N."""
    fewest = int(np.argmin(facts.videos))
    text = (
        f'Classes x videos of each in a batch; {facts.names[fewest]!r} has '
        f'{facts.videos[fewest]} videos.'
    )
    if batch.num_categories == 1:
        text += ' One class has no negative videos: it trains without them.'
    if batch.left_out:
        text += (
            f' Too few to be drawn: {", ".join(map(repr, batch.left_out))}.'
        )
    return [
        *comment(text),
        f'num_categories, videos_per_category = {batch.num_categories}, '
        f'{batch.videos_per_category}',
    ]


def _sampler_lines(
    batch: Batch, triplets: bool, num_batches: int
) -> List[str]:
    """Return what the training's loader has beside the data set."""
    lines: List[str] = []
    options: List[str] = []
    if triplets:
        lines += ['    batch_size=num_categories * videos_per_category,']
        options += [
            '        num_categories=num_categories,',
            '        videos_per_category=videos_per_category,',
        ]
        skip = "        small_categories='leave_out',"
        options += [skip] * bool(batch.left_out)
    if num_batches:
        options += [
            '        # An epoch ends before each target frame was drawn.',
            f'        num_batches={num_batches},',
        ]
    if options:
        lines += ['    batch_sampler=dict(', *options, '    ),']
    return lines


def _loader_lines(
    sampler: List[str], pipelines: List[str], has_val: bool
) -> List[str]:
    """Return data sets and metric."""
    train, test = (
        [f'        pipeline={name},'] * any(name in line for line in pipelines)
        for name in ('train_pipeline', 'test_pipeline')
    )
    lines = [
        'data = dict(',
        '    data_root=data_root,',
        "    data_prefix=dict(img_path=''),",
        '    metainfo=dict(CLASSES=classes),',
        ')',
        'train_dataloader = dict(',
        *sampler,
        '    dataset=dict(',
        "        ann_file='annotations/train.json',",
        *train,
        '        **data,',
        '    ),',
        ')',
    ]
    if has_val:
        return [
            *lines,
            'val_dataloader = dict(',
            '    dataset=dict(',
            "        ann_file='annotations/val.json',",
            *test,
            '        **data,',
            '    ),',
            ')',
            'test_dataloader = val_dataloader',
            'val_evaluator = dict(',
            "    ann_file=data_root + 'annotations/val.json'",
            ')',
            'test_evaluator = val_evaluator',
        ]
    return [
        *lines,
        *comment('There is no val.json, so nothing is evaluated.'),
        'val_dataloader = val_cfg = val_evaluator = None',
        'test_dataloader = test_cfg = test_evaluator = None',
    ]


def _model_lines(
    facts: DataFacts, cfg: Config, scale: Tuple[int, int], one_class: bool
) -> List[str]:
    """Return what the model has to know: anchors and number of classes."""
    generator = cfg.model.detector.rpn_head.anchor_generator
    sizes = facts.box_sizes(scale)
    low, middle, high = np.percentile(sizes, (5, 50, 95)).round().astype(int)
    measured = (
        f'Boxes at this size: {low} to {high} pixels (square root of the '
        f'area, 5 to 95 of 100), middle {middle}'
    )
    frozen = 'detector.rpn_head' in (cfg.model.get('frozen') or [])
    lines: List[str] = []
    head: List[str] = []
    if len(generator.strides) > 1 or frozen:
        why = 'RPN is frozen' if frozen else 'a feature pyramid has them all'
        lines += comment(f'{measured}; the anchors stay, as {why}.')
    else:
        stride = generator.strides[0]
        fitted = fit_sizes(sizes, len(generator.scales))
        scales = [float(f'{size / stride:.2g}') for size in fitted]
        shown = ', '.join(f'{stride * scale:.0f}' for scale in scales)
        lines += comment(
            f'{measured}; anchors of {shown} pixels, in strides of {stride}.'
        )
        lines += [f'scales = {scales}']
        head = ['        rpn_head=dict(anchor_generator=dict(scales=scales)),']
    return [
        *lines,
        'model = dict(',
        *['    video_selector=None,'] * one_class,
        '    detector=dict(',
        *head,
        '        roi_head=dict(bbox_head=dict(num_classes=len(classes))),',
        '    ),',
        ')',
    ]


def _schedule_lines(
    cfg: Config, schedule: Schedule, batch_size: int, gpus: int
) -> List[str]:
    """Return the length of the training and the learning rate."""
    videos = f'{gpus} x {batch_size} videos'
    key = 'max_epochs' if schedule.by_epoch else 'max_iters'
    unit = 'epoch' if schedule.by_epoch else 'update'
    every = f'{schedule.interval:,} {unit}s' if schedule.interval > 1 else unit
    lines = comment(
        f'{schedule.updates:,} updates of {videos}; validation each {every}.'
    )
    lines += [
        f'train_cfg = dict({key}={schedule.length}, '
        f'val_interval={schedule.interval})'
    ]
    if schedule.schedulers != [dict(s) for s in cfg.param_scheduler]:
        lines += comment('Warm-up and steps of the base in this length.')
        lines += ['param_scheduler = [']
        for scheduler in schedule.schedulers:
            lines += call(scheduler)
        lines += [']']
    lines += comment(
        f'In proportion to the videos of an update; with another number of '
        f'GPUs than {gpus} multiply it.'
    )
    lines += [f'optim_wrapper = dict(optimizer=dict(lr={schedule.lr}))']
    if cfg.get('auto_scale_lr'):
        lines += [f'auto_scale_lr = dict(base_batch_size={gpus * batch_size})']
    return lines
