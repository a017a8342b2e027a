# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""A model and data of a few numbers, for the tests of the tools."""

import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, METRICS, MODELS
from mmengine.structures import BaseDataElement, InstanceData
from torch import nn
from torch.utils.data import Dataset

# Trains in less than a second; {image} is the image of every sample.
CONFIG = """
custom_imports = dict(imports=['tiny_model'], allow_failed_imports=False)
default_scope = 'mmtrack'
model = dict(type='TinyModel')
dataset = dict(type='TinyDataset', img_path='{image}')
# Six batches of two for two processes: a second round through the data would
# wait for two seconds in MMEngine's loop.
train_dataloader = dict(
    batch_size=2, num_workers=0,
    dataset=dict(type='TinyDataset', length=24),
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'))
train_cfg = dict(type='IterBasedTrainLoop', max_iters=6, val_interval=100)
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))
test_dataloader = dict(
    batch_size=1, num_workers=0, dataset=dataset,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'))
test_cfg = dict()
test_evaluator = dict(type='TinyMetric')
default_hooks = dict(
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=3))
log_processor = dict(by_epoch=False)
randomness = dict(seed=0)
"""


@DATASETS.register_module(force=True)
class TinyDataset(Dataset):
    """x = 0, 1, 2, ... and y = 3 x + 1; x of the sample ``bad`` is NaN.

    A ``{}`` in ``img_path`` stands for the number of the sample.

    Attributes:
        reads: Samples that were read by this process, of all data sets.
    """

    reads = []

    def __init__(
        self,
        length=8,
        img_path='',
        ann_file='',
        data_root='',
        metainfo=None,
        bad=None,
    ):
        self.length = length
        self.bad = bad
        self.metainfo = metainfo or dict(classes=('a', 'b'))
        self.img_path = img_path

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        self.reads.append(index)
        x = torch.tensor([index / self.length])
        path = self.img_path.replace('{}', str(index))
        meta = dict(img_id=index, img_path=path)
        sample = BaseDataElement(metainfo=meta, y=3 * x + 1)
        return dict(
            inputs=x * float('nan') if index == self.bad else x,
            data_samples=sample,
        )


@MODELS.register_module(force=True)
class TinyModel(BaseModel):
    """A straight line through a hidden layer of one unit."""

    def __init__(self, hidden=1, num_classes=2, noise=0, init_cfg=None):
        super().__init__(init_cfg=init_cfg)
        self.noise = noise
        self.bbox_head = nn.Identity()
        self.bbox_head.num_classes = num_classes
        self.first = nn.Linear(1, hidden)
        self.second = nn.Linear(hidden, 1)

    def forward(self, inputs, data_samples, mode='tensor'):
        x = torch.stack(list(inputs))
        y = self.second(self.first(x))
        if mode == 'loss':
            target = torch.stack([sample.y for sample in data_samples])
            luck = 1 + self.noise * torch.rand(())
            return dict(loss=luck * (y - target).square().mean())
        for sample, value in zip(data_samples, y):
            sample.pred_instances = InstanceData(
                bboxes=torch.tensor([[8.0, 20.0, 30.0, 40.0]]),
                scores=value.detach().clamp(0, 1),
                labels=torch.tensor([1]),
            )
        return data_samples


@METRICS.register_module(force=True)
class TinyMetric(BaseMetric):
    """Counts the samples."""

    default_prefix = 'vid'

    def process(self, data_batch, data_samples):
        self.results.extend(sample['img_id'] for sample in data_samples)

    def compute_metrics(self, results):
        return dict(mAP50=float(len(set(results))))
