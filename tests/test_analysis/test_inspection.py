# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""What is seen of a model is what it computes."""

from pathlib import Path

import cv2
import pytest
import torch
from mmdet.structures.bbox import bbox_overlaps
from mmengine import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from mmtrack.registry import DATASETS, MODELS
from torch import nn

import mmhvr  # noqa: F401
from mmhvr.analysis import figures
from mmhvr.analysis.inspection import view_triplet, view_window
from mmhvr.analysis.triplet_batches import triplet_batches

CONFIGS = Path(__file__).parents[2] / 'configs'
CLASSES = ('ant', 'bee', 'cat', 'dog')


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmtrack'):
        yield


@pytest.fixture
def model(build):
    """A narrow HVR-Net with random weights, on nine videos of 5 frames."""
    return build('mini/hvr_faster-rcnn_r18_mini')


@pytest.fixture
def build(coco_vid):
    """Build the model of a config in this way."""
    coco_vid.write([coco_vid.video(n % 3, 5) for n in range(9)], size=(48, 64))
    return lambda name: build_model(coco_vid, name)


def build_model(coco_vid, name):
    """See the fixtures."""
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    ann_file = 'annotations/imagenet_vid_train.json'
    changes = {
        'model.detector.backbone.base_channels': 8,
        'model.detector.neck.in_channels': [64],
        'model.detector.test_cfg.rpn.max_per_img': 12,
        'model.detector.roi_head.bbox_head.num_classes': 4,
        'test_cfg.frame_sampler.num_frames': 3,
        # Random weights propose anything: let some of it be objects.
        'model.detector.train_cfg.rcnn.assigner.pos_iou_thr': 0.1,
        'model.detector.train_cfg.rcnn.assigner.neg_iou_thr': 0.1,
        'model.detector.train_cfg.rcnn.assigner.min_pos_iou': 0.1,
    }
    for part in ('train', 'test'):
        data = f'{part}_dataloader.dataset'
        changes[f'{data}.data_root'] = coco_vid.data_root
        changes[f'{data}.ann_file'] = ann_file
        changes[f'{data}.metainfo.CLASSES'] = CLASSES
    cfg.merge_from_dict(changes)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.xavier_normal_(parameter)
    model.cfg, model.class_names = cfg, CLASSES
    return model.eval()


def blues(images):
    """Blue is the number of the video, green that of the frame."""
    return [image[0, 0].tolist()[:2] for image in images]


