# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""An unpickler that makes the types of checkpoints and no others.

A pickle names functions and calls them. Here a name that is not in
:data:`ALLOWED` is an error, and what stands there cannot be made to do more
than to hold data, whatever arguments the pickle has for it.
"""

import pickle
from collections import OrderedDict
from typing import Any, Callable, Dict, Tuple

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from torch import _utils as torch_utils
from torch import serialization

from ..utils.problem import ExplainedError

_STATISTICS = ('min', 'max', 'mean', 'current')
# Kinds of numpy dtypes: numbers, texts, and objects, which are unpickled.
_KINDS = 'biufcSUO'


class UnsafeCheckpointError(ExplainedError, ValueError):
    """A checkpoint holds an object of a type that is not loaded."""


def _statistic(owner: Any, name: str) -> Callable[..., Any]:
    """``getattr`` for the functions that a pickled log names, no others."""
    if owner is HistoryBuffer and name in _STATISTICS:
        return getattr(HistoryBuffer, name)
    raise UnsafeCheckpointError(f'getattr of {owner!r} and {name!r}')


def _dtype(text: str, *options: Any) -> np.dtype:
    """Make a dtype that is not shared: its byte order is set later."""
    if isinstance(text, str) and np.dtype(text).kind in _KINDS:
        return np.dtype(text, False, True)
    raise UnsafeCheckpointError(f'a numpy dtype of {text!r}')


def _check_dtype(dtype: np.dtype, state: Any) -> None:
    """Refuse a state that numpy itself would not have written.

    numpy takes the flags of a dtype as they come. An object dtype that is
    said to hold no objects would read bytes of the file as addresses.
    """
    orders = (dtype.newbyteorder(order) for order in ('<', '>', '|'))
    if all(order.__reduce__()[2] != state for order in orders):
        raise UnsafeCheckpointError(f'a numpy dtype of {state!r}')


def _empty_array(*kind: Any) -> np.ndarray:
    """``_reconstruct``: what an array is before its contents are set."""
    return np.empty(0, np.int8)


def _numpy_scalar(dtype: np.dtype, data: Any = None) -> Any:
    """Return a number of numpy; its own function also unpickles objects."""
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise UnsafeCheckpointError(f'a numpy scalar of {dtype!r}')
    if isinstance(data, str):
        data = data.encode('latin1')
    return np.frombuffer(data, dtype, 1)[0]


def _latin1(text: str, encoding: str) -> bytes:
    """``_codecs.encode``, by which protocol 2 writes bytes."""
    return text.encode('latin1')


def _no_bytes() -> bytes:
    """``bytes``, by which protocol 2 writes no bytes."""
    return b''


# A part of what torch loads with weights_only=True, if this torch has it.
_REBUILD = (
    '_rebuild_parameter',
    '_rebuild_parameter_with_state',
    '_rebuild_sparse_tensor',
    '_rebuild_tensor',
    '_rebuild_tensor_v2',
    '_rebuild_tensor_v3',
)
_BUILTINS = {
    'bytes': _no_bytes,
    'complex': complex,
    'frozenset': frozenset,
    'getattr': _statistic,
    'set': set,
}
_NUMPY = {'_reconstruct': _empty_array, 'scalar': _numpy_scalar}

ALLOWED: Dict[Tuple[str, str], Any] = {
    ('collections', 'OrderedDict'): OrderedDict,
    ('_codecs', 'encode'): _latin1,
    # A config's part in a data set's meta information.
    ('mmengine.config.config', 'ConfigDict'): dict,
    ('mmengine.logging.history_buffer', 'HistoryBuffer'): HistoryBuffer,
    **{
        ('mmengine.logging.history_buffer', f'HistoryBuffer.{name}'): getattr(
            HistoryBuffer, name
        )
        for name in _STATISTICS
    },
    ('numpy', 'dtype'): _dtype,
    # An argument of _reconstruct, which needs none.
    ('numpy', 'ndarray'): None,
    ('torch', 'Size'): torch.Size,
    ('torch', 'device'): torch.device,
    ('torch.nn.parameter', 'Parameter'): torch.nn.Parameter,
    ('torch.serialization', '_get_layout'): serialization._get_layout,
    ('torch.storage', 'UntypedStorage'): torch.UntypedStorage,
    **{
        ('torch._utils', name): getattr(torch_utils, name)
        for name in _REBUILD
        if hasattr(torch_utils, name)
    },
    **{
        (module, name): function
        for module in ('builtins', '__builtin__')  # of protocol 3 and of 2
        for name, function in _BUILTINS.items()
    },
    **{
        (module, name): function
        for module in ('numpy.core.multiarray', 'numpy._core.multiarray')
        for name, function in _NUMPY.items()
    },
}


# The names inside of it are in no type stub.
_PythonUnpickler: Any = pickle._Unpickler


class SafeUnpickler(_PythonUnpickler):
    """Finds the names of :data:`ALLOWED`, and kinds of numbers of torch.

    Python's own implementation, not the one in C, since that cannot be
    stopped from setting attributes of whatever it has found.
    """

    dispatch = dict(_PythonUnpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name.

        Raises:
            UnsafeCheckpointError: Nothing does.
        """
        if (module, name) in ALLOWED:
            return ALLOWED[module, name]
        if module == 'torch':
            found = getattr(torch, name, None)
            is_storage = isinstance(found, type) and name.endswith('Storage')
            if is_storage or isinstance(found, torch.dtype):
                return found
        raise UnsafeCheckpointError(f"an object of type '{module}.{name}'")

    def load_build(self) -> None:
        """Set the state of the object before it on the stack.

        Raises:
            UnsafeCheckpointError: A checkpoint does not do that.
        """
        target, state = self.stack[-2:]
        if isinstance(target, np.dtype):
            _check_dtype(target, state)
        elif type(target) not in (OrderedDict, HistoryBuffer, np.ndarray):
            raise UnsafeCheckpointError(f'a state of {target!r}')
        super().load_build()

    dispatch[pickle.BUILD[0]] = load_build
