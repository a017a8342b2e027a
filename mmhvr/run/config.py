# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From a config file and a command line to the config of a run."""

import os
import os.path as osp
from typing import Any, Iterator, Optional, Sequence, Tuple

import torch
from mmengine.config import Config

from ..annotations.class_names import match_class_names, names_in
from ..annotations.reader import read_annotations
from .cfg_options import apply_cfg_options
from .config_files import read_config

# They read COCO's form without checks.
_HOST_DATA_SETS = ('BaseVideoDataset', 'CocoDataset', 'ImagenetVIDDataset')


def load_config(
    path: str,
    cfg_options: Optional[Sequence[str]] = None,
    work_dir: Optional[str] = None,
    launcher: str = 'none',
    seed: Optional[int] = None,
) -> Config:
    """Read a config file and applies what the command line says.

    Args:
        path: The config file. Paths in it are relative to the working
            directory of the process, not to the file.
        cfg_options: ``KEY=VALUE`` words that override it.
        work_dir: Where logs and checkpoints go. Default: the config's own,
            else ``work_dirs/`` and the name of the config.
        launcher: One of 'none', 'pytorch', 'slurm', 'mpi'.
        seed: The seed of everything random; the config's own by default.

    Returns:
        The config, with ``work_dir`` and ``launcher``.

    Raises:
        FileNotFoundError: There is no such file, or one that it builds on is
            missing.
        ValueError: It is not Python, or ``cfg_options`` cannot be applied.
    """
    cfg = read_config(path)
    apply_cfg_options(cfg, cfg_options)
    allow_no_workers(cfg)
    cfg.launcher = launcher
    if work_dir is not None:
        cfg.work_dir = work_dir
    elif cfg.get('work_dir') is None:
        stem = osp.splitext(osp.basename(path))[0]
        cfg.work_dir = osp.join('work_dirs', stem)
    if seed is not None:
        cfg.randomness = dict(cfg.get('randomness') or {}, seed=seed)
    return cfg


def allow_no_workers(cfg: Config) -> None:
    """Lets ``num_workers=0`` load the data in the process itself.

    torch refuses it beside settings that only worker processes have.

    Args:
        cfg: The config, whose data loaders are changed in place.
    """
    for split in ('train', 'val', 'test'):
        loader = cfg.get(f'{split}_dataloader')
        if loader and not loader.get('num_workers'):
            for key in (
                'persistent_workers',
                'prefetch_factor',
                'timeout',
                'multiprocessing_context',
            ):
                loader.pop(key, None)


def use_cpu_model_wrapper(cfg: Config) -> None:
    """Make the processes of a job without GPUs share their gradients.

    Does nothing for a single process, with a GPU, or if the config names a
    wrapper of its own. ``find_unused_parameters`` and the other options of
    ``model_wrapper_cfg`` are kept.

    Args:
        cfg: The config, changed in place.
    """
    if cfg.get('launcher', 'none') == 'none' or torch.cuda.is_available():
        return
    wrapper = dict(cfg.get('model_wrapper_cfg') or {})
    if wrapper.get('type', 'MMDistributedDataParallel') not in (
        'MMDistributedDataParallel',
        'mmengine.MMDistributedDataParallel',
    ):
        return
    # MMEngine's defaults for a config without model_wrapper_cfg.
    wrapper.setdefault('broadcast_buffers', False)
    wrapper.setdefault(
        'find_unused_parameters', cfg.get('find_unused_parameters', False)
    )
    wrapper['type'] = 'mmengine.CPUDistributedDataParallel'
    cfg.model_wrapper_cfg = wrapper


def add_custom_hook(cfg: Config, hook: dict) -> None:
    """Append ``hook`` to ``cfg.custom_hooks``, once for each type."""
    hooks = [
        h
        for h in cfg.get('custom_hooks') or []
        if not isinstance(h, dict) or h.get('type') != hook['type']
    ]
    cfg.custom_hooks = hooks + [hook]


def check_data_files(cfg: Config, splits: Sequence[str]) -> None:
    """Make sure that the annotation files of a run exist.

    Args:
        cfg: The config.
        splits: Which of 'train', 'val' and 'test' the run reads.

    Raises:
        FileNotFoundError: One is missing; the message says how to get it.
    """
    for split in splits:
        loader = cfg.get(f'{split}_dataloader') or {}
        for path, key, _ in data_sets_in(
            loader.get('dataset'), f'{split}_dataloader.dataset'
        ):
            if '://' in path or osp.isfile(path):
                continue
            remedy = (
                'make the data with `mim run mmhvr make_mini_dataset '
                'data/mini`'
                if 'mini' in path.split('/')
                else 'see docs/ for how to prepare ImageNet VID'
            )
            raise FileNotFoundError(
                f'{key}: annotation file {path} was not found (looked for '
                f'{osp.abspath(path)}); paths are relative to the folder '
                f'that you are in, {os.getcwd()}: {remedy}, go to the folder '
                f'that holds the data, or set {key}.data_root'
            )


def check_host_annotations(cfg: Config) -> None:
    """Read the training annotations of MMDetection's and MMTracking's data.

    Their data sets take what is wrong in a file without a word; those of
    mmhvr, and VIDMetric, read it by themselves.

    Args:
        cfg: The config of a training.

    Raises:
        AnnotationError: A file is broken, or has none of the class names.
    """
    loader = cfg.get('train_dataloader') or {}
    for path, key, dataset in data_sets_in(
        loader.get('dataset'), 'train_dataloader.dataset'
    ):
        if str(dataset.get('type')).split('.')[-1] in _HOST_DATA_SETS:
            names = names_in(dataset.get('metainfo'), f'metainfo of {key}')
            file = read_annotations(path)
            if names is not None:
                match_class_names(file, names)


def data_sets_in(dataset: Any, key: str) -> Iterator[Tuple[str, str, dict]]:
    """Yield the data sets of a config, and those inside of them.

    Args:
        dataset: The config of a data set, or a list of such.
        key: Where it is in the whole config.

    Yields:
        Annotation file, config key and config of each.
    """
    if isinstance(dataset, (list, tuple)):
        for index, item in enumerate(dataset):
            yield from data_sets_in(item, f'{key}.{index}')
    if not isinstance(dataset, dict):
        return
    for inner in ('dataset', 'datasets'):
        yield from data_sets_in(dataset.get(inner), f'{key}.{inner}')
    ann_file = dataset.get('ann_file')
    if isinstance(ann_file, str) and ann_file:
        root = dataset.get('data_root') or ''
        is_whole = osp.isabs(ann_file) or '://' in ann_file
        path = ann_file if is_whole else osp.join(root, ann_file)
        yield path, key, dataset
