# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Checkpoints of MMEngine load as pickle loads them, and no code runs."""

import builtins
import functools
import hashlib
import http.server
import os
import pickle
import threading
import zipfile
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace

import mmengine.runner.checkpoint as mmengine_checkpoint
import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.hooks import Hook
from mmengine.logging import HistoryBuffer
from mmengine.runner import Runner
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint
from torch import nn

from mmhvr.run.checkpoint import read_checkpoint
from mmhvr.run.safe_load import DownloadError, load_file
from mmhvr.run.safe_unpickler import UnsafeCheckpointError

FORMATS = pytest.mark.parametrize('zipped', [True, False])


def save(content, path, zipped=True):
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return str(path)


def assert_same(found, expected):
    """Equal in type and value, all the way down."""
    kind = type(expected)
    if kind is ConfigDict:
        kind, expected = dict, expected.to_dict()
    assert type(found) is kind
    if isinstance(expected, torch.Tensor):
        assert found.dtype == expected.dtype
        assert found.layout == expected.layout
        assert torch.equal(found.to_dense(), expected.to_dense())
    elif isinstance(expected, HistoryBuffer):
        assert_same(found.data, expected.data)
        assert found.mean(3) == expected.mean(3)
    elif isinstance(expected, np.ndarray):
        # numpy reads numbers of the other byte order into its own.
        assert found.dtype == expected.dtype.newbyteorder('=')
        assert np.array_equal(found, expected)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key, value in expected.items():
            assert_same(found[key], value)
    elif isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected):
            assert_same(one, other)
    else:
        assert found == expected


VALUES = dict(
    float=torch.tensor([1.5, -2.0]),
    bfloat16=torch.tensor([1.5, -2.0]).bfloat16(),
    half=torch.tensor([1.5, -2.0]).half(),
    double=torch.tensor(0.1, dtype=torch.float64),
    int64=torch.arange(6).reshape(2, 3).t(),
    uint8=torch.tensor([0, 255], dtype=torch.uint8),
    bool=torch.tensor([True, False]),
    complex=torch.tensor([1 + 2j]),
    empty=torch.zeros(0, 4),
    sparse=torch.eye(3).to_sparse(),
    parameter=nn.Parameter(torch.ones(2), requires_grad=False),
    state=OrderedDict(a=torch.ones(1)),
    size=torch.Size([3, 4]),
    dtype=torch.float16,
    device=torch.device('cuda', 1),
    bytes=(b'\x00\xff', b''),
    sets=({1, 2}, frozenset('a')),
    numbers=(1, 2**70, 0.5, 1j, None, True),
    scalars=(np.float32(0.1), np.int64(7), np.bool_(True), np.str_('x')),
    arrays=[np.zeros((0, 3)), np.eye(2)[:, ::-1], np.arange(3, dtype='>i4')],
    texts=np.array(['ant', 'b']),
    objects=np.array([None, 'b', 2], dtype=object),
    buffer=HistoryBuffer([0.5, 1.5, 4.0], [1, 1, 2]),
    config=ConfigDict(CLASSES=('ant', 'bee'), part=dict(a=[1, dict(b=2)])),
)


@FORMATS
@pytest.mark.parametrize('name', VALUES)
def test_a_value(tmp_path, name, zipped):
    path = save({'meta': [VALUES[name]]}, tmp_path / 'c.pth', zipped)
    assert_same(load_file(path), {'meta': [VALUES[name]]})


@pytest.mark.parametrize('kind', ['uint16', 'uint64', 'float8_e4m3fn'])
def test_a_dtype_of_newer_torch(tmp_path, kind):
    if not hasattr(torch, kind):
        pytest.skip('this torch does not have it')
    tensor = torch.ones(2).to(getattr(torch, kind))
    found = load_file(save({'a': tensor}, tmp_path / 'c.pth'))['a']
    assert found.dtype == tensor.dtype and found.float().tolist() == [1, 1]


def test_shared_weights_stay_shared(tmp_path):
    weight = torch.arange(4.0)
    path = save({'a': weight, 'b': weight[2:]}, tmp_path / 'c.pth')
    found = load_file(path)
    found['a'][3] = 9
    assert found['b'].tolist() == [2, 9]


