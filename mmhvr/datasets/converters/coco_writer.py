# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Write a COCO annotation file record by record, without holding it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, Dict, Iterable, Optional, Sequence, Union


class CocoWriter:
    """Stream records into one JSON file.

    ImageNet VID has 1.1 million frames and 1.7 million boxes: each list is
    collected in a temporary file of its own. The JSON file appears under its
    name only when it is complete.

    Args:
        file (str | Path): The JSON file; its folder is made if needed.
        sections (Sequence[str]): Names of the streamed lists.
        categories (Iterable[dict]): Content of ``categories``.

    Example:
        >>> with CocoWriter('a.json', ('images', ), []) as writer:
        ...     writer.add('images', dict(file_name='a.JPEG'))
        1
    """

    def __init__(
        self,
        file: Union[str, Path],
        sections: Sequence[str],
        categories: Iterable[dict],
    ) -> None:
        self.file = Path(file)
        self.counts: Dict[str, int] = {name: 0 for name in sections}
        self._categories = list(categories)
        self._parts: Dict[str, IO[str]] = {}

    def __enter__(self) -> CocoWriter:
        """Open a temporary file for each list."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        for name in self.counts:
            self._parts[name] = tempfile.TemporaryFile(
                'w+', encoding='utf-8', dir=str(self.file.parent)
            )
        return self

    def add(self, section: str, record: dict) -> int:
        """Append a record and give it the next id.

        Args:
            section (str): Name of the list.
            record (dict): The record without ``id``.

        Returns:
            int: The record's id, from 1.
        """
        self.counts[section] += 1
        record = dict(id=self.counts[section], **record)
        part = self._parts[section]
        if self.counts[section] > 1:
            part.write(',\n')
        part.write(json.dumps(record))
        return self.counts[section]

    def __exit__(self, error_type: Optional[type], *_: object) -> None:
        """Write the JSON file, unless there was an error."""
        try:
            if error_type is None:
                self._assemble()
        finally:
            for part in self._parts.values():
                part.close()

    def _assemble(self) -> None:
        """Join the lists under a temporary name, then rename it."""
        unfinished = self.file.with_name(self.file.name + '.part')
        try:
            with unfinished.open('w', encoding='utf-8') as out:
                out.write('{"categories": ' + json.dumps(self._categories))
                for name, part in self._parts.items():
                    out.write(f',\n"{name}": [\n')
                    part.seek(0)
                    shutil.copyfileobj(part, out, 1 << 20)
                    out.write('\n]')
                out.write('}\n')
            os.replace(str(unfinished), str(self.file))
        except BaseException:  # a full disk, or Ctrl-C
            unfinished.unlink(missing_ok=True)
            raise
