# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a test frame costs, stage by stage."""

from .frames import FrameSupply
from .measure import STAGES, long_video, measure
from .methods import Hvr, Method, Selsa, SingleFrame
from .stage_clock import StageClock

__all__ = [
    'FrameSupply',
    'Hvr',
    'Method',
    'STAGES',
    'Selsa',
    'SingleFrame',
    'StageClock',
    'long_video',
    'measure',
]
