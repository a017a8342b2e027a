# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import os

import pytest
from env_pip import (
    default_jobs,
    find_uv_settings,
    pip_environment,
    read_uv_file,
)

MIRROR = 'https://mirror.example/simple'
OTHER = 'https://other.example/simple'


@pytest.mark.parametrize(
    ('text', 'settings'),
    [
        ('', {}),
        (f'index-url = "{MIRROR}"', {'UV_DEFAULT_INDEX': MIRROR}),
        (f"[pip]\nindex-url = '{MIRROR}'", {'UV_DEFAULT_INDEX': MIRROR}),
        (f'# index-url = "{MIRROR}"', {}),
        (
            f'[[index]]\nname = "a"\nurl = "{MIRROR}"\ndefault = true\n'
            f'[[index]]\nurl = "{OTHER}"\n',
            {'UV_DEFAULT_INDEX': MIRROR, 'UV_INDEX': OTHER},
        ),
        (
            f'extra-index-url = ["{MIRROR}",\n  "{OTHER}"]',
            {'UV_INDEX': f'{MIRROR} {OTHER}'},
        ),
    ],
)
def test_the_file_of_uv_is_read(text, settings):
    assert read_uv_file(text) == settings


def test_variables_of_uv_win_over_its_file(tmp_path):
    (tmp_path / 'uv').mkdir()
    (tmp_path / 'uv' / 'uv.toml').write_text(f'index-url = "{MIRROR}"')
    environ = {'XDG_CONFIG_HOME': str(tmp_path)}
    assert find_uv_settings(environ)['UV_DEFAULT_INDEX'] == MIRROR
    environ['UV_DEFAULT_INDEX'] = OTHER
    assert find_uv_settings(environ)['UV_DEFAULT_INDEX'] == OTHER


@pytest.mark.parametrize(
    ('environ', 'pip_config', 'expected'),
    [
        ({}, '', None),
        ({'UV_INDEX_URL': MIRROR}, '', MIRROR),
        ({'UV_DEFAULT_INDEX': f'name={MIRROR}'}, '', MIRROR),
        # pip's own settings come first, in a variable or in a file
        ({'UV_INDEX_URL': MIRROR, 'PIP_INDEX_URL': OTHER}, '', OTHER),
        ({'UV_INDEX_URL': MIRROR}, f"global.index-url='{OTHER}'", None),
        # an extra index in pip's file says nothing about the index
        ({'UV_INDEX_URL': MIRROR}, "global.extra-index-url='x'", MIRROR),
    ],
)
def test_a_mirror_for_uv_counts_if_pip_has_none(environ, pip_config, expected):
    env = pip_environment(environ, environ, pip_config)
    assert env.get('PIP_INDEX_URL') == expected


def test_a_certificate_for_requests_is_left_to_pip():
    environ = {'SSL_CERT_FILE': '/a.pem'}
    assert pip_environment(environ, environ, '')['PIP_CERT'] == '/a.pem'
    environ['REQUESTS_CA_BUNDLE'] = '/b.pem'
    assert 'PIP_CERT' not in pip_environment(environ, environ, '')


def test_proxies_stay_and_other_places_go():
    environ = {
        'https_proxy': 'http://proxy.example:3128',
        'NO_PROXY': 'localhost',
        'PIP_INDEX_URL': MIRROR,
        'PIP_CONFIG_FILE': '/etc/pip.conf',
        'PYTHONPATH': '/somewhere',
        'PIP_TARGET': '/somewhere/else',
        'PIP_USER': '1',
    }
    env = pip_environment(environ, {}, '')
    for name in ['https_proxy', 'NO_PROXY', 'PIP_INDEX_URL']:
        assert env[name] == environ[name]
    assert env['PIP_CONFIG_FILE'] == '/etc/pip.conf'
    assert 'PYTHONPATH' not in env
    assert 'PIP_TARGET' not in env
    assert env['PIP_USER'] == '0'
    assert environ['PIP_USER'] == '1'  # the caller's own is not touched


@pytest.mark.parametrize(
    ('cores', 'gib', 'jobs'),
    [(2, 24, 2), (64, 16, 8), (1, 64, 1), (8, 1, 1)],
)
def test_as_many_compilers_as_memory_allows(monkeypatch, cores, gib, jobs):
    sizes = {'SC_PAGE_SIZE': 4096, 'SC_PHYS_PAGES': gib * 2**30 // 4096}
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: range(cores))
    monkeypatch.setattr(os, 'sysconf', sizes.__getitem__)
    assert default_jobs() == str(jobs)
