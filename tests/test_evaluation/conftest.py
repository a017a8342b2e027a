# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import logging

import pytest


@pytest.fixture
def log(monkeypatch):
    """(Level, text) of each logged line."""
    lines = []
    for module in (
        'evaluation.vid_metric',
        'evaluation.vid_text',
        'evaluation.prediction_form',
        'annotations.findings',
        'annotations.class_names',
    ):
        monkeypatch.setattr(
            f'mmhvr.{module}.print_log',
            lambda text, logger=None, level=logging.INFO: lines.append(
                (level, text)
            ),
        )
    return lines
