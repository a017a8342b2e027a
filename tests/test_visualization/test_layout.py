# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.visualization.layout import caption, contact_sheet, side_by_side


def plain(height, width, value):
    return np.full((height, width, 3), value, np.uint8)


def test_contact_sheet_places_every_image():
    images = [
        plain(10, 20, 1),
        plain(12, 30, 2),
        plain(8, 25, 3),
        plain(10, 10, 4),
        plain(6, 6, 5),
    ]
    sheet = contact_sheet(images, columns=2, gap=3)
    # Columns: max(20, 25, 6) = 25 and max(30, 10) = 30, one gap: 58.
    # Rows: max(10, 12) = 12, max(8, 10) = 10 and 6, two gaps: 34.
    assert sheet.shape == (34, 58, 3)
    tops, lefts = [0, 0, 15, 15, 28], [0, 28, 0, 28, 0]
    for image, top, left in zip(images, tops, lefts):
        height, width = image.shape[:2]
        cell = sheet[top : top + height, left : left + width]
        assert (cell == image).all()
    assert sum((sheet == v).all(2).sum() for v in range(1, 6)) == sum(
        i.shape[0] * i.shape[1] for i in images
    )


def test_side_by_side_is_one_row():
    row = side_by_side([plain(5, 4, 9), plain(7, 6, 8)], gap=2)
    assert row.shape == (7, 12, 3)
    assert (row[:5, :4] == 9).all() and (row[:, 6:] == 8).all()


def test_caption_keeps_the_image_and_fits_the_text():
    image = plain(20, 60, 77)
    picture = caption(image, 'a text much too long for sixty pixels')
    assert picture.shape == (44, 60, 3)
    assert (picture[24:] == image).all()
    bright = (picture[:24] > 120).any(axis=2)
    assert bright.any() and not bright[:, -2:].any()


@pytest.mark.parametrize(
    'images, columns, message',
    [([], 1, 'images is empty'), ([plain(2, 2, 0)], 0, 'columns is 0')],
)
def test_bad_input(images, columns, message):
    with pytest.raises(ValueError, match=message):
        contact_sheet(images, columns)
