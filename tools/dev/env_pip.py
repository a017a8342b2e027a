# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The surroundings in which pip runs.

pip reads its own settings (``pip.conf``, ``PIP_*``, ``HTTPS_PROXY``) as ever.
Someone who has told only uv about a mirror or a certificate expects that to
count too, so uv's settings are handed on where pip has none of its own.
"""

import os
import re
from pathlib import Path
from typing import Dict, List, Mapping

# Settings of the caller's shell that would leak into another interpreter, or
# make pip install into another place.
DROPPED = ('PYTHONPATH', 'PYTHONHOME', 'PIP_TARGET', 'PIP_PREFIX')

# The variables of uv that mean what one of pip means; the first that is set
# counts.
SAME_MEANING = (
    ('PIP_INDEX_URL', ('UV_DEFAULT_INDEX', 'UV_INDEX_URL')),
    ('PIP_EXTRA_INDEX_URL', ('UV_INDEX', 'UV_EXTRA_INDEX_URL')),
    ('PIP_FIND_LINKS', ('UV_FIND_LINKS',)),
    ('PIP_CERT', ('SSL_CERT_FILE',)),
)


def _without_names(indexes: str) -> str:
    """Turn uv's ``name=url`` into the ``url`` that pip knows."""
    return ' '.join(
        re.sub(r'^[\w.-]+=', '', index) for index in indexes.split()
    )


def read_uv_file(text: str) -> Dict[str, str]:
    """Read the indexes of a ``uv.toml``, without a TOML parser.

    Args:
        text: Content of the file.

    Returns:
        The same settings as uv's environment variables.

    Example:
        >>> read_uv_file('index-url = "https://mirror.example/simple"')
        {'UV_DEFAULT_INDEX': 'https://mirror.example/simple'}
    """
    text = re.sub(r'(?m)^\s*#.*$', '', text)
    default: List[str] = re.findall(
        r'(?m)^\s*index-url\s*=\s*["\']([^"\']+)', text
    )
    extra: List[str] = []
    for block in re.findall(r'(?m)^\[\[index\]\]([^\[]*)', text):
        url = re.search(r'(?m)^\s*url\s*=\s*["\']([^"\']+)', block)
        if url is not None:
            is_default = re.search(r'(?m)^\s*default\s*=\s*true', block)
            (default if is_default else extra).append(url.group(1))
    for block in re.findall(
        r'(?m)^\s*extra-index-url\s*=\s*\[([^\]]*)\]', text
    ):
        extra += re.findall(r'["\']([^"\']+)["\']', block)
    settings = {}
    if default:
        settings['UV_DEFAULT_INDEX'] = default[0]
    if extra:
        settings['UV_INDEX'] = ' '.join(extra)
    return settings


def find_uv_settings(environ: Mapping[str, str]) -> Dict[str, str]:
    """Read the settings of uv: its variables win over its files."""
    home = Path(environ.get('HOME', '/nonexistent'))
    config = Path(environ.get('XDG_CONFIG_HOME') or home / '.config')
    files = [Path('/etc/uv/uv.toml'), config / 'uv' / 'uv.toml']
    if environ.get('UV_CONFIG_FILE'):
        files = [Path(environ['UV_CONFIG_FILE'])]
    settings: Dict[str, str] = {}
    for file in files:
        if file.is_file():
            settings.update(read_uv_file(file.read_text(encoding='utf-8')))
    settings.update(environ)
    return settings


def pip_environment(
    environ: Mapping[str, str], uv: Mapping[str, str], pip_config: str
) -> Dict[str, str]:
    """Return the environment variables for a call of pip.

    Args:
        environ: Variables of the caller.
        uv: Settings of uv, as :func:`find_uv_settings` returns them.
        pip_config: What ``pip config list`` prints.

    Returns:
        A copy of ``environ`` without what would lead pip to another place,
        and with uv's settings for which pip has none.

    Example:
        >>> pip_environment({}, {'UV_FIND_LINKS': '/wheels'}, '')
        {'PIP_USER': '0', 'PIP_FIND_LINKS': '/wheels'}
    """
    env = {k: v for k, v in environ.items() if k not in DROPPED}
    env['PIP_USER'] = '0'  # pip refuses `user = true` inside an environment
    for pip_name, uv_names in SAME_MEANING:
        option = pip_name[len('PIP_') :].lower().replace('_', '-')
        if pip_name in env or re.search(rf"\.{option}='", pip_config):
            continue
        if pip_name == 'PIP_CERT' and env.get('REQUESTS_CA_BUNDLE'):
            continue  # pip reads that one by itself
        value = next((uv[name] for name in uv_names if uv.get(name)), '')
        if value:
            env[pip_name] = _without_names(value)
    return env


def default_jobs() -> str:
    """How many compilers may run at once: each takes up to 2 GiB."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
    return str(max(1, min(cores, memory // (2 << 30))))
