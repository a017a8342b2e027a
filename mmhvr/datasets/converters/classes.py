# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Class tables: from the names in annotation files to readable names."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Mapping, Union

from ...utils.text_files import numbered_lines

# The 30 classes of ImageNet VID by WordNet id, in their usual order.
IMAGENET_VID_CLASSES: Dict[str, str] = {
    'n02691156': 'airplane',
    'n02419796': 'antelope',
    'n02131653': 'bear',
    'n02834778': 'bicycle',
    'n01503061': 'bird',
    'n02924116': 'bus',
    'n02958343': 'car',
    'n02402425': 'cattle',
    'n02084071': 'dog',
    'n02121808': 'domestic_cat',
    'n02503517': 'elephant',
    'n02118333': 'fox',
    'n02510455': 'giant_panda',
    'n02342885': 'hamster',
    'n02374451': 'horse',
    'n02129165': 'lion',
    'n01674464': 'lizard',
    'n02484322': 'monkey',
    'n03790512': 'motorcycle',
    'n02324045': 'rabbit',
    'n02509815': 'red_panda',
    'n02411705': 'sheep',
    'n01726692': 'snake',
    'n02355227': 'squirrel',
    'n02129604': 'tiger',
    'n04468005': 'train',
    'n01662784': 'turtle',
    'n04530566': 'watercraft',
    'n02062744': 'whale',
    'n02391049': 'zebra',
}


def read_classes(file: Union[str, Path]) -> Dict[str, str]:
    """Read a class table from a text file.

    Args:
        file (str | Path): One class a line: its id as the annotation files
            write it, a tab or a space, and its name, which may have blanks;
            an id with blanks needs the tab. Empty lines are skipped.

    Returns:
        dict[str, str]: Names by id, in the order of the file.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A line is no pair, an id or name comes twice, or the file
            has no class.
    """
    file = Path(file)
    if not file.is_file():
        raise FileNotFoundError(
            f'class table {file} does not exist; write one line '
            "'ID NAME' per class, for example 'n02691156 airplane'"
        )
    classes: Dict[str, str] = {}
    for number, line in numbered_lines(file):
        fields = [field.strip() for field in line.split('\t')]
        if len(fields) == 1:
            fields = line.split(maxsplit=1)
        if len(fields) != 2 or not all(fields):
            raise ValueError(
                f"{file}:{number}: expected 'ID NAME', found {line!r}"
            )
        if fields[0] in classes or fields[1] in classes.values():
            raise ValueError(
                f'{file}:{number}: {line!r} repeats an id or a '
                'name; each may come once'
            )
        classes[fields[0]] = fields[1]
    if not classes:
        raise ValueError(
            f"{file} holds no class; write one line 'ID NAME' per class"
        )
    return classes


def make_categories(classes: Mapping[str, str]) -> List[dict]:
    """COCO categories of a class table, ids from 1 in its order."""
    return [
        dict(id=number, name=name, encode_name=key)
        for number, (key, name) in enumerate(classes.items(), 1)
    ]
