# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A maker of tiny video data sets in ImageNet VID's layout."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Callable, Iterator, List, Sequence, Tuple, Union

import cv2
import numpy as np
import pytest
from mmengine.registry import DefaultScope
from mmengine.visualization import Visualizer
from tiny_model import CONFIG

import mmhvr  # noqa: F401  before mmdet and mmtrack: it serves operators
from mmhvr.utils.ffmpeg import start_ffmpeg

TOOLS = Path(__file__).resolve().parents[1] / 'tools'
# Scripts import those beside them, as when they are run.
sys.path += [str(TOOLS), str(TOOLS / 'dev')]
CLASSES = ('ant', 'bee', 'cat', 'dog')

# (label, x1, y1, x2, y2, track) in pixels.
Box = Tuple[int, float, float, float, float, int]
# A video is a list of frames, a frame is a list of boxes.
Video = List[List[Box]]


class CocoVidMaker:
    """Writes CocoVID annotation files and their images.

    Every image is of one colour that tells which it is: blue is the number of
    its video in the file, green its frame number, red ``red`` (0 to 255).

    Attributes:
        root: Folder with ``Data/VID``, ``Data/DET`` and ``annotations``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def data_root(self) -> str:
        return str(self.root) + '/'

    def video(self, label: Union[int, Sequence[int]], length: int) -> Video:
        """One object a frame that moves right and down by a pixel a frame.

        ``label`` may be a list with one label a frame, to change categories.
        """
        labels = [label] * length if isinstance(label, int) else label
        return [
            [(labels[t], 4 + t, 6 + t, 20 + t, 26 + t, 1)]
            for t in range(length)
        ]

    def write(
        self,
        videos: Sequence[Video],
        name: str = 'imagenet_vid_train',
        classes: Sequence[str] = CLASSES,
        size: Tuple[int, int] = (48, 64),
        key_frame: Callable[[int, int], bool] = lambda video, frame: True,
        red: int = 0,
    ) -> dict:
        """Write videos; returns the annotations, already on disk.

        Args:
            videos: Their boxes.
            name: Name of the annotation file without ``.json``.
            classes: Category names, ids from 1.
            size: (height, width) of every image.
            key_frame: Whether frame f of video v has is_vid_train_frame.
            red: Red value of the images.
        """
        data: dict = dict(
            categories=_categories(classes),
            videos=[],
            images=[],
            annotations=[],
        )
        for v, video in enumerate(videos):
            folder = f'{name}/video_{v:03d}'
            data['videos'].append(dict(id=v + 1, name=folder))
            for t, boxes in enumerate(video):
                image = self._image(
                    data, 'VID', f'{folder}/{t:06d}.png', size, (v, t, red)
                )
                image.update(
                    frame_id=t,
                    video_id=v + 1,
                    is_vid_train_frame=key_frame(v, t),
                )
                for box in boxes:
                    _annotate(data, image, box)
        return self.save(data, name)

    def write_stills(
        self,
        images: Sequence[List[Box]],
        name: str = 'imagenet_det_30plus1cls',
        classes: Sequence[str] = CLASSES,
        size: Tuple[int, int] = (40, 56),
        red: int = 255,
    ) -> dict:
        """Write still images, without videos, tracks or key frames."""
        data: dict = dict(
            categories=_categories(classes), images=[], annotations=[]
        )
        for i, boxes in enumerate(images):
            image = self._image(
                data, 'DET', f'{name}/{i:06d}.png', size, (i, 0, red)
            )
            for box in boxes:
                _annotate(data, image, box)
                del data['annotations'][-1]['instance_id']
        return self.save(data, name)

    def save(self, data: dict, name: str = 'imagenet_vid_train') -> dict:
        """Write an annotation file again, say after breaking it."""
        path = self.root / 'annotations' / f'{name}.json'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data))
        return data

    def _image(
        self,
        data: dict,
        part: str,
        file_name: str,
        size: Tuple[int, int],
        color: Tuple[int, int, int],
    ) -> dict:
        path = self.root / 'Data' / part / file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.empty((*size, 3), np.uint8)
        pixels[:] = [value % 256 for value in color]
        cv2.imwrite(str(path), pixels)
        image = dict(
            id=len(data['images']) + 1,
            file_name=file_name,
            height=size[0],
            width=size[1],
        )
        data['images'].append(image)
        return image


def _categories(classes: Sequence[str]) -> List[dict]:
    return [dict(id=i, name=name) for i, name in enumerate(classes, 1)]


def _annotate(data: dict, image: dict, box: Box) -> None:
    label, x1, y1, x2, y2, track = box
    annotation = dict(
        id=len(data['annotations']) + 1,
        image_id=image['id'],
        category_id=label + 1,
        instance_id=track,
        bbox=[x1, y1, x2 - x1, y2 - y1],
        area=(x2 - x1) * (y2 - y1),
        iscrowd=False,
        occluded=False,
        generated=False,
    )
    if 'video_id' in image:
        annotation['video_id'] = image['video_id']
    data['annotations'].append(annotation)


@pytest.fixture
def coco_vid(tmp_path: Path) -> CocoVidMaker:
    """A maker whose data set lies in a folder of its own."""
    return CocoVidMaker(tmp_path / 'data')


@pytest.fixture
def mmtrack_scope() -> Iterator[None]:
    """Look names up in MMTracking's registries, as the configs do."""
    with DefaultScope.overwrite_default_scope('mmtrack'):
        yield


@pytest.fixture(scope='session')
def ffmpeg() -> Callable[..., Path]:
    """Runs ffmpeg: ``ffmpeg('-i', source, target)``, and gives the target."""

    def run(*words: object) -> Path:
        command = ['-y', '-nostdin', '-v', 'error', *map(str, words)]
        assert start_ffmpeg(command).wait(timeout=60) == 0
        return Path(str(words[-1]))

    return run


@pytest.fixture
def tiny_config(tmp_path, monkeypatch):
    """The path of a config that trains in less than a second."""
    image = tmp_path / 'video_1' / '000000.png'
    image.parent.mkdir()
    cv2.imwrite(str(image), np.full((96, 96, 3), 90, np.uint8))
    path = tmp_path / 'tiny.py'
    path.write_text(CONFIG.format(image=image))
    monkeypatch.chdir(tmp_path)
    return str(path)


@pytest.fixture(autouse=True)
def fresh_visualizers() -> None:
    """Forget the visualizers of earlier runs, and their folders."""
    kinds = [Visualizer]
    for kind in kinds:
        kind._instance_dict.clear()
        kinds += kind.__subclasses__()


@pytest.fixture
def load_tool():
    """Imports a script by its path under ``tools/``."""

    def load(path):
        name = 'tool_' + path.replace('/', '_')[: -len('.py')]
        spec = importlib.util.spec_from_file_location(name, TOOLS / path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
