# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Writes small exports as annotation tools do, of boxes that are known."""

import json
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import cv2
import numpy as np
import pytest

from mmhvr import cli
from mmhvr.formats.structures import Box, Frame, Video
from mmhvr.visualization.video import VideoWriter

SIZE = (64, 48)
CLASSES = ('car', 'Fußgänger')


def make_video(name, length=4, tracks=True, classes=CLASSES, base=0):
    """A video with two objects, of which the second leaves and returns."""
    boxes = []
    for n in range(length):
        x = 2.25 + n
        boxes.append(Box(n + base, (x, 4.5, x + 20, 20.5), classes[0], 7))
        if n != 1:
            boxes.append(Box(n + base, (40, 10 + n, 60, 40), classes[1], 9))
    if not tracks:
        boxes = [box._replace(track=None) for box in boxes]
    return Video(
        name,
        'made',
        boxes,
        [Frame(n + base, f'{name}/{n + base:06d}.jpg') for n in range(length)],
        f'{name}.mp4',
        SIZE,
        base=base,
    )


def cvat_meta(number, video):
    frames = [frame.number for frame in video.frames]
    labels = ''.join(
        f'<label><name>{escape(name)}</name></label>' for name in CLASSES
    )
    return (
        f'<task><id>{number}</id><name>{escape(video.name)}</name>'
        f'<size>{len(frames)}</size><start_frame>{frames[0]}</start_frame>'
        f'<stop_frame>{frames[-1]}</stop_frame><frame_filter></frame_filter>'
        f'<labels>{labels}</labels><original_size><width>{video.size[0]}'
        f'</width><height>{video.size[1]}</height></original_size>'
        f'<source>{escape(video.source)}</source></task>'
    )


def write_cvat(path, videos):
    """CVAT for video 1.1: every frame of a track, and where it is gone."""
    metas, tracks = '', ''
    for number, video in enumerate(videos, 10):
        metas += cvat_meta(number, video)
        by_track = sorted(video.boxes, key=lambda b: (b.track, b.frame))
        for track, boxes in groupby(by_track, key=lambda b: b.track):
            there = {box.frame: box for box in boxes}
            first = next(iter(there.values()))
            shapes, gone, last = '', True, first
            for frame in video.frames:
                box = there.get(frame.number)
                if box is None and gone:
                    continue
                gone = box is None
                x1, y1, x2, y2 = (box or last).xyxy
                shapes += (
                    f'<box frame="{frame.number}" keyframe="1" '
                    f'outside="{int(gone)}" occluded="0" xtl="{x1:.2f}" '
                    f'ytl="{y1:.2f}" xbr="{x2:.2f}" ybr="{y2:.2f}" '
                    'z_order="0"></box>'
                )
                last = box or last
            tracks += (
                f'<track id="{track}" label={quoteattr(first.name)} '
                f'task_id="{number}">{shapes}</track>'
            )
    meta = metas
    if len(videos) > 1:
        meta = f'<project><name>p</name><tasks>{metas}</tasks></project>'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>'
        f'<version>1.1</version><meta>{meta}</meta>{tracks}</annotations>',
        encoding='utf-8',
    )
    return path


def write_datumaro(path, videos):
    """Datumaro's JSON as CVAT writes it: one item a frame."""
    items = []
    for video in videos:
        for frame in video.frames:
            annotations = [
                dict(
                    id=n,
                    type='bbox',
                    attributes=dict(
                        occluded=box.occluded,
                        track_id=box.track,
                        keyframe=not box.generated,
                    ),
                    group=0,
                    label_id=CLASSES.index(box.name),
                    z_order=0,
                    bbox=xywh(box),
                )
                for n, box in enumerate(boxes_in(video, frame))
            ]
            name = frame.name.rpartition('.')[0]
            items.append(
                dict(
                    id=name,
                    annotations=annotations,
                    attr=dict(frame=frame.number),
                    image=dict(path=frame.name, size=list(SIZE[::-1])),
                )
            )
    labels = [dict(name=name, parent='', attributes=[]) for name in CLASSES]
    return write_json(
        path,
        dict(info={}, categories=dict(label=dict(labels=labels)), items=items),
    )


