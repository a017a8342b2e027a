# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Checkpoints are data: loading one runs no code that it brings.

``torch.load`` unpickles, and a pickle may call any function. torch 2.6 and
newer refuse all but tensors by default, and with them the checkpoints that
MMEngine writes, whose logs are objects of its own; older ones run whatever is
in the file. Here the same types are loaded with every torch: tensors, numpy
arrays, containers, and MMEngine's logs (:mod:`.safe_unpickler`). Importing
this module makes MMEngine load files and web addresses through it, those
behind ``torchvision://`` and ``mmcls://`` included.
"""

import contextlib
import hashlib
import io
import os
import os.path as osp
import re
import warnings
import zipfile
from types import SimpleNamespace
from typing import Any, Iterator, Optional
from urllib.parse import urlparse

import mmengine.runner.checkpoint as mmengine_checkpoint
import torch
from mmengine.dist import barrier, get_dist_info
from mmengine.runner.checkpoint import CheckpointLoader

from ..utils.problem import ExplainedError
from .safe_unpickler import SafeUnpickler, UnsafeCheckpointError


class DownloadError(ExplainedError, OSError):
    """A checkpoint could not be had from its address."""


def _load(file: Any, **options: Any) -> Any:
    return SafeUnpickler(file, **options).load()


# What torch.load asks of a module in place of pickle.
_PICKLE = SimpleNamespace(
    __name__='mmhvr.run.safe_load',
    Unpickler=SafeUnpickler,
    load=_load,
    loads=lambda data, **options: _load(io.BytesIO(data), **options),
)


def load_file(filename: str, map_location: Any = None) -> Any:
    """``torch.load`` that runs no code of the file.

    Args:
        filename: A file that ``torch.save`` has written, of any version.
        map_location: As for ``torch.load``.

    Returns:
        What was saved.

    Raises:
        FileNotFoundError: There is no such file.
        UnsafeCheckpointError: It holds an object of another type.
        ValueError: It is damaged.
    """
    filename = osp.expanduser(filename)
    if not osp.isfile(filename):
        raise FileNotFoundError(f'{filename} was not found')
    _check_parts(filename)
    try:
        with _no_programs():
            return torch.load(
                filename,
                map_location=map_location,
                pickle_module=_PICKLE,
                weights_only=False,
            )
    except UnsafeCheckpointError as error:
        raise UnsafeCheckpointError(
            f'{filename} holds {error}, which is not loaded, since it could '
            'run code. Loaded are tensors, numbers, texts, containers, '
            'numpy arrays and the logs of MMEngine. If you trust the file, '
            "write its weights anew: torch.save({'state_dict': "
            "torch.load(FILE, weights_only=False)['state_dict']}, NEW_FILE)"
        ) from error


def _check_parts(filename: str) -> None:
    """Hold each part of a file against its checksum; torch does not.

    Raises:
        ValueError: A part differs: weights would be others than were saved.
    """
    if not zipfile.is_zipfile(filename):
        return  # of torch before 1.6, or no checkpoint
    damaged, parts = [], 0
    with zipfile.ZipFile(filename) as file:
        for part in file.infolist():
            if part.file_size:
                parts += 1
                if not _is_whole(file, part):
                    damaged.append(part.filename)
    # Where all differ they were saved without checksums.
    if damaged and len(damaged) < parts:
        raise ValueError(
            f'{len(damaged)} of its {parts} parts are damaged, such as '
            f'{damaged[0]}: get or copy it again'
        )


def _is_whole(file: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part of a .zip file has the content that it should have."""
    try:
        with file.open(part) as content:
            while content.read(1 << 20):
                pass
    except zipfile.BadZipFile:
        return False
    return True


@contextlib.contextmanager
def _no_programs() -> Iterator[None]:
    """torch.load warns before it runs a TorchScript file: an error here."""
    with warnings.catch_warnings():
        warnings.filterwarnings('error', message='.*TorchScript archive')
        try:
            yield
        except UserWarning as warning:
            if 'TorchScript' not in str(warning):
                raise
            raise UnsafeCheckpointError('a TorchScript program') from warning


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_from_local(filename: str, map_location: Any = None) -> Any:
    """MMEngine's loader of files: :func:`load_file`."""
    return load_file(filename, map_location)


def check_sum(path: str) -> None:
    """Hold a file against the checksum in its name, if there is one.

    Args:
        path: ``NAME-HASH.pth`` with the first 8 or more hexadecimal digits of
            the file's SHA-256.

    Raises:
        DownloadError: They differ.
    """
    match = re.search(r'-([0-9a-f]{8,64})\.\w+$', osp.basename(path))
    if match is None:
        return
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        for block in iter(lambda: file.read(1 << 20), b''):
            digest.update(block)
    found = digest.hexdigest()[: len(match[1])]
    if found != match[1]:
        raise DownloadError(
            f'{path} has the checksum {found} instead of {match[1]}: it is '
            'cut off or another file; remove it, and fetch it again'
        )


@CheckpointLoader.register_scheme(prefixes=['http://', 'https://'], force=True)
def load_from_http(
    filename: str,
    map_location: Any = None,
    model_dir: Optional[str] = None,
    progress: bool = True,
) -> Any:
    """MMEngine's loader of addresses: one download, kept.

    The file goes where torch keeps such files, and a second call finds it
    there. A download that was cut off, or is no checkpoint, is not kept. A
    name that ends in a checksum, as those of published weights do
    (``NAME-2f5a4952.pth``), is held against the file, each time.

    Args:
        filename: http:// or https://.
        map_location: As for ``torch.load``.
        model_dir: Folder for it; by default ``checkpoints`` in torch's
            cache (``TORCH_HOME``).
        progress: Whether to show a bar.

    Returns:
        What was saved.

    Raises:
        DownloadError: It could not be had, or only a part of it, or the file
            that is kept is another one than its name says.
        UnsafeCheckpointError: It holds an object of another type.
    """
    folder = model_dir or osp.join(torch.hub.get_dir(), 'checkpoints')
    path = osp.join(folder, osp.basename(urlparse(filename).path))
    rank, _ = get_dist_info()
    if rank > 0:  # the first process downloads for those of its machine
        barrier()
    if not osp.exists(path):
        try:
            os.makedirs(folder, exist_ok=True)
            torch.hub.download_url_to_file(filename, path, progress=progress)
            check_sum(path)
            # The end of a connection looks like the end of a file to torch.
            checkpoint = load_file(path, map_location)
        except UnsafeCheckpointError:
            raise
        except Exception as error:
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
            raise DownloadError(
                f'{filename} was not downloaded as a whole '
                f'({type(error).__name__}: {error}); check the network, or '
                f'fetch it by other means and put it at {path}'
            ) from error
    else:
        check_sum(path)
        checkpoint = load_file(path, map_location)
    if rank == 0:
        barrier()
    return checkpoint


# torchvision://, open-mmlab:// and mmcls:// find it by this name.
mmengine_checkpoint.load_from_http = load_from_http
