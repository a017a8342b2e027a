# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which fields the records of an annotation file have, and of which kind."""

from itertools import chain
from typing import (
    Any,
    Callable,
    Dict,
    List,
    Mapping,
    NamedTuple,
    Sequence,
    Tuple,
)

from .findings import Findings

Records = List[Dict[str, Any]]


def is_number(value: Any) -> bool:
    """Whether it is a number, NaN and infinity among them."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """Whether it is a whole number; 3.0 is one."""
    return type(value) is int or type(value) is float and value.is_integer()


def is_id(value: Any) -> bool:
    """Whether records can be told apart by it: a whole number or a text."""
    return isinstance(value, str) or is_whole(value)


def is_size(value: Any) -> bool:
    """Whether it is a width or a height: a whole number of pixels above 0."""
    return is_whole(value) and value > 0


def is_place(value: Any) -> bool:
    """Whether it counts from 0."""
    return is_whole(value) and value >= 0


def is_key_frame(image: Mapping[str, Any]) -> bool:
    """Whether an image record may be a target of training.

    A record that does not say is one.
    """
    return image.get('is_vid_train_frame') in (None, True, 1)


def is_flag(value: Any) -> bool:
    """Whether it says yes or no: to Python the text '0' is true."""
    return isinstance(value, (bool, int, float)) and value in (0, 1)


def is_text(value: Any) -> bool:
    """Whether it is a text that is not blank."""
    return isinstance(value, str) and bool(value.strip())


def is_box(value: Any) -> bool:
    """Whether it is four numbers."""
    return (
        isinstance(value, (list, tuple))
        and len(value) == 4
        and all(map(is_number, value))
    )


class Field(NamedTuple):
    """A field of all records of a list.

    Attributes:
        section (str): The list.
        key (str): The field.
        fits (Callable): Whether a value is of the right kind.
        kind (str): Which kind that is.
        needed (str): 'each', 'all or none' of the records, or 'no'.
        types (tuple[type]): Whose values all fit, so that none is looked at:
            ImageNet VID has millions of records.
    """

    section: str
    key: str
    fits: Callable[[Any], bool]
    kind: str
    needed: str = 'no'
    types: Tuple[type, ...] = ()


_ID = 'a whole number or a text'
_FLAG = 'true, false, 1 or 0'
_ID_TYPES = (int, str)
FIELDS = (
    Field('categories', 'id', is_id, _ID, 'each'),
    Field('categories', 'name', is_text, 'a text', 'each'),
    Field('videos', 'id', is_id, _ID, 'each'),
    Field('images', 'id', is_id, _ID, 'each', _ID_TYPES),
    Field('images', 'file_name', is_text, 'a text', 'each'),
    Field('images', 'width', is_size, 'pixels above 0', 'all or none'),
    Field('images', 'height', is_size, 'pixels above 0', 'all or none'),
    Field('images', 'video_id', is_id, _ID, 'no', _ID_TYPES),
    Field('images', 'frame_id', is_place, 'a whole number from 0 on'),
    Field('images', 'is_vid_train_frame', is_flag, _FLAG, 'no', (bool,)),
    Field('annotations', 'id', is_id, _ID, 'all or none', _ID_TYPES),
    Field('annotations', 'image_id', is_id, _ID, 'each', _ID_TYPES),
    Field('annotations', 'category_id', is_id, _ID, 'each', _ID_TYPES),
    Field(
        'annotations',
        'bbox',
        is_box,
        'four numbers [x, y, width, height]',
        'each',
    ),
    Field('annotations', 'instance_id', is_id, _ID, 'no', _ID_TYPES),
    Field('annotations', 'iscrowd', is_flag, _FLAG, 'no', (bool,)),
    Field('annotations', 'ignore', is_flag, _FLAG, 'no', (bool,)),
)


def check_fields(lists: Dict[str, Records], findings: Findings) -> None:
    """Find the fields that are missing or of another kind.

    ``null`` counts as missing.

    Args:
        lists (dict): The records by section.
        findings (Findings): Gets the errors.
    """
    for field in FIELDS:
        records = lists[field.section]
        values = [record.get(field.key) for record in records]
        missing: List[int] = []
        if type(None) in set(map(type, values)):
            missing = [n for n, value in enumerate(values) if value is None]
        if missing and (
            field.needed == 'each'
            or field.needed == 'all or none'
            and len(missing) < len(records)
        ):
            findings.error(
                'field-missing',
                len(missing),
                f'{len(missing)} of {len(records)} {field.section} have no '
                f'{field.key}',
                describe(records[missing[0]]),
                f'give {field.kind} to each',
            )
        wrong = _misfits(values, field)
        if wrong:
            findings.error(
                'field-mistyped',
                len(wrong),
                f'{field.key} must be {field.kind}, but in {len(wrong)} of '
                f'{len(records)} {field.section} it is not',
                f'{_short(values[wrong[0]])} of {describe(records[wrong[0]])}',
            )


def _misfits(values: List[Any], field: Field) -> List[int]:
    """Places of the values of another kind; None is of each."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= set(field.types):
        return []
    if kinds == {list} and field.fits is is_box:
        given = [value for value in values if value is not None]
        inside = set(map(type, chain.from_iterable(given)))
        if inside <= {int, float} and set(map(len, given)) == {4}:
            return []
    if len(kinds) == 1 and kinds <= {int, float, str, bool}:
        # Values that are equal are equal in type: look at each once.
        if all(map(field.fits, set(values) - {None})):
            return []
    return [
        n
        for n, value in enumerate(values)
        if value is not None and not field.fits(value)
    ]


def describe(record: Dict[str, Any]) -> str:
    """Name a record so that a person finds it."""
    if 'bbox' in record or 'image_id' in record:
        return (
            f'annotation {record.get("id", "without id")} of image '
            f'{record.get("image_id")}'
        )
    name = record.get('file_name', record.get('name'))
    return f'{_short(name)} (id {record.get("id")})'


def describe_all(records: Sequence[Dict[str, Any]], limit: int = 2) -> str:
    """Name the first few records, and say that there are more."""
    names = [describe(record) for record in records[:limit]]
    return ', '.join(names) + ', ...' * (len(records) > limit)


def _short(value: Any) -> str:
    """Return a value as Python writes it, no longer than a line."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + '...'
