# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Run the whole suite with many sets of versions: ``make matrix``.

A row is a CPython, a set of packages (see make_env.sh) and what came out with
it: how long the set-up took, the tests, the mAP of the bundled weights on the
200 validation videos of the small data set, and how far boxes, scores and the
losses of twenty training iterations are from those of the row with compiled
operators. A row whose ``result.json`` is there is not run again, and an
environment is removed when its row is done. docs/en/matrix.md is made of the
results. A Python that is not found leaves its rows out.
"""

import argparse
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    f'py3{m}-{s}' for m in (13, 12, 11, 10, 9) for s in ('default', 'oldest')
]
ROWS += ['py310-compiled', 'py39-compiled']
REFERENCE = 'py310-compiled'
CONFIG = 'hvr_faster-rcnn_r18_mini.py'
ITERATIONS = 20
VERSIONS = """
import json, platform, cv2, mmcv, numpy, torch, torchvision
import mmhvr.operators
print(json.dumps(dict(
    Python=platform.python_version(), torch=torch.__version__.split('+')[0],
    torchvision=torchvision.__version__.split('+')[0], numpy=numpy.__version__,
    OpenCV=cv2.__version__, mmcv=mmcv.__version__,
    operators=mmhvr.operators.serving().split()[0].strip(','))))
"""


class Row:
    """One set of versions, and its folder.

    Args:
        name: Such as ``py313-default``.
        work: The folder of all rows.
        core: The processor that it runs on.
    """

    def __init__(self, name: str, work: Path, core: int) -> None:
        self.name = name
        self.folder = work / name
        self.data = work / 'data'
        self.source = self.folder / 'source'
        self.python = self.source / '.venv' / 'bin' / 'python'
        self.core = core

    def call(
        self, log: str, *command: Any, env: Optional[Dict[str, str]] = None
    ) -> float:
        """Run a command with its output in a file; returns the seconds.

        Raises:
            RuntimeError: It failed.
        """
        start = time.monotonic()
        with open(self.folder / log, 'w') as stream:
            code = subprocess.call(
                ['taskset', '-c', str(self.core), *map(str, command)],
                cwd=self.source,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**os.environ, 'OMP_NUM_THREADS': '1', **(env or {})},
            )
        if code:
            raise RuntimeError(f'{self.name}: see {self.folder / log}')
        return time.monotonic() - start

    def make(self) -> float:
        """Make the environment, with a clone of what is committed."""
        subprocess.check_call(['git', 'clone', '-q', ROOT, self.source])
        (self.source / 'data').mkdir()
        (self.source / 'data' / 'mini').symlink_to(self.data)
        minor, kind = self.name[len('py3') :].split('-')
        return self.call(
            'env.log',
            'bash',
            'tools/dev/make_env.sh',
            '.venv',
            kind,
            env=dict(MINORS=minor, PYTHON=''),
        )

    def test(self) -> Dict[str, Any]:
        """Run the suite; what failed is told, not raised."""
        start = time.monotonic()
        try:
            self.call(
                'tests.log', self.python, '-m', 'pytest', '-q', '-p',
                'no:cacheprovider', '--basetemp', self.folder / 'tmp',
            )  # fmt: skip
        except RuntimeError:
            pass
        seconds = time.monotonic() - start
        shutil.rmtree(self.folder / 'tmp', ignore_errors=True)
        lines = (self.folder / 'tests.log').read_text().splitlines()
        last = lines[-1] if lines else ''
        counts = re.findall(r'(\d+) (passed|failed|skipped|error)', last)
        found = {what: int(number) for number, what in counts}
        return dict(found, tests_seconds=seconds)

    def detect(self) -> None:
        """Test the bundled weights, and train for some iterations."""
        config = Path('configs/mini', CONFIG)
        self.call(
            'detect.log',
            self.python,
            'tools/test.py',
            config,
            config.with_suffix('.pth'),
            f'--work-dir={self.folder / "test"}',
            f'--out={self.folder / "predictions.pkl"}',
        )
        self.call(
            'train.log',
            self.python,
            'tools/train.py',
            config,
            f'--work-dir={self.folder / "train"}',
            '--cfg-options',
            f'train_cfg.max_iters={ITERATIONS}',
            'train_cfg.val_begin=1000000',
            'default_hooks.logger.interval=1',
        )

    def run(self) -> None:
        """Do all that is missing, and write ``result.json``."""
        result = self.folder / 'result.json'
        if result.exists():
            return
        print(f'{self.name}: begun', flush=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        found: Dict[str, Any] = dict(env_seconds=self.make())
        output = subprocess.check_output(
            [self.python, '-W', 'ignore', '-c', VERSIONS], cwd=self.source
        )
        found.update(json.loads(output.splitlines()[-1]))
        self.detect()
        found.update(self.test())
        result.write_text(json.dumps(found))
        shutil.rmtree(self.source)
        print(f'{self.name}: {found}', flush=True)


def has_python(name: str) -> bool:
    """Whether the CPython of a row is there; says so if not."""
    minor = name[len('py3') :].split('-')[0]
    command = ['bash', 'tools/dev/find_python.sh', minor]
    found = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, 'PYTHON': ''},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if found.returncode:
        print(f'{name}: left out, no CPython 3.{minor} was found')
    return found.returncode == 0


def read_losses(folder: Path) -> List[float]:
    """Return the losses of the iterations of a training."""
    (log,) = folder.glob('train/*/vis_data/scalars.json')
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line['loss'] for line in lines if 'loss' in line]


def read_predictions(folder: Path) -> List[Dict[str, Any]]:
    """Return the detections of each frame as arrays, in a fixed order."""
    import numpy as np

    with open(folder / 'predictions.pkl', 'rb') as stream:
        frames = pickle.load(stream)  # written by this program
    found = []
    for frame in sorted(frames, key=lambda frame: frame['img_id']):
        instances = frame.get('pred_det_instances') or frame['pred_instances']
        parts = {
            k: np.asarray(instances[k]) for k in ('bboxes', 'scores', 'labels')
        }
        order = np.lexsort((-parts['scores'], parts['labels']))
        found.append({key: value[order] for key, value in parts.items()})
    return found


def largest_difference(
    one: Sequence[dict], two: Sequence[dict], key: str
) -> float:
    """Between the detections of two rows; infinite if they do not pair.

    Detections below a score of 0.01 are left out: of several hundred a frame
    the last ones are cut off at a number, and change places there.
    """
    largest = 0.0
    for a, b in zip(one, two):
        first, second = (
            a[key][a['scores'] >= 0.01],
            b[key][b['scores'] >= 0.01],
        )
        if first.shape != second.shape:
            return float('inf')
        if first.size:
            largest = max(largest, float(abs(first - second).max()))
    return largest


def compare(work: Path, names: Sequence[str]) -> List[Dict[str, Any]]:
    """Put the results together with the differences to the reference."""
    reference = read_predictions(work / REFERENCE)
    losses = read_losses(work / REFERENCE)
    rows = []
    for name in names:
        row = json.loads((work / name / 'result.json').read_text())
        (metrics,) = (work / name / 'test').glob('*/*.json')
        row['mAP'] = 100 * json.loads(metrics.read_text())['vid/mAP50']
        found = read_predictions(work / name)
        for key in ('bboxes', 'scores'):
            row[key] = largest_difference(reference, found, key)
        own = read_losses(work / name)
        assert len(own) == len(losses) == ITERATIONS
        row['losses'] = max(abs(a - b) for a, b in zip(own, losses))
        rows.append(row)
    return rows


HEAD = """\
# Versions that were tried

