# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import numpy as np
import pytest

from mmhvr.analysis.result_figures import (
    change_figure,
    confusion_figure,
    precision_recall_figure,
    range_figure,
)
from mmhvr.analysis.results import Analysis, RangeResult
from mmhvr.evaluation.errors import ErrorCounts


def make_analysis(motion=True):
    # Class a: true, false, true of 2 boxes; class b has no boxes; class c
    # finds nothing of 3 boxes.
    zeros = np.zeros(3, dtype=int)
    return Analysis(
        classes=['a', 'b', 'c'],
        aps=np.array([5 / 6, np.nan, 0]),
        curves=[
            (np.array([1, 0.5, 2 / 3]), np.array([0.5, 0.5, 1])),
            None,
            (np.zeros(0), np.zeros(0)),
        ],
        errors=ErrorCounts(
            boxes=np.array([2, 0, 3]),
            found=np.array([2, 0, 0]),
            false=dict(
                duplicate=zeros,
                confusion=np.array([1, 0, 0]),
                localization=zeros,
                background=zeros + 7,
            ),
            confused=np.array([[0, 0, 0], [0, 0, 0], [1, 0, 0]]),
        ),
        motion=RangeResult(
            dict(slow=(0.9, 1.0), fast=(0.0, 0.7)),
            np.array([[0.9, np.nan, 0.1], [np.nan, np.nan, 0.3]]),
            np.array([[2, 0, 1], [0, 0, 2]]),
        )
        if motion
        else None,
        size=RangeResult(
            dict(large=(96.0, float('inf'))),
            np.array([[0.5, np.nan, 0.25]]),
            np.array([[2, 0, 3]]),
        ),
    )


def area_of(line):
    """Area below a line drawn in steps that reach back (where='pre')."""
    x, y = line.get_data()
    return np.sum(np.diff(x) * y[1:])


def test_area_below_the_drawn_envelope_is_ap():
    figure = precision_recall_figure(dict(one=make_analysis()))
    panels = [a for a in figure.axes if a.get_visible()]
    assert [a.get_title() for a in panels] == ['a  83.3', 'c  0.0']
    raw, envelope = panels[0].lines[:2]
    # The last step leads down to 0 where recall ends.
    assert area_of(envelope) == pytest.approx(5 / 6)
    assert raw.get_data()[1].tolist() == pytest.approx([1, 2 / 3])
    assert panels[1].lines[:] == []
    text = figure.legends[0].get_texts()[0].get_text()
    assert text == 'one: mAP 41.7'


def test_long_curves_keep_their_area():
    rng = np.random.default_rng(0)
    hits = rng.random(20000) < np.linspace(0.95, 0.2, 20000)
    true = np.cumsum(hits)
    precision, recall = true / np.arange(1, 20001), true / true[-1]
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    area = np.sum(np.diff(recall, prepend=0) * envelope)
    result = make_analysis()
    result.curves[0] = (precision, recall)
    panel = precision_recall_figure(dict(one=result)).axes[0]
    assert len(panel.lines[1].get_data()[0]) < 600
    assert area_of(panel.lines[1]) == pytest.approx(area, abs=0.002)


def test_two_results_share_the_panels():
    figure = precision_recall_figure(
        dict(one=make_analysis(), two=make_analysis())
    )
    assert figure.axes[0].get_title() == 'a  83.3 / 83.3'
    assert len(figure.legends[0].get_texts()) == 2


def test_confusion_cells():
    axis = confusion_figure(make_analysis(), 0.3).axes[0]
    cells = {t.get_position(): t.get_text() for t in axis.texts}
    # x is the detected class, y the annotated one; 3 is missed or no box.
    assert cells == {
        (0, 0): '2',
        (0, 2): '1',
        (3, 2): '3',
        (0, 3): '7',
        (1, 3): '7',
        (2, 3): '7',
    }
    colours = axis.images[0].get_array()
    np.testing.assert_allclose(colours[2], [1 / 4, 0, 0, 3 / 4])
    np.testing.assert_allclose(colours[1], 0)


@pytest.mark.parametrize('motion', [True, False])
def test_range_marks(motion):
    figure = range_figure(make_analysis(motion), 'mega')
    assert len(figure.axes) == 1 + motion
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    # The class without boxes has no row.
    assert labels == ['a', 'c', 'mean']
    size = figure.axes[-1].lines[0]
    assert size.get_data()[0].tolist() == [50, 25, 37.5]
    assert size.get_label() == 'large 96 and more: 5 boxes'
    if motion:
        slow, fast = figure.axes[0].lines[:2]
        np.testing.assert_allclose(slow.get_data()[0], [90, 10, 50])
        # The mean is over the classes that have fast boxes.
        np.testing.assert_allclose(fast.get_data()[0], [np.nan, 30, 30])
        assert '(mega)' in figure.axes[0].get_title()


def test_change_is_sorted_and_has_its_mean():
    figure = change_figure(
        ['a', 'b', 'c'],
        np.array([0.5, np.nan, 0.2]),
        np.array([0.4, np.nan, 0.5]),
        ('x', 'y'),
    )
    axis = figure.axes[0]
    labels = [t.get_text() for t in axis.get_yticklabels()]
    assert labels == ['c', 'a', 'mean']
    widths = [bar.get_width() for bar in axis.patches]
    assert widths == pytest.approx([30, -10, 10])
    texts = [t.get_text() for t in axis.texts]
    assert texts == [
        '+30.0  (20.0 to 50.0)',
        '-10.0  (50.0 to 40.0)',
        '+10.0  (35.0 to 45.0)',
    ]
    assert axis.get_title() == 'From x to y'
