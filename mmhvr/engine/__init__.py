# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What MMEngine itself runs: loops, hooks, the dump, the DDP wrapper."""

from .class_check import ClassCheckHook
from .ddp import CPUDistributedDataParallel
from .dump import DumpPredictions
from .exact_resume import ExactResumeHook
from .finite import FiniteCheckHook
from .video_loops import VideoFeeder, VideoTestLoop, VideoValLoop

__all__ = [
    'CPUDistributedDataParallel',
    'ClassCheckHook',
    'DumpPredictions',
    'ExactResumeHook',
    'FiniteCheckHook',
    'VideoFeeder',
    'VideoTestLoop',
    'VideoValLoop',
]
