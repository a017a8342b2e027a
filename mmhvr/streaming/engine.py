# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""HVR-Net over a video, frame by frame: each frame is encoded once."""

from __future__ import annotations

from typing import Any, List

import torch

from .state import EncodedFrame, FrameMemory, VideoState
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

    Without an inter-video relation at test the two are the same.

    Args:
        roi_head (HVRRoIHead): The RoI head of a model.
        mode (str): 'exact' or 'cached'. Defaults to 'exact'.
        before_nms (bool): Give a frame's boxes before NMS
            (:meth:`HVRRoIHead.candidates`) in place of its detections, for
            whoever looks at whole videos first; ``roi_head.select`` makes
            detections of them. Defaults to False.

    Raises:
        ValueError: ``mode`` is neither.
    """

    modes = ('exact', 'cached')

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
        """Starts a video."""
        return VideoState(window)

    @torch.no_grad()
    def push(self, state: VideoState, frame: EncodedFrame) -> list:
        """Takes the next frame of a video.

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
        """Ends a video; returns what is still to come, as :meth:`push`.

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
            found = self._detect(state, target, supports)
            finished.append((state.frames[target].frame.sample, found))
            state.emitted += 1
            reach = state.window.max_supports if self._caches else 0
            state.drop_what_is_not_needed(keep_emitted=reach)
        return finished

    @property
    def _caches(self) -> bool:
        """Whether enhanced proposals are kept for later frames."""
        return self.mode == 'cached' and self.roi_head.bbox_head.needs_window

    def _detect(
        self, state: VideoState, target: int, supports: List[int]
    ) -> Any:
        """Detections of one frame, all of whose supports are there."""
        head = self.roi_head.bbox_head
        window = [target, *supports]
        for index in window:
            memory = state.frames[index]
            if memory.intra is None:
                memory.intra = head.intra.offer(memory.frame.features)
        every = head.needs_window and not self._caches
        stages, *others = head.intra.enhance_window(
            [state.frames[i].frame.features for i in window],
            [state.frames[i].intra for i in window],
            range(len(window) if every else 1),
        )
        offers = [head.inter.offer(other[-1]) for other in others]
        if self._caches:
            own = state.frames[target]
            own.inter = head.inter.offer(stages[-1])
            first = max(0, target - state.window.max_supports)
            offers = [
                state.frames[index].inter for index in range(first, target)
            ]
        frame = state.frames[target].frame
        finish = (
            self.roi_head.candidates
            if self.before_nms
            else self.roi_head.decode
        )
        return finish(
            frame.boxes,
            *head.predict_from(stages, offers),
            frame.sample,
        )
