# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import cv2
import numpy as np
import pytest
from tiny_model import CONFIG


@pytest.fixture
def tiny_config(tmp_path, monkeypatch):
    """The path of a config that trains in less than a second."""
    image = tmp_path / 'video_1' / '000000.png'
    image.parent.mkdir()
    cv2.imwrite(str(image), np.full((96, 96, 3), 90, np.uint8))
    path = tmp_path / 'tiny.py'
    path.write_text(CONFIG.format(image=image))
    monkeypatch.chdir(tmp_path)
    return str(path)
