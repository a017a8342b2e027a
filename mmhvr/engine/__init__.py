# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What stands around a model while it is trained and tested.

``tools/train.py`` is a thin shell over :func:`configure_training` and
:func:`run_training`, ``tools/test.py`` one over :func:`configure_testing` and
:func:`run_testing`.
"""

from .cfg_options import apply_cfg_options, parse_cfg_options
from .checkpoint import (
    CheckpointCheckHook,
    CheckpointMismatchError,
    StateDifference,
    compare_states,
    latest_readable_checkpoint,
    read_checkpoint,
)
from .class_check import (
    ClassCheckHook,
    ClassMismatchError,
    check_num_classes,
    difference_of_names,
)
from .config import (
    check_data_files,
    load_config,
    use_cpu_model_wrapper,
)
from .contents import (
    checkpoint_weights,
    class_names_inside,
    config_inside,
    import_custom_modules,
)
from .conversion import Conversion, convert_state
from .conversion_report import conversion_report
from .cores import cpu_threads, usable_cores
from .ddp import CPUDistributedDataParallel
from .dump import DumpPredictions
from .finite import FiniteCheckHook, NonFiniteError, non_finite
from .kinds import kind_of_weights, misfit_message
from .launch import (
    rank_environment,
    start_processes,
    stop_processes,
)
from .model_index import find_model
from .safe_load import DownloadError, load_file
from .safe_unpickler import UnsafeCheckpointError
from .selsa import (
    differences_from_selsa,
    num_heads_of,
    take_selsa,
    target_stds_of,
)
from .starting_model import starting_model
from .subprocess_log import progress_line, run_logged
from .testing import configure_testing, read_metrics, run_testing
from .training import configure_training, run_training
from .video_loops import VideoFeeder, VideoTestLoop, VideoValLoop

__all__ = [
    'CPUDistributedDataParallel',
    'CheckpointCheckHook',
    'CheckpointMismatchError',
    'ClassCheckHook',
    'ClassMismatchError',
    'Conversion',
    'DumpPredictions',
    'FiniteCheckHook',
    'NonFiniteError',
    'StateDifference',
    'DownloadError',
    'UnsafeCheckpointError',
    'VideoFeeder',
    'VideoTestLoop',
    'VideoValLoop',
    'apply_cfg_options',
    'check_data_files',
    'check_num_classes',
    'checkpoint_weights',
    'class_names_inside',
    'compare_states',
    'config_inside',
    'configure_testing',
    'configure_training',
    'conversion_report',
    'convert_state',
    'cpu_threads',
    'difference_of_names',
    'differences_from_selsa',
    'find_model',
    'import_custom_modules',
    'kind_of_weights',
    'misfit_message',
    'non_finite',
    'num_heads_of',
    'load_file',
    'latest_readable_checkpoint',
    'load_config',
    'parse_cfg_options',
    'progress_line',
    'rank_environment',
    'read_checkpoint',
    'read_metrics',
    'run_logged',
    'run_testing',
    'run_training',
    'start_processes',
    'starting_model',
    'stop_processes',
    'take_selsa',
    'target_stds_of',
    'usable_cores',
    'use_cpu_model_wrapper',
]
