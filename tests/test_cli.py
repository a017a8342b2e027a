# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The console command, interrupted too."""

import inspect
import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config

import mmhvr
from mmhvr import cli
from mmhvr.apis import HVRInferencer, init_model
from mmhvr.apis.json_writer import JSONWriter
from mmhvr.sources import open_source
from mmhvr.visualization.video import VideoWriter


@pytest.fixture(scope='module')
def weights(request, tmp_path_factory):
    """A checkpoint of a small model with random weights, config inside."""
    cfg = Config.fromfile(
        request.config.rootpath / 'configs/mini/hvr_faster-rcnn_r18_mini.py'
    )
    cfg.merge_from_dict(
        {
            'model.detector.backbone.base_channels': 8,
            'model.detector.neck.in_channels': [64],
            'model.detector.test_cfg.rpn.max_per_img': 12,
        }
    )
    torch.manual_seed(0)
    state = init_model(cfg).state_dict()
    path = tmp_path_factory.mktemp('weights') / 'c.pth'
    torch.save(
        dict(state_dict=state, meta=dict(cfg=cfg.pretty_text)), str(path)
    )
    return str(path)


@pytest.fixture
def make_video(tmp_path, monkeypatch):
    """Writes clip.mp4 and goes to its folder."""
    monkeypatch.chdir(tmp_path)

    def make(length):
        rng = np.random.default_rng(0)
        with VideoWriter('clip.mp4', fps=8) as writer:
            for _ in range(length):
                writer.write(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))

    return make


@pytest.fixture(autouse=True)
def own_state(monkeypatch):
    """What the command sets for its process is put back."""
    monkeypatch.setattr(warnings, 'formatwarning', warnings.formatwarning)
    monkeypatch.setenv('OPENCV_FFMPEG_LOGLEVEL', '-8')
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(kind) for kind in kinds]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for kind, handler in zip(kinds, before):
        signal.signal(kind, handler)


def detect(*words):
    cli.main(['detect', *words, '--device', 'cpu'])


def frames_in(path):
    """The frames that a JSON file speaks of; it must be valid."""
    return json.loads(Path(path).read_text())['frames']


def test_the_results_of_the_inferencer(make_video, weights, capsys):
    make_video(6)
    options = dict(score_thr=0.05, num_frames=3, batch_size=2, max_frames=5)
    expected = HVRInferencer(weights=weights, device='cpu')(
        'clip.mp4', **options
    )
    words = '--score-thr .05 --num-frames 3 --batch-size 2 --max-frames 5'
    detect('clip.mp4', '--weights', weights, *words.split())
    frames = frames_in('clip_detections.json')
    assert [len(f['detections']) for f in frames] == [
        len(r.scores) for r in expected.frames
    ]
    assert open_source('clip_detections.mp4').count() == 5
    printed = capsys.readouterr().out
    assert f'5 frames, {expected.num_detections} detections of' in printed
    assert 'results: clip_detections.mp4, clip_detections.json' in printed
    # Named outputs alone, in silence; the demo is the same command.
    words = '--out-dir pictures --quiet --device cpu'
    cli.detect_main(['clip.mp4', '--weights', weights, *words.split()])
    assert len(os.listdir('pictures')) == 6
    assert capsys.readouterr().out == ''


def test_seq_nms(make_video, weights, capsys):
    make_video(6)
    detect('clip.mp4', '--weights', weights, '--score-thr', '0.05')
    without = frames_in('clip_detections.json')
    options = '--score-thr 0.05 --seq-nms --out-json s.json --out-video s.mp4'
    detect('clip.mp4', '--weights', weights, *options.split())
    expected = HVRInferencer(weights=weights, device='cpu')(
        'clip.mp4', score_thr=0.05, post_processor=dict(type='SeqNMS')
    )
    found = frames_in('s.json')
    assert found != without
    for record, result in zip(found, expected.frames):
        scores = [d['score'] for d in record['detections']]
        np.testing.assert_allclose(scores, result.scores, atol=6e-7)
    assert open_source('s.mp4').count() == len(found) == 6


@pytest.mark.parametrize(
    'source, stem',
    [
        ('videos/clip.v2.avi', 'clip.v2_detections'),
        ('0', 'camera0_detections'),
        ('frames/*.jpg', 'frames_detections'),
        ('frames/a*.jpg', 'a__detections'),
        ('some/folder/', 'folder_detections'),
    ],
)
def test_default_names(source, stem):
    assert cli.default_stem(source) == stem


@pytest.mark.parametrize(
    'words, message',
    [
        ('none.mp4 --weights W', "'none.mp4' was not found"),
        ('clip.mp4', 'no weights: give --weights'),
        (
            'clip.mp4 --model hvr_faster-rcnn_r18_mini-demo',
            'no weights: give --weights',
        ),
        ('clip.mp4 --weights none.pth', 'none.pth was not found'),
        ('clip.mp4 --weights clip.mp4', 'clip.mp4 cannot be read'),
        ('clip.mp4 --weights W --model hvr_mini', 'config hvr_mini was not'),
        ('clip.mp4 --weights W --model mini', 'does not fit HVRNet'),
        ('clip.mp4 --weights W --lookahead 20', 'lookahead must be 0 to 14'),
        ('clip.mp4 --weights W --out-video clip.mp4', 'overwrite the source'),
        (
            'clip.mp4 --weights W --out-json clip.mp4/o.json',
            'cannot write the',
        ),
    ],
)
def test_mistakes_are_one_line(make_video, weights, words, message):
    make_video(2)
    words = [weights if word == 'W' else word for word in words.split()]
    with pytest.raises(SystemExit, match=message) as caught:
        detect(*words)
    text = str(caught.value)
    assert text.startswith('error: ') and '\n' not in text
    assert os.listdir() == ['clip.mp4']


