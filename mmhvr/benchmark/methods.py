# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Video detectors that take one frame after the other, watched by a clock."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from mmtrack.structures import TrackDataSample

from ..models.encoded_frame import EncodedFrame
from ..streaming import VideoEngine
from ..streaming.window import LiveWindow
from .frames import FrameSupply
from .stage_clock import StageClock


class Method:
    """A model that takes the next frame.

    Attributes:
        name (str): For the table.
        proposals (int): Proposals of the last frame.
    """

    def __init__(self, name: str, model: Any, clock: StageClock) -> None:
        self.name, self.model = name, model
        self.proposals = 0
        detector = getattr(model, 'detector', model)
        head = detector.roi_head
        clock.watch(detector.backbone, 'forward', 'backbone')
        if detector.with_neck:
            clock.watch(detector.neck, 'forward', 'backbone')
        for part in ('feature_stage', 'feature_neck'):
            if getattr(head, part, None) is not None:
                clock.watch(getattr(head, part), 'forward', 'backbone')
        clock.watch(detector.rpn_head, 'forward', 'RPN')
        clock.watch(detector.rpn_head, 'predict_by_feat', 'RPN')
        clock.watch(head.bbox_roi_extractor, 'forward', 'RoI')
        clock.watch(head.bbox_head, 'forward', 'RoI')
        clock.watch(head.bbox_head, 'predict_by_feat', 'NMS')
        propose = detector.rpn_head.predict_by_feat

        def counted(*args: Any, **kwargs: Any) -> Any:
            found = propose(*args, **kwargs)
            self.proposals = len(found[0])
            return found

        detector.rpn_head.predict_by_feat = counted

    def start(self, supply: FrameSupply) -> None:
        """Brings the method to where a video has been for long."""

    def step(self, frame: torch.Tensor, sample: TrackDataSample) -> None:
        """Detect in the next frame."""
        raise NotImplementedError

    def kept_bytes(self) -> int:
        """Bytes of the tensors kept from one frame to the next."""
        return 0


class SingleFrame(Method):
    """MMDetection's two-stage detector."""

    def step(self, frame: torch.Tensor, sample: TrackDataSample) -> None:
        """See :class:`Method`."""
        self.model.predict(frame, [sample])


class Selsa(Method):
    """MMTracking's SELSA, its reference frames in memory.

    Args:
        references (int): R.
    """

    def __init__(
        self, name: str, model: Any, clock: StageClock, references: int
    ) -> None:
        super().__init__(name, model, clock)
        self.references = references
        for module in model.detector.roi_head.bbox_head.aggregator:
            clock.watch(module, 'forward', 'relation')

    def start(self, supply: FrameSupply) -> None:
        """Fill the model's memory, as its frame 0 does."""
        frames = [supply.take() for _ in range(self.references)]
        feats = zip(*(self.model.detector.extract_feat(f) for f in frames))
        self.memory = SimpleNamespace(
            feats=[torch.cat(level) for level in feats],
            img_metas=[supply.sample(0).metainfo] * self.references,
        )

    def step(self, frame: torch.Tensor, sample: TrackDataSample) -> None:
        """See :class:`Method`."""
        self.model.memo = self.memory
        sample.set_metainfo(dict(frame_id=1))
        self.model.predict(dict(img=frame[None]), [sample])

    def kept_bytes(self) -> int:
        """Return the maps of the reference frames."""
        return sum(f.numel() * f.element_size() for f in self.memory.feats)


class Hvr(Method):
    """HVR-Net through the engine.

    Args:
        num_frames (int): T.
        mode (str): 'cached', 'delayed' or 'exact'.
    """

    def __init__(
        self,
        name: str,
        model: Any,
        clock: StageClock,
        num_frames: int,
        mode: str,
    ) -> None:
        super().__init__(name, model, clock)
        head = model.detector.roi_head
        self.engine = VideoEngine(head, mode)
        self.num_frames = num_frames
        clock.watch(head.bbox_head, 'embed', 'RoI')
        clock.watch(head.bbox_head, 'classify', 'RoI')
        clock.watch(head.bbox_head, 'predict_from', 'relation')
        for name in ('offer', 'enhance_window'):
            clock.watch(head.bbox_head.intra, name, 'relation')
        if head.bbox_head.inter is not None:
            clock.watch(head.bbox_head.inter, 'offer', 'relation')

    def encode(
        self, frame: torch.Tensor, sample: TrackDataSample
    ) -> EncodedFrame:
        """One frame, alone."""
        return self.model.encode(frame, [sample])[0]

    def start(self, supply: FrameSupply) -> None:
        """Fill the window, and what a mode reads beyond it."""
        # A result waits for a whole window, so the first is like the last.
        window = LiveWindow(self.num_frames, self.num_frames - 1)
        self.state = self.engine.open(window)
        frame = self.encode(supply.take(), supply.sample(0))
        more = 0 if self.engine.mode == 'exact' else self.num_frames
        for _ in range(self.num_frames - 1 + more):
            self.engine.push(self.state, frame)

    def step(self, frame: torch.Tensor, sample: TrackDataSample) -> None:
        """See :class:`Method`."""
        self.engine.push(self.state, self.encode(frame, sample))

    def kept_bytes(self) -> int:
        """Return the bytes of the state of the video."""
        return self.state.nbytes
