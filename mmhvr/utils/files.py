# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Making sure that results can be written, before they are made."""

import os
import os.path as osp


def check_writable(path: str, kind: str) -> None:
    """Make the folder of a file and makes sure that it can be opened.

    What is in the file stays; a file that was not there is not made.

    Args:
        path: The file.
        kind: What it will hold, for the message.

    Raises:
        OSError: It cannot be written.
    """
    folder = osp.dirname(path) or '.'
    existed = osp.exists(path)
    try:
        os.makedirs(folder, exist_ok=True)
        with open(path, 'ab'):
            pass
    except OSError as error:
        raise type(error)(
            f'cannot write the {kind} {osp.abspath(path)} '
            f'({error}); choose another path'
        ) from error
    if not existed:
        os.remove(path)
