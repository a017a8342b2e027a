# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""How long a training on other data is, and its learning rate."""

from typing import Any, Dict, List, NamedTuple

from mmengine.config import Config

# Updates that the 7 epochs of the ImageNet VID recipes have: 57,834 target
# frames in batches of 8 x 9.
_UPDATES = 7 * 803
_EPOCHS, _MOST_EPOCHS = 7, 60
_VALIDATIONS = 5


class Schedule(NamedTuple):
    """How long a training is.

    Attributes:
        by_epoch (bool): Whether the base counts epochs.
        updates (int): Of the weights.
        num_batches (int): Of an epoch, if it is cut short; else 0.
        length (int): In epochs or updates.
        interval (int): Between two validations, the same.
        lr (float): Learning rate.
        schedulers (list[dict]): Of the learning rate.
    """

    by_epoch: bool
    updates: int
    num_batches: int
    length: int
    interval: int
    lr: float
    schedulers: List[Dict[str, Any]]


def choose_schedule(
    cfg: Config, targets: int, batch_size: int, gpus: int
) -> Schedule:
    """Choose length and learning rate by the data and the processes.

    Each target frame is seen 7 times, as in the ImageNet VID recipes. It is
    seen more often, 60 times at most, where that would be fewer updates than
    the base has, and less often where the base sees fewer frames in all. The
    learning rate is in proportion to the videos of an update.

    Args:
        cfg: The base.
        targets: Target frames of the data.
        batch_size: Videos of a process.
        gpus: Processes.
    """
    videos = batch_size * gpus
    base_videos = (cfg.get('auto_scale_lr') or {}).get(
        'base_batch_size', cfg.train_dataloader.batch_size
    )
    by_epoch = 'max_epochs' in cfg.train_cfg
    before = cfg.train_cfg.max_epochs if by_epoch else cfg.train_cfg.max_iters
    least = _UPDATES if by_epoch else before
    most = max(least, least * base_videos // videos)
    per_epoch = max(1, targets // videos)
    num_batches = 0
    if by_epoch:
        if _EPOCHS * per_epoch > most:
            per_epoch = num_batches = most // _EPOCHS
        length = min(_MOST_EPOCHS, max(_EPOCHS, -(-least // per_epoch)))
        updates = length * per_epoch
    else:
        updates = min(most, max(least, _EPOCHS * per_epoch))
        length = updates = min(updates, _MOST_EPOCHS * per_epoch)
    lr = cfg.optim_wrapper.optimizer.lr * videos / base_videos
    return Schedule(
        by_epoch,
        updates,
        num_batches,
        length,
        max(1, length // _VALIDATIONS),
        float(f'{lr:.2g}'),
        _stretched(cfg.param_scheduler, before, length, updates),
    )


def _stretched(
    schedulers: List[Dict[str, Any]], before: int, after: int, updates: int
) -> List[Dict[str, Any]]:
    """Return schedulers for another length.

    The warm-up is as long as before, but a tenth of the training at most.
    """
    warm = max(
        (s['end'] for s in schedulers if s['type'] == 'LinearLR'), default=0
    )
    new = {warm: max(1, min(warm, updates // 10)), before: after, 0: 0}

    def moved(scheduler: Dict[str, Any], value: int) -> int:
        if scheduler['type'] == 'LinearLR' or value == warm:
            return new.get(value, value)
        return new.get(value, max(1, round(value * after / before)))

    result = []
    for scheduler in schedulers:
        changed = dict(scheduler)
        for key in ('begin', 'end'):
            if key in changed:
                changed[key] = moved(scheduler, changed[key])
        if 'milestones' in changed:
            changed['milestones'] = [
                moved(scheduler, value) for value in changed['milestones']
            ]
        result.append(changed)
    return result
