# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""The console command ``mmhvr``."""

from __future__ import annotations

import argparse
import io
import os.path as osp
import signal
import sys
import time
import warnings
from typing import Any, Optional, Sequence

from .commands.data import add_data_arguments, data
from .commands.new import add_new_arguments, new
from .doctor import add_doctor_arguments, doctor
from .version import __version__

DESCRIPTION = """\
Detect objects in a video with HVR-Net, frame by frame.

A SOURCE is a video file, an image file, a folder of images (in natural
order), a pattern in quotes such as 'frames/*.jpg', or the index of a camera
(0 is the first). Every frame passes the network once, and memory does not
grow with the video (with --seq-nms it does).
"""

EXAMPLES = """\
examples:
  mmhvr detect clip.mp4 --weights FILE.pth
      writes clip_detections.mp4 and clip_detections.json here; the config is
      the one that training has written into the checkpoint
  mmhvr detect frames/ --model hvr_faster-rcnn_r18_mini --weights FILE.pth \\
      --out-video out.mp4 --out-json out.json
  mmhvr detect 0 --weights FILE.pth --out-video camera.mp4
      until Ctrl-C: what was done by then is in a file that plays

Boxes are pixels of the frames. Scores are the network's softmax values: they
order detections, they are not probabilities. No tracks are made.
"""


def add_detect_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``mmhvr detect`` to a parser."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument('source', metavar='SOURCE', help='see above')
    model = parser.add_argument_group('model')
    model.add_argument(
        '--model',
        metavar='CONFIG',
        help='name of a config of mmhvr, or a config file (default: the '
        'config inside the checkpoint)',
    )
    model.add_argument('--weights', metavar='FILE.pth', help='checkpoint')
    model.add_argument(
        '--device',
        help="such as 'cpu' or 'cuda:0' (default: the first GPU, or the CPU)",
    )
    out = parser.add_argument_group(
        'output', 'without any: SOURCE_detections.mp4 and .json, here'
    )
    out.add_argument(
        '--out-video', metavar='FILE.mp4', help='frames with boxes (H.264)'
    )
    out.add_argument(
        '--out-json',
        metavar='FILE.json',
        help='boxes, classes and scores of each frame (docs/en/inference.md)',
    )
    out.add_argument(
        '--out-dir', metavar='FOLDER', help='pictures with boxes, 000000.jpg'
    )
    out.add_argument(
        '--score-thr',
        type=float,
        default=0.3,
        metavar='S',
        help='leave out detections of a lower score (%(default)s)',
    )
    out.add_argument(
        '--fps',
        type=float,
        help='frames a second of the video (each frame at its own time, '
        'images at 25)',
    )
    out.add_argument(
        '--quiet', action='store_true', help='no progress bar, no last lines'
    )
    out.add_argument(
        '--seq-nms',
        action='store_true',
        help='link boxes through the whole video and share their scores '
        '(Seq-NMS); a recorded SOURCE, which is read twice, and whose '
        'results are written at its end',
    )
    window = parser.add_argument_group('window')
    window.add_argument(
        '--num-frames',
        type=int,
        metavar='T',
        help="frames that a frame is seen with (that of the config's test)",
    )
    window.add_argument(
        '--lookahead',
        type=int,
        metavar='N',
        help='results wait for N frames after a frame and the window ends '
        'there; 0 is causal (default: as in testing, as many after a frame '
        'as before it; 0 for a camera)',
    )
    window.add_argument(
        '--mode',
        choices=('cached', 'delayed', 'exact'),
        help="'delayed' waits twice as long, 'exact' also takes longer to "
        "compute (that of the config's test)",
    )
    window.add_argument(
        '--max-frames', type=int, metavar='N', help='stop after N frames'
    )
    window.add_argument(
        '--batch-size',
        type=int,
        default=1,
        metavar='B',
        help='frames of a pass through the backbone; the results are the '
        'same (%(default)s)',
    )


