# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The linear layers that stand before the relation modules (section 4.1)."""

from mmengine.model import ModuleList
from torch import nn


def linear_layer(channels: int) -> nn.Module:
    """Return a linear layer with ReLU, from [M, channels] to [M, channels]."""
    return nn.Sequential(nn.Linear(channels, channels), nn.ReLU())


def linear_layers(channels: int, number: int) -> ModuleList:
    """Several of :func:`linear_layer`."""
    return ModuleList(linear_layer(channels) for _ in range(number))


def start_as_identity(layers: ModuleList) -> None:
    """Let :func:`linear_layers` pass what they get.

    Their inputs are not negative, so that the head starts as one of a single
    layer. Layers of random weights make all proposals alike before a module
    sees them.
    """
    for layer in layers:
        nn.init.eye_(layer[0].weight)
        nn.init.zeros_(layer[0].bias)