def test_the_version_numbers_of_a_state_stay(tmp_path):
    # _metadata is an attribute of the OrderedDict, not one of its items.
    state = nn.BatchNorm2d(2).state_dict()
    found = load_file(save(dict(state_dict=state), tmp_path / 'c.pth'))
    assert found['state_dict']._metadata == {'': {'version': 2}}


@FORMATS
def test_a_published_file_of_mmtrack(tmp_path, zipped):
    meta = dict(
        mmcv_version='1.3.9',
        mmtrack_version='0.5.0+2ae1d8c',
        CLASSES=('airplane', 'antelope'),
        config="model = dict(\n    type='SELSA')\n",
        hook_msgs=dict(last_ckpt='work/epoch_6.pth', best_score=np.float64(1)),
        env_info='sys.platform: linux\n',
        seed=None,
        epoch=7,
        bbox_mAP_50=np.float32(0.8),
    )
    content = dict(meta=meta, state_dict=nn.Linear(2, 3).state_dict())
    path = save(content, tmp_path / 'selsa-7b6a2d5f.pth', zipped)
    assert_same(read_checkpoint(path), content)


@pytest.mark.parametrize('package', ['numpy.core', 'numpy._core'])
def test_numpy_1_and_numpy_2_name_their_functions_differently(
    tmp_path, package
):
    content = dict(a=np.arange(3.0), b=np.float32(2))
    path = Path(save(content, tmp_path / 'c.pth', zipped=False))
    installed = np.ndarray.__reduce__(np.zeros(1))[0].__module__
    data = path.read_bytes()
    name = f'c{installed}\n'.encode()
    assert data.count(name) == 2
    path.write_bytes(data.replace(name, f'c{package}.multiarray\n'.encode()))
    assert_same(load_file(str(path)), content)


class Keeper(Hook):
    """Puts into a checkpoint what a training on a GPU has."""

    def before_save_checkpoint(self, runner, checkpoint):
        if 'optimizer' not in checkpoint:  # the best one is without
            return
        # torch.cuda.amp.GradScaler().state_dict()
        checkpoint['optimizer']['loss_scaler'] = dict(
            scale=65536.0,
            growth_factor=2.0,
            backoff_factor=0.5,
            growth_interval=2000,
            _growth_tracker=0,
        )


@pytest.fixture
def trained(tiny_config, request):
    """(runner, path of its checkpoint) with all that MMEngine may store."""
    cfg = Config.fromfile(tiny_config)
    # Runners of one name and one second share their log.
    cfg.experiment_name = request.node.name
    cfg.optim_wrapper.optimizer = dict(type='AdamW', lr=0.01)
    cfg.param_scheduler = [
        dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=3),
        dict(type='ReduceOnPlateauLR', monitor='vid/mAP50'),
    ]
    cfg.custom_hooks = [dict(type='EMAHook')]
    cfg.train_dataloader.dataset.metainfo = dict(
        CLASSES=('a', 'b'), more=dict(palette=[(1, 2, 3)])
    )
    cfg.train_cfg.val_interval = 3
    cfg.update(
        val_dataloader=cfg.test_dataloader,
        val_evaluator=cfg.test_evaluator,
        val_cfg=dict(),
        work_dir='work',
    )
    cfg.default_hooks.checkpoint.save_best = 'vid/mAP50'
    runner = Runner.from_cfg(cfg)
    runner.register_hook(Keeper())
    runner.train()
    return runner, 'work/iter_6.pth'


def test_a_checkpoint_of_mmengine(trained):
    runner, path = trained
    found = load_file(path)
    # Python's own unpickler, which finds whatever a file names.
    assert_same(found, torch.load(path, weights_only=False))
    assert sorted(found) == [
        'ema_state_dict',
        'message_hub',
        'meta',
        'optimizer',
        'param_schedulers',
        'state_dict',
    ]
    losses = found['message_hub']['log_scalars']['train/loss']
    live = runner.message_hub.get_scalar('train/loss')
    assert len(losses.data[0]) == 6
    assert losses.data[0].tolist() == live.data[0].tolist()
    assert losses.current() == live.current()
    assert found['message_hub']['runtime_info']['best_score'] == 8
    assert found['meta']['dataset_meta']['more'] == {'palette': [(1, 2, 3)]}
    ema = runner.model.state_dict()
    assert_same(found['ema_state_dict']['steps'], torch.tensor(6))
    assert set(found['state_dict']) == set(ema)


