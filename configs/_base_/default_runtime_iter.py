# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
# The shared settings for schedules that count iterations.
_base_ = './default_runtime.py'

log_processor = dict(by_epoch=False)
default_hooks = dict(
    checkpoint=dict(interval=500, by_epoch=False, max_keep_ckpts=1)
)
