# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Training with a memory of videos against plain lists and loops."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F

K = 10
MEMORY = dict(type='VideoMemory', size=5, video_channels=192, proposals=3)


def draw_batch(rng, make_sample, labels):
    """V videos of two frames that differ in colour, of few identities."""
    number = len(labels)
    color = 2 * torch.randn(number, 1, 3, 1, 1, generator=rng)
    frames = torch.randn(number, 2, 3, 64, 64, generator=rng) + color
    samples = [make_sample(label) for label in labels]
    for sample, label in zip(samples, labels):
        place = int(torch.randint(0, 3, (), generator=rng))
        sample.set_metainfo(dict(video_id=10 * label + place))
    return dict(img=frames[:, :1], ref_img=frames[:, 1:]), samples


def cosine(u, v):
    u, v = u.double(), v.double()
    return float(u @ v / (u.norm() * v.norm()))


class PlainMemory:
    """Dictionaries in a list, and what an update makes of them."""

    def __init__(self, size, proposals):
        self.size, self.proposals, self.videos = size, proposals, []

    def choose(self, batch):
        """For each video of a batch its group of videos."""
        groups = []
        for target in batch:
            same, other = [], []
            for video in [*batch, *self.videos]:
                pair = (cosine(video['vector'], target['vector']), video)
                if video['label'] != target['label']:
                    other.append(pair)
                elif video['identity'] != target['identity']:
                    same.append(pair)
            groups.append([target])
            if same:
                groups[-1].append(min(same, key=lambda pair: pair[0])[1])
            if other:
                groups[-1].append(max(other, key=lambda pair: pair[0])[1])
        return groups

    def push(self, batch):
        for video in batch:
            rows = [r for r, label in enumerate(video['labels']) if label < K]
            rows += [r for r in range(len(video['labels'])) if r not in rows]
            rows = rows[: self.proposals]
            kept = dict(
                video,
                alpha=video['alpha'][rows].detach(),
                labels=[video['labels'][r] for r in rows],
            )
            self.videos = [*self.videos, kept][-self.size :]


def losses_by_hand(head, groups):
    """loss_cls, loss_relation and num_triplets of eq. 3 to 6, by loops."""
    betas, hinges, labels = [], [], []
    none = (torch.zeros(0, dtype=torch.long),) * 3
    for group in groups:
        rows = [
            (alpha, label)
            for video in group
            for alpha, label in zip(video['alpha'], video['labels'])
        ]
        own = len(group[0]['labels'])
        alpha = torch.stack([row[0] for row in rows])
        # No triplet enters the pooled relation.
        betas.append(head.inter(alpha, none)[:own])
        labels += group[0]['labels']
        unit = F.normalize(alpha, dim=1)
        for a in range(own):
            if rows[a][1] == K:
                continue
            same, other = [], []
            for c, (feature, label) in enumerate(rows):
                pair = (cosine(rows[a][0].detach(), feature.detach()), c)
                if label == rows[a][1] and c != a:
                    same.append(pair)
                elif label not in (rows[a][1], K):
                    other.append(pair)
            if same and other:
                p = min(same)[1]
                n = max(other, key=lambda pair: (pair[0], -pair[1]))[1]
                near, far = (unit[a] - unit[p]).norm(), unit[a] - unit[n]
                hinges.append((near - far.norm() + 0.5).relu())
    cls = F.cross_entropy(head.fc_cls(torch.cat(betas)), torch.tensor(labels))
    relation = 0.05 * torch.stack(hinges).mean() if hinges else cls * 0
    return cls, relation, len(hinges)


def batch_by_hand(model, inputs, samples, seen):
    """What single passes say of the videos of a batch."""
    head = model.detector.roi_head.bbox_head
    frames = torch.cat([inputs['img'], inputs['ref_img']], 1)
    videos = []
    for v, sample in enumerate(samples):
        with torch.no_grad():
            maps = [model.detector.backbone(f[None])[0] for f in frames[v]]
        result = seen['results'][v]
        labels = [int(label) for label in result.pos_gt_labels]
        videos.append(
            dict(
                vector=torch.stack(maps).mean(dim=(0, 1, 3, 4)),
                label=sample.video_label,
                identity=sample.video_id,
                alpha=head.intra(seen['targets'][v], seen['supports'][v]),
                labels=labels + [K] * len(result.neg_priors),
            )
        )
    return videos


