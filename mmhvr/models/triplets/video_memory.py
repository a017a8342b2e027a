# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Videos of earlier batches, for triplets that no batch has to hold.

Legend: V videos, C channels of a video vector, S videos that there is room
for, P proposals kept of each, D channels of a proposal feature, K classes.
"""

from typing import List, Sequence

import torch
import torch.nn.functional as F
from mmengine.dist import all_gather, get_world_size
from mmengine.registry import MODELS
from torch import Tensor, nn

from .video_structures import (
    NO_IDENTITY,
    NO_LABEL,
    TargetProposals,
    VideoVectors,
)


@MODELS.register_module()
class VideoMemory(nn.Module):
    """The last videos of a training, first in, first out.

    Cross-batch memory ("Cross-Batch Memory for Embedding Learning", CVPR
    2020) for video triplets: of each video its vector (eq. 1) and the
    enhanced features of its target frame's proposals, as they were when the
    video was seen, without gradient, in float32.

    All of it are buffers of fixed size, part of every checkpoint, so that a
    resumed training goes on as if it had not stopped. With several processes
    :meth:`push` gathers the videos of all of them, in the order of the
    ranks: every process has the same memory, which a broadcast of buffers
    does not change and the first process's checkpoint holds.

    Args:
        video_channels (int): C, channels of the map that videos are compared
            by.
        proposal_channels (int): D.
        num_classes (int): K.
        size (int): S. Defaults to 256.
        proposals (int): P: foreground first, then background, each in the
            order in which they were sampled. Defaults to 32.

    Raises:
        ValueError: ``size`` or ``proposals`` is less than 1.
    """

    vectors: Tensor
    labels: Tensor
    identities: Tensor
    proposal_features: Tensor
    proposal_labels: Tensor
    pushed: Tensor

    def __init__(
        self,
        video_channels: int,
        proposal_channels: int,
        num_classes: int,
        size: int = 256,
        proposals: int = 32,
    ) -> None:
        super().__init__()
        for name, value in (('size', size), ('proposals', proposals)):
            if value < 1:
                raise ValueError(
                    f'{name} of the video memory must be 1 or more, got '
                    f'{value}. Leave memory out of the model for none.'
                )
        self.num_classes = num_classes
        rows = (size, proposals)
        for name, buffer in dict(
            vectors=torch.zeros(size, video_channels),
            labels=torch.full((size,), NO_LABEL),
            identities=torch.full((size,), NO_IDENTITY),
            proposal_features=torch.zeros(*rows, proposal_channels),
            proposal_labels=torch.full(rows, NO_LABEL),
            pushed=torch.tensor(0),  # videos ever: tells the next place
        ).items():
            self.register_buffer(name, buffer)

    def __len__(self) -> int:
        """Videos that are in the memory, at most S."""
        return min(int(self.pushed), len(self.labels))

    def videos(self) -> VideoVectors:
        """Return what is in the memory, the oldest video first."""
        places = self._places()
        return VideoVectors(
            self.vectors[places], self.labels[places], self.identities[places]
        )

    def joined_to(self, batch: VideoVectors) -> VideoVectors:
        """Return the videos of a batch, then :meth:`videos`.

        Raises:
            ValueError: The channels are not those of the memory.
        """
        _check_channels('video_channels', batch.vectors, self.vectors)
        return batch.joined(self.videos())

    def proposals(self, index: int) -> TargetProposals:
        """Proposals of one video, of which there may be none.

        Args:
            index (int): Its place in :meth:`videos`.
        """
        place = self._places()[index]
        labels = self.proposal_labels[place]
        kept = labels != NO_LABEL
        return TargetProposals(
            self.proposal_features[place][kept], labels[kept]
        )

    @torch.no_grad()
    def push(
        self, videos: VideoVectors, proposals: Sequence[TargetProposals]
    ) -> None:
        """Put videos in, those of all processes; the oldest ones go.

        Every process has to call it; their numbers of videos may differ. A
        video without a category, and one with a feature that is not finite,
        stays out.

        Args:
            videos (VideoVectors): V videos, with C channels.
            proposals (list[TargetProposals]): Of their target frames, V.

        Raises:
            ValueError: The channels are not those of the memory.
        """
        _check_channels('video_channels', videos.vectors, self.vectors)
        for of_video in proposals:
            _check_channels(
                'proposal_channels', of_video.features, self.proposal_features
            )
        kept = [self._first(p) for p in proposals]
        rows = [
            videos.vectors.to(self.vectors),
            videos.labels,
            videos.identities,
            torch.stack([p.features for p in kept]),
            torch.stack([p.labels for p in kept]),
        ]
        finite = rows[0].isfinite().all(1) & rows[3].isfinite().all(2).all(1)
        fits = finite & (videos.labels != NO_LABEL)
        self._write(_of_all_processes([part[fits] for part in rows]))

    def _places(self) -> Tensor:
        """Places of the videos that there are, the oldest first."""
        end = int(self.pushed)
        return self._wrapped(end - len(self), end)

    def _wrapped(self, start: int, end: int) -> Tensor:
        """Places of the videos pushed from one count to another."""
        counts = torch.arange(start, end, device=self.labels.device)
        return counts % len(self.labels)

    def _first(self, proposals: TargetProposals) -> TargetProposals:
        """P rows: the foreground, the background, then empty ones."""
        background = (proposals.labels == self.num_classes).int()
        rows = background.sort(stable=True)[1]
        rows = rows[: self.proposal_labels.shape[1]]
        empty = self.proposal_labels.shape[1] - len(rows)
        return TargetProposals(
            F.pad(
                proposals.features[rows].to(self.proposal_features),
                (0, 0, 0, empty),
            ),
            F.pad(proposals.labels[rows], (0, empty), value=NO_LABEL),
        )

    def _write(self, rows: Sequence[Tensor]) -> None:
        """Put rows of the five buffers at the next places."""
        start, end = int(self.pushed), int(self.pushed) + len(rows[0])
        start = max(start, end - len(self.labels))
        places = self._wrapped(start, end)
        for name, part in zip(
            (
                'vectors',
                'labels',
                'identities',
                'proposal_features',
                'proposal_labels',
            ),
            rows,
        ):
            getattr(self, name)[places] = part[len(part) - len(places) :]
        self.pushed.fill_(end)


def _check_channels(name: str, found: Tensor, expected: Tensor) -> None:
    """Features that are pushed or compared must be as long as those kept."""
    if found.shape[-1] != expected.shape[-1]:
        raise ValueError(
            f'{name} of the video memory is {expected.shape[-1]}, but the '
            f'features have {found.shape[-1]} channels. Set {name}='
            f'{found.shape[-1]}.'
        )


def _of_all_processes(rows: Sequence[Tensor]) -> List[Tensor]:
    """Rows of all processes, in the order of the ranks.

    Args:
        rows (list[Tensor]): Of as many rows each, however many.
    """
    if get_world_size() == 1:
        return list(rows)
    count = rows[1].new_tensor([len(rows[1])])
    counts = torch.cat(all_gather(count)).tolist()
    if not any(counts):
        return list(rows)  # gloo of torch 2.0 cannot gather empty tensors
    gathered = []
    for part in rows:
        # Processes exchange tensors of one size alone.
        padding = part.new_zeros(max(counts) - len(part), *part.shape[1:])
        parts = all_gather(torch.cat([part, padding]))
        gathered.append(torch.cat([p[:n] for p, n in zip(parts, counts)]))
    return gathered
