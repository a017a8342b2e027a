# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Which videos validate."""

from collections import Counter

import numpy as np
import pytest

from mmhvr.importing.split import split_by_file, split_by_share


@pytest.mark.parametrize(
    'numbers, share, expected',
    [
        # 0.2 of the videos of each class, rounded.
        ({'a': 10, 'b': 20}, 0.2, {'a': 2, 'b': 4}),
        ({'a': 5, 'b': 15, 'c': 25}, 0.2, {'a': 1, 'b': 3, 'c': 5}),
        ({'a': 4, 'b': 4}, 0.5, {'a': 2, 'b': 2}),
        # A fifth of 20 videos, each of another class.
        ({c: 2 for c in 'abcdefghij'}, 0.2, None),
        ({'': 10, 'b': 10}, 0.3, {'': 3, 'b': 3}),
    ],
)
@pytest.mark.parametrize('seed', range(5))
def test_each_class_gets_its_share(numbers, share, expected, seed):
    classes = {
        f'{kind}{n}': {kind} - {''}
        for kind, number in numbers.items()
        for n in range(number)
    }
    chosen = split_by_share(classes, share, seed)
    found = Counter(name.rstrip('0123456789') for name in chosen)
    if expected is None:
        assert len(found) == len(chosen) == 4
    else:
        assert found == expected


@pytest.mark.parametrize('seed', range(20))
def test_videos_of_several_classes(seed):
    """Within a video or so of the share, also where classes mix."""
    rng = np.random.default_rng(seed)
    classes = {
        f'v{n}': set(np.flatnonzero(rng.random(6) < 0.3).astype(str).tolist())
        for n in range(120)
    }
    chosen = split_by_share(classes, 0.25, seed)
    assert abs(len(chosen) - 30) <= 1
    for label in '012345':
        number = sum(label in kinds for kinds in classes.values())
        there = sum(label in classes[name] for name in chosen)
        assert abs(there - 0.25 * number) < 2


def test_the_same_for_the_same_seed_in_any_order():
    classes = {f'v{n}': {str(n % 3)} for n in range(30)}
    reverse = dict(reversed(classes.items()))
    chosen = [split_by_share(c, 0.2, 7) for c in (classes, reverse)]
    assert chosen[0] == chosen[1]
    others = [frozenset(split_by_share(classes, 0.2, s)) for s in range(6)]
    assert len(set(others)) > 1


@pytest.mark.parametrize('seed', range(10))
def test_few_videos(seed):
    # Of two videos one validates; the only one of a class trains.
    classes = {'a': {'x'}, 'b': {'x', 'y'}}
    assert split_by_share(classes, 0.2, seed) == {'a'}
    assert len(split_by_share(classes, 0.9, seed)) == 1
    assert split_by_share(classes, 0, seed) == set()
    # Where each has a class of its own, one has to go.
    assert len(split_by_share({'a': {'x'}, 'b': {'y'}}, 0.2, seed)) == 1
    # A class that only one video has stays in training.
    classes = {f'v{n}': {'x', 'y'} if n == 3 else {'x'} for n in range(9)}
    assert 'v3' not in split_by_share(classes, 0.8, seed)


def test_what_cannot_be_shared():
    with pytest.raises(ValueError, match='only one video, a.*--val-share 0'):
        split_by_share({'a': {'x'}}, 0.2, 0)
    for share in (-0.1, 1, 1.5):
        with pytest.raises(ValueError, match='0 to below 1'):
            split_by_share({'a': {'x'}, 'b': {'x'}}, share, 0)


def test_by_a_file(tmp_path):
    classes = {'day/1': {'x'}, 'day/2': {'x'}, 'night 1': {'x'}, 'a[1]': {}}
    file = tmp_path / 'val.txt'
    for text, chosen in (
        ('night 1\n\nday\\2\n', {'night 1', 'day/2'}),
        ('day/*\n', {'day/1', 'day/2'}),
        ('a[1]\n', {'a[1]'}),
    ):
        file.write_text('\ufeff' + text, encoding='utf-8')
        assert split_by_file(classes, file) == chosen
    for text, message in (
        ('day/3\n', r"val.txt:1: 'day/3' is none of the 4 videos, .*a\[1\]"),
        ('*\n', 'names all of the 4'),
        ('', 'names none'),
    ):
        file.write_text(text)
        with pytest.raises(ValueError, match=message):
            split_by_file(classes, file)
    with pytest.raises(FileNotFoundError):
        split_by_file(classes, tmp_path / 'b.txt')
