# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos for HVR-Net: frame choice, data set, batch sampler, loading."""

from .frame_samplers import (
    BilateralFrameSampler,
    GlobalFrameSampler,
    ReferenceFrameSampler,
    WindowFrameSampler,
)
from .frame_transforms import PadVideoFrames
from .load_video_frames import LoadVideoFrames
from .random_video_batch_sampler import RandomVideoBatchSampler
from .triplet_batch_sampler import TripletVideoBatchSampler
from .triplet_video_dataset import TripletVideoDataset
from .video_records import VideoRecord

__all__ = [
    'BilateralFrameSampler',
    'GlobalFrameSampler',
    'LoadVideoFrames',
    'ReferenceFrameSampler',
    'PadVideoFrames',
    'RandomVideoBatchSampler',
    'TripletVideoBatchSampler',
    'TripletVideoDataset',
    'VideoRecord',
    'WindowFrameSampler',
]