def test_a_training_goes_on_from_it(trained):
    runner, path = trained
    runner.cfg.train_cfg.max_iters = 9
    runner.cfg.load_from, runner.cfg.resume = path, True
    runner.cfg.experiment_name = 'resumed'
    again = Runner.from_cfg(runner.cfg)
    again.train()
    assert again.iter == 9
    losses = again.message_hub.get_scalar('train/loss').data[0].tolist()
    before = runner.message_hub.get_scalar('train/loss').data[0].tolist()
    assert len(losses) == 9 and losses[:6] == before


class Call:
    """Pickled, a call of a function; then perhaps a state is set."""

    def __init__(self, *call, state=None):
        self.reduced = call if state is None else (*call, state)

    def __reduce__(self):
        return self.reduced


def touch(path):
    return f'open({str(path)!r}, "w").close()'


def object_scalar(marker):
    inner = pickle.dumps(Call(eval, (touch(marker),)))
    scalar = np.float64(1).__reduce__()[0]
    return Call(scalar, (np.dtype('O'), inner))


# What a file holds, given a path to touch, and what the error says of it.
ATTACKS = dict(
    system=(lambda path: Call(os.system, (f'touch {path}',)), 'posix.system'),
    eval=(lambda path: Call(eval, (touch(path),)), '__builtin__.eval'),
    exec=(lambda path: Call(exec, (touch(path),)), '__builtin__.exec'),
    load=(lambda path: Call(torch.load, (path,)), 'torch.serialization.load'),
    open=(lambda path: Call(open, (str(path), 'w')), 'io.open'),
    partial=(
        lambda path: functools.partial(eval, touch(path)),
        'functools.partial',
    ),
    hub=(
        lambda path: Call(
            torch.hub.download_url_to_file, ('file:///dev/null', str(path))
        ),
        'torch.hub.download_url_to_file',
    ),
    object_scalar=(object_scalar, 'a numpy scalar of'),
    import_=(
        lambda path: Call(builtins.__import__, ('antigravity',)),
        '__builtin__.__import__',
    ),
    getattr=(
        lambda path: Call(getattr, (HistoryBuffer, 'register_statistics')),
        'getattr of',
    ),
    module=(lambda path: nn.Linear(1, 1), 'torch.nn.modules.linear.Linear'),
    # Sets an attribute of a function of MMEngine.
    setattr=(
        lambda path: Call(
            getattr, (HistoryBuffer, 'mean'), state=(None, {'evil': 1})
        ),
        'a state of <function HistoryBuffer.mean',
    ),
    # A dtype of objects that is said to hold none: numpy would take the
    # bytes of a number for the address of an object.
    forged_dtype=(
        lambda path: Call(
            np.dtype,
            ('O8', False, True),
            state=(3, '|', None, None, None, -1, -1, 0),
        ),
        'a numpy dtype of',
    ),
    other_dtype=(
        lambda path: np.dtype([('a', 'O'), ('b', 'f4')]),
        "a numpy dtype of 'V12'",
    ),
)
# Those that leave a file behind where they are loaded by pickle.
LIVE = ('system', 'eval', 'exec', 'hub')


@FORMATS
@pytest.mark.parametrize('name', ATTACKS)
def test_an_attack(tmp_path, name, zipped):
    marker = tmp_path / 'marker'
    make, said = ATTACKS[name]
    content = dict(
        state_dict=OrderedDict(a=torch.ones(1)),
        meta=dict(hook_msgs=[dict(a=(1, make(marker)))]),
    )
    path = save(content, tmp_path / 'evil.pth', zipped)
    for load in (load_file, read_checkpoint, CheckpointLoader.load_checkpoint):
        with pytest.raises(UnsafeCheckpointError) as info:
            load(path)
        message = str(info.value)
        assert said in message and 'evil.pth' in message
        assert 'If you trust the file' in message and '\n' not in message
    assert not marker.exists()
    assert not hasattr(HistoryBuffer.mean, 'evil')
    if name in LIVE:  # the file is what it is said to be
        torch.load(path, weights_only=False)
        assert marker.exists()