def write_mot(root, videos, labels=True, seqinfo=True):
    """MOTChallenge: frames and pixels from 1, a folder for each sequence."""
    for video in videos:
        folder = root / video.name
        (folder / 'gt').mkdir(parents=True)
        lines = []
        for box in video.boxes:
            x, y, w, h = xywh(box)
            lines.append(
                f'{box.frame - video.base + 1},{box.track},{x + 1},{y + 1},'
                f'{w},{h},{int(not box.ignored)},'
                f'{CLASSES.index(box.name) + 1},{0.5 if box.occluded else 1}\n'
            )
        (folder / 'gt' / 'gt.txt').write_text(''.join(lines))
        if labels:
            (folder / 'gt' / 'labels.txt').write_text(
                '\n'.join(CLASSES) + '\n', encoding='utf-8'
            )
        if seqinfo:
            (folder / 'seqinfo.ini').write_text(
                f'[Sequence]\nname={video.name}\nimDir=img1\nframeRate=25\n'
                f'seqLength={len(video.frames)}\nimWidth={SIZE[0]}\n'
                f'imHeight={SIZE[1]}\nimExt=.jpg\n'
            )
    return root


def write_yolo(root, videos, tracks=False):
    """Ultralytics' layout: labels/train/VIDEO/000000.txt and data.yaml."""
    for video in videos:
        for frame in video.frames:
            name = frame.name.rpartition('.')[0]
            lines = ''
            for box in boxes_in(video, frame):
                x, y, w, h = xywh(box)
                numbers = (
                    (x + w / 2) / SIZE[0],
                    (y + h / 2) / SIZE[1],
                    w / SIZE[0],
                    h / SIZE[1],
                )
                lines += str(CLASSES.index(box.name))
                lines += ''.join(f' {number:.6f}' for number in numbers)
                lines += f' {box.track}\n' if tracks else '\n'
            file = root / 'labels' / 'train' / f'{name}.txt'
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(lines)
    names = ''.join(f'  {n}: {name}\n' for n, name in enumerate(CLASSES))
    (root / 'data.yaml').write_text(
        f'path: .\ntrain: images/train\nnames:\n{names}', encoding='utf-8'
    )
    return root


def coco_data(videos, track='track_id', **keys):
    """COCO records; ``keys`` gives a video's fields of an image record."""
    data = dict(
        categories=[dict(id=n, name=c) for n, c in enumerate(CLASSES, 1)],
        images=[],
        annotations=[],
    )
    for number, video in enumerate(videos, 1):
        for frame in video.frames:
            image = dict(
                id=len(data['images']) + 100,
                file_name=frame.name,
                width=SIZE[0],
                height=SIZE[1],
                **{k: v(number, frame, video) for k, v in keys.items()},
            )
            data['images'].append(image)
            for box in boxes_in(video, frame):
                annotation = dict(
                    id=len(data['annotations']) + 1,
                    image_id=image['id'],
                    category_id=CLASSES.index(box.name) + 1,
                    bbox=xywh(box),
                    iscrowd=0,
                )
                if box.track is not None:
                    annotation[track] = box.track
                data['annotations'].append(annotation)
    return data


def write_coco(path, videos):
    """COCO as it is for images: file names alone tell the videos."""
    return write_json(path, coco_data(videos))


def write_coco_vid(path, videos):
    """TAO's form: videos, and images with video_id and frame_index."""
    data = coco_data(
        videos,
        video_id=lambda number, frame, video: number,
        frame_index=lambda number, frame, video: frame.number,
    )
    data['videos'] = [
        dict(id=n, name=video.name) for n, video in enumerate(videos, 1)
    ]
    return write_json(path, data)


