# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Time and memory of methods that take frames by turns."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import torch

from ..models.encoded_frame import EncodedFrame
from ..streaming.window import LiveWindow
from .frames import FrameSupply
from .methods import Hvr, Method
from .stage_clock import StageClock

STAGES = ('decode', 'backbone', 'RPN', 'RoI', 'relation', 'NMS', 'other')


def peak_bytes(device: str, reset: bool = False) -> Optional[int]:
    """Most memory since the last reset: of the GPU, or of this process.

    None where Linux does not let the peak of a process be reset.
    """
    if device.startswith('cuda'):
        if reset:
            torch.cuda.reset_peak_memory_stats()
        return torch.cuda.max_memory_allocated()
    try:
        if reset:
            Path('/proc/self/clear_refs').write_text('5')
    except OSError:
        return None
    return _process_bytes('VmHWM')


def current_bytes(device: str) -> Optional[int]:
    """Memory in use: of the GPU, or of this process (None if unknown)."""
    if device.startswith('cuda'):
        return torch.cuda.memory_allocated()
    return _process_bytes('VmRSS')


def _process_bytes(entry: str) -> Optional[int]:
    """Return an entry of what Linux says of this process, None elsewhere."""
    try:
        status = Path('/proc/self/status').read_text()
    except OSError:
        return None
    return int(status.split(f'{entry}:')[1].split()[0]) * 1024


@torch.no_grad()
def measure(
    methods: Sequence[Method],
    supply: FrameSupply,
    clock: StageClock,
    rounds: int,
) -> List[Dict[str, Any]]:
    """Lets the methods take frames by turns.

    Args:
        methods: What to measure.
        supply: The frames.
        clock: It watches the methods.
        rounds: Frames a method; one more goes before, not measured.

    Returns:
        For each method ``name``, ``ms`` (by stage, and 'total'; medians
        would hide rare costs, so means), ``kept_bytes``, ``peak_bytes``,
        ``proposals``.
    """
    for method in methods:
        method.start(supply)
    seconds: Dict[str, Dict[str, float]] = defaultdict(
        lambda: defaultdict(float)
    )
    peaks: Dict[str, int] = {}
    for turn in range(rounds + 1):
        for method in methods:
            clock.seconds.clear()
            peak_bytes(supply.device, reset=True)
            begin = clock.now()
            frame = supply.take()
            decoded = clock.now() - begin
            with clock:
                method.step(frame, supply.sample(turn))
            if turn == 0:
                continue
            peaks[method.name] = max(
                peaks.get(method.name, 0), peak_bytes(supply.device) or 0
            )
            seconds[method.name]['decode'] += decoded
            for stage, value in clock.seconds.items():
                seconds[method.name][stage] += value
    rows = []
    for method in methods:
        ms = {
            stage: 1000 * seconds[method.name][stage] / rounds
            for stage in STAGES
        }
        ms['total'] = sum(ms.values())
        rows.append(
            dict(
                name=method.name,
                ms=ms,
                kept_bytes=method.kept_bytes(),
                peak_bytes=peaks[method.name] or None,
                proposals=method.proposals,
            )
        )
    return rows


@torch.no_grad()
def long_video(
    method: Hvr, supply: FrameSupply, length: int
) -> List[Dict[str, Any]]:
    """Memory along a video: one frame's features, pushed again and again.

    Args:
        method: HVR-Net, cached.
        supply: The frames.
        length: How many.

    Returns:
        For frame 100, 1000, ... and the last one: ``frame``, ``kept_bytes``
        and ``peak_bytes`` since the row before.
    """
    window = LiveWindow(method.num_frames, 0)
    state = method.engine.open(window)
    encoded = method.encode(supply.take(), supply.sample(0))
    places = {n for n in (100, 1000, 10000, 100000) if n < length} | {length}
    rows = []
    peak_bytes(supply.device, reset=True)
    for number in range(1, length + 1):
        method.engine.push(
            state,
            EncodedFrame(
                encoded.boxes.clone(), encoded.features.clone(), encoded.sample
            ),
        )
        if number in places:
            rows.append(
                dict(
                    frame=number,
                    kept_bytes=state.nbytes,
                    peak_bytes=peak_bytes(supply.device),
                )
            )
            peak_bytes(supply.device, reset=True)
    return rows