@pytest.mark.filterwarnings('ignore:.torch.jit:FutureWarning')
@pytest.mark.parametrize('place', [0.3, 0.6, 0.9])
def test_damaged_weights(tmp_path, place):
    """torch reads them without a word."""
    path = tmp_path / 'damaged.pth'
    weights = {f'w{n}': torch.full((1000,), float(n)) for n in range(4)}
    torch.save(weights, path)
    whole = bytearray(path.read_bytes())
    start = int(place * len(whole))
    whole[start : start + 64] = b'?' * 64
    path.write_bytes(whole)
    torch.load(path, weights_only=True)
    with pytest.raises(ValueError, match=r'1 of its \d+ parts are damaged'):
        load_file(str(path))


def test_weights_that_were_saved_without_checksums(tmp_path):
    path = tmp_path / 'without.pth'
    torch.save(dict(a=torch.arange(9.0)), path)
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as file:
        for part in file.infolist():
            if part.file_size:
                whole = whole.replace(part.CRC.to_bytes(4, 'little'), b'none')
    path.write_bytes(whole)
    assert load_file(str(path))['a'].tolist() == list(range(9))


def test_a_program(tmp_path):
    scripted = torch.jit.trace(nn.Linear(1, 1), torch.zeros(1, 1))
    torch.jit.save(scripted, str(tmp_path / 'program.pth'))
    with pytest.raises(UnsafeCheckpointError, match='a TorchScript program'):
        load_file(str(tmp_path / 'program.pth'))


def test_the_loaders_of_mmengine(tmp_path):
    marker = tmp_path / 'marker'
    content = dict(state_dict=Call(eval, (touch(marker),)))
    path = save(content, tmp_path / 'evil.pth')
    model = nn.Linear(1, 1)
    runner = SimpleNamespace(model=model, logger=None)
    with pytest.raises(UnsafeCheckpointError):
        load_checkpoint(model, path)
    with pytest.raises(UnsafeCheckpointError):
        Runner.load_checkpoint(runner, path)
    assert not marker.exists()


@pytest.fixture
def evil(tiny_config, tmp_path):
    marker = tmp_path / 'marker'
    content = dict(state_dict=dict(a=Call(eval, (touch(marker),))))
    yield save(content, tmp_path / 'evil.pth')
    assert not marker.exists()


@pytest.mark.parametrize(
    'name, words',
    [
        ('test.py', ['evil.pth']),
        ('train.py', ['--resume', 'evil.pth']),
        ('train.py', ['--cfg-options', 'load_from=evil.pth']),
        (
            'train.py',
            [
                '--cfg-options',
                'model.init_cfg.type=Pretrained',
                'model.init_cfg.checkpoint=evil.pth',
            ],
        ),
    ],
)
def test_the_tools_say_it_in_a_line(evil, load_tool, name, words):
    with pytest.raises(SystemExit) as info:
        load_tool(name).main(['tiny.py', *words])
    message = str(info.value)
    assert message.startswith('error: ') and '\n' not in message
    assert "evil.pth holds an object of type '__builtin__.eval'" in message
    assert 'If you trust the file' in message


