# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Data-parallel training of several processes on a machine without a GPU."""

from typing import Any, Optional

from mmengine.model import MMDistributedDataParallel, revert_sync_batchnorm
from mmengine.registry import MODEL_WRAPPERS
from torch import nn


@MODEL_WRAPPERS.register_module()
class CPUDistributedDataParallel(MMDistributedDataParallel):
    """MMEngine's model wrapper for a model that lies on the CPU.

    MMEngine hands every wrapper ``device_ids=[LOCAL_RANK]``, which torch
    refuses for a model on the CPU. This wrapper drops them, and turns
    synchronised batch normalisation, which torch has for GPUs only, into the
    ordinary one. Everything else is that of
    :class:`mmengine.model.MMDistributedDataParallel`.

    Args:
        module: The model, all of whose parameters are on the CPU.
        device_ids: Accepted, since MMEngine passes them, and not used.
        **kwargs: As for
            :class:`torch.nn.parallel.DistributedDataParallel`, such as
            ``find_unused_parameters``.

    Raises:
        ValueError: A parameter is not on the CPU.
    """

    def __init__(
        self,
        module: nn.Module,
        device_ids: Optional[list] = None,
        **kwargs: Any,
    ) -> None:
        devices = sorted({str(p.device) for p in module.parameters()})
        if devices not in ([], ['cpu']):
            raise ValueError(
                'CPUDistributedDataParallel wraps a model on the CPU, found '
                f'parameters on {devices}; leave "type" out of '
                'model_wrapper_cfg, or train with CUDA_VISIBLE_DEVICES=-1'
            )
        super().__init__(
            module=revert_sync_batchnorm(module), device_ids=None, **kwargs
        )