def write_youtube_vis(path, videos, masks=True):
    """YouTube-VIS: a track an annotation, masks as run lengths."""
    from pycocotools import mask as mask_tools

    data = dict(
        categories=[dict(id=n, name=c) for n, c in enumerate(CLASSES, 1)],
        videos=[],
        annotations=[],
    )
    for number, video in enumerate(videos, 1):
        data['videos'].append(
            dict(
                id=number,
                width=SIZE[0],
                height=SIZE[1],
                length=len(video.frames),
                file_names=[frame.name for frame in video.frames],
            )
        )
        for track in sorted({box.track for box in video.boxes}):
            there = {b.frame: b for b in video.boxes if b.track == track}
            masks_of, boxes = [], []
            for frame in video.frames:
                box = there.get(frame.number)
                if box is None:
                    masks_of.append(None)
                    boxes.append(None)
                    continue
                x1, y1, x2, y2 = map(int, box.xyxy)
                pixels = np.zeros(SIZE[::-1], np.uint8, order='F')
                pixels[y1:y2, x1:x2] = 1
                rle = mask_tools.encode(pixels)
                masks_of.append({**rle, 'counts': rle['counts'].decode()})
                boxes.append(xywh(box))
            record = dict(
                id=track,
                video_id=number,
                category_id=CLASSES.index(next(iter(there.values())).name) + 1,
                iscrowd=0,
            )
            record.update(
                dict(segmentations=masks_of) if masks else dict(bboxes=boxes)
            )
            data['annotations'].append(record)
    return write_json(path, data)


def write_labelstudio(path, videos):
    """Label Studio: percent, frames from 1, one result a track."""
    tasks = []
    for number, video in enumerate(videos, 1):
        results = []
        for track in sorted({box.track for box in video.boxes}):
            boxes = [b for b in video.boxes if b.track == track]
            frames = {box.frame for box in boxes}
            sequence = []
            for box in boxes:
                x, y, w, h = xywh(box)
                sequence.append(
                    dict(
                        frame=box.frame - video.base + 1,
                        enabled=box.frame + 1 in frames,
                        rotation=0,
                        x=100 * x / SIZE[0],
                        y=100 * y / SIZE[1],
                        width=100 * w / SIZE[0],
                        height=100 * h / SIZE[1],
                        time=0.04 * box.frame,
                    )
                )
            results.append(
                dict(
                    id=str(track),
                    type='videorectangle',
                    from_name='box',
                    to_name='video',
                    value=dict(
                        framesCount=len(video.frames),
                        duration=1.0,
                        labels=[boxes[0].name],
                        sequence=sequence,
                    ),
                )
            )
        tasks.append(
            dict(
                id=number,
                data=dict(video=f'/data/upload/1/0a1b2c3d-{video.source}'),
                annotations=[dict(id=number, result=results)],
            )
        )
    return write_json(path, tasks)


def write_imagenet_vid(root, videos):
    """A folder of XML files for each video."""
    for video in videos:
        folder = root / 'Annotations' / 'VID' / 'train' / video.name
        folder.mkdir(parents=True)
        for frame in video.frames:
            objects = ''
            for box in boxes_in(video, frame):
                bounds = ''.join(
                    f'<{tag}>{value}</{tag}>'
                    for tag, value in zip(
                        ('xmin', 'ymin', 'xmax', 'ymax'), box.xyxy
                    )
                )
                objects += (
                    f'<object><trackid>{box.track}</trackid>'
                    f'<name>{escape(box.name)}</name>'
                    f'<bndbox>{bounds}</bndbox></object>'
                )
            (folder / f'{frame.number:06d}.xml').write_text(
                f'<annotation><size><width>{SIZE[0]}</width>'
                f'<height>{SIZE[1]}</height></size>{objects}</annotation>',
                encoding='utf-8',
            )
    return root


def xywh(box):
    x1, y1, x2, y2 = box.xyxy
    return [x1, y1, x2 - x1, y2 - y1]


def boxes_in(video, frame):
    return [box for box in video.boxes if box.frame == frame.number]


def write_json(path, data):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data), encoding='utf-8')
    return path


def grey(video, frame):
    """The brightness of a frame tells which it is."""
    return 60 * video + 12 * frame + 20


def write_clip(path, video, length, fps=10):
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(str(path), fps=fps) as writer:
        for n in range(length):
            writer.write(np.full((*SIZE[::-1], 3), grey(video, n), np.uint8))


def write_images(folder, video, length, name='{:06d}.png'):
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(length):
        image = np.full((*SIZE[::-1], 3), grey(video, n), np.uint8)
        cv2.imencode('.png', image)[1].tofile(str(folder / name.format(n)))


def run_import(*words):
    """``mmhvr data import``; returns the exit status."""
    with pytest.raises(SystemExit) as stop:
        cli.main(['data', 'import', *map(str, words)])
    return stop.value.code
