# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the choice of triplets knows of videos and of proposals.

Legend: V videos, C channels of a video vector, N proposals of a video's
target frame, D channels of a proposal feature, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence

import torch
from torch import Tensor

#: Label of a video whose category is not known, and of an empty row.
NO_LABEL = -1
#: Identity of a video that is not known: it is no other sample's video.
NO_IDENTITY = -1


@dataclass(frozen=True)
class VideoVectors:
    """By what videos are compared (eq. 1).

    Attributes:
        vectors (Tensor): One a video, [V, C].
        labels (Tensor): The category of each, long [V], or ``NO_LABEL``.
        identities (Tensor): Equal for samples of one video, long [V], or
            ``NO_IDENTITY``.
    """

    vectors: Tensor
    labels: Tensor
    identities: Tensor

    def __len__(self) -> int:
        """V."""
        return len(self.labels)

    def joined(self, others: VideoVectors) -> VideoVectors:
        """Return these videos, then the others."""
        return VideoVectors(
            torch.cat([self.vectors, others.vectors.to(self.vectors)]),
            torch.cat([self.labels, others.labels]),
            torch.cat([self.identities, others.identities]),
        )


@dataclass(frozen=True)
class TargetProposals:
    """Proposals of one video's target frame.

    Attributes:
        features (Tensor): Intra-video enhanced (alpha), [N, D].
        labels (Tensor): Their categories, long [N]; K = background.
    """

    features: Tensor
    labels: Tensor

    def __len__(self) -> int:
        """N."""
        return len(self.labels)


@dataclass(frozen=True)
class VideoChoice:
    """The video triplets of an update.

    Attributes:
        videos (list[int]): Indices of the batch's videos that go on, V' of
            them; those that are supervised come first.
        triplets (list[list[int]]): Target, positive and negative video, as
            places in ``videos`` and, from V' on, in ``remembered``. A video
            may be part of several; a triplet may lack videos.
        num_supervised (int): How many videos of each triplet contribute to
            the loss: 1 is eq. 5 as printed, 3 what the released code does.
        remembered (list[TargetProposals]): Of videos that are not of this
            batch. They are not supervised.
        vectors (VideoVectors, optional): Of the batch, for the memory.
    """

    videos: Sequence[int]
    triplets: Sequence[Sequence[int]]
    num_supervised: int = 1
    remembered: Sequence[TargetProposals] = ()
    vectors: Optional[VideoVectors] = None

    def supervised(self, triplet: Sequence[int]) -> Sequence[int]:
        """Return the supervised videos of a triplet."""
        return triplet[: self.num_supervised]

    @property
    def supervised_videos(self) -> List[int]:
        """The indices in the batch of all videos that are supervised."""
        places = {v for t in self.triplets for v in self.supervised(t)}
        return list(self.videos[: len(places)])