def spy_on(head):
    """Record what the box head gets."""
    seen, original = {}, head.loss_on_videos

    def spy(targets, supports, results, cfg, choice):
        seen.update(targets=targets, supports=supports, results=results)
        seen.update(choice=choice)
        return original(targets, supports, results, cfg, choice)

    head.loss_on_videos = spy
    return seen


def build(build_model, **changes):
    model = build_model(
        memory=MEMORY,
        detector__backbone__zero_init_residual=False,
        **changes,
    ).train()
    # Away from the start, where the relations add nothing.
    for parameter in model.detector.roi_head.bbox_head.parameters():
        if parameter.dim() > 1:
            torch.nn.init.xavier_normal_(parameter)
    return model


@pytest.mark.parametrize(
    'labels',
    [
        # One category, then more; the ring of five is full after two.
        [(0, 0, 0), (1, 1, 0), (2, 2, 1), (0, 2, 2), (1, 1, 1), (0, 1, 2)],
        # A video alone, then others of its category: never a negative.
        [(4,), (4, 4, 4), (4, 4, 4), (4, 4)],
    ],
)
def test_updates_equal_plain_lists_and_loops(build_model, make_sample, labels):
    model = build(build_model)
    head = model.detector.roi_head.bbox_head
    seen = spy_on(head)
    plain = PlainMemory(MEMORY['size'], MEMORY['proposals'])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    rng = torch.Generator().manual_seed(5)
    lengths, recalled, from_batch = set(), 0, 0
    for of_batch in labels:
        inputs, samples = draw_batch(rng, make_sample, of_batch)
        losses = model.loss(inputs, copy.deepcopy(samples))
        batch = batch_by_hand(model, inputs, samples, seen)
        groups = plain.choose(batch)
        # Triplets and groups.
        choice = seen['choice']
        assert choice.num_supervised == 1
        assert choice.supervised_videos == list(range(len(of_batch)))
        everything = [
            *((v['alpha'], v['labels']) for v in batch),
            *((p.features, p.labels.tolist()) for p in choice.remembered),
        ]
        assert len(groups) == len(choice.triplets) == len(of_batch)
        for found, expected in zip(choice.triplets, groups):
            assert len(found) == len(expected)
            for place, video in zip(found, expected):
                alpha, of_rows = everything[place]
                assert of_rows == video['labels']
                torch.testing.assert_close(alpha, video['alpha'])
            lengths.add(len(found))
            recalled += sum(place >= len(batch) for place in found)
            from_batch += sum(place < len(batch) for place in found[1:])
        # Losses and gradients.
        cls, relation, number = losses_by_hand(head, groups)
        torch.testing.assert_close(losses['loss_cls'], cls)
        torch.testing.assert_close(losses['loss_relation'], relation)
        assert losses['num_triplets'] == number
        weights = [*head.intra.parameters(), *head.inter.parameters()]
        for ours, theirs in zip(
            *(
                torch.autograd.grad(loss, weights, retain_graph=True)
                for loss in (
                    losses['loss_cls'] + losses['loss_relation'],
                    cls + relation,
                )
            )
        ):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)
        # The memory afterwards.
        plain.push(batch)
        held = model.memory.videos()
        assert len(held) == len(plain.videos)
        for index, video in enumerate(plain.videos):
            torch.testing.assert_close(held.vectors[index], video['vector'])
            assert int(held.labels[index]) == video['label']
            proposals = model.memory.proposals(index)
            torch.testing.assert_close(proposals.features, video['alpha'])
            assert proposals.labels.tolist() == video['labels']
        optimizer.zero_grad()
        model.parse_losses(losses)[0].backward()
        optimizer.step()
    assert recalled and from_batch
    assert lengths == ({1, 2, 3} if len(labels) == 6 else {1, 2})
    assert not any(buffer.requires_grad for buffer in model.memory.buffers())


