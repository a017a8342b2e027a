# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What later frames of a video need of its earlier ones.

Legend: M proposals of a frame, D channels of a proposal feature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Optional, Tuple

from torch import Tensor

from ..models.encoded_frame import EncodedFrame
from .window import Window


@dataclass
class FrameMemory:
    """A frame while others may need it.

    Attributes:
        frame (EncodedFrame): The frame.
        intra (list, optional): What its proposals offer to the intra-video
            modules as keys and values; made when a target first asks.
        stages (list[Tensor], optional): Its proposals after 0, 1, ...
            intra-video modules, from its enhancement to its result.
        inter (tuple[Tensor], optional): What its enhanced proposals offer to
            the inter-video module. It and ``stages`` stay None in exact mode.
    """

    frame: EncodedFrame
    intra: Optional[List[Tuple[Tensor, Tensor]]] = None
    stages: Optional[List[Tensor]] = None
    inter: Optional[Tuple[Tensor, ...]] = None

    def tensors(self) -> Iterator[Tensor]:
        """Yield all tensors, some of which may share memory."""
        yield self.frame.boxes
        yield self.frame.features
        for pair in self.intra or ():
            yield from pair
        yield from self.stages or ()
        yield from self.inter or ()


@dataclass
class VideoState:
    """The state of one video, held by the caller and nowhere else.

    Attributes:
        window (Window): Which frames support which.
        received (int): Number of frames pushed so far.
        enhanced (int): Number of frames that are enhanced in their own
            window (0 in exact mode).
        emitted (int): Number of frames that have their result.
        ended (bool): Whether the video is closed.
        frames (dict[int, FrameMemory]): The frames that are kept, by index.
    """

    window: Window
    received: int = 0
    enhanced: int = 0
    emitted: int = 0
    ended: bool = False
    frames: Dict[int, FrameMemory] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of the tensors that are kept, shared ones once."""
        storages = {
            tensor.untyped_storage().data_ptr(): (
                tensor.untyped_storage().nbytes()
            )
            for memory in self.frames.values()
            for tensor in memory.tensors()
        }
        return sum(storages.values())

    def drop_what_is_not_needed(self, keep_emitted: int = 0) -> None:
        """Forgets what no later target needs.

        Args:
            keep_emitted: Of so many of the frames that have their result
                last, keep what they offer to the inter-video module.
        """
        # The first frame that still relates to the supports of its window.
        next_to_enhance = max(self.enhanced, self.emitted)
        for index in list(self.frames):
            if self.window.is_needed(index, next_to_enhance, self.received):
                continue
            if index >= self.emitted - keep_emitted or self.window.is_needed(
                index, self.emitted, self.received
            ):
                self.frames[index].intra = None
            else:
                del self.frames[index]
