# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest
from sklearn.datasets import load_digits

from mmhvr.datasets.digits.samples import (
    CLASSES,
    GLYPH_SIZE,
    GlyphBook,
    make_glyph,
    split_samples,
)


@pytest.mark.parametrize('seed', [0, 1, 7])
def test_train_and_val_share_no_handwriting(seed):
    digits = load_digits()
    split = split_samples(digits.target, seed)
    train = np.concatenate(split['train'])
    val = np.concatenate(split['val'])
    assert not set(train) & set(val)
    assert sorted([*train, *val]) == list(range(len(digits.target)))
    # Not only other samples: other scans.
    scans = digits.images.reshape(len(digits.images), -1)
    assert not {s.tobytes() for s in scans[train]} & {
        s.tobytes() for s in scans[val]
    }


def test_split_is_by_class_and_by_seed():
    # Class 0 has 8 samples (2 for validation), every other class 4 (1).
    targets = np.array([0] * 4 + list(range(10)) * 4)
    split = split_samples(targets, seed=3)
    assert [len(s) for s in split['val']] == [2] + [1] * 9
    assert [len(s) for s in split['train']] == [6] + [3] * 9
    for part in split.values():
        for digit, samples in enumerate(part):
            assert (targets[samples] == digit).all()
    again = split_samples(targets, seed=3)
    other = split_samples(targets, seed=4)
    assert np.array_equal(
        np.concatenate(split['val']), np.concatenate(again['val'])
    )
    assert not np.array_equal(
        np.concatenate(split['val']), np.concatenate(other['val'])
    )


def test_glyph_of_a_block_of_ink():
    # 4 x 2 scan pixels of full ink off the centre: 8 glyph pixels each, so a
    # box of 32 x 16 whose centre is the glyph's.
    scan = np.zeros((8, 8))
    scan[1:5, 5:7] = 16
    ink = make_glyph(scan) > 0.5
    rows, cols = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    assert abs(len(rows) - 32) <= 2
    assert abs(len(cols) - 16) <= 2
    assert abs(rows.mean() - (GLYPH_SIZE - 1) / 2) <= 0.5
    assert abs(cols.mean() - (GLYPH_SIZE - 1) / 2) <= 0.5
    assert ink[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1].mean() > 0.9


def test_glyphs_keep_their_handwriting():
    # Another route back to 8 x 8: block means about the ink's centre. A
    # nearest-neighbour classifier on those must still read the digits.
    digits = load_digits()

    def shrink(glyph):
        return glyph[8:72, 8:72].reshape(8, 8, 8, 8).mean((1, 3)).ravel()

    small = np.stack([shrink(make_glyph(s)) for s in digits.images[:600]])
    known, asked = small[:400], small[400:]
    nearest = ((asked[:, None] - known[None]) ** 2).sum(-1).argmin(1)
    right = digits.target[:400][nearest] == digits.target[400:600]
    assert right.mean() > 0.85


def test_book_draws_its_own_split_only():
    books = {split: GlyphBook(split, seed=5) for split in ('train', 'val')}
    for digit in range(len(CLASSES)):
        drawn = {
            split: {
                book.draw(digit, np.random.default_rng(i)).tobytes()
                for i in range(20)
            }
            for split, book in books.items()
        }
        assert not drawn['train'] & drawn['val']
        assert min(len(drawn['train']), len(drawn['val'])) > 5
