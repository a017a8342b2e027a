# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What the choice of triplets knows of videos and of proposals.

Legend: V videos, C channels of a video vector, N proposals of a video's
target frame, D channels of a proposal feature, K classes.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        """These videos, then the others."""
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
