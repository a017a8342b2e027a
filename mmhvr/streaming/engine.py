# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net over a video, frame by frame: each frame is encoded once."""

from __future__ import annotations

from typing import Any, List, Sequence, Tuple

import torch
from torch import Tensor

from ..models.encoded_frame import EncodedFrame
from .state import FrameMemory, VideoState
from .window import Window


class VideoEngine:
    """Turns encoded frames of a video into detections, in order.

    What a support frame offers to the intra-video relations depends on that
    frame alone: it is computed once and kept in the :class:`VideoState`, and
    the result is that of passing the whole window through the network for
    every frame. (Where their first module enhances support proposals, too,
    that part is computed again in every window, and exact as well.) The
    inter-video relation reads the *enhanced* proposals of the window's other
    frames, and those depend on the window:

    * ``'exact'`` computes them again in every window: T times the intra-video
      relations a frame, and the plain computation's result.
    * ``'cached'`` computes them once, in each frame's own window. The
      inter-video relation then reads the last frames up to the target, as
      many as a window has, since later ones are not enhanced yet.
    * ``'delayed'`` computes them once, too, and waits until the window's
      later frames are enhanced in their own windows: cached mode's cost,
      and the whole window to read, for twice the latency.

    Without an inter-video relation at test all are the same.

    Args:
        roi_head (HVRRoIHead): The RoI head of a model.
        mode (str): 'exact', 'cached' or 'delayed'. Defaults to 'exact'.
        before_nms (bool): Give a frame's boxes before NMS
            (:meth:`HVRRoIHead.candidates`) in place of its detections, for
            whoever looks at whole videos first; ``roi_head.select`` makes
            detections of them. Defaults to False.

    Raises:
        ValueError: ``mode`` is none of these.
    """

    modes = ('exact', 'cached', 'delayed')

    def __init__(
        self, roi_head: Any, mode: str = 'exact', before_nms: bool = False
    ) -> None:
        if mode not in self.modes:
            raise ValueError(
                f"mode must be one of {self.modes}, got '{mode}'."
            )
        self.roi_head = roi_head
        self.mode = mode
        self.before_nms = before_nms

    def open(self, window: Window) -> VideoState:
        """Start a video."""
        return VideoState(window)

    @torch.no_grad()
    def push(self, state: VideoState, frame: EncodedFrame) -> list:
        """Take the next frame of a video.

        Args:
            state (VideoState): The video's state; it is changed.
            frame (EncodedFrame): The frame that follows the one before.

        Returns:
            list[tuple[Any, InstanceData]]: The sample and the detections of
            each frame that is now finished, in order; there may be none.

        Raises:
            ValueError: The video is closed, or longer than announced.
        """
        if state.ended:
            raise ValueError(
                'this video is closed; open a new state for another one'
            )
        if state.received == state.window.length:
            raise ValueError(
                f'the video was announced with {state.window.length} frames, '
                'but there is one more'
            )
        state.frames[state.received] = FrameMemory(frame)
        state.received += 1
        return self._emit(state)

    @torch.no_grad()
    def close(self, state: VideoState) -> list:
        """End a video; returns what is still to come, as :meth:`push`.

        Raises:
            ValueError: Fewer frames came than announced.
        """
        length = state.window.length
        if length is not None and state.received < length:
            raise ValueError(
                f'the video was announced with {length} frames, but only '
                f'{state.received} came'
            )
        state.ended = True
        finished = self._emit(state)
        state.frames.clear()
        return finished

    def _emit(self, state: VideoState) -> list:
        """Finishes every frame whose window is complete."""
        finished = []
        while state.emitted < state.received:
            target = state.emitted
            supports = state.window.supports(
                target, state.received, state.ended
            )
            if supports is None:
                break
            if self._enhances_once:
                read = self._frames_to_read(state, target, supports)
                if not self._enhance_up_to(state, max([target, *read])):
                    break
                stages = state.frames[target].stages
                assert stages is not None  # since it is enhanced
                offers = [state.frames[index].inter for index in read]
            else:
                stages, offers = self._relate_window(state, target, supports)
            finished.append(self._detect(state, target, stages, offers))
            self._move_on(state)
        return finished

    @property
    def _enhances_once(self) -> bool:
        """Whether enhanced proposals are kept for other frames."""
        return self.mode != 'exact' and self.roi_head.bbox_head.needs_window

    def _enhance_up_to(self, state: VideoState, last: int) -> bool:
        """Enhances frames in their own windows; False if one is open yet."""
        inter = self.roi_head.bbox_head.inter
        while state.enhanced <= last:
            target = state.enhanced
            supports = state.window.supports(
                target, state.received, state.ended
            )
            if supports is None:
                return False
            memory = state.frames[target]
            (memory.stages,) = self._enhance(state, [target, *supports], 1)
            memory.inter = inter.offer(memory.stages[-1])
            state.enhanced += 1
        return True

    def _frames_to_read(
        self, state: VideoState, target: int, supports: Sequence[int]
    ) -> Sequence[int]:
        """Frames whose enhanced proposals a target relates to."""
        if self.mode == 'delayed':
            return supports
        return range(max(0, target - state.window.max_supports), target)

    def _relate_window(
        self, state: VideoState, target: int, supports: Sequence[int]
    ) -> Tuple[List[Tensor], list]:
        """Exact: a target's stages, and what the others offer it.

        Each frame of the window is enhanced in this window, if any reads it.
        """
        head = self.roi_head.bbox_head
        window = [target, *supports]
        number = len(window) if head.needs_window else 1
        stages, *others = self._enhance(state, window, number)
        return stages, [head.inter.offer(other[-1]) for other in others]

    def _enhance(
        self, state: VideoState, window: Sequence[int], number: int
    ) -> List[List[Tensor]]:
        """Stages of the first ``number`` frames of a window."""
        intra = self.roi_head.bbox_head.intra
        memories = [state.frames[index] for index in window]
        for memory in memories:
            if memory.intra is None:
                memory.intra = intra.offer(memory.frame.features)
        return intra.enhance_window(
            [memory.frame.features for memory in memories],
            [memory.intra for memory in memories],
            range(number),
        )

    def _detect(
        self,
        state: VideoState,
        target: int,
        stages: List[Tensor],
        offers: list,
    ) -> Tuple[Any, Any]:
        """Sample and detections of one frame."""
        frame = state.frames[target].frame
        finish = (
            self.roi_head.candidates
            if self.before_nms
            else self.roi_head.decode
        )
        outputs = self.roi_head.bbox_head.predict_from(stages, offers)
        return frame.sample, finish(frame.boxes, *outputs, frame.sample)

    def _move_on(self, state: VideoState) -> None:
        """Goes to the next target; forgets what no later one needs."""
        state.frames[state.emitted].stages = None
        state.emitted += 1
        caches = self._enhances_once and self.mode == 'cached'
        reach = state.window.max_supports if caches else 0
        state.drop_what_is_not_needed(keep_emitted=reach)
