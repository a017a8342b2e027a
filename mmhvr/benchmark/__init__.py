# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a test frame and an iteration of training cost."""

from .frames import FrameSupply
from .measure import STAGES, long_video, measure
from .methods import Hvr, Method, Selsa, SingleFrame
from .models import build_model, find_config, make_clock, without_relations
from .options import add_common_options
from .stage_clock import StageClock
from .training import (
    BareTraining,
    HvrTraining,
    SelsaTraining,
    TrainingMethod,
    make_batch,
    measure_training,
)

__all__ = [
    'BareTraining',
    'FrameSupply',
    'Hvr',
    'HvrTraining',
    'Method',
    'STAGES',
    'Selsa',
    'SelsaTraining',
    'SingleFrame',
    'StageClock',
    'TrainingMethod',
    'add_common_options',
    'build_model',
    'find_config',
    'long_video',
    'make_batch',
    'make_clock',
    'measure',
    'measure_training',
    'without_relations',
]
