# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Models with random weights, and the clock that watches them."""

from __future__ import annotations

import copy
import time
from typing import Any, Callable

import torch
from mmengine.config import Config
from mmengine.hub import get_config

from ..apis import init_model
from ..run.config import load_config
from ..run.model_index import find_model


def make_clock(device: str, clock: str) -> Callable[[], float]:
    """Return a function that returns seconds.

    Args:
        device: On a GPU the clock is the wall's, after a synchronisation.
        clock: On a CPU: 'process' (processor time of this process) or 'wall'.
    """
    if device.startswith('cuda'):

        def now() -> float:
            torch.cuda.synchronize()
            return time.perf_counter()

        return now
    return time.perf_counter if clock == 'wall' else time.process_time


def find_config(name: str) -> Config:
    """Find a config by name or path; 'mmtrack::...' is of another package."""
    if '::' in name:
        return get_config(name)
    return load_config(find_model(name)[0])


def build_model(cfg: Config, device: str) -> Any:
    """Return a model with random weights, the same each time."""
    torch.manual_seed(0)
    return init_model(cfg, device=device)


def without_relations(cfg: Config) -> Config:
    """HVR-Net's detector alone."""
    cfg = copy.deepcopy(cfg)
    head = cfg.model.detector.roi_head.bbox_head
    head.intra = dict(type='IntraVideoRelation', num_modules=0)
    head.inter = None
    head.loss_relation = None
    head.auxiliary = None
    return cfg
