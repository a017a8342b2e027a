# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos for HVR-Net: frame choice, data set, batch sampler, loading."""

from .frame_samplers import (
    BilateralFrameSampler,
    GlobalFrameSampler,
    OffsetFrameSampler,
    ReferenceFrameSampler,
    ShuffledFrameSampler,
    WindowFrameSampler,
)
from .frame_transforms import PadVideoFrames, TrackMinIoURandomCrop
from .load_video_frames import LoadVideoFrames
from .random_video_batch_sampler import RandomVideoBatchSampler
from .triplet_batch_sampler import TripletVideoBatchSampler
from .triplet_video_dataset import TripletVideoDataset
from .video_records import VideoRecord

__all__ = [
    'BilateralFrameSampler',
    'GlobalFrameSampler',
    'LoadVideoFrames',
    'OffsetFrameSampler',
    'ReferenceFrameSampler',
    'PadVideoFrames',
    'RandomVideoBatchSampler',
    'ShuffledFrameSampler',
    'TrackMinIoURandomCrop',
    'TripletVideoBatchSampler',
    'TripletVideoDataset',
    'VideoRecord',
    'WindowFrameSampler',
]
