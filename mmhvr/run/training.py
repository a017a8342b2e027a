# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The work of ``tools/train.py``."""

import os.path as osp
from typing import Optional, Sequence

from mmengine.config import Config
from mmengine.device import (
    is_cuda_available,
    is_mlu_available,
    is_musa_available,
    is_npu_available,
)
from mmengine.logging import print_log
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from ..engine.finite import stopped_in_forward
from ..models.triplets.video_triplet import NonFiniteFeaturesError
from .checkpoint import latest_readable_checkpoint, read_checkpoint
from .config import (
    add_custom_hook,
    check_data_files,
    check_host_annotations,
    load_config,
    use_cpu_model_wrapper,
)
from .launch import start_processes, stop_processes


def configure_training(
    config: str,
    work_dir: Optional[str] = None,
    resume: Optional[str] = None,
    amp: bool = False,
    auto_scale_lr: bool = False,
    cfg_options: Optional[Sequence[str]] = None,
    launcher: str = 'none',
    seed: Optional[int] = None,
) -> Config:
    """Return the config of a training, checked as far as it can be beforehand.

    Args:
        config: The config file.
        work_dir: Where logs and checkpoints go.
        resume: None, 'auto' (the newest checkpoint in the work directory, or
            from the start if there is none) or a checkpoint file.
        amp: Train in mixed precision.
        auto_scale_lr: Scale the learning rate with the batch size.
        cfg_options: ``KEY=VALUE`` words that override the config.
        launcher: One of 'none', 'pytorch', 'slurm', 'mpi'.
        seed: The seed of everything random.

    Returns:
        The config to hand to :func:`run_training`.

    Raises:
        FileNotFoundError: The config, the data or the checkpoint is missing.
        ValueError: An option cannot be had; the message says why.
    """
    cfg = load_config(config, cfg_options, work_dir, launcher, seed)
    if not cfg.get('train_cfg') or not cfg.get('train_dataloader'):
        raise ValueError(
            f'config {config} has no train_cfg or no '
            'train_dataloader, so there is nothing to train'
        )
    check_data_files(cfg, ('train', 'val'))
    check_host_annotations(cfg)
    set_precision(cfg, amp)
    if auto_scale_lr:
        set_learning_rate_scaling(cfg)
    use_cpu_model_wrapper(cfg)
    add_custom_hook(cfg, dict(type='mmengine.FiniteCheckHook'))
    add_custom_hook(cfg, dict(type='mmengine.ExactResumeHook'))
    set_starting_point(cfg, resume)
    add_custom_hook(cfg, dict(type='mmengine.ClassCheckHook', split='train'))
    return cfg


def run_training(cfg: Config) -> Runner:
    """Trains; the runner holds the trained model afterwards.

    Args:
        cfg: As :func:`configure_training` returns it.

    Raises:
        NonFiniteError: A loss, a weight or a feature is NaN or infinite.
    """
    start_processes(cfg.launcher)
    try:
        runner = build_runner(cfg)
        runner.train()
    except NonFiniteFeaturesError as error:
        raise stopped_in_forward(runner, error) from error
    finally:
        stop_processes()
    return runner


def build_runner(cfg: Config) -> Runner:
    """Build MMEngine's runner, or the one that ``runner_type`` names."""
    if cfg.get('runner_type'):
        return RUNNERS.build(cfg)
    return Runner.from_cfg(cfg)


def set_precision(cfg: Config, amp: bool) -> None:
    """Turn mixed precision on, if asked for and if the device has it.

    Args:
        cfg: The config, changed in place.
        amp: Whether the command line asks for it; the config may, too.

    Raises:
        ValueError: There is no device for it, or the config's optimizer
            wrapper cannot be exchanged.
    """
    optim = cfg.get('optim_wrapper') or {}
    kind = optim.get('type', 'OptimWrapper')
    in_config = kind.split('.')[-1] == 'AmpOptimWrapper'
    if not (amp or in_config):
        return
    if not (
        is_cuda_available()
        or is_npu_available()
        or is_mlu_available()
        or is_musa_available()
    ):
        raise ValueError(
            'mixed precision (--amp, or optim_wrapper.type='
            "'AmpOptimWrapper' in the config) needs a GPU, and torch sees "
            'none; leave it out to train on the CPU, or install a torch that '
            'is built for your GPU'
        )
    if in_config:
        return
    if kind.split('.')[-1] != 'OptimWrapper':
        raise ValueError(
            f'--amp exchanges an optimizer wrapper of type '
            f"'OptimWrapper', found {kind!r}; set the precision "
            'in the config instead'
        )
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')


def set_learning_rate_scaling(cfg: Config) -> None:
    """Turn on MMEngine's scaling of the learning rate.

    Raises:
        ValueError: The config does not say for which batch size its rate is.
    """
    if 'base_batch_size' not in (cfg.get('auto_scale_lr') or {}):
        raise ValueError(
            '--auto-scale-lr needs to know for how many videos '
            'the learning rate is meant; set auto_scale_lr.'
            'base_batch_size in the config'
        )
    cfg.auto_scale_lr.enable = True


def set_starting_point(cfg: Config, resume: Optional[str]) -> None:
    """Decides from which weights the training starts.

    Args:
        cfg: The config with its ``work_dir``, changed in place.
        resume: None, 'auto' or a checkpoint file.

    Raises:
        FileNotFoundError: The checkpoint is missing.
        ValueError: The checkpoint cannot be read.
    """
    path = resume
    if resume == 'auto':
        path = latest_readable_checkpoint(cfg.work_dir)
        message = f'going on from {path}'
        if path is None:
            message = (
                f'no checkpoint in {osp.abspath(cfg.work_dir)}: training '
                'starts at the beginning'
            )
        print_log(message, logger='current')
    if path is not None:
        cfg.load_from, cfg.resume = path, True
    else:
        # MMEngine takes load_from for the checkpoint to resume otherwise.
        cfg.resume = bool(cfg.get('resume')) and resume is None
    if cfg.get('load_from'):
        read_checkpoint(cfg.load_from)
        add_custom_hook(
            cfg,
            dict(
                type='mmengine.CheckpointCheckHook',
                strict=bool(cfg.resume),
                filename=cfg.load_from,
                remedy='resume with the config that it was trained with; to '
                'start from some of its weights set load_from instead',
                split='train',
            ),
        )
