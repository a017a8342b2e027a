# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Checkpoints are data: loading one runs no code that it brings.

``torch.load`` unpickles, and a pickle may call any function. torch 2.6 and
newer refuse all but tensors by default, and with them the checkpoints that
MMEngine writes, whose logs are objects of its own; older ones run whatever is
in the file. Here the same list of types is loaded with every torch:
tensors, numpy arrays, containers, and MMEngine's logs. Importing this module
makes MMEngine load files and web addresses through it.
"""

import io
import os
import os.path as osp
import pickle
from collections import OrderedDict
from types import SimpleNamespace
from typing import Any, Callable, Dict, Optional, Tuple
from urllib.parse import urlparse

import numpy as np
import torch
from mmengine.dist import barrier, get_dist_info
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader
from torch import _utils as torch_utils

_STATISTICS = ('min', 'max', 'mean', 'current')


class UnsafeCheckpointError(ValueError):
    """A checkpoint holds an object of a type that is not loaded."""


def _statistic(owner: Any, name: str) -> Callable[..., Any]:
    """``getattr`` for the functions that a pickled log names, no others."""
    if owner is HistoryBuffer and name in _STATISTICS:
        return getattr(HistoryBuffer, name)
    raise UnsafeCheckpointError(f'getattr of {owner!r} and {name!r}')


def _numpy_scalar(dtype: Any, data: Any = None) -> Any:
    """A number of numpy; its own function also unpickles objects."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise UnsafeCheckpointError(f'a numpy scalar of {dtype!r}')
    if isinstance(data, str):
        data = data.encode('latin1')
    return np.frombuffer(data, dtype, 1)[0]


def _latin1(text: str, encoding: str) -> bytes:
    """``_codecs.encode``, by which protocol 2 writes bytes."""
    return text.encode('latin1')


def _numpy_names() -> Dict[Tuple[str, str], Any]:
    """What numpy 1 and numpy 2 call the parts of a pickled array."""
    empty = np.ndarray.__reduce__(np.zeros(1))[0]
    names: Dict[Tuple[str, str], Any] = {
        ('numpy', 'ndarray'): np.ndarray,
        ('numpy', 'dtype'): np.dtype,
    }
    for module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
        names[module, '_reconstruct'] = empty
        names[module, 'scalar'] = _numpy_scalar
    return names


ALLOWED: Dict[Tuple[str, str], Any] = {
    ('collections', 'OrderedDict'): OrderedDict,
    ('builtins', 'set'): set,
    ('__builtin__', 'set'): set,
    ('builtins', 'getattr'): _statistic,
    ('__builtin__', 'getattr'): _statistic,
    ('_codecs', 'encode'): _latin1,
    ('mmengine.logging.history_buffer', 'HistoryBuffer'): HistoryBuffer,
    ('torch', 'Size'): torch.Size,
    ('torch', 'device'): torch.device,
    ('torch', 'Tensor'): torch.Tensor,
    ('torch.nn.parameter', 'Parameter'): torch.nn.Parameter,
    **{
        ('torch._utils', name): getattr(torch_utils, name)
        for name in (
            '_rebuild_parameter',
            '_rebuild_tensor',
            '_rebuild_tensor_v2',
        )
    },
    **{
        ('mmengine.logging.history_buffer', f'HistoryBuffer.{name}'): getattr(
            HistoryBuffer, name
        )
        for name in _STATISTICS
    },
    **_numpy_names(),
}


class _Unpickler(pickle.Unpickler):
    """Finds the names of :data:`ALLOWED`, and kinds of numbers of torch."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in ALLOWED:
            return ALLOWED[module, name]
        if module == 'torch':
            found = getattr(torch, name, None)
            is_storage = isinstance(found, type) and name.endswith('Storage')
            if is_storage or isinstance(found, torch.dtype):
                return found
        raise UnsafeCheckpointError(f"an object of type '{module}.{name}'")


def _load(file: Any, **options: Any) -> Any:
    return _Unpickler(file, **options).load()


# What torch.load asks of a module in place of pickle.
_PICKLE = SimpleNamespace(
    __name__='mmhvr.engine.safe_load',
    Unpickler=_Unpickler,
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
    """
    filename = osp.expanduser(filename)
    if not osp.isfile(filename):
        raise FileNotFoundError(f'{filename} was not found')
    try:
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


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_from_local(filename: str, map_location: Any = None) -> Any:
    """MMEngine's loader of files: :func:`load_file`."""
    return load_file(filename, map_location)


@CheckpointLoader.register_scheme(prefixes=['http://', 'https://'], force=True)
def load_from_http(
    filename: str,
    map_location: Any = None,
    model_dir: Optional[str] = None,
    progress: bool = True,
) -> Any:
    """MMEngine's loader of addresses: one download a machine, kept.

    The file goes where torch keeps such files, and a second call finds it
    there. A download that was interrupted leaves nothing.

    Args:
        filename: http:// or https://.
        map_location: As for ``torch.load``.
        model_dir: Folder for it; by default ``checkpoints`` in torch's
            cache (``TORCH_HOME``).
        progress: Whether to show a bar.

    Returns:
        What was saved.
    """
    folder = model_dir or osp.join(torch.hub.get_dir(), 'checkpoints')
    path = osp.join(folder, osp.basename(urlparse(filename).path))
    rank, _ = get_dist_info()
    if rank == 0 and not osp.exists(path):
        os.makedirs(folder, exist_ok=True)
        torch.hub.download_url_to_file(filename, path, progress=progress)
    barrier()
    return load_file(path, map_location)
