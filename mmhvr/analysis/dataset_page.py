# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A data set on a page: pictures, and one HTML file that holds them all."""

import base64
import html
import io
import os
import os.path as osp
from typing import Any, Dict, List, Optional

import cv2
import numpy as np

from ..annotations.images import check_size
from ..evaluation.annotations import VIDAnnotations
from ..utils.files import whole_file
from ..utils.image_files import read_image
from ..visualization.draw import draw_detections
from ..visualization.layout import caption
from .dataset_figures import dataset_figures
from .dataset_summary import DatasetSummary, choose_frames, summarise

# Sample frames; small ones are enlarged to about so many pixels.
_SAMPLES = 12
_WIDTH = 360
_TITLES = dict(
    classes='Classes',
    box_sizes='Box sizes',
    motion='Motion',
    track_lengths='Track lengths',
    video_lengths='Video lengths',
)
_NOTES = dict(
    motion='Slow: an object keeps more than 0.9 of its place from frame to '
    'frame (motion IoU); fast: less than 0.7.',
)
_STYLE = (
    'body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;'
    'padding:0 1em;color:#222}td,th{padding:.1em 1em .1em 0;text-align:left}'
    'img{max-width:100%}.frames img{margin:.2em}'
)


def write_page(
    annotations: VIDAnnotations,
    out_dir: str,
    images: Optional[str] = None,
    samples: int = _SAMPLES,
) -> str:
    """Write the pictures and ``index.html`` of a data set.

    Args:
        annotations (VIDAnnotations): The data set.
        out_dir (str): Folder for the files, which is made if need be.
        images (str, optional): To which file names are relative; without it
            there are no sample frames.
        samples (int): Sample frames at most.

    Returns:
        str: The path of the page.

    Raises:
        FileNotFoundError, ValueError: A sample frame cannot be read, or has
            another size than the file records.
        OSError: A file cannot be written.
    """
    summary = summarise(annotations)
    pictures = {
        name: _png(figure) for name, figure in dataset_figures(summary).items()
    }
    frames: Dict[str, bytes] = {}
    if images is not None:
        for number, place in enumerate(choose_frames(annotations, samples)):
            picture = draw_frame(annotations, place, images)
            frames[f'frame_{number:02}'] = _jpeg(picture)
    os.makedirs(out_dir, exist_ok=True)
    for part, ending in ((pictures, 'png'), (frames, 'jpg')):
        for name, data in part.items():
            with open(osp.join(out_dir, f'{name}.{ending}'), 'wb') as file:
                file.write(data)
    path = osp.join(out_dir, 'index.html')
    with whole_file(path) as page:
        page.write(page_text(annotations.file.path, summary, pictures, frames))
    return path


def draw_frame(
    annotations: VIDAnnotations, place: int, images: str
) -> np.ndarray:
    """Draw a frame with its boxes and its name.

    Args:
        annotations (VIDAnnotations): The data set.
        place (int): Place of the image in the file.
        images (str): To which file names are relative.

    Returns:
        np.ndarray: [H, W, 3] BGR uint8.
    """
    record = annotations.file.images[place]
    path = osp.join(images, record['file_name'])
    image = read_image(path)
    check_size(path, image.shape, record)
    own = np.flatnonzero(annotations.images == place)
    rows = annotations.rows[own]
    picture = draw_detections(
        image,
        annotations.boxes[own],
        annotations.file.category_index[rows],
        class_names=[c['name'] for c in annotations.file.categories],
        factor=max(1, round(_WIDTH / image.shape[1])),
    )
    return caption(picture, record['file_name'])


def page_text(
    name: str,
    summary: DatasetSummary,
    pictures: Dict[str, bytes],
    frames: Dict[str, bytes],
) -> str:
    """Return the page, which needs no other file and no network.

    Args:
        name (str): What to call the data set.
        summary (DatasetSummary): Its numbers.
        pictures (dict[str, bytes]): PNG files of figures.
        frames (dict[str, bytes]): JPEG files of sample frames.
    """
    title = html.escape(name)
    parts = [
        '<!DOCTYPE html>',
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f'<style>{_STYLE}</style></head><body>',
        f'<h1>{title}</h1>',
        _table(summary),
    ]
    for key, data in pictures.items():
        parts.append(f'<h2>{_TITLES[key]}</h2>')
        if key in _NOTES:
            parts.append(f'<p>{_NOTES[key]}</p>')
        parts.append(_image(data, 'png', _TITLES[key]))
    if summary.motion is None:
        parts.append(
            '<p>No motion: not every box has a track (instance_id).</p>'
        )
    parts.append('<h2>Sample frames</h2>')
    if frames:
        tags = [_image(data, 'jpeg', key) for key, data in frames.items()]
        parts += ['<div class="frames">', *tags, '</div>']
    else:
        parts.append('<p>None: the images were not given (--images).</p>')
    return '\n'.join([*parts, '</body></html>', ''])


def _table(summary: DatasetSummary) -> str:
    """Return the numbers of the whole."""
    empty = f'{summary.num_empty:,} without a box'
    rows: Dict[str, Any] = {
        'videos': len(summary.video_lengths),
        'frames': f'{summary.num_images:,} ({empty})',
        'boxes': len(summary.box_sizes),
        'tracks': len(summary.track_lengths),
        'classes': len(summary.names),
    }
    lines: List[str] = ['<table>']
    for key, value in rows.items():
        shown = value if isinstance(value, str) else f'{value:,}'
        lines.append(f'<tr><th>{key}</th><td>{shown}</td></tr>')
    return '\n'.join([*lines, '</table>'])


def _image(data: bytes, kind: str, text: str) -> str:
    """Return an image that is part of the page."""
    code = base64.b64encode(data).decode('ascii')
    return f'<img alt="{text}" src="data:image/{kind};base64,{code}">'


def _png(figure: Any) -> bytes:
    """Return a figure as a PNG file, the same bytes each time."""
    file = io.BytesIO()
    figure.savefig(file, format='png', dpi=110, metadata=dict(Software=None))
    return file.getvalue()


def _jpeg(picture: np.ndarray) -> bytes:
    """Return a picture as a JPEG file."""
    return cv2.imencode('.jpg', picture)[1].tobytes()
