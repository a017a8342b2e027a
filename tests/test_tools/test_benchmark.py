# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The benchmark of the mini models, made as small as it can be."""

import importlib.util
import json

import pytest

from mmhvr.benchmark.models import build_model, without_relations


@pytest.fixture(scope='module')
def benchmark(request):
    path = request.config.rootpath / 'tools/analysis_tools/benchmark.py'
    spec = importlib.util.spec_from_file_location('benchmark_tool', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def result(benchmark, tmp_path_factory):
    out = tmp_path_factory.mktemp('out') / 'b.json'
    words = '--selsa selsa_faster-rcnn_r18_mini --single faster-rcnn_r18_mini'
    words += ' --size 64 48 --proposals 9 --num-frames 4 --references 2 5'
    words += ' --rounds 1 --windows 2 6 --length 150 --out'
    benchmark.main([*words.split(), str(out)])
    return json.loads(out.read_text())


def test_every_method_is_there_and_its_stages_add_up(result, benchmark):
    names = [row['name'] for row in result['methods']]
    assert names == [
        'single frame',
        'SELSA, 2 references',
        'SELSA, 5 references',
        'HVR-Net, 4 frames, cached',
        'HVR-Net, 4 frames, delayed',
        'HVR-Net, 4 frames, exact',
        'HVR-Net, 4 frames, inter off at test',
    ]
    for row in result['methods']:
        ms = row['ms']
        assert ms['total'] == pytest.approx(
            sum(ms[stage] for stage in benchmark.STAGES)
        )
        assert row['proposals'] == 9
        for stage in ('decode', 'backbone', 'RPN', 'RoI', 'NMS'):
            assert ms[stage] > 0
        assert (ms['relation'] > 0) == (row['name'] != 'single frame')


def test_what_is_kept(result):
    kept = {row['name']: row['kept_bytes'] for row in result['methods']}
    assert kept['single frame'] == 0
    # Maps of 64 channels, 8 x 8 after padding to 64 x 64, stride 8, float32.
    assert kept['SELSA, 2 references'] == 2 * 64 * 8 * 8 * 4
    assert kept['SELSA, 5 references'] == 5 * 64 * 8 * 8 * 4
    # The state of HVR-Net is that of a window, however long the video is.
    rows = result['length']
    assert [row['frame'] for row in rows] == [100, 150]
    assert rows[0]['kept_bytes'] == rows[1]['kept_bytes'] > 0


def test_the_growth_has_all_modes(result):
    assert [row['name'] for row in result['windows']] == [
        f'HVR-Net, {size} frames, {mode}'
        for size in (2, 6)
        for mode in ('cached', 'delayed', 'exact')
    ]


@pytest.mark.parametrize('name', ['hvr', 'hvr-selsa'])
def test_the_detector_alone_is_the_default_single_frame(benchmark, name):
    cfg = benchmark.read_config(f'{name}_faster-rcnn_r18_mini', 9)
    alone = without_relations(cfg)
    model = build_model(alone, 'cpu')
    head = model.detector.roi_head.bbox_head
    assert head.inter is None and len(list(head.intra.parameters())) == 0
    # The config that it came from is as it was.
    assert cfg.model.detector.roi_head.bbox_head.intra.num_modules > 1


@pytest.mark.parametrize('option', ['rounds', 'proposals', 'num-frames'])
def test_wrong_numbers(benchmark, capsys, option):
    with pytest.raises(SystemExit):
        benchmark.main([f'--{option}', '0'])
    assert f'--{option} must be at least 1' in capsys.readouterr().err
