# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a person studies: figures, errors, triplets, two runs compared."""

from .comparison import compare_predictions
from .inspection import view_triplet, view_window
from .results import analyse

__all__ = [
    'analyse',
    'compare_predictions',
    'view_triplet',
    'view_window',
]
