# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Frames of video files as images."""

import json

import cv2
import numpy as np
import pytest

from mmhvr.importing.extraction import RECORD, Job, extract, extract_all
from mmhvr.visualization.video import VideoWriter


def grey(frame):
    return 20 * frame + 30


def write_clip(path, length=5, times=None, size=(64, 48)):
    with VideoWriter(str(path), fps=10) as writer:
        for n in range(length):
            image = np.full((*size[::-1], 3), grey(n), np.uint8)
            writer.write(image, None if times is None else times[n])
    return path


@pytest.fixture
def job(tmp_path):
    def job(wanted=None, name='clip', file=None):
        file = file or write_clip(tmp_path / f'{name}.mp4')
        return Job(name, file, tmp_path / 'frames' / name, wanted, 'a.xml')

    return job


def images(job):
    return {
        path.name: int(round(cv2.imread(str(path)).mean()))
        for path in sorted(job.folder.glob('*.jpg'))
    }


@pytest.mark.parametrize('wanted', [None, [0, 2, 4], range(1, 3)])
def test_the_frames_that_are_wanted(job, wanted):
    asked = job(wanted)
    counted = []
    record = extract(asked, counted.append)
    numbers = range(5) if wanted is None else wanted
    assert (len(counted), sum(counted)) == (5, len(numbers))
    found = images(asked)
    assert list(found) == [f'{n:06d}.jpg' for n in numbers]
    for n, value in zip(numbers, found.values()):
        assert abs(value - grey(n)) < 6
    assert (record.frames, record.width, record.height) == (5, 64, 48)
    assert (record.fps, record.varies) == (10, False)
    # What is there is not decoded again.
    asked.file.touch()
    assert extract(asked, pytest.fail) == record


def test_more_frames_are_added(job):
    extract(job([0]), lambda wanted: None)
    extract(job([0, 3]), lambda wanted: None)
    assert list(images(job())) == ['000000.jpg', '000003.jpg']


def test_a_frame_that_was_deleted_comes_back(job):
    asked = job()
    extract(asked, lambda wanted: None)
    (asked.folder / '000003.jpg').unlink()
    extract(asked, lambda wanted: None)
    assert len(images(asked)) == 5


def test_frames_of_another_video_are_not_mixed_in(job, tmp_path):
    extract(job(), lambda wanted: None)
    other = write_clip(tmp_path / 'other.mp4', 4)
    with pytest.raises(ValueError, match='frames of another file'):
        extract(job(file=other), lambda wanted: None)
    strange = Job('b', other, tmp_path / 'b', None, 'a.xml')
    strange.folder.mkdir()
    (strange.folder / 'x.jpg').write_bytes(b'')
    with pytest.raises(ValueError, match='files that are not the frames'):
        extract(strange, lambda wanted: None)
    (job().folder / RECORD).write_text(json.dumps(dict(x=1)))
    with pytest.raises(ValueError, match='is not what mmhvr has written'):
        extract(job(), lambda wanted: None)


def test_a_rate_that_varies(job, tmp_path):
    clip = write_clip(tmp_path / 'v.mp4', times=[0, 0.1, 0.2, 0.9, 1.0])
    assert extract(job(file=clip), lambda wanted: None).varies


def test_a_rotation_mark_is_obeyed(job, tmp_path, ffmpeg):
    clip = write_clip(tmp_path / 'plain.mp4')
    turned = tmp_path / 'turned.mp4'
    ffmpeg('-display_rotation', '90', '-i', clip, '-c', 'copy', turned)
    record = extract(job(file=turned), lambda wanted: None)
    assert (record.width, record.height) == (48, 64)


def test_all_faults_are_named(job, tmp_path):
    cut = tmp_path / 'cut.mp4'
    cut.write_bytes(write_clip(tmp_path / 'whole.mp4').read_bytes()[:300])
    jobs = [
        job([0, 5], 'short'),
        job(name='cut', file=cut),
        job(name='good'),
    ]
    with pytest.raises(ValueError) as error:
        extract_all(jobs, progress=False)
    text = str(error.value)
    assert "video 'short' was annotated to frame 5 from 0" in text
    assert 'short.mp4 has 5 frames' in text and 'cut.mp4' in text
    assert len(images(jobs[2])) == 5
    records = extract_all(jobs[2:], progress=False)
    assert [record.frames for record in records] == [5]
    assert extract_all([], progress=False) == []
