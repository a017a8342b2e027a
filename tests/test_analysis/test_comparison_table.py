# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
from mmhvr.analysis.comparison import Comparison, Difference
from mmhvr.analysis.comparison_table import format_comparison

HIGHER = Difference(
    a=0.5,
    b=0.625,
    difference=0.125,
    low=-0.0104,
    high=0.2,
    above_zero=0.9745,
    below_zero=0.0255,
    resamples=1500,
    boxes=1234,
    videos=17,
)


def test_tables():
    text = format_comparison(
        Comparison(
            means=dict(all=HIGHER, fast=HIGHER),
            classes=dict(cat=dict(all=HIGHER), cow={}),
            runs=dict(a=[0.5], b=[0.625]),
            videos=30,
            resamples=2000,
            seed=7,
        ),
        'AP75',
    )
    head, *lines = text.splitlines()
    assert '2000 resamples of 30 videos (seed 7)' in head
    rows = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in lines
        if line.startswith('|')
    ]
    cells = [
        '1234',
        '17',
        '50.0',
        '62.5',
        '+12.5',
        '-1.0 to +20.0',
        '97.5 %',
        '1500',
    ]
    assert [row[0] for row in rows] == [
        'mAP75', 'all', 'fast', 'AP75', 'cat', 'cow'
    ]  # fmt: skip
    assert rows[0][1:5] == ['boxes', 'videos', 'A', 'B']
    assert rows[1][1:] == rows[2][1:] == rows[4][1:] == cells
    assert rows[5][1:] == ['0', '0', '-', '-', '-', '-', '-', '-']