def detect(args: argparse.Namespace) -> None:
    """Do what the arguments of ``mmhvr detect`` say.

    Raises:
        SystemExit: With a line that says what is wrong, or 130 after
            Ctrl-C or SIGTERM.
    """
    # A plain line a warning, and names of files in any encoding.
    warnings.formatwarning = _plain_warning
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from .apis import HVRInferencer
    from .apis.outputs import OutputPaths
    from .sources import open_source

    start = time.perf_counter()
    paths = OutputPaths(args.out_video, args.out_json, args.out_dir)
    try:
        source = open_source(args.source)
        if paths == OutputPaths():
            stem = default_stem(args.source)
            paths = OutputPaths(f'{stem}.mp4', f'{stem}.json')
            _check_owner(f'{stem}.json', source.name)
        paths.check(source)
        _check_weights(args.model, args.weights)
        inferencer = HVRInferencer(args.model, args.weights, args.device)
        start = time.perf_counter()
        result = inferencer(
            source,
            out_video=paths.video,
            out_json=paths.json,
            out_dir=paths.folder,
            score_thr=args.score_thr,
            num_frames=args.num_frames,
            lookahead=args.lookahead,
            mode=args.mode,
            batch_size=args.batch_size,
            max_frames=args.max_frames,
            fps=args.fps,
            post_processor=dict(type='SeqNMS') if args.seq_nms else None,
            return_results=False,
            progress=not args.quiet,
        )
    except (OSError, TypeError, ValueError) as error:
        raise SystemExit(f'error: {error}')
    except KeyboardInterrupt:
        print(f'interrupted; what was done: {_listed(paths) or "nothing"}')
        raise SystemExit(130)
    if not args.quiet:
        _report(result, paths, args.score_thr, time.perf_counter() - start)


def default_stem(source: str) -> str:
    """Return the name of the results of a source, without its ending.

    Example:
        >>> default_stem('videos/clip.avi'), default_stem('0')
        ('clip_detections', 'camera0_detections')
    """
    if source.isdigit() and not osp.exists(source):
        return f'camera{source}_detections'
    folder, name = osp.split(osp.abspath(source))
    if not osp.isdir(source):
        name = osp.splitext(name)[0]
    if not any(c.isalnum() for c in name):  # a pattern: '*.jpg'
        name = osp.basename(folder)
    name = ''.join(c if c.isalnum() or c in '-_.' else '_' for c in name)
    return f'{name}_detections'


def _check_owner(path: str, source: str) -> None:
    """Make sure that results are not those of a source of the same name.

    Args:
        path: The JSON file that would be replaced.
        source: The name of the source.

    Raises:
        ValueError: It has the results of another source.
    """
    from .apis.json_writer import source_inside

    other = source_inside(path)
    if other is not None and osp.abspath(other) != osp.abspath(source):
        raise ValueError(
            f'{path} here has the results of {other}; name the files of '
            f'{source} with --out-video and --out-json'
        )


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the console command ``mmhvr``."""
    parser = argparse.ArgumentParser(
        prog='mmhvr', description='HVR-Net: video object detection.'
    )
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(dest='command', metavar='COMMAND')
    add_detect_arguments(
        commands.add_parser('detect', help='detect objects in a video')
    )
    add_doctor_arguments(
        commands.add_parser(
            'doctor', help='what is installed, what is wrong, what mends it'
        )
    )
    add_data_arguments(
        commands.add_parser('data', help='import, check and see own data')
    )
    add_new_arguments(
        commands.add_parser('new', help='write a config for own data')
    )
    return parser


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Run the console command ``mmhvr``."""
    parser = make_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        raise SystemExit(2)
    if args.command == 'doctor':
        raise SystemExit(doctor(args))
    if args.command == 'data':
        raise SystemExit(data(args))
    if args.command == 'new':
        raise SystemExit(new(args))
    detect(args)


def detect_main(argv: Optional[Sequence[str]] = None) -> None:
    """``mmhvr detect`` as a command of its own."""
    parser = argparse.ArgumentParser()
    add_detect_arguments(parser)
    detect(parser.parse_args(argv))


def _check_weights(model: Optional[str], weights: Optional[str]) -> None:
    """ValueError if the network would have random weights."""
    from .run.model_index import find_model

    if weights is None and (model is None or find_model(model)[1] is None):
        raise ValueError(
            'no weights: give --weights FILE.pth, a checkpoint that training '
            'has written (work_dirs/NAME/iter_*.pth or epoch_*.pth)'
        )


def _report(result: Any, paths: Any, score_thr: float, wall: float) -> None:
    """Says what was done, how long it took and where the results are."""
    frames = result.num_frames
    print(
        f'{frames} frames, {result.num_detections} detections of score '
        f'{score_thr:g} or more, {wall:.1f} s ({1000 * wall / frames:.0f} ms '
        'a frame, drawing and writing included)'
    )
    if not result.num_detections:
        print('a lower --score-thr shows weaker detections')
    print(f'results: {_listed(paths)}')


def _listed(paths: Any) -> str:
    """Return the outputs that there are."""
    named = (paths.video, paths.json, paths.folder)
    return ', '.join(path for path in named if path and osp.exists(path))


def _plain_warning(message: Any, *details: Any, **more: Any) -> str:
    """Format a warning for a person at a terminal."""
    return f'warning: {message}\n'
