# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""From proposals to boxes."""

from .hvr_bbox_head import HVRBBoxHead
from .hvr_roi_head import HVRRoIHead

__all__ = ['HVRBBoxHead', 'HVRRoIHead']
