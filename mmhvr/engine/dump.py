# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Predictions in a file, whole and in order from any number of processes."""

import os
import os.path as osp
import pickle
import sys
from typing import Any, Dict, List, Sequence

import torch
from mmengine.dist import collect_results_cpu
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmengine.registry import METRICS
from mmengine.structures import BaseDataElement

from ..annotations.class_names import names_in


@METRICS.register_module()
class DumpPredictions(BaseMetric):
    """Writes the predictions of a test into a pickle file.

    The file holds a list of dicts, one for each frame, in the order of
    ``img_id``: what MMEngine's ``DumpResults`` writes, without the support
    frames of each frame (``ref_*``), and with the names of the labels in
    ``classes``. ``DumpResults`` also puts the frames of
    several processes in an order of their own and cuts the list by counting.

    Args:
        out_file_path: Where; ends in .pkl or .pickle.

    Raises:
        ValueError: It ends otherwise.
    """

    def __init__(self, out_file_path: str) -> None:
        super().__init__(collect_device='cpu')
        if not out_file_path.endswith(('.pkl', '.pickle')):
            raise ValueError(
                f'out_file_path is {out_file_path!r}; let it end in .pkl'
            )
        self.out_file_path = out_file_path

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep the predictions of a batch, on the CPU."""
        for sample in data_samples:
            kept = {k: v for k, v in sample.items() if k[:4] != 'ref_'}
            self.results.append(_to_cpu(kept))

    def evaluate(self, size: int) -> Dict[str, float]:
        """Gathers the frames of all processes; the first one writes.

        Args:
            size: The number of frames in the data set; not needed, since
                frames are told apart by their ``img_id``.

        Returns:
            Nothing to report, so an empty dict.
        """
        # Through files: the predictions of a large data set do not fit into
        # the memory of a GPU, through which nccl would send them.
        os.makedirs(osp.dirname(self.out_file_path) or '.', exist_ok=True)
        gathered = collect_results_cpu(
            self.results, sys.maxsize, tmpdir=f'{self.out_file_path}.parts'
        )
        if gathered is not None:
            self.compute_metrics(gathered)
        self.results.clear()
        return {}

    def compute_metrics(self, results: list) -> dict:
        """Write the file, whole or not at all."""
        names = names_in(self.dataset_meta, 'dataset_meta')
        # One tuple for all frames: it is pickled once.
        classes = tuple(names) if names else None
        frames = [
            dict(frame, classes=classes) for frame in merge_frames(results)
        ]
        temporary = f'{self.out_file_path}.part'
        with open(temporary, 'wb') as file:
            pickle.dump(frames, file)
        os.replace(temporary, self.out_file_path)
        print_log(
            f'predictions of {len(frames)} frames: {self.out_file_path}',
            logger='current',
        )
        return {}


def merge_frames(results: Sequence[dict]) -> List[dict]:
    """Sorts frames by ``img_id`` and drops those seen twice.

    Samplers repeat frames so that each process gets as many.

    Args:
        results: A dict for each frame; without ``img_id`` the order stays
            and nothing is dropped.

    Returns:
        The frames, each once.

    Example:
        >>> merge_frames([{'img_id': 2}, {'img_id': 1}, {'img_id': 2}])
        [{'img_id': 1}, {'img_id': 2}]
    """
    if not all('img_id' in frame for frame in results):
        return list(results)
    by_id = {frame['img_id']: frame for frame in reversed(results)}
    # Numbers before texts.
    keys = sorted(by_id, key=lambda key: (isinstance(key, str), key))
    return [by_id[key] for key in keys]


def _to_cpu(data: Any) -> Any:
    """Move the tensors in nested lists and dicts to the CPU."""
    if isinstance(data, (torch.Tensor, BaseDataElement)):
        return data.to('cpu')
    if isinstance(data, dict):
        return {key: _to_cpu(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return type(data)(_to_cpu(value) for value in data)
    return data