def test_the_command_line_says_it_in_a_line(evil):
    from mmhvr.cli import main

    with pytest.raises(SystemExit) as info:
        main(['detect', 'video_1', '--weights', 'evil.pth'])
    message = str(info.value)
    assert message.startswith('error: ') and '\n' not in message
    assert "evil.pth holds an object of type '__builtin__.eval'" in message


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves ``files`` of its server; a cut one ends in the middle."""

    def do_GET(self):
        self.server.asked.append(self.path)
        data = self.server.files.get(self.path.split('?')[0])
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(
            data[: len(data) // 2] if 'cut' in self.path else data
        )

    def log_message(self, *details):
        """Nothing on the terminal."""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A server on this machine, and torch's cache in an empty folder."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    content = dict(state_dict=dict(a=torch.arange(3.0)), meta=dict(iter=1))
    data = Path(save(content, tmp_path / 'x.pth')).read_bytes()
    marker = tmp_path / 'marker'
    evil = save(Call(eval, (touch(marker),)), tmp_path / 'y.pth')
    server.files = {
        '/good.pth': data,
        '/cut.pth': data,
        '/page.pth': b'<html>Log in first.</html>',
        '/evil.pth': Path(evil).read_bytes(),
    }
    server.asked = []
    server.root = f'http://127.0.0.1:{server.server_port}'
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
    assert not marker.exists()


def kept(tmp_path):
    folder = tmp_path / 'home' / 'hub' / 'checkpoints'
    return sorted(path.name for path in folder.glob('*'))


def test_an_address_is_downloaded_once(site, tmp_path):
    address = f'{site.root}/good.pth?token=1'
    for _ in range(2):
        found = CheckpointLoader.load_checkpoint(address, 'cpu', None)
        assert found['state_dict']['a'].tolist() == [0, 1, 2]
    assert read_checkpoint(address)['meta'] == dict(iter=1)
    assert site.asked == ['/good.pth?token=1']
    assert kept(tmp_path) == ['good.pth']


@pytest.mark.parametrize('name', ['cut', 'page', 'gone'])
def test_what_is_not_a_whole_checkpoint_is_not_kept(site, tmp_path, name):
    address = f'{site.root}/{name}.pth'
    for _ in range(2):  # the second call tries again
        with pytest.raises(DownloadError) as info:
            read_checkpoint(address)
        assert str(info.value).startswith(
            f'{address} was not downloaded as a whole ('
        )
        where = tmp_path / 'home' / 'hub' / 'checkpoints' / f'{name}.pth'
        assert str(info.value).endswith(
            f'by other means and put it at {where}'
        )
        assert '\n' not in str(info.value)
        assert ('404' in str(info.value)) == (name == 'gone')
    assert len(site.asked) == 2 and kept(tmp_path) == []
    # Once it is mended there, it loads.
    site.files.update({'/gone.pth': site.files['/good.pth']})
    if name == 'gone':
        assert read_checkpoint(address)['meta'] == dict(iter=1)


def test_a_checksum_in_the_name_is_held_against_the_file(site, tmp_path):
    data = site.files['/good.pth']
    right = hashlib.sha256(data).hexdigest()[:8]
    site.files[f'/selsa_2020-{right}.pth'] = data
    site.files['/selsa_2020-01234567.pth'] = data
    address = f'{site.root}/selsa_2020-{right}.pth'
    assert read_checkpoint(address)['meta'] == dict(iter=1)
    with pytest.raises(DownloadError, match=f'{right} instead of 01234567'):
        read_checkpoint(f'{site.root}/selsa_2020-01234567.pth')
    assert kept(tmp_path) == [f'selsa_2020-{right}.pth']
    # A file that was put there by hand, or damaged since.
    path = tmp_path / 'home' / 'hub' / 'checkpoints' / kept(tmp_path)[0]
    path.write_bytes(data[:-1])
    with pytest.raises(DownloadError, match=f'instead of {right}.* remove it'):
        read_checkpoint(address)
    path.write_bytes(data)
    assert read_checkpoint(address)['meta'] == dict(iter=1)
    assert len(site.asked) == 2


def test_an_interrupted_download_leaves_nothing(site, tmp_path, monkeypatch):
    class Stopped:
        def __init__(self, **options):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False

        def update(self, number):
            raise KeyboardInterrupt

    monkeypatch.setattr('torch.hub.tqdm', Stopped)
    with pytest.raises(KeyboardInterrupt):
        read_checkpoint(f'{site.root}/good.pth')
    assert site.asked == ['/good.pth'] and kept(tmp_path) == []


def test_no_code_of_an_address_runs(site):
    with pytest.raises(UnsafeCheckpointError, match='__builtin__.eval'):
        read_checkpoint(f'{site.root}/evil.pth')


def test_names_of_torchvision_are_addresses(site, monkeypatch):
    # MMEngine looks the address up and calls its own loader by name.
    monkeypatch.setattr(
        mmengine_checkpoint,
        'get_torchvision_models',
        lambda: dict(
            good=f'{site.root}/good.pth', evil=f'{site.root}/evil.pth'
        ),
    )
    found = read_checkpoint('torchvision://good')
    assert found['state_dict']['a'].tolist() == [0, 1, 2]
    with pytest.raises(UnsafeCheckpointError, match='__builtin__.eval'):
        CheckpointLoader.load_checkpoint('torchvision://evil', 'cpu', None)
