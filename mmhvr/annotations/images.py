# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Whether an image is the one that an annotation file records."""

from typing import Any, Mapping, Optional, Sequence

from .findings import AnnotationError


def check_size(path: str, shape: Sequence[int], record: Mapping) -> None:
    """Make sure that an image has the recorded size.

    Args:
        path (str): The image file.
        shape (Sequence[int]): Its height and width in pixels as decoded.
        record (Mapping): ``width`` and ``height``; without either nothing
            is compared.

    Raises:
        AnnotationError: They differ, so that boxes would lie beside their
            objects.
    """
    recorded = (record.get('width'), record.get('height'))
    decoded = (int(shape[1]), int(shape[0]))
    if None in recorded or recorded == decoded:
        return
    remedy = (
        'its boxes are of an image of another size: annotate the images that '
        'are there, or scale width, height and boxes of the file'
    )
    if recorded == decoded[::-1]:
        remedy = (
            'it was turned, or has an EXIF mark, by which images are read '
            'upright, as a viewer shows them: write width, height and boxes '
            'of the upright image, or take the mark out of it '
            '(exiftool -Orientation= FILE)'
        )
    raise AnnotationError(
        f'image {path} has {decoded[0]} x {decoded[1]} pixels, but the '
        f'annotation file records {recorded[0]} x {recorded[1]}; {remedy}'
    )


def same_file(path: Any, file_name: str) -> bool:
    """Whether the path of an image ends with the name in a file.

    Example:
        >>> same_file('data/VID/a/0.png', './a/0.png')
        True
        >>> same_file('data/VID/ba/0.png', 'a/0.png')
        False
    """
    whole, end = (
        [part for part in str(text).replace('\\', '/').split('/') if part]
        for text in (path, file_name)
    )
    end = [part for part in end if part != '.']
    return whole[len(whole) - len(end) :] == end


def check_image_name(
    img_id: Any,
    path: Optional[str],
    file_name: str,
    ann_file: str,
    source: str = 'the data loader',
) -> None:
    """Make sure that an id means the same image on both sides.

    Args:
        img_id: The id.
        path (str, optional): The image file that it is there.
        file_name (str): The image that it is in the annotation file.
        ann_file (str): The annotation file.
        source (str): Where the path comes from.

    Raises:
        AnnotationError: They are different images.
    """
    if path is not None and not same_file(path, file_name):
        raise AnnotationError(
            f'image id {img_id!r} is {path!r} of {source}, but {file_name!r} '
            f'in {ann_file!r}: they belong to different annotation files; '
            'name the same one for both'
        )
