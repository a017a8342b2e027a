# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What became of the objects that a conversion has read."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Dict, Iterable, List, Mapping

import numpy as np
from mmengine.logging import print_log

from ...annotations.boxes import LEFT_OUT, leave_out
from ...annotations.class_names import similar_names
from .xml_reader import XMLFrame, XMLObject

# How many names of a kind a message shows.
_SHOWN = 8


class ObjectCounts:
    """Counts objects by class, those that are skipped, and broken boxes.

    Args:
        classes (Mapping[str, str]): Names by class id.
    """

    def __init__(self, classes: Mapping[str, str]) -> None:
        self.classes = classes
        self.found: Counter = Counter({key: 0 for key in classes})
        self.skipped: Counter = Counter()
        self.left_out: Counter = Counter()
        self._examples: Dict[int, str] = {}

    def take(
        self, file: str, frame: XMLFrame, box_offset: int
    ) -> List[XMLObject]:
        """Count the objects of a frame.

        Args:
            file (str): Its annotation file, for messages.
            frame (XMLFrame): What is in it.
            box_offset (int): See :meth:`XMLObject.to_xywh`.

        Returns:
            list[XMLObject]: Those whose class is in the table.
        """
        taken = []
        for item in frame.objects:
            if item.name in self.classes:
                self.found[item.name] += 1
                taken.append(item)
            else:
                self.skipped[item.name] += 1
        if taken:
            boxes = np.array([t.to_xywh(box_offset) for t in taken], float)
            size = np.array([frame.width, frame.height], float)
            for reason in leave_out(boxes, size).tolist():
                if reason:
                    self.left_out[reason] += 1
                    self._examples.setdefault(reason, file)
        return taken

    def close(self) -> None:
        """Log what a person should know of the conversion.

        Raises:
            ValueError: There are objects, and none is of a class of the
                table, or a class is spelt otherwise in the annotations.
        """
        for alike, column in (
            (similar_names(self.skipped, self.classes), 'class'),
            (similar_names(self.skipped, self.classes.values()), 'name'),
        ):
            if alike:
                pairs = ', '.join(
                    f'{name!r} ({self.skipped[name]} objects) for {own!r}'
                    for name, own in alike.items()
                )
                raise ValueError(
                    f'the annotation files write {pairs} of the class table; '
                    'the first word of its lines is the class as they write '
                    'it, letter by letter: change the table'
                )
        if self.skipped and not sum(self.found.values()):
            raise ValueError(
                f'none of {sum(self.skipped.values())} objects is of a class '
                f'of the table; the annotation files have '
                f'{_listed(self.skipped)}, the table '
                f'{_listed(self.classes)}: write a class table with '
                'lines ID NAME, ID as the annotation files write it, and '
                'give it with --classes'
            )
        for text in self._remarks():
            print_log(text, logger='current', level=logging.WARNING)

    def _remarks(self) -> List[str]:
        """List what is no error."""
        lines = []
        total = sum(self.found.values())
        empty = [name for name, number in self.found.items() if not number]
        if not total:
            lines.append('no annotation file has an object')
        elif empty:
            names = [self.classes[name] for name in empty]
            lines.append(
                f'{len(empty)} of {len(self.classes)} classes have no object: '
                f'{_listed(names)}'
            )
        if self.skipped:
            lines.append(
                f'{sum(self.skipped.values())} objects of '
                f'{len(self.skipped)} classes that are not in the table are '
                f'skipped: {_listed(self.skipped)}'
            )
        if self.left_out:
            causes = [
                f'{number} {LEFT_OUT[reason]}, such as one of '
                f'{self._examples[reason]}'
                for reason, number in self.left_out.most_common()
            ]
            lines.append(
                f'{sum(self.left_out.values())} of {total} boxes will be left '
                f'out of training and evaluation: {"; ".join(causes)}'
            )
        return lines


def _listed(names: Iterable[str]) -> str:
    """Return the first few names, with their numbers if they are counted."""
    if isinstance(names, Counter):
        texts = [f'{name!r} ({n})' for name, n in names.most_common()]
    else:
        texts = list(map(repr, names))
    return ', '.join(texts[:_SHOWN]) + ', ...' * (len(texts) > _SHOWN)