def test_a_window_is_that_of_the_test(model):
    view = view_window(model, video=4, place=0)
    # The window of three frames, shifted inside the video.
    assert view.places == [0, 1, 2] and view.video == 'video_004'
    assert blues(view.images) == [[4, 0], [4, 1], [4, 2]]
    # The same by the model's plain prediction over the window.
    dataset = DATASETS.build(model.cfg.test_dataloader.dataset)
    batch = pseudo_collate([dataset[4 * 5 + t] for t in range(3)])
    data = model.data_preprocessor(batch, False)
    with torch.no_grad():
        frames = model.encode(
            data['inputs']['img'][:, 0], data['data_samples']
        )
        head = model.detector.roi_head.bbox_head
        scores = head.predict_on_window([f.features for f in frames])[0]
    # One batch of three frames against three of one.
    close = dict(rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(view.scores, scores.softmax(-1), **close)
    for seen, frame in zip(view.boxes, frames):
        torch.testing.assert_close(seen, frame.boxes, **close)
    for name, weights in view.attention.items():
        assert [part.shape[1] for part in weights] == [
            len(frame.boxes) for frame in frames
        ], name
    assert view_window(model, video=4).places[0] == 2  # the middle


def test_a_triplet_is_that_of_training(model):
    view = view_triplet(model, seed=3)
    head = model.detector.roi_head.bbox_head
    (target, _), (positive, _), (negative, _) = blues(view.images)
    # The category of a video is its number modulo 3.
    assert target % 3 == positive % 3 != negative % 3
    assert target != positive
    assert len(view.boxes) == len(view.alpha) == len(view.labels)
    assert view.videos.bincount().tolist() == [12, 12, 12]
    # Labels by the overlap with the frame's one true box.
    for n in range(len(view.boxes)):
        video, frame = blues(view.images)[int(view.videos[n])]
        image = view.images[int(view.videos[n])]
        scale = image.shape[1] / 64
        box = torch.tensor([[4.0 + frame, 6 + frame, 20 + frame, 26 + frame]])
        overlap = bbox_overlaps(view.boxes[n][None], box * scale).item()
        # The assigner also gives each true box its best proposal.
        if overlap >= 0.1:
            assert view.labels[n] == video % 3
        else:
            assert view.labels[n] == 4
    torch.testing.assert_close(
        view.beta, head.inter(view.alpha, view.triplets)
    )
    anchor, positive, negative = view.triplets
    assert (view.labels[anchor] == view.labels[positive]).all()
    assert (view.labels[anchor] != view.labels[negative]).all()
    # Anchors are the target video's with supervise='batch', of all three
    # with 'triplet'.
    assert len(anchor) and (view.videos[anchor] == 0).all()
    model.supervise = 'triplet'
    every = view_triplet(model, seed=3).triplets[0]
    assert len(every) > len(anchor)
    again = view_triplet(model, seed=3)
    torch.testing.assert_close(again.alpha, view.alpha)


@pytest.mark.parametrize(
    'name',
    [
        'mini/hvr_faster-rcnn_r18_mini',
        'ablations/hvr_faster-rcnn_r18_mini_one-triplet',
        'ablations/hvr_faster-rcnn_r18_mini_paper',
        'ablations/hvr_faster-rcnn_r18_mini_released',
    ],
)
def test_every_preset_shows_the_triplet_that_it_trains_on(build, name):
    model = build(name)
    seen = []
    model.video_selector.register_forward_hook(
        lambda module, args, kwargs, triplets: seen.append(
            (args[0], tuple(triplets[0]))
        ),
        with_kwargs=True,
    )
    view = view_triplet(model, seed=1)
    batch = next(
        iter(triplet_batches(model.cfg, 1, small_categories='leave_out'))
    )
    data = model.data_preprocessor(batch, False)
    model.loss(data['inputs'], data['data_samples'])
    (shown, chosen), (compared, trained) = seen
    assert chosen == trained
    torch.testing.assert_close(shown, compared)
    images = [batch['inputs']['img'][v][0] for v in trained]
    assert [int(image[0, 0, 0]) for image in images] == [
        blue for blue, _ in blues(view.images)
    ]


def test_errors(model):
    with pytest.raises(ValueError, match='video is 9, but .* 9 videos'):
        view_window(model, video=9)
    with pytest.raises(ValueError, match='frame is 5, but video 0 has 5'):
        view_window(model, place=5)
    with pytest.raises(TypeError, match='Linear has no relations'):
        view_window(nn.Linear(1, 1))
    with pytest.raises(ValueError, match='is intra9, .* intra1, intra2'):
        figures.attention_figure(model, 'a.jpg', module='intra9')
    with pytest.raises(ValueError, match='proposal is 99, but frame 2 has 12'):
        figures.attention_figure(model, 'a.jpg', proposal=99)
    model.video_selector = None
    with pytest.raises(ValueError, match='video_selector is None'):
        view_triplet(model)


def test_figures_of_a_model(model, tmp_path):
    paths = [str(tmp_path / name) for name in ('a.jpg', 'b.png', 'c.jpg')]
    figures.attention_figure(model, paths[0])
    figures.features_figure(model, paths[1])
    figures.triplets_figure(model, paths[2], number=2)
    sheet, _, triplets = (cv2.imread(path) for path in paths)
    # Three frames in two columns and two rows, three strips of text.
    assert sheet.shape[0] == 2 * 24 + 2 * (24 + 220) + 4
    assert triplets.shape[0] == 24 + 24 + 160
    assert triplets.shape[1] == 2 * 484 + 16
