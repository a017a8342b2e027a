# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os
import warnings

import cv2
import numpy as np
import pytest

from mmhvr.apis import FrameResult
from mmhvr.apis.outputs import OutputPaths, ResultWriter
from mmhvr.sources import Frame, open_source

IMAGE = np.zeros((48, 64, 3), np.uint8)


@pytest.fixture
def frames(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('000000.jpg', '000001.jpg'):
        (tmp_path / 'frames').mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / 'frames' / name), IMAGE)
    os.symlink('frames', 'link')


@pytest.mark.usefixtures('frames')
@pytest.mark.parametrize(
    'source',
    [
        'frames',
        'frames/*.jpg',
        '*/000001.jpg',
        'frames/000000.jpg',
        ['frames/000001.jpg'],
    ],
)
@pytest.mark.parametrize('folder', ['frames', './frames/', 'link'])
def test_pictures_do_not_replace_the_frames(source, folder):
    with pytest.raises(ValueError, match='pictures would lie among the'):
        OutputPaths(folder=folder).check(open_source(source))
    OutputPaths(folder='other').check(open_source(source))


@pytest.mark.usefixtures('frames')
def test_a_frame_in_the_working_folder():
    os.chdir('frames')
    with pytest.raises(ValueError, match='pictures would lie among the'):
        OutputPaths(folder='.').check(open_source('000000.jpg'))


def write(folder, number):
    none = np.zeros((0, 4), np.float32), np.zeros(0), np.zeros(0, int)
    paths = OutputPaths(folder=str(folder))
    with ResultWriter(paths, [], dict(fps=None)) as writer:
        for index in range(number):
            writer.write(Frame(index, IMAGE), FrameResult(index, *none))
        writer.finish()


def test_pictures_of_a_longer_run_are_warned_of(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        write(tmp_path, 5)
        write(tmp_path, 5)
        (tmp_path / 'other.jpg').write_text('')
        (tmp_path / '7.jpg').write_text('')
    message = r'also has 3 pictures of another run \(000002.jpg and on\)'
    with pytest.warns(UserWarning, match=message):
        write(tmp_path, 2)
