# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A trained model, ready to detect."""

from __future__ import annotations

import os
from typing import Optional, Union

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmtrack.registry import MODELS
from torch import nn


def init_model(
    config: Union[str, os.PathLike, Config, None] = None,
    checkpoint: Optional[str] = None,
    device: Optional[str] = 'cpu',
) -> nn.Module:
    """Build a model and load its weights.

    Args:
        config (str | PathLike | Config, optional): A config, its file, or
            the name of a config of mmhvr. None takes the config that
            training has written into the checkpoint.
        checkpoint (str, optional): The weights. None takes those that come
            with the name, if there are any; else the model keeps random
            ones, and fetches none of those that the config names for
            training.
        device (str, optional): Such as 'cpu' or 'cuda:0'; None is the first
            GPU, or the CPU without one. Defaults to 'cpu'.

    Returns:
        nn.Module: The model in evaluation mode. ``model.cfg`` is its config,
        ``model.class_names`` the names of its classes, and
        ``model.checkpoint`` where its weights come from, None for random
        ones.

    Raises:
        FileNotFoundError: The config or the checkpoint is missing.
        CheckpointMismatchError: The checkpoint belongs to another model.
        ValueError: The checkpoint cannot be read or has no config, or the
            device is not there.

    Example:
        >>> model = init_model('hvr_faster-rcnn_r18_mini')
        >>> model.class_names[:3]
        ('zero', 'one', 'two')
    """
    from ..engine import (
        CheckpointMismatchError,
        checkpoint_weights,
        compare_states,
        find_model,
        load_config,
        misfit_message,
        read_checkpoint,
        take_selsa,
    )

    target = _device(device)
    cfg = config if isinstance(config, Config) else None
    if isinstance(config, (str, os.PathLike)):
        path, offered = find_model(os.fspath(config))
        cfg, checkpoint = load_config(path), checkpoint or offered
    loaded = None if checkpoint is None else read_checkpoint(checkpoint)
    cfg = (cfg or _config_inside(checkpoint, loaded)).copy()
    with DefaultScope.overwrite_default_scope('mmtrack'):
        model = MODELS.build(cfg.model)
    if loaded is not None:
        state = take_selsa(model, loaded, str(checkpoint))
        if state is None:
            state = checkpoint_weights(loaded)
        difference = compare_states(model.state_dict(), state)
        if difference:
            message = misfit_message(model, state, difference, str(checkpoint))
            raise CheckpointMismatchError(
                f'{message}; use the config that it was trained with'
            )
        model.load_state_dict(state, strict=False)  # see compare_states
    model.cfg = cfg
    model.class_names = tuple(config_class_names(cfg))
    model.checkpoint = checkpoint
    return model.to(target).eval()


def _device(name: Optional[str]) -> torch.device:
    """The device of a name, if it is there."""
    if name is None:
        name = 'cuda:0' if torch.cuda.is_available() else 'cpu'
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(
            f"device is {name!r}; give 'cpu', or 'cuda:0' for the first GPU"
        ) from error
    if device.type == 'cuda':
        number = torch.cuda.device_count()
        if (device.index or 0) >= number:
            raise ValueError(
                f'device is {name!r}, but torch sees {number} GPUs; give '
                "'cpu', or look at CUDA_VISIBLE_DEVICES"
            )
    return device


def _config_inside(
    checkpoint: Optional[str], loaded: Optional[dict]
) -> Config:
    """The config that MMEngine's runner writes into a checkpoint."""
    from ..engine import config_inside, import_custom_modules

    if loaded is None:
        raise ValueError(
            'neither a config nor a checkpoint was given; give at least a '
            'checkpoint that training has written'
        )
    try:
        cfg = config_inside(loaded)
    except ValueError as error:
        raise ValueError(f'checkpoint {checkpoint}: {error}') from error
    if cfg is None:
        raise ValueError(
            f'checkpoint {checkpoint} has no config in it; give the config '
            'that it was trained with'
        )
    import_custom_modules(cfg)
    return cfg


def config_class_names(cfg: Config) -> list:
    """The names of the classes, from the data set of the test."""
    for part in ('test_dataloader', 'val_dataloader', 'train_dataloader'):
        dataset = cfg.get(part, {}).get('dataset', {})
        dataset = (dataset.get('datasets') or [dataset])[0]
        meta = dataset.get('metainfo') or {}
        names = meta.get('CLASSES') or meta.get('classes')
        if names:
            return list(names)
    return []
