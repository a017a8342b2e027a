# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Faults of picture files, and what mends the annotation file."""

import cv2
import numpy as np
import pytest
from clean_file import clean_content
from PIL import Image

import mmhvr  # noqa: F401
from mmhvr.annotations.checks import Beside, inspect, mend_all
from mmhvr.annotations.checks.pictures import look_at
from mmhvr.utils.image_files import read_image


def write_pictures(content, folder, seed=0):
    """Write a picture of noise for each image record."""
    rng = np.random.default_rng(seed)
    for image in content['images']:
        path = folder / image['file_name']
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (image['height'], image['width'], 3)
        cv2.imwrite(str(path), rng.integers(0, 256, shape, dtype=np.uint8))


@pytest.fixture
def content(tmp_path):
    """A clean file whose pictures are on the disk."""
    content = clean_content()
    write_pictures(content, tmp_path)
    return content


def found(content, tmp_path, **beside):
    pictures = look_at(content['images'], str(tmp_path))
    beside = Beside(pictures=pictures, **beside)
    return inspect('ann.json', content, beside).findings, beside


def test_pictures_as_they_are_recorded(content, tmp_path):
    assert found(content, tmp_path)[0] == []


def test_missing_and_cut_off_pictures_are_left_out(content, tmp_path):
    (tmp_path / 'v0/002.png').unlink()
    # A JPEG of which the end is missing, which OpenCV 4 fills with grey.
    image = cv2.imread(str(tmp_path / 'v1/003.png'))
    data = cv2.imencode('.jpg', image)[1].tobytes()
    (tmp_path / 'v1/003.png').write_bytes(data[: len(data) // 2])
    (tmp_path / 'v1/004.png').write_bytes(b'')
    (missing, broken), beside = (
        sorted(found(content, tmp_path)[0], key=lambda f: f.number),
        found(content, tmp_path)[1],
    )
    assert (missing.kind, missing.number) == ('image-missing', 1)
    assert missing.example == "'v0/002.png'"
    assert (broken.kind, broken.number) == ('image-unreadable', 2)
    assert 'v1/003.png cannot be read; it is cut off' in broken.example
    mended, number = mend_all('ann.json', content, beside)
    assert number['image-missing'] + number['image-unreadable'] == 3
    assert len(mended['images']) == len(mended['annotations']) == 33
    frames = [i['frame_id'] for i in mended['images'] if i['video_id'] < 3]
    assert frames == [0, 1, 2, 3, 4, 0, 1, 2, 3]
    assert inspect('ann.json', mended, beside).findings == []


def test_another_folder_is_no_reason_to_leave_all_out(content, tmp_path):
    findings, beside = found(content, tmp_path / 'elsewhere')
    assert [(f.kind, f.number) for f in findings] == [('image-missing', 36)]
    mended, number = mend_all('ann.json', content, beside)
    assert not number and mended['images'] == content['images']


def test_pictures_of_another_size(content, tmp_path):
    cv2.imwrite(str(tmp_path / 'v0/002.png'), np.zeros((24, 32, 3), np.uint8))
    (finding,) = found(content, tmp_path)[0]
    assert (finding.kind, finding.number) == ('image-size', 1)
    assert finding.example == (
        "'v0/002.png' of 32 x 24 pixels, recorded as 64 x 48"
    )


@pytest.mark.parametrize(
    'mark, kind, level',
    [
        (6, 'image-turned', 'error'),  # a quarter turn: stored as 64 x 48
        (3, 'image-mark', 'note'),  # upside down: no size can tell
    ],
)
def test_exif_marks(content, tmp_path, mark, kind, level):
    name = content['images'][2]['file_name'] = 'v0/002.jpg'
    exif = Image.Exif()
    exif[0x0112] = mark
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3))
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / name, exif=exif)
    (finding,) = found(content, tmp_path)[0]
    assert (finding.kind, finding.level) == (kind, level)
    assert repr(name) in finding.example


@pytest.mark.parametrize('mark', [5, 6, 7, 8])
def test_boxes_of_the_stored_image_are_turned_with_it(content, tmp_path, mark):
    # A white object at the box [10, 4, 30, 12] of the stored image.
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[4:16, 10:40] = 255
    images, boxes = content['images'], content['annotations']
    for n in range(6):  # all frames of a video, as of one camera
        name = images[n]['file_name'] = f'v0/{n}.jpg'
        exif = Image.Exif()
        exif[0x0112] = mark
        Image.fromarray(stored).save(tmp_path / name, exif=exif, quality=95)
        boxes[n]['bbox'] = [10, 4, 30, 12]
    findings, beside = found(content, tmp_path)
    assert [(f.kind, f.number) for f in findings] == [('image-turned', 6)]
    mended, number = mend_all('ann.json', content, beside)
    assert number == {'image-turned': 6}
    assert inspect('ann.json', mended, beside).findings == []
    shown = read_image(str(tmp_path / 'v0/0.jpg'))
    image, box = mended['images'][0], mended['annotations'][0]['bbox']
    assert shown.shape[:2] == (image['height'], image['width']) == (64, 48)
    rows, columns = (shown[..., 0] > 128).nonzero()
    assert box == [
        columns.min(),
        rows.min(),
        columns.max() + 1 - columns.min(),
        rows.max() + 1 - rows.min(),
    ]
    # Outlines cannot be turned like that: such an image is left.
    boxes[0]['segmentation'] = [[1, 1, 5, 1, 5, 5]]
    assert mend_all('ann.json', content, beside)[1] == {'image-turned': 5}


def test_sizes_that_are_missing_are_those_of_the_pictures(content, tmp_path):
    for image in content['images']:
        del image['width'], image['height']
    # One frame of another size: a fault that shows in the file by now.
    cv2.imwrite(str(tmp_path / 'v0/002.png'), np.ones((50, 70, 3), np.uint8))
    findings, beside = found(content, tmp_path)
    assert [f.kind for f in findings] == ['size-missing']
    mended, number = mend_all('ann.json', content, beside)
    assert number == {'size-missing': 36}
    sizes = [(i['width'], i['height']) for i in mended['images'][:4]]
    assert sizes == [(64, 48), (64, 48), (70, 50), (64, 48)]
    (finding,) = inspect('ann.json', mended, beside).findings
    assert finding.kind == 'frame-sizes'


def test_copies_of_pictures_under_other_names(content, tmp_path):
    other = clean_content(start=6)
    write_pictures(other, tmp_path, seed=1)
    data = (tmp_path / 'v2/001.png').read_bytes()
    (tmp_path / 'v7/005.png').write_bytes(data)
    # The same pixels in another file format, and black between scenes.
    pixels = cv2.imread(str(tmp_path / 'v3/001.png'))
    cv2.imwrite(str(tmp_path / 'v8/000.bmp'), pixels)
    other['images'][12]['file_name'] = 'v8/000.bmp'
    for name in ('v0/000.png', 'v9/000.png'):
        cv2.imwrite(str(tmp_path / name), np.zeros((48, 64, 3), np.uint8))
    (finding,) = found(
        content,
        tmp_path,
        other=other,
        other_pictures=look_at(other['images'], str(tmp_path)),
    )[0]
    assert (finding.kind, finding.number) == ('overlap-pictures', 2)
    assert finding.example == "'v2/001.png' and 'v7/005.png'"
