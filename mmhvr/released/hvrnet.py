# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net with the maps and the boxes that the released code compares.

Legend: V' videos that go on, M proposals of a frame.
"""

from typing import Any, List, Optional

import torch
from mmtrack.registry import MODELS
from mmtrack.utils import SampleList
from torch import Tensor

from ..models.vid.frames import Maps, evaluating
from ..models.vid.hvrnet import HVRNet
from .support_boxes import GROUND_TRUTHS


@MODELS.register_module()
class ReleasedHVRNet(HVRNet):
    """HVRNet that chooses triplets by conv5 and samples support frames.

    Args:
        support_ground_truth (str, optional): Which boxes the proposals of
            support frames are sampled against in training, as those of
            target frames are; the boxes themselves join the proposals.
            None: none, they are RPN's best as at test; 'own': each frame's;
            'target': the target frame's, as in the released code. Defaults
            to 'target'.
        triplet_source (str): Which maps the videos are compared by: those of
            the 'backbone', or the ones that 'roi' features come from (conv5
            with its neck, as in the released code; all frames of the batch
            then pass conv5, without gradient), of whose levels
            ``triplet_level`` names one. Defaults to 'roi'.
        kwargs: Arguments of :class:`HVRNet`.

    Raises:
        ValueError: A choice is none of these.
    """

    triplet_sources = ('backbone', 'roi')

    def __init__(
        self,
        *args: Any,
        support_ground_truth: Optional[str] = 'target',
        triplet_source: str = 'roi',
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = (None, *GROUND_TRUTHS)
        if support_ground_truth not in choices:
            raise ValueError(
                f'support_ground_truth must be one of {choices}, got '
                f'{support_ground_truth!r}.'
            )
        if triplet_source not in self.triplet_sources:
            raise ValueError(
                f'triplet_source must be one of {self.triplet_sources}, got '
                f'{triplet_source!r}.'
            )
        self.support_ground_truth = support_ground_truth
        self.triplet_source = triplet_source

    @torch.no_grad()
    def triplet_maps(self, maps: Maps) -> Tensor:
        """See :meth:`HVRNet.triplet_maps`."""
        if self.triplet_source == 'roi':
            with evaluating(self.detector):
                maps = self.detector.roi_head.feature_maps(
                    self.split_levels(maps)[1]
                )
        return super().triplet_maps(maps)

    @torch.no_grad()
    def support_boxes(
        self, rpn_maps: Maps, samples: SampleList, frames: int
    ) -> List[Tensor]:
        """See :meth:`HVRNet.support_boxes`; sampled proposals, [M, 4]."""
        if self.support_ground_truth is None:
            return super().support_boxes(rpn_maps, samples, frames)
        of_frames = [sample for sample in samples for _ in range(frames)]
        sampled = self.detector.roi_head.assign_and_sample(
            self.propose(rpn_maps, of_frames, 'rpn_proposal'),
            GROUND_TRUTHS[self.support_ground_truth](samples, frames),
        )
        return [result.priors for result in sampled]
