# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The work of ``tools/test.py``."""

import glob
import json
import os
import os.path as osp
from typing import Any, Dict, Optional, Sequence

from mmengine.config import Config

from ..utils.files import check_writable
from .checkpoint import read_checkpoint
from .config import (
    add_custom_hook,
    check_data_files,
    load_config,
    use_cpu_model_wrapper,
)
from .launch import start_processes, stop_processes
from .training import build_runner


def configure_testing(
    config: str,
    checkpoint: str,
    work_dir: Optional[str] = None,
    out: Optional[str] = None,
    show: bool = False,
    show_dir: Optional[str] = None,
    wait_time: float = 0.0,
    score_thr: float = 0.3,
    strict: bool = True,
    cfg_options: Optional[Sequence[str]] = None,
    launcher: str = 'none',
) -> Config:
    """Return the config of a test, checked as far as it can be beforehand.

    Args:
        config: The config file.
        checkpoint: The weights to test.
        work_dir: Where the log and the metrics go.
        out: A .pkl file for the predictions.
        show: Show every frame in a window.
        show_dir: A folder for pictures with boxes, ``VIDEO/FRAME.jpg``.
        wait_time: Seconds that a window stays; 0 waits for a key.
        score_thr: Boxes of at least this score are drawn.
        strict: Refuse a checkpoint that does not fit the model exactly, or
            was trained with other class names.
        cfg_options: ``KEY=VALUE`` words that override the config.
        launcher: One of 'none', 'pytorch', 'slurm', 'mpi'.

    Returns:
        The config to hand to :func:`run_testing`.

    Raises:
        FileNotFoundError: The config, the data or the checkpoint is missing.
        ValueError: The checkpoint cannot be read, or an option cannot be
            had; the message says why.
    """
    cfg = load_config(config, cfg_options, work_dir, launcher)
    if not cfg.get('test_cfg') and 'test_dataloader' not in cfg:
        raise ValueError(
            f'config {config} has no test_dataloader, so there '
            'is nothing to test'
        )
    read_checkpoint(checkpoint)
    check_data_files(cfg, ('test',))
    cfg.load_from, cfg.resume = checkpoint, False
    add_custom_hook(
        cfg,
        dict(
            type='mmengine.CheckpointCheckHook',
            strict=strict,
            filename=checkpoint,
            remedy='test it with the config that it was trained with, or '
            'pass --non-strict to keep random weights for the rest',
            split='test',
        ),
    )
    add_custom_hook(cfg, dict(type='mmengine.ClassCheckHook', split='test'))
    if out is not None:
        dump_predictions(cfg, out)
    if show or show_dir is not None:
        draw_predictions(cfg, show, show_dir, wait_time, score_thr)
    use_cpu_model_wrapper(cfg)
    return cfg


def run_testing(cfg: Config) -> Dict[str, float]:
    """Test.

    Args:
        cfg: As :func:`configure_testing` returns it.

    Returns:
        The metrics by name, such as ``vid/mAP50``.
    """
    start_processes(cfg.launcher)
    try:
        return build_runner(cfg).test()
    finally:
        stop_processes()


def read_metrics(work_dir: str) -> Dict[str, float]:
    """Return what the latest test in a work directory wrote.

    Args:
        work_dir: As :func:`configure_testing` got it.

    Returns:
        The metrics by name; {} if no test was finished there.
    """
    files = glob.glob(osp.join(glob.escape(work_dir), '*', '*.json'))
    if not files:
        return {}
    # Folders and files are named by the time.
    with open(max(files)) as file:
        return json.load(file)


def dump_predictions(cfg: Config, path: str) -> None:
    """Add a metric that writes the predictions to ``path``.

    Raises:
        ValueError: The name does not end in .pkl or .pickle.
        OSError: The file cannot be written.
    """
    if not path.endswith(('.pkl', '.pickle')):
        raise ValueError(
            f'--out is {path!r}; the predictions are pickled, '
            'so let it end in .pkl'
        )
    check_writable(path, 'predictions')
    evaluator: Any = cfg.get('test_evaluator') or []
    if isinstance(evaluator, dict):
        evaluator = [evaluator]
    cfg.test_evaluator = [
        *evaluator,
        dict(type='mmengine.DumpPredictions', out_file_path=path),
    ]


def draw_predictions(
    cfg: Config,
    show: bool,
    show_dir: Optional[str],
    wait_time: float,
    score_thr: float,
) -> None:
    """Add the hook that draws the frames of a test.

    A hook of this type in the config gives the options that are not named
    here.

    Raises:
        ValueError: ``show`` without a screen.
        OSError: ``show_dir`` cannot be written to.
    """
    if show and not (
        os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')
    ):
        raise ValueError(
            '--show needs a screen, and neither DISPLAY nor '
            'WAYLAND_DISPLAY is set; use --show-dir FOLDER'
        )
    if show_dir is not None:
        check_writable(osp.join(show_dir, '000000.jpg'), 'picture')
    kind = 'mmengine.VIDVisualizationHook'
    given: Dict[str, Any] = {}
    for hook in cfg.get('custom_hooks') or []:
        if (
            isinstance(hook, dict)
            and hook.get('type', '').split('.')[-1] == 'VIDVisualizationHook'
        ):
            given, kind = dict(hook), hook['type']
    given.update(
        type=kind,
        draw=True,
        show=show,
        show_dir=show_dir,
        wait_time=wait_time,
        score_thr=score_thr,
    )
    add_custom_hook(cfg, given)
