# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What :class:`HVRNet` makes of a frame before any relation.

Legend: M proposals of a frame, D channels of a proposal feature.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass
class EncodedFrame:
    """A frame after backbone, RPN, RoIAlign and the first linear layer.

    Attributes:
        boxes (Tensor): Its proposals in pixels of the resized image, [M, 4].
        features (Tensor): Their initial features, [M, D].
        sample (Any): What the caller knows of the frame; its result is
            written there.
    """

    boxes: Tensor
    features: Tensor
    sample: Any
