# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A trained model, ready to detect."""

from __future__ import annotations

import copy
import os
import warnings
from typing import Any, Iterator, List, Optional, Union

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmtrack.registry import MODELS
from torch import nn

from ..annotations.class_names import names_in

# The data set of the test comes first.
LOADERS = ('test_dataloader', 'val_dataloader', 'train_dataloader')


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
        ``model.class_names`` the names of its classes by label, and
        ``model.checkpoint`` where its weights come from, None for random
        ones. The names are those that the checkpoint was trained with, if it
        has them; the data sets of ``model.cfg`` then have them, too.

    Raises:
        FileNotFoundError: The config or the checkpoint is missing.
        CheckpointMismatchError: The checkpoint belongs to another model.
        ValueError: The checkpoint cannot be read or has no config, the
            device is not there, or the model has another number of classes
            than there are names.

    Warns:
        UserWarning: The config names other classes than the checkpoint.

    Example:
        >>> model = init_model('hvr_faster-rcnn_r18_mini')
        >>> model.class_names[:3]
        ('zero', 'one', 'two')
    """
    from ..engine.class_check import check_num_classes
    from ..run.checkpoint import (
        CheckpointMismatchError,
        compare_states,
        read_checkpoint,
    )
    from ..run.config import load_config
    from ..run.contents import checkpoint_weights
    from ..run.kinds import misfit_message
    from ..run.model_index import find_model
    from ..run.selsa import take_selsa

    target = _device(device)
    cfg = config if isinstance(config, Config) else None
    if isinstance(config, (str, os.PathLike)):
        path, offered = find_model(os.fspath(config))
        cfg, checkpoint = load_config(path), checkpoint or offered
    loaded = None if checkpoint is None else read_checkpoint(checkpoint)
    cfg = copy.deepcopy(cfg or _config_inside(checkpoint, loaded))
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
    names = _trained_names(cfg, loaded, checkpoint)
    if names:
        where = 'the checkpoint' if loaded else 'metainfo of the config'
        check_num_classes(model, names, where)
    model.cfg = cfg
    model.class_names = tuple(names)
    model.checkpoint = checkpoint
    return model.to(target).eval()


def _device(name: Optional[str]) -> torch.device:
    """Return the device of a name, if it is there."""
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
    """Return the config that MMEngine's runner writes into a checkpoint."""
    from ..run.contents import config_inside, import_custom_modules

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


def _trained_names(
    cfg: Config, loaded: Optional[dict], checkpoint: Optional[str]
) -> List[str]:
    """Return what the labels of the weights mean.

    Of random weights, or of a checkpoint that does not say, what the config
    says.
    """
    from ..engine.class_check import difference_of_names
    from ..run.contents import class_names_inside

    own = config_class_names(cfg)
    names = None if loaded is None else class_names_inside(loaded)
    if names is None:
        return own
    difference = difference_of_names(names, own) if own else None
    if difference:
        warnings.warn(
            f'checkpoint {checkpoint} (there) was trained with other classes '
            f'than the data of the config (here) have: {difference}; the '
            'names of the checkpoint are taken',
            stacklevel=3,
        )
    for part in LOADERS:
        for dataset in _datasets((cfg.get(part) or {}).get('dataset')):
            dataset['metainfo'] = dict(CLASSES=tuple(names))
    return names


def _datasets(config: Any) -> Iterator[dict]:
    """Return the config of a data set, or of those that it wraps."""
    if isinstance(config, (list, tuple)):
        for part in config:
            yield from _datasets(part)
    elif isinstance(config, dict):
        inner = [config[k] for k in ('dataset', 'datasets') if k in config]
        if inner:
            yield from _datasets(inner)
        else:
            yield config


def config_class_names(cfg: Config) -> List[str]:
    """Return the names of the classes, from the data set of the test.

    Raises:
        ValueError: A data set has two lists of names that differ.
    """
    for part in LOADERS:
        for dataset in _datasets((cfg.get(part) or {}).get('dataset')):
            where = f'metainfo of {part}.dataset'
            names = names_in(dataset.get('metainfo'), where)
            if names:
                return names
    return []