def test_a_file_that_is_cut_off_is_a_warning(make_video, weights, capsys):
    make_video(30)
    path = Path('clip.mp4')
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with pytest.warns(UserWarning, match='clip.mp4 is cut off or damaged'):
        detect('clip.mp4', '--weights', weights)
    number = len(frames_in('clip_detections.json'))
    assert 10 < number < 25
    assert f'{number} frames' in capsys.readouterr().out


def interrupt_after(number, kind, delay, over):
    """Sends a signal to this process when so many frames are done.

    Not if ``over`` is set before: it would end the tests. And again after ten
    seconds, as a person would: Python loses an interrupt that comes while a
    destructor or a weak reference's callback runs.
    """
    path = Path('clip_detections.json')
    while not over.wait(0.005):
        # A line a frame, and four around them.
        if path.exists() and path.read_text().count('\n') >= number + 4:
            time.sleep(delay)
            os.kill(os.getpid(), kind)
            while not over.wait(10):
                os.kill(os.getpid(), kind)
            return


@pytest.mark.parametrize('kind', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('delay', [0.0, 0.013, 0.029])
def test_an_interrupt_leaves_what_was_done(
    make_video, weights, capsys, kind, delay
):
    make_video(900)
    over = threading.Event()
    thread = threading.Thread(
        target=interrupt_after, args=(6, kind, delay, over)
    )
    thread.start()
    try:
        with pytest.raises(SystemExit) as caught:
            detect('clip.mp4', '--weights', weights)
    finally:
        over.set()
        thread.join()
    assert caught.value.code == 130
    number = len(frames_in('clip_detections.json'))
    assert 4 <= number < 900
    assert open_source('clip_detections.mp4').count() == number
    assert 'interrupted; what was done: clip_' in capsys.readouterr().out


def test_a_killed_process_leaves_what_was_done(make_video, weights, tmp_path):
    make_video(900)
    command = [sys.executable, '-m', 'mmhvr', 'detect', 'clip.mp4']
    process = subprocess.Popen(
        [*command, '--weights', weights, '--device', 'cpu', '--quiet'],
        cwd=tmp_path,
    )
    try:
        path, deadline = tmp_path / 'clip_detections.json', time.time() + 180
        while not path.exists() or path.read_text().count('\n') < 9:
            assert process.poll() is None and time.time() < deadline
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    number = len(frames_in(path))
    assert 5 <= number < 900
    # ffmpeg lives a little longer, and completes the file.
    while time.time() < deadline:
        video = cv2.VideoCapture(str(tmp_path / 'clip_detections.mp4'))
        found = video.get(cv2.CAP_PROP_FRAME_COUNT)
        if found > 0:
            break
        time.sleep(0.05)
    assert abs(found - number) <= 1


def test_help_and_version(capsys):
    for words, text in (
        (['--version'], mmhvr.__version__),
        (['--help'], 'detect objects in a video'),
        (['detect', '--help'], 'not probabilities'),
    ):
        with pytest.raises(SystemExit) as caught:
            cli.main(words)
        assert caught.value.code == 0
        assert text in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        cli.main([])
    assert caught.value.code == 2


def test_every_option_of_the_call_is_one_of_the_command(capsys):
    with pytest.raises(SystemExit):
        cli.main(['detect', '--help'])
    text = capsys.readouterr().out
    parameters = inspect.signature(HVRInferencer.__call__).parameters
    # The command keeps no results, --quiet is its progress=False, and of
    # all post-processors it has Seq-NMS.
    names = set(parameters) - {'self', 'source', 'return_results', 'progress'}
    names -= {'post_processor'}
    for name in names | {'seq_nms', 'model', 'weights', 'device'}:
        assert f'--{name.replace("_", "-")}' in text


def test_the_installed_command_finds_its_packages(make_video, weights):
    """In an editable install, too, where setuptools writes the script."""
    script = Path(sys.executable).with_name('mmhvr')
    if not script.exists():
        pytest.skip('mmhvr is not installed in this environment')
    make_video(2)
    done = subprocess.run(
        [script, 'detect', 'clip.mp4', '--weights', weights, '--device=cpu'],
        capture_output=True,
        text=True,
        env=dict(os.environ, OMP_NUM_THREADS='1'),
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert 'results: clip_detections.mp4' in done.stdout


def test_results_of_another_source_are_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ('a', 'b'):
        (tmp_path / folder / 'img1').mkdir(parents=True)
        image = np.zeros((48, 64, 3), np.uint8)
        cv2.imwrite(str(tmp_path / folder / 'img1' / '1.png'), image)
    with JSONWriter('img1_detections.json', [], dict(source='a/img1')):
        pass
    message = 'img1_detections.json here has the results of a/img1; name the'
    with pytest.raises(SystemExit, match=message):
        cli.main(['detect', 'b/img1'])
    # Those of the same source are, and so is what somebody names.
    for words in (
        ['a/img1'],
        ['./a/img1/'],
        ['b/img1', '--out-json', 'img1_detections.json'],
    ):
        with pytest.raises(SystemExit, match='^error: no weights'):
            cli.main(['detect', *words])
    for text in ('', '{"format": "other", "source": "x",\n', '[1,\n'):
        Path('img1_detections.json').write_text(text)
        with pytest.raises(SystemExit, match='^error: no weights'):
            cli.main(['detect', 'b/img1'])
