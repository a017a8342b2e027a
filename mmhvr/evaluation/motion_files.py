# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Files that hold the motion IoU of each annotated box of a data set.

Two kinds are read and written, told apart by the name's end:

* ``.json``: ``{"annotation_ids": [...], "motion_iou": [...]}`` in columns,
  and what else explains it. A value belongs to the annotation of that id, so
  the order is free.
* ``.mat``: as FGFA publishes for ImageNet VID's validation videos. The
  variable ``motion_iou`` is a cell array [I, 1] with one row [1, n_i] for
  each frame, in the order of the frames and of the objects in each XML file;
  empty for a frame without objects. Boxes that are left out have their place
  there, too, whatever its value.

Legend: I images, n_i boxes of image i, G boxes of the data set.
"""

import os
import os.path as osp
from typing import Any, Dict

import numpy as np
from mmengine.fileio import dump

from ..utils.text_files import read_json
from .annotations import VIDAnnotations

KEY = 'motion_iou'


def load_motion_iou(path: str, annotations: VIDAnnotations) -> np.ndarray:
    """Read the motion IoU of the boxes of an annotation file.

    Args:
        path (str): A .json or .mat file, see above.
        annotations (VIDAnnotations): The boxes that it describes. For a .mat
            file their frames and boxes must be in its order, as the
            converters leave them.

    Returns:
        np.ndarray: float64 in [0, 1], [G], in the order of the annotations.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not of these kinds, describes another number of
            frames or boxes, or holds a value outside [0, 1].
    """
    if not osp.isfile(path):
        raise FileNotFoundError(
            f'the motion IoU file {path!r} does not exist; check '
            'motion_iou_file, or leave it out to compute motion IoU from the '
            'tracks of the annotations'
        )
    if path.endswith('.json'):
        values = _load_json(path, annotations)
    elif path.endswith('.mat'):
        values = _load_mat(path, annotations)
    else:
        raise ValueError(
            f'the motion IoU file {path!r} must end in .json or .mat'
        )
    bad = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if len(bad):
        raise ValueError(
            f'{path!r} has motion IoU {values[bad[0]]} for a box of '
            f'{annotations.image_names[annotations.images[bad[0]]]!r}; '
            'it is a mean of IoUs, from 0 to 1'
        )
    return values


def save_motion_iou(
    path: str,
    values: np.ndarray,
    annotations: VIDAnnotations,
    **notes: Any,
) -> None:
    """Write the motion IoU of the boxes of an annotation file.

    Args:
        path (str): A .json or .mat file, see above.
        values (np.ndarray): Motion IoU of each box, [G].
        annotations (VIDAnnotations): The boxes.
        **notes (Any): What else to write into a .json file.

    Raises:
        ValueError: If the name ends otherwise.
    """
    os.makedirs(osp.dirname(path) or '.', exist_ok=True)
    if path.endswith('.json'):
        columns: Dict[str, Any] = dict(notes)
        columns['annotation_ids'] = list(annotations.box_ids)
        columns[KEY] = values.tolist()
        dump(columns, path)
        return
    if not path.endswith('.mat'):
        raise ValueError(
            f'the motion IoU file {path!r} must end in .json or .mat'
        )
    # SciPy takes half a second to import, which no evaluation need wait for.
    from scipy.io import savemat

    order, counts = _by_image(annotations)
    # A box that is left out keeps its place, without a value.
    whole = np.full(len(order), np.nan)
    whole[annotations.rows] = values
    cells = np.empty((len(counts), 1), dtype=object)
    parts = np.split(whole[order], np.cumsum(counts)[:-1])
    cells[:, 0] = [part.reshape(1, -1) for part in parts]
    savemat(path, {KEY: cells}, do_compression=True)


def _load_json(path: str, annotations: VIDAnnotations) -> np.ndarray:
    """Look every box up by its annotation id."""
    data = read_json(path)
    if not isinstance(data, dict) or not {'annotation_ids', KEY} <= set(data):
        raise ValueError(
            f'{path!r} is not a motion IoU file: it needs annotation_ids and '
            f'{KEY}; write it with tools/analysis_tools/motion_iou.py'
        )
    ids, values = data['annotation_ids'], data[KEY]
    value_of = dict(zip(ids, values))
    if not len(ids) == len(values) == len(value_of):
        raise ValueError(
            f'{path!r} has {len(ids)} annotation_ids, {len(value_of)} of them '
            f'different, and {len(values)} values; each box needs one value'
        )
    unknown = [i for i in annotations.box_ids if i not in value_of]
    if unknown:
        raise ValueError(
            f'{path!r} has no value for {len(unknown)} of '
            f'{len(annotations.box_ids)} annotations, such as the id '
            f'{unknown[0]!r}; it was made from another annotation file: '
            'write it anew with tools/analysis_tools/motion_iou.py'
        )
    return np.array(
        [value_of[i] for i in annotations.box_ids], dtype=np.float64
    )


def _load_mat(path: str, annotations: VIDAnnotations) -> np.ndarray:
    """Hand the values out frame by frame."""
    from scipy.io import loadmat

    remedy = (
        "FGFA's file fits the annotations of ImageNet VID's whole validation "
        'set, in the order of VID_val_videos.txt; for another data set leave '
        'motion_iou_file out'
    )
    try:
        data = loadmat(path, variable_names=[KEY])
    except Exception as error:  # SciPy has no error of its own for these
        raise ValueError(
            f'{path!r} cannot be read as a .mat file ({error}); {remedy}'
        ) from error
    cells = data.get(KEY)
    if (
        cells is None
        or cells.dtype != object
        or cells.size != max(cells.shape)  # a table, which has no order
    ):
        raise ValueError(
            f'{path!r} has no cell array {KEY!r} with a cell a frame; {remedy}'
        )
    order, counts = _by_image(annotations)
    # Cells are [1, n] doubles; a cell of only 1s may be stored as bytes.
    parts = [
        np.asarray(cell, dtype=np.float64).ravel() for cell in cells.ravel()
    ]
    if len(parts) != len(counts):
        raise ValueError(
            f'{path!r} holds {len(parts)} frames, but the annotation file has '
            f'{len(counts)}; {remedy}'
        )
    sizes = np.array([len(part) for part in parts])
    bad = np.flatnonzero(sizes != counts)
    if len(bad):
        raise ValueError(
            f'{path!r} holds {sizes[bad[0]]} boxes for frame {bad[0] + 1}, '
            f'which has {counts[bad[0]]} in the annotation file '
            f'({annotations.image_names[bad[0]]!r}; {len(bad)} frames differ);'
            f' {remedy}'
        )
    values = np.empty(len(order))
    values[order] = np.concatenate(parts)
    return values[annotations.rows]


def _by_image(annotations: VIDAnnotations) -> tuple:
    """Order of all boxes of the file by image; boxes per image."""
    images = annotations.file.image_index
    order = np.argsort(images, kind='stable')
    return order, np.bincount(images, minlength=len(annotations.image_ids))
