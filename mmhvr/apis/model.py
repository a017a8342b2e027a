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
    config: Union[str, os.PathLike, Config],
    checkpoint: Optional[str] = None,
    device: str = 'cpu',
) -> nn.Module:
    """Build a model and load its weights.

    Args:
        config (str | PathLike | Config): A config, or its file.
        checkpoint (str, optional): The weights; None keeps random ones, and
            fetches none of those that the config names for training.
        device (str): Such as 'cpu' or 'cuda:0'. Defaults to 'cpu'.

    Returns:
        nn.Module: The model in evaluation mode. ``model.cfg`` is its config
        and ``model.class_names`` the names of its classes.

    Raises:
        FileNotFoundError: The config or the checkpoint is missing.
        CheckpointMismatchError: The checkpoint belongs to another model.
        ValueError: The checkpoint cannot be read.

    Example:
        >>> model = init_model('configs/mini/hvr_faster-rcnn_r18_mini.py')
        >>> model.class_names[:3]
        ('zero', 'one', 'two')
    """
    from ..engine import (
        CheckpointMismatchError,
        checkpoint_weights,
        compare_states,
        load_config,
        read_checkpoint,
    )

    cfg = config if isinstance(config, Config) else load_config(str(config))
    cfg = cfg.copy()
    with DefaultScope.overwrite_default_scope('mmtrack'):
        model = MODELS.build(cfg.model)
    if checkpoint is not None:
        state = checkpoint_weights(read_checkpoint(checkpoint))
        difference = compare_states(model.state_dict(), state)
        if difference:
            raise CheckpointMismatchError(
                f'{checkpoint} does not fit the model: {difference}; use the '
                'config that it was trained with'
            )
        model.load_state_dict(state, strict=False)  # see compare_states
    model.cfg = cfg
    model.class_names = tuple(config_class_names(cfg))
    return model.to(torch.device(device)).eval()


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
