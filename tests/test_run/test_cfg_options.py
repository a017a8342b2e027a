# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
import random
import warnings

import pytest
from mmengine.config import Config, DictAction

from mmhvr.run.cfg_options import (
    apply_cfg_options,
    parse_cfg_options,
    parse_value,
)


@pytest.mark.parametrize(
    'words, expected',
    [
        (None, {}),
        (['a=1'], dict(a=1)),
        (['a.b=0.5', 'c=x'], {'a.b': 0.5, 'c': 'x'}),
        (['a=1,2', 'b=[(1,2),(3,4)]'], dict(a=[1, 2], b=[(1, 2), (3, 4)])),
        (['a=x=y'], dict(a='x=y')),
        (['-a=True'], {'-a': True}),
        (['a='], dict(a='')),
    ],
)
def test_parse_cfg_options(words, expected):
    assert parse_cfg_options(words) == expected


@pytest.mark.parametrize('word', ['nothing', '=1', ''])
def test_bad_cfg_option(word):
    with pytest.raises(ValueError, match='KEY=VALUE, found'):
        parse_cfg_options(['a=1', word])


@pytest.mark.parametrize(
    'text, expected',
    [
        # Blanks inside a name stay, those around it do not.
        ('[traffic light,car]', ['traffic light', 'car']),
        ('traffic light, car', ['traffic light', 'car']),
        ("['traffic light', 'car']", ['traffic light', 'car']),
        ('("a  b",)', ('a  b',)),
        ('[[a b, c], (d e, 1)]', [['a b', 'c'], ('d e', 1)]),
        ('a b', 'a b'),
        (' 3 ', 3),
        # What stands in quotes is a text, as it is.
        ("['a, b', 'c']", ['a, b', 'c']),
        ('["(", "]", 1]', ['(', ']', 1]),
        ("' x '", ' x '),
        ("['1', 1]", ['1', 1]),
        # An apostrophe is none.
        ("driver's cab", "driver's cab"),
        ("[driver's cab, o'clock]", ["driver's cab", "o'clock"]),
        # Quotes that a shell has left around a list.
        ("'[1,2]'", [1, 2]),
        ("{'a': 1, 'b c': [2]}", {'a': 1, 'b c': [2]}),
        ('(1,2),(3,4)', [(1, 2), (3, 4)]),
        ('1,', [1]),
        ('()', ()),
        ('[]', []),
        ('', ''),
    ],
)
def test_values(text, expected):
    found = parse_value(text)
    assert found == expected and type(found) is type(expected)


def test_values_without_blanks_are_those_of_mmengine():
    rng = random.Random(0)
    words = '1 -2 0.5 1e-3 true False None abc a.b x-y 3d ../p/q * 007'.split()

    def value(depth=0):
        if depth > 2 or rng.random() < 0.5:
            return rng.choice(words)
        inside = ','.join(value(depth + 1) for _ in range(rng.randint(0, 3)))
        return rng.choice(['(%s)', '[%s]']) % inside

    for _ in range(500):
        text = value() if rng.random() < 0.7 else f'x,{value()},{value()}'
        expected = DictAction._parse_iterable(text)
        assert repr(parse_value(text)) == repr(expected), text


@pytest.mark.parametrize(
    'text, message',
    [
        ('[a,b', r'\] is missing in \[a,b'),
        ('a,(b', r'\) is missing'),
        ("['a,b]", "' is missing"),
        ("{'a' 1}", 'is no value in Python'),
    ],
)
def test_brackets_and_quotes_that_do_not_match(text, message):
    with pytest.raises(ValueError, match=f'--cfg-options k=.*{message}'):
        parse_cfg_options([f'k={text}'])


def make_config():
    return Config(
        dict(model=dict(depth=18, parts=[dict(a=1)]), num_frames=3, work='x')
    )


def test_options_are_applied():
    cfg = make_config()
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        apply_cfg_options(
            cfg,
            ['model.parts.0.a=[b c]', 'randomness.seed=1', 'load_from=x y'],
        )
    assert cfg.model == dict(depth=18, parts=[dict(a=['b c'])])
    assert cfg.randomness.seed == 1 and cfg.load_from == 'x y'
    apply_cfg_options(cfg, None)


@pytest.mark.parametrize(
    'word, message',
    [
        ('trian_cfg.max_iters=1', 'did you mean train_cfg?'),
        ('zzzzzz=1', 'nothing reads it$'),
        ('num_frames=5', 'num_frames has no effect: it is a variable'),
    ],
)
def test_options_without_effect_are_warned_of(word, message):
    with pytest.warns(UserWarning, match=message):
        apply_cfg_options(make_config(), [word])


@pytest.mark.parametrize(
    'word, message',
    [
        ('model.parts.7.a=1', 'model.parts.7.a cannot be set: Index 7'),
        ('model.parts.x=1', 'cannot be set: list indices must be'),
        ('model.depth.x=1', 'cannot be set'),
    ],
)
def test_options_that_lead_nowhere(word, message):
    with pytest.raises(ValueError, match=message):
        apply_cfg_options(make_config(), [word])


@pytest.mark.parametrize('text', ['no', 'off', 'flase', '"False"'])
def test_texts_do_not_switch_on(text):
    parts = dict(frozen=True, name='yes')
    cfg = Config(dict(model=dict(parts=parts, more=[parts])))
    for key in ('model.parts.frozen', 'model.more.0.frozen'):
        with pytest.raises(ValueError, match=f'{key} is a switch.*True or F'):
            apply_cfg_options(cfg, [f'{key}={text}'])
    for word, value in (('false', False), ('True', True), ('0', 0)):
        apply_cfg_options(cfg, [f'model.parts.frozen={word}'])
        assert cfg.model.parts.frozen == value
    apply_cfg_options(cfg, ['model.parts.name=no'])
    assert cfg.model.parts.name == 'no'


def test_a_misspelt_setting_inside_of_another_is_warned_of():
    cfg = Config(dict(model=dict(test_cfg=dict(score_thr=0.05))))
    message = 'score_th is new beside score_thr, which stays 0.05; did you'
    with pytest.warns(UserWarning, match=message):
        apply_cfg_options(cfg, ['model.test_cfg.score_th=0.5'])
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        apply_cfg_options(
            cfg, ['model.test_cfg.max_per_img=5', 'model.train_cfg.a=1']
        )
