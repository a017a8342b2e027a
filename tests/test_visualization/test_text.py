# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Class names in any script, on pictures and on figures."""

import warnings

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.figure import Figure
from matplotlib.text import Text

from mmhvr.visualization import fonts
from mmhvr.visualization.draw import draw_detections, draw_ground_truth
from mmhvr.visualization.fonts import split_by_font
from mmhvr.visualization.layout import caption
from mmhvr.visualization.text import draw_text, save_figure, text_width

# A letter that no font has: nobody has given it a meaning.
PRIVATE = '\U0010fffd'


@pytest.fixture(autouse=True)
def each_letter_is_warned_of_again():
    fonts._font_of.cache_clear()


@pytest.fixture
def block_font(tmp_path, monkeypatch):
    """A font in which PRIVATE is a black square, as large as a capital."""
    shapes = {}
    for name, top in (('.notdef', 0), ('A', 0), ('block', 729)):
        pen = TTGlyphPen(None)
        pen.moveTo((0, 0))
        for corner in ((0, top), (729, top), (729, 0)):
            pen.lineTo(corner)
        pen.closePath()
        shapes[name] = pen.glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(list(shapes))
    font.setupCharacterMap({ord('A'): 'A', ord(PRIVATE): 'block'})
    font.setupGlyf(shapes)
    font.setupHorizontalMetrics({name: (800, 0) for name in shapes})
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable(dict(familyName='Block', styleName='Regular'))
    font.setupOS2()
    font.setupPost()
    path = tmp_path / 'block.ttf'
    font.save(str(path))
    monkeypatch.setenv('MMHVR_FONT', str(path))
    return str(path)


def ink(text, height=40.0):
    """[H, W]: how white the letters of a text are, 0 to 1."""
    canvas = np.zeros((120, 400, 3), np.uint8)
    draw_text(canvas, text, (10, 80), height, (255, 255, 255))
    return canvas[..., 0] / 255


@pytest.mark.parametrize('text', ['Fußgänger', 'машина', 'ποδήλατο', 'יונה'])
def test_scripts_that_always_are_there(text):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        ((path, part),) = split_by_font(text)
        assert path.endswith('DejaVuSans.ttf') and part == text
        shapes = [ink(letter) for letter in text]
    # Each letter has a shape of its own, not the box of a missing one.
    with pytest.warns(UserWarning, match='no font .* drawn as a box'):
        box = ink(PRIVATE)
    assert box.any()
    for shape in shapes:
        assert np.abs(shape - box).sum() > 100


def test_a_letter_is_warned_of_once():
    with pytest.warns(UserWarning, match=PRIVATE) as caught:
        for _ in range(2):
            ink(f'a{PRIVATE} 0.93')
            ink(f'{PRIVATE}b')
    assert len(caught) == 1


def test_place_and_size():
    # A capital of 40 pixels that stands on row 80 of 120, from column 10 on.
    rows, columns = np.nonzero(ink('H') > 0.5)
    assert abs(rows.min() - 40) <= 1 and abs(rows.max() - 79) <= 1
    assert 10 <= columns.min() <= 16
    assert columns.max() < 10 + text_width('H', 40.0)
    assert text_width('HH', 40.0) == pytest.approx(
        2 * text_width('H', 40.0), abs=2
    )
    assert text_width('', 40.0) == 0 and not ink('').any()


def test_colours_are_blended():
    canvas = np.full((120, 400, 3), (10, 20, 30), np.uint8)
    draw_text(canvas, 'H', (10, 80), 40.0, (250, 150, 50))
    share = ink('H')[..., None]
    expected = (1 - share) * (10, 20, 30) + share * (250, 150, 50)
    assert np.abs(canvas - expected).max() <= 1


@pytest.mark.parametrize('place', [(-30, 80), (10, 5), (390, 80), (10, 150)])
def test_what_lies_outside_is_not_drawn(place):
    canvas = np.zeros((120, 400, 3), np.uint8)
    draw_text(canvas, 'Word', place, 40.0, (255, 255, 255))
    large = np.zeros((400, 800, 3), np.uint8)
    moved = (place[0] + 200, place[1] + 100)
    draw_text(large, 'Word', moved, 40.0, (255, 255, 255))
    assert (canvas == large[100:220, 200:600]).all()


def test_line_breaks_are_blanks():
    assert (ink('a\nb\tc') == ink('a b c')).all()
    assert text_width('a\nb', 20.0) == text_width('a b', 20.0)


def test_a_font_of_the_user(block_font):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert split_by_font(PRIVATE) == [(block_font, PRIVATE)]
        drawn = ink(PRIVATE)
        # It has no digits: each letter is taken from a font that has it.
        mixed = ink(f'{PRIVATE} 0.9{PRIVATE}')
    files = [path for path, _ in split_by_font(f'{PRIVATE} 0.9{PRIVATE}')]
    assert files[0] == files[2] == block_font
    assert files[1].endswith('DejaVuSans.ttf')
    # Its widths: 0.8 of the size of the font, which is 40 / 0.729 = 55.
    assert (mixed[:, :54] == drawn[:, :54]).all()
    middle = ink(' 0.9')[:, 10:90]
    assert np.abs(mixed[:, 54:134] - middle).mean() < 0.01
    assert text_width(f'{PRIVATE} 0.9{PRIVATE}', 40.0) == pytest.approx(
        88 + text_width(' 0.9', 40.0), abs=1
    )
    # A square of 40 x 40.
    assert drawn.sum() == pytest.approx(1600, rel=0.06)
    assert drawn[42:78, 12:48].min() == 1
    # Boxes and captions write with it, too.
    image = np.full((200, 200, 3), 100, np.uint8)
    for draw in (draw_detections, draw_ground_truth):
        named = draw(image, [[20, 60, 180, 160]], [0], class_names=[PRIVATE])
        bare = draw(image, [[20, 60, 180, 160]], [0], class_names=[' '])
        assert (named != bare).any(axis=2).sum() > 40
    assert (caption(image, PRIVATE) == 255).all(axis=2).sum() > 60


def test_a_font_that_is_missing(monkeypatch):
    monkeypatch.setenv('MMHVR_FONT', '/fonts/none.ttf')
    with pytest.raises(FileNotFoundError, match='MMHVR_FONT is /fonts/none'):
        split_by_font('é')
    monkeypatch.setenv('MMHVR_FONT', __file__)  # no font: passed over
    assert split_by_font('é')[0][0].endswith('DejaVuSans.ttf')
    assert split_by_font('') == []


def test_figures(block_font, tmp_path):
    figure = Figure()
    axes = figure.add_subplot()
    axes.bar([0, 1], [1, 2])
    # Not the end of a formula, and not an error in one.
    axes.set_xticks([0, 1], [PRIVATE, 'a$x^$ $'])
    axes.set_title(f'{PRIVATE} $')
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # as of a letter without a shape
        save_figure(figure, str(tmp_path / 'figure.png'), dpi=60)
    assert (tmp_path / 'figure.png').stat().st_size > 1000
    families = {
        text.get_text(): text.get_fontfamily() for text in figure.findobj(Text)
    }
    assert 'Block' in families[PRIVATE]
    assert 'Block' in families[f'{PRIVATE} $']
    assert 'Block' not in families['a$x^$ $']
