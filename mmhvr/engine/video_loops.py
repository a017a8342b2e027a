# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Validation and test loops over videos: each frame is encoded once."""

from typing import Any, List, Optional, Sequence

import torch
from mmengine.model import is_model_wrapper
from mmengine.registry import LOOPS
from mmengine.runner import Runner, TestLoop, ValLoop, autocast
from mmtrack.registry import TASK_UTILS

from ..streaming import VideoEngine
from ..streaming.state import VideoState
from ..streaming.window import RecordedWindow
from .post_processing import (
    CANDIDATES,
    PostProcessedEvaluator,
    build_post_processor,
)


class VideoFeeder:
    """Feeds the frames of a data loader to a :class:`VideoEngine`.

    The data loader yields single frames, video by video and in order: a
    data set whose frame sampler has ``num_frames=1``, and MMTracking's
    ``VideoSampler``, which leaves a video on one process.

    Args:
        model (HVRNet): The model, perhaps in a wrapper.
        frame_sampler (dict): Config of the windows, such as
            ``dict(type='WindowFrameSampler', num_frames=31)``.
        mode (str): 'exact', 'cached' or 'delayed', see
            :class:`VideoEngine`.
        before_nms (bool): Let samples have ``candidate_instances``, too: the
            boxes and scores of a frame before NMS. Defaults to False.

    Raises:
        TypeError: The model cannot encode frames one by one.
    """

    def __init__(
        self,
        model: Any,
        frame_sampler: dict,
        mode: str,
        before_nms: bool = False,
    ) -> None:
        self.model = model.module if is_model_wrapper(model) else model
        if not hasattr(self.model, 'encode'):
            raise TypeError(
                f'{type(self.model).__name__} has no encode(): this loop is '
                "for HVRNet; use val_cfg=dict(type='ValLoop') and "
                "test_cfg=dict(type='TestLoop')"
            )
        self.sampler = TASK_UTILS.build(frame_sampler)
        self.roi_head = self.model.detector.roi_head
        self.engine = VideoEngine(self.roi_head, mode, before_nms)
        self.state: Optional[VideoState] = None
        self.video: Any = None

    @torch.no_grad()
    def feed(self, data_batch: Any) -> List[Any]:
        """Take a batch of frames; returns the samples that are finished.

        Args:
            data_batch: What the data loader yields.

        Returns:
            list[TrackDataSample]: With ``pred_det_instances``, in order;
            there may be none, or more than went in.

        Raises:
            ValueError: A sample has several frames, or frames are missing
                or out of order.
        """
        data = self.model.data_preprocessor(data_batch, False)
        inputs, samples = data['inputs'], data['data_samples']
        if 'ref_img' in inputs or inputs['img'].shape[1] != 1:
            raise ValueError(
                'a test sample has several frames, but this loop puts the '
                "windows together itself; set the data set's frame_sampler "
                "to dict(type='WindowFrameSampler', num_frames=1)"
            )
        finished = []
        for frame in self.model.encode(inputs['img'][:, 0], samples):
            meta = frame.sample.metainfo
            if self.state is None:
                self.video = meta['video_id']
                self.state = self.engine.open(
                    RecordedWindow(self.sampler, meta['video_length'])
                )
            expected = (self.video, self.state.received)
            if (meta['video_id'], meta['frame_id']) != expected:
                raise ValueError(
                    f'frame {meta["frame_id"]} of video {meta["video_id"]} '
                    f'came in place of frame {expected[1]} of video '
                    f'{expected[0]}; the frames of a video must come in '
                    "order: use sampler=dict(type='VideoSampler')"
                )
            pairs = self.engine.push(self.state, frame)
            if self.state.received == self.state.window.length:
                pairs += self.engine.close(self.state)
                self.state = None
            for sample, found in pairs:
                if self.engine.before_nms:
                    sample.set_field(found, CANDIDATES)
                    found = self.roi_head.select(found)
                sample.pred_det_instances = found
                finished.append(sample)
        return finished

    def finish(self) -> None:
        """Make sure that no video broke off.

        Raises:
            ValueError: Frames of the last video are missing.
        """
        if self.state is not None:
            self.engine.close(self.state)


class _VideoLoop:
    """What the two loops have in common; comes before MMEngine's class."""

    phase = ''
    # MMEngine's class has them.
    runner: Runner
    dataloader: Any
    evaluator: Any
    fp16: bool

    def __init__(
        self,
        runner: Runner,
        dataloader: Any,
        evaluator: Any,
        frame_sampler: dict,
        mode: str = 'exact',
        fp16: bool = False,
        post_processor: Optional[dict] = None,
    ) -> None:
        if fp16 and not torch.cuda.is_available():
            raise ValueError(
                'fp16=True needs a GPU, and torch sees none: the NMS of mmcv '
                'knows no half precision on a CPU; leave test_cfg.fp16 out'
            )
        super().__init__(  # type: ignore[call-arg]
            runner, dataloader, evaluator, fp16
        )
        self.feeder = VideoFeeder(
            runner.model, frame_sampler, mode, post_processor is not None
        )
        if post_processor is not None:
            self.evaluator = PostProcessedEvaluator(
                self.evaluator,
                build_post_processor(
                    post_processor, self.feeder.roi_head.test_cfg
                ),
            )

    @torch.no_grad()
    def run_iter(self, idx: int, data_batch: Sequence[dict]) -> None:
        """Take a batch of frames, evaluates those that are finished."""
        arguments = dict(batch_idx=idx, data_batch=data_batch)
        self.runner.call_hook(f'before_{self.phase}_iter', **arguments)
        with autocast(enabled=self.fp16):
            outputs = self.feeder.feed(data_batch)
        if idx + 1 == len(self.dataloader):
            self.feeder.finish()
        self.evaluator.process(data_samples=outputs, data_batch=data_batch)
        self.runner.call_hook(
            f'after_{self.phase}_iter', outputs=outputs, **arguments
        )


@LOOPS.register_module()
class VideoTestLoop(_VideoLoop, TestLoop):
    """MMEngine's test loop, with windows that share their frames.

    Args:
        runner (Runner): The runner.
        dataloader (dict): Of single frames, see :class:`VideoFeeder`.
        evaluator (dict | list): The metrics.
        frame_sampler (dict): Config of the windows.
        mode (str): 'exact', 'cached' or 'delayed', see
            :class:`mmhvr.streaming.VideoEngine`. Defaults to 'exact'.
        fp16 (bool): Whether to test in half precision. Defaults to False.
        post_processor (dict, optional): Config of what looks at the boxes of
            whole videos before NMS, such as ``dict(type='SeqNMS')``. The
            metrics are those without it, and those with it under a prefix of
            their own, see :class:`PostProcessedEvaluator`.
    """

    phase = 'test'


@LOOPS.register_module()
class VideoValLoop(_VideoLoop, ValLoop):
    """MMEngine's validation loop, with windows that share their frames.

    Its arguments are those of :class:`VideoTestLoop`.
    """

    phase = 'val'