`import mmhvr` takes every version between these, warns of a newer one, and
refuses what is known not to work: [the versions](get_started.md#the-versions).
Each row is an environment of its own, in which the whole suite ran, on one
core beside another row. Made by

```shell
make matrix        # 20 minutes a row on a core; rows that are done are kept
```

A CPython, torch or kind of operators that has no row was not run.

"""
TAIL = """
mAP: the bundled weights on the 200 validation videos of the small data set.
The last three columns: the largest difference to the row with CPython 3.10 and
compiled operators, of any box (pixels) and score (of detections of 0.01 and
more), and of the losses of the first twenty iterations of training. Another
torch adds up in another order; with the same torch the operators of
torchvision and the compiled ones give the same.

Not in the table: compiled operators with a torch newer than 2.0, since mmcv
2.0.0rc4 compiles as C++14 and newer headers of torch are C++17, or on CPython
3.11 and newer. Older torch with CPython 3.12 (before 2.3) and 3.13 (before
2.6) has no wheels, or does not go with numpy 2. CPython 3.9 ends with torch
2.8.
"""


def write_table(rows: Sequence[Dict[str, Any]]) -> str:
    """Return the results as a page."""
    titles = (
        'Python', 'torch', 'torchvision', 'numpy', 'OpenCV', 'operators of',
        'set-up', 'tests passed / skipped / failed', 'tests', 'mAP', 'boxes',
        'scores', 'losses',
    )  # fmt: skip
    lines = ['| ' + ' | '.join(titles) + ' |', '|---' * len(titles) + '|']
    for row in rows:
        failed = row.get('failed', 0) + row.get('error', 0)
        mmcv = f'mmcv {row["mmcv"]}'
        cells = [
            row['Python'], row['torch'], row['torchvision'], row['numpy'],
            row['OpenCV'],
            mmcv if row['operators'] == 'mmcv' else 'torchvision',
            f'{row["env_seconds"] / 60:.1f} min',
            f'{row.get("passed", 0)} / {row.get("skipped", 0)} / {failed}',
            f'{row["tests_seconds"] / 60:.1f} min',
            f'{row["mAP"]:.2f}',
            *(
                f'{row[key]:.0e}' if row[key] else '0'
                for key in ('bboxes', 'scores', 'losses')
            ),
        ]  # fmt: skip
        lines.append('| ' + ' | '.join(cells) + ' |')
    return HEAD + '\n'.join(lines) + '\n' + TAIL


def main() -> None:
    """Run the rows, one a core, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--rows', nargs='+', default=ROWS, metavar='ROW')
    parser.add_argument(
        '--work-dir', type=Path, default=ROOT / 'work_dirs/matrix'
    )
    parser.add_argument('--out', type=Path, default=ROOT / 'docs/en/matrix.md')
    args = parser.parse_args()
    work = args.work_dir.resolve()
    if not (work / 'data').exists():
        tool = ROOT / 'tools/dataset_converters/make_mini_dataset.py'
        subprocess.check_call([sys.executable, tool, work / 'data'])
    cores = sorted(os.sched_getaffinity(0))
    free = list(cores)
    failed = []

    def run(name: str) -> None:
        core = free.pop()
        try:
            Row(name, work, core).run()
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            failed.append(f'{name}: {error}')
            print(failed[-1], flush=True)
        finally:
            free.append(core)

    with ThreadPoolExecutor(len(cores)) as pool:
        list(pool.map(run, [row for row in args.rows if has_python(row)]))
    done = [n for n in ROWS if (work / n / 'result.json').exists()]
    if REFERENCE in done:
        args.out.write_text(write_table(compare(work, done)))
        print(f'{args.out}: {len(done)} rows')
    else:
        failed.append(f'no page without the row {REFERENCE}')
    if failed:
        raise SystemExit('\n'.join(['not done:', *failed]))


if __name__ == '__main__':
    main()
