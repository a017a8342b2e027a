# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Configs by their names, as mim finds them."""

from __future__ import annotations

import difflib
import os
import os.path as osp
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from mmengine.fileio import load


def package_root() -> Path:
    """Find the folder of ``configs``, ``tools`` and ``model-index.yml``.

    ``.mim`` of the installed package, or the checkout that mmhvr is imported
    from without having been installed.
    """
    package = Path(__file__).resolve().parents[1]
    installed = package / '.mim'
    return installed if (installed / 'configs').exists() else package.parent


def find_model(
    name: str, root: Optional[Path] = None
) -> Tuple[str, Optional[str]]:
    """Find a config, and the weights that are offered for it.

    Args:
        name: A config file; or the file name of a config of mmhvr, with or
            without ``.py``; or an alias from a metafile, such as 'mini'.
        root: The folder with ``configs`` and ``model-index.yml``. Defaults
            to :func:`package_root`.

    Returns:
        The path of the config, and the ``Weights`` of its metafile entry:
        an address, or a path; None if it has none, and for other files.

    Raises:
        FileNotFoundError: There is no such file and no such name; the text
            names similar ones.
    """
    if osp.isfile(name):
        return name, None
    root = root or package_root()
    configs = _config_files(root)
    entries = list(_metafile_entries(root))
    stem = name[:-3] if name.endswith('.py') else name
    aliases = {
        alias: Path(entry['Config']).stem
        for entry in entries
        for alias in _listed(entry.get('Alias'))
    }
    stem = aliases.get(stem, stem)
    if stem not in configs:
        names = [*configs, *aliases]
        close = difflib.get_close_matches(stem, names, n=3, cutoff=0.4)
        raise FileNotFoundError(
            f'config {name} was not found: it is no file (looked for '
            f'{osp.abspath(name)}) and no config of mmhvr; similar ones: '
            f'{", ".join(close) or "none"}; all: mim search mmhvr'
        )
    path = configs[stem]
    for entry in entries:
        weights = entry.get('Weights')
        if Path(entry['Config']).stem == stem and weights:
            is_whole = '://' in weights or osp.isabs(weights)
            return path, weights if is_whole else str(root / weights)
    return path, None


def _config_files(root: Path) -> Dict[str, str]:
    """Return the complete configs by their names."""
    return {
        osp.splitext(file)[0]: osp.join(folder, file)
        for folder, _, files in os.walk(root / 'configs', followlinks=True)
        for file in files
        if file.endswith('.py') and '_base_' not in Path(folder).parts
    }


def _metafile_entries(root: Path) -> Iterator[Dict[str, Any]]:
    """Return the models of all metafiles."""
    index = root / 'model-index.yml'
    if index.is_file():
        for metafile in load(str(index)).get('Import') or []:
            yield from load(str(root / metafile)).get('Models') or []


def _listed(value: Any) -> List[str]:
    """Return a metafile's entry that may be one word or a list of them."""
    return [value] if isinstance(value, str) else list(value or [])
