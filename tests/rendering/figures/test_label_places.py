"""Words beside points: none covers another, a point or the edge, and the same ones stand in the same places every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saegeo_core.rendering.figures.label_places import MAX_CROSSED, NO_PLACE, SIDES, boxes_beside, label_places

RIGHT, ABOVE, LEFT, BELOW = (SIDES.tolist().index(list(side)) for side in ((1, 0), (0, 1), (-1, 0), (0, -1)))
ROOMY = (100.0, 100.0)


def places(points, size=(20.0, 8.0), away=None, lines=(), canvas=ROOMY, gap=2.0):
    points = np.array(points, np.float64).reshape(-1, 2)
    return label_places(
        points,
        sizes=np.tile(np.array(size), (len(points), 1)),
        gaps=np.full(len(points), gap),
        away=np.zeros_like(points) if away is None else np.array(away, np.float64),
        lines=np.array(lines, np.float64).reshape(-1, 4),
        canvas=canvas,
    ).tolist()


coordinates = st.floats(0, 100, allow_subnormal=False)
spots = st.lists(st.tuples(coordinates, coordinates), max_size=12)


@given(spots, st.lists(st.tuples(*[coordinates] * 4), max_size=12), st.floats(1, 40), st.floats(1, 15))
def test_no_two_words_overlap_and_none_leaves_the_canvas(points, lines, width, height):
    sides = places(points, (width, height), lines=lines)
    assert sides == places(points, (width, height), lines=lines)
    boxes = [
        boxes_beside(np.array(point), np.array([width, height]), 2.0)[side]
        for point, side in zip(points, sides, strict=True)
        if side != NO_PLACE
    ]
    for number, (left, bottom, right, top) in enumerate(boxes):
        assert 0 <= left < right <= 100
        assert 0 <= bottom < top <= 100
        assert not any(left < x < right and bottom < y < top for x, y in points)
        for others in boxes[number + 1 :]:
            assert others[0] >= right or others[2] <= left or others[1] >= top or others[3] <= bottom
        samples = np.linspace(0, 1, 401)[:, None]
        crossing = [
            np.any(np.all(((left, bottom) < at) & (at < (right, top)), axis=1))
            for at in (np.array(line[:2]) * (1 - samples) + np.array(line[2:]) * samples for line in lines)
        ]
        assert sum(crossing) <= MAX_CROSSED


@pytest.mark.parametrize("side", range(len(SIDES)))
def test_a_word_stands_where_it_is_best_if_nothing_is_in_its_way(side):
    assert places([(50, 50)], away=[SIDES[side]]) == [side]


def test_a_line_turns_a_word_aside_and_two_keep_it_out():
    own = (50, 50, 90, 50)
    assert places([(50, 50)], away=[(1, 0)], lines=[own]) != [RIGHT]
    net = [(x, 0, x, 100) for x in (35, 38, 62, 65, 49, 51)]
    assert places([(50, 50)], lines=net) == [NO_PLACE]


def test_lines_along_an_axis_are_seen():
    just_right, just_above = (60, 0, 60, 100), (0, 56, 100, 56)
    assert places([(50, 50)], away=[(1, 0)], lines=[just_right]) != [RIGHT]
    assert places([(50, 50)], away=[(0, 1)], lines=[just_above]) != [ABOVE]


def test_at_an_edge_words_turn_inwards_and_without_room_there_are_none():
    assert places([(1, 50)], away=[(-1, 0)]) != [LEFT]
    assert places([(50, 1)], away=[(0, -1)]) != [BELOW]
    assert places([(50, 50)], size=(101, 8)) == [NO_PLACE]
    assert places([]) == []


def test_the_crowded_choose_first():
    points = [(20, 50), (50, 50), (54, 50)]
    sides = places(points, size=(24, 8))
    assert NO_PLACE not in sides


def test_points_at_one_place_share_the_room_around_it():
    sides = places([(50, 50)] * 9, size=(10, 8))
    shown = [side for side in sides if side != NO_PLACE]
    assert 1 < len(shown) == len(set(shown)) < 9
