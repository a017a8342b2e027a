# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What CVAT says of literal files, worked by hand."""

import pytest

from mmhvr.formats.cvat_video import CvatVideo

FILE = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>3</id><name>yard</name><size>{size}</size>
      <start_frame>{start}</start_frame><frame_filter>{step}</frame_filter>
      <labels>
        <label><name>car</name></label>
        <label><name>pallet</name></label>
        <label><name>wheel</name><parent>car</parent></label>
      </labels>
      <original_size><width>640</width><height>480</height></original_size>
      <source>clips/yard one.mp4</source>
    </task>
  </meta>
  {tracks}
</annotations>
"""


@pytest.fixture
def read(tmp_path):
    """Reads tracks of one task."""

    def read(tracks, size=12, start=0, step='', encoding='utf-8'):
        path = tmp_path / 'a.xml'
        text = FILE.format(tracks=tracks, size=size, start=start, step=step)
        path.write_text(text.replace('utf-8', encoding), encoding=encoding)
        export = CvatVideo(path)
        (video,) = export.videos()
        return video, export

    return read


def box(frame, corners, **flags):
    x1, y1, x2, y2 = corners
    marks = ''.join(f' {name}="{value}"' for name, value in flags.items())
    return (
        f'<box frame="{frame}" xtl="{x1}" ytl="{y1}" xbr="{x2}" ybr="{y2}"'
        f'{marks}></box>'
    )


def track(*boxes, label='car', number=0):
    inside = ''.join(boxes)
    return f'<track id="{number}" label="{label}">{inside}</track>'


def by_frame(video):
    return {b.frame: b.xyxy for b in video.boxes}


def test_a_straight_line_between_keyframes(read):
    # From frame 2 to frame 6 the left side goes from 10 to 18: 2 a frame;
    # the right one from 30 to 50: 5 a frame; the lower one up by 1.
    video, _ = read(
        track(
            box(2, (10, 20, 30, 40), keyframe=1, occluded=1, outside=0),
            box(6, (18, 20, 50, 36), keyframe=1, occluded=0, outside=0),
            box(8, (18, 20, 50, 36), keyframe=1, outside=1),
        )
    )
    assert by_frame(video) == {
        2: (10, 20, 30, 40),
        3: (12, 20, 35, 39),
        4: (14, 20, 40, 38),
        5: (16, 20, 45, 37),
        6: (18, 20, 50, 36),
        7: (18, 20, 50, 36),
    }
    # Marks stay up to the next keyframe.
    assert [b.occluded for b in video.boxes] == [1, 1, 1, 1, 0, 0]
    assert [b.generated for b in video.boxes] == [0, 1, 1, 1, 0, 1]
    assert {(b.name, b.track) for b in video.boxes} == {('car', 0)}


def test_a_box_moves_on_towards_the_frame_where_it_is_gone(read):
    video, _ = read(
        track(
            box(0, (0, 0, 10, 10)),
            box(4, (8, 0, 18, 10), outside=1),
            box(7, (100, 0, 110, 10)),
            box(8, (100, 0, 110, 10), outside=1),
        )
    )
    assert by_frame(video) == {
        0: (0, 0, 10, 10),
        1: (2, 0, 12, 10),
        2: (4, 0, 14, 10),
        3: (6, 0, 16, 10),
        7: (100, 0, 110, 10),
    }


def test_the_last_box_stays_to_the_end(read):
    video, _ = read(track(box(9, (0, 0, 10, 10))))
    assert sorted(by_frame(video)) == [9, 10, 11]


def test_keyframes_in_any_order_and_the_mark_after_the_last_frame(read):
    video, _ = read(
        track(
            box(12, (0, 0, 10, 10), outside=1),
            box(11, (4, 0, 14, 10)),
            box(9, (0, 0, 10, 10)),
        )
    )
    assert by_frame(video) == {
        9: (0, 0, 10, 10),
        10: (2, 0, 12, 10),
        11: (4, 0, 14, 10),
    }


def test_every_third_frame_from_the_sixth_on(read):
    video, _ = read(
        track(box(6, (0, 0, 10, 10)), box(12, (6, 0, 16, 10))),
        size=4,
        start=6,
        step='step=3',
    )
    assert [frame.number for frame in video.frames] == [6, 9, 12, 15]
    assert by_frame(video) == {
        6: (0, 0, 10, 10),
        9: (3, 0, 13, 10),
        12: (6, 0, 16, 10),
        15: (6, 0, 16, 10),
    }


def test_a_turned_box_gets_an_upright_one_around_it(read):
    # 40 x 20 around (30, 20): a quarter turn makes it 20 x 40.
    video, _ = read(track(box(11, (10, 10, 50, 30), rotation=90)))
    assert by_frame(video)[11] == pytest.approx((20, 0, 40, 40))
    # 350 and 10 degrees are 20 apart, so half way is 0.
    video, _ = read(
        track(
            box(9, (10, 10, 50, 30), rotation=350),
            box(11, (10, 10, 50, 30), rotation=10),
        )
    )
    assert by_frame(video)[10] == pytest.approx((10, 10, 50, 30))


def test_what_meta_says(read):
    video, export = read('', encoding='utf-16')
    assert (video.name, video.source) == ('yard', 'clips/yard one.mp4')
    assert video.size == (640, 480)
    assert [frame.number for frame in video.frames] == list(range(12))
    assert export.classes == ['car', 'pallet']
    assert list(video.boxes) == []


def test_other_shapes_are_counted(read):
    polygon = '<polygon frame="1" points="1,2;3,4" outside="0"></polygon>'
    video, export = read(track(polygon, box(11, (0, 0, 5, 5)), polygon))
    assert sorted(by_frame(video)) == [11]
    assert ['2 shapes <polygon>' in note for note in export.notes] == [True]


@pytest.mark.parametrize(
    'tracks, text',
    [
        (track(box(12, (0, 0, 5, 5))), r'track 0 \(car\), frame 12.* 0 to 11'),
        (track(box(3, (0, 0, 5, 5)), label='cat'), "label 'cat'"),
        (track(box(3, (0, 0, 'x', 5))), "frame 3: xbr of <box> is 'x'"),
        (track(box(3, (0, 0, 'nan', 5))), "frame 3: xbr of <box> is 'nan'"),
        (track(box('x', (0, 0, 5, 5))), "frame x: frame of <box> is 'x'"),
        (track(box(3, (0, 0, 5, 5), outside='yes')), "frame 3: outside is 'y"),
        (track(*2 * [box(3, (0, 0, 5, 5))]), 'frame 3: .* two boxes'),
        ('<track id="1" label="car" task_id="9"></track>', "the task '9'"),
        ('<image id="0" name="a.jpg"></image>', 'CVAT for images'),
        ('<track>', r'a\.xml .*line \d+'),
    ],
)
def test_what_is_wrong_is_named(read, tmp_path, tracks, text):
    with pytest.raises(ValueError, match=text) as error:
        read(tracks)
    assert str(tmp_path / 'a.xml') in str(error.value)


def test_a_folder_without_a_file_of_cvat(tmp_path):
    (tmp_path / 'b.xml').write_text('<annotation/>')
    with pytest.raises(ValueError, match='no XML file of CVAT'):
        CvatVideo(tmp_path)
    with pytest.raises(FileNotFoundError, match='does not exist'):
        CvatVideo(tmp_path / 'c.xml')
