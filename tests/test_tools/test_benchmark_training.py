# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The benchmark of training, made as small as it can be."""

import json

import pytest

from mmhvr.benchmark.models import build_model, find_config

TOOL = 'analysis_tools/benchmark_training.py'


def test_table_and_file(load_tool, tmp_path, capsys):
    out = tmp_path / 'b.json'
    words = '--selsa selsa_faster-rcnn_r18_mini --size 64 48 --rounds 1'
    words += ' --categories 2 --videos-per-category 2 --out'
    load_tool(TOOL).main([*words.split(), str(out)])
    rows = json.loads(out.read_text())['methods']
    assert {row['name']: row['supervised'] for row in rows} == {
        'bare': 9,
        'HVR-Net': 4,
        'bare, frozen': 9,
        'HVR-Net, frozen': 4,
        'SELSA, one video': 1,
    }
    printed = capsys.readouterr().out.splitlines()
    assert printed[2].startswith(f'| bare | {rows[0]["mean"]:.3f} |  | 1.00 |')
    ratio = rows[3]['mean'] / rows[2]['mean']  # to bare of its kind
    assert printed[5].split(' | ')[3] == f'{ratio:.2f}'


@pytest.mark.parametrize(
    'option, least',
    [('rounds', 1), ('categories', 2), ('videos-per-category', 2)],
)
def test_wrong_numbers(load_tool, capsys, option, least):
    with pytest.raises(SystemExit):
        load_tool(TOOL).main([f'--{option}', '0'])
    assert f'--{option} must be at least {least}' in capsys.readouterr().err


def test_the_plain_detector_remembers_nothing(load_tool):
    cfg = find_config('hvr_faster-rcnn_r18_mini_memory')
    model = build_model(load_tool(TOOL).plain_detector(cfg), 'cpu')
    assert model.memory is None and model.video_selector is None
