# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What a person studies: figures, errors, triplets, two runs compared."""

from .comparison import Comparison, Difference, compare_predictions
from .inspection import TripletView, WindowView, view_triplet, view_window
from .results import Analysis, analyse

__all__ = [
    'Analysis',
    'Comparison',
    'Difference',
    'TripletView',
    'WindowView',
    'analyse',
    'compare_predictions',
    'view_triplet',
    'view_window',
]
