# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import subprocess
import sys

import pytest

# Public names and the registry in which a config looks for each.
NAMES = [
    ('MODELS', 'HVRNet'),
    ('MODELS', 'HVRRoIHead'),
    ('MODELS', 'HVRBBoxHead'),
    ('MODELS', 'RelationTripletLoss'),
    ('MODELS', 'mmdet.FasterRCNN'),
    ('MODELS', 'SELSA'),
    ('MODELS', 'VideoTripletSelector'),
    ('MODELS', 'ProposalTripletSelector'),
    ('DATA_SAMPLERS', 'TripletVideoBatchSampler'),
    ('DATASETS', 'TripletVideoDataset'),
    ('DATASETS', 'ImagenetVIDDataset'),
    ('METRICS', 'VIDMetric'),
]


@pytest.fixture(scope='module')
def found():
    # A new process: here, other tests have imported all kinds of modules.
    script = (
        'import mmhvr, sys\n'
        'from mmengine.registry import DefaultScope\n'
        'from mmtrack import registry\n'
        'print(DefaultScope.get_current_instance())\n'
        'for line in sys.argv[1:]:\n'
        '    where, name = line.split()\n'
        '    print(getattr(registry, where).get(name) is not None)\n'
    )
    lines = [' '.join(pair) for pair in NAMES]
    output = subprocess.check_output(
        [sys.executable, '-c', script, *lines],
        universal_newlines=True,
        stderr=subprocess.DEVNULL,
    )
    return output.split('\n')


@pytest.mark.parametrize('index', range(len(NAMES)), ids=lambda i: NAMES[i][1])
def test_importing_mmhvr_registers(found, index):
    assert found[1 + index] == 'True'


def test_importing_mmhvr_leaves_the_default_scope_alone(found):
    assert found[0] == 'None'
