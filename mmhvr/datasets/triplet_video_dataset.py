# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos as samples of T frames with the target frame first."""

from __future__ import annotations

import os.path as osp
from bisect import bisect_right
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy as np
from mmengine.dataset import force_full_init
from mmtrack.datasets import ImagenetVIDDataset
from mmtrack.registry import DATASETS, TASK_UTILS

from ..annotations.class_names import match_class_names, names_in
from ..annotations.fields import is_key_frame
from ..annotations.reader import AnnotationError
from .annotation_file import VideoFrames, open_annotations
from .draw_state import DrawState, seeded_globals
from .file_names import with_slashes
from .video_records import VideoRecord, main_category


@DATASETS.register_module()
class TripletVideoDataset(ImagenetVIDDataset):
    """ImageNet VID, or data in its form, for HVR-Net.

    A data set index is a key frame, which becomes the target frame of its
    sample. The pipeline gets lists over the T frames of the sample: the
    target first, then the supports that ``frame_sampler`` chose, in the order
    of the video. Differences from MMTracking's data set:

    * The number of frames is what the frame sampler says: a target at the end
      of a video, a video of one frame and a still image get as many.
    * A sample is a function of (seed, epoch, index) alone. The pipeline's
      random transforms (they draw from ``random`` and ``numpy.random``) are
      seeded for each sample too, so neither the number of workers nor the
      order of the samples matters.
    * Frames know the category of their video: ``video_label`` is the category
      with the most boxes in the whole video, ties to the lowest, -1 for a
      video without boxes.
    * Labels follow the *names* in the meta information, in any order, which
      may be spelled ``CLASSES`` or ``classes``; both are kept.
    * A sample that fails is an error, never another sample in its place.
    * An image record without ``is_vid_train_frame`` is a key frame. At test
      every frame of every video is a target, in order.

    Args:
        frame_sampler: Config of a frame sampler. None: three frames,
            bilateral, for training; a window of 31 frames at test.
        seed: Seed of every random choice. None: the seed of the batch sampler,
            0 without one.
        load_as_video: False treats each image as a video of one frame, as the
            still images of ImageNet DET.
        **kwargs: Arguments of :class:`mmengine.dataset.BaseDataset`.

    Raises:
        FileNotFoundError: If the data root or annotation file is missing.
        ValueError: If the annotation file has no videos, no frame to train on
            or none of the categories.
    """

    def __init__(
        self,
        frame_sampler: Optional[dict] = None,
        seed: Optional[int] = None,
        load_as_video: bool = True,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop('ref_img_sampler', None) is not None:
            raise TypeError(
                'TripletVideoDataset takes frame_sampler instead '
                'of ref_img_sampler, such as frame_sampler=dict('
                "type='BilateralFrameSampler', num_frames=3)"
            )
        if frame_sampler is None:
            name = 'Window' if kwargs.get('test_mode') else 'Bilateral'
            frame_sampler = dict(type=f'{name}FrameSampler')
        self.frame_sampler = TASK_UTILS.build(frame_sampler)
        self.seed = seed
        self._draw_state = DrawState(seed or 0)
        super().__init__(
            load_as_video=load_as_video, ref_img_sampler=None, **kwargs
        )

    def set_epoch(self, epoch: int, seed: Optional[int] = None) -> None:
        """Set the epoch that the random choices depend on.

        Reaches worker processes that already run. mmhvr's batch samplers
        call this at the start of each pass; with another one nobody does, and
        each epoch has the same support frames.

        Args:
            epoch: The epoch.
            seed: The batch sampler's seed, used if the data set has none.
        """
        if self.seed is not None:
            seed = self.seed
        elif seed is None:
            seed = self._draw_state.get()[0]
        self._draw_state.set(seed, epoch)

    @force_full_init
    def videos(self) -> List[VideoRecord]:
        """Return the videos that have key frames, in order."""
        keys: Dict[int, List[int]] = {}
        for index, frame in enumerate(self.valid_data_indices):
            video = bisect_right(self._video_starts, frame) - 1
            keys.setdefault(video, []).append(index)
        return [
            VideoRecord(
                *self._video_labels[video],
                tuple(indices),
                still=not self.load_as_video,
            )
            for video, indices in keys.items()
        ]

    @classmethod
    def _load_metainfo(cls, metainfo: Optional[dict] = None) -> dict:
        """Accept either spelling of the class names and keep both."""
        meta = super()._load_metainfo(metainfo)
        keys = [k for k in ('CLASSES', 'classes') if k in (metainfo or {})]
        given = {key: meta[key] for key in keys or ['CLASSES']}
        names = names_in(given)
        if names is None or len(set(names)) != len(names):
            raise ValueError(
                'class names must be a sequence of distinct names, but '
                f'metainfo has {given}'
            )
        meta['CLASSES'] = meta['classes'] = tuple(names)
        return meta

    def load_data_list(self) -> Tuple[List[dict], List[int]]:
        """Read the annotation file.

        Returns:
            The frames of all videos, video by video in the order of
            ``frame_id``, and the places of the key frames among them.
        """
        file = open_annotations(self.ann_file, self.data_root)
        self.cat2label = match_class_names(file, self.metainfo['CLASSES'])
        self.cat_ids = list(self.cat2label)
        prefix = self.data_prefix.get('img_path') or ''
        with_slashes(file.images, prefix)
        frames = VideoFrames(file, self.cat2label)
        if self.load_as_video:
            groups = frames.videos()
        else:
            groups = frames.stills(self.test_mode)
        data_list: List[dict] = []
        key_frames: List[int] = []
        self._video_starts: List[int] = []
        self._video_labels: List[Tuple[int, frozenset]] = []
        for video in groups:
            labels = [
                instance['bbox_label']
                for frame in video
                for instance in frame['instances']
            ]
            label = main_category(labels)
            self._video_starts.append(len(data_list))
            self._video_labels.append((label, frozenset(labels)))
            for frame in video:
                if self.test_mode or is_key_frame(frame):
                    key_frames.append(len(data_list))
                frame.update(
                    img_path=osp.join(prefix, frame['file_name']),
                    video_label=label,
                    video_length=len(video),
                    is_video_data=self.load_as_video,
                )
                data_list.append(frame)
        return data_list, key_frames

    def filter_data(self) -> List[int]:
        """Drop key frames by ``filter_cfg`` and make sure that some stay."""
        cfg = dict(filter_empty_gt=True, min_size=32)
        cfg.update(self.filter_cfg or {})
        key_frames = [
            place
            for place in self.valid_data_indices
            if self.test_mode or self._may_train(self.data_list[place], cfg)
        ]
        if not key_frames:
            raise ValueError(
                f'{self.ann_file} leaves no target frame out of '
                f'{len(self.data_list)} images: none has is_vid_train_frame, '
                f'a box of a class, and the least size that filter_cfg='
                f'{self.filter_cfg} asks for'
            )
        return key_frames

    def _may_train(self, frame: dict, cfg: Mapping[str, Any]) -> bool:
        """Whether ``filter_cfg`` lets a frame be a target of training."""
        if any(frame.get(key) is None for key in ('width', 'height')):
            raise AnnotationError(
                f'annotation file {self.ann_file}: image '
                f'{frame["file_name"]} has no width or height, which training '
                'needs; write the size of each image in pixels'
            )
        if cfg['filter_empty_gt'] and not frame['instances']:
            return False
        return min(frame['width'], frame['height']) >= cfg['min_size']

    def __getitem__(self, idx: int) -> Any:
        self.full_init()
        return self.prepare_data(idx)

    def prepare_data(self, idx: int) -> Any:
        """Choose the frames of a sample and run the pipeline.

        Args:
            idx: Index of the key frame that is the target.

        Returns:
            What the pipeline returns.

        Raises:
            ValueError: If a step of the pipeline returns None or cannot use
                the sample; the message names image and step.
        """
        target = self.get_data_info(idx)
        place, length = target['frame_id'], target['video_length']
        rng = np.random.default_rng(
            [*self._draw_state.get(), target['sample_idx']]
        )
        supports = self.frame_sampler(place, length, rng)
        start = int(self.valid_data_indices[idx]) - place
        frames = [target] + [
            self._get_ori_data_info(start + support) for support in supports
        ]
        results = {key: [frame.get(key) for frame in frames] for key in target}
        num_left = sum(support < place for support in supports)
        results['num_left_ref_imgs'] = [num_left] * len(frames)
        with seeded_globals(int(rng.integers(2**32))):
            return self._run_pipeline(results)

    def _run_pipeline(self, results: dict) -> Any:
        """Run the pipeline step by step, to name the one that fails."""
        image = results['img_path'][0]
        for step in self.pipeline.transforms:
            name = type(step).__name__
            try:
                results = step(results)
            except ValueError as error:
                kind = ValueError
                if isinstance(error, AnnotationError):
                    kind = AnnotationError
                raise kind(
                    f'{name} failed on the sample whose target '
                    f'is {image}: {error}'
                ) from error
            if results is None:
                raise ValueError(
                    f'{name} returned None for the sample whose target is '
                    f'{image}; a batch of K x N videos cannot do without it: '
                    'remove the step, or drop the frame with filter_cfg'
                )
        return results
