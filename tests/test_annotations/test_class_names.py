# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import pytest

from mmhvr.annotations.class_names import (
    joined_names,
    match_class_names,
    names_in,
)
from mmhvr.annotations.reader import AnnotationError, read_annotations

DATA = dict(
    # The ids are neither in the order of the names nor from 0 on.
    categories=[
        dict(id=9, name='car'),
        dict(id=0, name='unused'),
        dict(id=4, name='bus'),
        dict(id=5, name='tram'),
    ],
    images=[dict(id=1, file_name='a.png', width=64, height=48)],
    annotations=[
        dict(id=1, image_id=1, category_id=9, bbox=[1, 2, 30, 4]),
        dict(id=2, image_id=1, category_id=9, bbox=[1, 2, -3, 4]),
        dict(id=3, image_id=1, category_id=4, bbox=[5, 5, 9, 9], iscrowd=1),
        dict(id=4, image_id=1, category_id=5, bbox=[5, 5, 9, 9]),
    ],
)


@pytest.fixture
def file(write, log):
    file = read_annotations(write(DATA))
    del log[:]
    return file


def test_labels_are_places_in_the_names(file, log):
    assert match_class_names(file, ['tram', 'car']) == {9: 1, 5: 0}
    assert log == [
        f"annotation file {file.path}: 'bus' (1 ignored) are not among the "
        'classes: their boxes are left out'
    ]


def test_what_will_not_be_learnt_is_counted(file, log):
    names = ['car', 'bus', 'ship', 'unused', 'tram']
    labels = match_class_names(file, names)
    assert labels == {9: 0, 4: 1, 0: 3, 5: 4}
    (line,) = log
    assert "'ship' are no categories of the file: not learnt" in line
    assert "'bus' (1 ignored), 'unused' have no box to be learnt" in line


def test_no_word_if_all_is_well(write, log):
    data = dict(DATA, annotations=DATA['annotations'][3:])
    file = read_annotations(write(data))
    assert match_class_names(file, ['tram']) == {5: 0}
    assert log == []


def test_no_name_in_the_file(file):
    with pytest.raises(AnnotationError, match="none of .*'ship',.*'unused'"):
        match_class_names(file, ['ship'])


@pytest.mark.parametrize(
    'name', ['Car', 'car ', 'c ar', 'CAR', 'c-ar', '\uff43ar']
)
def test_another_spelling_is_an_error(file, name):
    with pytest.raises(AnnotationError) as error:
        match_class_names(file, [name, 'bus'])
    assert f'spells class names otherwise than the data set: {name!r} and' in (
        str(error.value)
    )


def test_accents_may_be_coded_in_two_ways(write):
    # One sign, or a letter and an accent: they look the same.
    data = dict(DATA, categories=[dict(id=9, name='caf\u00e9')])
    data['annotations'] = DATA['annotations'][:1]
    with pytest.raises(AnnotationError, match='otherwise'):
        match_class_names(read_annotations(write(data)), ['cafe\u0301'])


def test_both_spellings_in_the_file_are_two_classes(write, log):
    data = dict(DATA, categories=[*DATA['categories'], dict(id=7, name='Car')])
    file = read_annotations(write(data))
    assert match_class_names(file, ['car', 'bus']) == {9: 0, 4: 1}


def test_a_class_name_twice(file):
    with pytest.raises(AnnotationError, match="have 'car' twice"):
        match_class_names(file, ['car', 'bus', 'car'])


@pytest.mark.parametrize('key', ['CLASSES', 'classes'])
def test_a_text_is_no_list_of_names(tmp_path, key):
    with pytest.raises(ValueError, match=rf"{key}='car', .*{key}=\('car',\)"):
        names_in({key: 'car'})
    # MMEngine reads the names from a file.
    names = tmp_path / 'names.txt'
    names.write_text('car')
    assert names_in({key: str(names)}) is None


@pytest.mark.parametrize(
    'names, others, joined',
    [
        (
            ['cartruck', 'bus'],
            ['car', 'truck'],
            {'cartruck': ['car', 'truck']},
        ),
        (['aab'], ['a', 'aa', 'b'], {'aab': ['a', 'a', 'b']}),
        (['carpet'], ['car', 'truck'], {}),
        (['car', ''], ['car', ''], {}),
    ],
)
def test_names_in_a_row(names, others, joined):
    assert joined_names(names, others) == joined


def test_a_class_tuple_without_a_comma_is_an_error(file):
    message = "'carbus' is 'car', 'bus' of .* put the comma in metainfo"
    with pytest.raises(AnnotationError, match=message):
        match_class_names(file, ['carbus'])