def run(model, batches):
    """Updates, as a runner does them; the losses of each."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    found = []
    for seed, (inputs, samples) in enumerate(batches):
        torch.manual_seed(seed)
        losses = model.loss(inputs, copy.deepcopy(samples))
        optimizer.zero_grad()
        model.parse_losses(losses)[0].backward()
        optimizer.step()
        found.append(losses)
    return found


@pytest.fixture
def batches(make_sample):
    rng = torch.Generator().manual_seed(6)
    return [
        draw_batch(rng, make_sample, labels)
        for labels in ((0, 1, 2), (0, 0, 1), (2, 1, 0))
    ]


def test_a_resumed_training_goes_on_exactly(build_model, batches, tmp_path):
    model = build(build_model)
    run(model, batches[:2])
    torch.save(model.state_dict(), tmp_path / 'resume.pth')
    resumed = build(build_model)
    resumed.load_state_dict(torch.load(tmp_path / 'resume.pth'))
    empty = build(build_model)
    empty.load_state_dict(
        {
            **torch.load(tmp_path / 'resume.pth'),
            **{f'memory.{k}': v for k, v in empty.memory.state_dict().items()},
        }
    )
    expected, found, other = (
        run(m, batches[2:])[0] for m in (model, resumed, empty)
    )
    assert all(
        math.isclose(float(expected[key]), float(found[key]), rel_tol=0)
        for key in ('loss_cls', 'loss_bbox', 'loss_relation', 'num_triplets')
    )
    for name, value in model.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name
    # The memory is part of what the update is.
    assert not torch.equal(other['loss_cls'], expected['loss_cls'])


def test_nothing_is_pushed_in_evaluation(build_model, batches):
    model = build(build_model)
    run(model, batches[:1])
    before = copy.deepcopy(model.memory.state_dict())
    assert int(model.memory.pushed) == 3
    model.eval()
    inputs, samples = batches[1]
    with torch.no_grad():
        model.predict(inputs, copy.deepcopy(samples))
        model.loss(inputs, copy.deepcopy(samples))
    for key, value in model.memory.state_dict().items():
        assert torch.equal(value, before[key])


@pytest.mark.parametrize(
    'changes',
    [
        dict(video_selector=dict(type='RandomVideoTripletSelector')),
        dict(
            video_selector=dict(
                over_time='max', similarity='softmax', near_both=True
            )
        ),
        dict(
            detector__roi_head__bbox_head__inter=dict(
                type='TripletInterVideoRelation'
            ),
            type='ReleasedHVRNet',
            triplet_source='roi',
            memory=dict(video_channels=64),
        ),
    ],
)
def test_other_choices_train_with_a_memory(build_model, batches, changes):
    memory = dict(MEMORY, **changes.pop('memory', {}))
    model = build_model(memory=memory, **changes).train()
    losses = run(model, batches)
    assert all(torch.isfinite(loss['loss_cls']) for loss in losses)
    assert int(losses[-1]['num_triplets']) > 0
    assert len(model.memory) == 5


def test_mixed_precision_leaves_the_memory_in_float32(build_model, batches):
    model = build(build_model)
    for inputs, samples in batches[:2]:
        with torch.autocast('cpu', dtype=torch.bfloat16):
            losses = model.loss(inputs, copy.deepcopy(samples))
        model.parse_losses(losses)[0].backward()
    assert len(model.memory) == 5
    for buffer in model.memory.buffers():
        assert buffer.dtype in (torch.float32, torch.int64)


@pytest.mark.parametrize(
    'changes, message',
    [
        (dict(supervise='triplet'), "supervise='batch'.*supervise='triplet'"),
        (dict(supervise='target'), "supervise='batch'.*supervise='target'"),
        (dict(video_selector=None), 'video_selector=None'),
    ],
)
def test_a_memory_without_use_is_refused(build_model, changes, message):
    with pytest.raises(ValueError, match=message):
        build_model(memory=MEMORY, **changes)


def test_channels_of_another_backbone_are_named(build_model, batches):
    model = build_model(memory=dict(MEMORY, video_channels=512)).train()
    with pytest.raises(ValueError, match='video_channels.*is 512.*have 192'):
        run(model, batches[:1])
