# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A model as a training starts it, without fetching weights."""

from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmtrack.registry import MODELS
from torch import nn


def starting_model(cfg: Config, seed: int = 0) -> nn.Module:
    """Build and initialise the model of a config.

    Args:
        cfg: The config.
        seed: Of all that is random. Torch's generator is put back after.

    Returns:
        nn.Module: Parts that the config starts from downloaded weights are
        random.
    """
    with DefaultScope.overwrite_default_scope('mmtrack'):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = MODELS.build(without_downloads(cfg.model))
            model.init_weights()
    return model


def without_downloads(config: Any) -> Any:
    """Return a copy of a model's config whose parts start at random.

    Example:
        >>> weights = dict(type='Pretrained', checkpoint='a.pth')
        >>> without_downloads(dict(depth=18, init_cfg=weights))
        {'depth': 18, 'init_cfg': None}
    """
    if isinstance(config, (list, tuple)):
        kept = (item for item in config if not _is_download(item))
        return type(config)(without_downloads(item) for item in kept)
    if not isinstance(config, dict):
        return config
    return type(config)(
        (key, None if _is_download(value) else without_downloads(value))
        for key, value in config.items()
    )


def _is_download(config: Any) -> bool:
    """Whether it is an ``init_cfg`` that reads weights."""
    return isinstance(config, dict) and config.get('type') == 'Pretrained'
